"""The first page: what needs a person now, what the day came to, and how it has been going."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager import attention
from saudager.agent import moderator
from saudager.app import App
from saudager.attention import Why
from saudager.console import screen, trends
from saudager.console.contacts.everyone import restoring
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.engines.budget import Budget
from saudager.engines.spend import MICRO
from saudager.overview import days, desk, funnel
from saudager.overview.day import Figures, bounds
from saudager.overview.desk import Waiting

PERIODS = (7, 30, 90)
"""How many days the charts may show."""
_SHOWN = 8
"""Of each kind on the desk."""


@dataclass(frozen=True, slots=True)
class Group:
    """Things on the desk that are dealt with alike; ``path`` is the page that deals with them."""

    title: str
    path: str
    to_do: str
    waiting: Sequence[Waiting]
    count: int
    may_be_looked_at: bool
    asks_who: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """A figure of the day; ``usual`` is what the same weekday comes to."""

    name: str
    value: str
    usual: str
    more: str = ""


def router(app: App) -> APIRouter:
    """``GET /console/today`` and its parts; what was looked at goes off the desk, and may be put back."""
    routes = APIRouter(prefix="/console/today")

    @routes.get("")
    async def today(
        request: Request, visitor: Viewer, period: Annotated[int, Query(alias="days")] = 30
    ) -> HTMLResponse:
        shown = period if period in PERIODS else PERIODS[1]
        now = app.clock.now()
        values = await app.db.read(_all, shown, app.settings.zone, now=now)
        cap = _cap(app)
        return screen.page(
            request,
            visitor,
            "today.html",
            title=visitor.say("Сегодня"),
            groups=list(_groups(visitor, values.waiting)),
            numbers=list(_numbers(visitor, values.figures[-1], values.usual, cap)),
            charts=trends.charts_of(visitor, values.figures, values.funnel, cap),
            period=shown,
            periods=PERIODS,
        )

    @routes.get("/desk")
    async def on_the_desk(visitor: Viewer) -> HTMLResponse:
        waiting = await app.db.read(desk.waiting, most=_SHOWN)
        return screen.part(visitor, "today_desk.html", groups=list(_groups(visitor, waiting)))

    @routes.get("/numbers")
    async def numbers(visitor: Viewer) -> HTMLResponse:
        figures, usual = await app.db.read(_day, app.settings.zone, now=app.clock.now())
        shown = list(_numbers(visitor, figures, usual, _cap(app)))
        return screen.part(visitor, "today_numbers.html", numbers=shown)

    @routes.post("/desk/{entry}/looked")
    async def looked(visitor: Manager, entry: Number) -> Response:
        await deed(app, visitor, "desk.looked", f"attention:{entry}", attention.look, entry, now=app.clock.now())
        return screen.told(visitor.say("Убрано со стола."), undo=f"/console/today/desk/{entry}/back")

    @routes.post("/desk/{entry}/back")
    async def back(visitor: Manager, entry: Number) -> Response:
        await deed(app, visitor, "desk.put_back", f"attention:{entry}", attention.put_back, entry)
        return screen.told(visitor.say("Снова на столе."))

    @routes.post("/who/{contact}")
    async def who(visitor: Manager, contact: Number, is_client: bool) -> Response:
        now = app.clock.now()
        await deed(
            app,
            visitor,
            "contact.overruled",
            f"contact:{contact}",
            moderator.overrule,
            contact,
            is_client=is_client,
            now=now,
        )
        said = visitor.say("Это не покупатель: продавец ему не отвечает.")
        if is_client:
            said = visitor.say("Это покупатель: на его следующее сообщение продавец ответит.")
        return screen.told(said, undo=restoring([contact]))

    return routes


@dataclass(frozen=True, slots=True)
class _Values:
    waiting: Sequence[Waiting]
    figures: Sequence[Figures]
    usual: dict[str, float]
    funnel: funnel.Funnel


def _all(session: Session, shown: int, zone: ZoneInfo, *, now: datetime) -> _Values:
    figures = days.period(session, shown, zone, now=now)
    since, _ = bounds(figures[0].day, zone)
    usual = days.usual(session, figures[-1].day)
    return _Values(desk.waiting(session, most=_SHOWN), figures, usual, funnel.funnel(session, since))


def _day(session: Session, zone: ZoneInfo, *, now: datetime) -> tuple[Figures, dict[str, float]]:
    (today,) = days.period(session, 1, zone, now=now)
    return today, days.usual(session, today.day)


def _cap(app: App) -> float | None:
    """What hosted engines may cost a day, in US dollars."""
    settings = app.settings
    return float(Budget(settings.daily_budget, settings.usd_rate).cap) if settings.daily_budget else None


def _groups(visitor: Visitor, waiting: Sequence[Waiting]) -> Iterator[Group]:
    """The desk by what is to be done; what nobody foresaw comes last."""
    inbox, say = "/console/inbox", visitor.say
    sorts = (
        (say("Ждут человека"), inbox, say("Ответить"), (Why.HANDED_OVER,)),
        (say("Черновики на проверке"), inbox, say("Проверить"), (Why.DRAFT,)),
        (say("Не ясно, кто пишет"), inbox, say("Открыть"), (Why.UNCLEAR_CONTACT,)),
        (say("Остались без ответа"), inbox, say("Ответить"), _UNANSWERED),
        (say("Не дошло до клиента"), inbox, say("Открыть"), (Why.NOT_DELIVERED, Why.UNSETTLED)),
        (say("Продавцу доверено"), "/console/trust", say("Доверие"), (Why.TRUSTED,)),
        (say("Задачи"), inbox, say("Открыть"), (Why.TASK,)),
        (say("Подключения"), "/console/connections", say("Подключения"), (Why.ACCOUNT, Why.OUTREACH)),
        (say("Магазины"), "/console/orders/shops", say("Магазины"), (Why.SHOP,)),
        (say("CRM"), "/console/crm", say("CRM"), (Why.CRM,)),
        (say("Документы"), "/console/knowledge", say("Документы"), (Why.DOCUMENT,)),
        (say("Модели"), "/console/settings", say("Настройки"), (Why.ENGINE,)),
        (say("Программа"), "/console/connections/doctor", say("Проверка"), (Why.MACHINE,)),
        (say("Письма операторам"), "/console/operators", say("Операторы"), (Why.SYSTEM_MAIL,)),
    )
    left = list(waiting)
    for title, path, to_do, kinds in sorts:
        if ours := [one for one in left if one.kind in kinds]:
            looked = not set(attention.ANSWERED) & set(kinds)
            yield Group(title, path, to_do, ours, _in_all(ours), looked, Why.UNCLEAR_CONTACT in kinds)
            left = [one for one in left if one.kind not in kinds]
    if left:
        yield Group(say("Другое"), inbox, say("Открыть"), left, _in_all(left), True, asks_who=False)


def _in_all(waiting: Sequence[Waiting]) -> int:
    return sum({one.kind: one.of_kind for one in waiting}.values())


def _numbers(visitor: Visitor, day: Figures, usual: dict[str, float], cap: float | None) -> Iterator[Tally]:
    say, count = visitor.say, visitor.wording.number
    for name, attribute in (
        (say("Написали клиенты"), "lines"),
        (say("Ответил продавец"), "answers"),
        (say("Написали люди"), "by_people"),
    ):
        yield Tally(name, count(getattr(day, attribute)), _usual(visitor, usual, attribute, count))
    wait = trends.duration(visitor)
    yield Tally(
        say("Ждут ответа"),
        "–" if day.median_seconds is None else wait(day.median_seconds),
        _usual(visitor, usual, "median_seconds", wait),
        "" if day.p90_seconds is None else say("девять из десяти не дольше %(span)s", span=wait(day.p90_seconds)),
    )
    for name, attribute in (
        (say("Передано людям"), "handed_over"),
        (say("Назначено звонков"), "calls"),
        (say("Новых сделок"), "deals"),
        (say("Попросили не писать"), "opted_out"),
    ):
        yield Tally(name, count(getattr(day, attribute)), _usual(visitor, usual, attribute, count))
    spent = trends.dollars(visitor)
    yield Tally(
        say("Потрачено на модели"),
        spent(day.micro_usd / MICRO),
        _usual(visitor, usual, "micro_usd", lambda micro: spent(micro / MICRO)),
        "" if cap is None else say("не больше %(sum)s в день", sum=spent(cap)),
    )


def _usual(visitor: Visitor, usual: dict[str, float], attribute: str, show: trends.Show) -> str:
    """«обычно 42»: what this weekday comes to by its end; nothing while nobody knows."""
    if attribute not in usual:
        return ""
    value = usual[attribute]
    return visitor.say("обычно за такой день %(number)s", number=show(round(value) if value >= 1 else value))


_UNANSWERED = (Why.TOO_LATE, Why.NO_ANSWER_FOUND, Why.TURN_FAILED, Why.VOICE_NOT_HEARD, Why.REPEATS_ITSELF, Why.LETTER)


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return desk.mark(session)


def _minute(session: Session, argument: str | None, *, now: datetime) -> str:
    return f"{now:%H:%M}"


WATCHES = {"today": _mark, "minute": _minute}
