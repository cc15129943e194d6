"""Which words and numbers of a question a unit names and where, as marks; and whether it contradicts one of them."""

import re
from collections import defaultdict
from dataclasses import dataclass

from saudager.providers.llm.offline.naming import count, named, times_rate
from saudager.providers.llm.offline.numbers import Number
from saudager.providers.llm.offline.schedule import days_in
from saudager.providers.llm.offline.setting import Setting
from saudager.providers.llm.offline.terms import Term, is_place, is_verb, joined, match, paired
from saudager.providers.llm.offline.units import Unit
from saudager.words import normalise

Marks = defaultdict[str, float]
"""The value of each mark by its name; what is absent is 0."""

_NEARLY_ALL, _BESIDE, _AROUND = 0.95, 0.8, 0.7
_MEASURED = ("length", "area", "volume")
_SIZES = (*_MEASURED, "size", "memory", "power", "charge", "inch", "mass")
_LEAST_SIZE = 20
_DIMENSION = re.compile(r"шир|выс|длин|глуб|толщ|диаметр|размер|рост|радиус|объем|вес")


@dataclass(slots=True)
class Likely:
    """A unit that may answer, and what speaks for and against it."""

    unit: Unit
    marks: Marks
    matched: set[str]
    """Keys of the terms of the question it names."""
    earlier: set[str]
    """Keys of the terms of the conversation it also names."""
    quantity: float = 1.0
    leads: bool = False

    def plainly(self, setting: Setting) -> frozenset[str]:
        """Keys of the terms its name or column says outside brackets, or the sentence itself."""
        outside = joined(self.unit.name, self.unit.label) if self.unit.row else self.unit.own
        return frozenset(term.key for term in setting.asked.terms if term.key in self.matched and match(term, outside))


def kind_of(term: Term) -> str:
    """What sort of term it is."""
    if term.number:
        return "size" if term.number.unit in _SIZES or any(_DIMENSION.match(word) for word in term.beside) else "number"
    if term.is_name:
        return "place" if is_place(term.word) else "name"
    return "adjective" if term.is_adjective else "verb" if is_verb(term.word) else "noun"


def covers(found: Likely, setting: Setting) -> bool:
    """Which terms it names and where; False when it contradicts one."""
    unit, marks, covered = found.unit, found.marks, 0.0
    of_quantity = _quantity_of_label(unit, setting)
    if of_quantity == 0 or _is_for_another_day(unit, setting):
        return False
    for term in setting.asked.terms:
        weight, kind = setting.weight[term], kind_of(term)
        if term.may_be_name:
            if unit.row and (term.word in unit.name.words or (setting.want == "price" and match(term, unit.label))):
                found.matched.add(term.key)
                marks["may_be_name"] += 1
            continue
        times = _times(term, unit, setting, of_quantity)
        if times:
            found.quantity = times
            marks["counts"] += 1
            covered += weight
        elif paired(term, setting.everything[unit]) is False:
            return False
        elif place := _place(term, unit, setting):
            share = _marks_of_place(found, term, place, weight)
            covered += weight * share
        elif term.number and _contradicts(term, unit):
            return False
        else:
            if setting.spread[term]:
                marks[f"{kind}_missing"] += weight
                marks[f"{kind}_missing_price"] += weight * (setting.want == "price" and term.firm)
            continue
        found.matched.add(term.key)
    share = covered / setting.total
    marks["covered"], marks["covered_squared"] = share, share * share
    marks["covered_all"] = covered >= _NEARLY_ALL * setting.total
    head = next((term for term in setting.asked.terms if term.word and not term.is_adjective and term.firm), None)
    if head:
        marks["head_core"] = bool(match(head, joined(unit.name, unit.label, unit.own)))
        marks["head_missing"] = head.key not in found.matched
    return True


