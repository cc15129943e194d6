"""Whatever strangers can hand us, broken in every way: nothing falls over, and no false figure gets past the guard.

``python -m tests.fuzz --inputs 1000000`` tries so many inputs over all targets; a few of each are tried in CI.
"""

import argparse
import base64
import csv
import io
import json
import random
import resource
import signal
import string
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from saudager import hosts, phones
from saudager.calls import phrases
from saudager.clock import MovableClock
from saudager.errors import SaudagerError
from saudager.importing import rows as sheets
from saudager.importing import values
from saudager.knowledge import texts
from saudager.knowledge.reading import Reading
from saudager.letters import claims
from saudager.providers.channels.kommo_chat import Config as KommoChatConfig
from saudager.providers.channels.kommo_chat import KommoChat
from saudager.providers.channels.kommo_talks import Config as KommoTalksConfig
from saudager.providers.channels.kommo_talks import KommoTalks
from saudager.providers.channels.waha import Config as WahaConfig
from saudager.providers.channels.waha import WhatsAppWaha
from saudager.providers.channels.wappi import Config as WappiConfig
from saudager.providers.channels.wappi import WhatsAppWappi
from saudager.providers.channels.whatsapp_cloud import Config as CloudConfig
from saudager.providers.channels.whatsapp_cloud import WhatsAppCloud
from saudager.providers.crm import kommo_hooks
from saudager.providers.llm import Fact
from saudager.providers.mail import parsing
from saudager.providers.mail.resend import Config as ResendConfig
from saudager.providers.mail.resend import ResendMailer
from saudager.providers.mail.sendgrid import Config as SendGridConfig
from saudager.providers.mail.sendgrid import SendGridMailer
from saudager.sales.importing.layouts import Kind as Sales
from saudager.truth.guard import examine
from saudager.truth.named import named_fact
from tests.fakes import mail_carriers, waha, wappi, whatsapp_cloud
from tests.fakes.amojo import FakeAmojo
from tests.fakes.kommo_talks import FakeKommoTalks
from tests.providers.mail import written

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ALMATY = ZoneInfo("Asia/Almaty")
LONGEST = 20.0
"""Seconds of a core one input may take in the long run: far above any, so that only what explodes is found."""


@dataclass(frozen=True)
class Target:
    """What is tried: how an input is made, and what is done with it."""

    name: str
    make: Callable[[random.Random], Any]
    run: Callable[[Any], None]


# inputs

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**19, 10**30, -(10**400), 0.5, -0.0, 1e308, float("inf"),
    float("nan"), "", " ", "\0", "\ud800", "\udfff", "\u202e", "\ufeff", "0", "-1", "1e999", "NaN", "9" * 30, "９９",
    "²",
    "٣", "a" * 300, "Ж" * 5000, "@", "@c.us", "@lid", "status@broadcast", "7@c.us@c.us", "../../vault.key", "%00",
    "\r\n",
    "<script>", "http://[::1", "http://169.254.169.254/", "2026-13-45T99:99:99Z", [], {}, [[]], [{}], {"": ""},
)  # fmt: skip
"""What no program would send."""
SHAPES = (
    "9", "9 ", "9.", "9,", "1 000 ", "a", "a.", "a@", ".a", "-", "- ", "(", "[", "<", "<a ", "&#", "=?utf-8?b?",
    "\"", "\\",
    "\n", "\r\n", " ", "\t", " \n", "+7 ", "https://", "п", "не ", "по ", "от 1 до ", "10:00 ", "в 5 ", "завтра ",
    "|", "| ",
    "%", "₸", "тыс. ", "двадцать ", "x@x.", "--edge\n", "Re: ", "> ", ";", "\u0301", "☎", "«", "»", "—",
)  # fmt: skip
"""Pieces whose repetition makes a careless pattern or loop take for ever."""
FIGURES = (
    "120 000 ₸",
    "1,5 млн",
    "15 %",
    "10:30",
    "завтра в 5",
    "20 ноября",
    "с 10 до 18",
    "3 года",
    "+7 701 000 00 01",
)


def repeated(dice: random.Random, *, most: int = 3000) -> str:
    """The same piece again and again, and an end it does not expect."""
    return dice.choice(SHAPES) * dice.randint(1, most) + dice.choice(("", "!", "x", "\n", "9"))


