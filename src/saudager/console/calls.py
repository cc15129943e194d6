"""Calls: the week with what is booked and free, each call moved, cancelled or concluded, and the calendar file."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Literal

from babel.dates import format_date
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.calls import booking, calendar, diary, news, week
from saudager.calls.booking import Booked, NotBooked, Refusal
from saudager.calls.models import CallStatus
from saudager.calls.news import What
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number, number_in
from saudager.errors import Refused
from saudager.outreach.policy import Verdict

_PATH = "/console/calls"
_OFFERED = 12
_SHOWN = timedelta(days=730)

Contact = Annotated[Number, Form()]
At = Annotated[str, Form()]
Note = Annotated[str, Form(max_length=1000)]


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return diary.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return diary.mark(session, number_in(argument) or 0)


WATCHES = {"calls": _mark, "call": _mark_of_one}


def router(app: App) -> APIRouter:
    """The week, the page of a call, booking by hand, and the calendar files."""
    routes = APIRouter(prefix=_PATH)

    @routes.get("")
    async def calls(request: Request, visitor: Viewer, day: date | None = None) -> HTMLResponse:
        shown = await _week(app, visitor, day)
        address = (app.settings.public_url or str(request.base_url)).rstrip("/")
        return screen.page(request, visitor, "calls.html", title=visitor.say("Звонки"), address=address, **shown)

    @routes.get("/week")
    async def its_week(visitor: Viewer, day: date | None = None) -> HTMLResponse:
        return screen.part(visitor, "calls_week.html", **await _week(app, visitor, day))

    @routes.get("/calendar.ics")
    async def whole_calendar(visitor: Viewer) -> Response:
        return _file(await app.db.read(calendar.as_calendar, shop=app.settings.shop_name, now=app.clock.now()), "calls")

    @routes.get("/new")
    async def new(
        request: Request,
        visitor: Manager,
        whom: Annotated[str, Query(max_length=100)] = "",
        contact: Number | None = None,
        at: str = "",
    ) -> HTMLResponse:
        callee = None if contact is None else await app.db.read(diary.callee, contact)
        found = [] if callee else await app.db.read(diary.callees, whom)
        return screen.page(
            request,
            visitor,
            "calls_new.html",
            title=visitor.say("Назначить звонок"),
            whom=whom,
            callee=callee,
            found=found,
            at=at,
            free=await app.db.read(booking.free, app.settings, now=app.clock.now(), limit=_OFFERED),
        )

    @routes.post("/new")
    async def book(
        visitor: Manager, contact: Contact, at: At, notes: Note = "", tell: Annotated[bool, Form()] = False
    ) -> Response:
        moment, now = _moment(at, visitor), app.clock.now()

        def do(session: Session) -> tuple[Booked, Verdict | None]:
            got = diary.book(session, contact, moment, notes=notes, settings=app.settings, now=now)
            booked = _or_refused(got, visitor)
            what: What = "booked" if booked.moved_from is None else "moved"
            return booked, news.tell(session, booked.call_id, what, app.settings, now=now) if tell else None

        booked, verdict = await detailed(app, visitor, "call.booked", f"contact:{contact}", {"at": at}, do)
        return screen.told("", then=f"{_PATH}/{booked.call_id}?told={_fate(verdict, wanted=tell)}")

    @routes.get("/{call}")
    async def call(request: Request, visitor: Viewer, call: Number, told: str = "") -> HTMLResponse:
        shown = await _one(app, call)
        return screen.page(request, visitor, "call.html", title=visitor.say("Звонок"), told=told, **shown)

    @routes.get("/{call}/part")
    async def call_part(visitor: Viewer, call: Number) -> HTMLResponse:
        return screen.part(visitor, "call_part.html", told="", **await _one(app, call))

    @routes.get("/{call}/call.ics")
    async def one(visitor: Viewer, call: Number) -> Response:
        await app.db.read(diary.entry, call)
        text = await app.db.read(calendar.as_calendar, shop=app.settings.shop_name, now=app.clock.now(), call_id=call)
        return _file(text, f"call-{call}")

    @routes.post("/{call}/move")
    async def move(
        visitor: Manager, call: Number, at: At = "", other: At = "", tell: Annotated[bool, Form()] = False
    ) -> Response:
        moment, now = _moment(other or at, visitor), app.clock.now()

        def do(session: Session) -> tuple[Booked, Verdict | None]:
            booked = _or_refused(diary.move(session, call, moment, settings=app.settings, now=now), visitor)
            return booked, news.tell(session, booked.call_id, "moved", app.settings, now=now) if tell else None

        booked, verdict = await detailed(app, visitor, "call.moved", f"call:{call}", {"at": other or at}, do)
        return screen.told("", then=f"{_PATH}/{booked.call_id}?told={_fate(verdict, wanted=tell)}")

    @routes.post("/{call}/cancel")
    async def cancel(visitor: Manager, call: Number, tell: Annotated[bool, Form()] = False) -> Response:
        now = app.clock.now()

        def do(session: Session) -> Verdict | None:
            diary.cancel(session, call, settings=app.settings, now=now)
            return news.tell(session, call, "cancelled", app.settings, now=now) if tell else None

        verdict = await detailed(app, visitor, "call.cancelled", f"call:{call}", {"told": tell}, do)
        said = f"{visitor.say('Звонок отменён.')} {_in_words(_fate(verdict, wanted=tell), visitor)}".strip()
        return screen.told(said, undo=None if tell else f"{_PATH}/{call}/restore")

    @routes.post("/{call}/conclude")
    async def conclude(
        visitor: Manager, call: Number, came_of_it: Annotated[Literal["held", "no_answer"], Form()], note: Note = ""
    ) -> Response:
        now, status = app.clock.now(), CallStatus(came_of_it)

        def do(session: Session) -> None:
            diary.conclude(session, call, status, note=note, now=now)  # type: ignore[arg-type]

        await detailed(app, visitor, f"call.{came_of_it}", f"call:{call}", {"note": note}, do)
        said = {"held": visitor.say("Отмечено: звонок состоялся."), "no_answer": visitor.say("Отмечено: не ответил.")}
        return screen.told(said[came_of_it], undo=f"{_PATH}/{call}/restore")

    @routes.post("/{call}/restore")
    async def restore(visitor: Manager, call: Number) -> Response:
        now = app.clock.now()

        def do(session: Session) -> None:
            diary.restore(session, call, settings=app.settings, now=now)

        await detailed(app, visitor, "call.restored", f"call:{call}", {}, do)
        return screen.told(visitor.say("Звонок снова назначен."))

    return routes


async def _week(app: App, visitor: Visitor, day: date | None) -> dict[str, object]:
    now = app.clock.now()
    today = now.astimezone(app.settings.zone).date()
    shown = min(max(day or today, today - _SHOWN), today + _SHOWN)
    days = await app.db.read(week.week_of, shown, settings=app.settings, now=now)
    weekday = partial(format_date, format="EEE, d MMM", locale=visitor.language)
    return {"days": days, "today": today, "shown": shown, "weekday": weekday, "week": timedelta(days=7)}


async def _one(app: App, call: int) -> dict[str, object]:
    now = app.clock.now()
    entry = await app.db.read(diary.entry, call)
    free = await app.db.read(booking.free, app.settings, now=now, near=max(entry.at, now), limit=_OFFERED)
    return {"call": entry, "is_ahead": entry.at > now, "free": free}


def _moment(written: str, visitor: Visitor) -> datetime:
    """A time as the form sends it, in the shop's zone."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Refused(visitor.say("Выберите день и время звонка.")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=visitor.wording.zone)


