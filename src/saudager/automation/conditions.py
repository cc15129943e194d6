"""Conditions such as ``lead.price >= 100000``: read once, checked, and judged against what is known, with no more power
than comparing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from saudager.automation.names import Kind

Literal = Decimal | str | bool | tuple[Decimal | str, ...] | None


class Unreadable(ValueError):
    """It is no condition; ``column`` counts from 0 in its text."""

    def __init__(self, says: str, column: int = 0) -> None:
        super().__init__(says)
        self.says = says
        self.column = column


@dataclass(frozen=True, slots=True)
class Comparison:
    """A name, what it is compared by and with. ``operator`` ``is true`` and ``is false`` are of a bare name."""

    text: str
    name: str
    operator: str
    literal: Literal = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these is enough."""

    of: tuple[Comparison, ...]


Condition = Comparison | AnyOf


@dataclass(frozen=True, slots=True)
class Seen:
    """A condition as it was judged: what stood there, and whether it holds."""

    condition: str
    saw: str
    holds: bool

    def told(self) -> dict[str, Any]:
        """As a trace keeps it."""
        return {"if": self.condition, "saw": self.saw, "holds": self.holds}


def parse(text: str) -> Comparison:
    """Read ``left operator right``, a bare name, or ``not`` and a name; raises Unreadable with the place."""
    stripped = text.strip()
    offset = text.index(stripped) if stripped else 0
    if (bare := _BARE.fullmatch(stripped)) is not None:
        return Comparison(stripped, bare["name"], "is false" if bare["no"] else "is true")
    found = _COMPARED.match(stripped)
    if found is None:
        raise Unreadable(_EXPECTED, offset)
    name, operator = found["name"].strip(), " ".join(found["operator"].split())
    if not _NAME.fullmatch(name):
        raise Unreadable(f"«{name}» не имя: имена пишутся так: contact.name, lead.price, lead.field:Город", offset)
    right = stripped[found.end() :].lstrip()
    at = offset + len(stripped) - len(right)
    if operator in _UNARY:
        if right:
            raise Unreadable(f"после «{operator}» ничего не пишут", at)
        return Comparison(stripped, name, operator)
    return Comparison(stripped, name, operator, _literal(right, operator, at))


def mismatch(comparison: Comparison, kind: Kind) -> str | None:
    """Why what the name stands for cannot be compared so; None: it can."""
    operator, literal = comparison.operator, comparison.literal
    if operator in _UNARY:
        return None
    if operator in _BARE_OPERATORS:
        return None if kind is Kind.TRUTH else f"{comparison.name} не «да» или «нет»: сравните его с чем-нибудь"
    if kind is Kind.TRUTH:
        if operator in ("==", "!=") and isinstance(literal, bool):
            return None
        return f"{comparison.name} бывает только true или false: напишите просто имя, или «not» и имя"
    if operator not in _OPERATORS[kind]:
        return f"{comparison.name} нельзя сравнивать через «{operator}»: можно {', '.join(_OPERATORS[kind])}"
    if operator in _ORDER or kind is Kind.NUMBER:
        wanted: tuple[type, ...] = (Decimal,)
    elif operator == "contains" or kind is Kind.TEXT:
        wanted = (str,)
    else:
        wanted = (Decimal, str)
    if all(isinstance(one, wanted) for one in (literal if isinstance(literal, tuple) else (literal,))):
        return None
    expected = " или ".join(_EXPECTED_TYPES[one] for one in wanted)
    return f"{comparison.name} сравнивают так: {expected}"


def names_of(conditions: Sequence[Condition]) -> Iterator[str]:
    """The names they speak of."""
    for condition in conditions:
        for one in condition.of if isinstance(condition, AnyOf) else (condition,):
            yield one.name


def judge(conditions: Sequence[Condition], values: Mapping[str, Any]) -> tuple[bool, list[Seen]]:
    """Whether all of them hold, and what each of them saw. What is not known satisfies nothing but ``is not set``."""
    seen = [_judged(condition, values) for condition in conditions]
    return all(one.holds for one in seen), seen


def _judged(condition: Condition, values: Mapping[str, Any]) -> Seen:
    if isinstance(condition, AnyOf):
        parts = [_judged(one, values) for one in condition.of]
        return Seen(
            " или ".join(one.condition for one in parts),
            "; ".join(one.saw for one in parts),
            any(one.holds for one in parts),
        )
    value = values.get(condition.name)
    return Seen(condition.text, _shown(value), _holds(condition, value))


