"""The log's rows of messages we are to send: leave to send, sent, back again, or given up; each with its report."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from saudager.contracts import Contact, DeliveryState, Kind, MessageClass, OutgoingMessage
from saudager.db.statements import Statement, insert_into, moment
from saudager.errors import BadCredentials, FirstContactRefused, OutsideError, RateLimited, Rejected
from saudager.gateway import accounts, mirroring, spoken, whitelist
from saudager.gateway.reports import report
from saudager.gateway.spoken import Customer
from saudager.phones import chat_with, normalise_phone
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy

QUEUE = "outgoing_messages"
SENDING = "sending"
WINDOW_CLOSED, NO_FIRST_CONTACTS = "window_closed", "no_first_contacts"
NO_WHATSAPP = "no_whatsapp"
DISCONNECTED = "канал отключён"
_ABSENT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send; ``look_first`` when an earlier attempt may have arrived."""

    look_first: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    account: str
    chat: str
    outgoing_id: str
    message_id: str | None
    queue_status: str
    created_at: datetime


def policy() -> Policy:
    """Three attempts for what certainly did not arrive, one message of a chat at a time."""
    return Policy(QUEUE, max_attempts=3, lease=15, backoff=2, batch=1, on_dead=_bury)


def chat_of(outgoing: OutgoingMessage) -> str:
    """Where it goes; a number written by hand, in any form, is brought to the one the chat list has."""
    written = outgoing.chat or outgoing.phone_number or ""
    phone = _phone_in(written)
    return written if phone is None else chat_with(phone)


def may_go(session: Session, outgoing: OutgoingMessage, *, window: timedelta | None, now: datetime) -> bool:
    """Whether the customer may see us come: the message is neither sent already nor forbidden."""
    found = _FIND(session, outgoing_id=outgoing.id).fetchone()
    return (found is None or found[3] is None) and _forbidden(session, outgoing, window, now) is None


def is_reachable(session: Session, outgoing: OutgoingMessage, *, now: datetime) -> bool | None:
    """Whether the number is known to be on the messenger, or lately known not to be; None: nobody has asked.

    Who wrote to us or was sent something is there; behind a hidden id somebody always is.
    """
    chat = chat_of(outgoing)
    if outgoing.message_class is MessageClass.REPLY or _phone_in(chat) is None:
        return True
    phone = _phone_of(session, outgoing)
    where = {"account": outgoing.account, "chat": chat, "phone": phone, "outgoing_id": outgoing.id}
    row = _REACHABLE(session, **where, since=now - _ABSENT_FOR).fetchone()
    return None if row is None or row[0] is None else bool(row[0])


def is_nobody(session: Session, lease: Lease, outgoing: OutgoingMessage, *, now: datetime) -> None:
    """The number is not on the messenger: nothing is sent."""
    row = _row(session, outgoing, now=now)
    _settle(session, row, DeliveryState.FAILED, queue_status=NO_WHATSAPP, now=now, reason=NO_WHATSAPP)
    table.finish(session, lease, now=now)


def is_disconnected(session: Session, lease: Lease, outgoing: OutgoingMessage, *, now: datetime) -> None:
    """The account is not connected any more: nothing is sent, and what was on its way is left as unsettled."""
    table.fail(session, policy(), lease, DISCONNECTED, now=now, final=True)


def permit(
    session: Session,
    lease: Lease,
    outgoing: OutgoingMessage,
    *,
    pace: timedelta,
    window: timedelta | None,
    now: datetime,
) -> Permit | None:
    """Mark the message as being sent, or settle it here when it was sent before or must not be.

    ``window``: see ``Channel.window``.
    """
    row = _row(session, outgoing, now=now)
    if row.message_id is not None:
        record(session, lease, outgoing, row.message_id, now=now)
        return None
    earlier = row.queue_status in (SENDING, DeliveryState.UNSETTLED)
    if not earlier and (verdict := _forbidden(session, outgoing, window, now)) is not None:
        state, reason = verdict
        _settle(session, row, state, queue_status=state, now=now, reason=reason)
        table.finish(session, lease, now=now)
        return None
    _MARK(session, id=row.id, queue_status=SENDING)
    accounts.hold_sends(session, outgoing.account, until=now + pace)
    return Permit(look_first=earlier, since=row.created_at)


