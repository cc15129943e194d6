"""Meta's WhatsApp Cloud API: the port's contract over real HTTP, its errors, its files and what its webhooks tell."""

import base64
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from saudager.contracts import DeliveryState, Kind
from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.channels import Delivery, Line, News
from saudager.providers.channels.whatsapp_cloud import Config, WhatsAppCloud
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import refused_url
from tests.fakes.whatsapp_cloud import APP_SECRET, PHONE_NUMBER_ID, TOKEN, FakeWhatsAppCloud
from tests.providers.channels.channel_contract import (
    CHAT,
    PICTURE,
    AnyChannelContract,
    CourteousChannelContract,
    PicturingChannelContract,
)

PHONE = CHAT.removesuffix("@c.us")
BSUID = "KZ.13491208655302741918"


def connected(base_url: str, *, token: str = TOKEN, timeout: float = 30) -> WhatsAppCloud:
    config = Config(base_url=base_url, token=token, phone_number_id=PHONE_NUMBER_ID, app_secret=APP_SECRET)
    return WhatsAppCloud(config, clock=InstantClock(), timeout=timeout)


class CloudRig:
    def __init__(self, fake: FakeWhatsAppCloud, channel: WhatsAppCloud) -> None:
        self.fake = fake
        self.channel = channel
        self.retry_after = 7
        self.written: dict[str, str] = {}

    def customer_writes(self, chat: str, text: str, *, at: float) -> str:
        self.written[chat] = self.fake.new_id()
        return self.written[chat]

    def sent(self) -> list[tuple[str, str | None, str | None]]:
        return [(f"{sent.to}@c.us", sent.text, sent.reply_to) for sent in self.fake.sent]

    def pictures(self) -> list[tuple[str, str | None, bytes, str]]:
        images = [sent for sent in self.fake.sent if "image" in sent.body]
        return [(f"{sent.to}@c.us", sent.text, *self.fake.files[sent.body["image"]["id"]]) for sent in images]

    def fail(self, what: str, *faults: str) -> None:
        for fault in faults:
            if fault == "not_done":
                self.fake.refuse_send(131026, "Message undeliverable")
            else:
                self.fake.faults.add("/messages", fault)

    def calls(self, what: str) -> int:
        return self.fake.sends()

    def unread(self, chat: str) -> int:
        return int(self.written[chat] not in self.fake.reads)

    def unreachable(self) -> WhatsAppCloud:
        return connected(refused_url())


@pytest.fixture
async def rig() -> AsyncIterator[CloudRig]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeWhatsAppCloud(now=lambda: 1774188152))
        channel = connected(fake.base_url, timeout=1)
        stack.push_async_callback(channel.close)
        yield CloudRig(fake, channel)


@pytest.fixture
def meta(rig: CloudRig) -> FakeWhatsAppCloud:
    return rig.fake


@pytest.fixture
async def channel(meta: FakeWhatsAppCloud) -> AsyncIterator[WhatsAppCloud]:
    """A channel with time enough on a busy machine."""
    channel = connected(meta.base_url)
    yield channel
    await channel.close()


def told(channel: WhatsAppCloud, meta: FakeWhatsAppCloud, *values: dict[str, Any]) -> News:
    """What the channel reads out of a call with these values."""
    body = meta.call(*values)
    return channel.read(meta.signed(body), body)


class TestTheCloudApiKeepsTheContract(AnyChannelContract, CourteousChannelContract, PicturingChannelContract):
    pass


