"""The log's rows of letters we are to send: leave to send, sent, back again, or given up; each with its report."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy.orm import Session

from saudager.contracts import DeliveryState, Kind, OutgoingMail
from saudager.db.statements import Statement, insert_into, moment
from saudager.errors import (
    AddressRefused,
    BadCredentials,
    Deferred,
    OutsideError,
    Rejected,
)
from saudager.gateway import accounts, mail_threads, spoken
from saudager.gateway.intake import erased_id
from saudager.gateway.mail_threads import Thread
from saudager.gateway.reports import report
from saudager.gateway.spoken import Customer
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy

QUEUE = "outgoing_mail"
SENDING = "sending"
DISCONNECTED = "ящик отключён"
EXPIRED = "expired"
NOBODY_KNOWS = "Связь с почтовым сервером оборвалась, и неизвестно, ушло ли письмо: второй раз оно не отправляется."
_KEY_IS_KNOWN_FOR = timedelta(hours=20)
"""Carriers that know a letter again do so for a day: https://resend.com/docs/dashboard/emails/idempotency-keys
(read 2026-11)."""
_LONGEST_HOLD = timedelta(hours=1)

Suppressed = Literal["bounced", "complained"]


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send the letter of this row of the log; ``only`` by the carrier that may have it already and knows it
    again."""

    row: int
    message_id: str
    thread: Thread
    only: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    account: str
    chat: str
    outgoing_id: str
    message_id: str
    queue_status: str
    carrier: str | None
    created_at: datetime


def policy() -> Policy:
    """One letter at a time; what certainly did not arrive is tried for some eight hours, as mail servers ask."""
    return Policy(QUEUE, max_attempts=20, lease=15, backoff=15, backoff_max=1800, batch=1, on_dead=_bury)


def complete(session: Session, body: dict[str, Any]) -> None:
    """Give a letter published by hand its mailbox; raises NotFound when none is connected."""
    if not body.get("account"):
        body["account"] = accounts.default_mailbox(session).name


def is_disconnected(session: Session, lease: Lease, *, now: datetime) -> None:
    """The mailbox is not connected any more: nothing is sent, and what was on its way is left as unsettled."""
    table.fail(session, policy(), lease, DISCONNECTED, now=now, final=True)


def permit(
    session: Session,
    lease: Lease,
    outgoing: OutgoingMail,
    *,
    carrier: str,
    repeating: Collection[str],
    pace: timedelta,
    now: datetime,
) -> Permit | None:
    """Mark the letter as being sent by the carrier, or settle it here when it was sent before or must not be.

    ``repeating``: the carriers of the mailbox that send a letter once, however often it is handed over. A letter of
    which one of the others left us without an answer is never sent again.
    """
    if accounts.is_paused(session, outgoing.account):  # since the letter was claimed
        table.put_back(session, lease)
        return None
    thread = mail_threads.of(session, outgoing)
    row = _row(session, outgoing, thread, now=now)
    if row.queue_status == DeliveryState.SENT:
        _settle(session, row, DeliveryState.SENT, queue_status=DeliveryState.SENT, now=now)
        table.finish(session, lease, now=now)
        return None
    if row.queue_status in (SENDING, DeliveryState.UNSETTLED):
        if row.carrier not in repeating or now - row.created_at > _KEY_IS_KNOWN_FOR or _has_expired(outgoing, now):
            table.fail(session, policy(), lease, NOBODY_KNOWS, now=now, final=True)
            return None
        _keep_pace(session, outgoing.account, pace, now)
        return Permit(row.id, row.message_id, thread, only=row.carrier)
    if (verdict := _forbidden(session, outgoing, row, now)) is not None:
        state, reason, suppressed = verdict
        _settle(session, row, state, queue_status=state, now=now, reason=reason, suppressed=suppressed)
        table.finish(session, lease, now=now)
        return None
    _MARK(session, id=row.id, queue_status=SENDING, carrier=carrier)
    _keep_pace(session, outgoing.account, pace, now)
    return Permit(row.id, row.message_id, thread)


def hand_to(session: Session, outgoing: OutgoingMail, carrier: str) -> None:
    """From now on it is another carrier that may have it."""
    _HAND_TO(session, outgoing_id=outgoing.id, carrier=carrier)


