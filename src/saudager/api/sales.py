"""What the merchant's other programs tell and take: purchases, and the booked calls."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Response
from pydantic import AwareDatetime, BaseModel, Field

from saudager.api.answers import faults, text
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.app import App
from saudager.calls import calendar
from saudager.conversations import identity
from saudager.followups import plan
from saudager.keys import Scope
from saudager.phones import normalise_phone

_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART:20260312T100000Z
DTEND:20260312T103000Z
END:VEVENT
END:VCALENDAR
"""
_EARLIEST, _AHEAD = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=1)


class Purchase(BaseModel):
    """Who bought something, and when; without ``at``: now."""

    model_config = shown({"phone_number": "+7 701 000 00 01", "at": "2026-03-11T12:00:00+05:00"})

    phone_number: Annotated[str, Field(max_length=40)]
    at: AwareDatetime | None = None


def router(app: App) -> APIRouter:
    """All behind a key with the scope ``desk``.

    ``POST /purchases`` ends the follow-ups of a customer who bought: 204; 404 when no contact has the number, 422 when
    it is none. ``GET /calls.ics``: the booked calls of the last week and all to come, for calendar programs.
    """
    routes = APIRouter(**behind(app, Scope.DESK), tags=["Desk"])

    @routes.post("/purchases", status_code=204, responses=faults(404, 422))
    async def bought(purchase: Purchase) -> None:
        """A customer bought: his follow-ups end. 404 when no contact has the number, 422 when it is none."""
        phone = normalise_phone(purchase.phone_number)
        if phone is None:
            raise HTTPException(422, f"{purchase.phone_number!r}: это не номер телефона.")
        contact = await app.db.read(identity.with_phone, phone)
        if contact is None:
            raise HTTPException(404, "Контакта с таким номером нет.")
        now = app.clock.now()
        at: datetime = purchase.at or now
        if not _EARLIEST <= at <= now + _AHEAD:
            raise HTTPException(422, f"{at.isoformat()}: покупка не могла быть в это время.")
        await app.db.run(plan.purchased, contact, at=at, now=now)

    @routes.get(
        "/calls.ics",
        response_class=Response,
        responses=text("text/calendar", _CALENDAR, "The booked calls of the last week and all to come."),
    )
    async def calls() -> Response:
        """The booked calls for a calendar program, which may send the key as the password of any name."""
        now = app.clock.now()
        calendar_of_calls = await app.db.read(calendar.as_calendar, shop=app.settings.shop_name, now=now)
        return Response(calendar_of_calls, media_type="text/calendar; charset=utf-8")

    return routes
