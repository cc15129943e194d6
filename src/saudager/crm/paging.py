"""How a listing that goes on changing is read to its end: by the moment of the last row, and not by counting pages.

Rows are listed in the order they were changed. A row that is changed or deleted while we read makes all rows behind it
move up by one, so that the first row of the next page would be missed, and nothing would ever bring it. Therefore the
next page is asked for as "what was changed since the last row we saw". Only where more rows than a page holds were
changed within one second are they told apart by their page, and read a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from saudager.providers.crm import Page


@dataclass(frozen=True, slots=True)
class Place:
    """A page to be read: the ``page``-th of what was changed ``since``."""

    since: datetime | None = datetime(2000, 1, 1, tzinfo=UTC)
    """None: everything is listed, and pages are counted after all, because the account heeds no moment (its plan may
    have no filters)."""
    page: int = 1
    again: bool = False
    """The pages of one second are being read for the second time."""


def following(place: Place, page: Page[Any]) -> Place | None:
    """The page to be read after this one, None when there is nothing more."""
    if place.since is None:
        return None if page.next is None else Place(None, page.next)
    if page.rows and page.rows[0].changed_at < place.since:
        return Place(None)
    last = page.rows[-1].changed_at if page.rows else place.since
    if page.next is not None and last == place.since:
        return replace(place, page=place.page + 1)
    if place.page > 1 and not place.again:
        return replace(place, page=1, again=True)
    return None if page.next is None else Place(last)


def as_json(place: Place) -> dict[str, Any]:
    since = place.since.isoformat() if place.since else None
    return {"since": since, "page": place.page, "again": place.again}


def from_json(kept: Mapping[str, Any] | None) -> Place:
    """The first page for None."""
    if kept is None:
        return Place()
    since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
    return Place(since, kept["page"], kept["again"])
