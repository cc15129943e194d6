"""What the forms and addresses of the contacts' pages carry."""

from typing import Annotated

from fastapi import Form, Query

from saudager.console.numbers import Number

MOST_AT_ONCE = 100

Other = Annotated[Number, Form()]
Ticked = Annotated[list[Number] | None, Form(alias="contact", max_length=MOST_AT_ONCE)]
Named = Annotated[list[Number], Query(alias="contact", min_length=1, max_length=MOST_AT_ONCE)]