class TestSending:
    async def test_a_text_goes_out_without_a_preview_and_with_our_own_id(self, channel, meta) -> None:
        await channel.send(CHAT, "Смотрите https://shop.kz", own_id="reply:1")
        (sent,) = meta.sent
        assert sent.body == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "text",
            "text": {"body": "Смотрите https://shop.kz", "preview_url": False},
            "biz_opaque_callback_data": "reply:1",
        }

    async def test_a_picture_is_handed_over_first_and_goes_out_by_the_id_it_got(self, channel, meta) -> None:
        await channel.send_picture(CHAT, PICTURE, "Стол, спереди", own_id="reply:1:picture:1")
        (sent,) = meta.sent
        (media,) = meta.files
        assert sent.body == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "image",
            "image": {"id": media, "caption": "Стол, спереди"},
            "biz_opaque_callback_data": "reply:1:picture:1",
        }

    @pytest.mark.parametrize("fault", ["500", "cut_after", "garbage"])
    async def test_a_file_that_was_not_handed_over_certainly_did_not_arrive(self, channel, meta, fault) -> None:
        meta.faults.add("/media", fault)
        with pytest.raises(Unreachable):
            await channel.send_picture(CHAT, PICTURE, "Стол")
        assert meta.sent == []

    async def test_a_template_goes_out_instead_of_the_text(self, channel, meta) -> None:
        parameters = [{"type": "text", "text": "Алия"}]
        template = {"name": "come_back", "components": [{"type": "body", "parameters": parameters}]}
        for language in ("ru", {"code": "ru"}, {"code": "ru", "policy": "deterministic"}):
            await channel.send(CHAT, "Алия, вы спрашивали про окна", template=template | {"language": language})
        expected = template | {"language": {"policy": "deterministic", "code": "ru"}}
        assert [(sent.text, sent.body["type"]) for sent in meta.sent] == [(None, "template")] * 3
        assert [sent.body["template"] for sent in meta.sent] == [expected] * 3

    async def test_a_customer_without_a_number_is_written_to_by_his_bsuid(self, channel, meta) -> None:
        await channel.send(f"{BSUID}@bsuid", "Здравствуйте")
        (sent,) = meta.sent
        assert sent.body["recipient"] == BSUID
        assert "to" not in sent.body

    async def test_an_own_id_meta_would_not_take_is_left_out(self, channel, meta) -> None:
        await channel.send(CHAT, "Здравствуйте", own_id="x" * 513)
        assert "biz_opaque_callback_data" not in meta.sent[0].body

    @pytest.mark.parametrize("chat", ["120363001@g.us", "147483648123456@lid", "Алия@c.us"])
    async def test_what_is_no_customer_of_the_cloud_api_is_refused_without_a_call(self, channel, meta, chat) -> None:
        with pytest.raises(Rejected):
            await channel.send(chat, "Здравствуйте")
        assert meta.requests == []

    @pytest.mark.parametrize(
        ("code", "status", "error"),
        [
            (190, 401, BadCredentials),
            (10, 400, BadCredentials),
            (200, 403, BadCredentials),
            (131031, 400, BadCredentials),
            (131042, 400, BadCredentials),
            (133010, 400, BadCredentials),
            (4, 400, RateLimited),
            (80007, 400, RateLimited),
            (130429, 400, RateLimited),
            (131056, 400, RateLimited),
            (131026, 400, Rejected),
            (131047, 400, Rejected),
            (131049, 400, Rejected),
            (131051, 400, Rejected),
            (131000, 500, Unanswered),
            (131016, 503, Unanswered),
        ],
    )
    async def test_metas_code_says_what_to_do(
        self, channel, meta, code: int, status: int, error: type[OutsideError]
    ) -> None:
        meta.refuse_send(code, "Сообщение не принято", status=status)
        with pytest.raises(OutsideError) as raised:
            await channel.send(CHAT, "Здравствуйте")
        assert type(raised.value) is error
        assert str(code) in str(raised.value)
        assert meta.sends() == 1

    async def test_a_text_outside_the_window_says_so_first(self, channel, meta) -> None:
        meta.refuse_send(131047, "Re-engagement message")
        with pytest.raises(Rejected, match=r"^window_closed: .*Re-engagement message"):
            await channel.send(CHAT, "Здравствуйте")

    async def test_one_customer_may_be_written_to_again_after_six_seconds(self, channel, meta) -> None:
        meta.refuse_send(131056, "Pair rate limit hit")
        with pytest.raises(RateLimited) as limited:
            await channel.send(CHAT, "Здравствуйте")
        assert limited.value.retry_after == 6

    async def test_errors_never_show_the_token(self, channel, meta) -> None:
        meta.refuse_send(190, f"Malformed access token {TOKEN}", status=401)
        with pytest.raises(BadCredentials, match="Malformed access token …"):
            await channel.send(CHAT, "Здравствуйте")

    async def test_read_and_typing_are_one_call(self, channel, meta) -> None:
        line = meta.new_id()
        await channel.mark_read(CHAT, line)
        await channel.show_typing(CHAT)
        ((_, _, body),) = meta.requests
        assert body["typing_indicator"] == {"type": "text"}
        assert meta.reads == [line]

    async def test_there_are_no_lines_to_look_at(self, channel) -> None:
        with pytest.raises(Unreachable):
            await channel.lines(CHAT, limit=10, offset=0)


