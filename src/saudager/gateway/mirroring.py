"""A mirror shows managers the conversations of the other accounts where they work, in a CRM: each line is shown there
once, and what they answer there goes out by the account the conversation is of and silences the salesperson in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import (
    MIRROR,
    Contact,
    DeliveryState,
    IncomingMessage,
    Kind,
    OutgoingMessage,
    is_mailbox,
    lane_key,
)
from saudager.db.statements import Statement
from saudager.errors import BadCredentials, RateLimited, Rejected
from saudager.gateway import accounts
from saudager.gateway.models import Account, LoggedMessage
from saudager.providers.channels import Delivery, Line, MirrorChannel
from saudager.queues import table
from saudager.queues.table import Lease, Policy

QUEUE = "mirrored_lines"
POLICY = Policy(QUEUE, max_attempts=12, lease=60, backoff=5, batch=1)
NOWHERE = "Это сообщение некуда отправить: переписку начинает покупатель, а его канал должен быть подключён"
_MAY_BE_THERE_AFTER = timedelta(seconds=5)
_WORDS_WITHIN, _LOOK_FOR_WORDS_AGAIN = timedelta(minutes=1), timedelta(seconds=5)
_BEFORE_ASKING_AGAIN = timedelta(minutes=1)
_NO_LONGER = {DeliveryState.WITHDRAWN, DeliveryState.UNSETTLED}


def show(session: Session, account: str, chat: str, message_id: str, contact: Contact, *, now: datetime) -> None:
    """Have a line of the log shown in the mirror, when there is one."""
    if is_mailbox(account) or _MIRROR(session).fetchone() is None:
        return
    body = {"account": account, "message_id": message_id, "name": contact.full_name or contact.name}
    table.publish(session, QUEUE, body, id=f"{account}:{message_id}", key=lane_key(account, chat), now=now)


def is_from_a_mirror(outgoing_id: str) -> bool:
    """Whether a message to send was written in a mirror."""
    return outgoing_id.startswith(MIRROR)


def take(session: Session, mirror: str, lines: Sequence[Line], *, now: datetime) -> None:
    """Send what was answered in the mirror, and tell the agent that a person has spoken; each line once.

    There is no waiting for room in a queue: a mirror does not tell twice.
    """
    for line in lines:
        account, _, chat = line.chat.partition("|")
        id = f"{mirror}:{line.message_id}"
        if not chat or not _is_connected(session, account):
            tell(session, id, DeliveryState.FAILED, NOWHERE, key=id, now=now)
            continue
        spoken = IncomingMessage(
            id=id,
            created_at=now,
            account=account,
            author="human",
            chat=chat,
            message_id=line.message_id,
            message_text=line.text,
            sent_at=line.sent_at,
        )
        outgoing = OutgoingMessage(
            id=id, created_at=now, account=account, chat=chat, message_text=line.text or "", author="human"
        )
        key = lane_key(account, chat)
        if table.publish(
            session, "incoming_messages", spoken.model_dump_json(exclude_none=True), id=id, key=key, now=now
        ):
            body = outgoing.model_dump_json(by_alias=True, exclude_none=True)
            table.publish(session, "outgoing_messages", body, id=id, key=key, now=now, rank=outgoing.rank, lot=account)


def tell(
    session: Session, outgoing_id: str, state: DeliveryState, reason: str | None, *, key: str, now: datetime
) -> None:
    """Have a manager see in the mirror what became of his line."""
    body = {"answer": outgoing_id.rpartition(":")[2], "state": state, "reason": reason}
    table.publish(session, QUEUE, body, id=f"{outgoing_id}:{state}", key=key, now=now)


async def reflect(app: App, lease: Lease) -> None:
    """Show one line in the mirror, or what became of one that was written there."""
    name = next((name for name, channel in app.channels.items() if hasattr(channel, "show")), None)
    if name is None:
        return
    mirror, now = cast(MirrorChannel, app.channels[name]), app.clock.now()
    try:
        if "answer" in lease.messages[0].body:
            await mirror.tell(_delivery(lease.messages[0].body))
        else:
            await _show(app, mirror, lease)
    except RateLimited as error:
        await app.db.run(table.put_back, lease, until=now + timedelta(seconds=error.retry_after))
    except BadCredentials as error:
        await app.db.run(_wait_for_account, lease, name, error, now=now)
    except Rejected as error:
        await app.db.run(table.fail, POLICY, lease, str(error), now=app.clock.now(), final=True)


async def _show(app: App, mirror: MirrorChannel, lease: Lease) -> None:
    """What may have been shown by an attempt that was cut short is looked for first."""
    (message,) = lease.messages
    channel, now = app.channels.get(message.body["account"]), app.clock.now()
    row = await app.db.read(_row, message.body)
    if row is None or (channel is not None and app.messengers[channel.vendor].is_in_crm):
        return
    if _waits_for_words(app, row):
        await app.db.run(table.put_back, lease, until=now + _LOOK_FOR_WORDS_AGAIN)
        return
    line = _line(row, message.body["name"])
    is_old = now.timestamp() - message.created_at > _MAY_BE_THERE_AFTER.total_seconds()
    if (lease.attempts or is_old) and await mirror.is_shown(line):
        return
    await mirror.show(line)


def _row(session: Session, body: dict[str, Any]) -> LoggedMessage | None:
    """The line as the log has it; None when it is not to be shown any more."""
    row = session.scalar(
        select(LoggedMessage).where(
            LoggedMessage.account == body["account"], LoggedMessage.message_id == body["message_id"]
        )
    )
    return None if row is None or row.kind == Kind.DELETION else row


def _waits_for_words(app: App, row: LoggedMessage) -> bool:
    """Whether this is a voice note that is being put into words, which need not take for ever."""
    is_silent = row.is_voice and row.message_text is None and row.processed_at is not None
    return bool(is_silent and app.transcriber and app.clock.now() < cast(datetime, row.processed_at) + _WORDS_WITHIN)


def _line(row: LoggedMessage, name: str | None) -> Line:
    return Line(
        chat=lane_key(row.account, row.chat),
        message_id=f"{row.account}:{row.message_id}",
        sent_at=row.created_at,
        from_us=row.direction == "out",
        from_api=None,
        kind=Kind(row.kind),
        text=row.message_text,
        phone_number=row.phone_number,
        contact=Contact(name=name),
    )


def _delivery(body: dict[str, Any]) -> Delivery:
    """A line nobody will see is a failure to whoever wrote it."""
    state = DeliveryState(body["state"])
    return Delivery(body["answer"], DeliveryState.FAILED if state in _NO_LONGER else state, reason=body["reason"])


def _wait_for_account(session: Session, lease: Lease, name: str, error: BadCredentials, *, now: datetime) -> None:
    accounts.not_accepted(session, name, error, now=now)
    table.put_back(session, lease, until=now + _BEFORE_ASKING_AGAIN)


def _is_connected(session: Session, account: str) -> bool:
    found = session.get(Account, account)
    return found is not None and found.disconnected_at is None


_MIRROR = Statement(f"select 1 from accounts where name like '{MIRROR}%' and disconnected_at is null")  # noqa: S608