def record(session: Session, lease: Lease, outgoing: OutgoingMessage, message_id: str, *, now: datetime) -> None:
    """It is sent: note the messenger's id and tell the agent."""
    row = _row(session, outgoing, now=now)
    _FORGET_ECHO(session, account=row.account, message_id=message_id, id=row.id)  # seen by a poll before our answer
    _settle(session, row, DeliveryState.SENT, queue_status=DeliveryState.SENT, message_id=message_id, now=now)
    if outgoing.message_class is not MessageClass.ALERT and not mirroring.is_from_a_mirror(outgoing.id):
        mirroring.show(session, row.account, row.chat, message_id, Contact(), now=now)
    table.finish(session, lease, now=now)


def wait_for_account(
    session: Session, lease: Lease, outgoing: OutgoingMessage, error: RateLimited | BadCredentials, *, now: datetime
) -> None:
    """Nothing is wrong with the message: it waits until its account may send again."""
    if isinstance(error, RateLimited):
        accounts.hold_sends(session, outgoing.account, until=now + timedelta(seconds=error.retry_after))
    else:
        accounts.not_accepted(session, outgoing.account, error, now=now)
    table.put_back(session, lease)


def did_not_leave(
    session: Session, lease: Lease, outgoing: OutgoingMessage, permit: Permit, error: OutsideError, *, now: datetime
) -> None:
    """The messenger certainly did not take it: wait for the account, give it up, or leave the retry to the lane.

    After an attempt that may have arrived every later one looks first, in case that one was only slow.
    """
    if not permit.look_first:
        _MARK(session, id=_row(session, outgoing, now=now).id, queue_status="queued")
    if isinstance(error, RateLimited | BadCredentials):
        wait_for_account(session, lease, outgoing, error, now=now)
    elif isinstance(error, Rejected):
        if isinstance(error, FirstContactRefused):
            accounts.refuse_first_contacts(session, outgoing.account, until=error.until, now=now)
            error = Rejected(f"{NO_FIRST_CONTACTS}: {error}")
        table.fail(session, policy(), lease, str(error), now=now, final=True)


def is_another_of_ours(session: Session, outgoing: OutgoingMessage, message_id: str) -> bool:
    """Whether a line of the messenger is recorded as another message of ours than this one."""
    known = {"account": outgoing.account, "message_id": message_id, "outgoing_id": outgoing.id}
    return _ANOTHER_OF_OURS(session, **known).fetchone() is not None


def _bury(session: Session, message: Message, reason: str, now: datetime) -> None:
    """A message that will not be tried again: failed, or nobody knows whether it arrived."""
    row = _row(session, OutgoingMessage.model_validate(message.body), now=now)
    is_settled = row.queue_status not in (SENDING, DeliveryState.UNSETTLED)
    state = DeliveryState.FAILED if is_settled else DeliveryState.UNSETTLED
    _settle(session, row, state, queue_status=state, now=now, reason=reason)


def _forbidden(
    session: Session, outgoing: OutgoingMessage, window: timedelta | None, now: datetime
) -> tuple[DeliveryState, str] | None:
    if outgoing.message_class is not MessageClass.ALERT:
        numbers = {_phone_of(session, outgoing), _phone_in(chat_of(outgoing))}
        if any(whitelist.holds(session, number) for number in numbers):
            return DeliveryState.FAILED, "номер в белом списке"
    if (reason := spoken.takes_back(session, outgoing, _customer(session, outgoing))) is not None:
        return DeliveryState.WITHDRAWN, reason
    if (
        window is not None
        and outgoing.template is None
        and not spoken.wrote_since(session, _customer(session, outgoing), now - window)
    ):
        return DeliveryState.FAILED, WINDOW_CLOSED
    if outgoing.message_class is not MessageClass.REPLY and _is_refused_first_contact(session, outgoing, now):
        return DeliveryState.FAILED, NO_FIRST_CONTACTS
    return None


def _is_refused_first_contact(session: Session, outgoing: OutgoingMessage, now: datetime) -> bool:
    if not accounts.first_contacts_refused(session, outgoing.account, now=now):
        return False
    return not spoken.wrote_since(session, _customer(session, outgoing), datetime.fromtimestamp(0, UTC))


