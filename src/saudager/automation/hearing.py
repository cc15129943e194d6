"""What an event does to those on their way: it ends journeys, ends their waits, and begins new ones, at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager import attention, events
from saudager.attention import Why
from saudager.automation import conditions, facts, journeys, sequences
from saudager.automation.definitions import Sequence as Steps
from saudager.automation.definitions import names_spoken_of
from saudager.automation.facts import Subject, Told
from saudager.automation.models import JourneyState
from saudager.automation.sequences import Live
from saudager.db.statements import Statement
from saudager.settings import Settings

_CIRCLE = "Сценарий «{title}» не начат: правила и сценарии начинают друг друга по кругу"


@dataclass(frozen=True, slots=True)
class _Concerned:
    """A journey of the contact, or about the thing, of an event."""

    id: int
    automation_id: int
    version: int
    about: str
    waits_for: str | None


def heard(session: Session, event: Told, *, settings: Settings, now: datetime) -> None:
    """In the transaction in which the event is heard: whoever it concerns goes on, stops or sets out."""
    subject = facts.subject_of(session, event)
    for journey, definition in _concerned(session, event, subject):
        if event.kind in definition.ends:
            journeys.end(session, journey.id, JourneyState.STOPPED, event.kind.value, now=now)
        elif journey.waits_for == event.kind:
            journeys.came(session, journey.id, once=f"event:{event.id}:{journey.id}", now=now)
    for live in sequences.everyone(session):
        if live.definition.begins is event.kind:
            _set_out(session, live, event, subject, settings, now)


def _concerned(session: Session, event: Told, subject: Subject) -> list[tuple[_Concerned, Steps]]:
    """Those going that the event is about: a lead's or an order's own, and of its contact all but what goes about
    another lead or order."""
    rows = _CONCERNED(session, contact=subject.contact_id, about=event.about).fetchall()
    going = [_Concerned(*row) for row in rows]
    if _is_a_thing(event.about):
        going = [one for one in going if one.about == event.about or not _is_like(one.about, event.about)]
    said = sequences.of_versions(session, {(one.automation_id, one.version) for one in going}) if going else {}
    found = [(one, said[one.automation_id, one.version]) for one in going]
    return [(one, definition) for one, definition in found if isinstance(definition, Steps)]


def _is_a_thing(about: str) -> bool:
    return about.startswith(("lead:", "order:"))


def _is_like(about: str, other: str) -> bool:
    return about.partition(":")[0] == other.partition(":")[0]


def _set_out(session: Session, live: Live, event: Told, subject: Subject, settings: Settings, now: datetime) -> None:
    if subject.contact_id is None:
        return
    if live.definition.conditions:
        values = facts.values(session, subject, names_spoken_of(live.definition), now=now, zone=settings.zone)
        holds, _ = conditions.judge(live.definition.conditions, values)
        if not holds:
            return
    if event.depth >= events.DEEPEST:
        says = _CIRCLE.format(title=live.definition.title)
        attention.ask(session, Why.AUTOMATION, f"automation:{live.id}", says, now=now)
        return
    journeys.begin(
        session,
        live.id,
        live.version,
        contact_id=subject.contact_id,
        conversation_id=event.conversation_id,
        about=journeys.about_of(event.about, subject.contact_id),
        facts=event.facts,
        depth=event.depth,
        now=now,
    )


_CONCERNED = Statement("""
    select id, automation_id, version, about, waits_for from journeys
    where state = 'going' and not is_single and (contact_id = :contact or key = :about)
    order by id for update""")
