"""A mailbox on a real mail server is read once, in order, and left as it was."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from saudager.clock import MovableClock
from saudager.errors import BadCredentials, Rejected, Unreachable
from saudager.providers.mail import Batch, Cursor, Folders
from saudager.providers.mail.imap import Config, ImapReader
from saudager.providers.mail.parsing import LARGEST
from tests.fakes.serving import refused_url
from tests.imap_server import PASSWORD, USER, MailServer, dovecot
from tests.providers.mail.test_parsing import file_part
from tests.providers.mail.written import NOW, letter, of_parts, part

pytestmark = pytest.mark.servers
SINCE = NOW - timedelta(days=30)
Open = Callable[..., ImapReader]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with dovecot(tmp_path / "dovecot") as running:
        yield running


@pytest.fixture
async def reader(server: MailServer) -> AsyncIterator[Open]:
    """Open readers of the server's mailbox (``reader(password=…)``); they close with the test."""
    async with AsyncExitStack() as stack:

        def open_one(**told: Any) -> ImapReader:
            usual = {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD, "security": "none"}
            one = ImapReader(Config.model_validate(usual | told), MovableClock(NOW), timeout=2)
            stack.push_async_callback(one.close)
            return one

        yield open_one


async def look(reader: ImapReader, after: Cursor | None = None, limit: int = 10) -> Batch:
    return await reader.letters("INBOX", after=after, since=SINCE, limit=limit)


def numbered(*numbers: int) -> list[bytes]:
    return [letter(f"Письмо {number}", message_id=f"<n{number}@example.kz>") for number in numbers]


def told(batch: Batch) -> list[str]:
    return [letter.text for letter in batch.letters]


async def test_letters_come_once_and_in_order_and_stay_unread(server: MailServer, reader: Open) -> None:
    server.deliver(*numbered(1, 2))
    mailbox = reader()
    first = await look(mailbox)
    assert (told(first), first.more, server.unread()) == (["Письмо 1", "Письмо 2"], False, 2)
    assert told(await look(mailbox, first.cursor)) == []
    server.deliver(*numbered(3))
    second = await look(reader(), first.cursor)
    assert (told(second), server.unread()) == (["Письмо 3"], 3)
    assert told(await look(mailbox, second.cursor)) == []


async def test_many_letters_come_in_batches(server: MailServer, reader: Open) -> None:
    server.deliver(*numbered(1, 2, 3, 4, 5))
    mailbox, seen, cursor, more = reader(), [], None, True
    while more:
        batch = await look(mailbox, cursor, limit=2)
        seen += told(batch)
        cursor, more = batch.cursor, batch.more
    assert seen == [f"Письмо {n}" for n in range(1, 6)]


async def test_an_empty_mailbox_has_a_cursor_and_deleted_letters_hold_nothing_up(
    server: MailServer, reader: Open
) -> None:
    mailbox = reader()
    empty = await look(mailbox)
    server.deliver(*numbered(1, 2))
    server.delete(1)
    assert told(await look(mailbox, empty.cursor)) == ["Письмо 2"]


async def test_new_numbers_of_the_folder_are_noticed(server: MailServer, reader: Open) -> None:
    server.deliver(*numbered(1))
    mailbox = reader()
    before = (await look(mailbox)).cursor
    other = await look(mailbox, Cursor(before.uid_validity + 1, 900))
    assert told(other) == ["Письмо 1"]
    assert other.cursor == before


async def test_letters_from_before_the_day_are_left_alone(server: MailServer, reader: Open) -> None:
    server.deliver(*numbered(1))
    batch = await reader().letters("INBOX", after=None, since=NOW + timedelta(days=365 * 80), limit=10)
    assert told(batch) == []


async def test_the_folder_of_sent_letters_is_found_by_its_flag(reader: Open) -> None:
    assert await reader().folders() == Folders(sent="Отправленные")
    assert await reader(sent_folder="").folders() == Folders(sent=None)
    assert await reader(sent_folder="Мои").folders() == Folders(sent="Мои")


async def test_a_letter_of_ours_is_kept_among_the_sent_ones_as_read(server: MailServer, reader: Open) -> None:
    mailbox = reader()
    await mailbox.keep("Отправленные", letter("Наш ответ"))
    batch = await mailbox.letters("Отправленные", after=None, since=SINCE, limit=10)
    assert (told(batch), server.unread("Отправленные")) == (["Наш ответ"], 0)


async def test_a_huge_letter_is_read_without_its_end(server: MailServer, reader: Open) -> None:
    huge = file_part("b.bin", "application/octet-stream", data=b"x" * LARGEST)
    server.deliver(of_parts(part("Вот фото", "text/plain; charset=utf-8"), file_part("a.pdf"), huge), *numbered(2))
    batch = await look(reader())
    assert told(batch) == ["Вот фото", "Письмо 2"]
    assert [file.name for file in batch.letters[0].enclosures] == ["a.pdf"]


async def test_a_wrong_password_is_told_from_a_server_that_is_away(reader: Open) -> None:
    with pytest.raises(BadCredentials, match=r"127\.0\.0\.1") as refused:
        await look(reader(password="wrong"))
    assert "wrong" not in str(refused.value)
    with pytest.raises(Unreachable):
        await look(reader(port=int(refused_url().rpartition(":")[2].strip("/"))))
    with pytest.raises(Unreachable):
        await look(reader(security="tls"))


async def test_a_folder_that_is_not_there_is_refused(reader: Open) -> None:
    with pytest.raises(Rejected):
        await reader().letters("Нет такой", after=None, since=SINCE, limit=1)


async def test_a_lost_connection_is_made_anew(tmp_path: Path) -> None:
    with dovecot(tmp_path / "one") as first:
        config = Config(host="127.0.0.1", port=first.port, user=USER, password=PASSWORD, security="none")
        mailbox = ImapReader(config, MovableClock(NOW), timeout=2)
        first.deliver(*numbered(1))
        assert told(await look(mailbox)) == ["Письмо 1"]
    with pytest.raises(Unreachable):
        await look(mailbox)
    with dovecot(tmp_path / "two", port=first.port) as second:
        second.deliver(*numbered(2))
        assert told(await look(mailbox)) == ["Письмо 2"]
        await mailbox.close()
