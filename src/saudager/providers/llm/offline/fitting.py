"""How well one unit answers one question: what of it the unit names, what is missing, and what speaks against it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from saudager.providers.llm.offline.attributes import TOPICS, counted_in, holds
from saudager.providers.llm.offline.coverage import cover, named
from saudager.providers.llm.offline.numbers import numbers
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.schedule import days_in
from saudager.providers.llm.offline.terms import Bag, Term, joined, match
from saudager.providers.llm.offline.units import Unit
from saudager.providers.llm.offline.works import ASIDE, first_word, is_price_of_something_else
from saudager.words import normalise

_MEASURE_OF_TIME = re.compile(r"сколько\s+(минут|часов|дней|суток|недель|месяцев|лет)(?!\w)")
_MONEY_BACK = re.compile(r"деньг|аванс")
FULL_NAME = re.compile(r"[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][a-zа-яёәғқңөұүһі]+ [A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]")
_FROM = re.compile(r"(?:(?<!\w)(?:от|свыше|более|больше|при|с)|сумм\w+|минимальн\w+)\s[^.;]{0,25}?\d")
_PERSON = re.compile(r"^(?:мастер|врач|доктор|преподавател|учител|тренер|специалист|менеджер|сотрудник|имя|фио)")
_SHARE_OF_PRICE = re.compile(r"взнос|предоплат|аванс|задат|наценк|переплат")
ONLY = re.compile(r"(?<!\w)только(?!\w)")
_SHARE = 0.5
_SAME_QUESTION, _PART_HELPS, _DAY_HELPS, _PERCENT_HELPS, _ASIDE_COSTS = 0.9, 0.15, 1.5, 0.5, 0.7
_LONG_WINDED, _COLUMN_ASKED, _MEASURE_HELPS = 0.002, 1.0, 0.4
_EXTRA_WORD, _PRICED, _RANK, _EARLIER, _LEADS = 0.12, 0.6, 0.012, 0.5, 0.4


@dataclass(slots=True)
class Context:
    """What the conversation was about before the question, newest terms first."""

    terms: tuple[Term, ...] = ()
    topics: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    days: frozenset[int] = frozenset()
    replied: Bag = field(default_factory=Bag)
    """Our last answer."""
    last_reply: str = ""
    unanswered: bool = False
    """The question just before it had no answer."""


@dataclass(slots=True, eq=False)
class Fit:
    """A unit that may answer, and how well."""

    unit: Unit
    score: float
    matched: frozenset[str]
    earlier: frozenset[str]
    """Keys of the terms of the conversation it also names."""
    quantity: float = 1
    plainly: frozenset[str] = frozenset()
    """Keys of the terms that its name or column says outside brackets."""
    leads: bool = False
    """The question names the first word of its name or column: it is this thing and not something for it."""


def fit(unit: Unit, asked: Question, context: Context, want: str, heard: Collection[str]) -> Fit | None:
    """How the unit fits, or None when it does not answer this question."""
    if not all(unit.is_about(topic) for topic in asked.topics):
        return None
    if not _holds(unit, want, asked):
        return None
    everything = joined(unit.own, unit.label, unit.near, unit.around)
    if any(match(Term(word), everything) for word in asked.excluded):
        return None
    covered = cover(unit, asked, want, heard)
    if covered is None:
        return None
    found = Fit(unit, covered.score, covered.matched, frozenset(), covered.quantity, covered.plainly)
    if want == "price" and is_price_of_something_else(unit, asked, context.terms):
        return None
    _add_context(found, asked, context)
    found.leads = _leads(unit, asked)
    found.score += _by_name(unit, asked, context) + _by_kind(unit, asked, want) + _LEADS * found.leads
    found.score -= _RANK * unit.rank + (_LONG_WINDED * len(unit.own.words) if not unit.row else 0.0)
    return found


def _by_name(unit: Unit, asked: Question, context: Context) -> float:
    """Less for every word of its name that nobody said: of «Айша» and «Айша Люкс» the plain one is meant."""
    said = [term.word for term in (*asked.terms, *context.terms) if term.word]
    extra = sum(1 for word in unit.name.words if not any(match(Term(one), Bag(frozenset((word,)))) for one in said))
    return _SAME_QUESTION * _share_of(asked, unit.asked) - _EXTRA_WORD * extra


def _by_kind(unit: Unit, asked: Question, want: str) -> float:
    """More for what holds the kind of answer wanted in its purest form, less for what speaks of something else."""
    score = _PRICED if want in ("price", "") and unit.price else 0.0
    topics = set(asked.topics)
    if "return" in topics and _MONEY_BACK.match(unit.plain) and not _MONEY_BACK.search(asked.plain):
        score -= _ASIDE_COSTS
    if topics & {"discount", "prepayment"} and "%" in unit.plain:
        score += _PERCENT_HELPS
    if not unit.price and not topics and any(TOPICS[topic][1].search(unit.plain) for topic in ASIDE):
        score -= _ASIDE_COSTS
    if not want and any(term.firm and match(term, unit.columns) for term in asked.terms):
        score += -_COLUMN_ASKED if unit.price else _COLUMN_ASKED
    if unit.part_of and not unit.days:
        score += _PART_HELPS
    if want == "term" and (measure := _MEASURE_OF_TIME.search(asked.plain)):
        spans = next(numbers(f"1 {measure[1]}")).unit
        score += _MEASURE_HELPS * any(number.unit == spans for number in joined(unit.own, unit.near).numbers)
    if asked.days and unit.days and unit.part_of:
        score += _DAY_HELPS
    if not want and asked.days & days_in(unit.plain):
        score += _DAY_HELPS
    if unit.days and unit.part_of and not asked.days:
        score -= _ASIDE_COSTS
    return score


def _leads(unit: Unit, asked: Question) -> bool:
    """The question names the first word of the column or of the name."""
    texts = (unit.price.label if unit.price else "", unit.row.name if unit.row else "")
    heads = Bag(frozenset(first_word(text) for text in texts) - {""})
    return any(match(term, heads) for term in asked.terms if term.word)


def _share_of(asked: Question, question: Bag) -> float:
    """How much of what is asked the listed question also asks; less than half does not count."""
    terms = asked.firm or [term for term in asked.terms if not (term.may_be_name or asked.topics)]
    weight = sum(term.weight for term in terms)
    share = sum(term.weight for term in terms if match(term, question)) / weight if weight else 0.0
    return share if share >= _SHARE else 0.0


def _holds(unit: Unit, want: str, asked: Question) -> bool:
    if asked.from_sum and not _FROM.search(unit.plain if not unit.price else normalise(unit.price.said)):
        return False
    if want == "price":
        if unit.row:
            if (
                unit.price
                and ONLY.search(normalise(unit.price.label))
                and not any(match(term, unit.label) for term in asked.terms if term.word)
            ):
                return False
            return unit.price is not None
        return holds("price", unit.plain) or ("%" in unit.plain and bool(_SHARE_OF_PRICE.search(asked.plain)))
    if unit.price and (want or (set(asked.topics) - {"delivery", "pickup"})):
        return False
    if (
        unit.price
        and ONLY.search(normalise(unit.price.label))
        and not any(match(term, unit.label) for term in asked.terms if term.word)
    ):
        return False
    if asked.days and (unit.part_of or want != "hours") and unit.days and not asked.days & unit.days:
        return False
    if want == "hours" and asked.days and unit.part_of and not unit.days:
        return False
    if want == "hours" and asked.days and unit.row and not asked.days & days_in(unit.plain):
        return False
    if want == "count":
        counted = counted_in(asked.plain)
        return bool(re.search(rf"\d[^.;]{{0,15}}{counted[:5]}", unit.plain) or match(Term(counted), unit.columns))
    if want == "who":
        if unit.row and any(_PERSON.search(normalise(cell.heading)) for cell in (*unit.row.named, *unit.row.rest)):
            return True
        return bool(FULL_NAME.search(unit.row.name if unit.row else unit.said))
    if want == "term" and "warranty" in asked.topics:
        return True
    if want in ("hours", "days", "address", "term", "stock", "age", "percent"):
        return holds(want, unit.unpriced)
    return True


def _add_context(found: Fit, asked: Question, context: Context) -> None:
    """Terms of the conversation only decide between units; none has to be named."""
    earlier = set()
    replaced = {term.number.unit for term in asked.terms if term.number}
    for place, term in enumerate(context.terms):
        if term.key in found.matched or (term.number and term.number.unit in replaced):
            continue
        if how := named(term, found.unit):
            found.score += _EARLIER * term.weight * how * 0.97**place
            earlier.add(term.key)
    if context.replied.words and found.unit.row and found.unit.name.words:
        share = len(found.unit.name.words & context.replied.words) / len(found.unit.name.words)
        found.score += 0.8 * share
        if share == 1:
            earlier.add("replied")
    found.earlier = frozenset(earlier)