def junk(dice: random.Random) -> str:
    signs = string.printable + "ёәқңүһіө₸—«»\u00a0\u202f\u200b\u0301\ud83d\U0001f600９²"
    return "".join(dice.choice(signs) for _ in range(dice.randint(0, 40)))


def broken_text(dice: random.Random, examples: Sequence[str]) -> str:
    """A sentence somebody has written, cut, joined, and with something in it that should not be there."""
    text = dice.choice(examples)
    for _ in range(dice.randint(0, 4)):
        at = dice.randint(0, len(text))
        match dice.randint(0, 6):
            case 0:
                text = text[:at] + junk(dice) + text[at:]
            case 1:
                text = text[:at] + dice.choice(FIGURES) + text[at:]
            case 2:
                text = text[:at] + text[at + dice.randint(1, 9) :]
            case 3:
                text = text[:at] + " " + dice.choice(examples)
            case 4:
                text = text[:at] + dice.choice(SHAPES) * dice.randint(1, 30) + text[at:]
            case 5:
                text = dice.choice((str.upper, str.lower, str.title, str.swapcase))(text)
            case _ if dice.random() < 0.02:
                text = text[:at] + repeated(dice) + text[at:]
    return text


def broken_tree(dice: random.Random, tree: Any, *, most: int = 4) -> Any:
    """A document with some of its parts gone, of another kind, or twice."""
    copy = deepcopy(tree)
    for _ in range(dice.randint(1, most)):
        copy = _broken_once(dice, copy)
    return copy


def _broken_once(dice: random.Random, tree: Any) -> Any:
    inside = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    if not inside or dice.random() < 0.1:
        return _odd(dice, tree)
    at = dice.choice(inside)
    match dice.randint(0, 9):
        case 0:
            del tree[at]
        case 1 if isinstance(tree, dict):
            tree[junk(dice)] = deepcopy(tree[at])
        case 2 if isinstance(tree, list):
            tree.append(deepcopy(tree[at]))
        case 3:
            tree[at] = _odd(dice, tree[at])
        case _:
            tree[at] = _broken_once(dice, tree[at])
    return tree


def _odd(dice: random.Random, was: Any) -> Any:
    match dice.randint(0, 5):
        case 0:
            return [was]
        case 1:
            return {"id": was}
        case 2 if isinstance(was, str):
            return broken_text(dice, [was])
        case 3:
            return str(was)[:10_000]
    return deepcopy(dice.choice(ODD))


def broken_bytes(dice: random.Random, body: bytes) -> bytes:
    """A body that was cut, joined or garbled on its way."""
    for _ in range(dice.randint(1, 3)):
        at = dice.randint(0, len(body))
        match dice.randint(0, 4):
            case 0:
                body = body[:at]
            case 1:
                body = body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
            case 2:
                body = body[:at] + body[at + dice.randint(1, 20) :]
            case 3:
                body = body[:at] + dice.choice(SHAPES).encode() * dice.randint(1, 200) + body[at:]
            case _:
                body += body[at : at + 200]
    return body