def _times(term: Term, unit: Unit, setting: Setting, of_quantity: float | None) -> float | None:
    """How many of the unit a number of the question asks for."""
    if not term.number or paired(term, setting.everything[unit]) is False:
        return None
    if of_quantity and not (unit.is_per_one or term.number.unit in ("", "piece")):
        of_quantity = None
    if term.counts:
        return of_quantity or count(term, unit, setting.asked, setting.want)[1]
    if of_quantity and setting.asked.wants_total and any(one.unit == term.number.unit for one in unit.label.numbers):
        return term.number.plain
    return times_rate(term, unit) if setting.want == "price" and not named(term, unit) else None


def _place(term: Term, unit: Unit, setting: Setting) -> str:
    """Where the unit names the term, '' when nowhere."""
    held = setting.everything[unit]
    if any(term.word in other.beside and paired(other, held) for other in setting.asked.terms if term.word):
        return "core"
    if not named(term, unit) or _is_number_of_name(term, unit):
        return ""
    if any(match(term, held) for held in (unit.name, unit.label, unit.own)):
        return "core"
    if match(term, unit.asked):
        return "asked"
    return "beside" if match(term, unit.near) or match(term, unit.before) else "around"


def _is_number_of_name(term: Term, unit: Unit) -> bool:
    """«Нура 3»: the number of a thing that is named without one is no other number of it."""
    title = unit.name if unit.row else unit.own
    if not term.number or match(term, title):
        return False
    return paired(term, title) is None and any(match(Term(word), title) == 1.0 for word in term.beside[:1])


def _marks_of_place(found: Likely, term: Term, place: str, weight: float) -> float:
    """Note it and say how much of the term's weight counts as covered."""
    unit, kind = found.unit, kind_of(term)
    firmly = max(match(term, held) for held in (unit.name, unit.label, unit.own)) if place == "core" else 1.0
    found.marks[f"{kind}_{place}"] += weight * firmly
    found.marks["paired"] += bool(paired(term, joined(unit.own, unit.label)))
    if place == "core" and (match(term, unit.name) or match(term, unit.label)):
        found.marks[f"{kind}_title"] += weight
    return {"core": firmly, "asked": 1.0, "beside": _BESIDE, "around": _AROUND}[place]


def _is_for_another_day(unit: Unit, setting: Setting) -> bool:
    """A column for days of the week («Цена в будни») of which none is meant."""
    days = days_in(normalise(unit.price.label)) if unit.price and setting.asked.days else frozenset()
    return bool(days) and not days & setting.asked.days


def _quantity_of_label(unit: Unit, setting: Setting) -> float | None:
    """The quantity asked for when the column is for it («10–49 шт», «от 7 суток»), 0 when it is for another, None when
    one of them names none."""
    columns = [number for number in unit.label.numbers if _is_bracket(number)] if unit.price else []
    asked = [term.number for term in setting.asked.terms if term.number and not (term.number.code or term.number.sides)]
    units = {column.unit for column in columns}
    meant = [number for number in asked if number.unit in units] or [
        term.number for term in setting.asked.terms if term.number and term.counts and not term.number.unit
    ]
    if not columns or not meant:
        return None
    is_held = any(column.low <= number.low <= column.high for column in columns for number in meant)
    return meant[0].low if is_held else 0.0


def _is_bracket(number: Number) -> bool:
    """A range of quantities: «10–49 шт», «свыше 50 м», «до 20 м»."""
    return not (number.code or number.sides or number.letter) and (
        number.unit == "piece" or number.is_open or number.high > number.low
    )


def _contradicts(term: Term, unit: Unit) -> bool:
    """Whether it has another size, code or measure than the one asked for."""
    number = term.number
    if number is None or not (unit.row or unit.part_of):
        return False
    held = joined(unit.own, unit.label, unit.near, unit.name).numbers
    if number.sides:
        return any(other.sides for other in held)
    if number.is_bare and kind_of(term) == "size" and unit.row:
        return any(other.is_bare and other.low > _LEAST_SIZE for other in unit.own.numbers)
    if number.code:
        return any(other.code for other in held)
    if number.unit in _MEASURED or number.letter:
        return any(other.unit == number.unit or other.letter for other in held)
    return False
