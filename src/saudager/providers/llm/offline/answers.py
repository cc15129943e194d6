"""An answer of the offline salesperson before it is made a reply."""

from dataclasses import dataclass

from saudager.providers.llm import Fact


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence or two without the full stop, and what it rests on."""

    said: str
    facts: tuple[Fact, ...]
    amount: float | None = None
    priced: bool = False
    open: bool = False
    """Several variants were given."""
    want: str = ""
    named: frozenset[str] = frozenset()
    """Keys of the terms of the question it rests on."""
    in_his_language: bool = False
    """It quotes no document."""
