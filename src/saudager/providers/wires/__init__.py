"""The port to a message broker: plain JSON from one service to the other, kept until the other side has stored it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from saudager.contracts import QueueContract

DEAD = ".dead"
"""What is put behind a queue's name for what could not be read or came too late."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way: JSON text, its id, and until when it is good (seconds since the epoch)."""

    id: str
    body: str
    expires: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message the broker has handed over and keeps until it is taken; ``id`` and ``expires`` are null when a third
    party published it by hand, ``receipt`` is what the broker wants back."""

    receipt: Any
    body: bytes
    id: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Buried:
    """What lies in a ``.dead``: the queue without that ending, the JSON text as far as it is text, and why."""

    queue: str
    id: str | None
    body: str
    reason: str


def moment_in(written: Any) -> float | None:
    """Seconds since the epoch; None for what a third party wrote there instead."""
    try:
        return float(written)
    except (TypeError, ValueError):
        return None


class Wire(Protocol):
    """One broker. Every method but ``close`` raises Unreachable while the broker cannot be reached, and works again by
    itself once it can."""

    name: str

    async def open(self, queues: Sequence[QueueContract]) -> None:
        """Make the queues with their limits, however long the broker takes to come up. Raises ConfigurationError for
        a broker that cannot be used as it is set up."""

    async def send(self, queue: str, parcels: Sequence[Parcel]) -> int:
        """Hand messages over in order; returns once the broker keeps them, and how many: fewer than given when a queue
        has come to its maximum length. What was handed over before Unreachable may arrive twice, with the same id."""

    async def receive(self, queue: str, limit: int) -> list[Arrival]:
        """Up to ``limit`` messages in order, at least one: waits for it. One process at a time gets any of a queue;
        what its predecessor did not take comes first."""

    async def take(self, queue: str, arrivals: Sequence[Arrival]) -> None:
        """They are stored here: the broker may forget them."""

    async def bury(self, queue: str, arrival: Arrival, reason: str) -> None:
        """Put a copy into ``<queue>.dead`` for a person, with the reason; the message is still to be taken."""

    async def expired(self, queue: str, limit: int) -> list[Arrival]:
        """Up to ``limit`` messages that came too late to be handed out and lie in ``<queue>.dead``; whoever stores one
        lets the broker forget it with ``take(queue + DEAD, …)``."""

    async def dead(self, limit: int) -> list[Buried]:
        """What lies in the ``.dead`` of each queue, up to ``limit`` of each, and stays there."""

    async def revive(self, queue: str) -> int:
        """Put what lies in ``<queue>.dead`` back into the queue, with a new time to live, until that is full; how
        many."""

    async def depth(self) -> dict[str, int]:
        """Messages in each queue and in its ``.dead``."""

    async def tidy(self, older_than: timedelta) -> int:
        """Let the broker forget what lies in each ``.dead`` for longer, and readers that will not come back; how many
        messages."""

    async def close(self) -> None:
        """Let go of the broker; what was received and not taken comes again."""
