"""An order's page: what was bought, how it went, what was said about it and why; a message that waits is stopped."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.console.orders.deciding import LONGEST_COMMENT
from saudager.console.pictures import showing
from saudager.errors import NotFound, Refused
from saudager.orders import listing, triggers
from saudager.orders.listing import Whole
from saudager.orders.models import OrderTrigger
from saudager.providers.marketplace import MarketplaceKind
from saudager.studio import listing as pictures_of
from saudager.studio.models import Picture

_ABOUT = "order:{}"


def router(app: App) -> APIRouter:
    """The page, its live part, and stopping a message."""
    routes = APIRouter(prefix="/{order_id}")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, order_id: Number) -> HTMLResponse:
        shown = await _read(app, order_id)
        title = visitor.say("Заказ %(code)s", code=shown["whole"].order.code)
        return screen.page(request, visitor, "order.html", title=title, tab="", **shown)

    @routes.get("/part")
    async def part(visitor: Viewer, order_id: Number) -> HTMLResponse:
        return screen.part(visitor, "order_part.html", **await _read(app, order_id))

    @routes.post("/messages/{trigger_id}/stop")
    async def stop(visitor: Manager, order_id: Number, trigger_id: Number) -> Response:
        def do(session: Session) -> None:
            _of_order(session, order_id, trigger_id)
            if not triggers.stop_one(session, trigger_id, now=app.clock.now()):
                raise Refused(visitor.say("Это сообщение уже не ждёт: обновите страницу."))

        await deed(app, visitor, "order.message_stopped", _ABOUT.format(order_id), do)
        undo = f"/console/orders/{order_id}/messages/{trigger_id}/go-on"
        return screen.told(visitor.say("Сообщение остановлено: его не напишут."), undo=undo)

    @routes.post("/messages/{trigger_id}/go-on")
    async def go_on(visitor: Manager, order_id: Number, trigger_id: Number) -> Response:
        def do(session: Session) -> None:
            _of_order(session, order_id, trigger_id)
            if not triggers.go_on(session, trigger_id, now=app.clock.now()):
                raise Refused(visitor.say("Это сообщение уже не вернуть: заказ ушёл дальше, или новость устарела."))

        await deed(app, visitor, "order.message_went_on", _ABOUT.format(order_id), do)
        return screen.told(visitor.say("Сообщение снова ждёт."))

    return routes


async def _read(app: App, order_id: int) -> dict[str, Any]:
    whole, pictures = await app.db.read(_whole, order_id)
    kind = app.marketplaces.get(whole.shop.marketplace or "")
    return {
        "whole": whole,
        "pictures": pictures,
        "small": showing.small,
        "marketplace": kind.title if kind else None,
        "reasons": kind.cancellation_reasons if kind else {},
        "longest": LONGEST_COMMENT,
        "may": _may(kind, whole),
    }


def _whole(session: Session, order_id: int) -> tuple[Whole, dict[str, list[Picture]]]:
    """The order, and by article the pictures that may be shown of what was bought."""
    whole = listing.one(session, order_id)
    articles = {line.sku for line in whole.lines if line.sku}
    return whole, pictures_of.accepted_of(session, whole.shop.id, articles)


def _may(kind: MarketplaceKind | None, whole: Whole) -> list[str]:
    """What a person may do with the order at its marketplace."""
    if kind is None or whole.shop.disconnected_at is not None:
        return []
    return [name for name, statuses in kind.deeds.items() if whole.order.status in statuses]


def _of_order(session: Session, order_id: int, trigger_id: int) -> None:
    trigger = session.get(OrderTrigger, trigger_id)
    if trigger is None or trigger.order_id != order_id:
        raise NotFound("У этого заказа нет такого сообщения.")