def broken_json(dice: random.Random, *examples: bytes) -> bytes:
    body = dice.choice(examples)
    how = dice.random()
    if how < 0.1:
        return broken_bytes(dice, body)
    if how < 0.11:
        return dice.choice((b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff\xfe{}", b"", b"null", b"[]", b"-"))
    tree = broken_tree(dice, json.loads(body))
    return json.dumps(tree, ensure_ascii=dice.random() < 0.7).encode(errors="surrogatepass")


def broken_form(dice: random.Random, *examples: bytes) -> bytes:
    body = dice.choice(examples)
    if dice.random() < 0.3:
        return broken_bytes(dice, body)
    pairs = parse_qsl(body.decode())
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(pairs))
        name, value = pairs[at]
        match dice.randint(0, 4):
            case 0:
                pairs.pop(at)
                pairs = pairs or [("", "")]
            case 1:
                pairs[at] = (broken_text(dice, [name]), value)
            case 2:
                pairs.append((name, value))
            case _:
                odd = dice.choice(ODD)
                pairs[at] = (name, odd if isinstance(odd, str) else str(odd))
    return urlencode(pairs, errors="surrogatepass").encode()


# what may come of it


def quietly(run: Callable[[], Any]) -> Any:
    """Run it; an error of ours is an answer like any other, everything else is a crash."""
    try:
        return run()
    except SaudagerError:
        return None


def readable(told: Any) -> None:
    """What was read out of a call can be stored and handed on: its words are Unicode, its moments have a zone."""
    if told is None:
        return
    plain = json.dumps(asdict(told), default=_plain, ensure_ascii=False, allow_nan=False)
    plain.encode()
    assert "\\u0000" not in plain, "a sign PostgreSQL stores in no text"


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        value.astimezone(ALMATY)
    return str(value) if not isinstance(value, bytes) else len(value)


# webhooks


def _of_wappi() -> Target:
    channel = WhatsAppWappi(
        WappiConfig(base_url="https://wappi.example", token="t", profile_id=wappi.PROFILE), clock=MovableClock(NOW)
    )
    line = {
        "wh_type": "incoming_message", "profile_id": wappi.PROFILE, "id": "3EB0B62774646FC3959E87", "body": "Сколько?",
        "type": "chat", "from": "77750000002@c.us", "to": "77750000001@c.us", "chatId": "77750000002@c.us",
        "senderName": "Айгуль", "contact_name": "Айгуль", "time": 1774188152, "timestamp": "2026-03-22T14:02:32Z",
        "chat_type": "dialog", "is_edited": False, "is_deleted": False, "is_me": False, "isReply": True,
        "stanza_id": "3EB0", "thumbnail": "", "reply_message": {"id": "3EB0", "body": "x"},
    }  # fmt: skip
    voice = line | {"type": "ptt", "mimetype": "audio/ogg", "caption": "", "file_link": "https://f.example/a.ogg"}
    place = line | {"type": "location", "location": {"latitude": 43.2, "longitude": 76.9, "name": "Алматы"}}
    state = {"wh_type": "delivery_status", "profile_id": wappi.PROFILE, "id": "3EB0", "status": "delivered", "time": 1}
    call = {"wh_type": "incoming_call", "profile_id": wappi.PROFILE, "id": "C1", "from": "77750000002@c.us", "time": 1}
    examples = [json.dumps({"messages": one}).encode() for one in ([line], [voice, place], line, [state], [call])]
    return Target(
        "Wappi",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: channel.read({}, body))),
    )


def _of_waha() -> Target:
    secret = "key"
    config = WahaConfig(base_url="https://waha.example", api_key="k", session=waha.SESSION)
    channel = WhatsAppWaha(config, clock=MovableClock(NOW), secret=secret)
    fake = waha.FakeWaha(now=NOW.timestamp)
    line = fake.customer_writes("77010000001@c.us", "Сколько стоит?", name="Айгуль")
    file = fake.customer_writes("77010000001@c.us", "", file=b"OggS", mime_type="audio/ogg; codecs=opus")
    examples = [
        fake.event("message.any", line),
        fake.event("message.any", file),
        fake.event("message.any", fake.human_writes("77010000001@c.us", "Да")),
        fake.event("message.ack", {"id": line["id"], "from": "7@c.us", "fromMe": True, "ack": 3, "ackName": "READ"}),
        fake.event("message.edited", line | {"editedMessageId": "3EB0", "body": "x"}),
        fake.event("message.revoked", {"revokedMessageId": "3EB0", "after": line, "before": line}),
        fake.event("call.received", {"id": "C1", "from": "77010000001@c.us", "timestamp": 1, "isVideo": False}),
        fake.status_event("WORKING"),
    ]
    return Target(
        "WAHA",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: channel.read(waha.signed(body, secret), body))),
    )


def _of_cloud() -> Target:
    config = CloudConfig(
        base_url="https://graph.example",
        token="t",
        phone_number_id=whatsapp_cloud.PHONE_NUMBER_ID,
        app_secret=whatsapp_cloud.APP_SECRET,
    )
    channel = WhatsAppCloud(config, clock=MovableClock(NOW))
    fake = whatsapp_cloud.FakeWhatsAppCloud(now=NOW.timestamp)
    audio = {"id": "9", "mime_type": "audio/ogg", "voice": True, "sha256": "x"}
    examples = [
        fake.call(fake.message("77010000001", "Сколько стоит?", bsuid="KZ.1", context={"id": "wamid.1"})),
        fake.call(fake.message("77010000001", type="audio", audio=audio), fake.echo("77010000001", "Да")),
        fake.call(fake.message("77010000001", type="location", location={"latitude": 43.2, "longitude": 76.9})),
        fake.call(fake.message("77010000001", type="contacts", contacts=[{"name": {"formatted_name": "А"}}])),
        fake.call(fake.status("wamid.1", "failed", errors=[{"code": 131047, "title": "Re-engagement message"}])),
    ]
    return Target(
        "WhatsApp Cloud API",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: channel.read(fake.signed(body), body))),
    )


