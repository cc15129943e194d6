"""Steps of a rule or a sequence in a person's words: what would be said to whom, and when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from saudager.automation import placeholders
from saudager.automation.conditions import AnyOf, Comparison, Condition
from saudager.automation.definitions import (
    AddTask,
    AnyStep,
    Begin,
    Branch,
    Definition,
    Every,
    HandOver,
    MoveStage,
    Rule,
    SendLetter,
    SendMessage,
    Stop,
    Wait,
    WaitUntil,
)
from saudager.automation.names import LEAD_FIELD, NAMES, ON_THE_WAY, SAYS, TOLD

_SAID_OF = {
    "==": "{} — это",
    "!=": "{} — не",
    "<": "{} меньше",
    "<=": "{} не больше",
    ">": "{} больше",
    ">=": "{} не меньше",
    "contains": "{} содержит",
    "in": "{} — одно из:",
    "is set": "{}: известно",
    "is not set": "{}: неизвестно",
    "is true": "{}: да",
    "is false": "{}: нет",
}
_ON = {
    "mon": "понедельника",
    "tue": "вторника",
    "wed": "среды",
    "thu": "четверга",
    "fri": "пятницы",
    "sat": "субботы",
    "sun": "воскресенья",
}


def in_words(step: AnyStep, values: Mapping[str, Any] | None = None) -> str:
    """One step; with ``values`` its texts as they would be sent, else as they were written."""
    match step:
        case SendMessage():
            return f"написать: «{_said(step.text, values)}»"
        case SendLetter():
            return f"отправить письмо «{_said(step.subject, values)}»: «{_said(step.text, values)}»"
        case AddTask():
            due = "" if step.after is None else f" (через {span(step.after)})"
            return f"поставить задачу: «{_said(step.text, values)}»{due}"
        case MoveStage():
            return f"перевести сделку на этап «{step.stage}» воронки «{step.pipeline}»"
        case HandOver():
            return f"передать человеку: {_said(step.reason, values)}"
        case Begin():
            return f"начать сценарий {step.sequence}"
        case Stop():
            return f"остановить сценарий {step.sequence}"
        case Wait():
            return f"подождать {span(step.duration)}"
        case WaitUntil():
            return _until(step)
        case Branch():
            return f"если {' и '.join(_condition(one) for one in step.when)}"


def lines(steps: Sequence[AnyStep], depth: int = 0) -> Iterator[tuple[int, str]]:
    """All steps in words, each with how deep it stands in branches."""
    for step in steps:
        yield depth, in_words(step)
        if isinstance(step, Branch):
            yield from lines(step.then, depth + 1)
            if step.otherwise:
                yield depth, "иначе"
                yield from lines(step.otherwise, depth + 1)


def occasion(definition: Definition) -> str:
    """What it waits for."""
    if isinstance(definition, Rule) and isinstance(definition.when, Every):
        whom = "каждой сделки" if definition.when.each == "leads" else "каждого контакта"
        return f"по часам ({definition.when.every}), для {whom}"
    return "начинают вручную" if definition.occasion is None else SAYS[definition.occasion]


def whole(definition: Definition) -> Iterator[tuple[int, str]]:
    """All of it, line by line, each with how deep it stands: when, if, then, and what ends it."""
    yield 0, f"когда: {occasion(definition)}"
    for condition in definition.conditions:
        yield 0, f"если {_condition(condition)}"
    if isinstance(definition, Rule):
        yield from lines(definition.then, 1)
        return
    yield from lines(definition.steps, 1)
    if definition.ends:
        yield 0, f"кончается, если {', или '.join(SAYS[one] for one in definition.ends)}"


def span(length: timedelta) -> str:
    """``3 дн.``, ``2 ч``, ``30 мин``: in the largest unit that divides it."""
    for unit, word in ((timedelta(days=1), "дн."), (timedelta(hours=1), "ч")):
        if length % unit == timedelta():
            return f"{length // unit} {word}"
    return f"{length // timedelta(minutes=1)} мин"


def _until(step: WaitUntil) -> str:
    if step.event is not None:
        most = "" if step.at_most is None else f", но не дольше {span(step.at_most)}"
        return f"ждать события «{SAYS[step.event]}»{most}"
    assert step.time is not None
    day = "" if step.weekday is None else f" {_ON[step.weekday]}"
    return f"ждать до {step.time:%H:%M}{day}"


def _condition(condition: Condition) -> str:
    if isinstance(condition, AnyOf):
        return f"({' или '.join(_comparison(one) for one in condition.of)})"
    return _comparison(condition)


def _comparison(one: Comparison) -> str:
    said = _SAID_OF[one.operator].format(_meaning(one.name))
    if isinstance(one.literal, tuple):
        return f"{said} {', '.join(map(_literal, one.literal))}"
    return said if one.literal is None else f"{said} {_literal(one.literal)}"


def _meaning(name: str) -> str:
    if name.startswith(LEAD_FIELD):
        return f"поле сделки «{name.removeprefix(LEAD_FIELD)}»"
    known = {**NAMES, **ON_THE_WAY} | {f"event.{fact}": one for told in TOLD.values() for fact, one in told.items()}
    return known[name].says if name in known else name


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "да" if value else "нет"
    return f"«{value}»" if isinstance(value, str) else str(value)


def _said(text: str, values: Mapping[str, Any] | None) -> str:
    if values is None:
        return text
    said, unknown = placeholders.fill(text, values)
    return f"{said} [неизвестно: {', '.join(dict.fromkeys(unknown))}]" if unknown else said
