"""What rules and sequences say in the versions that are in force, and in those somebody is still on his way through."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.automation.definitions import Definition, Sequence
from saudager.automation.models import Automation, AutomationVersion, Journey, JourneyState, Kind
from saudager.automation.reading import read_kept
from saudager.events import Happened


@dataclass(frozen=True, slots=True)
class Live:
    """A sequence as it is begun now."""

    id: int
    version: int
    name: str
    is_on: bool
    definition: Sequence


def everyone(session: Session) -> list[Live]:
    """The sequences that are switched on."""
    found = (_live(*row) for row in session.execute(_LIVE.where(Automation.is_on)))
    return [one for one in found if one is not None]


def named(session: Session, name: str) -> Live | None:
    """The sequence of that name, on or off."""
    row = session.execute(_LIVE.where(Automation.name == name)).one_or_none()
    return None if row is None else _live(*row)


def of_versions(session: Session, versions: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Definition]:
    """What each (automation, version) says, but for those an update does not understand any more."""
    wanted = set(versions)
    query = select(AutomationVersion.automation_id, AutomationVersion.number, AutomationVersion.source).where(
        AutomationVersion.automation_id.in_({automation for automation, _ in wanted}),
        AutomationVersion.number.in_({number for _, number in wanted}),
    )
    rows = session.execute(query).all()
    said = {(automation, number): read_kept(source) for automation, number, source in rows}
    return {version: definition for version, definition in said.items() if version in wanted and definition is not None}


def heard_on_the_way(session: Session) -> set[Happened]:
    """The events those who are on their way wait for or end with, in whatever version they are."""
    query = select(AutomationVersion.source).where(
        select(Journey.id)
        .where(
            Journey.automation_id == AutomationVersion.automation_id,
            Journey.version == AutomationVersion.number,
            Journey.state == JourneyState.GOING,
            ~Journey.is_single,
        )
        .exists()
    )
    definitions = [read_kept(source) for source in session.scalars(query)]
    return {kind for one in definitions if isinstance(one, Sequence) for kind in one.hears if kind is not one.begins}


def _live(automation: Automation, source: str) -> Live | None:
    definition = read_kept(source)
    if not isinstance(definition, Sequence):
        return None
    return Live(automation.id, automation.live, automation.name, automation.is_on, definition)


_LIVE = (
    select(Automation, AutomationVersion.source)
    .join(
        AutomationVersion,
        (AutomationVersion.automation_id == Automation.id) & (AutomationVersion.number == Automation.live),
    )
    .where(Automation.kind == Kind.SEQUENCE)
    .order_by(Automation.id)
)
