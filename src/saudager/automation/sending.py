"""Messages and letters of rules and sequences: where they go, in whose words, and through the one door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import became, in_crm, placeholders
from saudager.automation.became import Became, Outcome
from saudager.automation.definitions import SendLetter, SendMessage
from saudager.automation.facts import Subject
from saudager.contracts import MAILBOX, MessageClass
from saudager.conversations import handover
from saudager.conversations.opening import opened
from saudager.crm import correspondence
from saudager.db.statements import Statement
from saudager.letters import reaching, rendering
from saudager.letters.sending import Mailboxes, mailboxes
from saudager.letters.unsubscribe import Links
from saudager.orders import opening
from saudager.orders.judging import States
from saudager.orders.opening import Numbers
from saudager.outreach import consent, door, policy
from saudager.outreach.policy import Verdict, Wanted
from saudager.sales import people
from saudager.settings import Settings

IN_LINE, NO_CONTACT, NO_PHONE, NO_EMAIL = "in_line", "no_contact", "no_phone", "no_email"
NO_ACCOUNT, NO_MAILBOX, NO_CONVERSATION = "no_account", "no_mailbox", "no_conversation"
NEEDS_TEMPLATE, UNKNOWN_NAMES, WITH_PERSON = "needs_template", "unknown_names", "with_person"
LOOKED_AGAIN_IN = timedelta(hours=1)
"""When a message is tried again of which nobody can tell how long it waits."""
_NAMELESS = "Сообщение не отправлено: неизвестно {names}. Напишите клиенту сами: {who}"
_ADDRESSLESS = "Письмо не отправлено: у клиента нет адреса почты. {who}"
_TEMPLATELESS = "Сообщение не отправлено: клиент писал больше суток назад, и WhatsApp принял бы только шаблон. {who}"


@dataclass(frozen=True, slots=True)
class Post:
    """What can carry messages now: our numbers, our mailboxes, and what each may still send unasked today."""

    numbers: Numbers
    mailboxes: Mailboxes
    links: Links
    states: States


@dataclass(frozen=True, slots=True)
class Carriers:
    """Our connected numbers and mailboxes, as the gateway tells them, and where offers are unsubscribed from."""

    numbers: Numbers
    mailboxes: Mailboxes
    links: Links

    def post(self, session: Session, settings: Settings, now: datetime) -> Post:
        """They, with their day, in one transaction."""
        return Post(self.numbers, self.mailboxes, self.links, States(session, settings, now, hold=True))


async def carriers(app: App) -> Carriers:
    """Raises OutsideError while the gateway does not answer."""
    numbers = opening.numbers(await app.gateway.accounts())
    return Carriers(numbers, await mailboxes(app), Links(app.vault, app.settings.public_url))


@dataclass(frozen=True, slots=True)
class _Words:
    """A letter as it is shown."""

    subject: str
    body: str
    language: str = "ru"
    year: Sequence[Sequence[str]] | None = None


def send_message(
    session: Session,
    action: SendMessage,
    subject: Subject,
    values: Mapping[str, Any],
    post: Post,
    *,
    once: str,
    settings: Settings,
    now: datetime,
) -> Became:
    """To the chat he wrote in last, or else to his number."""
    if subject.contact_id is None:
        return became.skipped(NO_CONTACT)
    text, unknown = placeholders.fill(action.text, values)
    if unknown:
        return nameless(unknown, subject)
    message_class = MessageClass(action.message_class)
    phone: str | None = _PHONE(session, contact=subject.contact_id).fetchone()[0]
    place = opening.find(session, subject.contact_id, phone or "", post.numbers, preferred=None)
    if place is None:
        return became.waits(NO_ACCOUNT, now + LOOKED_AGAIN_IN)
    if place.conversation_id is None and phone is None:
        return became.skipped(NO_PHONE)
    if place.conversation_id is None and message_class is MessageClass.FOLLOW_UP:
        return became.skipped(NO_CONVERSATION)
    if not opening.takes_free_text(place, post.numbers, now=now):
        return became.skipped(NEEDS_TEMPLATE, _TEMPLATELESS.format(who=_who(subject)), text=text)
    if place.conversation_id is not None:
        held = _held_until(session, place.conversation_id, message_class, now=now)
        if held is not None:
            return became.waits(WITH_PERSON, held)
    contact, conversation = opening.open_conversation(session, subject.contact_id, phone or "", place, now=now)
    if message_class is MessageClass.MARKETING:
        reaching.draw_group(session, contact, settings.holdout_share, now=now)
    wanted = Wanted(once, contact, place.account, message_class)
    verdict = door.write(
        session, wanted, conversation, text, settings=settings, state=post.states[place.account], now=now
    )
    return _said(session, verdict, subject, now, text=text, account=place.account)


def send_letter(
    session: Session,
    action: SendLetter,
    subject: Subject,
    values: Mapping[str, Any],
    post: Post,
    *,
    once: str,
    settings: Settings,
    now: datetime,
) -> Became:
    """As a letter of the lead where there is one; else to the address he has corresponded from, or another that is
    known, from the mailbox he knows or our default one."""
    if subject.contact_id is None:
        return became.skipped(NO_CONTACT)
    message_class = MessageClass(action.message_class)
    (title, unknown), (text, more) = (placeholders.fill(part, values) for part in (action.subject, action.text))
    if unknown or more:
        return nameless([*unknown, *more], subject)
    if message_class is MessageClass.MARKETING:
        reaching.draw_group(session, subject.contact_id, settings.holdout_share, now=now)
    if (lead := in_crm.lead_of(session, subject)) is not None:
        verdict = correspondence.send_letter(
            session,
            lead,
            title,
            text,
            about=once,
            message_class=message_class,
            settings=settings,
            now=now,
            mailbox=post.mailboxes.default,
            unsubscribe=post.links.of_conversation,
        )
        return _said(session, verdict, subject, now, title=title, text=text, lead=lead.id)
    row = _ADDRESS(session, contact=subject.contact_id).fetchone()
    if row is None:
        return _addressless(subject)
    email, written_to = row
    account = written_to if written_to in post.mailboxes.senders else post.mailboxes.default
    if account is None:
        return became.waits(NO_MAILBOX, now + LOOKED_AGAIN_IN)
    is_offer = message_class is not MessageClass.SERVICE
    conversation = opened(session, subject.contact_id, account, email, now=now)
    link = post.links.of_conversation(conversation) if is_offer else None
    sender = post.mailboxes.senders[account]
    shown = rendering.render(_Words(title, text), sender=sender, unsubscribe=link, is_offer=is_offer)
    wanted = Wanted(
        once,
        subject.contact_id,
        account,
        message_class,
        channel=policy.EMAIL,
        address=email,
        agreed=people.agrees(session, email),
    )
    letter = door.Letter(title, shown.html, shown.pictures, link)
    verdict = door.write(
        session,
        wanted,
        conversation,
        shown.text,
        settings=settings,
        letter=letter,
        state=post.states[account],
        now=now,
    )
    return _said(session, verdict, subject, now, title=title, text=text, address=email)


def _said(session: Session, verdict: Verdict, subject: Subject, now: datetime, **detail: Any) -> Became:
    if verdict.may == "write":
        return became.done(**detail)
    if verdict.may == "wait":
        return became.waits(verdict.reason or "", verdict.until or now + LOOKED_AGAIN_IN)
    if verdict.reason == NO_EMAIL:
        return _addressless(subject)
    assert subject.contact_id is not None
    wants_nothing = (
        verdict.reason == policy.OPTED_OUT and consent.standing(session, subject.contact_id) == consent.EVERYTHING
    )
    return Became(Outcome.REFUSED, verdict.reason or "", is_last=wants_nothing)


def _addressless(subject: Subject) -> Became:
    return became.skipped(NO_EMAIL, _ADDRESSLESS.format(who=_who(subject)))


def _held_until(
    session: Session, conversation_id: int, message_class: MessageClass, *, now: datetime
) -> datetime | None:
    """When to look again, while a person has the customer; what he expects goes once the silence is over."""
    until = handover.silent_until(session, conversation_id, now=now)
    if until is not None or message_class is MessageClass.SERVICE:
        return until
    has_case = _HAS_CASE(session, conversation=conversation_id).fetchone() is not None
    return now + LOOKED_AGAIN_IN if has_case else None


def nameless(unknown: Sequence[str], subject: Subject) -> Became:
    """Nothing is said where a name is not known and the text has no other word for it."""
    names = ", ".join(dict.fromkeys(unknown))
    return became.skipped(UNKNOWN_NAMES, _NAMELESS.format(names=names, who=_who(subject)), names=names)


def _who(subject: Subject) -> str:
    return f"контакт {subject.contact_id}"


_PHONE = Statement("select phone_number from contacts where id = :contact")
_ADDRESS = Statement(f"""
    select address, account from (
        select chat as address, account, 0 as rank, coalesce(last_message_at, created_at) as at from conversations
        where contact_id = :contact and account like '{MAILBOX}%'
        union all
        select value, null, 1, null from identities where contact_id = :contact and kind = 'email'
        union all
        select email, null, 2, null from persons where contact_id = :contact and email is not null) known
    order by rank, at desc, address limit 1""")  # noqa: S608
_HAS_CASE = Statement("""
    select 1 from cases c join conversations k on k.contact_id = c.contact_id
    where k.id = :conversation and c.closed_at is null limit 1""")
