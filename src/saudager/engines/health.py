"""Whether a hosted engine is worth asking now, judged by how it answered before."""

from datetime import datetime, timedelta

from saudager.providers.llm import FaultKind, ModelFault

QUOTA_REST = 3600.0
RATE_LIMIT_REST, LONGEST_RATE_LIMIT_REST = 30.0, 600.0
FIRST_REST, LONGEST_REST = 5.0, 300.0
UNREADABLE_IN_A_ROW = 5

_UNREADABLE = (FaultKind.BAD_OUTPUT, FaultKind.TRUNCATED)


class Health:
    """One engine's state; all times are the shop's clock's, all spans seconds.

    A rate limit rests it as long as the vendor asks, used-up money for an hour, silence and errors for 5 s that double
    up to 5 min and start anew with a success, a wrong key for good. After a rest one caller at a time tries it, until
    one succeeds. A call that was under way when a rest began neither ends nor doubles it.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.rests_until: datetime | None = None
        """Kept after the moment has passed, until a success."""
        self.fault: FaultKind | None = None
        self._round = 0
        self._strikes = 0
        self._unreadable = 0
        self._being_tried = False

    def enter(self, now: datetime) -> int | None:
        """A ticket for asking it, None when it is not to be asked; whoever gets one gives it back by ``leave``."""
        if self.stopped or self.is_resting(now):
            return None
        if self.rests_until is not None:
            if self._being_tried:
                return None
            self._being_tried = True
        return self._round

    def leave(self, ticket: int) -> None:
        if ticket == self._round:
            self._being_tried = False

    def is_resting(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    @property
    def is_well(self) -> bool:
        return self.fault is None

    def succeeded(self, ticket: int) -> None:
        if ticket == self._round:
            self.rests_until = self.fault = None
            self._strikes = self._unreadable = 0

    def failed(self, ticket: int, fault: ModelFault, now: datetime) -> bool:
        """Take a failure in; True when a person should hear of it: a wrong key, no money, or ill for minutes."""
        is_news = ticket == self._round and not self.stopped
        if fault.kind == FaultKind.AUTH:
            self.stopped, self.fault = True, fault.kind
            return is_news
        if fault.kind == FaultKind.QUOTA:
            self._rest(QUOTA_REST, fault.kind, now)
            return is_news
        if fault.kind == FaultKind.RATE_LIMIT:
            asked_for = RATE_LIMIT_REST if fault.retry_after is None else max(fault.retry_after, 1.0)
            self._rest(min(asked_for, LONGEST_RATE_LIMIT_REST), fault.kind, now)
            return False
        if not is_news or fault.kind == FaultKind.CONTEXT or self._may_still_be_read(fault.kind):
            return False
        rest: float = min(FIRST_REST * 2**self._strikes, LONGEST_REST)
        self._strikes += 1
        self._rest(rest, fault.kind, now)
        return rest == LONGEST_REST

    def _may_still_be_read(self, kind: FaultKind) -> bool:
        if kind not in _UNREADABLE:
            return False
        self._unreadable = (self._unreadable + 1) % UNREADABLE_IN_A_ROW
        return self._unreadable != 0

    def _rest(self, seconds: float, kind: FaultKind, now: datetime) -> None:
        until = now + timedelta(seconds=seconds)
        self.rests_until = until if self.rests_until is None else max(until, self.rests_until)
        self.fault = kind
        self._being_tried = False
        self._round += 1
