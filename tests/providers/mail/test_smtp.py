"""Letters by SMTP, to a real server on loopback that refuses, breaks and encrypts."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from saudager.clock import MovableClock
from saudager.errors import (
    AddressRefused,
    BadCredentials,
    Deferred,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
)
from saudager.providers.mail.smtp import Config, SmtpMailer
from tests.fakes.mail_server import CUT, CUT_AFTER, PASSWORD, USER, MailServer, make_certificate
from tests.providers.mail.letters import NOW, letter
from tests.providers.mail.mailer_contract import MailerContract

GONE = "550 5.1.1 <ivan@client.kz>: Recipient address rejected: User unknown"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
async def connect(clock: MovableClock) -> AsyncIterator[Callable[..., SmtpMailer]]:
    """Open mailers (``connect(server, user=…, security=…)``) that close with the test."""
    async with AsyncExitStack() as stack:

        def connected(server: MailServer, *, tls: ssl.SSLContext | None = None, **config: Any) -> SmtpMailer:
            usual = {"host": "127.0.0.1", "port": server.port}
            mailer = SmtpMailer(Config.model_validate(usual | config), clock=clock, tls=tls, timeout=5, data_timeout=5)
            stack.push_async_callback(mailer.close)
            return mailer

        yield connected


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
def mailer(server: MailServer, connect: Callable[..., SmtpMailer]) -> SmtpMailer:
    return connect(server)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


class TestContract(MailerContract):
    @pytest.fixture
    async def rig(self, connect: Callable[..., SmtpMailer]) -> AsyncIterator["_Rig"]:
        async with MailServer(login=True) as server:
            login = {"user": USER, "password": PASSWORD, "security": "none"}
            yield _Rig(server, connect(server, **login))


class _Rig:
    def __init__(self, server: MailServer, mailer: SmtpMailer) -> None:
        self.server, self.mailer = server, mailer

    def carried(self) -> list[str]:
        read = (email.message_from_bytes(taken.content) for taken in self.server.letters)
        return [str(one["message-id"]).strip().strip("<>") for one in read]

    def refuse_key(self) -> None:
        self.server.login_answer = "535 5.7.8 Username and Password not accepted"

    def refuse_letters(self) -> None:
        self.server.answer("data", "554 5.7.1 Message rejected as spam")

    def cut_after_taking(self) -> None:
        self.server.answer("data", CUT_AFTER)

    async def vanish(self) -> None:
        await self.server.stop()


async def test_the_server_gets_the_letter_as_it_is_written(server: MailServer, mailer: SmtpMailer):
    await mailer.send(letter(text="Строка\n.\nс точкой\n", html=None, enclosures=()))
    (taken,) = server.letters
    assert (taken.sender, taken.recipients) == ("sales@shop.kz", ["ivan@client.kz"])
    message = email.message_from_bytes(taken.content, policy=email.policy.default)
    assert message["subject"] == "Ваши закупки за год"
    assert message.get_content().replace("\r\n", "\n") == "Строка\n.\nс точкой\n"


async def test_one_connection_carries_many_letters(server: MailServer, mailer: SmtpMailer):
    for number in range(20):
        await mailer.send(letter(own_id=str(number)))
    assert {taken.connection for taken in server.letters} == {1}


async def test_letters_sent_at_once_go_one_after_the_other(server: MailServer, mailer: SmtpMailer):
    await asyncio.gather(*(mailer.send(letter(own_id=str(number))) for number in range(10)))
    assert [taken.connection for taken in server.letters] == [1] * 10


async def test_a_connection_the_server_closed_meanwhile_is_opened_again(server: MailServer, mailer: SmtpMailer):
    await mailer.send(letter())
    server.drop()
    await mailer.send(letter(own_id="2"))
    server.answer("mail", CUT)
    await mailer.send(letter(own_id="3"))
    server.answer("mail", "421 4.4.2 Timeout, closing connection")
    await mailer.send(letter(own_id="4"))
    assert [taken.connection for taken in server.letters] == [1, 2, 3, 4]


async def test_a_connection_nobody_needs_is_closed(server: MailServer, mailer: SmtpMailer, clock: MovableClock):
    await mailer.send(letter())
    clock.move_to(NOW + timedelta(seconds=20))
    await mailer.send(letter(own_id="2"))
    clock.move_to(NOW + timedelta(seconds=40))
    await asyncio.sleep(0)
    assert len(server.open) == 1
    clock.move_to(NOW + timedelta(seconds=60))
    async with asyncio.timeout(5):
        while server.open:
            await asyncio.sleep(0.001)
    await mailer.send(letter(own_id="3"))
    assert [taken.connection for taken in server.letters] == [1, 1, 2]


SORTED = [
    ("rcpt", GONE, AddressRefused),
    ("rcpt", "550 no such user here", AddressRefused),
    ("rcpt", "550 5.2.1 The account is disabled", AddressRefused),
    ("rcpt", "550 5.7.1 Blocked by policy", Rejected),
    ("rcpt", "550 Blocked as spam", Rejected),
    ("rcpt", "554 5.7.1 Relay access denied", BadCredentials),
    ("rcpt", "552 5.2.2 Mailbox full", Rejected),
    ("rcpt", "450 4.2.0 Greylisted, come back later", Deferred),
    ("rcpt", "452 4.2.2 The recipient is over quota", Deferred),
    ("rcpt", "451 4.7.1 Too many messages, slow down", RateLimited),
    ("rcpt", "421 4.7.0 Try again later", RateLimited),
    ("mail", "530 5.7.0 Authentication required", BadCredentials),
    ("mail", "553 5.7.1 Sender address rejected: not owned by auth user", BadCredentials),
    ("mail", "552 5.3.4 Message too big", Rejected),
    ("mail", "451 4.3.0 Temporary failure", Unreachable),
    ("mail", "550 5.4.5 Daily user sending limit exceeded", RateLimited),
    ("data", "451 4.3.0 Temporary failure", Deferred),
    ("data", "452 4.3.1 Hourly message limit reached", RateLimited),
    ("data", "554 5.7.1 Rejected as spam", Rejected),
    ("data", "554 5.2.252 SendAsDenied; not allowed to send as sales@shop.kz", BadCredentials),
]


@pytest.mark.parametrize(("command", "answer", "expected"), SORTED)
async def test_a_refusal_is_sorted_by_what_is_to_be_done_about_it(
    server: MailServer, mailer: SmtpMailer, command, answer, expected
):
    server.answer(command, answer)
    with pytest.raises(expected) as raised:
        await mailer.send(letter())
    assert type(raised.value) is expected
    assert answer[:3] in str(raised.value)
    assert server.letters == []
    await mailer.send(letter())
    assert len(server.letters) == 1


@pytest.mark.parametrize("command", ["mail", "rcpt"])
async def test_a_connection_lost_before_the_letter_was_handed_over_has_carried_nothing(
    server: MailServer, mailer: SmtpMailer, command
):
    server.answer(command, CUT)
    with pytest.raises(Unreachable):
        await mailer.send(letter())
    assert server.letters == []


async def test_a_connection_lost_later_leaves_the_letter_unanswered(server: MailServer, mailer: SmtpMailer):
    server.answer("data", CUT)
    with pytest.raises(Unanswered):
        await mailer.send(letter())


@pytest.mark.parametrize("greeting", ["554 5.3.2 No service here", "421 4.3.2 Too busy"])
async def test_a_server_that_does_not_greet_is_not_there(server: MailServer, mailer: SmtpMailer, greeting):
    server.greeting = greeting
    with pytest.raises(Unreachable):
        await mailer.send(letter())


@pytest.mark.parametrize("security", ["auto", "starttls"])
async def test_starttls_protects_the_password(connect, certificate: Path, security):
    async with MailServer(security="starttls", login=True, certificate=certificate) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        mailer = connect(server, tls=trusting, user=USER, password=PASSWORD, security=security)
        await mailer.send(letter())
        assert server.logins == [(USER, True)]
        assert len(server.letters) == 1
        await mailer.close()


async def test_a_server_may_speak_tls_from_the_first_byte(connect, certificate: Path):
    async with MailServer(security="tls", login=True, certificate=certificate) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        mailer = connect(server, tls=trusting, user=USER, password=PASSWORD, security="tls")
        await mailer.send(letter())
        assert len(server.letters) == 1
        await mailer.close()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_nobody_vouches_for_ends_it_before_the_password(connect, certificate: Path, security):
    async with MailServer(security=security, login=True, certificate=certificate) as server:
        mailer = connect(server, user=USER, password=PASSWORD, security=security)
        with pytest.raises(BadCredentials, match="certificate"):
            await mailer.send(letter())
        assert server.logins == []


@pytest.mark.parametrize("security", ["auto", "starttls"])
async def test_a_password_never_goes_out_in_plain_text_unasked(server: MailServer, connect, security):
    mailer = connect(server, user=USER, password=PASSWORD, security=security)
    with pytest.raises(BadCredentials, match="STARTTLS"):
        await mailer.send(letter())
    assert server.logins == []


async def test_a_password_the_server_does_not_know_is_not_told_on(connect):
    async with MailServer(login=True) as server:
        mailer = connect(server, user=USER, password="wr0ng-password", security="none")
        with pytest.raises(BadCredentials) as raised:
            await mailer.send(letter())
        assert "535" in str(raised.value)
        assert "wr0ng-password" not in str(raised.value) + repr(mailer) + repr(mailer._config)


async def test_a_login_that_cannot_be_tried_now_is_tried_later(connect):
    async with MailServer(login=True) as server:
        server.login_answer = "454 4.7.0 Temporary authentication failure"
        with pytest.raises(Unreachable):
            await connect(server, user=USER, password=PASSWORD, security="none").send(letter())


async def test_the_copy_to_keep_is_the_letter_that_was_carried(server: MailServer, mailer: SmtpMailer):
    await mailer.send(letter())
    copy = mailer.copy(letter())
    assert copy is not None
    assert copy.split() == server.letters[0].content.split()


async def test_a_server_that_keeps_copies_itself_needs_none(server: MailServer, connect):
    mailer = connect(server, server_keeps_copies=True)
    await mailer.send(letter())
    assert mailer.copy(letter()) is None
