"""The days on which Kazakhstan rests by law, whatever weekday they fall on.

Source: the law on holidays of the Republic of Kazakhstan (No. 267-II, 13 December 2001) and, for 7 January, article 84
of its Labour Code. Days off that the government moves each year are not here; Kurban Ait, which follows the moon, and
whatever else a shop keeps come from the merchant's own list.
"""

from datetime import date

_FIXED = (
    (1, 1), (1, 2), (1, 7), (3, 8), (3, 21), (3, 22), (3, 23), (5, 1), (5, 7), (5, 9),
    (7, 6), (8, 30), (10, 25), (12, 16),
)  # fmt: skip


def public_holidays(year: int) -> frozenset[date]:
    """The holidays of a year that have a fixed date."""
    return frozenset(date(year, month, day) for month, day in _FIXED)
