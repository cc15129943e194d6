"""What the messages bring: what became of them, what buyers did after, and whether it helps against the hold-out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from babel.numbers import format_percent
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import charts, screen
from saudager.console.charts import Chart
from saudager.console.deeds import deed
from saudager.console.door import Owner, Viewer, Visitor
from saudager.orders import metrics, results
from saudager.orders.results import Comparison, Seen
from saudager.outreach.intervals import Interval
from saudager.settings import Settings

_PATH = "/console/orders/results"
_POINTS = 100
PERIODS = (30, 90, 0)
"""How many days the figures may be of; 0: all there are."""


def router(app: App) -> APIRouter:
    """The page, and counting anew."""
    routes = APIRouter(prefix="/results")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, days: int = PERIODS[0]) -> HTMLResponse:
        period = days if days in PERIODS else PERIODS[0]
        shown = await app.db.read(_read, app.settings, period, now=app.clock.now())
        comparison: Comparison = shown["comparison"]
        return screen.page(
            request,
            visitor,
            "orders_results.html",
            title=visitor.say("Результаты"),
            tab="results",
            period=period,
            periods=PERIODS,
            verdict=_verdict(visitor, comparison),
            chart=_chart(visitor, comparison) if comparison.repeat_share else None,
            percent=_percent(visitor),
            between=_between(visitor),
            share=app.settings.holdout_share,
            suggested_from=results.SUGGESTED_FROM,
            answer_days=metrics.ANSWER_DAYS,
            purchase_days=metrics.PURCHASE_DAYS,
            **shown,
        )

    @routes.post("/reset")
    async def reset(visitor: Owner) -> Response:
        await deed(app, visitor, "orders.counted_anew", "orders", metrics.reset, visitor.name, app.clock.now())
        return screen.told(visitor.say("Считаем заново. Прежнее осталось в заказах."), then=_PATH)

    return routes


def _read(session: Session, settings: Settings, days: int, *, now: datetime) -> dict[str, Any]:
    return {
        "counted": metrics.counted(session, since=now - timedelta(days=days) if days else None, now=now),
        "comparison": results.compare(session, now=now),
        "suggests": results.suggestion(session, settings),
    }


def _verdict(visitor: Visitor, comparison: Comparison) -> str:
    """What the comparison says, in one sentence; the figures stand beside it."""
    if comparison.repeat_share is None:
        return visitor.say("Сравнивать пока некого.")
    if comparison.seen is Seen.TOO_EARLY and comparison.needed is not None:
        return visitor.say(
            "Судить рано: покупателей %(n)s, а нужно около %(needed)s.",
            n=visitor.wording.number(comparison.buyers),
            needed=visitor.wording.number(comparison.needed),
        )
    return {
        Seen.MORE: visitor.say("Сообщения помогают: кому пишем, те чаще покупают снова."),
        Seen.LESS: visitor.say("Сообщения мешают: кому пишем, те реже покупают снова."),
        Seen.NO_EFFECT: visitor.say("Разницы не видно: с сообщениями и без них покупают снова одинаково."),
        Seen.TOO_EARLY: visitor.say("Судить рано: в одной из групп слишком мало покупателей."),
    }[comparison.seen]


def _chart(visitor: Visitor, comparison: Comparison) -> Chart:
    say, percent = visitor.say, _percent(visitor)
    groups = (
        (say("кому писали"), comparison.written_to),
        (say("кому не писали"), comparison.held_out),
    )
    shares = [percent(group.repeat_share or 0) for _, group in groups]
    return charts.shares(
        say("Купили снова"),
        say("Из тех, кому писали, %(one)s; из тех, кому не писали, %(other)s.", one=shares[0], other=shares[1]),
        [say("Покупатели"), say("купили снова"), say("не купили")],
        [(name, [group.repeat_buyers, group.buyers - group.repeat_buyers]) for name, group in groups],
        [("good", say("купили снова")), ("quiet", say("не купили"))],
        cache(lambda count: visitor.wording.number(round(count))),
    )


def _percent(visitor: Visitor) -> Callable[[float], str]:
    return lambda share: str(format_percent(share, format="#,##0.0 %", locale=visitor.language))


def _between(visitor: Visitor) -> Callable[[Interval, bool], str]:
    """«+3,1, от −0,4 до +6,6»: of shares in points of a hundred, else in whole units."""

    def show(interval: Interval, of_shares: bool) -> str:
        scale = _POINTS if of_shares else 1

        def signed(value: float) -> str:
            number = visitor.wording.number(round(abs(value) * scale, 1 if of_shares else 0))
            return f"{'−' if value < 0 else '+'}{number}"

        return visitor.say(
            "%(value)s, скорее всего от %(low)s до %(high)s",
            value=signed(interval.value),
            low=signed(interval.low),
            high=signed(interval.high),
        )

    return show
