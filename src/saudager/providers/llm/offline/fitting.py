"""A unit that may answer a question, and how well."""

from dataclasses import dataclass, field

from saudager.providers.llm.offline.terms import Bag, Term
from saudager.providers.llm.offline.units import Unit


@dataclass(slots=True)
class Context:
    """What the conversation was about before the question, newest terms first."""

    terms: tuple[Term, ...] = ()
    topics: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    days: frozenset[int] = frozenset()
    replied: Bag = field(default_factory=Bag)
    """Our last answer."""
    last_reply: str = ""
    unanswered: bool = False
    """The question just before it had no answer."""


@dataclass(slots=True, eq=False)
class Fit:
    """A unit that may answer, and how well."""

    unit: Unit
    score: float
    matched: frozenset[str]
    earlier: frozenset[str]
    """Keys of the terms of the conversation it also names."""
    quantity: float = 1
    plainly: frozenset[str] = frozenset()
    """Keys of the terms that its name or column says outside brackets."""
    leads: bool = False
    """The question names the first word of its name or column: it is this thing and not something for it."""
