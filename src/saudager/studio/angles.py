"""From where a product is shown."""

import re

from saudager.errors import Refused
from saudager.words import storable

MOST = 24
"""Angles of one series."""
_LONGEST = 80

KNOWN = {
    "front": ("спереди", "front view, straight on, camera at the height of the middle"),
    "side": ("сбоку", "side view, exact profile, facing left"),
    "rear": ("сзади", "rear view, straight on, camera at the height of the middle"),
    "three_quarter": ("в три четверти", "three-quarter front view from the left, slightly above"),
    "interior": ("внутри", "view of the inside"),
    "detail": ("деталь", "close-up of a characteristic detail"),
}
"""Each with its Russian title and what a prompt calls it."""
PARTIAL = frozenset({"interior", "detail"})
"""Those that show other colours than the product has as a whole."""


def chosen(written: list[str]) -> list[str]:
    """The angles somebody named, known ones by their name and others in his own words, each once and in his order.

    Raises Refused for none, too many, and words that are no angle.
    """
    angles = list(dict.fromkeys(_named(one) for one in written if one.strip()))
    if not 1 <= len(angles) <= MOST:
        raise Refused(f"Нужен хотя бы один ракурс, но не больше {MOST}.")
    return angles


def _named(written: str) -> str:
    plain = " ".join(storable(written).split())
    if len(plain) > _LONGEST or not re.search(r"\w", plain):
        raise Refused(f"«{plain[:_LONGEST]}» — не ракурс: назовите его словами, до {_LONGEST} букв.")
    name = re.sub(r"[\s\-/]+", "_", plain.lower())
    by_title = {title: known for known, (title, _) in KNOWN.items()}
    return name if name in KNOWN else by_title.get(plain.lower(), plain)


def title(angle: str) -> str:
    """What a person calls it, in Russian."""
    return KNOWN[angle][0] if angle in KNOWN else angle


def view(angle: str) -> str:
    """What a prompt calls it."""
    return KNOWN[angle][1] if angle in KNOWN else angle
