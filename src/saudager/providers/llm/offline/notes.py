"""Sentences beside a table: they give a row another price, make an exception of it, or tell its price in words."""

import re
from collections.abc import Sequence

from saudager.providers.llm.offline import saying
from saudager.providers.llm.offline.answers import Answer
from saudager.providers.llm.offline.fitting import Fit
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.rows import uncapitalised
from saudager.providers.llm.offline.terms import Term, bag, match
from saudager.providers.llm.offline.units import Unit
from saudager.words import normalise

_NEW_PRICE = re.compile(r"нов\w+ цен|подорожа|подешеве|теперь (?:стоит|цена)")
_EXCEPTION = re.compile(r"кроме|отдельно|не входит|обязательн")
_BY_ORDER = re.compile(r"под заказ|по запросу|договорн|рассчит|считаем|после замер|по замер|по проекту|индивидуальн")
_SHORT_NOTE = 170


def worded_price(asked: Question, fits: Sequence[Fit], units: Sequence[Unit]) -> Answer | None:
    """A thing whose price is told in words: made to order, counted after measuring; ``fits`` answer it in any way."""
    if len(asked.firm) < 2:
        return None
    fits = [found for found in fits if found.score > 0 and not found.unit.price and _BY_ORDER.search(found.unit.plain)]
    if not fits:
        return None
    best = max(fits, key=lambda found: found.score)
    said = saying.row(best.unit, asked, "") if best.unit.row else saying.prose(best.unit, asked)
    notes = (one for one in units if not (one.row or one.part_of) and _BY_ORDER.search(one.plain))
    names = [term for term in asked.firm if term.is_name and term.key in best.matched]
    told = next((one.said for one in notes if any(match(term, one.own) for term in names)), "")
    return Answer(f"{said}. {told}" if told and best.unit.row else said, (best.unit.fact,), named=best.matched)


def changed_price(unit: Unit, asked: Question, units: Sequence[Unit]) -> Answer | None:
    """A note that gives this row another price beats the row."""
    assert unit.row
    assert unit.price
    named = unit.name.words
    for other in units:
        if other.row or other.part_of or other.amount is None or other.fact.section != unit.fact.section:
            continue
        text = normalise(other.fact.text)
        if not _NEW_PRICE.search(text) or not all(
            any(match(Term(word), bag(other.fact.text)) for _ in (0,))
            for word in named
            if len(word) > 3 and word in text
        ):
            continue
        if not any(word in text for word in named if len(word) > 3):
            continue
        if not unit.price.marked and not (unit.price.label and normalise(unit.price.label) in text):
            continue
        label = f", {uncapitalised(unit.price.label)}" if unit.price.label else ""
        said = f"{saying.title(unit.row, asked)}{label}: {uncapitalised(other.said).rstrip('.')}"
        return Answer(said, (other.fact, unit.fact), amount=other.amount, priced=True, want="price")
    return None


def exception(unit: Unit, units: Sequence[Unit]) -> str:
    """A short note under the table that makes an exception of this row."""
    named = {word for word in unit.name.words if len(word) > 3}
    for other in units:
        if other.row or other.part_of or other.fact.section != unit.fact.section or len(other.said) > 170:
            continue
        if named and named <= other.own.words and _EXCEPTION.search(other.plain):
            return other.said.rstrip(".")
    return ""