class TestFiles:
    async def test_a_file_is_fetched_by_its_media_id_with_the_token(self, channel, meta) -> None:
        meta.files["2621233374848975"] = (b"OggS voice", "audio/ogg; codecs=opus")
        assert await channel.fetch_media("2621233374848975") == (b"OggS voice", "audio/ogg; codecs=opus")

    async def test_a_digest_in_base64_is_understood(self, channel, meta) -> None:
        meta.files["1"] = (b"photo", "image/jpeg")
        meta.sha256 = base64.b64encode(hashlib.sha256(b"photo").digest()).decode()
        assert (await channel.fetch_media("1"))[0] == b"photo"

    async def test_a_file_that_is_not_what_was_sent_is_not_kept(self, channel, meta) -> None:
        meta.files["1"] = (b"photo", "image/jpeg")
        meta.sha256 = hashlib.sha256(b"another").hexdigest()
        with pytest.raises(UnrecognisedPayload, match="SHA-256"):
            await channel.fetch_media("1")

    async def test_a_file_over_twenty_megabytes_is_refused(self, channel, meta) -> None:
        meta.files["1"] = (bytes(20 * 1024 * 1024 + 1), "video/mp4")
        with pytest.raises(Rejected, match="20 MB"):
            await channel.fetch_media("1")

    async def test_a_file_meta_no_longer_has_is_refused(self, channel) -> None:
        with pytest.raises(Rejected):
            await channel.fetch_media("404")

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/file",
            "http://lookaside.fbsbx.com/file",
            "https://lookaside.fbsbx.com:8443/file",
            "https://lookaside.fbsbx.com.evil.example/file",
            "https://lookaside.fbsbx.com@evil.example/file",
            "http://127.0.0.1:1/file",
            "file:///etc/passwd",
            "https://[",
        ],
    )
    async def test_the_token_goes_to_nobody_but_meta(self, channel, meta, link: str) -> None:
        meta.files["1"], meta.linked = (b"photo", "image/jpeg"), link
        with pytest.raises(Rejected, match="does not lead to Meta"):
            await channel.fetch_media("1")
        assert [path for _, path, _ in meta.requests] == ["/v23.0/1"]