def record(
    session: Session,
    lease: Lease,
    outgoing: OutgoingMail,
    permit: Permit,
    *,
    carrier: str,
    carrier_id: str,
    broken: Mapping[str, BadCredentials],
    now: datetime,
) -> None:
    """It is sent: note by whom, tell the agent, and tell a person of carriers that would not have it."""
    _CARRIED(session, id=permit.row, carrier=carrier, carrier_id=carrier_id, now=now)
    report(
        session,
        DeliveryState.SENT,
        account=outgoing.account,
        chat=outgoing.recipient.lower(),
        outgoing_id=outgoing.id,
        message_id=permit.message_id,
        now=now,
    )
    table.finish(session, lease, now=now)
    for name, error in broken.items():
        about = f"{outgoing.account}:{name}"
        accounts.ask_for_a_person(session, outgoing.account, str(error), about=about, now=now)


def wait(session: Session, lease: Lease, outgoing: OutgoingMail, *, until: datetime, now: datetime) -> None:
    """Nothing is wrong with the letter: it waits, with all others of its mailbox, until a carrier may be asked."""
    accounts.hold_sends(session, outgoing.account, until=min(until, now + _LONGEST_HOLD))
    table.put_back(session, lease)


def did_not_leave(
    session: Session,
    lease: Lease,
    outgoing: OutgoingMail,
    permit: Permit,
    errors: Sequence[OutsideError],
    *,
    nobody_accepts: bool,
    until: datetime,
    now: datetime,
) -> None:
    """No carrier took it: the letter waits alone where its own recipient is the reason or one carrier must take it, and
    else the whole mailbox does; for a person when ``nobody_accepts`` its keys."""
    if permit.only is None:
        _MARK_QUEUED(session, outgoing_id=outgoing.id)
    if deferred := [error for error in errors if isinstance(error, Deferred)]:
        table.fail(session, policy(), lease, str(deferred[-1]), now=now)
        return
    refused = [error for error in errors if isinstance(error, BadCredentials)]
    if nobody_accepts:
        accounts.not_accepted(session, outgoing.account, refused[0], now=now)
        table.put_back(session, lease)
        return
    if permit.only is not None:
        table.put_back(session, lease, until=until)
        return
    wait(session, lease, outgoing, until=until, now=now)


def was_refused(session: Session, lease: Lease, outgoing: OutgoingMail, error: Rejected, *, now: datetime) -> None:
    """A carrier will never take it; an address that is nobody's gets nothing any more."""
    _MARK_QUEUED(session, outgoing_id=outgoing.id)
    if isinstance(error, AddressRefused):
        suppress(session, outgoing.recipient, "bounced", str(error), now=now)
        row = _row(session, outgoing, Thread(outgoing.subject), now=now)
        state = DeliveryState.FAILED
        _settle(session, row, state, queue_status=state, now=now, reason=f"bounced: {error}", suppressed="bounced")
        table.finish(session, lease, now=now)
    else:
        table.fail(session, policy(), lease, str(error), now=now, final=True)


def nobody_knows(session: Session, lease: Lease, error: OutsideError, *, now: datetime) -> None:
    """It may have arrived, and its carrier does not know a letter again: it is never sent a second time."""
    table.fail(session, policy(), lease, f"{NOBODY_KNOWS} ({error})", now=now, final=True)


def suppress(session: Session, address: str, reason: Suppressed, says: str | None, *, now: datetime) -> None:
    """Send nothing to the address any more."""
    _SUPPRESS(session, address=address.lower(), reason=reason, says=says, since=now)


def _keep_pace(session: Session, account: str, pace: timedelta, now: datetime) -> None:
    if pace:
        accounts.hold_sends(session, account, until=now + pace)


def message_id_of(outgoing: OutgoingMail) -> str:
    """The Message-ID it is sent under, however often it is tried. Carriers know a letter again by it, so it is another
    one for the letter of the same number in another database that sends from this mailbox."""
    written = f"{outgoing.account} {outgoing.id} {outgoing.created_at.isoformat()}"
    digest = sha256(written.encode()).hexdigest()[:32]
    return f"{digest}@{outgoing.account.rpartition('@')[2] or 'localhost'}"


def _has_expired(outgoing: OutgoingMail, now: datetime) -> bool:
    return outgoing.expires_at is not None and outgoing.expires_at <= now


