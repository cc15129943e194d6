"""Whether and how firmly a unit names a word or a number of a question, and how many of it are asked for."""

from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.terms import Bag, Term, joined, match
from saudager.providers.llm.offline.units import Unit

_PLACES = (
    ("name", 1.0),
    ("label", 1.0),
    ("own", 0.95),
    ("asked", 0.9),
    ("near", 0.75),
    ("around", 0.75),
    ("before", 0.6),
    ("title", 0.4),
    ("paragraph", 0.4),
)
_WORDS_ONLY = ("around", "title", "paragraph")
_POLICIES = frozenset(("return", "payment", "prepayment", "instalment", "discount"))
_PIECES = "шт"
_LACKS_UNSAID = 0.3


def count(term: Term, unit: Unit, asked: Question, want: str) -> tuple[float, float | None]:
    """Whether a small number names the unit («Пульпит, 3 канала») or says how many of it («2 стула»)."""
    names = joined(unit.own, unit.label, unit.asked)
    held = match(term, names)
    if term.counts == _PIECES and not any(number.unit == "piece" for number in unit.own.numbers):
        held = 0.0
    if held or want != "price" or "delivery" in asked.topics:
        return held * named(term, unit), None
    of_this = term.counts == _PIECES or unit.is_per_one or match(Term(term.counts), joined(names, unit.around))
    return (0.1, term.number.low) if of_this and term.number else (0.0, None)


def times_rate(term: Term, unit: Unit) -> float | None:
    """«На 3 кг» of what is priced by the kilogram."""
    if unit.rate and term.number and term.number.unit == unit.rate.unit and not term.of_age:
        return term.number.low / unit.rate.low
    return None


def named(term: Term, unit: Unit, want: str = "") -> float:
    """How firmly the unit names the term; what its paragraph says beside it proves nothing of a price."""
    if term.lacking:
        beside = joined(unit.own, unit.label, unit.near)
        if match(term, beside):
            return 1.0
        return _LACKS_UNSAID if unit.row and not match(Term(term.word), beside) else 0.0
    best = 0.0
    for place, weight in _PLACES:
        held: Bag = getattr(unit, place)
        if term.number and place in _WORDS_ONLY:
            continue
        if place == "paragraph" and want == "price":
            continue
        if weight > best and (held.words or held.numbers):
            best = max(best, weight * match(term, held))
    return best


def is_loose(term: Term, asked: Question) -> bool:
    """A thing a policy need not name: rules of paying and returning hold for all goods, and delivery is by place."""
    if term.is_name or term.number:
        return False
    if "discount" in asked.topics:
        return any(other.key != term.key for other in asked.firm)
    return bool(_POLICIES & set(asked.topics)) or "delivery" in asked.topics
