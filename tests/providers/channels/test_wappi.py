"""Wappi.pro: the port's contract over real HTTP, its payloads, and what is peculiar to it."""

import asyncio
import base64
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from saudager.contracts import DeliveryState, Kind
from saudager.errors import BadCredentials, NotFound, Rejected, Unanswered, UnrecognisedPayload
from saudager.providers.channels.wappi import Config, WhatsAppWappi
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import refused_url
from tests.fakes.wappi import PROFILE, TOKEN, FakeWappi
from tests.providers.channels.channel_contract import (
    CHAT,
    OTHER_CHAT,
    ChannelContract,
    KnowingChannelContract,
    PicturingChannelContract,
)

_PATHS = {"send": "message/send", "send_picture": "img/send", "check": "contact/check", "lines": "messages/get"}

DIALOG: dict[str, Any] = {
    "id": "77750000002@s.whatsapp.net",
    "contact": {
        "Found": True,
        "FirstName": "Aigerim",
        "FullName": "Aigerim S.",
        "PushName": "aika",
        "BusinessName": "",
    },
    "chat": {"VerifiedName": None, "Devices": ["77750000002.0:0@c.us"]},
    "group": None,
    "isGroup": False,
    "type": "",
    "last_message_id": "3EB06EAF3BB576BEE829",
    "last_message_type": "chat",
    "last_message_sender": {"id": "77750000002@c.us", "isMe": False},
    "last_timestamp": "2026-03-22T14:02:32Z",
    "last_time": 1774188152,
    "name": "Aigerim S.",
    "phone": "77750000002",
}
ROW: dict[str, Any] = {
    "id": "3EB0B62774646FC3959E87",
    "type": "chat",
    "from": "77750000002@s.whatsapp.net",
    "to": "77750000001@c.us",
    "fromMe": False,
    "senderName": "Aika",
    "contact_name": "Aigerim",
    "time": 1774188152,
    "body": "text",
    "stanzaId": "",
    "chatId": "77750000002@s.whatsapp.net",
    "isReply": False,
    "caption": "",
    "file_name": "",
    "mimetype": "",
    "delivery_status": "",
    "s3Info": {},
    "from_where": "phone",
    "isEdited": False,
    "isFromAPI": False,
    "isDeleted": False,
    "location": None,
}


def connected(base_url: str, *, token: str = TOKEN, **options: Any) -> WhatsAppWappi:
    config = Config(base_url=base_url, token=token, profile_id=PROFILE)
    return WhatsAppWappi(config, clock=options.pop("clock", None) or InstantClock(), **options)


def answering(answer: object, *, status: int = 200, asked: list[httpx.Request] | None = None) -> WhatsAppWappi:
    """A channel whose every call gets this answer: an object as JSON with status done, bytes as they are."""

    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        if isinstance(answer, bytes):
            return httpx.Response(status, content=answer)
        return httpx.Response(status, json={"status": "done"} | answer if isinstance(answer, dict) else answer)

    return connected("https://wappi.example", transport=httpx.MockTransport(handle))


async def read_one(**changes: Any) -> Any:
    (line,) = await answering({"messages": [ROW | changes]}).lines(CHAT, limit=10, offset=0)
    return line


class WappiRig:
    def __init__(self, fake: FakeWappi, channel: WhatsAppWappi) -> None:
        self.fake = fake
        self.channel = channel
        self.retry_after = 7
        self.tells_apis = True

    def customer_writes(self, chat: str, text: str, *, at: float) -> str:
        return self.fake.customer_writes(chat, text, at=at)

    def human_writes(self, chat: str, text: str, *, at: float) -> str:
        return self.fake.human_writes(chat, text, at=at)

    def sent(self) -> list[tuple[str, str, str | None]]:
        return [(sent.chat, sent.text, sent.reply_to) for sent in self.fake.sent]

    def pictures(self) -> list[tuple[str, str, bytes, str]]:
        files = ((sent, self.fake.files[sent.id]) for sent in self.fake.sent if sent.id in self.fake.files)
        return [(sent.chat, sent.text, file.content, file.mime_type) for sent, file in files]

    def fail(self, what: str, *faults: str) -> None:
        self.fake.fail(_PATHS[what], *faults)

    def fail_always(self, what: str, fault: str) -> None:
        self.fake.fail_always(_PATHS[what], itertools.repeat(fault))

    def calls(self, what: str) -> int:
        return len(self.fake.asked_for(_PATHS[what]))

    def is_absent(self, chat: str) -> None:
        self.fake.absent.add(chat)

    def unread(self, chat: str) -> int:
        return self.fake.chats[chat].unread

    def busiest(self) -> int:
        return self.fake.busiest

    def answer_slowly(self) -> None:
        self.fake.latency = 0.005

    def unreachable(self) -> WhatsAppWappi:
        return connected(refused_url())


