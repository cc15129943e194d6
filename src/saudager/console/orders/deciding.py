"""What a person decides about an order at its marketplace: accept, cancel, hand over by the code the buyer shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import note
from saudager.console.door import Manager, Visitor
from saudager.console.numbers import Number
from saudager.console.orders.asking import AskingMarketplace
from saudager.errors import Refused
from saudager.orders import deciding

LONGEST_COMMENT = 1000


def router(app: App) -> APIRouter:
    """The deeds below an order's page; a button pressed twice asks the marketplace once."""
    routes = APIRouter(prefix="/{order_id}", route_class=AskingMarketplace)
    busy: set[int] = set()

    @contextmanager
    def alone(visitor: Visitor, order_id: int) -> Iterator[None]:
        if order_id in busy:
            raise Refused(visitor.say("С этим заказом уже что-то делают. Подождите ответа."))
        busy.add(order_id)
        try:
            yield
        finally:
            busy.remove(order_id)

    @routes.post("/accept")
    async def accept(visitor: Manager, order_id: Number) -> Response:
        with alone(visitor, order_id):
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
        with alone(visitor, order_id):
            await deciding.cancel(app, order_id, reason=reason, comment=comment.strip())
        await _note(app, visitor, "order.cancelled", order_id, reason=reason, comment=comment.strip())
        return screen.told(visitor.say("Заказ отменён."))

    @routes.post("/send-code")
    async def send_code(visitor: Manager, order_id: Number) -> Response:
        with alone(visitor, order_id):
            await deciding.send_code(app, order_id)
        await _note(app, visitor, "order.code_sent", order_id)
        return screen.told(visitor.say("Код отправлен покупателю. Спросите его и введите здесь."))

    @routes.post("/complete")
    async def complete(
        visitor: Manager, order_id: Number, code: Annotated[str, Form(min_length=1, max_length=20)]
    ) -> Response:
        with alone(visitor, order_id):
            await deciding.complete(app, order_id, security_code=code.strip())
        await _note(app, visitor, "order.completed", order_id)
        return screen.told(visitor.say("Заказ выдан."))

    return routes


async def _note(app: App, visitor: Visitor, action: str, order_id: int, **details: Any) -> None:
    """Keep in the audit log what the marketplace has done: it cannot be one transaction."""
    about, now = f"order:{order_id}", app.clock.now()
    await app.db.run(partial(note, visitor=visitor, action=action, about=about, details=details, now=now))
