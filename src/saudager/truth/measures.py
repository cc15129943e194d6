"""What one unit of a figure is: a box is no kilogram, and a price a month is none for the whole course."""

import re
from itertools import pairwise

from saudager.languages.russian import part_of_speech
from saudager.truth.figures import Figure, FigureKind
from saudager.truth.named import NamedFact
from saudager.truth.sources import Proof
from saudager.words import normalise

_PER_NAMED = {
    "monthly": "month",
    "weekly": "week",
    "daily": "day",
    "hourly": "hour",
    "yearly": "year",
    "annual": "year",
}
_PER_SAID = {
    "month": r"в месяц|/\s?мес|ежемесячно|за месяц|per month|a month|/month|monthly|айына",
    "day": r"в день|в сутки|за сутки|per day|a day|/day|күніне",
    "night": r"за ночь|per night|a night|/night",
    "hour": r"в час|за час|per hour|an hour|/hour|сағатына",
    "week": r"в неделю|за неделю|per week|a week",
    "year": r"в год|за год|per year|a year|жылына",
    "m2": r"за (?:кв\w*\.? ?м\w*|м2|м²)|/\s?(?:м2|м²|кв\.? ?м)|per (?:m2|m²|square met\w+)",
    "pack": r"за (?:пачк\w+|упаковк\w+)|/\s?(?:пач\w*|упак?\w*)|per pack",
    "piece": r"за (?:штук\w+|шт\.?)|/\s?шт|per piece|each",
    "kg": r"за (?:кг|килограмм\w*)|/\s?кг|per (?:kg|kilo\w*)",
}
_OPENS, _CLOSES = frozenset(("opens", "opening")), frozenset(("closes", "closing"))
_OPENING = re.compile(r"(?:(?<!\w)(?:с|со|from)|открыва\w+ в|opens? at)\s$")
_CLOSING = re.compile(r"(?:(?<!\w)(?:до|until|till|to)|закрыва\w+ в|closes? at)\s$")
_PIECES = {"pcs": "piece", "pc": "piece", "шт": "piece", "piece": "piece", "м2": "m2", "m²": "m2"}
_SAID_OF = {unit: re.compile(rf"\s?(?:[₸$€]\s?)?(?:{said})(?!\w)") for unit, said in _PER_SAID.items()}
_FOR_ALL = re.compile(r"\s?за (?:все|весь|всю|целый|полный)(?!\w)|\s?for (?:all|the (?:whole|entire|full))(?!\w)")
_PHYSICAL = frozenset(
    ("kg", "g", "m", "m2", "km", "mm", "cm", "l", "ml", "day", "week", "month", "year", "hour", "minute")
)


def same_measure(proof: Proof, figure: Figure, plain: str) -> bool:
    """«40 коробок» are not the 40 kg of a row."""
    if figure.kind is not FigureKind.NUMBER or proof.figure.unit not in _PHYSICAL:
        return True
    counted = re.match(r"\s([а-я]{3,})", plain[figure.end :])
    return not counted or part_of_speech(counted[1]) != "NOUN"


def same_end(proof: Proof, figure: Figure, plain: str) -> bool:
    """The hour of opening is no hour of closing."""
    if figure.kind is not FigureKind.TIME or not isinstance(proof.fact, NamedFact):
        return True
    lead, words = plain[: figure.start], frozenset(proof.fact.name.lower().split("_"))
    return not ((_CLOSING.search(lead) and words & _OPENS) or (_OPENING.search(lead) and words & _CLOSES))


def same_rate(proof: Proof, figure: Figure, plain: str) -> bool:
    """A price for one month, night or hour is said as such, and the other way round."""
    if figure.kind is not FigureKind.MONEY or not isinstance(proof.fact, NamedFact):
        return True
    per, behind = _rate(proof.fact), plain[figure.end :]
    if per and _FOR_ALL.match(behind):
        return False
    said = next((unit for unit, pattern in _SAID_OF.items() if pattern.match(behind)), "")
    return not (per in _SAID_OF and said and said != per)


def _rate(fact: NamedFact) -> str:
    written = re.search(r"/\s?(\w+)", normalise(fact.value))
    words = fact.name.lower().split("_")
    after = dict(pairwise(words)).get("per", "")
    if written:
        return _PIECES.get(written[1], written[1])
    return _PIECES.get(after, after) or next((_PER_NAMED[word] for word in words if word in _PER_NAMED), "")
