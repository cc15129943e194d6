"""Forget a person: his words and files go, and so little stays that the messenger cannot bring them back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import Kind
from saudager.gateway import media
from saudager.gateway.intake import ERASED
from saudager.gateway.models import Account, LoggedMessage
from saudager.queues import forgetting


async def erase(app: App, phones: Sequence[str], chats: Sequence[str], *, quoting: Sequence[str] = ()) -> int:
    """Erase what these numbers and chats said and were told, in the log, in the queues and among the files; and what
    others were told of them, in messages whose ids begin like one of ``quoting``.

    How many rows of the log: each keeps its messenger's id alone, by which it is known when it is read again.
    """
    said = await app.db.run(_erase, phones, chats, quoting)
    await forgetting.forget_letters(app.db, (*phones, *chats), quoting, before=app.clock.now())
    await asyncio.to_thread(_delete_files, app.settings.media_folder, said)
    return len(said)


def _erase(
    session: Session, phones: Sequence[str], chats: Sequence[str], quoting: Sequence[str]
) -> list[tuple[str, str | None]]:
    """Account and message id of every row that was his."""
    names = session.scalars(select(Account.name)).all()
    theirs = or_(
        LoggedMessage.phone_number.in_(phones), LoggedMessage.account.in_(names) & LoggedMessage.chat.in_(chats)
    )
    found = session.execute(
        select(LoggedMessage.id, LoggedMessage.account, LoggedMessage.chat, LoggedMessage.message_id).where(theirs)
    ).all()
    blank = {
        "chat": "",
        "phone_number": None,
        "message_text": None,
        "outgoing_id": None,
        "kind": Kind.DELETION,
        "queue_status": ERASED,
    }
    session.execute(update(LoggedMessage).where(theirs).values(blank))
    for beginning in quoting:
        told = LoggedMessage.outgoing_id.startswith(beginning, autoescape=True)
        session.execute(update(LoggedMessage).where(told).values(message_text=None))
    return [(account, message_id) for _, account, _, message_id in found]


def _delete_files(folder: Path, said: Sequence[tuple[str, str | None]]) -> None:
    for account, message_id in said:
        if message_id is not None:
            place = folder / media.place_of(account, message_id)
            for file in place.parent.glob(f"{place.name}.*"):
                file.unlink(missing_ok=True)
