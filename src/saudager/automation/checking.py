"""What a rule names must be there: pipelines, stages and fields of the CRM, and sequences."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from saudager.automation import placeholders
from saudager.automation.conditions import AnyOf, Comparison, Condition
from saudager.automation.definitions import Begin, Branch, Definition, MoveStage, Sequence, Stop, steps_of, texts_of
from saudager.automation.models import Kind
from saudager.automation.names import LEAD_FIELD, nearest
from saudager.automation.reading import Mistaken, Path, Places, Problem, read_with_places
from saudager.db.statements import Statement
from saudager.events import Happened

_OF_LEADS = frozenset(kind for kind in Happened if kind.startswith("lead_"))


@dataclass(frozen=True, slots=True)
class _There:
    """What there is to be named; ``stages`` by their pipeline."""

    stages: dict[str, list[str]]
    fields: list[str]
    sequences: list[str]

    @property
    def all_stages(self) -> list[str]:
        return [stage for stages in self.stages.values() for stage in stages]


def check(session: Session, text: str) -> Definition:
    """Read it and make sure that everything it names is there; raises Mistaken with the places."""
    definition, places = read_with_places(text)
    problems = sorted(_problems(session, definition, places), key=lambda one: (one.line, one.column))
    if problems:
        raise Mistaken(problems)
    return definition


def _problems(session: Session, definition: Definition, places: Places) -> Iterator[Problem]:
    there = _there(session)
    other = _KIND(session, name=definition.name).fetchone()
    kind = Kind.SEQUENCE if isinstance(definition, Sequence) else Kind.RULE
    if other is not None and other[0] != kind:
        taken = "сценарий" if kind is Kind.RULE else "правило"
        yield places.problem((kind.value,), f"так уже называется {taken}: нужно другое имя")
    yield from _of_conditions(definition, definition.conditions, ("if",), there, places)
    for path, step in steps_of(definition):
        for word, text in texts_of(step):
            for one in placeholders.of(text):
                yield from _of_field(one.name, (*path, step.do, word), there, places)
        if isinstance(step, MoveStage):
            yield from _of_move(step, (*path, "move_stage"), there, places)
        elif isinstance(step, Begin | Stop):
            if step.sequence not in there.sequences and step.sequence != _own(definition):
                says = _missing("сценария", step.sequence, there.sequences)
                yield places.problem((*path, step.do, "sequence"), says)
        elif isinstance(step, Branch):
            yield from _of_conditions(definition, step.when, (*path, "when"), there, places)


def _of_move(step: MoveStage, path: Path, there: _There, places: Places) -> Iterator[Problem]:
    pipelines = {_folded(name): name for name in there.stages}
    if not pipelines:
        yield places.problem(path, "CRM не подключена: двигать сделку негде")
    elif (pipeline := pipelines.get(_folded(step.pipeline))) is None:
        yield places.problem((*path, "pipeline"), _missing("воронки", step.pipeline, list(there.stages)))
    elif _folded(step.stage) not in map(_folded, there.stages[pipeline]):
        says = _missing(f"в воронке «{pipeline}» этапа", step.stage, there.stages[pipeline])
        yield places.problem((*path, "stage"), says)


def _of_conditions(
    definition: Definition, conditions: tuple[Condition, ...], path: Path, there: _There, places: Places
) -> Iterator[Problem]:
    for number, condition in enumerate(conditions):
        if isinstance(condition, AnyOf):
            for inner, one in enumerate(condition.of):
                yield from _of_comparison(definition, one, (*path, number, "any", inner), there, places)
        else:
            yield from _of_comparison(definition, condition, (*path, number), there, places)


def _of_comparison(
    definition: Definition, one: Comparison, path: Path, there: _There, places: Places
) -> Iterator[Problem]:
    """A stage or pipeline it is compared with. Where no CRM is connected, nothing is known of them yet."""
    yield from _of_field(one.name, path, there, places)
    room, _, word = one.name.partition(".")
    is_of_lead = room == "lead" or (room == "event" and definition.occasion in _OF_LEADS)
    if not is_of_lead or not there.stages or one.operator not in ("==", "!=", "in"):
        return
    named = one.literal if isinstance(one.literal, tuple) else (one.literal,)
    if word in ("stage", "old_stage"):
        known, what = there.all_stages, "этапа"
    elif word == "pipeline":
        known, what = list(there.stages), "воронки"
    else:
        return
    folded = {_folded(name) for name in known}
    for name in named:
        if isinstance(name, str) and _folded(name) not in folded:
            yield places.problem(path, _missing(what, name, known))


def _of_field(name: str, path: Path, there: _There, places: Places) -> Iterator[Problem]:
    field = name.removeprefix(LEAD_FIELD)
    if name.startswith(LEAD_FIELD) and there.stages and field not in there.fields:
        yield places.problem(path, _missing("в сделках CRM поля", field, there.fields))


def _missing(what: str, name: str, known: list[str]) -> str:
    near = nearest(name, known)
    listed = ", ".join(f"«{one}»" for one in known[:12])
    return f"{what} «{name}» нет" + (f"; может быть, «{near}»?" if near else f"; есть: {listed}" if listed else "")


def _own(definition: Definition) -> str | None:
    return definition.name if isinstance(definition, Sequence) else None


def _folded(name: str) -> str:
    return name.casefold().strip()


def _there(session: Session) -> _There:
    stages: dict[str, list[str]] = {}
    for pipeline, stage in _STAGES(session).fetchall():
        stages.setdefault(pipeline, []).append(stage)
    fields = [row[0] for row in _FIELDS(session).fetchall()]
    return _There(stages, fields, [row[0] for row in _SEQUENCES(session).fetchall()])


_KIND = Statement("select kind from automations where name = :name")
_STAGES = Statement("""
    select p.name, s.name from crm_connections c
    join crm_pipelines p on p.connection_id = c.id and not p.is_archived
    join crm_pipeline_stages s on s.pipeline_id = p.id
    where c.disconnected_at is null order by c.id, p.sort, p.id, s.sort, s.id""")
_FIELDS = Statement("""
    select f.name from crm_connections c
    join crm_fields f on f.connection_id = c.id and f.entity = 'leads'
    where c.disconnected_at is null order by f.id""")
_SEQUENCES = Statement("select name from automations where kind = 'sequence' order by name")
