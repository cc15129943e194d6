"""Look whether something stands in a lead already: what a request made of which no answer came."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta

from saudager.providers.crm import Note, Task

_CLOCKS_DIFFER = timedelta(minutes=5)


def since(tried_at: datetime | None) -> datetime | None:
    """From when on it can have been made, by the CRM's clock."""
    return None if tried_at is None else tried_at - _CLOCKS_DIFFER


def note(notes: Sequence[Note], text: str, known: Container[int]) -> int | None:
    """The number of the note that says this and is no other deed's."""
    wanted = _squeezed(text)
    return next((one.id for one in notes if one.id not in known and _squeezed(one.text) == wanted), None)


def task(tasks: Sequence[Task], text: str, due: datetime, known: Container[int]) -> int | None:
    wanted, at = _squeezed(text), int(due.timestamp())
    return next(
        (
            one.id
            for one in tasks
            if one.id not in known and _squeezed(one.text) == wanted and int(one.due.timestamp()) == at
        ),
        None,
    )


def _squeezed(text: str) -> str:
    """As it compares whatever the CRM made of its white space."""
    return " ".join(text.split())
