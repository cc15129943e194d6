"""Trying the salesperson out: a real turn of a made-up customer, of which nothing is stored and nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from saudager.agent import explaining, turn, wishing
from saudager.agent.briefing import OpenTurn
from saudager.agent.explaining import Who, Why
from saudager.app import App
from saudager.contracts import Kind
from saudager.conversations.models import Author, Contact, Conversation, Message, Outcome, Turn
from saudager.db.threads import Database
from saudager.db.unkept import Unkept
from saudager.prompts import versions
from saudager.providers.llm import Said

_NOBODY = 0
"""The id of the made-up contact and conversation; what his answers cost is booked for nobody in particular."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the customer would be answered (None: nothing) and why; ``is_client`` is who he is taken for from now on."""

    reply: str | None
    why: Why
    is_client: bool | None


async def try_out(
    app: App, lines: Sequence[Said], *, is_client: bool | None = None, drafts: Mapping[str, str] | None = None
) -> Tried:
    """Answer the last of ``lines``, which a customer says; the others were said before, oldest first.

    ``drafts`` are texts of prompts that have not been saved. Hours without answers do not count. Raises
    ConfigurationError for a draft that could not be saved.
    """
    now = app.clock.now()
    db = Unkept(app.db)
    beside = replace(app, db=cast(Database, db), settings=app.settings.model_copy(update={"reply_hours": ""}))
    opened = _opened(lines, app.settings.max_context_messages, is_client=is_client, now=now)
    await db.run(_prepare, opened, drafts or {}, now=now)
    thought = await turn.think(beside, opened)
    judged = thought.trace.get("who") or {}
    closed = Turn(
        id=_NOBODY,
        conversation_id=_NOBODY,
        outcome=Outcome.SILENT if thought.reply is None else Outcome.ANSWERED,
        reason=thought.silence,
        opened_at=now,
        closed_at=now,
        trace=thought.trace,
    )
    who = Who(judged["is_client"], judged.get("confidence"), judged["reasoning"] or "", judged.get("engine", ""))
    known = is_client if thought.verdict is None else thought.verdict.is_client
    return Tried(thought.reply, explaining.as_told(closed, opened.new_words, who if judged else None), known)


def _opened(lines: Sequence[Said], most: int, *, is_client: bool | None, now: datetime) -> OpenTurn:
    said = [_message(number, line, now) for number, line in enumerate(lines[-most:], 1)]
    said[-1].turn_id = None
    contact = Contact(id=_NOBODY, is_client=is_client, created_at=now, updated_at=now)
    conversation = Conversation(id=_NOBODY, contact_id=_NOBODY, account="", chat="", created_at=now)
    return OpenTurn(conversation, contact, said[-1:], said[:-1])


def _message(number: int, line: Said, now: datetime) -> Message:
    return Message(
        id=-number,
        conversation_id=_NOBODY,
        account="",
        author=Author.CUSTOMER if line.author == "customer" else Author.BOT,
        kind=Kind.TEXT,
        text=line.text,
        is_voice=False,
        history=False,
        sent_at=now,
        received_at=now,
        deleted=False,
        turn_id=_NOBODY,
    )


def _prepare(session: Session, opened: OpenTurn, drafts: Mapping[str, str], *, now: datetime) -> None:
    """What a stored turn finds: its contact, its conversation, the wishes it was heard to say, the prompts."""
    session.add(Contact(id=_NOBODY, is_client=opened.contact.is_client, created_at=now, updated_at=now))
    session.flush()
    session.add(Conversation(id=_NOBODY, contact_id=_NOBODY, account="", chat="", created_at=now))
    session.flush()
    for words in opened.new_words:
        wishing.hear(session, _NOBODY, words, now=now)
    for name, text in drafts.items():
        current = versions.standing(session, name)
        versions.save(session, name, text, based_on=current.id if current else None, note="", by="", now=now)
