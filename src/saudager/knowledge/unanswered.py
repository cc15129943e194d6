"""Questions the documents could not answer, kept until a person has dealt with them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from saudager.db.statements import insert_into
from saudager.knowledge.models import OpenQuestion


def keep(session: Session, conversation_id: int, question: str, now: datetime) -> None:
    """Keep a question; the same one in the same conversation is kept once, and again open when it was settled."""
    _KEEP(session, conversation_id=conversation_id, question=" ".join(question.split()), asked_at=now)


def waiting(session: Session) -> Sequence[OpenQuestion]:
    """What still waits for a person, oldest first."""
    return session.scalars(
        select(OpenQuestion).where(OpenQuestion.settled_at.is_(None)).order_by(OpenQuestion.asked_at, OpenQuestion.id)
    ).all()


def settle(session: Session, question_id: int, now: datetime) -> bool:
    """Take a question off the list; False when there is no such open question."""
    settled = session.execute(
        update(OpenQuestion)
        .where(OpenQuestion.id == question_id, OpenQuestion.settled_at.is_(None))
        .values(settled_at=now)
        .returning(OpenQuestion.id)
    )
    return settled.first() is not None


_KEEP = insert_into(
    "open_questions",
    ("conversation_id", "question", "asked_at"),
    """on conflict (conversation_id, question) do update set settled_at = null, asked_at = excluded.asked_at
        where open_questions.settled_at is not null""",
)