class TestStatus:
    async def test_a_connected_number_is_ready_and_known(self, channel) -> None:
        status = await channel.status()
        assert (status.ready, status.phone_number, status.reason) == (True, "77750000001", None)

    @pytest.mark.parametrize("state", ["FLAGGED", "RESTRICTED"])
    async def test_a_flag_does_not_stop_replies(self, channel, meta, state: str) -> None:
        meta.number["status"] = state
        assert (await channel.status()).ready

    @pytest.mark.parametrize("state", ["DISCONNECTED", "PENDING", "BANNED"])
    async def test_a_number_that_is_not_connected_is_not_ready(self, channel, meta, state: str) -> None:
        meta.number["status"] = state
        status = await channel.status()
        assert (status.ready, status.reason) == (
            False,
            f"Номер не подключён к Cloud API ({state}): зарегистрируйте его в WhatsApp Manager.",
        )

    async def test_a_number_that_is_not_verified_is_not_ready(self, channel, meta) -> None:
        meta.number = {"display_phone_number": "+7 775 000-00-01", "code_verification_status": "NOT_VERIFIED"}
        assert "не подтверждён" in ((await channel.status()).reason or "")

    async def test_a_token_that_ended_is_said_in_words(self, meta) -> None:
        channel = connected(meta.base_url, token="ended")
        status = await channel.status()
        assert not status.ready
        assert (status.reason or "").startswith("Meta не принимает токен")
        assert "session has expired" in (status.reason or "")
        await channel.close()


class TestSignatures:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"x-hub-signature-256": ""},
            {"x-hub-signature-256": "sha256="},
            {"x-hub-signature-256": f"sha256={'0' * 64}"},
            {"x-hub-signature-256": "sha256=подпись"},
            {"x-hub-signature": "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        ],
    )
    async def test_a_call_that_is_not_signed_by_meta_is_refused(self, channel, meta, headers) -> None:
        with pytest.raises(BadCredentials):
            channel.read(headers, meta.call(meta.message(PHONE, "Здравствуйте")))

    async def test_another_apps_signature_and_a_changed_body_are_refused(self, channel, meta) -> None:
        body = meta.call(meta.message(PHONE, "Здравствуйте"))
        for headers, shown in ((meta.signed(body, secret="another"), body), (meta.signed(body), body + b" ")):
            with pytest.raises(BadCredentials):
                channel.read(headers, shown)

    async def test_the_signature_is_looked_at_before_the_words(self, channel) -> None:
        with pytest.raises(BadCredentials):
            channel.read({}, b"no json")

    @pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'"text"', b"{}", b'{"object": "page"}', b"\xff"])
    async def test_what_is_no_call_of_whatsapp_is_unrecognised(self, channel, meta, body: bytes) -> None:
        with pytest.raises(UnrecognisedPayload):
            channel.read(meta.signed(body), body)


