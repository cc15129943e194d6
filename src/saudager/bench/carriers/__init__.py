"""Ways to carry a message from one service to the other: the product's, a broker's bare client, Celery.

``near`` is the sender's end and gives the function that sends a body; ``far`` is the receiver's, which calls the
tally's ``handle`` for each; ``here`` is both where they are one process.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

QUEUE = "incoming_messages"

Send = Callable[[str, str, str], Awaitable[object]]
"""Called with the id of a message, the chat it belongs to, and its body."""
Handle = Callable[[str], Awaitable[None]]
"""Called with the moment the message was sent, in seconds of the machine's monotonic clock, as written in its id."""


@dataclass(frozen=True, slots=True)
class Road:
    """Where messages go: the broker's address and the beginning of the names to use there, one's own database, and
    how many handlers run at once."""

    database: str
    concurrency: int
    broker: str = ""
    prefix: str = ""

    @property
    def queue(self) -> str:
        return self.prefix + QUEUE
