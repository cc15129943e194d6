"""What is said in our chats with the contact of an open lead is noted in the lead, when the talk has come to a rest."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import DeliveryReport, DeliveryState, is_mailbox
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.conversations.transcript import words
from saudager.crm import deeds, leads, notes
from saudager.crm.models import CrmConnection, CrmLead
from saudager.crm.notes import Said
from saudager.db.statements import Statement
from saudager.queues import table
from saudager.queues.table import Lease, Policy
from saudager.settings import Settings

QUEUE = "crm_talks"
"""Lanes are the conversations. A body is ``{"conversation_id": id}``."""
_QUIET_FOR = timedelta(minutes=10)
_LATEST_AFTER = 3600.0
_FROM_BEFORE_THE_LEAD = timedelta(days=1)
"""A lead is made out of a talk: what was said shortly before belongs to it."""
_LINES = 200
_NOT_SAID = (DeliveryState.FAILED, DeliveryState.WITHDRAWN)
_SETTLED = (DeliveryState.SENT, DeliveryState.UNSETTLED, *_NOT_SAID)


def line_was_said(session: Session, conversation_id: int, news: int | str, *, now: datetime) -> None:
    """A line of a chat: it is noted once nothing has been said for ten minutes, an hour after the first at the
    latest. ``news`` is the line's id, or another name of what is told of once."""
    if leads.are_any(session) and _IS_NOTED(session, conversation=conversation_id).fetchone() is not None:
        _ask(session, conversation_id, str(news), now=now)


def line_left(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """A line of ours has really left, or never will: what was said behind it waits no more."""
    if report.state not in _SETTLED or is_mailbox(report.account) or not leads.are_any(session):
        return
    row = _OURS(session, outgoing_id=report.for_).fetchone()
    if row is not None:
        line_was_said(session, row[0], f"{row[1]}:{report.state}", now=now)


async def note_talk(app: App, lease: Lease) -> None:
    """Note what was said in the leased conversation since it was noted last."""
    conversation_id = lease.messages[0].body["conversation_id"]

    def note(session: Session, *, now: datetime) -> None:
        _note(session, conversation_id, app.settings, now=now)
        table.finish(session, lease, now=now)

    await app.db.run(partial(note, now=app.clock.now()))


def _ask(session: Session, conversation_id: int, id: str, *, now: datetime) -> None:
    table.publish(
        session,
        QUEUE,
        {"conversation_id": conversation_id},
        id=f"{conversation_id}:{id}",
        key=str(conversation_id),
        now=now,
        due=now + _QUIET_FOR,
        cap=_LATEST_AFTER,
    )


def _note(session: Session, conversation_id: int, settings: Settings, *, now: datetime) -> None:
    conversation = session.get_one(Conversation, conversation_id)
    for lead, connection in _leads(session, conversation):
        after = _NOTED(session, lead=lead.id, conversation=conversation_id).fetchone()
        since = max(lead.created_at - _FROM_BEFORE_THE_LEAD, connection.connected_at)
        last = 0 if after is None else after[0]
        lines = list(_said(session, conversation_id, last, since))
        if not lines:
            continue
        _note_lines(session, lead, conversation, lines, settings, now=now)
        _NOTE(session, lead=lead.id, conversation=conversation_id, message=lines[-1].id)
        if len(lines) == _LINES:
            _ask(session, conversation_id, f"after:{lines[-1].id}", now=now)


def _leads(session: Session, conversation: Conversation) -> Iterator[tuple[CrmLead, CrmConnection]]:
    """Of each CRM the open lead it belongs to; none where the chat itself stands in the CRM."""
    seen = set[int]()
    for lead in leads.open_of(session, conversation.contact_id):
        connection = session.get_one(CrmConnection, lead.connection_id)
        is_its_own = conversation.account.startswith(connection.vendor)
        if lead.connection_id not in seen and connection.notes_talks and not is_its_own:
            yield lead, connection
        seen.add(lead.connection_id)


def _said(session: Session, conversation_id: int, after: int, since: datetime) -> Iterator[Message]:
    """The lines that follow, up to the first of ours that has not left yet."""
    rows = session.scalars(
        select(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.id > after,
            Message.received_at >= since,
            Message.history.is_(False),
        )
        .order_by(Message.id)
        .limit(_LINES)
    )
    for message in rows:
        if message.delivery_state == DeliveryState.QUEUED:
            return
        yield message


def _note_lines(
    session: Session,
    lead: CrmLead,
    conversation: Conversation,
    lines: Sequence[Message],
    settings: Settings,
    *,
    now: datetime,
) -> None:
    contact = session.get_one(Contact, conversation.contact_id)
    customer = contact.name or contact.full_name or "Клиент"
    said = [_line(line, customer, settings) for line in lines if line.delivery_state not in _NOT_SAID and words(line)]
    title = f"Переписка с клиентом {contact.phone_number or ''} ({conversation.account})".replace("  ", " ")
    for part, text in enumerate(notes.talk(title, said) if said else (), start=1):
        about = f"note:talk:{lead.id}:{conversation.id}:{lines[-1].id}:{part}"
        deeds.note(session, lead, text, about=about, now=now)


def _line(line: Message, customer: str, settings: Settings) -> Said:
    by = {Author.CUSTOMER: customer, Author.BOT: settings.shop_name}.get(Author(line.author))
    unsure = " (неизвестно, дошло ли)" if line.delivery_state == DeliveryState.UNSETTLED else ""
    return Said(by or line.written_by or "Сотрудник", words(line) + unsure, line.sent_at.astimezone(settings.zone))


POLICY = Policy(QUEUE, lease=30)
_IS_NOTED = Statement("""
    select 1 from conversations k
    join crm_contacts c on c.contact_id = k.contact_id
    join crm_leads l on l.connection_id = c.connection_id and l.contact_vendor_id = c.vendor_id
    join crm_connections x on x.id = l.connection_id
    where k.id = :conversation and l.closed_at is null and not l.is_deleted and x.notes_talks
        and x.disconnected_at is null
    limit 1""")
_OURS = Statement("select conversation_id, id from messages where outgoing_id = :outgoing_id")
_NOTED = Statement("select message_id from crm_noted_talks where lead_id = :lead and conversation_id = :conversation")
_NOTE = Statement("""
    insert into crm_noted_talks (lead_id, conversation_id, message_id) values (:lead, :conversation, :message)
    on conflict (lead_id, conversation_id) do update set message_id = excluded.message_id""")
