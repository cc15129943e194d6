"""Which passages answer a question, and the sentence that says what they hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from saudager.providers.llm import Fact
from saudager.providers.llm.offline import phrases
from saudager.providers.llm.offline.fitting import (
    MONEY,
    SYNONYMS,
    Unit,
    covers,
    has,
    numbers_of,
    same_size,
    score_of,
    units_of,
)
from saudager.providers.llm.offline.reading import Question, language_of
from saudager.providers.llm.offline.rows import Price, Row, say_prices, say_rest
from saudager.words import PRICING, normalise, stems

_PROSE_LIMIT = 320
_PRICED_ROWS, _PLAIN_ROWS = 3, 4
_ELSEWHERE = re.compile(r"други[ех]|остальн|по казахстану|по всей стране|регион|межгород|иногородн")
_ASIDE = re.compile(r"\s*\((?:см\.|таблиц|рис)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence (no full stop) or two, the passages it stands on, and what to ask next."""

    said: str
    facts: tuple[Fact, ...]
    priced: bool = False
    ask_size: bool = False
    ask_variant: bool = False


def choose(question: Question, facts: Sequence[Fact], context: Question | None) -> Answer | None:
    """Answer from the passages, or None when they do not hold it; ``context`` is the question asked before."""
    units = units_of(facts)
    question = _continued(question, context)
    before = context.about if context else frozenset()
    about = question.about or (before if question.wants_price or question.size else frozenset())
    if not about:
        return None
    helping = before - about if question.follows_up else frozenset()
    fitting = [unit for unit in units if covers(unit, about, question)]
    if not fitting:
        return None
    frequency = {one: sum(has(unit, one) for unit in units) for one in about | helping}
    scores = [score_of(unit, about, helping, frequency, question, len(units)) for unit in fitting]
    best_score, best = max(zip(scores, fitting, strict=True), key=lambda pair: (pair[0], -pair[1].rank))
    if best_score <= 0:
        return None
    matched = frozenset(one for one in about if has(best, one))
    if (missing := question.names - matched) and not _ELSEWHERE.search(normalise(best.text)):
        return _elsewhere(units, matched, missing)
    if best.row:
        return _answer_from_rows(question, context, best, fitting, about, helping)
    return _answer_from_prose(best, units, about)


def _continued(question: Question, context: Question | None) -> Question:
    """«А в Астану?» wants to know what the question before it wanted."""
    if context is None or not question.follows_up:
        return question
    return replace(
        question,
        text=f"{question.text} {context.text}",
        wants_price=question.wants_price or context.wants_price,
    )


def _elsewhere(units: list[Unit], matched: frozenset[str], missing: frozenset[str]) -> Answer | None:
    general = [unit for unit in units if _ELSEWHERE.search(normalise(unit.text)) and any(has(unit, m) for m in matched)]
    if not general or any(has(unit, one) for unit in units for one in missing):
        return None
    return Answer(general[0].text.rstrip("."), (general[0].fact,))


def _answer_from_rows(
    question: Question,
    context: Question | None,
    best: Unit,
    units: list[Unit],
    about: frozenset[str],
    helping: frozenset[str],
) -> Answer | None:
    alike = _alike(best, units, about, helping)
    sized = [unit for unit in alike if unit.row and unit.row.size]
    if question.size and sized:
        alike = _of_size(sized, question.size)
    elif context and context.size and question.follows_up and sized:
        alike = _of_size(sized, context.size) or alike
    alike = [unit for unit in alike if question.numbers & numbers_of(unit)] or alike
    if not alike:
        return None
    if question.wants_price and _names_part(best, about | helping):
        return Answer(phrases.PRICE_DEPENDS[language_of(question.text)], (), priced=True, ask_size=True)
    wanted = about | helping | frozenset(other for one in about for other in SYNONYMS.get(one, frozenset()))
    priced = any(unit.row.prices for unit in alike if unit.row)
    shown = alike[: _PRICED_ROWS if priced else _PLAIN_ROWS]
    said, variants_left = [], False
    for unit in shown:
        assert unit.row
        prices = _named_prices(unit.row, wanted, question)
        variants_left |= len(prices) > 1
        if not prices:
            said.append(say_rest(unit.row, wanted))
        else:
            said.append(say_prices(unit.row, prices) + ("" if question.wants_price else _tail(unit.row, wanted)))
    sizes = {unit.row.size for unit in alike if unit.row}
    return Answer(
        said="; ".join(said),
        facts=tuple(unit.fact for unit in shown),
        priced=priced,
        ask_size=len(sizes) > 1,
        ask_variant=variants_left or (len(alike) > 1 and len(sizes) == 1),
    )


def _names_part(best: Unit, wanted: frozenset[str]) -> bool:
    """The question names a kind of goods, the row a work on it: «окно» and «Монтаж окна» are not the same thing."""
    if best.row is None or len(wanted) != 1:
        return False
    first = stems(best.row.title.split()[0])
    labels = stems(" ".join(price.label for price in best.row.prices))
    return bool(first) and not wanted & (first | labels) and bool(wanted & stems(best.fact.section))


def _alike(best: Unit, units: list[Unit], about: frozenset[str], helping: frozenset[str]) -> list[Unit]:
    """Rows of the same table that the question means as much as the best one."""
    meant = _meant(best, about, helping)
    rows = [unit for unit in units if unit.row and unit.fact.section == best.fact.section]
    return [unit for unit in rows if _meant(unit, about, helping) == meant]


def _of_size(units: list[Unit], size: tuple[float, float]) -> list[Unit]:
    return [unit for unit in units if unit.row and unit.row.size and same_size(size, unit.row.size)]


def _tail(row: Row, wanted: frozenset[str]) -> str:
    said = say_rest(replace(row, title="", rest=row.rest[:1] if not wanted else row.rest), wanted)
    return f", {said.removeprefix(' — ')}" if said else ""


def _meant(unit: Unit, about: frozenset[str], helping: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What the row's own words share with the question and with the conversation; equal means equally meant."""
    assert unit.row
    own = stems(f"{unit.row.title} {' '.join(label for label, _ in unit.row.rest)}")
    return own & about, own & helping


def _named_prices(row: Row, wanted: frozenset[str], question: Question) -> tuple[Price, ...]:
    if len(row.prices) < 2:
        return row.prices
    for pool in (question.about, wanted):
        named = tuple(
            price
            for price in row.prices
            if (stems(price.label) - PRICING) & pool or question.numbers & frozenset(re.findall(r"\d+", price.label))
        )
        if named:
            return named
    return row.prices[:3]


def _answer_from_prose(best: Unit, units: list[Unit], about: frozenset[str]) -> Answer:
    said = [best.text]
    priced = bool(MONEY.search(normalise(best.text)))
    following = _following(best, units)
    if following and following.own & about - best.own and len(best.text) + len(following.text) < _PROSE_LIMIT:
        said.append(following.text)
    return Answer(_ASIDE.sub("", " ".join(said)).rstrip("."), (best.fact,), priced=priced)


def _following(unit: Unit, units: list[Unit]) -> Unit | None:
    place = next(index for index, other in enumerate(units) if other is unit)
    after = units[place + 1] if place + 1 < len(units) else None
    return after if after and after.fact is unit.fact and after.asked == unit.asked else None
