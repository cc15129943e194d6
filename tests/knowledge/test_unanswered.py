"""Questions the documents hold no answer to wait for a person."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact, Conversation
from saudager.db.threads import Database
from saudager.knowledge import unanswered
from tests.knowledge.conftest import NOW

pytestmark = pytest.mark.both_kinds


def conversation(session: Session, chat: str) -> int:
    contact = Contact(created_at=NOW, updated_at=NOW)
    session.add(contact)
    session.flush()
    opened = Conversation(contact_id=contact.id, account="shop", chat=chat, created_at=NOW)
    session.add(opened)
    session.flush()
    return opened.id


async def waiting(db: Database) -> list[tuple[int, str]]:
    return [(kept.conversation_id, kept.question) for kept in await db.read(unanswered.waiting)]


async def test_a_question_is_kept_once_a_conversation_until_it_is_settled(db: Database) -> None:
    one, other = [await db.run(conversation, chat) for chat in ("a", "b")]
    for asked, minutes in [(one, 0), (one, 1), (other, 2)]:
        now = NOW + timedelta(minutes=minutes)
        await db.run(unanswered.keep, asked, "Есть ли  у вас\nкофе?", now)
    assert await waiting(db) == [(one, "Есть ли у вас кофе?"), (other, "Есть ли у вас кофе?")]

    first = (await db.read(unanswered.waiting))[0]
    assert first.asked_at == NOW
    assert await db.run(unanswered.settle, first.id, NOW)
    assert not await db.run(unanswered.settle, first.id, NOW)
    assert await waiting(db) == [(other, "Есть ли у вас кофе?")]


async def test_a_settled_question_that_is_asked_again_waits_again(db: Database) -> None:
    chat = await db.run(conversation, "a")
    await db.run(unanswered.keep, chat, "Есть кофе?", NOW)
    await db.run(unanswered.settle, (await db.read(unanswered.waiting))[0].id, NOW)

    await db.run(unanswered.keep, chat, "Есть кофе?", NOW + timedelta(days=3))

    assert [kept.asked_at for kept in await db.read(unanswered.waiting)] == [NOW + timedelta(days=3)]
