"""Whether a customer asks us to stop writing to him unasked, or to begin again: read from meaning, never a keyword."""

from collections.abc import Collection
from enum import StrEnum

from saudager.outreach.phrases import phrases_of
from saudager.outreach.resuming import is_asked_to_resume, is_word_to_resume
from saudager.outreach.stopping import is_threat, stop_in
from saudager.outreach.stops import Scope, Stop, Trust
from saudager.outreach.weighing import stands


class Wish(StrEnum):
    """What a customer asks of us beside answers to what he writes."""

    STOP_ALL = "everything"
    """No message that nobody asked for."""
    STOP_OFFERS = "offers"
    """No advertising; what concerns his orders may be told."""
    RESUME = "resume"


def read_wish(text: str) -> Wish | None:
    """What the customer wishes about messages nobody asked for; None for every other line, also in doubt.

    A refusal of an offer, a wish about calls, about the hour or about goods is no wish of this kind. Of two that
    contradict each other the later one counts. Russian, Kazakh and English, mixed and in Latin letters; the first
    4000 characters are read.
    """
    phrases = phrases_of(text)
    if is_word_to_resume(phrases):
        return Wish.RESUME
    if is_threat(phrases):
        return Wish.STOP_ALL
    resumed = max((at for at, phrase in enumerate(phrases) if is_asked_to_resume(phrase)), default=-1)
    stops = {at: stop for at, phrase in enumerate(phrases) if (stop := stop_in(phrase))}
    standing = {at: stop for at, stop in stops.items() if stands(at, stops, phrases)}
    if max(standing, default=-1) <= resumed:
        return Wish.RESUME if resumed >= 0 else None
    return _widest(standing.values())


def _widest(stops: Collection[Stop]) -> Wish:
    """Everything, unless offers are named and the rest only leans on them: «акции не нужны, не шлите»."""
    everything = [stop for stop in stops if stop.scope is Scope.EVERYTHING]
    if len(everything) < len(stops):
        everything = [stop for stop in everything if stop.trust >= Trust.AMONG_REASONS and not stop.elliptic]
    return Wish.STOP_ALL if everything else Wish.STOP_OFFERS