def _forbidden(
    session: Session, outgoing: OutgoingMail, row: _Row, now: datetime
) -> tuple[DeliveryState, str, Suppressed | None] | None:
    if _has_expired(outgoing, now):
        return DeliveryState.WITHDRAWN, EXPIRED, None
    if (found := _SUPPRESSED(session, address=row.chat, erased=erased_id(row.chat)).fetchone()) is not None:
        reason: Suppressed = found[0]
        return DeliveryState.FAILED, reason, reason
    customer = Customer(outgoing.account, row.chat)
    if (taken_back := spoken.takes_back(session, outgoing, customer)) is not None:
        return DeliveryState.WITHDRAWN, taken_back, None
    return None


def _bury(session: Session, message: Message, reason: str, now: datetime) -> None:
    """A letter that will not be tried again: failed, or nobody knows whether it arrived."""
    outgoing = OutgoingMail.model_validate(message.body)
    row = _row(session, outgoing, Thread(outgoing.subject), now=now)
    is_settled = row.queue_status not in (SENDING, DeliveryState.UNSETTLED)
    state = DeliveryState.FAILED if is_settled else DeliveryState.UNSETTLED
    _settle(session, row, state, queue_status=state, now=now, reason=reason)


def _settle(
    session: Session,
    row: _Row,
    state: DeliveryState,
    *,
    queue_status: str,
    now: datetime,
    reason: str | None = None,
    suppressed: Suppressed | None = None,
) -> None:
    _SETTLE(session, id=row.id, queue_status=queue_status, vendor_status=state, now=now)
    report(
        session,
        state,
        account=row.account,
        chat=row.chat,
        outgoing_id=row.outgoing_id,
        message_id=row.message_id if state is DeliveryState.SENT else None,
        now=now,
        reason=reason,
        suppressed=suppressed,
    )


def _row(session: Session, outgoing: OutgoingMail, thread: Thread, *, now: datetime) -> _Row:
    """The letter's row, made at its first attempt; with its Message-ID, by which it is known when it is read among the
    sent ones before its carrier has answered."""
    found = _FIND(session, outgoing_id=outgoing.id).fetchone()
    if found is None:
        found = _NEW(
            session,
            account=outgoing.account,
            chat=outgoing.recipient.lower(),
            message_id=message_id_of(outgoing),
            outgoing_id=outgoing.id,
            direction="out",
            author=outgoing.author,
            kind=Kind.TEXT,
            message_text=None if outgoing.secret else outgoing.text,
            subject=thread.subject,
            thread=" ".join(thread.references) or None,
            is_voice=False,
            queue_status="queued",
            written_at=min(outgoing.created_at, now),
            created_at=now,
        ).fetchone()
    id, account, chat, message_id, queue_status, carrier, created_at = found
    return _Row(id, account, chat, outgoing.id, message_id, queue_status, carrier, moment(created_at) or now)


_COLUMNS = "id, account, chat, message_id, queue_status, carrier, created_at"
_FIND = Statement(f"select {_COLUMNS} from message_log where outgoing_id = :outgoing_id")  # noqa: S608
_NEW = insert_into(
    "message_log",
    (
        "account",
        "chat",
        "message_id",
        "outgoing_id",
        "direction",
        "author",
        "kind",
        "message_text",
        "subject",
        "thread",
        "is_voice",
        "queue_status",
        "written_at",
        "created_at",
    ),
    f"returning {_COLUMNS}",
)
_MARK = Statement("update message_log set queue_status = :queue_status, carrier = :carrier where id = :id")
_MARK_QUEUED = Statement("""
    update message_log set queue_status = 'queued', carrier = null
    where outgoing_id = :outgoing_id and queue_status = 'sending'""")
_HAND_TO = Statement("update message_log set carrier = :carrier where outgoing_id = :outgoing_id")
_CARRIED = Statement("""
    update message_log set queue_status = 'sent', processed_at = :now, carrier = :carrier, carrier_id = :carrier_id,
        vendor_status = case when vendor_status in ('delivered', 'read', 'failed') then vendor_status else 'sent' end
    where id = :id""")
_SETTLE = Statement("""
    update message_log set queue_status = :queue_status,
        vendor_status = case
            when vendor_status in ('delivered', 'read', 'failed') and :vendor_status = 'sent'
            then vendor_status else :vendor_status end,
        processed_at = :now
    where id = :id""")
_SUPPRESSED = Statement("select reason from suppressions where address in (:address, :erased)")
_SUPPRESS = insert_into("suppressions", ("address", "reason", "says", "since"), "on conflict (address) do nothing")