def _settle(
    session: Session,
    row: _Row,
    state: DeliveryState,
    *,
    queue_status: str,
    now: datetime,
    message_id: str | None = None,
    reason: str | None = None,
) -> None:
    _SETTLE(session, id=row.id, message_id=message_id, queue_status=queue_status, vendor_status=state, now=now)
    report(
        session,
        state,
        account=row.account,
        chat=row.chat,
        outgoing_id=row.outgoing_id,
        message_id=message_id,
        now=now,
        reason=reason,
    )


def _row(session: Session, outgoing: OutgoingMessage, *, now: datetime) -> _Row:
    """The message's row, made at its first attempt."""
    found = _FIND(session, outgoing_id=outgoing.id).fetchone()
    if found is None:
        _NEW(
            session,
            account=outgoing.account,
            chat=chat_of(outgoing),
            phone_number=_phone_of(session, outgoing),
            outgoing_id=outgoing.id,
            direction="out",
            author=outgoing.author,
            kind=Kind.TEXT if outgoing.media is None else Kind.IMAGE,
            message_text=outgoing.message_text,
            is_voice=False,
            queue_status="queued",
            written_at=min(outgoing.created_at, now),
            created_at=now,
        )
        found = _FIND(session, outgoing_id=outgoing.id).fetchone()
    id, account, chat, message_id, queue_status, created_at = found
    return _Row(id, account, chat, outgoing.id, message_id, queue_status, moment(created_at) or now)


def _customer(session: Session, outgoing: OutgoingMessage) -> Customer:
    return Customer(outgoing.account, chat_of(outgoing), _phone_of(session, outgoing))


def _phone_of(session: Session, outgoing: OutgoingMessage) -> str | None:
    """The number it goes to; behind a hidden id the one the log knows, if any."""
    if outgoing.phone_number:
        return normalise_phone(outgoing.phone_number) or outgoing.phone_number
    chat = chat_of(outgoing)
    if (phone := _phone_in(chat)) is not None:
        return phone
    known = _NUMBER_BEHIND(session, account=outgoing.account, chat=chat).fetchone()
    return None if known is None else known[0]


def _phone_in(chat: str) -> str | None:
    return normalise_phone(chat) if chat.partition("@")[2] in ("", "c.us", "s.whatsapp.net") else None


_FIND = Statement(
    "select id, account, chat, message_id, queue_status, created_at from message_log where outgoing_id = :outgoing_id"
)
_NEW = insert_into(
    "message_log",
    (
        "account",
        "chat",
        "phone_number",
        "outgoing_id",
        "direction",
        "author",
        "kind",
        "message_text",
        "is_voice",
        "queue_status",
        "written_at",
        "created_at",
    ),
)
_MARK = Statement("update message_log set queue_status = :queue_status where id = :id")
_SETTLE = Statement("""
    update message_log set message_id = coalesce(:message_id, message_id), queue_status = :queue_status,
        vendor_status = case
            when vendor_status in ('delivered', 'read') or (vendor_status = 'failed' and message_id = :message_id)
            then vendor_status else :vendor_status end,
        processed_at = :now
    where id = :id""")
_ANOTHER_OF_OURS = Statement("""
    select 1 from message_log
    where account = :account and message_id = :message_id and outgoing_id <> :outgoing_id""")
_FORGET_ECHO = Statement("delete from message_log where account = :account and message_id = :message_id and id <> :id")
_NUMBER_BEHIND = Statement("""
    select phone_number from message_log
    where account = :account and chat = :chat and phone_number is not null order by id desc limit 1""")


_REACHABLE = Statement(f"""
    select max(case when queue_status <> '{NO_WHATSAPP}' then 1 else 0 end) from (
        select queue_status from message_log where outgoing_id = :outgoing_id
        union all
        select queue_status from message_log
        where account = :account and chat = :chat
            and (direction = 'in' or message_id is not null or (queue_status = '{NO_WHATSAPP}' and created_at > :since))
        union all
        select queue_status from message_log
        where phone_number = cast(:phone as text) and account = :account
            and (direction = 'in' or message_id is not null)) known""")  # noqa: S608
