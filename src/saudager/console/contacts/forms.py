"""What the forms and addresses of the contacts' pages carry."""

from typing import Annotated

from fastapi import Form, Path, Query

_LARGEST = 2**63 - 1
MOST_AT_ONCE = 100

Id = Annotated[int, Path(ge=1, le=_LARGEST)]
Other = Annotated[int, Form(ge=1, le=_LARGEST)]
Ticked = Annotated[list[int] | None, Form(alias="contact", max_length=MOST_AT_ONCE)]
Named = Annotated[list[int], Query(alias="contact", min_length=1, max_length=MOST_AT_ONCE)]
