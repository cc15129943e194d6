"""When an open page of the inbox should be drawn anew."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.agent.next_move import next_move
from saudager.console.numbers import number_in
from saudager.conversations import cases, listing, timeline
from saudager.trust import drafts


def _inbox(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.inbox_mark(session, now=now)


def _conversation(session: Session, argument: str | None, *, now: datetime) -> str:
    conversation_id = _number(argument)
    case = cases.of_conversation(session, conversation_id)
    held = None if case is None else (case.id, case.owner)
    return f"{timeline.mark(session, conversation_id)} {held} {next_move(session, conversation_id, now=now)}"


def _draft(session: Session, argument: str | None, *, now: datetime) -> str:
    return str(drafts.ids_of_contact(session, _number(argument)))


def _number(argument: str | None) -> int:
    """A conversation that does not exist never changes."""
    return number_in(argument) or 0


WATCHES = {"inbox": _inbox, "conversation": _conversation, "draft": _draft}