@pytest.fixture
async def rig() -> AsyncIterator[WappiRig]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeWappi())
        channel = connected(fake.base_url, timeout=0.25)
        stack.push_async_callback(channel.close)
        yield WappiRig(fake, channel)


@pytest.fixture
def wappi(rig: WappiRig) -> FakeWappi:
    return rig.fake


@pytest.fixture
def channel(rig: WappiRig) -> WhatsAppWappi:
    return rig.channel


class TestWappiKeepsTheContract(ChannelContract, KnowingChannelContract, PicturingChannelContract):
    pass


class TestChats:
    async def test_a_dialog_becomes_a_chat_with_one_id_for_both_suffixes(self) -> None:
        (chat,) = await answering({"dialogs": [DIALOG]}).chats(limit=10, offset=0)
        assert chat.chat == "77750000002@c.us"
        assert chat.phone_number == "77750000002"
        assert chat.last_message_id == "3EB06EAF3BB576BEE829"
        assert chat.last_at == datetime(2026, 3, 22, 14, 2, 32, tzinfo=UTC)
        assert (chat.contact.name, chat.contact.full_name, chat.contact.business_name) == (
            "Aigerim S.",
            "Aigerim S.",
            None,
        )
        assert chat.is_customer

    @pytest.mark.parametrize(
        "swapped", [{"last_time": "2026-03-22T17:02:32+03:00", "last_timestamp": 1774188152}, {"last_time": None}]
    )
    async def test_the_time_is_read_from_either_field_in_either_form(self, swapped: dict[str, Any]) -> None:
        (chat,) = await answering({"dialogs": [DIALOG | swapped]}).chats(limit=10, offset=0)
        assert chat.last_at == datetime(2026, 3, 22, 14, 2, 32, tzinfo=UTC)

    async def test_a_person_without_a_phone_is_a_customer_and_no_phone_is_made_up(self) -> None:
        (chat,) = await answering({"dialogs": [DIALOG | {"id": "223344556677:0@lid", "phone": "223344556677"}]}).chats(
            limit=10, offset=0
        )
        assert (chat.chat, chat.phone_number, chat.contact.lid) == ("223344556677@lid", None, "223344556677@lid")
        assert chat.is_customer

    @pytest.mark.parametrize(
        "stranger",
        [
            {"id": "120363041234567890@g.us", "isGroup": True},
            {"id": "77750000002-1600000000@g.us"},
            {"id": "status@broadcast"},
            {"id": "0@s.whatsapp.net"},
            {"id": "120363041234567890@newsletter"},
            {"id": "77750000009@c.us", "isGroup": True},
            {"id": "77750000001@s.whatsapp.net"},
        ],
    )
    async def test_groups_statuses_newsletters_and_the_own_number_are_no_customers(
        self, stranger: dict[str, Any]
    ) -> None:
        profile = {"authorized": True, "app_status": "open", "phone": "77750000001"}
        (chat,) = await answering(profile | {"dialogs": [DIALOG | stranger]}).chats(limit=10, offset=0)
        assert not chat.is_customer

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"name": "\u202a+7 775 000-00-02\u202c"}, "Aigerim S."),
            ({"name": "\u200eАйгерим\u200f"}, "Айгерим"),
            ({"name": "", "contact": {"FullName": "", "FirstName": "", "PushName": "aika"}}, "aika"),
            ({"name": "", "contact": {"BusinessName": "ТОО Окна"}}, "ТОО Окна"),
            ({"name": "77750000002", "contact": None}, None),
        ],
    )
    async def test_a_name_is_the_first_that_is_no_phone_number(self, changes: dict[str, Any], name: str | None) -> None:
        (chat,) = await answering({"dialogs": [DIALOG | changes]}).chats(limit=10, offset=0)
        assert chat.contact.name == name

    async def test_rows_that_cannot_be_read_are_skipped_and_their_words_stay_out_of_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = {"name": "тайна", "contact": 5}
        with caplog.at_level(logging.WARNING):
            chats = await answering({"dialogs": [broken, "?", DIALOG]}).chats(limit=10, offset=0)
        assert len(chats) == 1
        assert "skipped" in caplog.text
        assert "тайна" not in caplog.text

    async def test_where_posting_for_the_list_is_refused_it_is_asked_by_get_from_then_on(
        self, wappi: FakeWappi, channel: WhatsAppWappi
    ) -> None:
        wappi.chats_method = "GET"
        wappi.customer_writes(CHAT, "Здравствуйте")
        for _ in range(2):
            assert len(await channel.chats(limit=10, offset=0)) == 1
        assert [asked.method for asked in wappi.asked_for("chats/get")] == ["POST", "GET", "GET"]

    async def test_a_page_of_chats_costs_one_request(self, wappi: FakeWappi, channel: WhatsAppWappi) -> None:
        for number in range(30):
            wappi.customer_writes(f"777500001{number:02}", "Здравствуйте")
        await channel.status()
        wappi.requests.clear()
        assert len(await channel.chats(limit=20, offset=0)) == 20
        assert len(await channel.chats(limit=20, offset=20)) == 10
        assert len(wappi.requests) == 2

    async def test_null_instead_of_a_list_means_no_chats_and_a_wrong_shape_is_told(self) -> None:
        assert await answering({"dialogs": None}).chats(limit=10, offset=0) == []
        with pytest.raises(UnrecognisedPayload):
            await answering({"dialogs": {"id": 1}}).chats(limit=10, offset=0)


