"""Who has spoken in a chat since a message of ours was written, and so whether it still makes sense there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.contracts import MessageClass, OutgoingMail, OutgoingMessage
from saudager.db.statements import Statement, moment

PERSON_SPOKE, CLIENT_RESPONDED = "person_spoke", "client_responded"
_TALKED_OVER = (MessageClass.FOLLOW_UP, MessageClass.MARKETING)
"""What makes no sense any more once somebody has spoken."""


@dataclass(frozen=True, slots=True)
class Customer:
    """His lines may stand in the chat of his phone's id or of his hidden id: the number joins them. Of letters the chat
    is his address."""

    account: str
    chat: str
    phone: str | None = None


def takes_back(session: Session, outgoing: OutgoingMessage | OutgoingMail, customer: Customer) -> str | None:
    """Why the message is not said any more; None: it still makes sense."""
    if outgoing.author == "bot" and outgoing.message_class is MessageClass.REPLY:
        return PERSON_SPOKE if _person_spoke_since(session, outgoing, customer) else None
    return _spoken_since(session, outgoing, customer) if outgoing.message_class in _TALKED_OVER else None


def wrote_since(session: Session, customer: Customer, since: datetime) -> bool:
    """Whether the customer wrote to us after the moment."""
    return _WROTE(session, **_named(customer), since=since).fetchone() is not None


def _spoken_since(session: Session, outgoing: OutgoingMessage | OutgoingMail, customer: Customer) -> str | None:
    """Who spoke since it was written: the customer, a person, or nobody."""
    if _HUMAN_AFTER(session, **_named(customer), written=outgoing.created_at).fetchone() is not None:
        return PERSON_SPOKE
    return CLIENT_RESPONDED if wrote_since(session, customer, outgoing.created_at) else None


def _person_spoke_since(session: Session, outgoing: OutgoingMessage | OutgoingMail, customer: Customer) -> bool:
    """A person's line that was written when the last line the reply answers had come (or, not knowing that line, after
    the reply was written). How long a person's line then waited to be sent says nothing."""
    seen = _KNOWN(session, account=customer.account, message_id=outgoing.based_on).fetchone()
    if seen is None:
        return _HUMAN_AFTER(session, **_named(customer), written=outgoing.created_at).fetchone() is not None
    id, heard = seen
    return _HUMAN_BEHIND(session, **_named(customer), seen=id, heard=moment(heard)).fetchone() is not None


def _named(customer: Customer) -> dict[str, str | None]:
    return {"account": customer.account, "chat": customer.chat, "phone": customer.phone}


_KNOWN = Statement("select id, processed_at from message_log where account = :account and message_id = :message_id")


def _said_to_us(author: str, when: str) -> Statement:
    """Whether there is such a line of the customer's chat, under either of its ids; an index serves each half."""
    return Statement(f"""
        select 1 from message_log
        where account = :account and chat = :chat and author = '{author}' and {when}
        union all
        select 1 from message_log
        where phone_number = cast(:phone as text) and account = :account and author = '{author}' and {when}
        limit 1""")  # noqa: S608


_WROTE = _said_to_us("customer", "created_at > :since")
_HUMAN_AFTER = _said_to_us("human", "created_at > :written and (written_at is null or written_at > :written)")
_HUMAN_BEHIND = _said_to_us("human", "id > :seen and (written_at is null or written_at >= :heard)")
