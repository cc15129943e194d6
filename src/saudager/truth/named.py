"""A fact that stands in no document but in a row of ours: a total, a price, a booked time, something done."""

import re
from dataclasses import dataclass

from saudager.errors import ConfigurationError

_WRITTEN = re.compile(r"\s*(?P<name>[^=\[\]]+?)\s*(?:\[(?P<label>[^\]]*)\])?\s*=\s*(?P<value>.*?)\s*")


@dataclass(frozen=True, slots=True)
class NamedFact:
    """``price[Окно двустворчатое]=94500 KZT``: what it is, of which thing, and its value with the unit, as written.

    Shares and growth are fractions, dates and times ISO, things done ``true`` or the moment they are for.
    """

    name: str
    value: str
    label: str = ""


def named_fact(written: str) -> NamedFact:
    """Read ``name=value unit`` or ``name[label]=value unit``; raises ConfigurationError for anything else."""
    found = _WRITTEN.fullmatch(written)
    if found is None or not found["value"]:
        raise ConfigurationError(f"{written!r} is no fact: expected name=value, or name[label]=value unit")
    return NamedFact(found["name"], found["value"], found["label"] or "")
