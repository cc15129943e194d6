"""What a wish to hear no more is: of what, and how far it is trusted beside the rest of the message."""

from dataclasses import dataclass
from enum import IntEnum


class Scope(IntEnum):
    """How much the customer wants to hear no more of."""

    WHAT_WAS_NAMED = 1
    """«Не присылайте»: of what, another phrase must say."""
    OFFERS = 2
    EVERYTHING = 3


class Trust(IntEnum):
    """What the rest of the message may be for the phrase to be taken at its word."""

    ALONE = 1
    """Courtesies only: «стоп»."""
    AMONG_HARMLESS = 2
    """No question and no goods: «не пишите, уже купила»."""
    AMONG_REASONS = 3
    """What somebody did or does, of whatever goods: «больше не пишите, я взял диван у других»."""
    SURE = 4
    """Anything."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A wish to hear no more; ``of_writing`` when it is about being written to, not about lists or advertising."""

    scope: Scope
    trust: Trust
    of_writing: bool = False
    named_by: str = "Oo%"
    """Parts of which another phrase must hold one when the scope is what was named."""
    elliptic: bool = False
    """«Не шлите мне»: of offers, when another phrase names them."""


def has(parts: str, letters: str) -> bool:
    """Whether one of the letters is among the parts."""
    return not set(letters).isdisjoint(parts)
