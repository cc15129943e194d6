"""A chat channel of one's own in Kommo: the port's contract over real HTTP, its signatures, and what its calls tell."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saudager.contracts import Contact, DeliveryState, Kind
from saudager.errors import BadCredentials, Unanswered, UnrecognisedPayload
from saudager.providers.channels import Delivery, Line, News
from saudager.providers.channels.kommo_chat import Config, KommoChat, signed
from tests.fakes.amojo import ACCOUNT_ID, BOT, SCOPE, FakeAmojo
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import refused_url
from tests.providers.channels.channel_contract import AnyChannelContract

CHAT = "wappi:71ad40e9|77010000001@c.us"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def connected(amojo: FakeAmojo, *, timeout: float = 30, clock: InstantClock | None = None, **fields: str) -> KommoChat:
    return KommoChat(Config(**amojo.form(**fields)), clock=clock or InstantClock(AT), timeout=timeout)


class ChatRig:
    retry_after = 7

    def __init__(self, fake: FakeAmojo, channel: KommoChat) -> None:
        self.fake = fake
        self.channel = channel

    def customer_writes(self, chat: str, text: str, *, at: float) -> str:
        return "C1"

    def sent(self) -> list[tuple[str, str, str | None]]:
        return [(payload["conversation_id"], payload["message"]["text"], None) for payload in self.fake.shown]

    def fail(self, what: str, *faults: str) -> None:
        for fault in faults:
            if fault == "not_done":
                self.fake.refuses += 1
            else:
                self.fake.faults.add(SCOPE, fault)

    def calls(self, what: str) -> int:
        return self.fake.asked_for(SCOPE)

    def unreachable(self) -> KommoChat:
        return connected(self.fake, host=refused_url().removeprefix("http://"))


@pytest.fixture
async def rig() -> AsyncIterator[ChatRig]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeAmojo(now=lambda: AT))
        channel = connected(fake, timeout=1)
        stack.push_async_callback(channel.close)
        yield ChatRig(fake, channel)


@pytest.fixture
def amojo(rig: ChatRig) -> FakeAmojo:
    return rig.fake


@pytest.fixture
async def channel(amojo: FakeAmojo) -> AsyncIterator[KommoChat]:
    """A channel with time enough on a busy machine."""
    channel = connected(amojo)
    yield channel
    await channel.close()


def line(text: str | None = "Сколько стоит окно?", **fields: Any) -> Line:
    own = {"kind": Kind.TEXT, "phone_number": "77010000001", "contact": Contact(name="Алия")} | fields
    return Line(CHAT, own.pop("message_id", "L1"), AT, own.pop("from_us", False), None, text=text, **own)


class TestKommosOwnChatKeepsTheContract(AnyChannelContract):
    chat = CHAT


def test_a_request_is_signed_as_the_documentation_says() -> None:
    """A vector worked out by hand from the documented rule."""
    body = b'{"account_id":"11111111-2222-3333-4444-555555555555","title":"Test channel","hook_api_version":"v2"}'
    path = "/v2/origin/custom/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/connect"
    headers = signed(b"test-secret", "POST", path, body, datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert headers == {
        "Date": "Thu, 01 Oct 2026 12:00:00 +0000",
        "Content-Type": "application/json",
        "Content-MD5": "a2aa149509ad852e04c56d056ef2808b",
        "X-Signature": "66c5ba8fe2f876ee0b4be9c38c3a51ca548a7a7c",
    }


class TestShowing:
    async def test_a_customers_line_is_his(self, channel, amojo) -> None:
        await channel.show(line())
        (payload,) = amojo.shown
        assert payload["sender"] == {"id": CHAT, "name": "Алия", "profile": {"phone": "+77010000001"}}
        assert ("receiver" in payload, payload["silent"], payload["msgid"]) == (False, False, "L1")
        assert (payload["timestamp"], payload["msec_timestamp"]) == (AT.timestamp(), AT.timestamp() * 1000)

    async def test_ours_is_the_channels_bots_and_makes_no_noise(self, channel, amojo) -> None:
        await channel.show(line("45 000 ₸", from_us=True))
        (payload,) = amojo.shown
        assert payload["sender"] == {"id": "saudager", "name": "Saudager", "ref_id": BOT}
        assert (payload["receiver"]["id"], payload["silent"]) == (CHAT, True)

    @pytest.mark.parametrize(
        ("kind", "text", "shown"),
        [
            (Kind.IMAGE, "Вот", "Фото: Вот"),
            (Kind.VOICE, "Сколько стоит?", "Голосовое сообщение: Сколько стоит?"),
            (Kind.VOICE, None, "Голосовое сообщение"),
            (Kind.DOCUMENT, None, "Файл"),
            (Kind.OTHER, None, "Сообщение без слов"),
        ],
    )
    async def test_a_file_is_told_in_words(self, channel, amojo, kind, text, shown) -> None:
        await channel.show(line(text, kind=kind))
        assert amojo.said(CHAT) == [shown]

    async def test_somebody_without_a_name_or_a_number_has_one_to_be_called(self, channel, amojo) -> None:
        await channel.show(line(contact=Contact()))
        await channel.show(line(contact=Contact(), phone_number=None))
        assert [payload["sender"]["name"] for payload in amojo.shown] == ["+77010000001", "Покупатель"]

    async def test_what_may_be_there_is_found_by_its_name(self, channel, amojo) -> None:
        assert not await channel.is_shown(line())
        amojo.faults.add(SCOPE, "cut_after")
        with pytest.raises(Unanswered):
            await channel.show(line())
        assert await channel.is_shown(line())
        assert not await channel.is_shown(line(message_id="L2"))

    async def test_signatures_are_of_this_moment(self, amojo) -> None:
        clock = InstantClock(AT - timedelta(minutes=16))
        late = connected(amojo, clock=clock)
        with pytest.raises(BadCredentials, match="Date is too old"):
            await late.show(line())
        await clock.sleep_until(AT)
        await late.show(line())
        await late.close()
        assert len(amojo.shown) == 1

    async def test_the_channel_is_connected_once(self, channel, amojo) -> None:
        for _ in range(3):
            await channel.show(line())
        assert amojo.connected == [{"account_id": ACCOUNT_ID, "title": "Saudager", "hook_api_version": "v2"}]


class TestTellingWhatBecameOfALine:
    @pytest.mark.parametrize(
        ("state", "told"),
        [
            (DeliveryState.DELIVERED, {"status_code": 1}),
            (DeliveryState.READ, {"status_code": 2}),
            (DeliveryState.FAILED, {"status_code": -1, "error_code": 905, "error": "нет такого номера"}),
        ],
    )
    async def test_kommo_is_told(self, channel, amojo, state, told) -> None:
        await channel.tell(Delivery("0371a0ff", state, reason="нет такого номера"))
        assert amojo.statuses == [("0371a0ff", told)]

    async def test_that_it_was_sent_is_no_news(self, channel, amojo) -> None:
        await channel.tell(Delivery("0371a0ff", DeliveryState.SENT))
        assert amojo.requests == []


class TestStatus:
    async def test_a_known_channel_is_ready(self, channel) -> None:
        assert (await channel.status()).ready

    @pytest.mark.parametrize("wrong", [{"channel_secret": "another"}, {"account_id": "another"}, {"channel_id": "a-1"}])
    async def test_what_kommo_does_not_know_says_what_to_compare(self, amojo, wrong: dict[str, str]) -> None:
        channel = connected(amojo, **wrong)
        status = await channel.status()
        await channel.close()
        assert not status.ready
        assert "сверьте ID канала" in (status.reason or "")


class TestWhatItsCallsTell:
    async def test_a_managers_line(self, channel, amojo) -> None:
        body = amojo.answered(CHAT, "Сейчас посчитаю")
        (told,) = channel.read(amojo.signed(body), body).lines
        assert (told.chat, told.text, told.sent_at) == (CHAT, "Сейчас посчитаю", AT)
        assert (told.from_us, told.from_api) == (True, False)

    async def test_a_file_is_a_link_among_the_words(self, channel, amojo) -> None:
        link = "https://amojo.kommo.com/attachments/image.jpg"
        body = amojo.answered(CHAT, "Вот смета", type="file", media=link)
        (told,) = channel.read(amojo.signed(body), body).lines
        assert told.text == f"Вот смета\n{link}"

    async def test_a_line_begun_in_kommo_is_of_no_chat(self, channel, amojo) -> None:
        body = amojo.answered(None, "Здравствуйте")
        (told,) = channel.read(amojo.signed(body), body).lines
        assert told.chat == ""

    async def test_another_accounts_line_is_left_out(self, channel, amojo) -> None:
        body = amojo.answered(CHAT, "чужое", account_id="another")
        assert channel.read(amojo.signed(body), body) == News()

    async def test_that_a_manager_types_is_no_line(self, channel, amojo) -> None:
        body = json.dumps({"account_id": ACCOUNT_ID, "time": 1, "action": {"typing": {}}}).encode()
        assert channel.read(amojo.signed(body), body) == News()

    @pytest.mark.parametrize("headers", [{}, {"x-signature": "0" * 40}, {"x-signature": "подпись"}])
    async def test_a_call_that_is_not_signed_by_kommo_is_refused(self, channel, amojo, headers) -> None:
        body = amojo.answered(CHAT, "Сейчас посчитаю")
        for wrong in (headers, amojo.signed(body, secret="another"), amojo.signed(body + b" ")):
            with pytest.raises(BadCredentials):
                channel.read(wrong, body)

    @pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"message": {}}'])
    async def test_what_is_no_call_of_the_chats_is_refused(self, channel, amojo, body: bytes) -> None:
        with pytest.raises(UnrecognisedPayload):
            channel.read(amojo.signed(body), body)

    @pytest.mark.parametrize("wrong", [{"id": ""}, {"id": 5}])
    async def test_a_line_that_cannot_be_read_is_left_out_without_its_words(
        self, channel, amojo, caplog, wrong
    ) -> None:
        body = amojo.answered(CHAT, "тайна", **wrong)
        with caplog.at_level(logging.INFO):
            assert channel.read(amojo.signed(body), body) == News()
        assert "Kommo told of a line" in caplog.text
        assert "тайна" not in caplog.text

    async def test_a_line_that_says_nothing_is_none(self, channel, amojo) -> None:
        body = amojo.answered(CHAT, " ")
        assert channel.read(amojo.signed(body), body) == News()
