"""Questions the documents could not answer, kept until a person has dealt with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into, moment
from saudager.knowledge import lemmas
from saudager.knowledge.models import OpenQuestion

GROUPED = 500
"""The newest open questions that are looked at for likeness."""
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question one customer asked; ``who`` is his name, else his number, else None."""

    id: int
    question: str
    asked_at: datetime
    conversation_id: int
    who: str | None


@dataclass(slots=True)
class Alike:
    """Questions that ask the same, newest first."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def question(self) -> str:
        """The shortest of them that says it all."""
        return min((one.question for one in self.asked), key=len)

    @property
    def ids(self) -> list[int]:
        return [one.id for one in self.asked]


def keep(session: Session, conversation_id: int, question: str, now: datetime) -> None:
    """Keep a question; the same one in the same conversation is kept once, and again open when it was settled."""
    _KEEP(session, conversation_id=conversation_id, question=" ".join(question.split()), asked_at=now)


def waiting(session: Session) -> Sequence[OpenQuestion]:
    """What still waits for a person, oldest first."""
    return session.scalars(
        select(OpenQuestion).where(OpenQuestion.settled_at.is_(None)).order_by(OpenQuestion.asked_at, OpenQuestion.id)
    ).all()


def count(session: Session) -> int:
    """How many wait."""
    return session.scalar(select(func.count()).where(OpenQuestion.settled_at.is_(None))) or 0


def newest(session: Session) -> int:
    """The number of the newest question."""
    return session.scalar(select(func.max(OpenQuestion.id))) or 0


def grouped(session: Session) -> list[Alike]:
    """What waits, the same thing in other words together; what most customers ask first."""
    groups: list[tuple[frozenset[str], Alike]] = []
    for id_, question, asked_at, conversation, who in _WAITING(session, limit=GROUPED).fetchall():
        at = moment(asked_at)
        assert at is not None
        asked = Asked(id_, question, at, conversation, who)
        words = frozenset(word.token for word in lemmas.of_question(question, {}))
        alike = next((group for known, group in groups if _is_alike(known, words)), None)
        if alike is None:
            groups.append((words, alike := Alike()))
        alike.asked.append(asked)
    return sorted((group for _, group in groups), key=lambda group: -len(group.asked))


def settle(session: Session, question_id: int, now: datetime) -> bool:
    """Take a question off the list; False when there is no such open question."""
    settled = session.execute(
        update(OpenQuestion)
        .where(OpenQuestion.id == question_id, OpenQuestion.settled_at.is_(None))
        .values(settled_at=now)
        .returning(OpenQuestion.id)
    )
    return settled.first() is not None


def settle_all(session: Session, questions: Sequence[int], now: datetime) -> list[int]:
    """Take questions off the list; those that were still on it."""
    return [question for question in questions if settle(session, question, now)]


def reopen(session: Session, questions: Sequence[int]) -> None:
    """Put questions back on the list."""
    session.execute(update(OpenQuestion).where(OpenQuestion.id.in_(questions)).values(settled_at=None))


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    return len(one & other) / len(one | other) >= _ALIKE


_KEEP = insert_into(
    "open_questions",
    ("conversation_id", "question", "asked_at"),
    """on conflict (conversation_id, question) do update set settled_at = null, asked_at = excluded.asked_at
        where open_questions.settled_at is not null""",
)
_WAITING = Statement("""
    select q.id, q.question, q.asked_at, q.conversation_id, coalesce(k.name, k.full_name, k.phone_number)
    from open_questions q join conversations c on c.id = q.conversation_id join contacts k on k.id = c.contact_id
    where q.settled_at is null order by q.asked_at desc, q.id desc limit :limit""")
