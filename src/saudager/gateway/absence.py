"""The agent of another process, when it has not been heard of for long: people are told what it left for that case.

An agent looks at the gateway every minute, and leaves each time what is to be said to whom if it should be silent: it
alone knows the shop's people, and whoever does not run cannot tell them.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.contracts import MessageClass, OutgoingMail, OutgoingMessage, lane_key
from saudager.errors import SaudagerError
from saudager.gateway import accounts
from saudager.gateway.models import Account, HeardAgent
from saudager.providers.gateway import LastWords
from saudager.queues import table

_log = logging.getLogger(__name__)
_EVERY = timedelta(minutes=1)
SILENT_FOR = timedelta(minutes=10)
_ONLY = 1


def hear(session: Session, words: Sequence[LastWords], *, now: datetime) -> None:
    """An agent is there."""
    heard = session.get(HeardAgent, _ONLY, with_for_update=True)
    if heard is None:
        session.add(heard := HeardAgent(id=_ONLY))
    heard.heard_at, heard.told_at, heard.words = now, None, [asdict(one) for one in words]


async def keep_watch(app: App) -> None:
    """Look every minute, for ever."""
    while True:
        await app.clock.sleep_until(app.clock.now() + _EVERY)
        try:
            await app.db.run(look, [name for name, one in app.messengers.items() if one.is_in_crm], now=app.clock.now())
        except SaudagerError as error:
            _log.warning("the agent's absence cannot be told: %s", error)


def look(session: Session, only_answer: Sequence[str], *, now: datetime) -> None:
    """Tell once that the agent is silent, as soon as there is a way; ``only_answer``: vendors whose accounts write to
    nobody first."""
    heard = session.get(HeardAgent, _ONLY, with_for_update=True)
    if heard is None or heard.told_at is not None or now - heard.heard_at < SILENT_FOR:
        return
    number = _working([one for one in accounts.everyone(session) if one.vendor not in only_answer])
    mailbox = _working(accounts.mailboxes(session))
    for words in (LastWords(**one) for one in heard.words):
        account = mailbox if "@" in words.to else number
        if account is not None:
            _say(session, account.name, words, since=heard.heard_at, now=now)
            heard.told_at = now


async def missing(app: App) -> list[Ailment]:
    """That the agent is silent; of no use where it runs in this process."""
    return await app.db.read(_is_silent, now=app.clock.now())


def _is_silent(session: Session, *, now: datetime) -> list[Ailment]:
    heard = session.get(HeardAgent, _ONLY)
    if heard is None or now - heard.heard_at < SILENT_FOR:
        return []
    return [Ailment(Ill.AGENT, f"the agent has not been heard of since {heard.heard_at:%H:%M} UTC")]


def _working(connected: Sequence[Account]) -> Account | None:
    return min(
        (one for one in connected if one.paused_reason is None), key=lambda one: not one.is_default, default=None
    )


def _say(session: Session, account: str, words: LastWords, *, since: datetime, now: datetime) -> None:
    id = f"alert:silent:{since:%Y-%m-%dT%H:%M:%S}:{words.to}"
    message: OutgoingMail | OutgoingMessage
    if "@" in words.to:
        queue, key = "outgoing_mail", lane_key(account, words.to)
        message = OutgoingMail(
            id=id,
            created_at=now,
            account=account,
            recipient=words.to,
            subject=words.subject,
            text=words.text,
            message_class=MessageClass.ALERT,
        )
    else:
        chat = f"{words.to}@c.us"
        queue, key = "outgoing_messages", lane_key(account, chat)
        message = OutgoingMessage(
            id=id,
            created_at=now,
            account=account,
            chat=chat,
            message_text=words.text,
            message_class=MessageClass.ALERT,
        )
    body = message.model_dump_json(by_alias=True, exclude_none=True)
    table.publish(session, queue, body, id=id, key=key, now=now, rank=message.rank, lot=account)
