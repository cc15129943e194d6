"""A mailbox is read for ever and each of its letters becomes one line, whatever fails or dies meanwhile."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text

from saudager.attention import Why
from saudager.contracts import CONTRACT
from saudager.errors import BadCredentials, OutsideError, QueueFull, Unreachable
from saudager.gateway import accounts, health, reading
from saudager.gateway.models import LoggedMessage, MailFolder
from saudager.providers.mail import Address, Batch, Cursor, Folders, Mailbox, ReceivedLetter
from saudager.rehearsal import OPENING, Shop
from tests import servers
from tests.conftest import OpenShop
from tests.imap_server import PASSWORD, USER, MailServer, dovecot
from tests.providers.mail.written import letter

MAILBOX = "mail:shop@trial.example"


@dataclass
class Reader:
    """A mailbox on a server that is now and then unwell; its letters are numbered from one."""

    letters_there: list[ReceivedLetter] = field(default_factory=list)
    validity: int = 7
    faults: list[OutsideError] = field(default_factory=list)
    asked: list[tuple[Cursor | None, datetime]] = field(default_factory=list)

    async def folders(self) -> Folders:
        if self.faults:
            raise self.faults.pop(0)
        return Folders()

    async def letters(self, folder: str, *, after: Cursor | None, since: datetime, limit: int) -> Batch:
        self.asked.append((after, since))
        begin = after.last_uid if after is not None and after.uid_validity == self.validity else 0
        batch = self.letters_there[begin : begin + limit]
        end = begin + len(batch)
        return Batch(batch, Cursor(self.validity, end), end < len(self.letters_there))

    async def keep(self, folder: str, letter: bytes) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        pass

    def gets(self, *numbers: int) -> None:
        """Letters lie in the mailbox from now on."""
        for number in numbers:
            sender = Address("aigul@firm.example")
            written = ReceivedLetter(f"n{number}@firm.example", OPENING, sender, (), "", f"Письмо {number}")
            self.letters_there.append(written)


@pytest.fixture
def open_unread(open_shop: OpenShop) -> OpenShop:
    """Open a shop whose mailbox nobody reads, and which leaves letters to people."""

    async def open_one(**settings: Any) -> Shop:
        shop: Shop = await open_shop(mail_answers=False, **settings)
        while await place(shop) is None:  # the trial mailbox is being looked into for the first time
            await asyncio.sleep(0.001)
        box = shop.app.mailboxes[MAILBOX]
        shop.app.mailboxes[MAILBOX] = Mailbox(box.address, box.mailers)
        shop.app.mailboxes_changed.set()
        await shop.settles()
        return shop

    return open_one


async def lines(shop: Shop) -> list[str | None]:
    theirs = LoggedMessage.account == MAILBOX, LoggedMessage.direction == "in"
    rows = select(LoggedMessage.message_text).where(*theirs).order_by(LoggedMessage.id)
    return await shop.app.db.read(lambda session: list(session.scalars(rows)))


async def place(shop: Shop) -> tuple[int, int] | None:
    def read(session: Any) -> tuple[int, int] | None:
        row = session.get(MailFolder, (MAILBOX, "INBOX"))
        return None if row is None else (row.uid_validity, row.last_uid)

    return await shop.app.db.read(read)


@pytest.mark.both_kinds
async def test_each_letter_is_taken_once_and_the_place_is_kept(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(), Reader()
    reader.gets(*range(1, 46))
    assert await reading.look(shop.app, MAILBOX, reader) == 45
    assert await reading.look(shop.app, MAILBOX, reader) == 0
    reader.gets(46)
    assert await reading.look(shop.app, MAILBOX, reader) == 1
    assert await lines(shop) == [f"Письмо {number}" for number in range(1, 47)]
    assert await place(shop) == (7, 46)
    assert [after.last_uid for after, _ in reader.asked if after is not None][-2:] == [45, 45]


async def test_letters_the_queue_has_no_room_for_come_again(
    open_unread: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, reader = await open_unread(), Reader()
    reader.gets(1, 2)
    before = await place(shop)
    full = CONTRACT["incoming_messages"].model_copy(update={"max_length": 0})
    with monkeypatch.context() as patch:
        patch.setitem(CONTRACT, "incoming_messages", full)
        with pytest.raises(QueueFull):
            await reading.look(shop.app, MAILBOX, reader)
    assert (await lines(shop), await place(shop)) == ([], before)
    await reading.look(shop.app, MAILBOX, reader)
    assert await lines(shop) == ["Письмо 1", "Письмо 2"]


async def test_a_folder_that_was_numbered_anew_is_read_again_and_nothing_comes_twice(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(), Reader()
    reader.gets(1, 2)
    await reading.look(shop.app, MAILBOX, reader)
    reader.validity = 8
    reader.gets(3)
    await reading.look(shop.app, MAILBOX, reader)
    assert await lines(shop) == ["Письмо 1", "Письмо 2", "Письмо 3"]
    assert await place(shop) == (8, 3)


@asynccontextmanager
async def read_by_the_loop(shop: Shop, reader: Reader) -> AsyncIterator[None]:
    before = shop.app.mailboxes[MAILBOX]
    shop.app.mailboxes[MAILBOX] = Mailbox(before.address, before.mailers, reader)
    shop.app.mailboxes_changed.set()
    yield
    shop.app.mailboxes[MAILBOX] = before
    shop.app.mailboxes_changed.set()


async def test_a_mailbox_is_looked_into_by_the_clock_and_left_when_it_is_closed(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(mail_polling_interval=30), Reader()
    async with read_by_the_loop(shop, reader):
        await shop.time_passes(seconds=1)
        reader.gets(1)
        await shop.time_passes(seconds=65)
        assert await lines(shop) == ["Письмо 1"]
    looks = len(reader.asked)
    await shop.time_passes(minutes=5)
    assert 3 <= looks == len(reader.asked)


async def test_a_refused_password_is_told_a_person_once_and_letters_still_leave(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(mail_polling_interval=30), Reader()
    reader.faults = [BadCredentials("imap.example.kz: no such password") for _ in range(3)]
    reader.gets(1)
    async with read_by_the_loop(shop, reader):
        await shop.time_passes(minutes=10)
    told = [entry.reason for entry in await shop.desk() if entry.kind == Why.ACCOUNT]
    assert ["сервер не принимает пароль" in reason for reason in told] == [True]
    assert (await shop.app.db.read(accounts.one, MAILBOX)).paused_reason is None
    assert await lines(shop) == ["Письмо 1"]


async def test_a_server_that_is_away_is_told_a_person_when_it_stays_away(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(mail_polling_interval=30), Reader()
    reader.faults = [Unreachable("imap.example.kz: no route") for _ in range(12)]
    async with read_by_the_loop(shop, reader):
        await shop.time_passes(minutes=20)
        assert await shop.desk() == []
        await shop.time_passes(hours=1)
    assert [(entry.kind, "давно не читается" in entry.reason) for entry in await shop.desk()] == [(Why.ACCOUNT, True)]


async def test_a_mailbox_that_is_not_read_for_long_is_not_well(open_unread: OpenShop) -> None:
    shop, reader = await open_unread(mail_polling_interval=30), Reader()
    shop.app.mailboxes[MAILBOX] = Mailbox(Address("shop@trial.example"))  # the trial one is never unwell
    async with read_by_the_loop(shop, reader):
        await shop.time_passes(minutes=2)
        assert await health.ailments(shop.app) == []
        reader.faults = [Unreachable("imap.example.kz: no route") for _ in range(9)]
        await shop.time_passes(minutes=15)
        assert [MAILBOX in problem.says for problem in await health.ailments(shop.app)] == [True]


def process(folder: Path, server: MailServer) -> "subprocess.Popen[bytes]":
    told = {
        "DATA_DIR": str(folder),
        "FROM_EMAIL": USER,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "IMAP_HOST": "127.0.0.1",
        "IMAP_PORT": str(server.port),
        "IMAP_USER": USER,
        "IMAP_PASS": PASSWORD,
        "IMAP_SECURITY": "none",
        "MAIL_POLLING_INTERVAL": "0.05",
        "MAIL_ANSWERS": "0",
        "PORT": str(servers.free_port()),
    }
    run = [sys.executable, "-c", "from saudager.cli import main; main(['up'])"]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(run, cwd=folder, env=os.environ | told, stdout=log, stderr=log)


@pytest.mark.slow
@pytest.mark.servers
def test_no_letter_is_lost_or_doubled_however_often_the_reader_is_killed(tmp_path: Path) -> None:
    dice, sent = random.Random(5), 0
    folder = tmp_path / "shop"
    folder.mkdir()
    with dovecot(tmp_path / "dovecot") as server:
        for _ in range(8):
            running = process(folder, server)
            _wait(partial(_is_read, folder), 60)
            for _ in range(dice.randrange(5, 15)):
                sent += 1
                server.deliver(_numbered(sent))
                time.sleep(dice.random() * 0.05)
            running.kill()
            running.wait()
        running = process(folder, server)
        try:
            _wait(lambda: len(_rows(folder, "select distinct message_id from messages")) == sent, 60)
        finally:
            running.kill()
            running.wait()
    wanted = Counter({f"n{number}@example.kz": 1 for number in range(1, sent + 1)})
    assert Counter(row[0] for row in _rows(folder, "select message_id from message_log")) == wanted
    assert Counter(row[0] for row in _rows(folder, "select message_id from messages")) == wanted


def _numbered(number: int) -> bytes:
    now = format_datetime(datetime.now(UTC) + timedelta(seconds=1))
    return letter(f"Письмо {number}", message_id=f"<n{number}@example.kz>", date=now)


def _rows(folder: Path, query: str) -> list[Any]:
    engine = create_engine(f"sqlite:///{folder / 'saudager.db'}")
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))
    except Exception:  # not made yet
        return []
    finally:
        engine.dispose()


def _is_read(folder: Path) -> bool:
    return bool(_rows(folder, "select 1 from mail_folders"))


def _wait(done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)
