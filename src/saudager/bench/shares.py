"""What a count, a sum or a delay is worth: each figure with how many it rests on and its 95 % interval."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

_Z = 1.96
Row = dict[str, Any]


def share(name: str, some: int, of: int) -> Row:
    """``{name: some, of: all, percent, percent_low, percent_high}``: a share with Wilson's interval, which holds for
    few cases and for none of many too (https://doi.org/10.1080/01621459.1927.10502953)."""
    low, high = wilson(some, of)
    percent = {"percent": some / of if of else 0.0, "percent_low": low, "percent_high": high}
    return {name: some, "of": of, **{key: round(value * 100, 1) for key, value in percent.items()}}


def wilson(some: int, of: int) -> tuple[float, float]:
    """The interval of a share, 0 to 1; the whole of it when there was no case."""
    if not of:
        return 0.0, 1.0
    found, spread = some / of, _Z**2 / of
    middle = found + spread / 2
    reach = _Z * math.sqrt((found * (1 - found) + spread / 4) / of)
    return max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread))


def mean(name: str, values: Sequence[float], *, digits: int = 1) -> Row:
    """``{name, name_low, name_high}``: the mean, and where it lies by the spread of the values."""
    found = statistics.fmean(values)
    reach = _Z * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return {
        name: round(found, digits),
        f"{name}_low": round(found - reach, digits),
        f"{name}_high": round(found + reach, digits),
    }


def median(name: str, values: Sequence[float], *, digits: int = 0) -> Row:
    """``{name, name_low, name_high}``: the median, and the values between whose ranks it lies."""
    ordered = sorted(values)
    reach = _Z * math.sqrt(len(ordered)) / 2
    low = max(0, math.floor(len(ordered) / 2 - reach))
    high = min(len(ordered) - 1, math.ceil(len(ordered) / 2 + reach) - 1)
    found = statistics.median(ordered)
    return {
        name: round(found, digits),
        f"{name}_low": round(ordered[low], digits),
        f"{name}_high": round(ordered[high], digits),
    }
