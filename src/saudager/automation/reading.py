"""From YAML as the merchant typed it to a rule or a sequence, or to all its mistakes, each with its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from saudager.automation import placeholders
from saudager.automation.conditions import AnyOf, Comparison, Condition, mismatch
from saudager.automation.definitions import BODIES, Branch, Definition, Rule, steps_of, texts_of
from saudager.automation.definitions import Sequence as Steps
from saudager.automation.names import Name, is_told_by_any, known, names_for, nearest
from saudager.errors import Refused
from saudager.words import storable

MOST_BYTES = 64 * 1024
_DEEPEST, _MOST_PARTS, _MOST_PROBLEMS = 24, 4000, 50

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake: where it stands (counted from 1), what it belongs to (``then[0].send_message.text``), and what was
    expected there."""

    line: int
    column: int
    path: str
    says: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"строка {self.line}, столбец {self.column}: {where}{self.says}"


class Mistaken(Refused):
    """It cannot be taken; ``problems`` in the order they stand in the text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Places:
    """Where each thing of a text stands: its own line and column, and those of the word before it."""

    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: Path, says: str, *, at_key: bool = False, column: int = 0) -> Problem:
        """A mistake at a path, or at the nearest thing around it that has a place."""
        places, inner = self.keys if at_key else self.values, path
        while inner and inner not in places:
            inner, places = inner[:-1], self.values
        line, start = places.get(inner, (1, 1))
        return Problem(line, start + column, _shown(path), says)


def read(text: str) -> Definition:
    """The rule or sequence; raises Mistaken with every mistake that can be told without knowing the shop."""
    definition, _ = read_with_places(text)
    return definition


def read_kept(text: str) -> Definition | None:
    """One that was read before; None when what it says is not understood any more, as after an update."""
    try:
        return read(text)
    except Mistaken:
        return None


@lru_cache(maxsize=256)
def read_with_places(text: str) -> tuple[Definition, Places]:
    """The same with the places of everything, for whoever finds more mistakes in it."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise Mistaken([Problem(1, 1, "", f"текст длиннее {MOST_BYTES // 1024} КБ")])
    if storable(text) != text:
        raise Mistaken([Problem(1, 1, "", "в тексте знаки, которых не бывает")])
    content, places = _load(text)
    if not isinstance(content, dict):
        raise Mistaken([Problem(1, 1, "", "ожидается правило (rule: имя) или сценарий (sequence: имя)")])
    kind = _kind(content, places)
    try:
        definition: Definition = kind.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [_problem(one, content, places, kind) for one in found if not _is_told_inside(one)]
        raise Mistaken(_sorted(problems)) from None
    if problems := list(_misspoken(definition, places)):
        raise Mistaken(_sorted(problems))
    return definition, places


def _kind(content: dict[str, Any], places: Places) -> type[Rule] | type[Steps]:
    if "rule" in content and "sequence" in content:
        raise Mistaken([places.problem(("sequence",), "либо rule, либо sequence: не вместе", at_key=True)])
    if "rule" in content:
        return Rule
    if "sequence" in content:
        return Steps
    raise Mistaken([Problem(1, 1, "", "не сказано, что это: ожидается rule: имя или sequence: имя")])


def _misspoken(definition: Definition, places: Places) -> Iterator[Problem]:
    """Names nobody knows, and comparisons that make no sense, in conditions and texts."""
    yield from _of_conditions(definition, definition.conditions, ("if",), places)
    for path, step in steps_of(definition):
        if isinstance(step, Branch):
            yield from _of_conditions(definition, step.when, (*path, "when"), places)
        for word, text in texts_of(step):
            for one in placeholders.of(text):
                if _known(one.name, definition) is None:
                    yield places.problem((*path, step.do, word), _unknown(one.name, definition))


def _of_conditions(
    definition: Definition, conditions: Sequence[Condition], path: Path, places: Places
) -> Iterator[Problem]:
    for number, condition in enumerate(conditions):
        if isinstance(condition, AnyOf):
            for inner, one in enumerate(condition.of):
                yield from _of_comparison(definition, one, (*path, number, "any", inner), places)
        else:
            yield from _of_comparison(definition, condition, (*path, number), places)


def _of_comparison(definition: Definition, one: Comparison, path: Path, places: Places) -> Iterator[Problem]:
    name = _known(one.name, definition)
    if name is None:
        yield places.problem(path, _unknown(one.name, definition))
    elif (says := mismatch(one, name.kind)) is not None:
        yield places.problem(path, says)


def _known(name: str, definition: Definition) -> Name | None:
    return known(name, definition.occasion, on_the_way=isinstance(definition, Steps))


def _unknown(name: str, definition: Definition) -> str:
    if name.startswith("event.") and is_told_by_any(name):
        occasion = "когда начинают вручную" if definition.occasion is None else f"у события {definition.occasion}"
        return f"{name} {occasion} не бывает"
    near = nearest(name, names_for(definition.occasion, on_the_way=isinstance(definition, Steps)))
    return f"имени «{name}» нет" + (f"; может быть, {near}?" if near else "")


def _problem(error: ErrorDetails, content: Any, places: Places, kind: type[BaseModel]) -> Problem:
    """A mistake pydantic found, in our words and at its place."""
    context = error.get("ctx", {})
    path = _path_of(error["loc"], content)
    what = error["type"]
    if what == "extra_forbidden":
        word = str(error["loc"][-1])
        return places.problem(path, f"слово «{word}» здесь не знают{_instead(word, error, kind)}", at_key=True)
    if what == "missing":
        return places.problem(
            path[:-1] if path and path[-1] == error["loc"][-1] else path, f"не хватает «{error['loc'][-1]}»"
        )
    if "key" in context:
        return places.problem((*path, context["key"]), str(context["says"]), at_key=True)
    if "says" in context:
        return places.problem(path, str(context["says"]), column=int(context.get("offset", 0)))
    if what == "too_long" and isinstance(error["input"], str):
        what = "string_too_long"
    return places.problem(path, _PLAIN.get(what, "так не бывает: {msg}").format(msg=error["msg"], **context))


def _is_told_inside(error: ErrorDetails) -> bool:
    """A list of which nothing is left but mistakes is not empty."""
    return error["type"] == "too_short" and bool(error["input"])


def _instead(word: str, error: ErrorDetails, kind: type[BaseModel]) -> str:
    model = kind if len(error["loc"]) == 1 else BODIES.get(str(error["loc"][-2]))
    words = [] if model is None else _words(model)
    near = nearest(word, words)
    if near:
        return f"; может быть, {near}?"
    return f"; бывает: {', '.join(words)}" if words else ""


def _words(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if name != "do"]


def _path_of(location: tuple[int | str, ...], content: Any) -> Path:
    """Where a mistake stands in the text: the steps of pydantic's location that are there, without its own tags."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        is_there = (isinstance(content, dict) and part in content) or (
            isinstance(content, list) and isinstance(part, int) and part < len(content)
        )
        if is_there:
            path.append(part)
            content = content[part]
        elif number == len(location) - 1 and isinstance(content, dict) and part not in ("event", "clock"):
            path.append(part)
    return tuple(path)


def _sorted(problems: list[Problem]) -> list[Problem]:
    """As they stand in the text; behind so many there is enough to do."""
    return sorted(dict.fromkeys(problems), key=lambda one: (one.line, one.column))[:_MOST_PROBLEMS]


def _shown(path: Path) -> str:
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Only plain mappings, lists and scalars: no anchors, no tags, and neither deeper nor more than any rule can be."""

    depth = parts = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(problem="anchor", problem_mark=event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(problem="tag", problem_mark=event.start_mark)
        if self.depth >= _DEEPEST:
            raise yaml.MarkedYAMLError(problem="depth", problem_mark=event.start_mark)
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise yaml.MarkedYAMLError(problem="too many parts", problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _load(text: str) -> tuple[Any, Places]:
    places, problems = Places(), list[Problem]()
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise Mistaken([Problem(line, column, "", _said_of_yaml(error.problem or ""))]) from None
    except (yaml.YAMLError, OverflowError, ValueError):  # the last two of an escape such as "\\UFFFFFFFF"
        raise Mistaken([Problem(1, 1, "", "в тексте знаки, которых в YAML не бывает")]) from None
    content = None if node is None else _content(node, (), places, problems)
    if problems:
        raise Mistaken(_sorted(problems))
    return content, places


def _content(node: Any, path: Path, places: Places, problems: list[Problem]) -> Any:
    places.values[path] = _place(node)
    if isinstance(node, yaml.ScalarNode):
        if storable(node.value) != node.value:
            problems.append(Problem(*_place(node), _shown(path), "в тексте знаки, которых не бывает"))
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_content(one, (*path, number), places, problems) for number, one in enumerate(node.value)]
    content: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(*_place(key), _shown(path), "ожидается слово перед двоеточием"))
            continue
        word: str = key.value
        if word in content:
            problems.append(Problem(*_place(key), _shown(path), f"«{word}» здесь уже было"))
        places.keys[*path, word] = _place(key)
        content[word] = _content(value, (*path, word), places, problems)
    return content


def _scalar(node: Any) -> Any:
    """As YAML 1.2 has it: ``10:00``, ``on`` and ``2026-11-27`` are texts."""
    text: str = node.value
    if node.style is not None:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _place(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _said_of_yaml(problem: str) -> str:
    for sign, says in _SAID_OF_YAML.items():
        if sign in problem:
            return says
    return f"здесь YAML не читается ({problem})"


_WHOLE, _FRACTION = re.compile(r"-?\d{1,18}", re.ASCII), re.compile(r"-?\d{1,18}\.\d{1,9}", re.ASCII)
_SAID_OF_YAML = {
    "anchor": "якорей (&) и ссылок (*) здесь не бывает: напишите ещё раз или возьмите текст в кавычки",
    "tag": "типов (!) здесь не бывает: возьмите текст в кавычки",
    "depth": "слишком глубоко вложено",
    "too many parts": "слишком много: ни в правиле, ни в сценарии столько не бывает",
    "'\\t'": "отступ сделан табуляцией: нужны пробелы",
    "mapping values are not allowed": "двоеточие внутри текста или неверный отступ: возьмите текст в кавычки",
    "could not find expected ':'": "ожидается двоеточие после слова",
    "expected <block end>": "неверный отступ или текст после закрытой кавычки: возьмите всю строку в кавычки",
    "expected ',' or": "не закрыта скобка или не хватает запятой; условие со списком внутри скобок берут в кавычки",
    "unexpected end of stream": "не закрыта кавычка",
    "but found another document": "в тексте только одно правило или один сценарий: «---» не нужно",
    "alias": "звёздочка (*) в начале: возьмите текст в кавычки",
}
_PLAIN = {
    "string_type": "ожидается текст в кавычках",
    "string_too_long": "длиннее {max_length} знаков",
    "string_pattern_mismatch": "переносов строк здесь не бывает",
    "tuple_type": "ожидается список: каждая строка с черточки",
    "too_short": "не должно быть пустым",
    "string_too_short": "не должно быть пустым",
    "too_long": "больше {max_length}: столько не бывает",
    "dict_type": "ожидаются слова с двоеточием",
    "model_type": "ожидаются слова с двоеточием",
    "model_attributes_type": "ожидаются слова с двоеточием",
    "union_tag_invalid": "такого не бывает",
}
