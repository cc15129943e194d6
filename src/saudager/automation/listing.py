"""Rules and sequences as a person looks at them: how they go, whom they ran for, who stands at which step."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from saudager.automation.definitions import Definition
from saudager.automation.models import (
    Automation,
    AutomationVersion,
    Journey,
    JourneyState,
    JourneyStep,
    Kind,
    RuleRun,
    RunOutcome,
)
from saudager.automation.reading import read
from saudager.conversations.models import Contact
from saudager.errors import NotFound

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Summary:
    """A rule or a sequence in the list, with what came of it since the moment that was asked for."""

    automation: Automation
    runs: Mapping[str, int]
    """Of a rule, by outcome."""
    journeys: Mapping[str, int]
    """Of a sequence, by state: those that go on now, and those that ended since."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a rule. ``kept``: what became of actions that had to wait, by their number."""

    run: RuleRun
    title: str
    contact: Contact | None
    kept: Mapping[int, "Way"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """A journey with the steps that were taken, oldest first."""

    journey: Journey
    title: str
    contact: Contact
    steps: Sequence[JourneyStep]


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """A part of a list, and what to ask for as ``before`` to get more; None at its end."""

    rows: Sequence[Row]
    next: int | None


def everyone(session: Session, kind: Kind, *, since: datetime) -> list[Summary]:
    """Those that are on first, each with how it went since then; three statements however many there are."""
    kept = session.scalars(
        select(Automation).where(Automation.kind == kind).order_by(Automation.is_on.desc(), Automation.title)
    ).all()
    runs = _counted(
        session,
        select(RuleRun.automation_id, RuleRun.outcome, func.count())
        .where(RuleRun.at >= since)
        .group_by(RuleRun.automation_id, RuleRun.outcome),
    )
    journeys = _counted(
        session,
        select(Journey.automation_id, Journey.state, func.count())
        .where(~Journey.is_single, or_(Journey.state == JourneyState.GOING, Journey.ended_at >= since))
        .group_by(Journey.automation_id, Journey.state),
    )
    return [Summary(one, runs.get(one.id, {}), journeys.get(one.id, {})) for one in kept]


def sources(session: Session, some: Sequence[Automation]) -> dict[int, str]:
    """What each says in the version in force."""
    query = select(AutomationVersion.automation_id, AutomationVersion.source).join(
        Automation,
        and_(Automation.id == AutomationVersion.automation_id, Automation.live == AutomationVersion.number),
    )
    rows = session.execute(query.where(Automation.id.in_([one.id for one in some]))).all()
    return {id: source for id, source in rows}  # noqa: C416


def mark(session: Session, automation_id: int | None = None) -> str:
    """Changes whenever what is listed does: of all, or of one."""
    if automation_id is None:
        return str(session.execute(select(func.count(), func.max(Automation.changed_at))).one())
    newest = [
        select(func.max(RuleRun.id)).where(RuleRun.automation_id == automation_id).scalar_subquery(),
        select(func.max(Journey.id)).where(Journey.automation_id == automation_id).scalar_subquery(),
        select(func.count())
        .where(Journey.automation_id == automation_id, Journey.state == JourneyState.GOING)
        .scalar_subquery(),
        select(Automation.changed_at).where(Automation.id == automation_id).scalar_subquery(),
    ]
    return str(session.execute(select(*newest)).one())


def runs(
    session: Session,
    automation_id: int | None = None,
    *,
    contact_id: int | None = None,
    only_acted: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> Listed[Run]:
    """The newest first, of one rule or of what touched one contact; with ``only_acted`` without those whose conditions
    did not hold."""
    query = (
        select(RuleRun, Automation.title, Contact)
        .join(Automation, Automation.id == RuleRun.automation_id)
        .outerjoin(Contact, Contact.id == RuleRun.contact_id)
        .where(
            *([] if automation_id is None else [RuleRun.automation_id == automation_id]),
            *([] if contact_id is None else [RuleRun.contact_id == contact_id]),
            *([RuleRun.outcome != RunOutcome.NOT_MET] if only_acted else []),
            *([] if before is None else [RuleRun.id < before]),
        )
        .order_by(RuleRun.id.desc())
        .limit(limit + 1)
    )
    rows = session.execute(query).all()
    kept = _kept(session, [run for run, _, _ in rows[:limit]])
    shown = [Run(run, title, contact, kept.get(run.id, {})) for run, title, contact in rows[:limit]]
    return Listed(shown, shown[-1].run.id if len(rows) > limit else None)


def journeys(
    session: Session,
    automation_id: int | None = None,
    *,
    contact_id: int | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Listed[Way]:
    """Those begun last first, through one sequence or of one contact."""
    query = _WAYS.where(
        ~Journey.is_single,
        *([] if automation_id is None else [Journey.automation_id == automation_id]),
        *([] if contact_id is None else [Journey.contact_id == contact_id]),
        *([] if state is None else [Journey.state == state]),
        *([] if before is None else [Journey.id < before]),
    )
    ways = _ways(session, query.order_by(Journey.id.desc()).limit(limit + 1))
    return Listed(ways[:limit], ways[limit - 1].journey.id if len(ways) > limit else None)


def journey(session: Session, journey_id: int) -> tuple[Way, Definition]:
    """One journey, and what its sequence said when it began; raises NotFound when there is none."""
    found = _ways(session, _WAYS.where(Journey.id == journey_id))
    if not found:
        raise NotFound("Такого пути по сценарию нет.")
    way = found[0]
    source = session.scalars(
        select(AutomationVersion.source).where(
            AutomationVersion.automation_id == way.journey.automation_id,
            AutomationVersion.number == way.journey.version,
        )
    ).one()
    return way, read(source)


def standing(session: Session, automation_id: int) -> Mapping[str, int]:
    """How many stand before each step of a sequence now, by its path."""
    query = (
        select(Journey.step, func.count())
        .where(Journey.automation_id == automation_id, Journey.state == JourneyState.GOING, ~Journey.is_single)
        .group_by(Journey.step)
    )
    return {path: count for path, count in session.execute(query).all()}  # noqa: C416


_WAYS = (
    select(Journey, Automation.title, Contact)
    .join(Automation, Automation.id == Journey.automation_id)
    .join(Contact, Contact.id == Journey.contact_id)
)


def _ways(session: Session, query: Select[*tuple[Any, ...]]) -> list[Way]:
    rows = session.execute(query).all()
    steps = defaultdict[int, list[JourneyStep]](list)
    taken = select(JourneyStep).where(JourneyStep.journey_id.in_([one.id for one, _, _ in rows]))
    for step in session.scalars(taken.order_by(JourneyStep.id)) if rows else ():
        steps[step.journey_id].append(step)
    return [Way(one, title, contact, steps[one.id]) for one, title, contact in rows]


def _kept(session: Session, shown: Iterable[RuleRun]) -> dict[int, dict[int, Way]]:
    """By run and number, the actions that had to wait."""
    names = {
        f"rule:{run.automation_id}:{run.event_id}:{number}": (run.id, number)
        for run in shown
        for number, _ in enumerate(entry for entry in run.trace if "do" in entry)
    }
    kept = defaultdict[int, dict[int, Way]](dict)
    if names:
        for way in _ways(session, _WAYS.where(and_(Journey.is_single, Journey.key.in_(names)))):
            run, number = names[way.journey.key]
            kept[run][number] = way
    return kept


def _counted(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, Counter[str]]:
    counted = defaultdict[int, Counter[str]](Counter)
    for automation, word, count in session.execute(query).all():
        counted[automation][word] = count
    return counted
