"""A customer's line as rules and sequences hear of it: once, when its words are known."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import events
from saudager.contracts import is_mailbox
from saudager.conversations.inbox import Received
from saudager.conversations.transcript import words
from saudager.db.statements import Statement
from saudager.events import Happened

_QUOTED = 1000


def customer_wrote(session: Session, received: Received, *, now: datetime) -> None:
    """He wrote, and if it is a letter behind one of ours, he answered it. A voice note is told of when it has been put
    into words, or nobody could; what he has taken back is not."""
    line = received.message
    if line.history or line.deleted or line.author != "customer":
        return
    if line.is_voice and line.voice_transcription is None:
        return
    contact, is_client, is_first, is_answer = _WHO(
        session, conversation=received.conversation_id, message=line.id, is_letter=is_mailbox(line.account)
    ).fetchone()
    text = (line.voice_transcription or words(line))[:_QUOTED]
    events.tell(
        session,
        Happened.CUSTOMER_WROTE,
        f"conversation:{received.conversation_id}",
        contact_id=contact,
        conversation_id=received.conversation_id,
        facts={
            "text": text,
            "is_first": bool(is_first),
            "account": line.account,
            "is_client": None if is_client is None else bool(is_client),
        },
        once=f"message:{line.id}",
        now=now,
    )
    if is_answer:
        events.tell(
            session,
            Happened.LETTER_ANSWERED,
            f"conversation:{received.conversation_id}",
            contact_id=contact,
            conversation_id=received.conversation_id,
            facts={"subject": line.subject or "", "text": text},
            once=f"letter:{line.id}",
            now=now,
        )


_WHO = Statement("""
    select k.contact_id, c.is_client,
        not exists (select 1 from messages m
            where m.conversation_id = k.id and m.id < :message and m.author = 'customer'),
        :is_letter and exists (select 1 from messages m
            where m.conversation_id = k.id and m.id < :message and m.author <> 'customer')
    from conversations k join contacts c on c.id = k.contact_id where k.id = :conversation""")
