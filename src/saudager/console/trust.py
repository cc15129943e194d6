"""The trust ramp: topic by topic, what waits for a person and what the salesperson has earned to answer by itself."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed, detailed
from saudager.console.door import Manager, Viewer
from saudager.operators.roles import Role
from saudager.trust import ramp
from saudager.trust.models import Mode

TOPICS = {
    "price": "Цены",
    "availability": "Наличие",
    "delivery": "Доставка",
    "payment": "Оплата и рассрочка",
    "warranty": "Гарантия и возврат",
    "order": "Статус заказа",
    "calls": "Звонки и встречи",
    "other": "Остальное",
}
_Name = Annotated[str, Path(max_length=40)]
_Chosen = Annotated[Mode, Form()]
_Climbs = Annotated[bool, Form(alias="ramp")]


def router(app: App) -> APIRouter:
    """``GET /console/trust``; ``POST /console/trust`` with ``mode`` switches every topic, ``/console/trust/price`` with
    ``mode`` and perhaps ``ramp`` one; ``/console/trust/price/seen`` takes its news off the desk."""
    routes = APIRouter(prefix="/console/trust")

    @routes.get("")
    async def page(request: Request, visitor: Viewer) -> HTMLResponse:
        records, news = await app.db.read(_read)
        return screen.page(
            request,
            visitor,
            "trust.html",
            title=visitor.say("Доверие"),
            records=sorted(records, key=lambda record: list(TOPICS).index(record.topic)),
            news=news,
            topics=TOPICS,
            least=ramp.LEAST_SHARE,
            by_itself=ramp.BY_ITSELF,
            may_switch=visitor.may(Role.MANAGER),
        )

    @routes.post("")
    async def all_at_once(visitor: Manager, mode: _Chosen) -> Response:
        def switch(session: Session) -> None:
            ramp.set_all(session, mode, by=visitor.name, now=app.clock.now())

        await detailed(app, visitor, "trust.switched", "topic:all", {"to": mode}, switch)
        return screen.told(_told(visitor, mode), then="/console/trust")

    @routes.post("/{name}")
    async def one(visitor: Manager, name: _Name, mode: _Chosen, climbs: _Climbs = False) -> Response:
        topic = ramp.named(name)

        def switch(session: Session) -> None:
            ramp.set_mode(session, topic, mode, ramp=climbs, by=visitor.name, now=app.clock.now())

        await detailed(app, visitor, "trust.switched", f"topic:{topic}", {"to": mode, "ramp": climbs}, switch)
        return screen.told(_told(visitor, mode), then="/console/trust")

    @routes.post("/{name}/seen")
    async def seen(visitor: Manager, name: _Name) -> Response:
        topic, now = ramp.named(name), app.clock.now()
        await deed(app, visitor, "trust.seen", f"topic:{topic}", ramp.seen, topic, now=now)
        return screen.told(visitor.say("Отмечено."), then="/console/trust")

    return routes


def _read(session: Session) -> tuple[list[ramp.Record], frozenset[str]]:
    """Every topic, and those whose change nobody has looked at."""
    return ramp.records(session), ramp.news(session)


def _told(visitor: Manager, mode: Mode) -> str:
    if mode is Mode.DRAFT:
        return visitor.say("Теперь ответы ждут вашей проверки.")
    return visitor.say("Теперь продавец отвечает сам.")
