"""A person sets a contact on his way through a sequence, or takes him off it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.automation import facts, journeys, sequences
from saudager.automation.models import Journey, JourneyState
from saudager.conversations.models import Contact
from saudager.errors import NotFound, Refused

_NO_SUCH = "Такого сценария нет."
_OFF = "Сценарий «{title}» выключен: сначала включите его."
_ON_IT = "Он уже идёт по сценарию «{title}»."


def begin(session: Session, name: str, about: str, *, by: str, now: datetime) -> int:
    """Begin the sequence for ``contact:12``, or about ``lead:7`` or ``order:3``; the journey's id.

    Raises NotFound for what is not there, and Refused when the sequence is off or it is on its way already.
    """
    live = sequences.named(session, name)
    if live is None:
        raise NotFound(_NO_SUCH)
    if not live.is_on:
        raise Refused(_OFF.format(title=live.definition.title))
    subject = facts.subject(session, about)
    contact = None if subject.contact_id is None else session.get(Contact, subject.contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound("Такого контакта нет.")
    journey = journeys.begin(
        session,
        live.id,
        live.version,
        contact_id=contact.id,
        conversation_id=subject.conversation_id,
        about=journeys.about_of(about, contact.id),
        facts={},
        depth=0,
        by=by,
        now=now,
    )
    if journey is None:
        raise Refused(_ON_IT.format(title=live.definition.title))
    return journey


def stop(session: Session, journey_id: int, *, now: datetime) -> None:
    """Nothing more of it is done, and what is written but not sent is taken back. Raises NotFound when it is over."""
    found = session.scalar(select(Journey.state).where(Journey.id == journey_id))
    if found != JourneyState.GOING or not journeys.end(
        session, journey_id, JourneyState.STOPPED, journeys.BY_HAND, now=now
    ):
        raise NotFound("Этого пути больше нет: он уже закончен.")
