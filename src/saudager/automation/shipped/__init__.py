"""Scenarios that come with the product: a merchant takes one, changes what differs in his shop, and switches it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from saudager.automation.reading import read

_NAMES = ("thaw", "after-sale", "order-care")


@dataclass(frozen=True, slots=True)
class Shipped:
    """A scenario as YAML; ``says`` is what it does, in the merchant's words."""

    name: str
    title: str
    says: str
    source: str


@cache
def everyone() -> Sequence[Shipped]:
    """All of them, in the order they are offered."""
    return [_shipped(name) for name in _NAMES]


def _shipped(name: str) -> Shipped:
    source = resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    comments = [line.removeprefix("#").strip() for line in source.splitlines() if line.startswith("#")]
    return Shipped(name, read(source).title, " ".join(comments), source)
