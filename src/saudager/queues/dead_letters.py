"""Dead letters as a person reads them: where each lies, why, and how it begins."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from saudager.providers.gateway import DeadLetter
from saudager.queues import table

_EXCERPT = 400


def newest(session: Session) -> list[DeadLetter]:
    """The newest hundred, newest first."""
    return [
        DeadLetter(
            row=letter["row"],
            queue=letter["queue"],
            id=letter["id"],
            reason=letter["reason"] or "",
            since=datetime.fromtimestamp(letter["since"], UTC),
            excerpt=letter["body"][:_EXCERPT],
        )
        for letter in table.dead_letters(session)
    ]
