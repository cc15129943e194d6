"""Letters of a lead: sent the way its connection has them leave, and kept in it whole, ours and the customer's."""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.contracts import MAILBOX, DeliveryReport, DeliveryState, Kind, MessageClass, is_mailbox
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.conversations.transcript import words
from saudager.crm import deeds, leads, notes, strategies
from saudager.crm.models import CrmConnection, CrmDeed, CrmLead, Strategy
from saudager.crm.strategies import LeadLetter
from saudager.outreach.policy import Verdict
from saudager.sales import people
from saudager.settings import Settings

NO_EMAIL, DISCONNECTED = "no_email", "disconnected"
_NO_MAILBOX = "Письмам сделок не из какого ящика уходить: подключите почту или выберите ящик."
_NO_BOT = "Письма сделок уходят через Salesbot, но бот или поле для текста не выбраны."
_FILE_OF = re.compile(r"#\d{1,3}$")


def send_letter(
    session: Session,
    lead: CrmLead,
    subject: str,
    text: str,
    *,
    about: str,
    message_class: MessageClass,
    settings: Settings,
    now: datetime,
    html: str | None = None,
    in_reply_to: str | None = None,
    mailbox: str | None = None,
    unsubscribe: Callable[[int], str | None] | None = None,
) -> Verdict:
    """Write to whom the lead is about, if that may be now; ``about`` is the letter's own name for ever, and the same is
    sent once. ``mailbox`` is what it leaves from when the connection names none; ``unsubscribe`` makes the link for a
    conversation by which its reader is spared further offers."""
    connection = session.get_one(CrmConnection, lead.connection_id)
    if connection.disconnected_at is not None:
        return Verdict("refuse", DISCONNECTED)
    reader = leads.reader(session, lead, now=now)
    if reader is None:
        return Verdict("refuse", NO_EMAIL)
    letter = LeadLetter(
        about=about,
        reader=reader,
        subject=subject,
        text=text,
        message_class=message_class,
        html=html,
        in_reply_to=in_reply_to,
        agreed=people.agrees(session, reader.email),
        unsubscribe=unsubscribe,
    )
    match Strategy(connection.strategy):
        case Strategy.MAILBOX:
            verdict = strategies.by_mailbox(
                session, connection, lead, letter, mailbox=mailbox, settings=settings, now=now
            )
        case Strategy.SALESBOT:
            verdict = strategies.by_bot(session, connection, lead, letter, settings=settings, now=now)
        case Strategy.NOTE:
            verdict = strategies.by_note(session, connection, lead, letter, settings=settings, now=now)
    if verdict.reason in (strategies.NO_MAILBOX, strategies.NO_BOT):
        says = _NO_MAILBOX if verdict.reason == strategies.NO_MAILBOX else _NO_BOT
        attention.ask(session, Why.CRM, f"crm:{connection.id}", says, now=now)
    return verdict


def letter_came(session: Session, message: Message, *, settings: Settings, now: datetime) -> None:
    """Keep a letter in the lead it belongs to: the customer's, or one the merchant wrote in his mail program. What a
    robot wrote is no part of it."""
    if message.message_id is not None and not message.history and leads.are_any(session):
        _keep(session, message, message.message_id, settings, now)


def letter_left(session: Session, report: DeliveryReport, *, settings: Settings, now: datetime) -> None:
    """Keep a letter of ours in the lead it belongs to, now that it has really left."""
    if report.state is not DeliveryState.SENT or not is_mailbox(report.account) or not report.vendor_message_id:
        return
    if not leads.are_any(session):
        return
    message = session.scalars(select(Message).where(Message.outgoing_id == report.for_)).one_or_none()
    if message is not None:
        _keep(session, message, report.vendor_message_id, settings, now)


def about_letter(message_id: str) -> str:
    """What the note of a letter is called: nobody is found by it."""
    return f"note:letter:{sha256(message_id.encode()).hexdigest()[:32]}"


def _keep(session: Session, message: Message, message_id: str, settings: Settings, now: datetime) -> None:
    conversation = session.get_one(Conversation, message.conversation_id)
    answered = message.reply_to_message_id or _answered_by(session, message)
    lead = _lead_of(session, message, conversation.contact_id, answered)
    if lead is None:
        return
    contact = session.get_one(Contact, conversation.contact_id)
    incoming, is_file = message.author == Author.CUSTOMER, message.kind != Kind.TEXT
    ours = conversation.account.removeprefix(MAILBOX)
    shop = _named(settings.mail_sender_name or settings.shop_name, ours)
    customer = _named(contact.full_name or contact.name, conversation.chat)
    heads = notes.LetterHeads(
        incoming=incoming,
        sender=customer if incoming else shop,
        recipient=shop if incoming else customer,
        subject=message.subject or _subject_of(session, message.account, answered, answering=not is_file),
        message_id=message_id,
        at=message.sent_at.astimezone(settings.zone),
    )
    text = f"Вложение: {words(message)}" if is_file else message.text or ""
    for part, note in enumerate(notes.letter(heads, text), start=1):
        about = about_letter(message_id) + (f":{part}" if part > 1 else "")
        deeds.note(session, lead, note, about=about, now=now)


def _lead_of(session: Session, message: Message, contact_id: int, answered: str | None) -> CrmLead | None:
    """The lead the letter was sent from; else the one the letter it answers is kept in; else his newest open one."""
    names = [message.outgoing_id, about_letter(answered) if answered else None]
    for name in filter(None, names):
        lead = session.scalars(
            select(CrmLead)
            .join(
                CrmDeed,
                (CrmDeed.connection_id == CrmLead.connection_id) & (CrmDeed.lead_vendor_id == CrmLead.vendor_id),
            )
            .join(CrmConnection, CrmConnection.id == CrmLead.connection_id)
            .where(CrmDeed.about == name, CrmLead.is_deleted.is_(False), CrmConnection.disconnected_at.is_(None))
        ).one_or_none()
        if lead is not None:
            return lead
    return next(iter(leads.open_of(session, contact_id)), None)


def _answered_by(session: Session, message: Message) -> str | None:
    """The letter an answer of ours, or a file of a letter, belongs to."""
    if message.message_id and _FILE_OF.search(message.message_id):
        return _FILE_OF.sub("", message.message_id)
    if message.author == Author.CUSTOMER:
        return None
    found = session.scalar(
        select(Message.message_id)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.id < message.id,
            Message.author == Author.CUSTOMER,
            Message.message_id.is_not(None),
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return None if found is None else _FILE_OF.sub("", found)


def _subject_of(session: Session, account: str, answered: str | None, *, answering: bool) -> str:
    if answered is None:
        return ""
    query = select(Message.subject).where(Message.account == account, Message.message_id == answered)
    subject = session.scalar(query) or ""
    return f"Re: {subject}" if answering and subject and not subject.lower().startswith("re:") else subject


def _named(name: str | None, address: str) -> str:
    return f"{name} <{address}>" if name else address