class TestLines:
    async def test_a_customers_text(self) -> None:
        line = await read_one()
        assert (line.chat, line.message_id, line.text, line.kind) == (CHAT, "3EB0B62774646FC3959E87", "text", Kind.TEXT)
        assert (line.phone_number, line.contact.name, line.contact.full_name) == ("77750000002", "Aigerim", "Aigerim")
        assert line.sent_at == datetime(2026, 3, 22, 14, 2, 32, tzinfo=UTC)
        assert (line.from_us, line.media, line.reply_to, line.delivery) == (False, None, None, None)

    @pytest.mark.parametrize(
        ("vendor_type", "kind"),
        [
            ("image", Kind.IMAGE),
            ("video", Kind.VIDEO),
            ("document", Kind.DOCUMENT),
            ("sticker", Kind.STICKER),
            ("location", Kind.LOCATION),
            ("vcard", Kind.CONTACT),
            ("poll", Kind.POLL),
            ("poll_vote", Kind.OTHER),
            ("buttons_response", Kind.TEXT),
            ("list_response", Kind.TEXT),
            ("something_new", Kind.OTHER),
        ],
    )
    async def test_every_type_of_message_has_a_kind(self, vendor_type: str, kind: Kind) -> None:
        assert (await read_one(type=vendor_type)).kind is kind

    @pytest.mark.parametrize("vendor_type", ["ptt", "audio"])
    async def test_a_voice_note_has_its_length_and_type_and_its_bytes_are_no_text(self, vendor_type: str) -> None:
        line = await read_one(
            type=vendor_type, body="T2dnUwAC", mimetype="audio/ogg; codecs=opus", media_info={"duration": 4}
        )
        assert (line.kind, line.is_voice, line.text) == (Kind.VOICE, True, None)
        assert (line.media.mime_type, line.media.seconds) == ("audio/ogg; codecs=opus", 4.0)

    async def test_a_media_body_that_is_an_object_gives_caption_name_and_type(self) -> None:
        body = {
            "JPEGThumbnail": "AAAA",
            "fileName": "смета.pdf",
            "mimetype": "application/pdf",
            "caption": "Вот смета",
            "pageCount": 2,
        }
        line = await read_one(type="document", body=body)
        assert line.text == line.media.caption == "Вот смета"
        assert (line.media.file_name, line.media.mime_type) == ("смета.pdf", "application/pdf")

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            (
                {
                    "type": "location",
                    "location": {"latitude": 43.238949, "longitude": 76.889709, "description": "Абая 10"},
                },
                "Геопозиция: 43.238949, 76.889709, Абая 10",
            ),
            ({"type": "location", "body": ""}, "Геопозиция"),
            (
                {"type": "vcard", "contact": {"display_name": "Данияр", "phone": "77750000009"}},
                "Контакт: Данияр, 77750000009",
            ),
            (
                {"type": "vcard", "body": "BEGIN:VCARD\nFN:Данияр\nTEL;type=CELL;waid=777:+7 775 000 00 09\nEND:VCARD"},
                "Контакт: Данияр, +7 775 000 00 09",
            ),
            (
                {"type": "poll", "body": "Цвет?", "poll_options": ["белый", {"name": "дуб"}]},
                "Опрос: Цвет?; белый; дуб",
            ),
            ({"type": "list_response", "body": "", "selected_list_id": "Доставка"}, "Доставка"),
        ],
    )
    async def test_places_cards_and_polls_are_readable_text(self, changes: dict[str, Any], text: str) -> None:
        assert (await read_one(**changes)).text == text

    async def test_replies_edits_and_deletions_are_told(self) -> None:
        assert (await read_one(isReply=True, stanzaId="3EB0AA")).reply_to == "3EB0AA"
        assert (await read_one(isReply=True, reply_message={"id": "3EB0BB"})).reply_to == "3EB0BB"
        assert (await read_one(isEdited=True)).edited
        assert (await read_one(isDeleted=True, body="")).deleted

    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ("pending", DeliveryState.QUEUED),
            ("sent", DeliveryState.SENT),
            ("delivered", DeliveryState.DELIVERED),
            ("read", DeliveryState.READ),
            ("undelivered", DeliveryState.FAILED),
            ("temporary ban", DeliveryState.FAILED),
            (None, None),
        ],
    )
    async def test_how_far_a_message_of_ours_came(self, told: str | None, state: DeliveryState | None) -> None:
        assert (await read_one(fromMe=True, delivery_status=told)).delivery is state

    async def test_the_shops_own_name_is_not_taken_for_the_customers(self) -> None:
        assert (await read_one(fromMe=True, senderName="Shop", contact_name="")).contact.name is None

    async def test_either_mark_of_an_api_message_is_believed(self) -> None:
        assert (await read_one(fromMe=True, isFromAPI=True)).from_api
        assert (await read_one(fromMe=True, from_where="api")).from_api

    async def test_a_hidden_id_beside_the_phone_is_kept(self) -> None:
        assert (await read_one(whatsapp_chat_id="223344556677@lid")).contact.lid == "223344556677@lid"

    async def test_a_chat_asked_by_its_hidden_id_may_be_answered_by_its_phone(self) -> None:
        row = ROW | {"whatsapp_chat_id": "223344556677@lid"}
        (line,) = await answering({"messages": [row]}).lines("223344556677@lid", limit=10, offset=0)
        assert line.chat == CHAT

    async def test_rows_without_id_time_or_sense_are_skipped(self) -> None:
        broken = [ROW | {"id": None}, ROW | {"time": "yesterday"}, ROW | {"time": 0}, 7, ROW]
        assert len(await answering({"messages": broken}).lines(CHAT, limit=10, offset=0)) == 1

    async def test_reactions_are_no_lines_and_a_page_full_of_them_does_not_look_like_the_end(
        self, wappi: FakeWappi, channel: WhatsAppWappi
    ) -> None:
        wappi.customer_writes(CHAT, "Здравствуйте", at=100)
        for second in range(4):
            wappi.customer_writes(CHAT, "👍", type="reaction", at=200 + second)
        assert [line.text for line in await channel.lines(CHAT, limit=2, offset=0)] == ["Здравствуйте"]

    @pytest.mark.parametrize("shuffled", [True, False])
    async def test_lines_of_one_second_keep_their_order_however_the_page_is_sorted(
        self, wappi: FakeWappi, channel: WhatsAppWappi, shuffled: bool
    ) -> None:
        wappi.shuffled = shuffled
        for at, text in [(100, "раз"), (101, "два"), (101, "три"), (101, "четыре")]:
            wappi.customer_writes(CHAT, text, at=at)
        lines = await channel.lines(CHAT, limit=10, offset=0)
        assert [line.text for line in lines] == ["четыре", "три", "два", "раз"]

    async def test_an_answer_of_another_chat_is_refused(self, wappi: FakeWappi, channel: WhatsAppWappi) -> None:
        wappi.customer_writes(CHAT, "моё", at=100)
        wappi.customer_writes(OTHER_CHAT, "чужое", at=100)
        wappi.fail("messages/get", "crossed")
        with pytest.raises(UnrecognisedPayload):
            await channel.lines(CHAT, limit=10, offset=0)
        assert [line.text for line in await channel.lines(CHAT, limit=10, offset=0)] == ["моё"]

    async def test_stray_rows_of_another_chat_are_dropped(self) -> None:
        stray = ROW | {"id": "3EB0FF", "chatId": OTHER_CHAT, "body": "чужое"}
        lines = await answering({"messages": [stray, ROW]}).lines(CHAT, limit=10, offset=0)
        assert [line.text for line in lines] == ["text"]

    async def test_lines_are_asked_newest_first_and_never_with_mark_all(
        self, wappi: FakeWappi, channel: WhatsAppWappi
    ) -> None:
        await channel.lines(CHAT, limit=30, offset=60)
        (asked,) = wappi.requests
        expected = {"chat_id": CHAT, "limit": "30", "offset": "60", "order": "desc", "profile_id": PROFILE}
        assert asked.query == expected

    async def test_one_line_is_found_by_its_id(self, wappi: FakeWappi, channel: WhatsAppWappi) -> None:
        message_id = wappi.customer_writes(CHAT, "Здравствуйте", at=100)
        assert (await channel.line(message_id)).text == "Здравствуйте"
        with pytest.raises(NotFound):
            await channel.line("3EB0UNKNOWN")

    async def test_another_message_than_the_one_asked_for_is_refused(self) -> None:
        with pytest.raises(UnrecognisedPayload):
            await answering({"message": ROW}).line("3EB0AA")