class TestMessages:
    async def read(self, channel, meta, **fields: Any) -> Line:
        (line,) = told(channel, meta, meta.message(PHONE, **fields)).lines
        return line

    async def test_a_text(self, channel, meta) -> None:
        context = {"from": "77750000001", "id": "wamid.OURS"}
        line = await self.read(channel, meta, text="Сколько стоит окно?", id="wamid.1", context=context, bsuid=BSUID)
        assert (line.chat, line.phone_number, line.message_id) == (CHAT, PHONE, "wamid.1")
        assert (line.kind, line.text, line.reply_to) == (Kind.TEXT, "Сколько стоит окно?", "wamid.OURS")
        assert (line.from_us, line.from_api, line.edited, line.deleted) == (False, False, False, False)
        assert line.sent_at == datetime(2026, 3, 22, 14, 2, 32, tzinfo=UTC)
        assert (line.contact.name, line.contact.bsuid) == ("Алия", BSUID)

    async def test_a_bsuid_that_stands_beside_the_name_alone(self, channel, meta) -> None:
        assert (await self.read(channel, meta, bsuid=BSUID, from_user_id=None)).contact.bsuid == BSUID

    async def test_a_customer_who_hides_his_number(self, channel, meta) -> None:
        (line,) = told(channel, meta, meta.message(BSUID, "Здравствуйте")).lines
        assert (line.chat, line.phone_number, line.contact.bsuid) == (f"{BSUID}@bsuid", None, BSUID)

    @pytest.mark.parametrize(
        ("type_", "kind", "ending"),
        [
            ("image", Kind.IMAGE, None),
            ("video", Kind.VIDEO, None),
            ("sticker", Kind.STICKER, None),
            ("document", Kind.DOCUMENT, "смета.pdf"),
        ],
    )
    async def test_a_file_with_its_caption(self, channel, meta, type_: str, kind: Kind, ending: str | None) -> None:
        part = {"id": "2621233374848975", "mime_type": "x/y", "sha256": "…", "caption": "такое", "filename": ending}
        line = await self.read(channel, meta, type=type_, **{type_: part})
        assert (line.kind, line.text, line.file) == (kind, "такое", "2621233374848975")
        assert line.media is not None
        assert (line.media.mime_type, line.media.file_name, line.media.caption) == ("x/y", ending, "такое")

    async def test_a_voice_note(self, channel, meta) -> None:
        part = {"id": "88", "mime_type": "audio/ogg; codecs=opus", "voice": True}
        line = await self.read(channel, meta, type="audio", audio=part)
        assert (line.kind, line.is_voice, line.text, line.file) == (Kind.VOICE, True, None, "88")

    @pytest.mark.parametrize(
        ("fields", "kind", "text"),
        [
            (
                {"type": "location", "location": {"latitude": 43.25, "longitude": 76.9, "name": "Офис"}},
                Kind.LOCATION,
                "Геопозиция: 43.25, 76.9, Офис",
            ),
            (
                {
                    "type": "contacts",
                    "contacts": [{"name": {"formatted_name": "Ерлан"}, "phones": [{"phone": "+7 701"}]}],
                },
                Kind.CONTACT,
                "Контакт: Ерлан, +7 701",
            ),
            ({"type": "button", "button": {"payload": "yes", "text": "Да, интересно"}}, Kind.TEXT, "Да, интересно"),
            (
                {
                    "type": "interactive",
                    "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Да"}},
                },
                Kind.TEXT,
                "Да",
            ),
            (
                {
                    "type": "interactive",
                    "interactive": {
                        "type": "list_reply",
                        "list_reply": {"id": "1", "title": "Окна", "description": "…"},
                    },
                },
                Kind.TEXT,
                "Окна",
            ),
            ({"type": "order", "order": {"catalog_id": "1", "text": "Хочу это"}}, Kind.OTHER, "Хочу это"),
            (
                {"type": "unsupported", "unsupported": {"type": "gif"}, "errors": [{"code": 131051}]},
                Kind.OTHER,
                None,
            ),
            ({"type": "something_new", "something_new": ["?"]}, Kind.OTHER, None),
        ],
    )
    async def test_other_kinds_become_words(self, channel, meta, fields: dict[str, Any], kind: Kind, text: str | None):
        line = await self.read(channel, meta, **fields)
        assert (line.kind, line.text) == (kind, text)

    @pytest.mark.parametrize(
        "fields",
        [
            {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}},
            {
                "type": "system",
                "system": {"type": "user_changed_number", "wa_id": "77010000009", "body": "User changed"},
            },
            {"type": "unsupported", "unsupported": {"type": "pin"}},
            {"group_id": "Y2FwaV9ncm91cA=="},
        ],
    )
    async def test_what_is_no_line_of_a_chat_is_left_out(self, channel, meta, fields: dict[str, Any]) -> None:
        assert told(channel, meta, meta.message(PHONE, **fields)) == News()

    async def test_an_edited_and_a_deleted_line(self, channel, meta) -> None:
        changed = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Окно"}}}
        edited = await self.read(channel, meta, type="edit", edit=changed)
        deleted = await self.read(channel, meta, type="revoke", revoke={"original_message_id": "wamid.1"})
        assert (edited.message_id, edited.edited, edited.text) == ("wamid.1", True, "Окно")
        assert (deleted.message_id, deleted.deleted) == ("wamid.1", True)

    async def test_what_a_person_types_on_the_phone(self, channel, meta) -> None:
        (line,) = told(channel, meta, meta.echo(f"+{PHONE}", "Слушаю вас")).lines
        assert (line.chat, line.phone_number, line.text) == (CHAT, PHONE, "Слушаю вас")
        assert (line.from_us, line.from_api) == (True, False)

    async def test_one_call_may_hold_several_of_everything(self, channel, meta) -> None:
        first, second = meta.message(PHONE, "раз"), meta.message(BSUID, "два", name="Скрытый")
        both = first | {
            "messages": first["messages"] + second["messages"],
            "contacts": first["contacts"] + second["contacts"],
        }
        news = told(channel, meta, both, meta.echo(PHONE, "три"), meta.status("wamid.OURS", "read"))
        assert [(line.chat, line.text, line.contact.name) for line in news.lines] == [
            (CHAT, "раз", "Алия"),
            (f"{BSUID}@bsuid", "два", "Скрытый"),
            (CHAT, "три", None),
        ]
        assert [delivery.message_id for delivery in news.deliveries] == ["wamid.OURS"]

    async def test_another_number_of_the_same_app_is_left_out(self, channel, meta) -> None:
        other = meta.message(PHONE, "не нам") | {"metadata": {"phone_number_id": "1"}}
        assert told(channel, meta, other) == News()

    @pytest.mark.parametrize("broken", [{"id": None}, {"timestamp": "вчера"}, {"timestamp": None}, {"type": "edit"}])
    async def test_what_cannot_be_read_hides_nothing_and_is_logged_without_its_words(
        self, channel, meta, caplog: pytest.LogCaptureFixture, broken: dict[str, Any]
    ) -> None:
        bad, good = meta.message(PHONE, "тайна", **broken), meta.message(PHONE, "Здравствуйте")
        with caplog.at_level(logging.INFO):
            assert [line.text for line in told(channel, meta, bad, good).lines] == ["Здравствуйте"]
        assert "тайна" not in caplog.text
        assert caplog.text

    async def test_nonsense_in_the_right_frame_is_nothing(self, channel, meta) -> None:
        for entry in (None, [None], [{"changes": 1}], [{"changes": [{"value": [1]}]}]):
            body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
            assert channel.read(meta.signed(body), body) == News()


