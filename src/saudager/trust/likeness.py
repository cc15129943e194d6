"""How near a draft was to what the customer got: 1 as it stood, 0 when a figure differs."""

import re
from collections import Counter
from difflib import SequenceMatcher

from saudager.knowledge.lemmas import tokens

AGREED = 0.9
"""From here on a draft counts as agreed to."""


def likeness(draft: str, sent: str) -> float:
    """From 0 to 1; word order and other words cost, spaces and letter case do not."""
    if " ".join(draft.split()) == " ".join(sent.split()):
        return 1.0
    written, said = list(tokens(draft)), list(tokens(sent))
    if _figures(written) != _figures(said):
        return 0.0
    return SequenceMatcher(None, written, said, autojunk=False).ratio()


def _figures(words: list[str]) -> Counter[str]:
    return Counter(word for word in words if re.match(r"\d", word))