class TestSending:
    async def test_a_text_goes_to_the_chat_with_the_raw_token_and_the_profile(self) -> None:
        asked: list[httpx.Request] = []
        assert await answering({"message_id": "3EB0AA"}, asked=asked).send(CHAT, "Привет") == "3EB0AA"
        (request,) = asked
        assert request.headers["authorization"] == TOKEN
        assert request.url.path == "/api/sync/message/send"
        assert dict(request.url.params) == {"profile_id": PROFILE}

    async def test_a_reply_names_the_quoted_message_and_no_recipient(
        self, wappi: FakeWappi, channel: WhatsAppWappi
    ) -> None:
        question = wappi.customer_writes(CHAT, "Сколько?")
        await channel.send(CHAT, "45 000 ₸", reply_to=question)
        (asked,) = wappi.asked_for("message/reply")
        assert asked.body == {"message_id": question, "body": "45 000 ₸"}

    @pytest.mark.parametrize("status", ["done", "success", "ok", "sent", "queued", "delivered", "processing"])
    async def test_words_that_mean_it_is_on_its_way(self, status: str) -> None:
        assert await answering({"status": status, "message_id": "3EB0AA"}).send(CHAT, "Привет") == "3EB0AA"

    async def test_done_without_an_id_may_have_arrived(self) -> None:
        with pytest.raises(Unanswered):
            await answering({}).send(CHAT, "Привет")

    async def test_a_refusal_that_blames_the_token_is_bad_credentials(self) -> None:
        with pytest.raises(BadCredentials):
            await answering({"detail": "Invalid token"}, status=400).send(CHAT, "Привет")

    async def test_typing_starts_and_stops_and_a_whole_chat_is_marked_read(
        self, wappi: FakeWappi, channel: WhatsAppWappi
    ) -> None:
        wappi.customer_writes(CHAT, "раз")
        last = wappi.customer_writes(CHAT, "два")
        await channel.show_typing(CHAT)
        await channel.stop_typing(CHAT)
        await channel.mark_read(CHAT, last)
        assert wappi.chats[CHAT].unread == 1
        await channel.mark_all_read(last)
        assert wappi.chats[CHAT].unread == 0
        assert wappi.typing == [(CHAT, "start"), (CHAT, "stop")]

    async def test_two_profiles_of_one_token_share_one_turn(self, wappi: FakeWappi) -> None:
        wappi.latency = 0.005
        channels = [connected(wappi.base_url) for _ in range(4)]
        await asyncio.gather(*(one.send(CHAT, "Привет") for one in channels))
        assert wappi.busiest == 1
        for one in channels:
            await one.close()


