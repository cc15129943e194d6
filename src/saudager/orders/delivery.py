"""How an order reaches its buyer, by what the marketplace says of it in its own words."""

import re
from datetime import datetime
from enum import StrEnum

_FETCHED = re.compile(r"pickup|самовывоз|пункт|постамат|выдач")
_BROUGHT = re.compile(r"deliver|достав|курьер|почт|сдэк|cdek")


class Way(StrEnum):
    """How an order gets to its buyer."""

    FETCHED = "fetched"
    """He comes for it himself."""
    BROUGHT = "brought"
    SENT = "sent"
    """It is brought to him, and a courier has it already."""
    UNKNOWN = "unknown"


def way_of(state: str, delivery: str | None, handed_over_at: datetime | None) -> Way:
    """Kaspi's states (``PICKUP``, ``DELIVERY``, ``KASPI_DELIVERY``) tell it; else the word for the delivery does."""
    if handed_over_at is not None:
        return Way.SENT
    for said in (state.lower(), (delivery or "").lower()):
        if _FETCHED.search(said):
            return Way.FETCHED
        if _BROUGHT.search(said):
            return Way.BROUGHT
    return Way.UNKNOWN