def _of_kommo_chat() -> Target:
    fake = FakeAmojo(now=lambda: NOW)
    channel = KommoChat(KommoChatConfig(**fake.form(host="127.0.0.1:1")), clock=MovableClock(NOW))
    chat = "wappi:71ad40e9|77010000001@c.us"
    examples = [
        fake.answered(chat, "Сейчас посчитаю"),
        fake.answered(None, "Здравствуйте"),
        fake.answered(chat, "", type="picture", media="https://amojo.example/a.jpg", file_name="a.jpg", file_size=7),
    ]
    return Target(
        "Kommo, chats",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: channel.read(fake.signed(body), body))),
    )


def _of_kommo_talks() -> Target:
    fake = FakeKommoTalks(now=NOW.timestamp)
    fake.base_url = "http://127.0.0.1:1"
    channel = KommoTalks(KommoTalksConfig(domain=fake.domain, token="t"), clock=MovableClock(NOW))
    talk = fake.begins_a_talk()
    file = {
        "attachment[type]": "voice",
        "attachment[link]": "https://a.example/a.ogg",
        "attachment[file_name]": "a.ogg",
    }
    examples = [
        fake.customer_writes(talk, "Сколько стоит окно?\n50 × 70 + рама"),
        fake.customer_writes(talk, "", message_type="voice", **file),
        fake.leaves(talk, "Сейчас посчитаю"),
    ]
    return Target(
        "Kommo, talks",
        lambda dice: broken_form(dice, *examples),
        lambda body: readable(quietly(lambda: channel.read({}, body))),
    )


def _of_kommo_hooks() -> Target:
    own = {"account[id]": "31000001", "account[subdomain]": "example"}
    examples = [
        urlencode({"leads[status][0][id]": "3001", "leads[status][0][status_id]": "142", **own}).encode(),
        urlencode({"contacts[update][0][id]": "7", "contacts[update][0][type]": "contact", **own}).encode(),
        urlencode({"leads[note][0][note][element_id]": "3", "leads[note][0][note][text]": "x", **own}).encode(),
        urlencode({"leads[delete][0][id]": "3001", "contacts[delete][0][id]": "7", **own}).encode(),
    ]
    form = {"content-type": "application/x-www-form-urlencoded"}
    return Target(
        "Kommo, hooks",
        lambda dice: broken_form(dice, *examples),
        lambda body: readable(quietly(lambda: kommo_hooks.read(form, body))),
    )


# letters

LETTERS = (
    written.letter(headers="In-Reply-To: <a@b>\nReferences: <r1@b>\n <a@b>\nCc: Chef <CHEF@Example.kz>\n"),
    written.letter(
        subject="=?utf-8?B?0KbQtdC90LA=?= =?koi8-r?Q?=E3=C5=CE=C1?=", kind="text/html; charset=windows-1251"
    ),
    written.bounce(),
    written.of_parts(
        written.part("Сколько стоит?", "text/plain; charset=utf-8"),
        written.part("<p>Сколько <b>стоит</b>?<br>&nbsp;<a href='http://x'>тут</a></p>", "text/html; charset=utf-8"),
        written.part(
            base64.encodebytes(b"%PDF-1.4").decode(),
            'application/pdf; name="a.pdf"',
            headers='Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="a.pdf"\n',
        ),
    ),
)


def _of_letters() -> Target:
    return Target(
        "MIME and bounces",
        lambda dice: broken_bytes(dice, dice.choice(LETTERS)),
        lambda raw: readable(quietly(lambda: parsing.parse(raw, received_at=NOW))),
    )


