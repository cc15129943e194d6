"""Rules and sequences as they are kept: every version stays, one is in force, switched on or off by a person."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention, events
from saudager.attention import Why
from saudager.automation import by_the_clock, checking, sequences
from saudager.automation.definitions import Definition, Every, Rule
from saudager.automation.models import Automation, AutomationVersion, Kind
from saudager.automation.reading import read_kept
from saudager.errors import NotFound
from saudager.events import Happened
from saudager.queues import tasks
from saudager.queues.schedule import Job, next_tick


def save(session: Session, text: str, *, by: str, zone: ZoneInfo, now: datetime) -> Automation:
    """Keep the text as the version in force; a new name is a new rule or sequence, switched off until somebody switches
    it on. The same text again is the same version.

    Raises Mistaken with every mistake and its place.
    """
    definition = checking.check(session, text)
    kept = session.scalar(select(Automation).where(Automation.name == definition.name).with_for_update())
    if kept is None:
        kind = Kind.RULE if isinstance(definition, Rule) else Kind.SEQUENCE
        kept = Automation(kind=kind, name=definition.name, is_on=False, live=0, made_at=now)
        kept.title, kept.changed_at = definition.title, now
        session.add(kept)
        session.flush()
    elif source_of(session, kept.id, kept.live) == text:
        return kept
    number = 1 + max((one.number for one in history(session, kept.id)), default=0)
    session.add(AutomationVersion(automation_id=kept.id, number=number, source=text, made_by=by, made_at=now))
    _put_in_force(session, kept, number, definition, zone=zone, now=now)
    return kept


def roll_back(session: Session, automation_id: int, number: int, *, zone: ZoneInfo, now: datetime) -> Automation:
    """Put an older version in force again; what it names must still be there.

    Raises NotFound when there is no such version, and Mistaken when it does not fit the shop any more.
    """
    kept = one(session, automation_id, hold=True)
    definition = checking.check(session, source_of(session, automation_id, number))
    _put_in_force(session, kept, number, definition, zone=zone, now=now)
    return kept


def switch(session: Session, automation_id: int, *, on: bool, zone: ZoneInfo, now: datetime) -> Automation:
    """Have it run or rest. Raises NotFound, and Mistaken when what it names is gone meanwhile."""
    kept = one(session, automation_id, hold=True)
    source = source_of(session, automation_id, kept.live)
    definition = checking.check(session, source) if on else read_kept(source)
    kept.is_on, kept.changed_at = on, now
    if on:
        _is_well(session, kept, now=now)
    _listen(session, kept, definition, zone=zone, now=now)
    return kept


def switch_off_for(session: Session, automation_id: int, problem: str, *, zone: ZoneInfo, now: datetime) -> None:
    """It switches itself off, and a person is asked to look why."""
    kept = one(session, automation_id, hold=True)
    kept.is_on, kept.problem, kept.changed_at = False, problem, now
    attention.ask(session, Why.AUTOMATION, subject_of_desk(automation_id), f"{kept.title}: {problem}", now=now)
    _listen(session, kept, read_kept(source_of(session, automation_id, kept.live)), zone=zone, now=now)


def subject_of_desk(automation_id: int) -> str:
    """What an entry on the desk is about."""
    return f"automation:{automation_id}"


def everyone(session: Session) -> Sequence[Automation]:
    """All rules and sequences, those that are on first."""
    return session.scalars(select(Automation).order_by(Automation.is_on.desc(), Automation.kind, Automation.name)).all()


def one(session: Session, automation_id: int, *, hold: bool = False) -> Automation:
    """Raises NotFound when there is none."""
    found = session.get(Automation, automation_id, with_for_update=hold or None)
    if found is None:
        raise NotFound("Такого правила или сценария нет.")
    return found


def named(session: Session, name: str) -> Automation | None:
    return session.scalar(select(Automation).where(Automation.name == name))


def history(session: Session, automation_id: int) -> Sequence[AutomationVersion]:
    """Its versions, newest first."""
    query = select(AutomationVersion).where(AutomationVersion.automation_id == automation_id)
    return session.scalars(query.order_by(AutomationVersion.number.desc())).all()


def source_of(session: Session, automation_id: int, number: int) -> str:
    """The text of a version; raises NotFound."""
    query = select(AutomationVersion.source).where(
        AutomationVersion.automation_id == automation_id, AutomationVersion.number == number
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("Такой версии нет.")
    return found


def _put_in_force(
    session: Session, kept: Automation, number: int, definition: Definition, *, zone: ZoneInfo, now: datetime
) -> None:
    kept.live, kept.title, kept.changed_at = number, definition.title, now
    _is_well(session, kept, now=now)
    _listen(session, kept, definition, zone=zone, now=now)


def _is_well(session: Session, kept: Automation, *, now: datetime) -> None:
    kept.problem = None
    attention.settle(session, Why.AUTOMATION, subject_of_desk(kept.id), now=now)


def _listen(
    session: Session, kept: Automation, definition: Definition | None, *, zone: ZoneInfo, now: datetime
) -> None:
    """What has to be heard from now on, and when a rule that goes by the clock runs next."""
    clock = definition.when if isinstance(definition, Rule) and isinstance(definition.when, Every) else None
    kept.next_at = next_tick(Job(kept.name, clock.every), now, zone) if clock is not None and kept.is_on else None
    kept.walked_to = 0
    session.flush()
    by_the_clock.wake(session, now=now)
    listen_again(session)


def listen_again(session: Session) -> None:
    """Hear what the rules and sequences that are on wait for, and no more. Of two who change that at once the second
    waits for the first, and sees what he did."""
    query = (
        select(AutomationVersion.source)
        .join(Automation, Automation.id == AutomationVersion.automation_id)
        .where(Automation.is_on, AutomationVersion.number == Automation.live)
    )
    tasks.hold(session, events.QUEUE)
    heard: set[Happened] = set(sequences.heard_on_the_way(session))
    for source in session.scalars(query):
        definition = read_kept(source)
        heard |= definition.hears if definition is not None else frozenset()
    events.listen_for(session, heard)
