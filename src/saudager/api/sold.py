"""What a shop sold and what the seller did about each order; behind a key with the scope ``orders``."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.app import App
from saudager.keys import Scope
from saudager.orders import sold
from saudager.orders.deeds import Deed
from saudager.orders.sold import Page, Sold, Sum, Totals

ShopId = Annotated[int, Path(ge=1, lt=2**63)]
PageMark = Annotated[int | None, Query(ge=1, lt=2**63, description="Of the address in `next`.")]
Begin = Annotated[str | None, Query(description="A day or an ISO moment; left out: 14 days before the end.")]
End = Annotated[str | None, Query(description="A day, itself included, or an ISO moment, not included; left out: now.")]
_USUAL = timedelta(days=14)
_DEED = {
    "trigger": "POST_PURCHASE",
    "state": "refused",
    "verdict": None,
    "reason": "opted_out",
    "message": None,
    "engine": None,
    "due_at": "2026-03-10T07:00:00Z",
    "written_at": None,
    "delivery": None,
}
_ORDER = {
    "order_id": "496000002",
    "status": "ACCEPTED_BY_MERCHANT",
    "state": "PICKUP",
    "stage": "ready",
    "placed_at": "2026-03-10T07:00:00Z",
    "total": "85000.00",
    "currency": "KZT",
    "buyer": {"name": "Данияр", "phone": "77010000002"},
    "lines": [{"sku": "ELITE-70", "name": "Окно ELITE 70", "quantity": "1", "price": "85000.00", "total": "85000.00"}],
    "seller": [_DEED],
}
_SUMMED = {"orders": 1, "total": "85000.00"}
_REPORT = {
    "shop": {"id": 1, "name": "Kaspi", "marketplace": "kaspi", "synced_at": "2026-03-11T06:57:00Z"},
    "period": {"since": "2026-03-01T00:00:00+05:00", "until": "2026-04-01T00:00:00+05:00"},
    "totals": {
        "orders": 1,
        "revenue": "85000.00",
        "currency": "KZT",
        "by_status": {"ACCEPTED_BY_MERCHANT": _SUMMED},
        "by_stage": {"ready": _SUMMED},
        "by_currency": {"KZT": _SUMMED},
    },
    "orders": [_ORDER],
    "next": None,
}
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class DeedTold(BaseModel):
    """What was done about an order."""

    trigger: str
    state: str
    verdict: str | None = Field(description="The last word on it: write, wait or refuse; null while nobody asked.")
    reason: str | None = Field(description="Why it waits or was not written, or what became of it.")
    message: str | None
    engine: str | None = Field(description="Which model wrote it; `fallback`: none did.")
    due_at: datetime
    written_at: datetime | None
    delivery: str | None = Field(description="How far it has come, once it is handed over.")


class LineSold(BaseModel):
    """A line of an order; amounts are decimal strings."""

    sku: str | None
    name: str
    quantity: str
    price: str | None
    total: str | None


class Buyer(BaseModel):
    """Who ordered, as far as the marketplace tells."""

    name: str | None
    phone: str | None


class OrderSold(BaseModel):
    """An order and what was said about it."""

    order_id: str
    status: str
    state: str
    stage: str
    placed_at: datetime
    total: str | None
    currency: str
    buyer: Buyer
    lines: list[LineSold]
    seller: list[DeedTold]


class Summed(BaseModel):
    """So many orders and their total; null when they are in several currencies."""

    orders: int
    total: str | None


class TotalsSold(BaseModel):
    """Of the whole period; `revenue` is of all but cancelled and returned orders."""

    orders: int
    revenue: str | None
    currency: str | None
    by_status: dict[str, Summed]
    by_stage: dict[str, Summed]
    by_currency: dict[str, Summed]


class ShopSold(BaseModel):
    """The shop."""

    id: int
    name: str
    marketplace: str | None
    synced_at: datetime | None


class Period(BaseModel):
    """From when until before when."""

    since: datetime
    until: datetime


class Report(BaseModel):
    """What a shop sold in a period."""

    model_config = shown(_REPORT)

    shop: ShopSold
    period: Period
    totals: TotalsSold
    orders: list[OrderSold] = Field(description="Up to 100, newest first.")
    next: str | None = Field(description="The address of the next page; null on the last.")


def router(app: App) -> APIRouter:
    """``GET /kaspi/get_sells_info/{shop_id}?since=2026-03-01&until=2026-03-31``: the orders placed on those days of the
    shop's time zone, or between two ISO moments (``until`` itself not included); without them, the last 14 days.

    ``totals`` count the whole period, ``orders`` are up to 100, newest first; ``next`` is the address of the next page,
    null on the last. Amounts are decimal strings, moments ISO in UTC; docs/orders.md shows an answer. 404 for a shop
    nobody knows, 422 for what is no date.
    """
    routes = APIRouter(**behind(app, Scope.ORDERS), tags=["Orders"])

    @routes.get("/kaspi/get_sells_info/{shop_id}", responses=faults(404, 422))
    async def sells(shop_id: ShopId, since: Begin = None, until: End = None, page: PageMark = None) -> Report:
        """The orders placed in a period, with what was said about each to its buyer."""
        now = app.clock.now().astimezone(app.settings.zone)
        ends = _moment(until, "until", now=now, is_end=True) if until else now
        begins = _moment(since, "since", now=now) if since else ends - _USUAL
        if begins >= ends:
            raise HTTPException(422, f"since ({since}) должно быть раньше until ({until or 'сейчас'}).")
        return await app.db.read(_report, shop_id, begins, ends, page)

    return routes


def done(deed: Deed) -> DeedTold:
    """What was done about an order, as programs get it."""
    return DeedTold(**{name: getattr(deed, name) for name in DeedTold.model_fields})


def _moment(written: str, name: str, *, now: datetime, is_end: bool = False) -> datetime:
    """A day of the shop's zone, its end if need be, or a moment; a plus sign that an address turned into a space is
    one again."""
    try:
        if len(written) == len("2026-03-01"):
            day = date.fromisoformat(written) + timedelta(days=is_end)
            at = datetime.combine(day, time(), now.tzinfo)
        else:
            at = datetime.fromisoformat(written.replace(" ", "+") if "T" in written else written)
            at = at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
        if _EARLIEST <= at <= _LATEST:
            return at.astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        pass
    raise HTTPException(422, f"{name}={written!r}: это не дата. Напишите 2026-03-01 или 2026-03-01T10:00:00+05:00.")


def _report(session: Session, shop_id: int, since: datetime, until: datetime, after: int | None) -> Report:
    shop = sold.shop(session, shop_id)
    page = sold.page(session, shop_id, since=since, until=until, after=after)
    return Report(
        shop=ShopSold(id=shop.id, name=shop.name, marketplace=shop.marketplace, synced_at=shop.synced_at),
        period=Period(since=since, until=until),
        totals=_totals(sold.totals(session, shop_id, since=since, until=until)),
        orders=[_order(one) for one in page.sold],
        next=_next(shop_id, since, until, page),
    )


def _next(shop_id: int, since: datetime, until: datetime, page: Page) -> str | None:
    if page.following is None:
        return None
    query = {"since": since.isoformat(), "until": until.isoformat(), "page": page.following}
    return f"/kaspi/get_sells_info/{shop_id}?{urlencode(query)}"


def _totals(totals: Totals) -> TotalsSold:
    return TotalsSold(
        orders=totals.orders,
        revenue=_amount(totals.revenue),
        currency=totals.currency,
        by_status=_sums(totals.by_status),
        by_stage=_sums(totals.by_stage),
        by_currency=_sums(totals.by_currency),
    )


def _sums(sums: dict[str, Sum]) -> dict[str, Summed]:
    return {name: Summed(orders=one.orders, total=_amount(one.total)) for name, one in sums.items()}


def _order(one: Sold) -> OrderSold:
    order = one.order
    return OrderSold(
        order_id=order.code,
        status=order.status,
        state=order.state,
        stage=order.stage,
        placed_at=order.placed_at,
        total=_amount(order.total),
        currency=order.currency,
        buyer=Buyer(name=order.buyer_name, phone=order.phone),
        lines=[
            LineSold(
                sku=line.sku,
                name=line.name,
                quantity=f"{line.quantity.normalize():f}",
                price=_amount(line.price),
                total=_amount(line.total),
            )
            for line in one.lines
        ],
        seller=[done(deed) for deed in one.deeds],
    )


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
