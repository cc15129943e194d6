"""Lines from a messenger become log rows and queue rows, in one transaction, each exactly once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.contracts import Contact, DeliveryState, IncomingMessage, Kind, Media, is_mailbox, lane_key
from saudager.db.statements import Statement, insert_into
from saudager.gateway import media, mirroring, transcription, whitelist
from saudager.gateway.models import Account, LoggedMessage
from saudager.gateway.reports import report
from saudager.providers.channels import Delivery, Line
from saudager.queues import table
from saudager.words import storable

QUEUE = "incoming_messages"
ERASED = "erased"
"""The row is kept only so that the line is not taken for a new one."""
_STATES = list(DeliveryState)

_Told = TypeVar("_Told", Contact, Media)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many of the lines were new, and how many changed something known."""

    new: int
    changed: int


def take(session: Session, account: Account, lines: Iterable[Line], *, hears: bool, now: datetime) -> Taken:
    """Log and pass on what has not been seen. Lines are of one account; order of writing is restored. ``hears``: there
    is somebody who turns voice notes into words.

    Raises QueueFull when the agent's queue has no room: then nothing of the batch is stored, and it comes again.
    """
    ordered = [media.with_place(account.name, _cleaned(line)) for line in sorted(lines, key=lambda line: line.sent_at)]
    known = _known(session, account, [line.message_id for line in ordered])
    fresh = {line.message_id: line for line in reversed(ordered) if line.message_id not in known}
    table.require_room(session, QUEUE, len(fresh))
    first = [line for line in ordered if fresh.get(line.message_id) is line]
    new = sum(_take_new(session, account, line, hears=hears, now=now) for line in first)
    again = [line for line in ordered if fresh.get(line.message_id) is not line]
    known |= _known(session, account, [line.message_id for line in again if line.message_id in fresh])
    changed = sum(
        _take_change(session, account, session.get_one(LoggedMessage, known[line.message_id]), line, now=now)
        for line in again
        if line.message_id in known
    )
    return Taken(new, changed)


def advance(session: Session, account: Account, deliveries: Iterable[Delivery], *, now: datetime) -> int:
    """Bring messages of ours forward to what the messenger tells, never backwards; how many that changed."""
    changed = 0
    for delivery in deliveries:
        known = _row_of(session, account, delivery.message_id)
        row = session.get_one(LoggedMessage, known[0]) if known else _sent_as(session, account, delivery, now=now)
        if row is not None:
            changed += _advance(session, row, delivery.state, reason=delivery.reason, now=now)
    return changed


def _sent_as(session: Session, account: Account, delivery: Delivery, *, now: datetime) -> LoggedMessage | None:
    """A message of ours whose answer we never got, known by the id we gave it: it did arrive."""
    if delivery.own_id is None:
        return None
    row = session.scalar(
        select(LoggedMessage).where(
            LoggedMessage.outgoing_id == delivery.own_id,
            LoggedMessage.account == account.name,
            LoggedMessage.message_id.is_(None),
        )
    )
    if row is not None:
        row.message_id = delivery.message_id
        session.flush()  # the next delivery of the same call is looked for by it
        _show(session, row, Contact(), now=now)
    return row


def _known(session: Session, account: Account, ids: Sequence[str]) -> dict[str, int]:
    found = ((id, _row_of(session, account, id)) for id in ids)
    return {id: row[0] for id, row in found if row is not None}


def erased_id(message_id: str) -> str:
    """What stays of a messenger's id, in which WhatsApp writes the customer's number: the line is known by it."""
    return f"{ERASED}:{sha256(message_id.encode()).hexdigest()}"


def _row_of(session: Session, account: Account, message_id: str) -> Any:
    """The row a line was logged in, also one that was erased since; None for a new line."""
    return _KNOWN(session, account=account.name, message_id=message_id, erased=erased_id(message_id)).fetchone()


def _take_new(session: Session, account: Account, line: Line, *, hears: bool, now: datetime) -> bool:
    if line.from_us and line.from_api is not False and _is_our_echo(session, account, line, now=now):
        return False
    allowed = not whitelist.holds(session, line.phone_number)
    kind = Kind.DELETION if line.deleted else line.kind
    _LOG(
        session,
        account=account.name,
        chat=line.chat,
        phone_number=line.phone_number,
        message_id=line.message_id,
        direction="out" if line.from_us else "in",
        author=_author(line),
        kind=kind,
        message_text=line.text if allowed else None,
        subject=line.subject if allowed else None,
        thread=line.thread,
        is_voice=line.is_voice,
        vendor_status=line.delivery,
        queue_status="queued" if allowed else "whitelisted",
        created_at=line.sent_at,
        processed_at=now,
    )
    if allowed:
        if _waits_for_words(account, line) and not (
            hears and transcription.ask_for_words(session, account.name, line, now=now)
        ):
            line = replace(line, text="")
        _pass_on(session, account, line, id=f"{account.name}:{line.message_id}", kind=kind, now=now)
        comes_later = not is_mailbox(account.name) and line.sent_at >= account.connected_at
        if comes_later:
            mirroring.show(session, account.name, line.chat, line.message_id, line.contact, now=now)
        if line.media is not None and line.media.path is not None and comes_later:
            media.ask_for_file(session, account.name, line, line.media.path, now=now)
    return True


def _waits_for_words(account: Account, line: Line) -> bool:
    """Whether this is a customer's voice note, which a turn will be about."""
    is_new = line.sent_at >= account.connected_at and not line.deleted
    return line.is_voice and line.text is None and not line.from_us and is_new


