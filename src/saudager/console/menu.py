"""The menu of the console: what there is, who sees it, and how much waits there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.console.door import Viewer, Visitor
from saudager.conversations import listing
from saudager.operators.roles import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; ``count`` names the number beside it."""

    path: str
    words: str
    role: Role = Role.VIEWER
    count: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one visitor sees it."""

    path: str
    words: str
    count: str | None
    here: bool


ENTRIES: list[Entry] = [
    Entry("/console/today", "Сегодня", count="today"),
    Entry("/console/inbox", "Входящие", count="inbox"),
    Entry("/console/contacts", "Контакты"),
    Entry("/console/companies", "Компании"),
    Entry("/console/orders", "Заказы"),
    Entry("/console/crm", "CRM"),
    Entry("/console/letters", "Письма"),
    Entry("/console/follow-ups", "Касания"),
    Entry("/console/calls", "Звонки"),
    Entry("/console/automation", "Автоматика"),
    Entry("/console/preview", "Что будет"),
    Entry("/console/knowledge", "Знания"),
    Entry("/console/pictures", "Картинки"),
    Entry("/console/salesperson", "Продавец"),
    Entry("/console/trust", "Доверие"),
    Entry("/console/connections", "Подключения"),
    Entry("/console/simulator", "Телефон для пробы"),
    Entry("/console/settings", "Настройки", Role.OWNER),
    Entry("/console/operators", "Операторы", Role.OWNER),
    Entry("/console/keys", "Ключи API", Role.OWNER),
    Entry("/console/audit", "Журнал", Role.OWNER),
]


def router(app: App) -> APIRouter:
    """``GET /console/menu``: the counts beside its lines, as the event ``counts`` for the page."""
    routes = APIRouter()

    @routes.get("/console/menu")
    async def menu(visitor: Viewer) -> Response:
        counts = await app.db.read(_counts)
        return Response(status_code=204, headers={"hx-trigger": json.dumps({"counts": counts})})

    return routes


def lines(visitor: Visitor, *, at: str) -> Iterator[Line]:
    """The lines this visitor may open; the one he is at is marked."""
    for entry in ENTRIES:
        if visitor.may(entry.role):
            here = at == entry.path or at.startswith(f"{entry.path}/")
            yield Line(entry.path, visitor.say(entry.words), entry.count, here)


def _counts(session: Session) -> dict[str, int]:
    """What waits, by the name an entry counts."""
    return {"today": len(attention.waiting(session)), "inbox": listing.unread(session)}


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return str(_counts(session))


WATCHES = {"menu": _mark}
