"""Which carriers of a mailbox may be asked now: one that failed rests, so that not every letter tries it in vain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from saudager.errors import BadCredentials, Deferred, OutsideError, RateLimited
from saudager.providers.mail import Mailbox, Mailer

_FIRST_REST, _LONGEST_REST = timedelta(seconds=15), timedelta(minutes=5)
_NOT_ACCEPTED_FOR = timedelta(minutes=10)


class Rests:
    """What this process has learned of the carriers it holds open; a carrier with new settings is a new one."""

    def __init__(self) -> None:
        self._until: WeakKeyDictionary[Mailer, datetime] = WeakKeyDictionary()
        self._failed: WeakKeyDictionary[Mailer, int] = WeakKeyDictionary()

    def awake(self, mailbox: Mailbox, *, now: datetime) -> list[str]:
        """The carriers to try, in the mailbox's order."""
        return [name for name, mailer in mailbox.mailers.items() if self._until.get(mailer, now) <= now]

    def next_awake(self, mailers: Sequence[Mailer], *, now: datetime) -> datetime:
        """When the first of these may be asked again."""
        return min((self._until.get(mailer, now) for mailer in mailers), default=now + _FIRST_REST)

    def note(self, mailer: Mailer, error: OutsideError, *, now: datetime) -> None:
        """It did not take a letter, or did not say so; where one recipient is the reason, it takes others."""
        if isinstance(error, Deferred):
            return
        if isinstance(error, RateLimited):
            self._until[mailer] = now + timedelta(seconds=error.retry_after)
        elif isinstance(error, BadCredentials):
            self._until[mailer] = now + _NOT_ACCEPTED_FOR
        else:
            failed = self._failed[mailer] = self._failed.get(mailer, 0) + 1
            self._until[mailer] = now + min(_FIRST_REST * 2 ** min(failed - 1, 10), _LONGEST_REST)

    def works(self, mailer: Mailer) -> None:
        self._until.pop(mailer, None)
        self._failed.pop(mailer, None)

    def end(self, mailbox: Mailbox) -> None:
        """Somebody will look after them: then they are to be asked at once."""
        for mailer in mailbox.mailers.values():
            self.works(mailer)

    def failures(self, mailbox: Mailbox) -> int:
        """How often in a row even the best of them could not be reached."""
        return min((self._failed.get(mailer, 0) for mailer in mailbox.mailers.values()), default=0)
