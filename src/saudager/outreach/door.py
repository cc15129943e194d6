"""The one door for what nobody asked for: judged, kept in the ledger, and written when it may go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from saudager.contracts import OutgoingMail, OutgoingMessage, Picture, is_mailbox, lane_key
from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.outreach import accounts, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import table
from saudager.settings import Settings

QUEUE = "outreach"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message that goes by mail has besides its text; ``unsubscribe`` is where one click takes him off, and
    ``in_reply_to`` the Message-ID of the letter it answers."""

    subject: str
    html: str | None = None
    pictures: tuple[Picture, ...] = ()
    unsubscribe: str | None = None
    recipient_name: str | None = None
    in_reply_to: str | None = None


class Address(NamedTuple):
    """Where a message goes: the chat, and the messenger's id of the customer's last line in it."""

    chat: str
    last_line: str | None


def write(
    session: Session,
    wanted: Wanted,
    conversation_id: int,
    text: str,
    *,
    settings: Settings,
    now: datetime,
    template: dict[str, Any] | None = None,
    letter: Letter | None = None,
    state: AccountState | None = None,
    judged: Verdict | None = None,
    address: Address | None = None,
) -> Verdict:
    """Write the message in this conversation of ``wanted.account`` if it may go now; its verdict is kept either way.
    From a mailbox it goes as a ``letter``, without one as an answer in the thread.

    What is ``about`` the same is written once, however often it is asked for: then the verdict is ``write`` again. A
    batch in one transaction hands in ``accounts.state``, and for each what it has just made sure still holds: its
    ``judged`` verdict and the ``address``. Raises NotFound when the account has no such conversation.
    """
    assert wanted.message_class in policy.UNASKED, f"{wanted.message_class} does not go by this door"
    if state is None:
        state = accounts.state(session, wanted.account, settings, now, hold=True)
    elif not state.is_held:
        accounts.hold(session, state)
    met_today = False
    if judged is None:
        known = policy.facts(session, wanted, state)
        if known.is_written:
            return Verdict("write")
        judged, met_today = policy.decide(wanted, known, state, settings, now), known.met_today
    elif judged.may == "write":
        judged = policy.within_the_day(wanted, state, settings) or judged
    if policy.note(session, wanted, judged, now) and judged.may == "write":
        state.take(wanted.contact_id, first_contact=judged.first_contact, met_today=met_today)
        to = address or _address(session, wanted.account, conversation_id)
        if letter is None and is_mailbox(wanted.account):
            letter = Letter(subject="")
        outgoing = (
            _letter(wanted, to, text, letter, now=now) if letter else _message(wanted, to, text, template, now=now)
        )
        _publish(session, wanted, conversation_id, to, outgoing, now=now)
    return judged


def let_go(session: Session, wanted: Wanted, *, settings: Settings, now: datetime) -> Verdict:
    """The same of a message that somebody else sends in our name: it is judged and kept in the ledger. The caller has
    it sent, once, when the verdict is ``write``, asks ``release`` just before whether it is still welcome, and tells
    it what became of it."""
    assert wanted.message_class in policy.UNASKED, f"{wanted.message_class} does not go by this door"
    state = accounts.state(session, wanted.account, settings, now, hold=True)
    known = policy.facts(session, wanted, state)
    if known.is_written:
        return Verdict("write")
    judged = policy.decide(wanted, known, state, settings, now)
    policy.note(session, wanted, judged, now)
    return judged


def withdraw(session: Session, about: str, reason: str, now: datetime) -> bool:
    """Take a written message back; False when there is none, or it was handed to the gateway already."""
    return _WITHDRAW(session, about=about, reason=reason, now=now).rowcount > 0


def outgoing_of(body: Mapping[str, Any]) -> OutgoingMessage | OutgoingMail:
    """The message of a row of the queue."""
    told = body["outgoing"]
    kind = OutgoingMail if is_mailbox(told["account"]) else OutgoingMessage
    return kind.model_validate(told)


def _message(
    wanted: Wanted, to: Address, text: str, template: dict[str, Any] | None, *, now: datetime
) -> OutgoingMessage:
    return OutgoingMessage(
        id=wanted.about,
        created_at=now,
        account=wanted.account,
        chat=to.chat,
        message_text=text,
        template=template,
        message_class=wanted.message_class,
        based_on=to.last_line,
    )


def _letter(wanted: Wanted, to: Address, text: str, letter: Letter, *, now: datetime) -> OutgoingMail:
    return OutgoingMail(
        id=wanted.about,
        created_at=now,
        account=wanted.account,
        recipient=to.chat,
        recipient_name=letter.recipient_name,
        subject=letter.subject,
        text=text,
        html=letter.html,
        pictures=list(letter.pictures),
        in_reply_to=letter.in_reply_to,
        unsubscribe=letter.unsubscribe,
        message_class=wanted.message_class,
        based_on=to.last_line,
    )


def _publish(
    session: Session,
    wanted: Wanted,
    conversation_id: int,
    to: Address,
    outgoing: OutgoingMessage | OutgoingMail,
    *,
    now: datetime,
) -> None:
    table.publish(
        session,
        QUEUE,
        {
            "conversation_id": conversation_id,
            "outgoing": outgoing.model_dump(mode="json", by_alias=True, exclude_none=True),
        },
        id=wanted.about,
        key=lane_key(wanted.account, to.chat),
        now=now,
        rank=wanted.message_class.rank,
        lot=wanted.account,
    )


def _address(session: Session, account: str, conversation_id: int) -> Address:
    row = _ADDRESS(session, conversation=conversation_id, account=account).fetchone()
    if row is None:
        raise NotFound(f"{account} has no conversation {conversation_id}")
    return Address(*row)


_ADDRESS = Statement("""
    select chat, (
        select message_id from messages
        where conversation_id = k.id and message_id is not null and author = 'customer' order by id desc limit 1)
    from conversations k where id = :conversation and account = :account""")
_WITHDRAW = Statement("""
    update outreach_verdicts set fate = 'withdrawn', fate_at = :now, reason = :reason, counted_at = null
    where about = :about and verdict = 'write' and fate is null""")
