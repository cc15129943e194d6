"""Whether a customer asks us to stop writing to him unasked, or to begin again: read from meaning, never a keyword."""

import re
from collections.abc import Sequence
from enum import StrEnum

from saudager.outreach.phrases import Phrase, phrases_of
from saudager.outreach.resuming import is_asked_to_resume
from saudager.outreach.stopping import Scope, Stop, Trust, asks_to_hear, is_threat, stop_in


class Wish(StrEnum):
    """What a customer wants to hear from us of himself, beside answers to what he asks."""

    STOP_ALL = "everything"
    STOP_OFFERS = "offers"
    RESUME = "resume"


_NOT_HARMLESS = re.compile(r"[x$YKt3~]")
_COURTESIES = re.compile(r"[fmeuVkvhsS]*")
_OWN_DOING = re.compile(r"[13]")
_NAMES_OFFERS = re.compile(r"[Oo%]")


def read_wish(text: str) -> Wish | None:
    """What the customer wishes about messages nobody asked for; None for every other line, also in doubt.

    A refusal of an offer, a wish about calls, about the hour or about goods is no wish of this kind.
    """
    phrases = phrases_of(text)
    wish: Wish | None = None
    at = -1
    for number, phrase in enumerate(phrases):
        if is_asked_to_resume(phrase):
            wish, at = Wish.RESUME, number
    stops = {number: stop for number, phrase in enumerate(phrases) if (stop := stop_in(phrase))}
    held = {number: stop for number, stop in stops.items() if _holds(number, stop, stops, phrases)}
    if is_threat(phrases):
        return Wish.STOP_ALL
    if not held or max(held) < at:
        return wish
    return _widest(held, phrases)


def _widest(held: dict[int, Stop], phrases: Sequence[Phrase]) -> Wish:
    everything = [stop for stop in held.values() if stop.scope is Scope.EVERYTHING]
    offers = any(stop.scope is Scope.OFFERS for stop in held.values())
    if any(stop.trust is Trust.SURE for stop in everything) or (everything and not offers):
        return Wish.STOP_ALL
    return Wish.STOP_OFFERS


def _holds(number: int, stop: Stop, stops: dict[int, Stop], phrases: Sequence[Phrase]) -> bool:
    """Whether the rest of the message leaves the wish standing."""
    rest = [phrase for at, phrase in enumerate(phrases) if at not in stops]
    if any("K" in phrase.parts for phrase in rest) or not _bears(stop, rest):
        return False
    if stop.scope is Scope.WHAT_WAS_NAMED:
        return any(_NAMES_OFFERS.search(phrase.parts) for phrase in phrases)
    if not stop.of_writing:
        return True
    if stop.scope is Scope.EVERYTHING and any(map(asks_to_hear, phrases)):
        return False
    if not stop.addressed and any("$" in phrase.parts for phrase in rest):
        return False
    return not _is_limited(number, phrases)


def _bears(stop: Stop, rest: Sequence[Phrase]) -> bool:
    """Whether the phrase is trusted beside what else is said."""
    match stop.trust:
        case Trust.ALONE:
            return all(_COURTESIES.fullmatch(phrase.parts) and not phrase.is_question for phrase in rest)
        case Trust.AMONG_HARMLESS:
            return not any(phrase.is_question or _NOT_HARMLESS.search(phrase.parts) for phrase in rest)
        case Trust.SURE:
            return True


def _is_limited(number: int, phrases: Sequence[Phrase]) -> bool:
    """Whether the same sentence says until when, on what condition, or what is not to be written."""
    said = phrases[number]
    for at, phrase in enumerate(phrases):
        if phrase.sentence != said.sentence or at == number:
            continue
        if phrase.parts[0] == "q" and not _is_own_initiative(phrases[at + 1 :]):
            return True
        if phrase.parts[0] == "!" and at == number + 1:
            return True
        if "t" in phrase.parts and "+" not in said.parts:
            return True
    return False


def _is_own_initiative(following: Sequence[Phrase]) -> bool:
    """«Если надо будет, сама напишу» limits nothing."""
    return any(_OWN_DOING.search(phrase.parts) for phrase in following)
