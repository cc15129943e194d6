"""What would be written about an order, by the model and the guard that write it in earnest; nothing is sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Manager
from saudager.console.numbers import Number
from saudager.errors import Refused
from saudager.orders import listing, writing
from saudager.orders.models import Trigger
from saudager.orders.writing import Subject
from saudager.settings import Settings


def router(app: App) -> APIRouter:
    """``POST /messages/preview``: a part of the page of messages."""
    routes = APIRouter(prefix="/messages")

    @routes.post("/preview")
    async def preview(
        visitor: Manager, order: Annotated[Number, Form()], trigger: Annotated[Trigger, Form()]
    ) -> HTMLResponse:
        now = app.clock.now()
        subject = await app.db.read(_subject, order, trigger, settings=app.settings, now=now)
        written, why_not = None, ""
        try:
            written = await writing.write(app, subject, now=now)
        except Refused as refused:
            why_not = str(refused)
        return screen.part(
            visitor, "orders_messages_preview.html", subject=subject, written=written, why_not=why_not, order=order
        )

    return routes


def _subject(session: Session, order_id: int, trigger: Trigger, *, settings: Settings, now: datetime) -> Subject:
    order = listing.one(session, order_id).order
    first = order.contact_id is None or not listing.has_written(session, order.contact_id)
    return writing.subject(session, order_id, trigger, first_contact=first, settings=settings, now=now)
