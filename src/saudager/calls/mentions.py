"""What the grammar finds in a line: days, times of day, parts of a day, moments counted from now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

Part = Literal["morning", "afternoon", "evening"]
Side = Literal["at", "after", "before"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it is said: «в 3» has hour 3; ``half`` is what was said of the half of the day, if anything."""

    hour: int
    minute: int
    half: str = ""
    side: Side = "at"

    def on_24_hours(self, half: str = "") -> tuple[int, int, int]:
        """Hour, minute and days to add; without a word about the half of the day 1 to 7 are afternoon."""
        half = self.half or half
        if self.hour > 12 or half == "exact":
            return self.hour % 24, self.minute, self.hour // 24
        if half == "night" or half == "evening":
            if self.hour == 12:
                return 0, self.minute, 1
            early = half == "night" and self.hour < 6
            return self.hour + (0 if early else 12), self.minute, 0
        if half in ("am", "morning"):
            return self.hour % 12 if half == "am" else self.hour, self.minute, 0
        late = self.hour < 12 if half == "pm" else 0 < self.hour < 8
        return self.hour + 12 * late, self.minute, 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day: a date, or a weekday of this week (0), the next (1) or the one ahead (None); or a week alone."""

    on: date | None = None
    weekday: int | None = None
    week: int | None = None
    is_past: bool = False
    is_unclear: bool = False
    """«31.02», «на выходных»: a day was said, but no day of the calendar, or not which."""

    @property
    def is_one(self) -> bool:
        """Whether it names one day, and not a whole week or none."""
        return not self.is_unclear and (self.on is not None or self.weekday is not None)


class Mention(NamedTuple):
    """One thing said about the time; ``start`` and ``end`` count words. One field is set, none for a vague word."""

    start: int
    end: int
    clock: Clock | None = None
    day: Day | None = None
    part: str | None = None
    moment: datetime | None = None
