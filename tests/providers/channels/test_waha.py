"""WAHA: the port's contract over real HTTP, its payloads, and what is peculiar to it."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from saudager.contracts import DeliveryState, Kind
from saudager.errors import (
    BadCredentials,
    FirstContactRefused,
    NotFound,
    OutsideError,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.channels import Line, News
from saudager.providers.channels.waha import Config, WhatsAppWaha
from saudager.providers.channels.waha_rows import bare_id
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import refused_url
from tests.fakes.waha import KEY, OWN, PNG, SESSION, FakeWaha, signed
from tests.providers.channels.channel_contract import (
    CHAT,
    OTHER_CHAT,
    ChannelContract,
    KnowingChannelContract,
    PicturingChannelContract,
)

SECRET = "hmac-key"
LID = "147483648123456@lid"
HOOK = "https://shop.example/webhooks/waha:shop"
_PATHS = {"send": "sendText", "send_picture": "sendImage", "check": "check-exists", "lines": "/messages"}

MESSAGE: dict[str, Any] = {
    "id": f"false_{CHAT}_3EB0AAAA",
    "timestamp": 1741249702,
    "from": CHAT,
    "fromMe": False,
    "source": "app",
    "to": OWN,
    "participant": None,
    "body": "Сколько стоит окно?",
    "hasMedia": False,
    "media": None,
    "mediaUrl": None,
    "ack": 1,
    "ackName": "SERVER",
    "location": None,
    "vCards": [],
    "replyTo": None,
    "_data": {},
}
VOICE = {
    "body": None,
    "hasMedia": True,
    "media": {
        "url": "http://localhost:3000/api/files/shop/3EB0AAAA.oga",
        "mimetype": "audio/ogg; codecs=opus",
        "filename": None,
        "error": None,
    },
}


def connected(base_url: str, **options: Any) -> WhatsAppWaha:
    config = Config(base_url=base_url, api_key=options.pop("key", KEY), session=SESSION)
    return WhatsAppWaha(config, clock=options.pop("clock", None) or InstantClock(), secret=SECRET, **options)


def answering(answer: object, *, status: int = 200, asked: list[httpx.Request] | None = None) -> WhatsAppWaha:
    """A channel whose every call gets this answer: bytes as they are, anything else as JSON."""

    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return httpx.Response(status, content=content)

    return connected("https://waha.example", transport=httpx.MockTransport(handle))


def pushed(event: str, payload: Any, *, channel: WhatsAppWaha | None = None, **envelope: Any) -> News:
    body = FakeWaha(now=lambda: 1741249702).event(event, payload, **envelope)
    return (channel or connected("https://waha.example")).read(signed(body, SECRET), body)


def line_in(news: News) -> Line:
    (line,) = news.lines
    return line


class WahaRig:
    def __init__(self, fake: FakeWaha, channel: WhatsAppWaha) -> None:
        self.fake = fake
        self.channel = channel
        self.retry_after = 7
        self.tells_apis = False

    def customer_writes(self, chat: str, text: str, *, at: float) -> str:
        return bare_id(self.fake.customer_writes(chat, text, at=at)["id"])

    def human_writes(self, chat: str, text: str, *, at: float) -> str:
        return bare_id(self.fake.human_writes(chat, text, at=at)["id"])

    def sent(self) -> list[tuple[str, str, str | None]]:
        return [(sent.chat, sent.text, sent.reply_to and bare_id(sent.reply_to)) for sent in self.fake.sent]

    def pictures(self) -> list[tuple[str, str, bytes, str]]:
        rows = [(chat, row) for chat, said in self.fake.rows.items() for row in said if row["hasMedia"]]
        return [(chat, row["body"], *self.fake.files[f"{bare_id(row['id'])}.bin"]) for chat, row in rows]

    def fail(self, what: str, *faults: str) -> None:
        self.fake.fail(_PATHS[what], *faults)

    def fail_always(self, what: str, fault: str) -> None:
        self.fake.fail_always(_PATHS[what], itertools.repeat(fault))

    def calls(self, what: str) -> int:
        return len(self.fake.asked_for(_PATHS[what]))

    def is_absent(self, chat: str) -> None:
        self.fake.absent.add(chat)

    def unread(self, chat: str) -> int:
        return len(self.fake.unread[chat])

    def busiest(self) -> int:
        return self.fake.busiest

    def answer_slowly(self) -> None:
        self.fake.latency = 0.005

    def unreachable(self) -> WhatsAppWaha:
        return connected(refused_url())


@pytest.fixture
async def rig() -> AsyncIterator[WahaRig]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeWaha())
        channel = connected(fake.base_url, timeout=0.25)
        stack.push_async_callback(channel.close)
        yield WahaRig(fake, channel)


@pytest.fixture
def waha(rig: WahaRig) -> FakeWaha:
    return rig.fake


@pytest.fixture
def channel(rig: WahaRig) -> WhatsAppWaha:
    return rig.channel


class TestWahaKeepsTheContract(ChannelContract, KnowingChannelContract, PicturingChannelContract):
    pass


class TestSending:
    @pytest.mark.parametrize("id_as", ["text", "webjs", "noweb"])
    async def test_a_message_has_one_id_in_a_send_a_poll_and_a_webhook(
        self, waha: FakeWaha, channel: WhatsAppWaha, id_as: str
    ) -> None:
        waha.id_as = id_as
        sent = await channel.send(CHAT, "Добрый день!")
        (polled,) = await channel.lines(CHAT, limit=10, offset=0)
        told = line_in(pushed("message.any", waha.rows[CHAT][-1]))
        assert sent == polled.message_id == told.message_id == "3EB00000000000000001"
        assert (told.from_us, told.from_api) == (True, True)

    async def test_a_quote_is_asked_for_by_the_whole_id(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        question = waha.customer_writes(CHAT, "Сколько?")["id"]
        await channel.send(CHAT, "45 000 ₸", reply_to=bare_id(question))
        (asked,) = waha.asked_for("sendText")
        assert asked.body == {"session": SESSION, "chatId": CHAT, "text": "45 000 ₸", "reply_to": question}

    async def test_typing_ends_before_the_message_and_never_stops_it(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        await channel.show_typing(CHAT)
        waha.fail("stopTyping", "500")
        await channel.send(CHAT, "раз")
        await channel.send(CHAT, "два")
        await channel.show_typing(CHAT)
        await channel.send(CHAT, "три")
        assert waha.typing == [(CHAT, "startTyping"), (CHAT, "startTyping"), (CHAT, "stopTyping")]
        assert [sent.text for sent in waha.sent] == ["раз", "два", "три"]

    async def test_error_463_refuses_first_contacts_and_the_message_is_not_in_the_error(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        waha.fail("sendText", "463")
        with pytest.raises(FirstContactRefused) as refused:
            await channel.send(CHAT, "тайные слова")
        assert "463" in str(refused.value)
        assert "тайные" not in str(refused.value)

    async def test_another_500_may_have_arrived_and_the_message_is_not_in_the_error(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        waha.fail("sendText", "500")
        with pytest.raises(Unanswered) as lost:
            await channel.send(CHAT, "сумма 463")
        assert "463" not in str(lost.value)

    @pytest.mark.parametrize(
        ("status", "error"),
        [("STARTING", Unreachable), ("SCAN_QR_CODE", BadCredentials), ("FAILED", BadCredentials)],
    )
    async def test_a_session_that_is_not_working_sends_nothing(
        self, waha: FakeWaha, channel: WhatsAppWaha, status: str, error: type[OutsideError]
    ) -> None:
        waha.status = status
        with pytest.raises(error):
            await channel.send(CHAT, "Привет")
        assert waha.sent == []

    async def test_a_session_that_does_not_exist_is_bad_credentials(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        waha.session = None
        with pytest.raises(BadCredentials):
            await channel.send(CHAT, "Привет")
        with pytest.raises(BadCredentials, match="PUBLIC_URL"):
            await channel.chats(limit=10, offset=0)

    async def test_done_without_an_id_may_have_arrived(self) -> None:
        with pytest.raises(Unanswered):
            await answering({"_data": {}}).send(CHAT, "Привет")


class TestChats:
    async def test_a_chat_id_is_escaped_in_a_path_and_nothing_is_downloaded(self) -> None:
        asked: list[httpx.Request] = []
        await answering([], asked=asked).lines(CHAT, limit=10, offset=0)
        (request,) = asked
        assert request.url.raw_path.startswith(b"/api/shop/chats/77750000002%40c.us/messages?")
        assert request.url.params["downloadMedia"] == "false"
        assert request.headers["x-api-key"] == KEY

    async def test_groups_statuses_newsletters_and_the_own_chats_are_no_customers(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        waha.me |= {"lid": "999999999999:3@lid"}
        for chat in (CHAT, OWN, "999999999999@lid", "1203630@g.us", "1203630@newsletter", "status@broadcast"):
            waha.customer_writes(chat, "Здравствуйте")
        found = await channel.chats(limit=10, offset=0)
        assert [chat.chat for chat in found if chat.is_customer] == [CHAT]

    async def test_the_number_behind_a_hidden_id_is_what_waha_says_and_asked_for_once(
        self, waha: FakeWaha, channel: WhatsAppWaha
    ) -> None:
        waha.lids[LID] = OTHER_CHAT
        waha.customer_writes(LID, "Салем", name="Айка")
        (chat,) = await channel.chats(limit=10, offset=0)
        (line,) = await channel.lines(LID, limit=10, offset=0)
        assert (chat.chat, chat.phone_number, chat.contact.lid) == (LID, "77750000003", LID)
        assert (line.chat, line.phone_number, line.contact.name) == (LID, "77750000003", "Айка")
        assert len(waha.asked_for(LID)) == 1

    async def test_a_hidden_number_is_never_made_up(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        waha.customer_writes(LID, "Салем")
        (line,) = await channel.lines(LID, limit=10, offset=0)
        (told,) = await channel.with_numbers(pushed("message.any", MESSAGE | {"from": LID}).lines)
        assert line.phone_number is told.phone_number is None
        assert len(waha.asked_for(LID)) == 1

    @pytest.mark.parametrize(
        "row",
        [
            {"_data": {"type": "e2e_notification"}, "body": ""},
            {"_data": {"message": {"protocolMessage": {}}}, "body": None},
            {"_data": {"Message": {"reactionMessage": {}, "messageContextInfo": {}}}, "body": ""},
            {"_data": {"messageStubType": 1}, "body": ""},
            {"reaction": {"text": "👍", "messageId": "3EB0"}},
        ],
    )
    async def test_what_nobody_wrote_is_no_line(self, row: dict[str, Any]) -> None:
        assert await answering([MESSAGE | row]).lines(CHAT, limit=10, offset=0) == []

    @pytest.mark.parametrize("row", [{"id": None}, {"timestamp": None}, {"from": None, "id": "3EB0"}, {"id": 7}])
    async def test_a_row_that_cannot_be_read_does_not_hide_the_others(self, row: dict[str, Any]) -> None:
        (line,) = await answering([MESSAGE | row, MESSAGE]).lines(CHAT, limit=10, offset=0)
        assert line.message_id == "3EB0AAAA"

    async def test_an_answer_that_is_no_list_is_told(self) -> None:
        with pytest.raises(UnrecognisedPayload):
            await answering({"rows": []}).lines(CHAT, limit=10, offset=0)


class TestLines:
    @pytest.mark.parametrize(
        ("row", "kind", "text"),
        [
            ({}, Kind.TEXT, "Сколько стоит окно?"),
            (VOICE, Kind.VOICE, None),
            ({"hasMedia": True, "media": {"mimetype": "image/jpeg"}, "body": "вот"}, Kind.IMAGE, "вот"),
            ({"hasMedia": True, "media": {"mimetype": "application/pdf"}, "body": None}, Kind.DOCUMENT, None),
            ({"hasMedia": True, "_data": {"type": "ptt"}, "body": ""}, Kind.VOICE, None),
            ({"hasMedia": True, "_data": {"message": {"audioMessage": {}}}, "body": ""}, Kind.VOICE, None),
            ({"hasMedia": True, "_data": {"Message": {"documentMessage": {}}}, "body": ""}, Kind.DOCUMENT, None),
            ({"hasMedia": True, "body": ""}, Kind.OTHER, None),
            (
                {"location": {"latitude": "43.2", "longitude": "76.9", "name": "Дом"}, "body": None},
                Kind.LOCATION,
                "Геопозиция: 43.2, 76.9, Дом",
            ),
            (
                {"vCards": ["BEGIN:VCARD\nFN:Алия\nTEL;waid=7701:+7 701\nEND:VCARD"]},
                Kind.CONTACT,
                "Контакт: Алия, +7 701",
            ),
        ],
    )
    async def test_what_a_line_is(self, row: dict[str, Any], kind: Kind, text: str | None) -> None:
        line = line_in(pushed("message.any", MESSAGE | row))
        assert (line.kind, line.text, line.is_voice) == (kind, text, kind is Kind.VOICE)

    @pytest.mark.parametrize("event", ["message", "message.any"])
    async def test_a_pushed_line(self, event: str) -> None:
        quoted = {"id": "BBBB", "participant": OWN, "body": "цена", "hasMedia": False}
        line = line_in(pushed(event, MESSAGE | {"replyTo": quoted, "_data": {"pushName": "Айка"}}))
        assert (line.chat, line.message_id, line.phone_number) == (CHAT, "3EB0AAAA", "77750000002")
        assert (line.from_us, line.from_api, line.reply_to) == (False, False, "BBBB")
        assert line.sent_at == datetime(2025, 3, 6, 8, 28, 22, tzinfo=UTC)
        assert line.contact.name == "Айка"

    @pytest.mark.parametrize(
        ("row", "from_api"),
        [({"source": "app"}, False), ({"source": "api"}, True), ({"source": None}, None)],
    )
    async def test_who_wrote_through_what_is_what_the_event_says(
        self, row: dict[str, Any], from_api: bool | None
    ) -> None:
        own = {"id": f"true_{CHAT}_3EB0", "from": OWN, "to": CHAT, "fromMe": True}
        line = line_in(pushed("message", MESSAGE | own | row))
        assert (line.chat, line.from_us, line.from_api, line.delivery) == (CHAT, True, from_api, DeliveryState.SENT)

    async def test_an_own_line_without_its_receiver_is_of_the_chat_in_its_id(self) -> None:
        own = {"id": f"true_{CHAT}_3EB0", "from": OWN, "to": None, "fromMe": True}
        assert line_in(pushed("message.any", MESSAGE | own)).chat == CHAT

    @pytest.mark.parametrize("chat", ["status@broadcast", "1203630@g.us", "1203630@newsletter", OWN])
    async def test_what_is_not_of_one_customer_is_left(self, chat: str) -> None:
        assert pushed("message.any", MESSAGE | {"from": chat, "id": f"false_{chat}_3EB0_{CHAT}"}) == News()

    async def test_news_of_another_session_or_kind_is_left(self) -> None:
        assert pushed("message.any", MESSAGE, session="another") == News()
        assert pushed("presence.update", MESSAGE) == pushed("message.any", None) == News()

    async def test_an_edit_and_a_deletion_mean_the_line_they_name(self) -> None:
        edit = MESSAGE | {"id": f"false_{CHAT}_3EB0EDIT", "editedMessageId": "3EB0AAAA", "body": "Сколько дверь?"}
        edit |= {"_data": {"message": {"protocolMessage": {}}}}
        edited = line_in(pushed("message.edited", edit))
        assert (edited.message_id, edited.edited, edited.text) == ("3EB0AAAA", True, "Сколько дверь?")
        notice = MESSAGE | {"id": f"false_{CHAT}_3EB0GONE", "body": "", "_data": {"type": "revoked"}}
        gone = line_in(pushed("message.revoked", {"revokedMessageId": "3EB0AAAA", "after": notice, "before": None}))
        assert (gone.message_id, gone.deleted, gone.chat, gone.text) == ("3EB0AAAA", True, CHAT, None)

    @pytest.mark.parametrize(
        "payload", [{"revokedMessageId": "3EB0", "after": None}, {"after": MESSAGE}, {"revokedMessageId": "3EB0"}]
    )
    async def test_a_deletion_that_does_not_say_of_what_is_left(self, payload: dict[str, Any]) -> None:
        assert pushed("message.revoked", payload) == News()

    @pytest.mark.parametrize(
        ("ack", "state"),
        [
            (-1, DeliveryState.FAILED),
            (0, DeliveryState.QUEUED),
            (1, DeliveryState.SENT),
            (2, DeliveryState.DELIVERED),
            (3, DeliveryState.READ),
            (4, DeliveryState.READ),
        ],
    )
    async def test_what_became_of_a_message_of_ours(self, ack: int, state: DeliveryState) -> None:
        payload = {"id": f"true_{CHAT}_3EB0", "from": OWN, "to": CHAT, "fromMe": True, "ack": ack, "ackName": ""}
        (delivery,) = pushed("message.ack", payload).deliveries
        assert (delivery.message_id, delivery.state) == ("3EB0", state)
        assert (delivery.reason is not None) == (ack == -1)
        assert pushed("message.ack", payload | {"fromMe": False}).deliveries == []

    async def test_a_rejected_call_is_a_missed_one_and_a_ringing_one_is_nothing_yet(self) -> None:
        call = {"id": "CALL1", "from": CHAT, "timestamp": 1741249702, "isVideo": False, "isGroup": False, "_data": {}}
        missed = line_in(pushed("call.rejected", call))
        assert (missed.kind, missed.chat, missed.from_us) == (Kind.MISSED_CALL, CHAT, False)
        assert pushed("call.received", call) == pushed("call.rejected", call | {"isGroup": True}) == News()


class TestSignature:
    def test_the_documented_sample_is_ours(self) -> None:
        body = b'{"event":"message","session":"default","engine":"WEBJS"}'
        made = signed(body, "my-secret-key")["x-webhook-hmac"]
        assert (made[:8], made[-4:]) == ("208f8a55", "fa89")

    @pytest.mark.parametrize("headers", [{}, {"x-webhook-hmac": "00"}, signed(b"{}", "another"), signed(b"", SECRET)])
    def test_a_wrong_signature_is_refused_before_anything_is_read(self, headers: dict[str, str]) -> None:
        with pytest.raises(BadCredentials):
            connected("https://waha.example").read(headers, b"{}")

    @pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b"\xff", b'{"event": 7}'])
    def test_what_is_signed_but_no_call_of_waha_is_told(self, body: bytes) -> None:
        with pytest.raises(UnrecognisedPayload):
            connected("https://waha.example").read(signed(body, SECRET), body)


class TestFiles:
    async def test_a_file_is_fetched_from_where_we_know_waha(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        row = waha.customer_writes(CHAT, file=b"OggS...", mime_type="audio/ogg; codecs=opus")
        line = line_in(pushed("message.any", row))
        assert line.file is not None
        assert await channel.fetch_media(line.file) == (b"OggS...", "audio/ogg; codecs=opus")
        assert waha.asked_for(f"/messages/{row['id']}") == []

    async def test_a_file_that_is_gone_is_asked_for_again(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        row = waha.customer_writes(CHAT, file=b"OggS...", mime_type="audio/ogg")
        waha.keeps_files = False
        line = line_in(pushed("message.any", row))
        assert line.file is not None
        assert await channel.fetch_media(line.file) == (b"OggS...", "audio/ogg")
        (asked,) = waha.asked_for(f"/messages/{row['id']}")
        assert asked.query == {"downloadMedia": "true"}

    async def test_a_polled_line_has_a_file_as_well(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        waha.customer_writes(CHAT, "смотрите", file=b"\xff\xd8", mime_type="image/jpeg")
        (line,) = await channel.lines(CHAT, limit=10, offset=0)
        assert line.file is not None
        assert await channel.fetch_media(line.file) == (b"\xff\xd8", "image/jpeg")

    async def test_the_key_goes_to_waha_only(self) -> None:
        asked: list[httpx.Request] = []
        file = f"{MESSAGE['id']} https://127.0.0.1/bucket/3EB0AAAA.oga"
        with pytest.raises(Rejected):
            await answering(b"OggS", asked=asked).fetch_media(file)
        assert asked == []

    async def test_a_message_without_a_file_or_unknown_has_none(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        row = waha.customer_writes(CHAT, "просто текст")
        for message_id in (row["id"], f"false_{CHAT}_3EB0UNKNOWN"):
            with pytest.raises(NotFound):
                await channel.fetch_media(message_id)

    async def test_more_than_20_megabytes_are_refused(self) -> None:
        with pytest.raises(Rejected):
            await answering(b"A" * (21 * 1024 * 1024)).fetch_media(
                f"{MESSAGE['id']} http://localhost:3000/api/files/shop/3EB0AAAA.oga"
            )


class TestSession:
    async def test_a_working_session_is_ready(self, channel: WhatsAppWaha) -> None:
        status = await channel.status()
        assert (status.ready, status.phone_number, status.reason) == (True, "77750000001", None)

    @pytest.mark.parametrize(
        ("told", "advice"),
        [
            ("SCAN_QR_CODE", "QR-код"),
            ("PASSKEY_REQUIRED", "passkey"),
            ("PASSKEY_CONFIRMATION_REQUIRED", "passkey"),
            ("FAILED", "перезапустите"),
            ("STOPPED", "запустите"),
        ],
    )
    async def test_a_session_that_cannot_send_says_what_to_do(
        self, waha: FakeWaha, channel: WhatsAppWaha, told: str, advice: str
    ) -> None:
        waha.status = told
        status = await channel.status()
        assert not status.ready
        assert status.reason is not None
        assert advice in status.reason
        assert f"{waha.base_url}/dashboard" in status.reason

    async def test_a_starting_session_mends_itself(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        waha.status = "STARTING"
        assert await channel.status() == await channel.status()
        assert ((await channel.status()).ready, (await channel.status()).reason) == (False, None)

    @pytest.mark.parametrize(
        ("me", "until"),
        [
            ({"reachoutTimelock": {"isActive": True, "timeEnforcementEnds": "2026-03-29T14:00:00Z"}}, 29),
            ({"reachoutTimelock": {"isActive": True, "timeEnforcementEnds": 1774792800}}, 29),
            ({"messageCapping": {"cappingStatus": "CAPPED", "cycleEnd": "2026-03-31T00:00:00.000Z"}}, 31),
            ({"messageCapping": {"cappingStatus": "FIRST_WARNING", "cycleEnd": "2026-03-31T00:00:00Z"}}, None),
            ({"reachoutTimelock": {"isActive": False, "timeEnforcementEnds": "2026-03-29T14:00:00Z"}}, None),
            ({"reachoutTimelock": {"isActive": True, "timeEnforcementEnds": "2026-03-01T14:00:00Z"}}, None),
            ({"reachoutTimelock": None, "messageCapping": None}, None),
        ],
    )
    async def test_a_restriction_tells_until_when(
        self, waha: FakeWaha, channel: WhatsAppWaha, me: dict[str, Any], until: int | None
    ) -> None:
        waha.me |= me
        told = (await channel.status()).no_first_contacts_until
        assert (told and told.day) == until

    async def test_the_code_to_scan_is_a_picture(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        assert await channel.qr() is None
        waha.status = "SCAN_QR_CODE"
        assert await channel.qr() == PNG

    async def test_news_that_newer_ones_have_overtaken_is_left(self, channel: WhatsAppWaha) -> None:
        def told(status: str, at: int) -> Any:
            return pushed("session.status", {"name": SESSION, "status": status}, channel=channel, timestamp=at).status

        assert told("WORKING", 2000).ready
        assert told("WORKING", 2000).ready
        assert told("SCAN_QR_CODE", 1000) is None
        assert not told("SCAN_QR_CODE", 3000).ready


class TestSubscribing:
    async def test_a_session_is_created_with_our_webhook(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        waha.session = None
        await channel.subscribe(HOOK)
        (asked,) = [asked for asked in waha.asked_for("/api/sessions") if asked.method == "POST"]
        assert (asked.body["name"], asked.body["start"]) == (SESSION, True)
        (hook,) = asked.body["config"]["webhooks"]
        assert hook == {
            "url": HOOK,
            "events": ["message.any", "message.ack", "message.edited", "message.revoked", "session.status"],
            "hmac": {"key": SECRET},
            "retries": {"policy": "exponential", "delaySeconds": 2, "attempts": 15},
        }

    async def test_the_config_is_kept_whole_and_written_once(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        theirs = {"url": "https://crm.example/waha", "events": ["message"]}
        moved = {"url": "http://old.example/webhooks/waha:shop", "events": ["message"]}
        waha.session = {"config": {"metadata": {"tenant": "42"}, "webhooks": [theirs, moved]}}
        await channel.subscribe(HOOK)
        await channel.subscribe(HOOK)
        (asked,) = [asked for asked in waha.requests if asked.method == "PUT"]
        assert asked.body["config"]["metadata"] == {"tenant": "42"}
        assert [hook["url"] for hook in asked.body["config"]["webhooks"]] == [theirs["url"], HOOK]

    async def test_a_stopped_session_is_started(self, waha: FakeWaha, channel: WhatsAppWaha) -> None:
        waha.status = "STOPPED"
        await channel.subscribe(HOOK)
        assert (await channel.status()).ready


class TestTheFakeIsAsStrictAsWaha:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/api/sendText", {"session": SESSION, "chatId": CHAT}),
            ("POST", "/api/sendText", {"session": SESSION, "chatId": "77750000002@s.whatsapp.net", "text": "Привет"}),
            ("POST", "/api/sendText", {"session": SESSION, "chatId": "77750000002", "text": "Привет"}),
            ("POST", "/api/sendText", {"session": SESSION, "chatId": CHAT, "text": "Привет", "reply_to": "3EB0"}),
            ("POST", "/api/sendSeen", {"session": SESSION, "chatId": CHAT, "messageIds": ["3EB0"]}),
            ("POST", "/api/reply", {"session": SESSION, "chatId": CHAT, "text": "Привет"}),
            ("GET", "/api/sendText?phone=77750000002&text=Привет", None),
            ("GET", f"/api/{SESSION}/chats/77750000002%40c.us/messages?limit=10", None),
        ],
    )
    async def test_what_waha_would_refuse_is_refused(
        self, waha: FakeWaha, method: str, path: str, body: dict[str, Any] | None
    ) -> None:
        async with httpx.AsyncClient(base_url=waha.base_url, headers={"X-Api-Key": KEY}) as http:
            answer = await http.request(method, path, json=body)
        assert answer.status_code in (400, 404, 405)
        assert waha.sent == []


class TestConfig:
    def test_the_form_of_the_console_has_a_russian_title_for_every_field(self) -> None:
        titles = {name: field.title for name, field in Config.model_fields.items()}
        assert titles == {"base_url": "Адрес WAHA", "api_key": "Ключ API", "session": "Сессия"}

    @pytest.mark.parametrize("key", ["", "  ", "ключ", "two\nlines"])
    def test_a_key_that_cannot_stand_in_a_header_is_refused(self, key: str) -> None:
        with pytest.raises(ValidationError):
            Config(base_url="http://127.0.0.1:3000", api_key=key)

    def test_the_key_is_not_shown(self) -> None:
        assert KEY not in repr(Config(base_url="http://127.0.0.1:3000", api_key=KEY))


@pytest.mark.parametrize("told", [{}, {"numberExists": "yes"}, {"chatId": CHAT}])
async def test_an_answer_that_does_not_say_whether_the_number_exists_is_no_answer(told):
    with pytest.raises(UnrecognisedPayload):
        await answering(told).has_account(CHAT)


async def test_a_number_is_asked_about_by_its_digits_and_our_session():
    asked: list[httpx.Request] = []
    assert await answering({"numberExists": True, "chatId": CHAT}, asked=asked).has_account(CHAT)
    assert asked[0].url.path == "/api/contacts/check-exists"
    assert dict(asked[0].url.params) == {"phone": "77750000002", "session": SESSION}