def _holds(comparison: Comparison, value: Any) -> bool:
    operator = comparison.operator
    if operator == "is set":
        return _is_known(value)
    if operator == "is not set":
        return not _is_known(value)
    if not _is_known(value):
        return False
    if operator in _BARE_OPERATORS:
        return bool(value) is (operator == "is true")
    return any(_compares(operator, one, comparison.literal) for one in _each(value)) is (operator != "!=")


def _compares(operator: str, value: Any, literal: Literal) -> bool:
    """``!=`` is asked as its opposite, so that a field of several values differs only when none of them is equal."""
    if operator == "in":
        assert isinstance(literal, tuple)
        return any(_compares("==", value, one) for one in literal)
    if isinstance(literal, bool):
        return bool(value) is literal
    if isinstance(literal, Decimal):
        number = _number(value)
        return number is not None and _NUMBERS[operator](number, literal)
    assert isinstance(literal, str)
    here, there = str(value).casefold().strip(), literal.casefold().strip()
    return there in here if operator == "contains" else here == there


def _is_known(value: Any) -> bool:
    return value is not None and value not in ("", [])


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value).replace("\xa0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown(value: Any) -> str:
    if not _is_known(value):
        return "неизвестно"
    if isinstance(value, bool):
        return "да" if value else "нет"
    return ", ".join(str(one) for one in _each(value))[:200]


def _literal(text: str, operator: str, column: int) -> Literal:
    if operator == "in":
        if not (text.startswith("[") and text.endswith("]")):
            raise Unreadable('после «in» ожидается список: ["Думает", "Новый"]', column)
        parts = [part[0].strip() for part in _PART.findall(text[1:-1])]
        if not parts or _PART.sub("", text[1:-1]).strip(" ,"):
            raise Unreadable('после «in» ожидается список: ["Думает", "Новый"]', column)
        listed = [_one(part, column) for part in parts]
        if any(isinstance(one, bool) for one in listed):
            raise Unreadable("true и false в списке не бывает", column)
        return tuple(one for one in listed if not isinstance(one, bool))
    return _one(text, column)


def _one(text: str, column: int) -> Decimal | str | bool:
    if text in ("true", "false"):
        return text == "true"
    if _FIGURE.fullmatch(text):
        return Decimal(text.replace("_", ""))
    if (quoted := _QUOTED.fullmatch(text)) is not None:
        return str(next(part for part in quoted.groups() if part is not None))
    if not text:
        raise Unreadable("не сказано, с чем сравнить", column)
    raise Unreadable(f'«{text}»: ожидается число, true, false или текст в кавычках: "{text.strip(_QUOTES)}"', column)


_QUOTES = "\"'«»“”"
_EXPECTED = 'ожидается условие: имя, сравнение, значение; например lead.price >= 100000 или lead.stage == "Думает"'
_EXPECTED_TYPES: dict[type, str] = {Decimal: "число", str: "текст в кавычках"}
_UNARY = ("is set", "is not set")
_BARE_OPERATORS = ("is true", "is false")
_ORDER = ("<", "<=", ">", ">=")
_OPERATORS = {
    Kind.NUMBER: ("==", "!=", *_ORDER, "in"),
    Kind.TEXT: ("==", "!=", "contains", "in"),
    Kind.ANY: ("==", "!=", *_ORDER, "contains", "in"),
}
_NUMBERS = {
    "==": Decimal.__eq__,
    "!=": Decimal.__eq__,
    "<": Decimal.__lt__,
    "<=": Decimal.__le__,
    ">": Decimal.__gt__,
    ">=": Decimal.__ge__,
}
_NAME = re.compile(r"[a-z]+\.[a-z_]+|lead\.field:[^\n{}|]+")
_BARE = re.compile(r"(?:(?P<no>not)\s+)?(?P<name>[a-z]+\.[a-z_]+)")
_COMPARED = re.compile(
    r"(?P<name>.+?)\s*(?P<operator>==|!=|<=|>=|<|>|\s(?:contains|in)\b|\sis\s+not\s+set\b|\sis\s+set\b)"
)
_FIGURE = re.compile(r"-?\d[\d_]{0,17}(?:\.\d{1,6})?")
_QUOTED = re.compile(r'"([^"]*)"|\'([^\']*)\'|«([^»]*)»')
_PART = re.compile(r'\s*("[^"]*"|\'[^\']*\'|«[^»]*»|[^\s,"\'«»]+(?:\s+[^\s,"\'«»]+)*)\s*(,|$)')
