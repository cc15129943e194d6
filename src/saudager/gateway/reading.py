"""Read every mailbox that has a reader: what came, and what the merchant sent from it himself, each letter once."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from saudager import lifetime
from saudager.app import App
from saudager.db.statements import insert_into
from saudager.errors import BadCredentials, RateLimited, SaudagerError
from saudager.gateway import accounts, correspondence
from saudager.gateway.models import Account, MailFolder
from saudager.providers.mail import Cursor, Mailbox, MailReader, TellingReader

_log = logging.getLogger(__name__)
_LETTERS = 20
_LONGEST_PAUSE = 300.0
_SHOWN_AFTER = 10
"""Failures in a row, an hour and more, after which a person is told."""
_OVERLAP = timedelta(days=2)
"""How far back a folder is read whose numbers have changed: servers count days, and what is known changes nothing."""
_NOT_ACCEPTED = "Почта {address} не читается: сервер не принимает пароль. Введите его заново. ({error})"
_SILENT = "Почта {address} давно не читается: {error}"

_Running = dict[str, tuple[Mailbox, "asyncio.Task[None]"]]


async def keep_read(app: App) -> None:
    """Have each open mailbox read while it is open, for ever. Whoever opened it closes it."""
    running: _Running = {}
    try:
        while True:
            app.mailboxes_changed.clear()
            gone = [name for name, (mailbox, _) in running.items() if app.mailboxes.get(name) is not mailbox]
            await lifetime.end([running.pop(name)[1] for name in gone])
            for name, mailbox in app.mailboxes.items():
                if mailbox.reader is not None and name not in running:
                    running[name] = mailbox, asyncio.create_task(keep_reading(app, name, mailbox.reader))
            await app.mailboxes_changed.wait()
    finally:
        await lifetime.end([loop for _, loop in running.values()])


async def keep_reading(app: App, name: str, reader: MailReader) -> None:
    """Look for letters for ever, whatever the server answers; a person is told once when it goes on failing."""
    failures = 0
    while True:
        pause = app.settings.mail_polling_interval
        try:
            await look(app, name, reader)
            failures = 0
            if hasattr(reader, "news"):
                await cast(TellingReader, reader).news()
                continue
        except RateLimited as error:
            pause = max(pause, error.retry_after)
        except Exception as error:
            failures += 1
            pause = min(pause * 2**failures, max(_LONGEST_PAUSE, pause))
            is_expected = isinstance(error, SaudagerError)
            _log.warning("reading %s failed %d times: %r", name, failures, error, exc_info=not is_expected)
            if failures == (1 if isinstance(error, BadCredentials) else _SHOWN_AFTER):
                await _tell(app, name, error)
        await app.clock.sleep_until(app.clock.now() + timedelta(seconds=pause))


async def look(app: App, name: str, reader: MailReader) -> int:
    """Take in what is new in the mailbox; how many lines that was."""
    folders = await reader.folders()
    taken = await _read(app, name, reader, folders.incoming, sent=False)
    if folders.sent is not None:
        taken += await _read(app, name, reader, folders.sent, sent=True)
    await app.db.run(_note_look, name, now=app.clock.now())
    return taken


async def _read(app: App, name: str, reader: MailReader, folder: str, *, sent: bool) -> int:
    """The folder's new letters and how far it is read, batch by batch, each in one transaction."""
    taken, more = 0, True
    while more:
        after, since = await app.db.read(_place, name, folder)
        batch = await reader.letters(folder, after=after, since=since, limit=_LETTERS)
        cursor, now = batch.cursor, app.clock.now()

        def read_to(session: Session, cursor: Cursor = cursor, now: datetime = now) -> None:
            uids = {"uid_validity": cursor.uid_validity, "last_uid": cursor.last_uid}
            _READ_TO(session, account=name, folder=folder, read_at=now, **uids)

        if batch.letters or cursor != after:
            taken += await correspondence.take(app, name, batch.letters, sent=sent, also=read_to)
        more = batch.more
    return taken


def _place(session: Session, name: str, folder: str) -> tuple[Cursor | None, datetime]:
    """How far the folder has been read, and since when it is read if that counts no longer."""
    account = session.get_one(Account, name)
    row = session.get(MailFolder, (name, folder))
    if row is None:
        return None, account.connected_at
    since = max(account.connected_at, row.read_at - _OVERLAP)
    return Cursor(row.uid_validity, row.last_uid), since


async def _tell(app: App, name: str, error: Exception) -> None:
    """Ask for a person; letters still leave by the mailbox."""
    says = _NOT_ACCEPTED if isinstance(error, BadCredentials) else _SILENT
    reason = says.format(address=name.partition(":")[2], error=error)
    await app.db.run(accounts.ask_for_a_person, name, reason, about=f"{name}:reading", now=app.clock.now())


def _note_look(session: Session, name: str, *, now: datetime) -> None:
    session.get_one(Account, name).last_poll_at = now


_READ_TO = insert_into(
    "mail_folders",
    ("account", "folder", "uid_validity", "last_uid", "read_at"),
    """on conflict (account, folder) do update set uid_validity = excluded.uid_validity, last_uid = excluded.last_uid,
        read_at = excluded.read_at""",
)
