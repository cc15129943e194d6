"""A contact's page: what he is to the shop and who says so, his wishes, talks and deals, and notes on him."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from saudager.agent import moderator
from saudager.app import App
from saudager.console import screen
from saudager.console.contacts import sections
from saudager.console.contacts.everyone import restoring
from saudager.console.deeds import deed, detailed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.conversations.models import Contact
from saudager.people import buying, card, erasing, notes, wishes
from saudager.people.models import Erasure
from saudager.sales.deals import Outcome

Wish = Literal["everything", "offers", "resume"]


def router(app: App) -> APIRouter:
    """The page, its sections, and what is changed there."""
    routes = APIRouter(prefix="/{contact_id}")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, contact_id: Number) -> Response:
        contact, found, erasure = await app.db.read(_read, contact_id)
        if contact.merged_into_id is not None:
            return RedirectResponse(f"/console/contacts/{contact.merged_into_id}", 303)
        if contact.erased_at is not None:
            title = visitor.say("Контакт стёрт")
            return screen.page(request, visitor, "contact_erased.html", title=title, contact=contact, erasure=erasure)
        title = contact.full_name or contact.name or visitor.wording.phone(contact.phone_number)
        title = title or visitor.say("Без имени")
        return screen.page(request, visitor, "contact.html", title=title, contact=contact, sections=found)

    @routes.get("/card")
    async def column(visitor: Viewer, contact_id: Number, beside: bool = False) -> HTMLResponse:
        contact, found, _ = await app.db.read(_read, contact_id)
        return screen.part(visitor, "contact_card.html", contact=contact, sections=found, beside=beside)

    @routes.get("/card/{name}")
    async def section_list(visitor: Viewer, contact_id: Number, name: str) -> HTMLResponse:
        section = sections.with_list(name)
        found = await app.db.read(section.read, contact_id)
        return screen.part(visitor, section.list_template, contact_id=contact_id, found=found)

    @routes.post("/classify")
    async def classify(
        visitor: Manager, contact_id: Number, verdict: Annotated[Literal["client", "not_client", "again"], Form()]
    ) -> Response:
        about, now = f"contact:{contact_id}", app.clock.now()
        if verdict == "again":
            await deed(app, visitor, "contact.to_be_judged_again", about, moderator.judge_again, contact_id)
            said = visitor.say("Продавец решит заново по следующему сообщению.")
        else:
            is_client = verdict == "client"
            await detailed(
                app,
                visitor,
                "contact.overruled",
                about,
                {"is_client": is_client},
                lambda session: moderator.overrule(session, contact_id, is_client=is_client, now=now),
            )
            said = visitor.say("Теперь это клиент.") if is_client else visitor.say("Теперь это не клиент.")
        return screen.told(said, undo=restoring([contact_id]))

    @routes.post("/wish")
    async def wish(
        visitor: Manager,
        contact_id: Number,
        told: Annotated[Wish | None, Form(alias="wish")] = None,
        undone: Annotated[Wish | None, Query(alias="wish")] = None,
        words: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        new, now = undone or told or "resume", app.clock.now()
        before = await detailed(
            app,
            visitor,
            "contact.wish_noted",
            f"contact:{contact_id}",
            {"wish": new},
            lambda session: wishes.change(session, contact_id, new, who=visitor.name, words=words, now=now),
        )
        undo = f"/console/contacts/{contact_id}/wish?wish={before}" if before != new else None
        return screen.told(visitor.say("Записали, что он хочет получать."), undo=undo)

    @routes.post("/notes")
    async def write(
        visitor: Manager, contact_id: Number, text: Annotated[str, Form(max_length=notes.LONGEST)]
    ) -> Response:
        now = app.clock.now()
        about = f"contact:{contact_id}"
        await deed(app, visitor, "contact.noted", about, notes.write, contact_id, text, who=visitor.name, now=now)
        return screen.told(visitor.say("Заметка сохранена."))

    @routes.post("/notes/{note_id}/remove")
    async def remove(visitor: Manager, contact_id: Number, note_id: Number) -> Response:
        about, now = f"contact:{contact_id}", app.clock.now()
        await deed(app, visitor, "contact.note_removed", about, notes.remove, contact_id, note_id, now=now)
        undo = f"/console/contacts/{contact_id}/notes/{note_id}/put-back"
        return screen.told(visitor.say("Заметка убрана."), undo=undo)

    @routes.post("/notes/{note_id}/put-back")
    async def put_back(visitor: Manager, contact_id: Number, note_id: Number) -> Response:
        await deed(app, visitor, "contact.note_put_back", f"contact:{contact_id}", notes.put_back, contact_id, note_id)
        return screen.told(visitor.say("Заметка снова на месте."))

    @routes.post("/deals/{deal_id}/close")
    async def close(
        visitor: Manager, contact_id: Number, deal_id: Number, outcome: Annotated[Outcome, Form()]
    ) -> Response:
        now = app.clock.now()
        await detailed(
            app,
            visitor,
            "deal.closed",
            f"contact:{contact_id}",
            {"deal": deal_id, "outcome": outcome},
            lambda session: buying.close(session, contact_id, deal_id, outcome, now=now).id,
        )
        said = (
            visitor.say("Сделка закрыта: купил.") if outcome is Outcome.WON else visitor.say("Сделка закрыта: отказ.")
        )
        return screen.told(said, undo=f"/console/contacts/{contact_id}/deals/{deal_id}/reopen")

    @routes.post("/deals/{deal_id}/reopen")
    async def reopen(visitor: Manager, contact_id: Number, deal_id: Number) -> Response:
        await deed(app, visitor, "deal.reopened", f"contact:{contact_id}", buying.reopen, contact_id, deal_id)
        return screen.told(visitor.say("Сделка снова открыта."))

    return routes


def _read(session: Session, contact_id: int) -> tuple[Contact, list[tuple[sections.Section, Any]], Erasure | None]:
    contact = card.of(session, contact_id)
    if contact.erased_at is not None or contact.merged_into_id is not None:
        return contact, [], erasing.going_on(session, contact_id)
    return contact, sections.read(session, contact_id), None
