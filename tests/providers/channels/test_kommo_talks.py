"""The chats of Kommo's leads: the port's contract over real HTTP, and what its form-encoded webhooks tell."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from saudager.contracts import Contact, Kind
from saudager.errors import BadCredentials, RateLimited, Rejected, Unreachable, UnrecognisedPayload
from saudager.providers.channels import Line, News
from saudager.providers.channels.kommo_talks import Config, KommoTalks
from tests.fakes.clocks import InstantClock
from tests.fakes.kommo_talks import TOKEN, FakeKommoTalks
from tests.fakes.serving import refused_url
from tests.providers.channels.channel_contract import AnyChannelContract

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOOK = "https://shop.example/webhooks/kommo_talks:shop.kommo.com/secret"


def connected(base_url: str, *, token: str = TOKEN, timeout: float = 30) -> KommoTalks:
    config = Config(domain=base_url.partition("://")[2], token=token)
    return KommoTalks(config, clock=InstantClock(), timeout=timeout)


class KommoRig:
    retry_after = 7

    def __init__(self, fake: FakeKommoTalks, channel: KommoTalks) -> None:
        self.fake = fake
        self.channel = channel

    def customer_writes(self, chat: str, text: str, *, at: float) -> str:
        (line,) = self.channel.read({}, self.fake.customer_writes(chat.partition("@")[0], text)).lines
        return line.message_id

    def sent(self) -> list[tuple[str, str, str | None]]:
        return [(f"{sent.talk}@talk", sent.text, None) for sent in self.fake.sent]

    def fail(self, what: str, *faults: str) -> None:
        for fault in faults:
            if fault == "not_done":
                self.fake.gone += 1
            else:
                self.fake.faults.add("/send_message", fault)

    def calls(self, what: str) -> int:
        return self.fake.sends()

    def unreachable(self) -> KommoTalks:
        return connected(refused_url())


@pytest.fixture
async def rig() -> AsyncIterator[KommoRig]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeKommoTalks(now=AT.timestamp))
        channel = connected(fake.base_url, timeout=1)
        stack.push_async_callback(channel.close)
        yield KommoRig(fake, channel)


@pytest.fixture
def kommo(rig: KommoRig) -> FakeKommoTalks:
    return rig.fake


@pytest.fixture
async def channel(kommo: FakeKommoTalks) -> AsyncIterator[KommoTalks]:
    """A channel with time enough on a busy machine."""
    channel = connected(kommo.base_url)
    yield channel
    await channel.close()


def line_in(news: News) -> Line:
    (line,) = news.lines
    return line


class TestKommosTalksKeepTheContract(AnyChannelContract):
    chat = "174@talk"


class TestSending:
    @pytest.mark.parametrize("status", [402, 403])
    async def test_without_the_add_on_or_the_right_it_says_so_in_the_merchants_words(self, channel, kommo, status):
        kommo.denied = status
        with pytest.raises(Rejected, match=r"«Отправка во внешние чаты».* Chats API .*limit is exceeded"):
            await channel.send("174@talk", "Здравствуйте")

    async def test_too_many_requests_wait_a_little_where_kommo_does_not_say_how_long(self, channel, kommo) -> None:
        kommo.denied = 429
        with pytest.raises(RateLimited) as limited:
            await channel.send("174@talk", "Здравствуйте")
        assert limited.value.retry_after == 5

    async def test_a_closed_talk_takes_nothing_more(self, channel, kommo) -> None:
        kommo.closed.add("174")
        with pytest.raises(Rejected, match="Беседа в Kommo закрыта"):
            await channel.send("174@talk", "Здравствуйте")

    @pytest.mark.parametrize("chat", ["77010000001@c.us", "abc@talk", "77010000001", "12@lid"])
    async def test_only_a_talk_can_be_written_to(self, channel, kommo, chat: str) -> None:
        with pytest.raises(Rejected):
            await channel.send(chat, "Здравствуйте")
        assert kommo.requests == []

    async def test_errors_never_show_the_token(self, kommo) -> None:
        stranger = connected(kommo.base_url, token="another-token")
        with pytest.raises(BadCredentials) as refused:
            await stranger.send("174@talk", "Здравствуйте")
        await stranger.close()
        assert "another-token" not in str(refused.value)

    async def test_there_are_no_lines_to_look_at(self, channel) -> None:
        with pytest.raises(Unreachable):
            await channel.lines("174@talk", limit=10, offset=0)


class TestStatus:
    async def test_an_accepted_token_is_ready(self, channel) -> None:
        assert (await channel.status()).ready

    async def test_a_token_that_is_not_accepted_says_what_to_do(self, kommo) -> None:
        stranger = connected(kommo.base_url, token="another-token")
        status = await stranger.status()
        await stranger.close()
        assert not status.ready
        assert "долгосрочный токен" in (status.reason or "")


class TestWhatWebhooksTell:
    async def test_a_customers_line(self, channel, kommo) -> None:
        talk = kommo.begins_a_talk()
        line = line_in(channel.read({}, kommo.customer_writes(talk, "Сколько стоит окно?\n50 × 70 + рама")))
        assert (line.chat, line.sent_at) == (f"{talk}@talk", AT)
        assert (line.from_us, line.from_api, line.kind) == (False, False, Kind.TEXT)
        assert line.text == "Сколько стоит окно?\n50 × 70 + рама"
        assert line.contact == Contact(name="Алия", bsuid=f"{kommo.contact_of(talk)}@{kommo.domain}")

    async def test_the_first_word_of_the_key_may_be_missing(self, channel) -> None:
        told = {"add[0][id]": "m1", "add[0][talk_id]": "7", "add[0][created_at]": "1763629200", "add[0][text]": "Салем"}
        assert line_in(channel.read({}, urlencode(told).encode())).text == "Салем"

    async def test_a_sign_no_database_takes_is_left_out(self, channel, kommo) -> None:
        line = line_in(channel.read({}, kommo.customer_writes(kommo.begins_a_talk(), "Са\0лем")))
        assert line.text == "Салем"

    async def test_a_managers_line_is_ours_and_not_known_to_be_a_programs(self, channel, kommo) -> None:
        line = line_in(channel.read({}, kommo.leaves(kommo.begins_a_talk(), "Сейчас посчитаю")))
        assert (line.from_us, line.from_api, line.contact.name) == (True, None, "Алия")

    async def test_a_robots_line_is_a_programs(self, channel, kommo) -> None:
        robot = {"author[type]": "bot", "author[user_id]": "", "author[name]": "Salesbot"}
        line = line_in(channel.read({}, kommo.leaves(kommo.begins_a_talk(), "Мы на связи", **robot)))
        assert (line.from_us, line.from_api) == (True, True)

    async def test_our_message_keeps_the_id_its_answer_gave_it_whatever_the_webhook_calls_it(self, channel, kommo):
        sent_id = await channel.send("174@talk", "45 000 ₸")
        shown, again = (line_in(channel.read({}, kommo.leaves("174", "45 000 ₸"))) for _ in range(2))
        assert shown.message_id == sent_id
        assert again.message_id != sent_id  # a manager says the same

    async def test_several_events_of_one_call(self, channel, kommo) -> None:
        talk = kommo.begins_a_talk()
        told = [kommo.customer_writes(talk, "Раз"), kommo.customer_writes(talk, "Два").replace(b"%5B0%5D", b"%5B1%5D")]
        lines = channel.read({}, b"&".join([*told, kommo.leaves(talk, "Три")])).lines
        assert [(line.text, line.from_us) for line in lines] == [("Раз", False), ("Два", False), ("Три", True)]

    @pytest.mark.parametrize(
        ("kind", "name", "expected", "mime_type"),
        [
            ("picture", "окно.png", Kind.IMAGE, "image/png"),
            ("picture", "", Kind.IMAGE, "image/jpeg"),
            ("voice", "", Kind.VOICE, "audio/ogg"),
            ("file", "смета.pdf", Kind.DOCUMENT, "application/pdf"),
            ("video", "", Kind.VIDEO, "video/mp4"),
            ("something_new", "", Kind.TEXT, None),
        ],
    )
    async def test_a_file(self, channel, kommo, kind, name, expected, mime_type) -> None:
        link = "https://amojo.kommo.com/attachments/db6a2cea/1"
        file = {"attachment[type]": kind, "attachment[link]": link, "attachment[file_name]": name}
        line = line_in(channel.read({}, kommo.customer_writes("174", "Вот", message_type=kind, **file)))
        assert (line.kind, line.file, line.text, line.is_voice) == (expected, link, "Вот", kind == "voice")
        assert line.media is not None
        assert (line.media.mime_type, line.media.file_name, line.media.caption) == (mime_type, name or None, "Вот")

    @pytest.mark.parametrize(("told", "from_us"), [("incoming", False), ("outgoing", True)])
    async def test_the_kind_of_a_message_may_be_whose_it_is(self, channel, kommo, told: str, from_us: bool) -> None:
        line = line_in(channel.read({}, kommo.customer_writes("174", "Салем", message_type=told)))
        assert (line.kind, line.from_us) == (Kind.TEXT, from_us)

    async def test_a_place_has_no_file(self, channel, kommo) -> None:
        line = line_in(channel.read({}, kommo.customer_writes("174", "", message_type="location")))
        assert (line.kind, line.text, line.media) == (Kind.LOCATION, None, None)

    async def test_other_events_are_thanked(self, channel) -> None:
        told = urlencode({"leads[status][0][id]": "3001", "account[id]": "1"}).encode()
        assert channel.read({}, told) == News()

    @pytest.mark.parametrize(
        "body", [b"", b"no form", b"[]", b'{"message": {}}', b"\xff", b"a=%FF", b"&".join([b"a[b]=1"] * 30_000)]
    )
    async def test_what_is_no_call_of_kommo_is_refused(self, channel, body: bytes) -> None:
        with pytest.raises(UnrecognisedPayload):
            channel.read({}, body)

    @pytest.mark.parametrize(
        "wrong", [{"id": ""}, {"talk_id": ""}, {"talk_id": "../1"}, {"created_at": ""}, {"created_at": "9" * 30}]
    )
    async def test_a_line_that_cannot_be_read_is_left_out_without_its_words(
        self, channel, kommo, caplog, wrong
    ) -> None:
        with caplog.at_level(logging.INFO):
            assert channel.read({}, kommo.customer_writes("174", "тайна", **wrong)) == News()
        assert "Kommo told of a message" in caplog.text
        assert "тайна" not in caplog.text


class TestWhoseLineItIs:
    async def test_the_contact_is_asked_for_once(self, channel, kommo) -> None:
        talk = kommo.begins_a_talk("Алия Серикова", phone="8 (701) 000-00-01")
        for _ in range(2):
            (line,) = await channel.with_numbers(channel.read({}, kommo.customer_writes(talk, "Здравствуйте")).lines)
            assert (line.phone_number, line.contact.full_name) == ("77010000001", "Алия Серикова")
        assert kommo.asked_for("/contacts/") == 1

    @pytest.mark.parametrize("phone", [None, "нет", "123"])
    async def test_a_contact_without_a_number_stays_without(self, channel, kommo, phone) -> None:
        talk = kommo.begins_a_talk(phone=phone)
        (line,) = await channel.with_numbers(channel.read({}, kommo.customer_writes(talk, "Здравствуйте")).lines)
        assert line.phone_number is None

    async def test_a_contact_kommo_does_not_have_does_not_hold_up_the_line(self, channel, kommo) -> None:
        kommo.contacts.clear()
        talk = kommo.begins_a_talk()
        kommo.contacts.clear()
        (line,) = await channel.with_numbers(channel.read({}, kommo.customer_writes(talk, "Здравствуйте")).lines)
        assert (line.text, line.phone_number) == ("Здравствуйте", None)

    async def test_a_refusal_does_not_hold_up_the_line_and_is_asked_again(self, channel, kommo) -> None:
        talk = kommo.begins_a_talk()
        kommo.faults.add(f"/contacts/{kommo.contact_of(talk)}", "401")
        lines = channel.read({}, kommo.customer_writes(talk, "Здравствуйте")).lines
        assert [line.phone_number for line in await channel.with_numbers(lines)] == [None]
        assert [line.phone_number for line in await channel.with_numbers(lines)] == ["77010000001"]


class TestFiles:
    async def test_a_file_comes_without_our_token(self, channel, kommo) -> None:
        kommo.files["1.jpg"] = (b"\xff\xd8", "image/jpeg")
        assert await channel.fetch_media(f"{kommo.base_url}/attachments/1.jpg") == (b"\xff\xd8", "image/jpeg")

    @pytest.mark.parametrize(
        "link",
        [
            "https://169.254.169.254/latest/meta-data/",
            "https://10.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "http://93.184.215.14/plain",
            "file:///etc/passwd",
            "ftp://93.184.215.14/1",
            "не ссылка",
        ],
    )
    async def test_a_link_into_a_private_network_is_not_followed(self, channel, kommo, link: str) -> None:
        with pytest.raises(Rejected):
            await channel.fetch_media(link)

    @pytest.mark.parametrize("link", ["http://127.0.0.1:1/", "https://127.0.0.1/", "https://[::1]/"])
    async def test_an_account_in_kommos_cloud_links_to_nothing_on_this_machine(self, link: str) -> None:
        channel = connected("https://shop.kommo.com")
        with pytest.raises(Rejected):
            await channel.fetch_media(link)
        await channel.close()

    async def test_a_file_that_is_too_large_is_not_kept(self, channel, kommo) -> None:
        kommo.files["1.bin"] = (bytes(20 * 1024 * 1024 + 1), "application/octet-stream")
        with pytest.raises(Rejected, match="larger than 20 MB"):
            await channel.fetch_media(f"{kommo.base_url}/attachments/1.bin")


class TestTheWebhook:
    async def test_it_is_entered_once(self, channel, kommo) -> None:
        for _ in range(2):
            await channel.subscribe(HOOK)
        (webhook,) = kommo.webhooks
        assert (webhook["destination"], webhook["settings"]) == (HOOK, ["add_message", "add_outgoing_message"])
        assert [method for method, path, _ in kommo.requests if path.endswith("/webhooks")] == ["GET", "POST", "GET"]

    @pytest.mark.parametrize("known", [{"settings": ["add_lead"]}, {"settings": ["add_lead"], "disabled": True}])
    async def test_what_it_tells_besides_stays(self, channel, kommo, known: dict[str, Any]) -> None:
        kommo.webhooks = [{"destination": "https://another.example", "settings": []}, {"destination": HOOK} | known]
        await channel.subscribe(HOOK)
        assert kommo.webhooks[-1]["settings"] == ["add_lead", "add_message", "add_outgoing_message"]
        assert kommo.webhooks[-1]["disabled"] is False

    async def test_a_token_that_may_not_enter_it_says_so(self, kommo) -> None:
        stranger = connected(kommo.base_url, token="another-token")
        with pytest.raises(BadCredentials):
            await stranger.subscribe(HOOK)
        await stranger.close()


@pytest.mark.parametrize("domain", ["shop.kommo.com", "shop.amocrm.ru", "127.0.0.1:8080"])
def test_an_address_of_kommo_is_taken(domain: str) -> None:
    config = Config(domain=domain, token=TOKEN)
    assert config.base_url.startswith("https://") is not domain.startswith("127")


@pytest.mark.parametrize(
    "domain",
    [
        "https://shop.kommo.com",
        "shop.kommo.com/leads",
        "kommo.com.evil.example",
        "evil.example",
        "10.0.0.1",
        "a.b.kommo.com",
        "",
    ],
)
def test_another_address_is_not(domain: str) -> None:
    with pytest.raises(ValidationError):
        Config(domain=domain, token=TOKEN)
