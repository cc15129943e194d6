"""Where a person set the moderator right, as cases of its exam."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations import transcript
from saudager.conversations.models import Author, Conversation, Message
from saudager.conversations.models import Contact as Known
from saudager.exam.cases import Contact, ModeratorCase
from saudager.exam.cases import Message as Said

_BY_PERSON = "person"
_MOST_LINES = 20


def corrections(session: Session) -> Iterator[ModeratorCase]:
    """Oldest first: whom the moderator took for something else, or could not tell, with the lines it had then and what
    a person said he is."""
    found = select(Known).where(
        Known.classified_by == _BY_PERSON, Known.overruled.is_not(None), Known.erased_at.is_(None)
    )
    for contact in session.scalars(found.order_by(Known.classified_at, Known.id)):
        before = contact.overruled or {}
        if before["at"] is None or before["by"] == _BY_PERSON or before["is_client"] == contact.is_client:
            continue
        names = Contact(name=contact.name, full_name=contact.full_name, business_name=contact.business_name)
        lines = _lines(session, contact.id, until=datetime.fromisoformat(before["at"]))
        yield ModeratorCase(contact=names, messages=lines, expect=contact.is_client)


def _lines(session: Session, contact_id: int, *, until: datetime) -> list[Said]:
    talks = select(Conversation.id).where(Conversation.contact_id == contact_id)
    found = select(Message).where(Message.conversation_id.in_(talks), Message.received_at <= until)
    newest = list(session.scalars(found.order_by(Message.id.desc()).limit(_MOST_LINES)))
    while newest and newest[0].author != Author.CUSTOMER:  # our answer came of the verdict
        del newest[0]
    said = [(line.author, transcript.words(line)) for line in reversed(newest)]
    return [
        Said.model_validate({"from": "customer" if author == Author.CUSTOMER else "us", "text": words})
        for author, words in said
        if words
    ]