def _of_resend() -> Target:
    secret = base64.b64encode(b"a secret of a webhook").decode()
    config = ResendConfig.model_validate({"api_key": "re_1", "webhook_secret": f"whsec_{secret}"})
    mailer = ResendMailer(config, clock=MovableClock(NOW))
    fake = mail_carriers.FakeResend()
    fake.webhook_secret = f"whsec_{secret}"
    sent = {"email_id": "5", "to": ["a@b.kz"], "tags": {"own_id": "letter:1"}, "subject": "x"}
    examples = [
        json.dumps({"type": kind, "created_at": NOW.isoformat(), "data": sent | more}).encode()
        for kind, more in (
            ("email.received", {}),
            ("email.bounced", {"bounce": {"type": "Permanent", "subType": "General", "message": "550"}}),
            ("email.complained", {}),
            ("email.clicked", {"click": {"link": "https://x", "timestamp": NOW.isoformat()}}),
        )
    ]
    return Target(
        "Resend",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: mailer.read(fake.signed(body, at=NOW), body))),
    )


def _of_sendgrid() -> Target:
    fake = mail_carriers.FakeSendGrid()
    config = SendGridConfig.model_validate({"api_key": "SG.1", "webhook_key": fake.webhook_key})
    mailer = SendGridMailer(config, clock=MovableClock(NOW))
    event = {"email": "a@b.kz", "timestamp": 1773212400, "event": "bounce", "sg_event_id": "e", "own_id": "letter:1",
             "type": "blocked", "reason": "550 5.1.1", "status": "5.1.1", "sg_message_id": "m.1"}  # fmt: skip
    examples = [json.dumps([event, event | {"event": kind}]).encode() for kind in ("open", "dropped", "spamreport")]
    return Target(
        "SendGrid, events",
        lambda dice: broken_json(dice, *examples),
        lambda body: readable(quietly(lambda: mailer.read(fake.signed(body), body))),
    )


def _of_sendgrid_letters() -> Target:
    mailer = SendGridMailer(SendGridConfig.model_validate({"api_key": "SG.1"}), clock=MovableClock(NOW))
    fields = {
        "headers": b"From: A <a@b.kz>\nTo: shop@b.kz\nSubject: =?utf-8?b?0J7QutC90L4=?=\nMessage-ID: <q@b>\n",
        "text": "Сколько стоит?".encode("cp1251"),
        "html": "<p>Сколько стоит?</p>".encode(),
        "charsets": b'{"text": "windows-1251"}',
        "attachment-info": b'{"attachment1": {"filename": "a.pdf", "type": "application/pdf"}}',
    }

    def made(dice: random.Random) -> bytes:
        told = dict(fields)
        name = dice.choice(sorted(told))
        told[name] = broken_bytes(dice, told[name])
        if dice.random() < 0.2:
            told = {"email": broken_bytes(dice, dice.choice(LETTERS))}
        parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (k.encode(), v) for k, v in told.items()]
        body = b"".join(b"--xYzZY\r\n" + part + b"\r\n" for part in parts) + b"--xYzZY--\r\n"
        return broken_bytes(dice, body) if dice.random() < 0.5 else body

    headers = {"content-type": "multipart/form-data; boundary=xYzZY"}
    return Target("SendGrid, letters", made, lambda body: readable(quietly(lambda: mailer.read(headers, body))))


# signatures


