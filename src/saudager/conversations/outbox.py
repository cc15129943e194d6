"""What we say: a reply and the message that carries it are one transaction, and only if the reply is still true."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.contracts import (
    MAILBOX,
    DeliveryReport,
    DeliveryState,
    Kind,
    Media,
    MessageClass,
    OutgoingMail,
    OutgoingMessage,
    is_mailbox,
    lane_key,
)
from saudager.conversations import handover, turns
from saudager.conversations.models import Author, Conversation, Message, Outcome, Turn
from saudager.db.statements import Statement, insert_into
from saudager.queues import table

_NOBODY_ANSWERED = "Ответ не ушёл: в это время клиенту писал человек. Посмотрите, не осталось ли что-то без ответа."
_ORDER = [DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ]


class Fate(Enum):
    """What became of a reply when it was to be stored."""

    SAID = auto()
    OVERTAKEN = auto()
    """The customer has written more, or changed what he wrote: think again."""
    NOT_NEEDED = auto()
    """A person has answered meanwhile."""


def say(
    session: Session,
    conversation: Conversation,
    lines: Sequence[Message],
    text: str,
    *,
    may_wait: bool,
    now: datetime,
    trace: dict[str, Any],
    signature: str = "",
    pictures: Sequence[Media] = (),
) -> Fate:
    """Answer these lines, as they were read, unless the conversation went on while the answer was thought out.

    With ``may_wait`` false (the customer has waited long enough) newer lines do not stop the reply: they open the
    next turn. By mail the ``signature`` stands below it. ``pictures`` go out after the words, each once and a message
    of its own with its caption; by mail they lie in the letter.
    """
    ours = _still_wanted(session, conversation, lines, may_wait=may_wait)
    if isinstance(ours, Fate):
        return ours
    turn = turns.close(session, ours, Outcome.ANSWERED, now=now, trace=trace)
    reply = _answer_to(conversation, ours[-1], text, now=now)
    _send(session, conversation.id, reply, turn=turn, now=now, signature=signature, pictures=pictures)
    return Fate.SAID


def hold_back(
    session: Session,
    conversation: Conversation,
    lines: Sequence[Message],
    reason: str,
    *,
    may_wait: bool,
    now: datetime,
    trace: dict[str, Any],
) -> int | Fate:
    """Close the turn of these lines without saying its answer, which waits for a person's word; the turn's id, or why
    there is none (see ``say``)."""
    ours = _still_wanted(session, conversation, lines, may_wait=may_wait)
    if isinstance(ours, Fate):
        return ours
    return turns.close(session, ours, Outcome.SILENT, reason=reason, now=now, trace=trace)


def say_held_back(
    session: Session,
    turn: Turn,
    lines: Sequence[Message],
    text: str,
    *,
    author: Author,
    by: str,
    now: datetime,
    signature: str = "",
    pictures: Sequence[Media] = (),
) -> None:
    """Say now what a turn held back: then it is answered. ``by`` is the operator whose word it was; ``pictures`` go as
    in ``say``."""
    turn.outcome, turn.reason = Outcome.ANSWERED, None
    session.flush()
    conversation = session.get_one(Conversation, turn.conversation_id)
    reply = _answer_to(conversation, lines[-1], text, now=now, author=author)
    _send(session, conversation.id, reply, turn=turn.id, by=by, now=now, signature=signature, pictures=pictures)


def write(
    session: Session,
    conversation: Conversation,
    text: str,
    *,
    once: str,
    by: str,
    now: datetime,
    signature: str = "",
    picture: Media | None = None,
) -> bool:
    """Say what a person of the shop wrote himself, below a ``picture`` if there is one; False when the same ``once``
    was written before."""
    id = f"human:{once}"
    if _OURS(session, outgoing_id=id).fetchone() is not None:
        return False
    line = _reply(conversation, text, id=id, based_on=None, now=now, author=Author.HUMAN, picture=picture)
    _send(session, conversation.id, line, turn=None, by=by, now=now, signature=signature)
    return True


def _still_wanted(
    session: Session, conversation: Conversation, lines: Sequence[Message], *, may_wait: bool
) -> list[Message] | Fate:
    """The lines an answer closes, or why it is not to be said."""
    still_open = {line.id: line for line in turns.unanswered(session, conversation.id)}
    ours = [line for line in lines if line.id in still_open]
    if not ours:
        return Fate.NOT_NEEDED
    changed = any(line.amended_at != still_open[line.id].amended_at for line in ours)
    if may_wait and (changed or max(still_open) > ours[-1].id):
        return Fate.OVERTAKEN
    return ours


def mention(session: Session, conversation: Conversation, text: str, *, once: str, now: datetime) -> None:
    """Say something that answers no line, so that the turn stays open; the same ``once`` is said once a chat."""
    id = f"{once}:{conversation.account}:{conversation.chat}"
    if _OURS(session, outgoing_id=id).fetchone() is None:
        _send(session, conversation.id, _reply(conversation, text, id=id, based_on=None, now=now), turn=None, now=now)


def write_first(
    session: Session, conversation_id: int, outgoing: OutgoingMessage | OutgoingMail, *, now: datetime
) -> None:
    """Say something nobody asked for, which closes no turn: only the one door for such messages calls this."""
    _send(session, conversation_id, outgoing, turn=None, now=now)


def _answer_to(
    conversation: Conversation, line: Message, text: str, *, now: datetime, author: Author = Author.BOT
) -> OutgoingMessage:
    id = f"reply:{conversation.account}:{line.message_id}"
    return _reply(conversation, text, id=id, based_on=line.message_id, now=now, author=author)


def _reply(
    conversation: Conversation,
    text: str,
    *,
    id: str,
    based_on: str | None,
    now: datetime,
    author: Author = Author.BOT,
    picture: Media | None = None,
) -> OutgoingMessage:
    return OutgoingMessage(
        id=id,
        created_at=now,
        account=conversation.account,
        chat=conversation.chat,
        message_text=text,
        media=picture,
        message_class=MessageClass.REPLY,
        based_on=based_on,
        author="human" if author is Author.HUMAN else "bot",
    )


def _send(
    session: Session,
    conversation_id: int,
    outgoing: OutgoingMessage | OutgoingMail,
    *,
    turn: int | None,
    now: datetime,
    by: str | None = None,
    signature: str = "",
    pictures: Sequence[Media] = (),
) -> None:
    """What is stored is what was said, without its signature."""
    shown = [_shown_beside(outgoing, number, picture) for number, picture in enumerate(pictures, 1)]
    kept = partial(_keep, session, conversation_id, turn=turn, by=by, now=now)
    if isinstance(outgoing, OutgoingMail):
        kept(outgoing, DeliveryState.QUEUED)
        _publish(session, outgoing, now=now)
    elif is_mailbox(outgoing.account):
        kept(outgoing, DeliveryState.QUEUED)
        for picture in shown:
            kept(picture, None)  # what becomes of it is what becomes of the letter
        _publish(session, _as_letter(outgoing, signature, pictures), now=now)
    else:
        for message in (outgoing, *shown):
            kept(message, DeliveryState.QUEUED)
            _publish(session, message, now=now)
    _TOUCH(session, conversation=conversation_id, now=now)


def _shown_beside(reply: OutgoingMessage | OutgoingMail, number: int, picture: Media) -> OutgoingMessage:
    """The message a picture of a reply is."""
    assert isinstance(reply, OutgoingMessage)
    told = {"id": f"{reply.id}:picture:{number}", "message_text": picture.caption or "", "media": picture}
    return reply.model_copy(update=told)


def _keep(
    session: Session,
    conversation_id: int,
    outgoing: OutgoingMessage | OutgoingMail,
    state: DeliveryState | None,
    *,
    turn: int | None,
    by: str | None,
    now: datetime,
) -> None:
    media = None if isinstance(outgoing, OutgoingMail) else outgoing.media
    _SAY(
        session,
        conversation_id=conversation_id,
        account=outgoing.account,
        outgoing_id=outgoing.id,
        author=outgoing.author,
        kind=Kind.TEXT if media is None else Kind.IMAGE,
        text=outgoing.text if isinstance(outgoing, OutgoingMail) else outgoing.message_text,
        subject=(outgoing.subject or None) if isinstance(outgoing, OutgoingMail) else None,
        is_voice=False,
        media=None if media is None else media.model_dump_json(exclude_none=True),
        history=False,
        sent_at=now,
        received_at=now,
        deleted=False,
        turn_id=turn,
        delivery_state=state,
        written_by=by,
    )


def _publish(session: Session, outgoing: OutgoingMessage | OutgoingMail, *, now: datetime) -> None:
    published = table.publish(
        session,
        "outgoing_mail" if isinstance(outgoing, OutgoingMail) else "outgoing_messages",
        outgoing.model_dump_json(by_alias=True, exclude_none=True),
        id=outgoing.id,
        key=lane_key(outgoing.account, _chat_of(outgoing)),
        now=now,
        rank=outgoing.rank,
        lot=outgoing.account,
    )
    assert published, f"{outgoing.id} was said before"


def _as_letter(reply: OutgoingMessage, signature: str, pictures: Sequence[Media]) -> OutgoingMail:
    """A line of a conversation by mail; the gateway keeps it in its thread and gives it its subject."""
    return OutgoingMail(
        id=reply.id,
        created_at=reply.created_at,
        account=reply.account,
        recipient=reply.chat or "",
        text=_signed(reply.message_text, signature),
        in_reply_to=reply.reply_to_message_id or reply.based_on,
        message_class=reply.message_class,
        based_on=reply.based_on,
        author=reply.author,
        files=[*filter(None, (reply.media,)), *pictures] or None,
    )


def _signed(text: str, signature: str) -> str:
    return text if not signature or text.rstrip().endswith(signature) else f"{text}\n\n{signature}"


def _chat_of(outgoing: OutgoingMessage | OutgoingMail) -> str:
    return outgoing.recipient if isinstance(outgoing, OutgoingMail) else outgoing.chat or ""


def note_delivery(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """Bring a message of ours to the state the gateway reports; never backwards. Bad news goes to a person's desk, and
    proof of what had become of an unsettled message takes it off again."""
    if report.state is DeliveryState.ATTENTION:
        attention.ask(session, Why.ACCOUNT, f"account:{report.for_}", report.reason or "", now=now)
        return
    if report.state is DeliveryState.SENT:  # the account works, whatever was wrong with it
        attention.settle(session, Why.ACCOUNT, f"account:{report.account}", now=now)
    row = _OURS(session, outgoing_id=report.for_).fetchone()
    if row is None:
        return
    id, conversation_id, state, turn_id, reason, author, kind = row
    forward = _is_forward(state, report.state)
    about = f"conversation:{conversation_id}"
    _REPORTED(
        session,
        id=id,
        message_id=report.vendor_message_id,
        state=report.state if forward else state,
        reason=report.reason if forward else reason,
    )
    if (
        forward
        and state == DeliveryState.UNSETTLED
        and not _UNSETTLED(session, conversation=conversation_id).fetchone()
    ):
        attention.settle(session, Why.UNSETTLED, about, now=now)
    if forward and report.state not in _ORDER and turn_id is not None:
        _not_said(session, report, turn_id, about, is_picture=kind == Kind.IMAGE, now=now)
    elif forward and report.state not in _ORDER and author == Author.HUMAN:
        _to_the_desk(session, report, about, now=now)


def give_up_unsent(session: Session, *, before: datetime, letters_before: datetime, now: datetime) -> int:
    """Show to a person what was to be sent before the moment (a letter: before its own) and was never heard of again:
    it came too late in a broker, or its account is paused. How many."""
    unheard = _UNHEARD(session, before=before, letters_before=letters_before).fetchall()
    for outgoing_id, account in unheard:
        news = DeliveryReport(
            id=f"{outgoing_id}:unheard",
            created_at=now,
            account=account,
            for_=outgoing_id,
            state=DeliveryState.UNSETTLED,
            reason="Сообщение не ушло вовремя, и неизвестно, дошло ли оно.",
        )
        note_delivery(session, news, now=now)
    return len(unheard)


def _not_said(
    session: Session, report: DeliveryReport, turn_id: int, about: str, *, is_picture: bool, now: datetime
) -> None:
    """A reply that did not reach its customer changes how its turn ended, or at least asks for a person; the words of
    one whose picture did not arrive stay said."""
    turn = session.get_one(Turn, turn_id)
    if report.state is DeliveryState.WITHDRAWN:
        if not is_picture:
            turn.outcome, turn.reason = Outcome.WITHDRAWN, report.reason
        if not _is_a_persons(session, turn, now=now):
            attention.ask(session, Why.NOT_DELIVERED, about, _NOBODY_ANSWERED, now=now)
        return
    if report.state is not DeliveryState.UNSETTLED and not is_picture:
        turn.outcome, turn.reason = Outcome.SILENT, f"not_delivered: {report.reason}"
    _to_the_desk(session, report, about, now=now)


def _is_a_persons(session: Session, turn: Turn, *, now: datetime) -> bool:
    """Whether a person has the conversation of the turn, or has written since its last line came."""
    if handover.silent_until(session, turn.conversation_id, now=now) is not None:
        return True
    return _ANSWERED_BY_HAND(session, conversation=turn.conversation_id, turn=turn.id).fetchone() is not None


def _to_the_desk(session: Session, report: DeliveryReport, about: str, *, now: datetime) -> None:
    why = Why.UNSETTLED if report.state is DeliveryState.UNSETTLED else Why.NOT_DELIVERED
    attention.ask(session, why, about, report.reason or "", now=now)


def _is_forward(current: str | None, new: DeliveryState) -> bool:
    if current is None:
        return True
    if current == DeliveryState.UNSETTLED:
        return new not in (DeliveryState.QUEUED, DeliveryState.UNSETTLED)
    if current not in _ORDER:
        return False
    return new not in _ORDER or _ORDER.index(new) > _ORDER.index(DeliveryState(current))


_SAY = insert_into(
    "messages",
    (
        "conversation_id",
        "account",
        "outgoing_id",
        "author",
        "kind",
        "text",
        "subject",
        "is_voice",
        "media",
        "history",
        "sent_at",
        "received_at",
        "deleted",
        "turn_id",
        "delivery_state",
        "written_by",
    ),
)
_TOUCH = Statement("update conversations set last_message_at = :now where id = :conversation")
_OURS = Statement("""
    select id, conversation_id, delivery_state, turn_id, delivery_reason, author, kind from messages
    where outgoing_id = :outgoing_id""")
_REPORTED = Statement("""
    update messages set message_id = coalesce(message_id, :message_id), delivery_state = :state,
        delivery_reason = :reason
    where id = :id""")
_UNSETTLED = Statement("""
    select 1 from messages where conversation_id = :conversation and delivery_state = 'unsettled' limit 1""")
_ANSWERED_BY_HAND = Statement("""
    select 1 from messages said
    join conversations theirs on theirs.id = said.conversation_id
    join conversations c on c.contact_id = theirs.contact_id and c.account = theirs.account
    where c.id = :conversation and said.author = 'human' and not said.history and said.id > (
        select max(id) from messages where conversation_id = :conversation and turn_id = :turn and author = 'customer')
    limit 1""")
_UNHEARD = Statement(f"""
    select outgoing_id, account from messages
    where delivery_state = 'queued'
        and received_at < case when account like '{MAILBOX}%' then :letters_before else :before end
    order by id limit 500""")  # noqa: S608
