"""What the demo page shows, read from the database: the chat, what happens next, what waits for a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.agent import explaining, traces
from saudager.agent.explaining import Why
from saudager.agent.next_move import Next, next_move
from saudager.agent.traces import Piece
from saudager.contracts import Kind
from saudager.conversations.models import Author, Conversation, Message, Turn
from saudager.demo import wording
from saudager.gateway.models import LoggedMessage
from saudager.knowledge import library, unanswered
from saudager.knowledge.library import Shelved

_LINES_SHOWN = 200
_LONGEST_SHOWN = 3000
_LONGEST_QUESTION = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the customer's phone shows it: ``mark`` is what it is besides words, ``cut`` counts signs left out."""

    id: int
    author: str
    kind: str
    mark: str | None
    pieces: tuple[Piece, ...]
    cut: int
    at: datetime
    seen: bool
    turn: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that waits for a person."""

    kind: str
    about: str
    whose: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer asked and the documents could not answer."""

    id: int
    whose: str
    words: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the page shows of one customer's chat; times are in UTC."""

    chat: str
    lines: tuple[Line, ...]
    why: Why | None
    next: Next
    desk: tuple[Entry, ...]
    papers: tuple[Shelved, ...]
    """Those a person should look at first, then the newest."""
    questions: tuple[Question, ...]


_LOGGED = (
    select(LoggedMessage, Message, Turn.trace)
    .outerjoin(
        Message,
        ((Message.account == LoggedMessage.account) & (Message.message_id == LoggedMessage.message_id))
        | (Message.outgoing_id == LoggedMessage.outgoing_id),
    )
    .outerjoin(Turn, (Turn.id == Message.turn_id) & (Message.author == Author.BOT))
    .where(
        LoggedMessage.account == bindparam("account"),
        LoggedMessage.chat == bindparam("chat"),
        LoggedMessage.message_id.is_not(None),
    )
    .order_by(LoggedMessage.id.desc())
    .limit(_LINES_SHOWN)
)
_CONVERSATION = select(Conversation).where(
    Conversation.account == bindparam("account"), Conversation.chat == bindparam("chat")
)


def picture(session: Session, account: str, chat: str, *, read: frozenset[str], now: datetime) -> Picture:
    """What to show of a chat at this moment; ``read`` are the ids of lines the shop's phone has marked as read."""
    rows = session.execute(_LOGGED, {"account": account, "chat": chat}).all()
    conversation = session.scalar(_CONVERSATION, {"account": account, "chat": chat})
    newest = None
    if conversation is not None:
        turns = select(Turn).where(Turn.conversation_id == conversation.id)
        newest = session.scalar(turns.order_by(Turn.id.desc()).limit(1))
    return Picture(
        chat=chat,
        lines=tuple(_line(row, read) for row in reversed(rows)),
        why=None if newest is None else explaining.explain(session, newest),
        next=Next("idle") if conversation is None else next_move(session, conversation.id, now=now),
        desk=tuple(_desk(session, conversation)),
        papers=tuple(sorted(library.shelf(session), key=_place_on_the_list)),
        questions=tuple(_questions(session, conversation)),
    )


def _line(row: Row[Any], read: frozenset[str]) -> Line:
    logged, message, trace = row.LoggedMessage, row.Message, row.trace
    written = (logged.message_text or "") if logged.kind != Kind.DELETION else ""
    shown = written[:_LONGEST_SHOWN]
    return Line(
        id=logged.id,
        author=logged.author,
        kind=logged.kind,
        mark=wording.mark_of(Kind(logged.kind), is_ours=logged.author == "bot"),
        pieces=traces.pieces(shown, trace or {}),
        cut=len(written) - len(shown),
        at=logged.created_at,
        seen=logged.message_id in read or (message is not None and message.turn_id is not None),
        turn=None if message is None else message.turn_id,
    )


def _desk(session: Session, mine: Conversation | None) -> list[Entry]:
    entries = []
    for entry in attention.waiting(session):
        about, _, name = entry.about.partition(":")
        whose = _whose(session, int(name), mine) if about == "conversation" else name
        entries.append(Entry(entry.kind, entry.about, whose, entry.reason, entry.since))
    return entries


def _place_on_the_list(paper: Shelved) -> tuple[bool, float, str]:
    return not paper.problems and not paper.conflicts, -paper.read_at.timestamp(), paper.file


def _questions(session: Session, mine: Conversation | None) -> Iterator[Question]:
    for question in unanswered.waiting(session):
        whose = _whose(session, question.conversation_id, mine)
        yield Question(question.id, whose, question.question[:_LONGEST_QUESTION], question.asked_at)


def _whose(session: Session, conversation_id: int, mine: Conversation | None) -> str:
    if mine is not None and mine.id == conversation_id:
        return "этот чат"
    return wording.phone(session.get_one(Conversation, conversation_id).chat.split("@")[0])