def _of_signatures() -> Target:
    """A call without the right signature never gets past it, whatever its headers hold."""
    fake, fake_sendgrid = whatsapp_cloud.FakeWhatsAppCloud(now=NOW.timestamp), mail_carriers.FakeSendGrid()
    cloud = WhatsAppCloud(
        CloudConfig(base_url="https://g.example", token="t", phone_number_id="1", app_secret="another"),
        clock=MovableClock(NOW),
    )
    own = WahaConfig(base_url="https://waha.example", api_key="k", session=waha.SESSION)
    session = WhatsAppWaha(own, clock=MovableClock(NOW), secret="another")
    resend = ResendMailer(
        ResendConfig.model_validate({"api_key": "re_1", "webhook_secret": "whsec_" + base64.b64encode(b"o").decode()}),
        clock=MovableClock(NOW),
    )
    sendgrid = SendGridMailer(
        SendGridConfig.model_validate({"api_key": "SG.1", "webhook_key": fake_sendgrid.webhook_key}),
        clock=MovableClock(NOW),
    )
    theirs = mail_carriers.FakeSendGrid()

    def made(dice: random.Random) -> tuple[int, dict[str, str], bytes]:
        body = dice.choice((b"{}", b"[]", b'{"type": "email.received"}'))
        which = dice.randrange(4)
        headers = (
            fake.signed(body),
            waha.signed(body, "key"),
            {"svix-id": "m", "svix-timestamp": str(int(NOW.timestamp())), "svix-signature": "v1,aaaa v2,x"},
            theirs.signed(body),
        )[which]
        for name in list(headers):
            if name != "content-type" and dice.random() < 0.6:
                headers[name] = broken_text(dice, [headers[name]]).encode("latin-1", "replace").decode("latin-1")
        return which, headers, body

    readers = (cloud.read, session.read, resend.read, sendgrid.read)

    def run(call: tuple[int, dict[str, str], bytes]) -> None:
        which, headers, body = call
        assert quietly(lambda: readers[which](headers, body)) is None, "a stranger's call was taken"

    return Target("signatures", made, run)


# what customers and models write

SAID = (
    "Сколько стоит окно 1500×1200? Доставка до 20 ноября есть?",
    "Давайте созвонимся завтра в половине шестого вечера",
    "перезвоните в пятницу после обеда, часа в 3", "ертең сағат 10-да хабарласыңыз", "call me on Monday at 5 pm",
    "мой номер 8 (701) 123-45-67", "в следующий вторник с 10 до 12", "20.11 в 15.30, а лучше через 2 часа",
    "+7 701 000 00 01",
    "Не звоните до обеда, только 25-го числа", "через полтора часа", "сегодня вечером", "31 февраля в 25:61",
)  # fmt: skip
DRAFTS = (
    "Окно двустворчатое стоит 120 000 ₸, доставка завтра, гарантия 3 года.", "Скидка 15 % действует до конца ноября!",
    "Итого три окна по 120 000 ₸ — 360 000 ₸.", "Забронировала вас на 20 ноября в 10:00.",
    "За 2024 год вы купили на 2,45 млн ₸.",
    "Бағасы 120 000 теңге, кепілдік 3 жыл.", "The window is 120,000 KZT, delivery within 5 days.",
    "Позвоните +7 701 000 00 01.",
)  # fmt: skip
PASSAGE = Fact("окна.md", 1, "Окно двустворчатое стоит 120 000 ₸. Гарантия на окна 3 года. Доставка 5 дней.")
ROWS = [named_fact(row) for row in ("price[Окно двустворчатое]=120000 KZT", "warranty=3 years", "total=2450000 KZT")]


def _of_guard() -> Target:
    def run(draft: str) -> None:
        examine(draft, facts=[PASSAGE, *ROWS], earlier=[draft[:200]], now=NOW.astimezone(ALMATY))

    return Target("guard", lambda dice: broken_text(dice, DRAFTS), run)


SPELLINGS: tuple[Callable[[int], str], ...] = (
    str,
    lambda n: f"{n:,}".replace(",", " "),
    lambda n: f"{n:,}".replace(",", "\u00a0"),
    lambda n: f"{n:,}".replace(",", "\u202f"),
    lambda n: f"{n:,}",
    lambda n: f"{n:,}".replace(",", "."),
    lambda n: f"{n:,}".replace(",", "'"),
    lambda n: f"{n:,}".replace(",", "\u2009"),
    lambda n: f"{n / 1000:g} тыс.".replace(".", ",", n % 1000 != 0),
    lambda n: f"{n},00",
    lambda n: "".join(chr(0xFF10 + int(digit)) for digit in str(n)),
    lambda n: f"**{n}**",
    lambda n: f"{n // 1000}к",
    lambda n: f"{n // 1000}k",
)
SAYINGS = (
    "Окно двустворчатое стоит {}.", "Цена окна: {}", "Окно — {}, доставка бесплатно не бывает.", "За окно просим {}",
    "{} — столько стоит окно.", "Стоимость окна составит {}, оплата картой.", "Терезе бағасы {}.",
    "The window costs {}.",
)  # fmt: skip
MONEYS = ("{} ₸", "{} тг", "{} тенге", "{} KZT", "₸{}", "{}₸", "{} теңге", "KZT {}")


