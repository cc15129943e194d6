"""Forget a person: his words and files go, and so little stays that the messenger cannot bring them back."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import Kind
from saudager.gateway import handing_out, media, mirroring
from saudager.gateway.intake import ERASED, erased_id
from saudager.gateway.models import Account, ChatCursor, LoggedMessage, Suppression
from saudager.queues import forgetting

_AT_ONCE = 500
_LAST = "zzzz"
"""Behind whatever an id goes on with, in every order of letters: so that the index finds them."""


async def erase(app: App, phones: Sequence[str], chats: Sequence[str], *, quoting: Sequence[str] = ()) -> int:
    """Erase what these numbers and chats said and were told, in the log, in the queues and among the files; and what
    others were told of them, in messages whose ids begin like one of ``quoting``.

    How many rows of the log: each keeps a hash of its messenger's id, by which it is known when it is read again. Cut
    short, it is asked for again: the rows tell which files are his, so they go last.
    """
    said = await app.db.read(_said, phones, chats)
    for queue in (media.QUEUE, mirroring.QUEUE):
        await app.db.run(forgetting.forget_ids, queue, [f"{account}:{message_id}" for account, message_id in said])
    await _delete_files(app, said)
    await forgetting.forget_letters(app.db, (*phones, *chats), quoting, before=app.clock.now())
    await app.db.run(_erase_around, chats, quoting)
    erased = 0
    while batch := await app.db.run(_erase, phones, chats):
        erased += batch
    return erased


def _said(session: Session, phones: Sequence[str], chats: Sequence[str]) -> list[tuple[str, str]]:
    """Account and message id of everything in the log that was his."""
    rows = select(LoggedMessage.account, LoggedMessage.message_id).where(handing_out.theirs(session, phones, chats))
    return [(account, message_id) for account, message_id in session.execute(rows) if message_id is not None]


def _erase(session: Session, phones: Sequence[str], chats: Sequence[str]) -> int:
    """Empty the next rows of the log; how many, 0 when there are no more."""
    rows = session.scalars(
        select(LoggedMessage).where(handing_out.theirs(session, phones, chats)).limit(_AT_ONCE)
    ).all()
    for row in rows:
        row.chat, row.phone_number, row.message_text, row.outgoing_id = "", None, None, None
        row.subject, row.thread, row.carrier_id = None, None, None
        row.kind, row.queue_status = Kind.DELETION, ERASED
        row.message_id = None if row.message_id is None else erased_id(row.message_id)
    return len(rows)


def _erase_around(session: Session, chats: Sequence[str], quoting: Sequence[str]) -> None:
    for beginning in quoting:
        near = LoggedMessage.outgoing_id.between(beginning, f"{beginning}{_LAST}")
        told = LoggedMessage.outgoing_id.startswith(beginning, autoescape=True)
        session.execute(update(LoggedMessage).where(near, told).values(message_text=None, subject=None))
    _hide_suppressed(session, chats)
    names = session.scalars(select(Account.name)).all()
    session.execute(delete(ChatCursor).where(ChatCursor.account.in_(names), ChatCursor.chat.in_(chats)))


def _hide_suppressed(session: Session, addresses: Sequence[str]) -> None:
    """Nothing is sent to them still, though nobody reads here who they are."""
    for row in session.scalars(select(Suppression).where(Suppression.address.in_(addresses))).all():
        hidden = erased_id(row.address)
        if session.get(Suppression, hidden) is None:
            session.add(Suppression(address=hidden, reason=row.reason, since=row.since))
        session.delete(row)


async def _delete_files(app: App, said: Sequence[tuple[str, str]]) -> None:
    """Whole ones and halves. Which messages had a file, and of what kind, the log does not tell: every folder one of
    theirs could lie in is looked through once."""
    places = {media.place_of(account, message_id) for account, message_id in said}
    for folder in sorted({place.rpartition("/")[0] for place in places}):
        for found in (app.media.below(f"{folder}/"), app.media.halves(f"{folder}/")):
            async for path in found:
                if path.partition(".")[0] in places:
                    await app.media.delete(path)
