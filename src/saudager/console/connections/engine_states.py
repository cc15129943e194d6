"""An engine as the pages show it: how it is doing, and where it is set up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """One engine as it is shown; ``colour`` is good, warn, bad or nothing."""

    title: str
    model: str
    colour: str
    words: str
    remedy: str = ""
    name: str = ""
    """Of a hosted engine, which has a form."""
    is_asked: bool = True
    """It has a place in the order."""
