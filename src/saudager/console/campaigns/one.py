"""One campaign: its progress, what a person may do with it now, and what it brought."""

from datetime import datetime
from functools import cache
from typing import Any

from babel.numbers import format_percent
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import charts, screen
from saudager.console.campaigns.everyone import HOME
from saudager.console.charts import Chart
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.letters import campaigns, drafting, results
from saudager.letters.results import Results
from saudager.outreach.intervals import Interval
from saudager.settings import Settings

_POINTS = 100


def router(app: App) -> APIRouter:
    """``/12`` is the page, ``/12/part`` what changes on it; the posts do what their names say."""
    routes = APIRouter()

    @routes.get("/{id}")
    async def page(request: Request, visitor: Viewer, id: Number) -> HTMLResponse:
        shown = await _shown(app, visitor, id)
        return screen.page(request, visitor, "campaign.html", title=shown["campaign"].name, tab="campaigns", **shown)

    @routes.get("/{id}/part")
    async def its_part(visitor: Viewer, id: Number) -> HTMLResponse:
        return screen.part(visitor, "campaign_part.html", **await _shown(app, visitor, id))

    @routes.post("/{id}/approve")
    async def approve(visitor: Manager, id: Number) -> Response:
        approved = await deed(
            app,
            visitor,
            "campaign.approved",
            f"campaign:{id}",
            campaigns.approve_all,
            id,
            by=visitor.name,
            now=app.clock.now(),
        )
        says = visitor.say("Одобрено писем: %(n)s.", n=visitor.wording.number(approved.letters))
        if approved.no_consent:
            rest = visitor.wording.number(approved.no_consent)
            says += " " + visitor.say("Прочитать и одобрить по одному: %(n)s.", n=rest)
        return screen.told(says)

    @routes.post("/{id}/start")
    async def start(visitor: Manager, id: Number) -> Response:
        count = await _do(app, visitor, "started", campaigns.start, id)
        return screen.told(visitor.say("Отправляем писем: %(n)s.", n=visitor.wording.number(count)))

    @routes.post("/{id}/stop")
    async def stop(visitor: Manager, id: Number) -> Response:
        count = await _do(app, visitor, "stopped", campaigns.stop, id)
        return screen.told(visitor.say("Остановлено. Писем не уйдёт: %(n)s.", n=visitor.wording.number(count)))

    @routes.post("/{id}/finish")
    async def finish(visitor: Manager, id: Number) -> Response:
        await _do(app, visitor, "finished", campaigns.finish, id)
        return screen.told(visitor.say("Рассылка завершена."))

    @routes.post("/{id}/go-on")
    async def go_on(visitor: Manager, id: Number) -> Response:
        await _do(app, visitor, "went_on", campaigns.go_on_drafting, id)
        return screen.told(visitor.say("Пишем дальше."))

    return routes


async def _do(app: App, visitor: Visitor, action: str, function: Any, id: int) -> Any:
    return await deed(app, visitor, f"campaign.{action}", f"campaign:{id}", function, id, now=app.clock.now())


async def _shown(app: App, visitor: Visitor, id: int) -> dict[str, Any]:
    shown = await app.db.read(_read, id, app.settings, now=app.clock.now())
    brought: Results = shown["brought"]
    chart = _chart(visitor, brought) if brought.difference is not None else None
    return shown | {"chart": chart, "between": _between(visitor), "percent": _percent(visitor), "home": HOME}


def _read(session: Session, id: int, settings: Settings, *, now: datetime) -> dict[str, Any]:
    campaign = campaigns.one(session, id)
    return {
        "campaign": campaign,
        "progress": campaigns.progress(session, id, now=now),
        "at_work": drafting.is_under_way(session, id, now=now),
        "brought": results.of(session, id, zone=settings.zone),
        "has_link": bool(settings.public_url),
    }


def _chart(visitor: Visitor, brought: Results) -> Chart:
    say, percent = visitor.say, _percent(visitor)
    groups = ((say("кому писали"), brought.meant), (say("кому не писали"), brought.held_out))
    one, other = (percent(group.share or 0) for _, group in groups)
    return charts.shares(
        say("Купили после начала рассылки"),
        say("Из тех, кому писали, %(one)s; из тех, кому не писали, %(other)s.", one=one, other=other),
        [say("Компании"), say("купили"), say("не купили")],
        [(name, [group.buyers, group.companies - group.buyers]) for name, group in groups],
        [("good", say("купили")), ("quiet", say("не купили"))],
        cache(lambda count: visitor.wording.number(round(count))),
    )


def _percent(visitor: Visitor) -> Any:
    return lambda share: str(format_percent(share, format="#,##0.0 %", locale=visitor.language))


def _between(visitor: Visitor) -> Any:
    """«+3,1, скорее всего от −0,4 до +6,6», in points of a hundred."""

    def signed(value: float) -> str:
        return f"{'−' if value < 0 else '+'}{visitor.wording.number(round(abs(value) * _POINTS, 1))}"

    def show(interval: Interval) -> str:
        return visitor.say(
            "%(value)s, скорее всего от %(low)s до %(high)s",
            value=signed(interval.value),
            low=signed(interval.low),
            high=signed(interval.high),
        )

    return show
