"""A clock whose waits cost no time."""

from datetime import UTC, datetime


class InstantClock:
    """Jumps to whatever moment is waited for, and remembers each wait in seconds."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 3, 22, 14, 0, tzinfo=UTC)
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        self.waits.append((moment - self._now).total_seconds())
        self._now = max(self._now, moment)