def _author(line: Line) -> str:
    """Of the log: another program that writes through the same API is neither a customer nor a person."""
    if not line.from_us:
        return "customer"
    return "api" if line.from_api else "human"


def _is_our_echo(session: Session, account: Account, line: Line, *, now: datetime) -> bool:
    """Whether this is a message of ours whose answer we never got: then it is settled as sent."""
    unanswered = session.scalars(
        select(LoggedMessage)
        .where(
            LoggedMessage.account == account.name,
            LoggedMessage.direction == "out",
            LoggedMessage.message_id.is_(None),
            LoggedMessage.queue_status.in_(("sending", DeliveryState.UNSETTLED)),
        )
        .order_by(LoggedMessage.id.desc())
    )
    alike = [row for row in unanswered if (row.message_text or "").strip() == (line.text or "").strip()]
    row = _of_chat(alike, line)
    if row is None:
        return False
    row.message_id = line.message_id
    session.flush()
    _show(session, row, line.contact, now=now)
    arrived = DeliveryState.SENT if line.delivery in (None, DeliveryState.QUEUED) else line.delivery
    _advance(session, row, arrived, now=now)
    return True


def _show(session: Session, row: LoggedMessage, contact: Contact, *, now: datetime) -> None:
    """Have a message of ours that proves to have arrived shown in the mirror."""
    if row.message_id is not None and not mirroring.is_from_a_mirror(row.outgoing_id or ""):
        mirroring.show(session, row.account, row.chat, row.message_id, contact, now=now)


def _of_chat(rows: Sequence[LoggedMessage], line: Line) -> LoggedMessage | None:
    """The row the line is an echo of. WhatsApp may show what is just being sent to a number in the chat of its hidden
    id, and the other way round: where no phone number joins the two, that is believed of a single row only."""
    here = [row for row in rows if row.chat == line.chat]
    if here:
        return here[0]
    sending = [row for row in rows if row.queue_status == "sending"]
    numbered = [row for row in sending if row.phone_number is not None and row.phone_number == line.phone_number]
    if numbered:
        return numbered[0]
    hidden = [row for row in sending if row.chat.endswith("@lid") != line.chat.endswith("@lid")]
    guessed = [row for row in hidden if row.phone_number is None or line.phone_number is None]
    return guessed[0] if len(guessed) == 1 else None


def _take_change(session: Session, account: Account, row: LoggedMessage, line: Line, *, now: datetime) -> bool:
    if row.queue_status in ("whitelisted", ERASED):
        return False
    if row.outgoing_id is not None:
        return _advance(session, row, line.delivery, now=now)
    if line.deleted and row.kind != Kind.DELETION:
        row.kind = Kind.DELETION
        _pass_on(session, account, line, id=f"{account.name}:{line.message_id}:deleted", kind=Kind.DELETION, now=now)
        return True
    if line.edited and not row.is_voice and line.text != row.message_text:
        row.message_text = line.text
        digest = sha256((row.message_text or "").encode()).hexdigest()[:16]
        _pass_on(session, account, line, id=f"{account.name}:{line.message_id}:edit:{digest}", kind=Kind.EDIT, now=now)
        return True
    return False


def _advance(
    session: Session, row: LoggedMessage, state: DeliveryState | None, *, now: datetime, reason: str | None = None
) -> bool:
    if state is None or row.outgoing_id is None or row.vendor_status == state:
        return False
    if row.vendor_status == DeliveryState.UNSETTLED:
        if state is DeliveryState.QUEUED:
            return False
        row.queue_status = DeliveryState.SENT
    elif row.vendor_status is not None and _STATES.index(state) < _STATES.index(DeliveryState(row.vendor_status)):
        return False
    row.vendor_status = state
    report(
        session,
        state,
        account=row.account,
        chat=row.chat,
        outgoing_id=row.outgoing_id,
        message_id=row.message_id,
        now=now,
        reason=reason,
    )
    return True


def _pass_on(session: Session, account: Account, line: Line, *, id: str, kind: Kind, now: datetime) -> None:
    incoming = IncomingMessage(
        id=id,
        created_at=now,
        account=account.name,
        author="human" if line.from_us else "customer",
        history=line.history or line.sent_at < account.connected_at or (line.from_us and line.from_api is True),
        phone_number=line.phone_number,
        chat=line.chat,
        message_id=line.message_id,
        message_text=line.text,
        kind=kind,
        media=line.media,
        is_voice=line.is_voice,
        reply_to_message_id=line.reply_to,
        subject=line.subject or None,
        contact=line.contact,
        sent_at=line.sent_at,
    )
    table.publish(
        session,
        QUEUE,
        incoming.model_dump_json(exclude_none=True),
        id=id,
        key=lane_key(account.name, line.chat),
        now=now,
    )


def _cleaned(line: Line) -> Line:
    media = None if line.media is None else _clean_fields(line.media)
    text, subject = (None if written is None else storable(written) for written in (line.text, line.subject))
    return replace(line, text=text, subject=subject, contact=_clean_fields(line.contact), media=media)


def _clean_fields(told: _Told) -> _Told:
    written = {name: value for name, value in told if isinstance(value, str)}
    return told.model_copy(update={name: storable(value) for name, value in written.items()}) if written else told


_KNOWN = Statement("select id from message_log where account = :account and message_id in (:message_id, :erased)")
_LOG = insert_into(
    "message_log",
    (
        "account",
        "chat",
        "phone_number",
        "message_id",
        "direction",
        "author",
        "kind",
        "message_text",
        "subject",
        "thread",
        "is_voice",
        "vendor_status",
        "queue_status",
        "created_at",
        "processed_at",
    ),
)
