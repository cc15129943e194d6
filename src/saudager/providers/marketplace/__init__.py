"""The port to a marketplace: read the shop's orders page by page or one by one, and change one by a person's hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from saudager.clock import Clock

Deed = Literal["accept", "cancel", "complete"]
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Moments of an order lie between them; 1C writes 0001-01-01 for none, others 9999-12-31."""
LONGEST_CODE = 100
"""Characters of an order's number, which stands in every message about it."""
MOST_MONEY, MOST_PIECES = Decimal(10) ** 12, Decimal(10) ** 7
"""An amount of an order, and pieces of one line; more is a slip, and many of them could not be added up."""


class Stage(StrEnum):
    """How far an order is, whatever the marketplace calls it."""

    PLACED = "placed"
    """Nobody has approved it yet."""
    APPROVED = "approved"
    """Paid, or accepted by the shop."""
    READY = "ready"
    """It waits to be fetched, or went to delivery."""
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    """Also while it is being cancelled."""
    RETURNED = "returned"
    """Also while its return is awaited."""
    UNKNOWN = "unknown"
    """A status we do not know: kept as it is, and nothing follows from it."""


OPEN = frozenset({Stage.PLACED, Stage.APPROVED, Stage.READY})
"""Stages after which something is still to come."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who ordered, as far as the marketplace tells."""

    name: str | None = None
    phone: str | None = field(default=None, repr=False)
    """Digits with the country code; None when it is missing or masked."""
    key: str | None = field(default=None, repr=False)
    """The marketplace's id of him: personal data, never logged and never stored as it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; what the marketplace does not tell is None."""

    number: int
    sku: str | None
    name: str | None
    category: str | None
    category_code: str | None
    quantity: Decimal
    price: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class MarketOrder:
    """An order as the marketplace tells it now. ``code`` is the number people know."""

    code: str
    id: str
    status: str
    """The marketplace's own words, also those we do not know."""
    state: str
    stage: Stage
    total: Decimal
    currency: str
    placed_at: datetime
    buyer: Buyer
    lines: tuple[Line, ...] | None = None
    """None: it did not tell; ``Marketplace.lines`` asks."""
    approved_at: datetime | None = None
    planned_delivery_at: datetime | None = None
    handed_over_at: datetime | None = None
    """When a courier got it."""
    delivery: str | None = None
    """The marketplace's word for how it is delivered."""
    payment: str | None = None
    city: str | None = None
    cancellation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of orders; ``more`` when another one follows."""

    orders: tuple[MarketOrder, ...]
    more: bool
    total: int
    """Orders on all pages together."""


class Marketplace(Protocol):
    """One shop at one marketplace. Every method raises only OutsideError and its kin (see ``errors``).

    Reads keep the pace by themselves and are repeated; writes go out once, after the order was read again, and raise
    Unanswered when nobody knows whether they arrived: read the order, never repeat. They act on live orders and cannot
    be undone, so only a person's hand calls them.
    """

    open_states: tuple[str, ...]
    """Where orders are listed that something is still to come of."""
    closed_states: tuple[str, ...]
    window: timedelta
    """The longest span of creation dates one listing takes."""
    page_size: int

    @property
    def requests(self) -> int:
        """Sent so far, repeats too."""
        ...

    async def page(self, state: str, *, since: datetime, until: datetime, number: int) -> Page:
        """Orders in a state that were placed in the span, with their lines; pages count from 0."""
        ...

    async def order(self, code: str) -> MarketOrder | None:
        """One order by its number, None when there is no such order."""
        ...

    async def lines(self, order: MarketOrder) -> tuple[Line, ...]:
        """The lines of an order whose listing did not tell them."""
        ...

    async def accept(self, code: str) -> MarketOrder:
        """Accept a new order; the order as it stands then. Raises Rejected when it cannot be."""
        ...

    async def cancel(self, code: str, *, reason: str, comment: str) -> MarketOrder:
        """Cancel it for one of ``cancellation_reasons``."""
        ...

    async def send_code(self, code: str) -> None:
        """Have the marketplace send the buyer the code he shows when he gets the order."""
        ...

    async def complete(self, code: str, *, security_code: str) -> MarketOrder:
        """Hand the order over, by the code the buyer shows; raises Rejected for a wrong one."""
        ...

    async def check(self) -> None:
        """Ask for something small: raises what is wrong with token, address or network, in a sentence that helps."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MarketplaceKind:
    """A marketplace that can be connected: its title, its settings form, and how a shop at it is opened."""

    title: str
    form: Callable[[], type[BaseModel]]
    open: Callable[[Mapping[str, Any], Clock], Marketplace]
    read: Callable[[Mapping[str, Any], datetime], list[MarketOrder]]
    """The orders of a document in the marketplace's own form, which a merchant's parser read at that moment; raises
    UnrecognisedPayload that names the first wrong entry and its field."""
    stage: Callable[[str, str], Stage]
    """How far an order is, by its status and state in the marketplace's words."""
    cancellation_reasons: Mapping[str, str]
    """What a person may choose, with its Russian words."""
    deeds: Mapping[Deed, Sequence[str]]
    """What a person may do with an order, and the statuses in which he may."""
