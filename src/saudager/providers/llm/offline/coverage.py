"""What of a question a unit names, and whether it answers although something is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

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
_SHARE, _SHARE_OF_TOPIC, _TELLING, _TOLD_BEFORE = 0.5, 0.3, 3, 2
_BY_PLACE, _COLUMN, _LACKS_UNSAID = 0.4, 0.6, 0.3
_MISSING, _LOOSE_MISSING = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the question a unit names."""

    score: float
    matched: frozenset[str]
    """Keys of the terms it names."""
    plainly: frozenset[str]
    """Keys of those its name or column says outside brackets, or the sentence itself."""
    quantity: float = 1
    """How many of it are asked for."""


def heard_of(asked: Question, units: Sequence[Unit]) -> frozenset[str]:
    """Keys of the terms some passage names; what no passage names is nothing the shop has."""
    return frozenset(term.key for term in asked.terms if any(named(term, unit) for unit in units))


def cover(unit: Unit, asked: Question, want: str, heard: Collection[str]) -> Coverage | None:
    """What of the question the unit names; None when something it must name is missing."""
    score, missing, quantity = 0.0, list[Term](), 1.0
    matched: set[str] = set()
    for term in asked.terms:
        found, times = _found(term, unit, asked, want)
        quantity = times or quantity
        if not found and term.counts and "delivery" in asked.topics:
            continue
        if found:
            by_place = "delivery" in asked.topics and term.firm and is_loose(term, asked)
            score += term.weight * found * (_BY_PLACE if by_place else 1.0)
            matched.add(term.key)
        elif term.firm:
            missing.append(term)
    if missing and not _may_be_missing(missing, unit, asked, want, matched, heard):
        return None
    score -= sum((_LOOSE_MISSING if is_loose(term, asked) else _MISSING) * term.weight for term in missing)
    outside = joined(unit.name, unit.label) if unit.row else joined(unit.own, unit.label)
    plainly = frozenset(term.key for term in asked.terms if term.key in matched and match(term, outside))
    return Coverage(score, frozenset(matched), plainly, quantity)


def _found(term: Term, unit: Unit, asked: Question, want: str) -> tuple[float, float | None]:
    """How firmly the unit names the term, and how many of the unit a number asks for."""
    if term.may_be_name:
        if unit.row and term.word in unit.name.words:
            return 1.0, None
        heading = match(term, unit.label) or match(term, unit.kind) * _COLUMN
        return _COLUMN * heading if unit.row else 0.0, None
    if term.number and term.counts:
        return count(term, unit, asked, want)
    found = named(term, unit, want)
    if not found and term.number and want == "price" and (times := times_rate(term, unit)):
        return 0.1, times
    return found, None


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


def _may_be_missing(
    missing: list[Term], unit: Unit, asked: Question, want: str, matched: set[str], heard: Collection[str]
) -> bool:
    """Whether the unit answers although it does not name everything: never without a number or a name."""
    if "discount" in asked.topics and not any(term.key in matched for term in asked.firm):
        return False
    strange = [term for term in missing if term.key not in heard]
    if asked.from_sum and not (strange or unit.row):
        return True
    if any(term.number or term.is_name for term in missing):
        return False
    if all(is_loose(term, asked) for term in missing) and not (strange and "delivery" in asked.topics):
        return True
    head = next((term for term in asked.terms if term.word and not term.is_adjective and term.firm), None)
    if not unit.row and not strange and _told_before(missing, asked, matched, head):
        return True
    if want in ("price", "stock") or (unit.row and not want) or {"warranty", "delivery"} & set(asked.topics):
        return (
            len(missing) == 1
            and not missing[0].is_adjective
            and _goes_without(missing[0], head, unit, asked, matched, heard)
        )
    if strange and sum(1 for term in asked.firm if term.key in matched) < _TOLD_BEFORE:
        return False
    if not want and not asked.topics and head in missing:
        return False
    weight = sum(term.weight for term in asked.firm)
    share = 1 - sum(term.weight for term in missing) / weight
    return share >= (_SHARE_OF_TOPIC if asked.topics else _SHARE)


def _told_before(missing: list[Term], asked: Question, matched: set[str], head: Term | None) -> bool:
    """A sentence that names the thing and one word more need not name what the question adds behind them."""
    if head is None or head.key not in matched:
        return False
    first = min(asked.terms.index(term) for term in missing)
    told = [term for term in asked.terms[:first] if term.key in matched and not term.may_be_name]
    return head in told and len(told) >= _TOLD_BEFORE


def _goes_without(
    missing: Term, head: Term | None, unit: Unit, asked: Question, matched: set[str], heard: Collection[str]
) -> bool:
    """One common noun a price list need not say: what all its rows are, what an adjective implies, or an aside."""
    told = [term for term in asked.terms if term.key in matched]
    if unit.row and not unit.around.words and missing.key in heard:
        return sum(1 for term in told if term.number or term.is_name) >= _TELLING - 1
    place = asked.terms.index(missing)
    before = asked.terms[place - 1] if place else None
    if before and before.is_adjective and before.key in matched and len(matched) > 1:
        return True
    telling = [term for term in told if term.number or term.is_name or named(term, unit) >= 1.0]
    return missing is not head and len(telling) >= (_TELLING - 1 if missing.is_aside else _TELLING)
