"""The numbers things go by in addresses and forms: never one a database could not hold."""

from typing import Annotated

from pydantic import Field

_DIGITS = 18

Number = Annotated[int, Field(ge=1, lt=2**63)]
"""Which conversation, contact, call or other row is meant."""
NumberOrNothing = Annotated[str, Field(pattern=rf"^[0-9]{{0,{_DIGITS}}}$")]
"""The same where an empty text means none of them."""


def number_in(written: str | None) -> int | None:
    """The number a text is; None when it is none, or one nothing goes by."""
    return int(written) if written and written.isdecimal() and len(written) <= _DIGITS else None
