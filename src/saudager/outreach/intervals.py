"""How sure a difference between two groups is: 95 % confidence intervals, and how many must be asked to see one."""

from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
POWER = 0.8
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_Z_POWER = NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference, and between what it lies with a confidence of 95 %."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0

    def widened(self, by: float) -> "Interval":
        """The same difference with each of its ends so many times farther away."""
        return Interval(
            self.value, self.value - by * (self.value - self.low), self.value + by * (self.high - self.value)
        )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Between what a share lies: Wilson's score interval (https://doi.org/10.1080/01621459.1927.10502953)."""
    share, z2 = hits / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference_of_shares(hits: int, of: int, other_hits: int, of_others: int) -> Interval:
    """One share less the other: Newcombe's hybrid score interval, his method 10
    (https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I). No group may be empty."""
    share, other = hits / of, other_hits / of_others
    (low, high), (other_low, other_high) = wilson(hits, of), wilson(other_hits, of_others)
    value = share - other
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return Interval(value, value - below, value + above)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of amounts without each of them."""

    count: int
    mean: float
    variance: float
    """Of the sample: divided by ``count - 1``."""


def difference_of_means(one: Sample, other: Sample) -> Interval | None:
    """One mean less the other by Welch's method (https://doi.org/10.1093/biomet/34.1-2.28); None when a group has fewer
    than two members, or all amounts are alike."""
    if min(one.count, other.count) < 2:
        return None
    of_one, of_other = one.variance / one.count, other.variance / other.count
    error2 = of_one + of_other
    if error2 <= 0:
        return None
    freedom = error2**2 / (of_one**2 / (one.count - 1) + of_other**2 / (other.count - 1))
    value, half = one.mean - other.mean, _student(freedom) * sqrt(error2)
    return Interval(value, value - half, value + half)


def needed(share: float, rise: float, *, held_out: float) -> int:
    """How many must be in both groups together to see, with a power of 80 %, that a share rose by so much, when
    ``held_out`` of them (0 to 1) are in the group it is compared with."""
    risen = min(share + rise, 1.0)
    ratio = (1 - held_out) / held_out
    mean = (share + ratio * risen) / (1 + ratio)
    by_chance = _Z * sqrt(mean * (1 - mean) * (1 + 1 / ratio))
    by_power = _Z_POWER * sqrt(share * (1 - share) + risen * (1 - risen) / ratio)
    return ceil(((by_chance + by_power) / (risen - share)) ** 2 * (1 + ratio))


def _student(freedom: float) -> float:
    """Student's quantile by its expansion in the normal one (Abramowitz and Stegun, 26.7.5); off by less than 0.001
    from 5 degrees of freedom on."""
    if not isfinite(freedom):
        return _Z
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))