def _of_false_prices() -> Target:
    """A price that no row and no passage holds never passes, however it is written."""

    def made(dice: random.Random) -> str:
        price = dice.choice((dice.randrange(1_000, 40_000, 1000), dice.randrange(250_000, 900_000, 1000)))
        saying = dice.choice(SAYINGS).format(dice.choice(MONEYS).format(dice.choice(SPELLINGS)(price)))
        before = dice.choice(("", "", "Здравствуйте! ", "Окно двустворчатое стоит 120 000 ₸. ", "Гарантия 3 года. "))
        return before + saying

    def run(draft: str) -> None:
        found = examine(draft, facts=[PASSAGE, ROWS[0]], now=NOW.astimezone(ALMATY))
        assert not found.passed, "a price nothing proves has passed the guard"

    return Target("guard, false prices", made, run)


def _of_claims() -> Target:
    def run(draft: str) -> None:
        claims.problems(draft, ROWS, [PASSAGE], labels=frozenset({"Окно двустворчатое"}), today=date(2026, 11, 20))

    return Target("claims of letters", lambda dice: broken_text(dice, DRAFTS), run)


def _of_moments() -> Target:
    now = NOW.astimezone(ALMATY)

    def run(text: str) -> None:
        meant = phrases.read_time(text, now, asked=len(text) % 2 == 0)
        assert meant is None or meant.at is None or meant.at.tzinfo is not None

    return Target("moments of calls", lambda dice: broken_text(dice, SAID), run)


def _of_phones() -> Target:
    def run(text: str) -> None:
        number = phones.normalise_phone(text)
        assert number is None or (number.isascii() and number.isdigit() and 7 <= len(number) <= 15), number

    told = ("8 (701) 123-45-67", "+7 701 000 00 01", "77011234567@c.us", "87011234567;ext=5", "0018005551234")
    return Target("phone numbers", lambda dice: broken_text(dice, told), run)


# files


def _of_cells() -> Target:
    told = (
        "12.03.2026 14:05",
        "2026-03-12T14:05:00+05:00",
        "12 500,50 ₸",
        "1,000",
        "4,96E+08",
        "45000,5",
        ">10",
        "да",
        "KZT",
    )
    readers: tuple[Callable[[Any], Any], ...] = (
        partial(values.text, most=200),
        values.code,
        partial(values.moment, zone=ALMATY),
        partial(values.day, zone=ALMATY),
        values.money,
        values.currency,
        values.quantity,
        values.stock,
        values.phone,
    )

    def made(dice: random.Random) -> Any:
        if dice.random() < 0.6:
            return broken_text(dice, told)
        odd = dice.choice((*ODD, NOW.replace(tzinfo=None), date(2026, 1, 1), timedelta(1)))
        return None if isinstance(odd, list | dict) else odd

    def run(cell: Any) -> None:
        for read in readers:
            with suppress(values.Unreadable):
                read(cell)

    return Target("cells of imports", made, run)


def _of_tables() -> Target:
    lines = [
        ["Номер счёта", "Дата", "ИИН/БИН", "Компания", "Товар", "Количество", "Цена", "Сумма"],
        ["17", "12.03.2026", "123456789012", "ТОО Окна", "Окно", "2", "120 000", "240 000"],
        ["Итого", "", "", "", "", "", "", "240 000"],
    ]

    def made(dice: random.Random) -> bytes:
        rows = [[broken_text(dice, [cell]) if dice.random() < 0.2 else cell for cell in row] for row in lines]
        out = io.StringIO()
        csv.writer(out, delimiter=dice.choice(",;\t|")).writerows(rows)
        body = out.getvalue().encode(dice.choice(("utf-8", "utf-8-sig", "cp1251", "utf-16")), "replace")
        return broken_bytes(dice, body) if dice.random() < 0.5 else body

    def run(data: bytes) -> None:
        quietly(lambda: sheets.read(data, Sales.INVOICES.layout))
        reading = Reading("a.csv", "")
        texts.read_text(data, reading)

    return Target("CSV", made, run)