def _or_refused(got: Booked | NotBooked, visitor: Visitor) -> Booked:
    if isinstance(got, Booked):
        return got
    why = {
        Refusal.TAKEN: visitor.say("Это время уже занято."),
        Refusal.PAST: visitor.say("Это время уже прошло."),
        Refusal.TOO_FAR: visitor.say("Так далеко вперёд звонки не назначаются: не больше 90 дней."),
        Refusal.OUT_OF_HOURS: visitor.say("В это время магазин не принимает звонки."),
    }[got.why]
    instead = ", ".join(visitor.wording.when(at) for at in got.instead)
    raise Refused(f"{why} {visitor.say('Свободно: %(times)s.', times=instead)}" if instead else why)


def _fate(verdict: Verdict | None, *, wanted: bool) -> str:
    """What came of telling the customer: silent, write, wait, refuse, nothing."""
    if not wanted:
        return "silent"
    return "nothing" if verdict is None else verdict.may


def _in_words(fate: str, visitor: Visitor) -> str:
    return {
        "write": visitor.say("Клиенту написали."),
        "wait": visitor.say("Клиенту напишем, когда наступят часы для сообщений."),
        "refuse": visitor.say("Клиенту не написали: он просил не писать, или неизвестен его часовой пояс."),
        "nothing": visitor.say("Клиенту не написали: время звонка уже прошло."),
    }.get(fate, "")


def _file(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
