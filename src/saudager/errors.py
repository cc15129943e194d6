"""Everything that can go wrong, sorted by what the caller should do about it.

SaudagerError
├── OutsideError            something in the outside world
│   ├── Unreachable         it certainly did not arrive: try again
│   │   ├── DatabaseFault   our own database could not do it: nothing of the transaction is stored
│   │   └── Deferred        of this one letter, by its recipient's side: others may go
│   ├── Unanswered          it may have arrived: look first, then decide
│   ├── RateLimited         try again after ``retry_after`` seconds
│   ├── Rejected            understood and refused: do not try again
│   │   ├── FirstContactRefused  the account may not begin conversations until ``until``
│   │   └── AddressRefused  nobody is there: never write to this address again
│   ├── BadCredentials      pause the account and tell a person
│   └── UnrecognisedPayload we could not read what came: keep it, tell a developer
├── Refused                 a rule of the business says no
├── NotFound                there is no such thing
├── QueueFull               the queue is at its maximum length: the caller waits
├── LeaseLost               somebody else owns this lane now: forget what was done
└── ConfigurationError      a setting is wrong: say which, before anything starts
"""

from datetime import datetime


class SaudagerError(Exception):
    """What went wrong, in a sentence a shop owner can act on."""


class OutsideError(SaudagerError):
    """A call to the outside world did not end as hoped."""


class Unreachable(OutsideError):
    """The request certainly did not arrive (no connection, a 5xx of a gateway in front): it is safe to try again."""


class DatabaseFault(Unreachable):
    """Our own database could not do it (locked, disk full): nothing of the transaction is stored."""


class Deferred(Unreachable):
    """The side of this one recipient asks to come again later; to others we may go on sending."""


class Unanswered(OutsideError):
    """The request may have arrived (a time-out, a cut connection): look first, then decide."""


class RateLimited(OutsideError):
    """The other side asks for patience; ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, retry_after: float = 60.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(OutsideError):
    """The other side understood and said no; repeating the same request is useless."""


class FirstContactRefused(Rejected):
    """The messenger does not let the account write to people who have not written to it; ``until`` when it tells."""

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class AddressRefused(Rejected):
    """There is no such recipient: nothing more is to be sent to his address."""


class BadCredentials(OutsideError):
    """The key or the session is not accepted: the account is paused until a person looks."""


class UnrecognisedPayload(OutsideError):
    """The answer does not look like anything the documentation describes."""


class Refused(SaudagerError):
    """A rule of the business forbids it."""


class NotFound(SaudagerError):
    """There is no such thing."""


class QueueFull(SaudagerError):
    """The queue holds its maximum; whoever wanted to add must wait."""


class LeaseLost(SaudagerError):
    """The lane was taken over by another worker; the transaction must be rolled back."""


class ConfigurationError(SaudagerError):
    """A setting is wrong; the message names it, what it holds and what is expected."""