class TestStatuses:
    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("sent", DeliveryState.SENT),
            ("delivered", DeliveryState.DELIVERED),
            ("read", DeliveryState.READ),
            ("failed", DeliveryState.FAILED),
        ],
    )
    async def test_a_status_brings_our_id_back(self, channel, meta, word: str, state: DeliveryState) -> None:
        own = {"biz_opaque_callback_data": "reply:1"}
        (delivery,) = told(channel, meta, meta.status("wamid.OURS", word, **own)).deliveries
        assert (delivery.message_id, delivery.state, delivery.own_id) == ("wamid.OURS", state, "reply:1")

    async def test_a_failure_is_told_in_metas_words(self, channel, meta) -> None:
        error = {
            "code": 131049,
            "title": "This message was not delivered to maintain healthy ecosystem engagement.",
            "error_data": {"details": "Details"},
        }
        (delivery,) = told(channel, meta, meta.status("wamid.OURS", "failed", errors=[error])).deliveries
        assert delivery.reason == (
            "131049 This message was not delivered to maintain healthy ecosystem engagement.: Details"
        )

    async def test_a_word_we_do_not_know_is_left_out(self, channel, meta) -> None:
        assert told(channel, meta, meta.status("wamid.OURS", "warning")) == News()


class TestCalls:
    """Whole calls in the shapes Meta's reference shows, with everything that stands around what we read."""

    def read(self, channel: WhatsAppCloud, meta: FakeWhatsAppCloud, field: str, **told: Any) -> News:
        metadata = {"display_phone_number": "77750000001", "phone_number_id": PHONE_NUMBER_ID}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **told}
        call = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "102290129340398", "changes": [{"value": value, "field": field}]}],
        }
        body = json.dumps(call, indent=2).encode()
        return channel.read(meta.signed(body), body)

    async def test_a_voice_note_of_a_customer_with_a_username(self, channel, meta) -> None:
        person = {
            "profile": {"name": "Айгерім", "username": "@aika"},
            "wa_id": PHONE,
            "user_id": BSUID,
            "parent_user_id": "KZ.ENT.11815799212886844830",
        }
        audio = {
            "mime_type": "audio/ogg; codecs=opus",
            "sha256": "uDXjS8sGmV1kRzL0gD4mV8o0t1YlYwq1",
            "id": "1908647269898587",
            "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1908647269898587",
            "voice": True,
        }
        message = {
            "from": PHONE,
            "from_user_id": BSUID,
            "from_parent_user_id": "KZ.ENT.11815799212886844830",
            "id": "wamid.HBgLNzc3NTAwMDAwMDIVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=",
            "timestamp": "1774188152",
            "type": "audio",
            "audio": audio,
            "referral": {"source_type": "ad", "source_id": "120208", "headline": "Окна", "ctwa_clid": "ARBk"},
        }
        (line,) = self.read(channel, meta, "messages", contacts=[person], messages=[message]).lines
        assert (line.chat, line.kind, line.is_voice, line.file) == (CHAT, Kind.VOICE, True, "1908647269898587")
        assert (line.contact.name, line.contact.bsuid) == ("Айгерім", BSUID)
        assert line.media is not None
        assert line.media.mime_type == "audio/ogg; codecs=opus"

    async def test_statuses_with_prices_and_people(self, channel, meta) -> None:
        pricing = {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"}
        common = {"recipient_id": PHONE, "recipient_user_id": BSUID, "biz_opaque_callback_data": "reply:1"}
        delivered = {"id": "wamid.A", "status": "delivered", "timestamp": "1774188152", "pricing": pricing, **common}
        error = {
            "code": 131047,
            "title": "Re-engagement message",
            "message": "Re-engagement message",
            "error_data": {"details": "More than 24 hours have passed since the customer last replied"},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
        failed = {
            "id": "wamid.B",
            "status": "failed",
            "timestamp": "1774188153",
            "recipient_id": PHONE,
            "errors": [error],
        }
        people = [{"profile": {"name": "Айгерім"}, "wa_id": PHONE, "user_id": BSUID}]
        news = self.read(channel, meta, "messages", contacts=people, statuses=[delivered, failed])
        assert news.deliveries == [
            Delivery("wamid.A", DeliveryState.DELIVERED, own_id="reply:1"),
            Delivery(
                "wamid.B",
                DeliveryState.FAILED,
                reason="131047 Re-engagement message: More than 24 hours have passed since the customer last replied",
            ),
        ]

    async def test_other_subjects_are_thanked_and_left(self, channel, meta) -> None:
        contact = {"type": "contact", "contact": {"full_name": "Ерлан", "phone_number": PHONE}, "action": "add"}
        assert self.read(channel, meta, "smb_app_state_sync", state_sync=[contact]) == News()
        thread = {"id": PHONE, "messages": [{"from": PHONE, "id": "wamid.OLD", "timestamp": "1", "type": "text"}]}
        assert self.read(channel, meta, "history", history=[{"threads": [thread]}]) == News()


class TestConfig:
    @pytest.mark.parametrize(
        "wrong", [{"token": " "}, {"token": "токен"}, {"phone_number_id": "+7 775"}, {"app_secret": ""}, {"more": 1}]
    )
    def test_what_cannot_work_is_refused_without_showing_secrets(self, wrong: dict[str, Any]) -> None:
        usual = {"token": "tok-123", "phone_number_id": "1", "app_secret": "sec-123"}
        with pytest.raises(ValidationError) as refused:
            Config(**usual | wrong)
        assert "tok-123" not in str(refused.value)
        assert "sec-123" not in str(refused.value)
