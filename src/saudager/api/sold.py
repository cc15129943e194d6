"""What a shop sold and what the seller did about each order; behind a key with the scope ``orders``."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from sqlalchemy.orm import Session

from saudager.api.guard import needs
from saudager.app import App
from saudager.keys import Scope
from saudager.orders import sold
from saudager.orders.deeds import Deed
from saudager.orders.sold import Page, Sold, Sum, Totals

ShopId = Annotated[int, Path(ge=1, lt=2**63)]
PageMark = Annotated[int | None, Query(ge=1, lt=2**63)]
_USUAL = timedelta(days=14)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def router(app: App) -> APIRouter:
    """``GET /kaspi/get_sells_info/{shop_id}?since=2026-03-01&until=2026-03-31``: the orders placed on those days of the
    shop's time zone, or between two ISO moments (``until`` itself not included); without them, the last 14 days.

    ``totals`` count the whole period, ``orders`` are up to 100, newest first; ``next`` is the address of the next page,
    null on the last. Amounts are decimal strings, moments ISO in UTC; docs/orders.md shows an answer. 404 for a shop
    nobody knows, 422 for what is no date.
    """
    routes = APIRouter(dependencies=[needs(app, Scope.ORDERS)])

    @routes.get("/kaspi/get_sells_info/{shop_id}")
    async def sells(
        shop_id: ShopId, since: str | None = None, until: str | None = None, page: PageMark = None
    ) -> dict[str, Any]:
        now = app.clock.now().astimezone(app.settings.zone)
        ends = _moment(until, "until", now=now, is_end=True) if until else now
        begins = _moment(since, "since", now=now) if since else ends - _USUAL
        if begins >= ends:
            raise HTTPException(422, f"since ({since}) должно быть раньше until ({until or 'сейчас'}).")
        return await app.db.read(_report, shop_id, begins, ends, page)

    return routes


def done(deed: Deed) -> dict[str, Any]:
    """What was done about an order, as programs get it."""
    return {
        "trigger": deed.trigger,
        "state": deed.state,
        "verdict": deed.verdict,
        "reason": deed.reason,
        "message": deed.message,
        "engine": deed.engine,
        "due_at": deed.due_at,
        "written_at": deed.written_at,
        "delivery": deed.delivery,
    }


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


def _report(session: Session, shop_id: int, since: datetime, until: datetime, after: int | None) -> dict[str, Any]:
    shop = sold.shop(session, shop_id)
    page = sold.page(session, shop_id, since=since, until=until, after=after)
    return {
        "shop": {"id": shop.id, "name": shop.name, "marketplace": shop.marketplace, "synced_at": shop.synced_at},
        "period": {"since": since, "until": until},
        "totals": _totals(sold.totals(session, shop_id, since=since, until=until)),
        "orders": [_order(one) for one in page.sold],
        "next": _next(shop_id, since, until, page),
    }


def _next(shop_id: int, since: datetime, until: datetime, page: Page) -> str | None:
    if page.following is None:
        return None
    query = {"since": since.isoformat(), "until": until.isoformat(), "page": page.following}
    return f"/kaspi/get_sells_info/{shop_id}?{urlencode(query)}"


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "orders": totals.orders,
        "revenue": _amount(totals.revenue),
        "currency": totals.currency,
        "by_status": _sums(totals.by_status),
        "by_stage": _sums(totals.by_stage),
        "by_currency": _sums(totals.by_currency),
    }


def _sums(sums: dict[str, Sum]) -> dict[str, Any]:
    return {name: {"orders": one.orders, "total": _amount(one.total)} for name, one in sums.items()}


def _order(one: Sold) -> dict[str, Any]:
    order = one.order
    return {
        "order_id": order.code,
        "status": order.status,
        "state": order.state,
        "stage": order.stage,
        "placed_at": order.placed_at,
        "total": _amount(order.total),
        "currency": order.currency,
        "buyer": {"name": order.buyer_name, "phone": order.phone},
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": f"{line.quantity.normalize():f}",
                "price": _amount(line.price),
                "total": _amount(line.total),
            }
            for line in one.lines
        ],
        "seller": [done(deed) for deed in one.deeds],
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
