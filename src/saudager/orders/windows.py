"""Which listings to ask for, so that everything is seen with the fewest requests: spans of time and single orders."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_TICK = timedelta(milliseconds=1)
"""Marketplaces date orders to the millisecond."""
_PLANNED_AT_ONCE = 200
"""Orders whose best reading is searched for together; the search grows with the square."""


@dataclass(frozen=True, slots=True)
class Span:
    """Orders placed from one moment to another, both included."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An open order as we know it."""

    code: str
    state: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Reread:
    """Orders to read again: by the closed states' list of the span, or one by one when there is none."""

    orders: Sequence[Known]
    span: Span | None = None


def cut(since: datetime, until: datetime, window: timedelta) -> list[Span]:
    """The span in as few pieces of at most ``window`` as cover it, newest first; no order is in two of them."""
    pieces = []
    while True:
        begin = max(since, until - window)
        pieces.append(Span(begin, until))
        if begin <= since:
            return pieces
        until = begin - _TICK


def listings(
    known: Iterable[Known], states: Sequence[str], newest: Sequence[Span], window: timedelta
) -> list[tuple[str, Span]]:
    """The (state, span) pairs to list for open orders: every state over the ``newest`` spans, for there may be orders
    we do not know; and before those only where two of the orders we know stand in one state, for one alone is read by
    its number as cheaply."""
    asked = [(state, span) for span in newest for state in states]
    older: dict[str, list[datetime]] = {}
    for order in known:
        if order.placed_at < newest[-1].since:
            older.setdefault(order.state, []).append(order.placed_at)
    for state, placed in older.items():
        if state in states:
            asked += [(state, span) for span, count in _grouped(sorted(placed), window) if count > 1]
    return asked


def rereads(
    left: Sequence[Known], closed: Sequence[datetime], window: timedelta, page_size: int, lists: int = 1
) -> list[Reread]:
    """How to find out what became of open orders that are listed no more, with the fewest requests.

    ``closed``: when the closed orders we know were placed, in order; with those that left they fill the pages of the
    closed states' ``lists``.
    """
    left = sorted(left, key=lambda order: order.placed_at)
    found: list[Reread] = []
    for begin in range(0, len(left), _PLANNED_AT_ONCE):
        found += _planned(left[begin : begin + _PLANNED_AT_ONCE], closed, window, page_size, lists)
    return found


def _planned(
    left: Sequence[Known], closed: Sequence[datetime], window: timedelta, page_size: int, lists: int
) -> list[Reread]:
    """The best way to read the first n orders, for every n, from the best ways of fewer."""
    placed = [order.placed_at for order in left]
    requests, begins = [0], [0]
    for n in range(1, len(left) + 1):
        best, begin = requests[n - 1] + 1, n - 1
        for first in range(n - 2, -1, -1):
            if placed[n - 1] - placed[first] > window:
                break
            on_pages = bisect_right(closed, placed[n - 1]) - bisect_left(closed, placed[first]) + n - first
            cost = requests[first] + -(-on_pages // page_size) + lists - 1
            if cost < best:
                best, begin = cost, first
        requests.append(best)
        begins.append(begin)
    groups, alone, n = list[Reread](), list[Known](), len(left)
    while n:
        first = begins[n]
        if n - first == 1:
            alone.append(left[first])
        else:
            groups.append(Reread(left[first:n], Span(placed[first], placed[n - 1])))
        n = first
    return [*groups, *([Reread(alone)] if alone else [])]


def _grouped(placed: Sequence[datetime], window: timedelta) -> list[tuple[Span, int]]:
    """Moments in order, in groups no longer than a window, and how many are in each."""
    groups: list[tuple[Span, int]] = []
    for moment in reversed(placed):
        if groups and groups[-1][0].until - moment <= window:
            span, count = groups[-1]
            groups[-1] = Span(moment, span.until), count + 1
        else:
            groups.append((Span(moment, moment), 1))
    return groups
