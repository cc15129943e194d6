"""How many more requests a carrier takes in its present window, as it tells with every answer."""

from datetime import datetime, timedelta

from saudager.clock import Clock
from saudager.errors import RateLimited

_WAITED_FOR = timedelta(seconds=5)
"""A longer wait is the sender's affair, who may know another carrier."""


class Allowance:
    """Keeps a client from asking what would be refused."""

    def __init__(self, vendor: str, clock: Clock) -> None:
        self._vendor = vendor
        self._clock = clock
        self._opens_at: datetime | None = None

    def note(self, remaining: str | None, seconds: float | None) -> None:
        """What an answer told: requests left in the window, and in how many seconds the next one opens."""
        is_used_up = remaining is not None and remaining.strip() == "0" and seconds is not None and seconds > 0
        self._opens_at = self._clock.now() + timedelta(seconds=seconds or 0) if is_used_up else None

    async def wait(self) -> None:
        """Return once there is room; raises RateLimited when that takes long."""
        if self._opens_at is None:
            return
        left = self._opens_at - self._clock.now()
        if left > _WAITED_FOR:
            raise RateLimited(f"{self._vendor}: no more requests for now", retry_after=left.total_seconds())
        await self._clock.sleep_until(self._opens_at)


def number_in(header: str | None) -> float | None:
    """The number a header holds, None when it holds none."""
    try:
        return None if header is None else float(header)
    except ValueError:
        return None


def until_midnight(now: datetime) -> float:
    """Seconds until the day ends in UTC, by which carriers count their daily quotas."""
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - now).total_seconds()
