"""How fast the Kommo of ours lets itself be asked: so many requests a second, and a block for who does not listen."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_REFUSALS = 20
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_LEEWAY = timedelta(milliseconds=50)
"""Requests sent evenly arrive a little unevenly."""


@dataclass
class Gate:
    """``per_second`` None: everybody is let in."""

    per_second: int | None = 7
    _let_in: deque[datetime] = field(default_factory=deque)
    _refused: deque[datetime] = field(default_factory=deque)
    _blocked_until: datetime | None = None

    def asks(self, now: datetime) -> int | None:
        """The status a request is turned away with: 429, or 403 for a minute after twenty of those within one."""
        if self._blocked_until is not None and now < self._blocked_until:
            return 403
        _forget(self._let_in, now - _SECOND + _LEEWAY)
        if self.per_second is None or len(self._let_in) < self.per_second:
            self._let_in.append(now)
            return None
        _forget(self._refused, now - _MINUTE)
        self._refused.append(now)
        if len(self._refused) >= MOST_REFUSALS:
            self._blocked_until = now + _MINUTE
            self._refused.clear()
        return 429


def _forget(moments: deque[datetime], before: datetime) -> None:
    while moments and moments[0] <= before:
        moments.popleft()
