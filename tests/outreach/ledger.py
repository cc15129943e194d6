"""Contacts with a past: what tests of the door are told about."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.bootstrap import SIMULATOR
from saudager.contracts import IncomingMessage, MessageClass
from saudager.conversations import identity, inbox
from saudager.conversations.models import Contact, Conversation
from saudager.outreach import door, policy
from saudager.outreach.models import OutreachVerdict
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import table
from saudager.rehearsal import Shop

SERVICE, FOLLOW_UP, MARKETING = MessageClass.SERVICE, MessageClass.FOLLOW_UP, MessageClass.MARKETING
UNASKED = (SERVICE, FOLLOW_UP, MARKETING)
CHATS = [f"7701{number:07}@c.us" for number in range(1, 400)]
_ids = count(1)


class Ledger:
    """A shop's contacts and what it wrote to them unasked."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @property
    def now(self) -> datetime:
        return self.shop.clock.now()

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.shop.app.db.run(function, *args, **kwargs)

    async def customer(self, chat: str = CHATS[0], *, wrote: timedelta | None = timedelta(days=3), **said: Any) -> int:
        """Somebody whose line came so long ago; ``wrote=None``: he never wrote."""
        if wrote is None:
            return await self.run(_stranger, chat, now=self.now)
        return await self.run(_writes, chat, at=self.now - wrote, **said)

    async def wrote_unasked(
        self, contact: int, *, ago: timedelta, times: int = 1, account: str = SIMULATOR, **row: Any
    ) -> None:
        """Messages of ours that went out so long ago."""
        await self.run(_wrote, contact, account, at=self.now - ago, times=times, row=row)

    async def judge(self, contact: int, message_class: MessageClass, **wanted: Any) -> Verdict:
        return await self.shop.app.db.read(
            policy.judge, wish_to(contact, message_class, **wanted), self.shop.app.settings, self.now
        )

    async def write(self, contact: int, message_class: MessageClass, text: str = "Ещё думаете?", **wanted: Any) -> Any:
        """Ask the door to write to the contact's only conversation."""
        return await self.run(
            write_to_only_chat,
            wish_to(contact, message_class, **wanted),
            text,
            settings=self.shop.app.settings,
            now=self.now,
        )

    async def verdicts(self) -> list[OutreachVerdict]:
        return await self.shop.app.db.read(_verdicts)

    async def waiting(self, queue: str = door.QUEUE) -> int:
        return (await self.shop.app.db.read(_depth)).get(queue, {}).get("waiting", 0)


def wish_to(contact: int, message_class: MessageClass, **wanted: Any) -> Wanted:
    usual = {"about": f"{message_class}:{contact}:{next(_ids)}", "account": SIMULATOR}
    return Wanted(contact_id=contact, message_class=message_class, **usual | wanted)


def _depth(session: Session) -> dict[str, dict[str, int]]:
    return table.depth(session)


def _verdicts(session: Session) -> list[OutreachVerdict]:
    return list(session.scalars(select(OutreachVerdict).order_by(OutreachVerdict.id)))


def _stranger(session: Session, chat: str, *, now: datetime) -> int:
    phone = chat.split("@")[0]
    contact = identity.recognise(session, [("phone", phone), ("chat", chat)], now=now)
    session.get_one(Contact, contact).phone_number = phone
    session.add(Conversation(contact_id=contact, account=SIMULATOR, chat=chat, created_at=now))
    return contact


def _writes(session: Session, chat: str, *, at: datetime, phone: str | None = "", **said: Any) -> int:
    number = next(_ids)
    incoming = IncomingMessage(
        id=f"line-{number}",
        created_at=at,
        account=said.pop("account", SIMULATOR),
        phone_number=chat.split("@")[0] if phone == "" else phone,
        chat=chat,
        message_id=f"line-{number}",
        message_text="Сколько стоит окно?",
        sent_at=at,
        **said,
    )
    received = inbox.receive(session, incoming, now=at)
    return session.get_one(Conversation, received.conversation_id).contact_id


def _wrote(session: Session, contact: int, account: str, *, at: datetime, times: int, row: dict[str, Any]) -> None:
    for _ in range(times):
        usual = {
            "about": f"earlier:{next(_ids)}",
            "contact_id": contact,
            "account": account,
            "channel": "whatsapp",
            "message_class": MARKETING,
            "verdict": "write",
            "first_contact": False,
            "fate": "sent",
            "decided_at": at,
            "counted_at": at,
        }
        session.add(OutreachVerdict(**usual | row))
    session.flush()


def write_to_only_chat(session: Session, wanted: Wanted, text: str, **circumstances: Any) -> Verdict:
    conversation = session.scalars(
        select(Conversation.id).where(Conversation.contact_id == wanted.contact_id, Conversation.account == SIMULATOR)
    ).one()
    return door.write(session, wanted, conversation, text, **circumstances)
