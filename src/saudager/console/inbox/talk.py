"""One contact's conversations as a page: what was said, what happens next, and who he is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.agent import drafting, traces
from saudager.agent.next_move import Next, next_move
from saudager.agent.wording import SILENCES
from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer, Visitor
from saudager.console.inbox import card, listed
from saudager.console.inbox.listed import Part
from saudager.console.numbers import Number
from saudager.contracts import is_mailbox
from saudager.conversations import cases, listing, timeline, transcript
from saudager.conversations.models import Case, Contact, Conversation
from saudager.conversations.timeline import Line, Timeline
from saudager.operators.roles import Role
from saudager.trust import drafts
from saudager.trust.models import Draft

KINDS = {
    "voice": "Голосовое сообщение",
    "image": "Фото",
    "video": "Видео",
    "document": "Документ",
    "sticker": "Стикер",
    "location": "Геопозиция",
    "contact": "Контакт",
    "poll": "Опрос",
    "missed_call": "Пропущенный звонок",
    "other": "Сообщение другого вида",
}
DELIVERY = {
    "queued": ("…", "ждёт отправки"),
    "sent": ("✓", "отправлено"),
    "delivered": ("✓✓", "доставлено"),
    "read": ("✓✓", "прочитано"),
    "failed": ("✗", "не доставлено"),
    "withdrawn": ("⤺", "отозвано"),
    "unsettled": ("?", "неизвестно, дошло ли"),
}
REASONS = {
    "person_spoke": "ответил человек",
    "client_responded": "клиент написал раньше",
    "window_closed": "прошло больше 24 часов после последнего сообщения клиента, WhatsApp такое не пропускает",
    "no_whatsapp": "у этого номера нет WhatsApp",
    "no_first_contacts": "WhatsApp не даёт этому номеру начинать разговоры",
}


@dataclass(frozen=True, slots=True)
class Talk:
    """A contact's conversations as the page shows them; ``to`` is where a reply goes unless another is chosen."""

    id: int
    contact: Contact
    conversations: list[Conversation]
    lines: Timeline
    next: Next
    case: Case | None
    drafts: list[Draft]
    goes_with: dict[int, list[str]]
    """Captions of the pictures that go out with a draft, by its id."""
    files_since: datetime | None
    """Files that came earlier are gone; None: none are."""

    def lost_its_file(self, line: Line) -> bool:
        since = self.files_since
        if since is None or transcript.is_our_picture(line.message):
            return False
        return bool((line.message.media or {}).get("path")) and line.message.received_at < since

    @property
    def name(self) -> str | None:
        """What he is called; of a nameless correspondent by mail, his address."""
        told = self.contact.full_name or self.contact.name or self.contact.business_name
        return told or next((one.chat for one in self.conversations if is_mailbox(one.account)), None)

    @property
    def to(self) -> Conversation:
        return self.conversations[0]

    @property
    def is_held(self) -> bool:
        return self.next.state == "silent" or self.case is not None


def router(app: App) -> APIRouter:
    """``GET /console/inbox/12`` is the page with the list beside it; below it ``/lines``, ``/head``, ``/drafts`` and
    ``/card`` are its parts. ``/lines?before=9`` gives older lines, ``?since=9`` all from that one on."""
    routes = APIRouter()

    @routes.get("/console/inbox/{conversation_id}")
    async def page(request: Request, visitor: Viewer, conversation_id: Number, asked: Part) -> HTMLResponse:
        await _mark_read(app, visitor, conversation_id)
        shown = await app.db.read(_page, conversation_id, asked, visitor, app=app)
        name = shown["talk"].name or visitor.wording.phone(shown["talk"].contact.phone_number)
        return screen.page(request, visitor, "inbox_open.html", title=name or visitor.say("Разговор"), **shown)

    @routes.get("/console/inbox/{conversation_id}/lines")
    async def lines(
        visitor: Viewer, conversation_id: Number, before: Number | None = None, since: Number | None = None
    ) -> HTMLResponse:
        if before is None:
            await _mark_read(app, visitor, conversation_id)
        talk = await app.db.read(read, conversation_id, before=before, since=since, app=app)
        template = "inbox_lines.html" if before is None else "inbox_older.html"
        return screen.part(visitor, template, talk=talk, **words(visitor))

    @routes.get("/console/inbox/{conversation_id}/{part}")
    async def part(
        visitor: Viewer, conversation_id: Number, part: Annotated[str, Path(pattern="^(head|drafts|card)$")]
    ) -> HTMLResponse:
        shown: dict[str, Any] = {"talk": await app.db.read(read, conversation_id, app=app)}
        if part == "card":
            shown["card"] = await app.db.read(card.read, shown["talk"].contact, app=app)
        return screen.part(visitor, f"inbox_{part}.html", **shown, **words(visitor))

    return routes


def read(
    session: Session, conversation_id: int, *, app: App, before: int | None = None, since: int | None = None
) -> Talk:
    """The talk as it is now; raises NotFound when there is no such conversation."""
    contact, conversations = timeline.people(session, conversation_id)
    ids = [conversation.id for conversation in conversations]
    waiting = list(drafts.waiting_for(session, ids))
    return Talk(
        id=conversation_id,
        contact=contact,
        conversations=list(conversations),
        lines=timeline.page(session, ids, before=before, since=since),
        next=next_move(session, ids[0], now=app.clock.now()),
        case=cases.of_conversation(session, ids[0]),
        drafts=waiting,
        goes_with={draft.id: _captions(session, draft) for draft in waiting},
        files_since=_files_since(app),
    )


def _captions(session: Session, draft: Draft) -> list[str]:
    return [(media.caption or "").partition("\n")[0] for media in drafting.pictures_of(session, draft)]


def _files_since(app: App) -> datetime | None:
    days = app.settings.media_kept_days
    return app.clock.now() - timedelta(days=days) if days else None


def words(visitor: Visitor) -> dict[str, Any]:
    """What the templates of a talk say things with."""
    zone = visitor.wording.zone

    def days(lines: list[Line]) -> list[tuple[Any, list[Line]]]:
        of_day = groupby(lines, lambda line: line.message.sent_at.astimezone(zone).date())
        return [(found[0].message.sent_at, found) for found in (list(group) for _, group in of_day)]

    return {
        "days": days,
        "pieces": lambda line: traces.pieces(line.message.text or "", {"figures": line.figures}),
        "kinds": KINDS,
        "delivery": DELIVERY,
        "reasons": REASONS,
        "silences": SILENCES,
        "once": uuid4().hex,
        "may_write": visitor.may(Role.MANAGER),
    }


def _page(session: Session, conversation_id: int, asked: listed.Asked, visitor: Visitor, *, app: App) -> dict[str, Any]:
    talk = read(session, conversation_id, app=app)
    return {
        "talk": talk,
        "card": card.read(session, talk.contact, app=app),
        "inbox": listed.read(session, listed.at(asked, conversation_id), visitor, app=app),
        **listed.words(),
        "text": "",
        "fresh": False,
        **words(visitor),
    }


async def _mark_read(app: App, visitor: Visitor, conversation_id: int) -> None:
    """Whoever only looks leaves it unread for those who answer."""
    if visitor.may(Role.MANAGER):
        await app.db.run(listing.mark_read, conversation_id, now=app.clock.now())