class TestFiles:
    async def test_a_file_inside_the_answer(self, wappi: FakeWappi, channel: WhatsAppWappi) -> None:
        voice = wappi.customer_writes(CHAT, type="ptt", file=b"OggS...", mime_type="audio/ogg; codecs=opus")
        assert await channel.fetch_media(voice) == (b"OggS...", "audio/ogg; codecs=opus")

    async def test_a_file_behind_a_link_of_a_gateway_beside_us(self, wappi: FakeWappi, channel: WhatsAppWappi) -> None:
        wappi.media_as = "link"
        voice = wappi.customer_writes(CHAT, type="ptt", file=b"OggS...", mime_type="audio/ogg")
        assert await channel.fetch_media(voice) == (b"OggS...", "audio/ogg")

    @pytest.mark.parametrize("answer", [b"", {}, {"file_b64": ""}])
    async def test_an_answer_without_a_file_means_there_is_none(self, answer: object) -> None:
        with pytest.raises(NotFound):
            await answering(answer).fetch_media("3EB0AA")

    async def test_a_link_into_a_private_network_is_refused_and_the_copy_in_the_answer_taken(self) -> None:
        link = "https://127.0.0.1/secret"
        with pytest.raises(Rejected):
            await answering({"file_link": link}).fetch_media("3EB0AA")
        copy = base64.b64encode(b"JFIF").decode()
        found = await answering({"file_link": link, "file_b64": copy, "mimetype": "image/jpeg"}).fetch_media("3EB0AA")
        assert found == (b"JFIF", "image/jpeg")

    async def test_more_than_20_megabytes_are_refused(self) -> None:
        with pytest.raises(Rejected):
            await answering({"file_b64": "A" * (28 * 1024 * 1024)}).fetch_media("3EB0AA")

    async def test_what_is_not_base64_is_told(self) -> None:
        with pytest.raises(UnrecognisedPayload):
            await answering({"file_b64": "это не файл"}).fetch_media("3EB0AA")


