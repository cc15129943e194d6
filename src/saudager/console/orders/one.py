"""An order's page: what was bought, how it went, what was said about it and why, and what a person does with it."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed, note
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.console.orders.asking import AskingMarketplace
from saudager.errors import NotFound, Refused
from saudager.orders import deciding, listing, triggers
from saudager.orders.listing import Whole
from saudager.orders.models import OrderTrigger
from saudager.providers.marketplace import MarketplaceKind

LONGEST_COMMENT = 1000
_ABOUT = "order:{}"


def router(app: App) -> APIRouter:
    """The page and its live part, stopping a message, and the deeds at the marketplace: each asked for once."""
    routes = APIRouter(prefix="/{order_id}", route_class=AskingMarketplace)

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

    @routes.post("/accept")
    async def accept(visitor: Manager, order_id: Number) -> Response:
        await deciding.accept(app, order_id)
        await _note(app, visitor, "order.accepted", order_id)
        return screen.told(visitor.say("Заказ принят."))

    @routes.post("/cancel")
    async def cancel(
        visitor: Manager,
        order_id: Number,
        reason: Annotated[str, Form(min_length=1, max_length=100)],
        comment: Annotated[str, Form(max_length=LONGEST_COMMENT)] = "",
    ) -> Response:
        await deciding.cancel(app, order_id, reason=reason, comment=comment.strip())
        await _note(app, visitor, "order.cancelled", order_id, reason=reason, comment=comment.strip())
        return screen.told(visitor.say("Заказ отменён."))

    @routes.post("/send-code")
    async def send_code(visitor: Manager, order_id: Number) -> Response:
        await deciding.send_code(app, order_id)
        await _note(app, visitor, "order.code_sent", order_id)
        return screen.told(visitor.say("Код отправлен покупателю. Спросите его и введите здесь."))

    @routes.post("/complete")
    async def complete(
        visitor: Manager, order_id: Number, code: Annotated[str, Form(min_length=1, max_length=20)]
    ) -> Response:
        await deciding.complete(app, order_id, security_code=code.strip())
        await _note(app, visitor, "order.completed", order_id)
        return screen.told(visitor.say("Заказ выдан."))

    return routes


async def _read(app: App, order_id: int) -> dict[str, Any]:
    whole = await app.db.read(listing.one, order_id)
    kind = app.marketplaces.get(whole.shop.marketplace or "")
    return {
        "whole": whole,
        "marketplace": kind.title if kind else None,
        "reasons": kind.cancellation_reasons if kind else {},
        "may": _may(kind, whole),
        "longest": LONGEST_COMMENT,
    }


def _may(kind: MarketplaceKind | None, whole: Whole) -> list[str]:
    """What a person may do with the order at its marketplace."""
    if kind is None or whole.shop.disconnected_at is not None:
        return []
    return [name for name, statuses in kind.deeds.items() if whole.order.status in statuses]


async def _note(app: App, visitor: Visitor, action: str, order_id: int, **details: Any) -> None:
    """Keep in the audit log what the marketplace has done: it cannot be one transaction."""
    about, now = _ABOUT.format(order_id), app.clock.now()
    await app.db.run(partial(note, visitor=visitor, action=action, about=about, details=details, now=now))


def _of_order(session: Session, order_id: int, trigger_id: int) -> None:
    trigger = session.get(OrderTrigger, trigger_id)
    if trigger is None or trigger.order_id != order_id:
        raise NotFound("У этого заказа нет такого сообщения.")
