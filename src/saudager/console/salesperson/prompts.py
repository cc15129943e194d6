"""The salesperson's prompts: edited with their placeholders checked, compared, and put back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager import prompts
from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.errors import ConfigurationError, NotFound
from saudager.prompts import versions
from saudager.prompts.models import PromptVersion

PAGE = 30
TRIED = ("sales", "moderator")
"""Those whose text can be tried before it is saved."""
TITLES = {
    "sales": "Ответы покупателям",
    "moderator": "Кто пишет",
    "follow_up": "Напоминания",
    "reply": "Что ответил покупатель",
    "order_message": "Сообщения о заказах",
    "sales_insights": "Выводы о покупках",
    "letter": "Письма",
}
_ABOUT = {
    "sales": "Как продавец разговаривает: правда, тон, вид ответа.",
    "moderator": "Как он отличает покупателя от родных, курьеров и рассылок.",
    "follow_up": "Что он пишет тому, кто перестал отвечать.",
    "reply": "Как он понимает ответ на напоминание: согласие, отказ или раздумье.",
    "order_message": "Что он пишет покупателю о его заказе.",
    "sales_insights": "Что он замечает в покупках компании и что советует предложить.",
    "letter": "Как он пишет письма, которые опираются на покупки клиента.",
}
_FIELDS = {
    "knowledge_base": "сведения магазина: найденное в документах и обещания",
    "conversation_history": "разговор до новых строк",
    "new_message": "новые строки покупателя",
    "current_datetime": "день недели, дата и время в поясе магазина",
    "contact_name": "имя в телефоне",
    "full_name": "полное имя",
    "business_name": "название организации",
    "touch_number": "номер напоминания, от 1 до 5",
    "last_bot_message": "последнее сообщение продавца",
    "last_client_message": "последнее сообщение покупателя",
    "follow_up_reason": "почему пишем",
    "hours_since_last_message": "сколько часов прошло",
    "offer": "сообщение, на которое ответил покупатель",
    "occasion": "что случилось с заказом и о чём написать",
    "shop_name": "название магазина",
    "buyer_name": "имя покупателя",
    "message_language": "на каком языке писать",
    "order_facts": "заказ: номер, товары, сумма, день доставки",
    "recommended_products": "что можно предложить, с ценой из каталога",
    "most_characters": "сколько знаков можно",
    "company_name": "название компании",
    "person_name": "имя получателя",
    "person_position": "его должность",
    "facts": "посчитанные факты о покупках и цены из каталога",
    "metrics": "посчитанные метрики с трендами",
    "recipient": "имя, должность и компания получателя",
    "purpose": "зачем письмо",
    "tone": "каким тоном писать",
    "letter_language": "на каком языке письмо",
    "context": "что просили написать",
    "insights": "выводы о покупках",
    "offers": "товары, которые предложить",
    "passages": "найденное в документах",
}


def router(app: App) -> APIRouter:
    """``""`` lists the prompts, ``/prompts/NAME`` edits one; with its versions, and two of them compared."""
    routes = APIRouter()

    @routes.get("")
    async def overview(request: Request, visitor: Viewer) -> HTMLResponse:
        standing = await app.db.read(versions.in_force)
        listed = [(name, TITLES[name], _ABOUT[name], standing.get(name)) for name in versions.EDITABLE]
        return screen.page(request, visitor, "salesperson.html", title=visitor.say("Продавец"), listed=listed)

    @routes.get("/prompts/{name}")
    async def editor(request: Request, visitor: Viewer, name: str) -> HTMLResponse:
        title = visitor.say(_title(name))
        standing, listed = await app.db.read(_kept, name)
        return screen.page(
            request,
            visitor,
            "salesperson_prompt.html",
            title=title,
            name=name,
            about=_ABOUT[name],
            standing=standing,
            text=standing.text if standing else _shipped(app, name),
            fields=[(field, _FIELDS[field]) for field in sorted(prompts.PLACEHOLDERS[name])],
            tried=name in TRIED,
            **_shown(listed),
        )

    @routes.get("/prompts/{name}/versions")
    async def kept(visitor: Viewer, name: str, before: Number | None = None) -> HTMLResponse:
        _title(name)
        standing, listed = await app.db.read(_kept, name, before)
        template = "salesperson_versions.html" if before is None else "salesperson_versions_more.html"
        return screen.part(visitor, template, name=name, standing=standing, **_shown(listed))

    @routes.post("/prompts/{name}")
    async def save(
        visitor: Manager,
        name: str,
        text: Annotated[str, Form(max_length=100_000)],
        note: Annotated[str, Form(max_length=300)] = "",
        based_on: Annotated[NumberOrNothing, Form()] = "",
    ) -> Response:
        _title(name)
        base = number_in(based_on)
        try:
            number = await deed(
                app,
                visitor,
                "prompt.saved",
                f"prompt:{name}",
                versions.save,
                name,
                text,
                based_on=base,
                note=note,
                by=visitor.name,
                now=app.clock.now(),
            )
        except ConfigurationError as error:
            return screen.part(visitor, "salesperson_outcome.html", based_on=based_on, error=str(error))
        undo = f"/console/salesperson/prompts/{name}/undo?saved={number}&before={base or ''}"
        saved = screen.part(visitor, "salesperson_outcome.html", based_on=number, error=None)
        words = visitor.say("Сохранено: следующий ответ уже по новому тексту.")
        saved.headers["hx-trigger"] = screen.told(words, undo=undo).headers["hx-trigger"]
        return saved

    @routes.post("/prompts/{name}/undo")
    async def undo(visitor: Manager, name: str, saved: Number, before: NumberOrNothing = "") -> Response:
        former = number_in(before)
        await deed(app, visitor, "prompt.put_back", f"prompt:{name}", versions.undo, name, saved, former)
        return screen.told("", then=f"/console/salesperson/prompts/{name}")

    @routes.post("/prompts/{name}/force")
    async def put_in_force(visitor: Manager, name: str, version: NumberOrNothing = "") -> Response:
        _title(name)
        chosen = number_in(version)
        await deed(app, visitor, "prompt.put_in_force", f"prompt:{name}", versions.put_in_force, name, chosen)
        return screen.told("", then=f"/console/salesperson/prompts/{name}")

    @routes.get("/prompts/{name}/compare")
    async def compare(
        request: Request,
        visitor: Viewer,
        name: str,
        former: NumberOrNothing = "",
        latter: NumberOrNothing | None = None,
    ) -> HTMLResponse:
        title = visitor.say("%(prompt)s: сравнение версий", prompt=visitor.say(_title(name)))
        standing, listed = await app.db.read(_kept, name)
        if latter is None:
            latter = str(standing.id) if standing else ""
        old, new = await app.db.read(_texts, name, former, latter, _shipped(app, name))
        return screen.page(
            request,
            visitor,
            "salesperson_compare.html",
            title=title,
            name=name,
            former=former,
            latter=latter,
            lines=versions.compare(old, new),
            **_shown(listed),
        )

    return routes


def _title(name: str) -> str:
    if name not in versions.EDITABLE:
        raise NotFound("Такого промпта нет.")
    return TITLES[name]


def _shipped(app: App, name: str) -> str:
    return prompts.load(name, app.settings.prompts_dir).text


def _kept(session: Session, name: str, before: int | None = None) -> tuple[PromptVersion | None, list[PromptVersion]]:
    """The version in force, and one more of the newest than a page shows."""
    return versions.standing(session, name), list(versions.newest(session, name, before=before, most=PAGE + 1))


def _shown(listed: list[PromptVersion]) -> dict[str, object]:
    return {"versions": listed[:PAGE], "more": listed[PAGE - 1].id if len(listed) > PAGE else None}


def _texts(session: Session, name: str, former: str, latter: str, shipped: str) -> tuple[str, str]:
    """The texts of two versions by their ids; '' is the shipped one."""
    old, new = (versions.get(session, name, int(one)).text if one else shipped for one in (former, latter))
    return old, new


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    standing = versions.in_force(session)
    return " ".join(f"{name}:{one.id}" for name, one in sorted(standing.items()))


WATCHES = {"prompts": _mark}
