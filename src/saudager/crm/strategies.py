"""How a letter of a lead leaves: by our own mailer, by a bot of the CRM, or by a note said to make the CRM send it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.contracts import MAILBOX, MessageClass
from saudager.conversations import opening
from saudager.conversations.models import Conversation
from saudager.crm import deeds
from saudager.crm.deeds import DeedKind
from saudager.crm.leads import Reader
from saudager.crm.models import CrmConnection, CrmLead
from saudager.outreach import door, policy
from saudager.outreach.policy import Verdict, Wanted
from saudager.settings import Settings

NO_MAILBOX, NO_BOT = "no_mailbox", "no_bot"
"""Why no letter of a connection can leave."""
NOTE_THAT_SENDS = "outgoing_email"
_BY_LINK = "Отписаться от предложений: {link}"
_BY_ANSWER = "Чтобы больше не получать предложений, ответьте на это письмо словом «стоп»."


@dataclass(frozen=True, slots=True)
class LeadLetter:
    """A letter of a lead, to its reader. ``agreed``: whether he wants offers by mail, None when nobody asked him."""

    about: str
    reader: Reader
    subject: str
    text: str
    message_class: MessageClass
    html: str | None = None
    in_reply_to: str | None = None
    agreed: bool | None = None
    unsubscribe: Callable[[int], str | None] | None = None

    @property
    def is_offer(self) -> bool:
        return self.message_class is not MessageClass.SERVICE

    def spared_by(self, conversation_id: int) -> str | None:
        """The link by which the reader of an offer gets no more of them."""
        return self.unsubscribe(conversation_id) if self.is_offer and self.unsubscribe else None

    def body(self, link: str | None = None) -> str:
        """Its text; an offer says below how to get no more of them."""
        if not self.is_offer:
            return self.text
        return f"{self.text.rstrip()}\n\n-- \n{_BY_LINK.format(link=link) if link else _BY_ANSWER}"

    def wanted(self, account: str) -> Wanted:
        return Wanted(
            about=self.about,
            contact_id=self.reader.contact_id,
            account=account,
            message_class=self.message_class,
            channel=policy.EMAIL,
            address=self.reader.email,
            agreed=self.agreed,
        )


def by_mailbox(
    session: Session,
    connection: CrmConnection,
    lead: CrmLead,
    letter: LeadLetter,
    *,
    mailbox: str | None,
    settings: Settings,
    now: datetime,
) -> Verdict:
    """It leaves from the merchant's mailbox, whose Sent folder keeps it, and is noted in the lead once it has left."""
    account = connection.mailbox or mailbox or _last_mailbox(session, letter.reader.contact_id)
    if account is None:
        return Verdict("wait", NO_MAILBOX)
    reader = letter.reader
    conversation = opening.opened(session, reader.contact_id, account, reader.email, now=now)
    link = letter.spared_by(conversation)
    verdict = door.write(
        session,
        letter.wanted(account),
        conversation,
        letter.body(link),
        settings=settings,
        letter=door.Letter(
            letter.subject,
            letter.html,
            unsubscribe=link,
            recipient_name=reader.name or None,
            in_reply_to=letter.in_reply_to,
        ),
        now=now,
    )
    if verdict.may == "write":
        deeds.ask(
            session,
            lead.connection_id,
            lead.vendor_id,
            DeedKind.LETTER,
            {"subject": letter.subject, "text": letter.text},
            about=letter.about,
            contact_id=reader.contact_id,
            now=now,
        )
    return verdict


def by_bot(
    session: Session,
    connection: CrmConnection,
    lead: CrmLead,
    letter: LeadLetter,
    *,
    settings: Settings,
    now: datetime,
) -> Verdict:
    """The lead's field is filled with its text and the bot run that says what stands there. The CRM tells that it has
    taken the bot on, and not what becomes of it."""
    if connection.bot_id is None or connection.bot_field_id is None:
        return Verdict("wait", NO_BOT)
    verdict = door.let_go(session, letter.wanted(_account(connection)), settings=settings, now=now)
    if verdict.may == "write":
        body = {
            "bot": connection.bot_id,
            "values": {str(connection.bot_field_id): letter.body()},
            "letter": letter.about,
            "subject": letter.subject,
        }
        _hand_over(session, lead, DeedKind.BOT, body, letter, now)
    return verdict


def by_note(
    session: Session,
    connection: CrmConnection,
    lead: CrmLead,
    letter: LeadLetter,
    *,
    settings: Settings,
    now: datetime,
) -> Verdict:
    """A note of the kind that is said to send it. Kommo's API knows no such kind; then the letter has failed."""
    verdict = door.let_go(session, letter.wanted(_account(connection)), settings=settings, now=now)
    if verdict.may == "write":
        says = f"{letter.subject}\n{letter.reader.email}\n\n{letter.body()}"
        body = {"kind": NOTE_THAT_SENDS, "text": says, "letter": letter.about, "subject": letter.subject}
        _hand_over(session, lead, DeedKind.NOTE, body, letter, now)
    return verdict


def _hand_over(
    session: Session, lead: CrmLead, kind: DeedKind, body: Mapping[str, object], letter: LeadLetter, now: datetime
) -> None:
    deeds.ask(
        session,
        lead.connection_id,
        lead.vendor_id,
        kind,
        body,
        about=letter.about,
        contact_id=letter.reader.contact_id,
        now=now,
    )


def _account(connection: CrmConnection) -> str:
    """What the ledger calls the CRM where it sends itself."""
    return f"crm:{connection.id}"


def _last_mailbox(session: Session, contact_id: int) -> str | None:
    """The mailbox he has corresponded with, else the one anybody has."""
    return session.scalar(
        select(Conversation.account)
        .where(Conversation.account.like(f"{MAILBOX}%"))
        .order_by((Conversation.contact_id == contact_id).desc(), Conversation.id.desc())
        .limit(1)
    )