class TestStatus:
    async def test_a_linked_and_connected_profile_is_ready(self, channel: WhatsAppWappi) -> None:
        status = await channel.status()
        assert (status.ready, status.phone_number, status.reason) == (True, "77750000001", None)

    @pytest.mark.parametrize(
        ("profile", "advice"),
        [
            ({"authorized": False, "app_status": "open"}, "QR"),
            ({"authorized": True, "app_status": "connecting"}, "сама"),
            ({"authorized": False, "app_status": "", "payment_expired_at": "2026-01-01T00:00:00Z"}, "Оплата"),
        ],
    )
    async def test_a_profile_that_cannot_send_says_what_to_do(self, profile: dict[str, Any], advice: str) -> None:
        status = await answering(profile).status()
        assert not status.ready
        assert status.reason is not None
        assert advice in status.reason

    async def test_an_answer_about_something_else_is_told(self) -> None:
        with pytest.raises(UnrecognisedPayload):
            await answering({"detail": "hello"}).status()


class TestConfig:
    def test_the_form_of_the_console_has_a_russian_title_for_every_field(self) -> None:
        titles = {name: field.title for name, field in Config.model_fields.items()}
        assert titles == {"base_url": "Адрес API", "token": "Токен API", "profile_id": "ID профиля"}

    @pytest.mark.parametrize("token", ["", "  ", "токен", "two\nlines"])
    def test_a_token_that_cannot_stand_in_a_header_is_refused_without_showing_it(self, token: str) -> None:
        with pytest.raises(ValidationError) as refused:
            Config(token=token, profile_id=PROFILE)
        assert token.strip() == "" or token not in str(refused.value)

    def test_the_token_is_not_shown(self) -> None:
        assert "secret" not in repr(Config(token="secret", profile_id=PROFILE))


@pytest.mark.parametrize(
    "told", [{}, {"on_whatsapp": "true"}, {"on_whatsapp": True, "phone": "77750000003@s.whatsapp.net"}]
)
async def test_an_answer_that_does_not_say_whether_this_number_is_on_whatsapp_is_no_answer(told):
    with pytest.raises(UnrecognisedPayload):
        await answering(told).has_account(CHAT)


async def test_a_number_is_asked_about_by_its_digits():
    asked: list[httpx.Request] = []
    assert await answering({"on_whatsapp": True, "phone": "77750000002"}, asked=asked).has_account(CHAT)
    assert (asked[0].url.path, asked[0].url.params["phone"]) == ("/api/sync/contact/check", "77750000002")