def _of_workbooks() -> Target:
    import openpyxl

    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Номер счёта", "Дата", "Компания", "Товар", "Количество", "Цена"])
    book.active.append(["17", date(2026, 3, 12), "ТОО Окна", "Окно", 2, 120000.5])
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def made(dice: random.Random) -> bytes:
        if dice.random() < 0.3:
            return broken_bytes(dice, out.getvalue())
        told = dict(parts)
        name = dice.choice(sorted(told))
        told[name] = broken_bytes(dice, told[name])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in told.items():
                archive.writestr(part, content)
        return packed.getvalue()

    return Target("XLSX", made, lambda data: quietly(lambda: sheets.read(data, Sales.INVOICES.layout)))


# addresses


def _of_hosts() -> Target:
    secret = ("169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "2852039166", "metadata.google.internal")
    told = ("https://wappi.pro/api", "http://user@10.0.0.1:80/x", *(f"http://{host}/" for host in secret))

    def made(dice: random.Random) -> str:
        return broken_text(dice, told)

    def run(url: str) -> None:
        hosts.tells_secrets(hosts.host_of(url))
        for host in secret:
            spelled = host.upper() if len(url) % 2 else host + ("." if not host.endswith("]") else "")
            assert hosts.tells_secrets(hosts.host_of(f"http://x:y@{spelled}:80/")), spelled

    return Target("addresses", made, run)


def targets() -> list[Target]:
    return [
        _of_wappi(), _of_waha(), _of_cloud(), _of_kommo_chat(), _of_kommo_talks(), _of_kommo_hooks(), _of_letters(),
        _of_resend(), _of_sendgrid(), _of_sendgrid_letters(), _of_signatures(), _of_guard(), _of_false_prices(),
        _of_claims(), _of_moments(), _of_phones(), _of_cells(), _of_tables(), _of_workbooks(), _of_hosts(),
    ]  # fmt: skip


SHARES = {
    "Wappi": 30, "WAHA": 30, "WhatsApp Cloud API": 30, "Kommo, chats": 20, "Kommo, talks": 10, "Kommo, hooks": 10,
    "MIME and bounces": 10, "Resend": 20, "SendGrid, events": 8, "SendGrid, letters": 6, "signatures": 15, "guard": 2,
    "guard, false prices": 4, "claims of letters": 4, "moments of calls": 6, "phone numbers": 15,
    "cells of imports": 12, "CSV": 3, "XLSX": 1, "addresses": 15,
}  # fmt: skip
"""Of a long run; what is quick to try is tried more often."""


# the long run


class TooLong(Exception):
    """An input took more of a core than any may."""


def _alarm(*_: Any) -> None:
    raise TooLong


def attempt(target: Target, seed: int, found: Counter[str]) -> float:
    """One input; what it came to is counted and the first of each kind is shown. Seconds of a core it took."""
    made = target.make(random.Random(seed))
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        target.run(made)
    except Exception as error:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        kind = f"{target.name}: {type(error).__name__} at {at}: {str(error)[:100]}"
        found[kind] += 1
        if found[kind] == 1:
            say(f"FOUND {kind}\n      seed {seed}: {str(made)[:600]!r}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - began


def run(inputs: int, seed: int, only: Sequence[str]) -> bool:
    """So many inputs over all targets by their shares; whether nothing was found."""
    signal.signal(signal.SIGVTALRM, _alarm)
    chosen = [target for target in targets() if not only or target.name in only]
    whole = sum(SHARES[target.name] for target in chosen)
    found = Counter[str]()
    done = 0
    for number, target in enumerate(chosen):
        count = inputs - done if number == len(chosen) - 1 else inputs * SHARES[target.name] // whole
        began, longest = time.process_time(), 0.0
        for at in range(count):
            longest = max(longest, attempt(target, seed * 10_000_019 + at, found))
        done += count
        took = time.process_time() - began
        say(f"| {target.name} | {count} | {took:.0f} | {longest * 1000:.0f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{done} inputs, seed {seed}, {sum(found.values())} crashes of {len(found)} kinds, {peak:.0f} MB at most")
    return not found


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser(description="Try broken inputs on whatever reads what strangers hand us.")
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", action="append", default=[], help="a target by its name; may be given again")
    chosen = options.parse_args()
    say("| target | inputs | seconds of a core | longest, ms |")
    sys.exit(0 if run(chosen.inputs, chosen.seed, chosen.only) else 1)


if __name__ == "__main__":
    main()
