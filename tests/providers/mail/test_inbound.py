"""Letters that carriers bring: named by Resend's webhook and fetched, or whole in SendGrid's form."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from saudager.clock import MovableClock
from saudager.errors import BadCredentials, UnrecognisedPayload
from saudager.providers.mail import Address, MailNews, ReceivedLetter
from saudager.providers.mail.resend import Config as ResendConfig
from saudager.providers.mail.resend import ResendMailer
from saudager.providers.mail.sendgrid import Config as SendGridConfig
from saudager.providers.mail.sendgrid import SendGridMailer
from tests.fakes.serving import Message, Receive, Send, served
from tests.providers.mail.written import NOW, letter

ID = "56761188-7520-42d8-8898-ff6fc54ce618"
SECRET = base64.b64encode(b"a secret of a webhook").decode()
TOLD: dict[str, Any] = {
    "object": "email",
    "id": ID,
    "from": "Айгуль <aigul@example.kz>",
    "to": ["shop@example.kz"],
    "cc": None,
    "reply_to": None,
    "subject": "Окно",
    "message_id": "<q1@example.kz>",
    "created_at": "2026-11-20T08:30:00.000Z",
    "text": "Сколько стоит?",
    "html": None,
    "headers": {"In-Reply-To": "<ours@example.kz>", "References": "<first@example.kz> <ours@example.kz>"},
    "attachments": [],
}


@asynccontextmanager
async def resend(told: dict[str, Any], files: dict[str, bytes] | None = None) -> AsyncIterator[ResendMailer]:
    """Resend as it answers for one letter, over real HTTP; ``files`` by name."""
    links: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        path, key = scope["path"], dict(scope["headers"]).get(b"authorization")
        answer: bytes | None = None
        if path.startswith("/file/") and key is None:
            answer = (files or {}).get(path.removeprefix("/file/"))
        elif path == f"/emails/receiving/{ID}":
            answer = json.dumps(told).encode()
        elif path == f"/emails/receiving/{ID}/attachments":
            listed = [
                {"filename": name, "content_type": "application/pdf", "download_url": f"{links[0]}/file/{name}"}
                for name in (*(files or {}), "gone.pdf")
            ]
            answer = json.dumps({"object": "list", "data": listed}).encode()
        await send({"type": "http.response.start", "status": 200 if answer is not None else 404, "headers": []})
        await send({"type": "http.response.body", "body": answer or b"{}"})

    async with served(app) as url:
        links.append(url)
        config = ResendConfig.model_validate({"base_url": url, "api_key": "re_1", "webhook_secret": f"whsec_{SECRET}"})
        mailer = ResendMailer(config, clock=MovableClock(NOW))
        try:
            yield mailer
        finally:
            await mailer.close()


def pushed(mailer: ResendMailer, body: bytes) -> MailNews:
    stamp = str(int(NOW.timestamp()))
    signed = hmac.new(base64.b64decode(SECRET), b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return mailer.read({"svix-id": "msg_1", "svix-timestamp": stamp, "svix-signature": signature}, body)


async def test_resend_names_a_letter_and_gives_it_with_its_files() -> None:
    async with resend(TOLD | {"attachments": [{"id": "1"}]}, {"Смета.pdf": b"%PDF", "run.exe": b"MZ"}) as mailer:
        event = json.dumps({"type": "email.received", "data": {"email_id": ID}}).encode()
        assert pushed(mailer, event) == MailNews(to_fetch=(ID,))
        got = await mailer.fetch(ID)
    assert (got.message_id, got.subject, got.text) == ("q1@example.kz", "Окно", "Сколько стоит?")
    assert got.sender == Address("aigul@example.kz", "Айгуль")
    assert (got.recipients, got.in_reply_to) == (("shop@example.kz",), "ours@example.kz")
    assert got.references == ("first@example.kz", "ours@example.kz")
    assert got.sent_at.isoformat() == "2026-11-20T08:30:00+00:00"
    assert [(file.name, file.data) for file in got.enclosures] == [("Смета.pdf", b"%PDF")]
    assert got.not_answered is None


async def test_resend_tells_by_headers_what_a_machine_wrote() -> None:
    async with resend(
        TOLD | {"headers": {"auto-submitted": "auto-replied"}, "text": None, "html": "<p>Нет меня</p>"}
    ) as mailer:
        got = await mailer.fetch(ID)
    assert (got.text, got.not_answered) == ("Нет меня", "auto_submitted")


@pytest.mark.parametrize("data", [{}, {"email_id": 7}, {"email_id": "../domains"}, {"email_id": ""}])
async def test_a_letter_without_an_id_is_no_letter(data: dict[str, Any]) -> None:
    async with resend(TOLD) as mailer:
        with pytest.raises(UnrecognisedPayload):
            pushed(mailer, json.dumps({"type": "email.received", "data": data}).encode())


def form(fields: dict[str, bytes], files: dict[str, tuple[str, bytes]] | None = None) -> tuple[dict[str, str], bytes]:
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value)
        for name, value in fields.items()
    ]
    for name, (file_name, value) in (files or {}).items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: a/b\r\n'
        parts.append(head.encode() + b"\r\n" + value)
    body = b"".join(b"--xYzZY\r\n" + part + b"\r\n" for part in parts) + b"--xYzZY--\r\n"
    return {"content-type": "multipart/form-data; boundary=xYzZY"}, body


def by_sendgrid(headers: dict[str, str], body: bytes) -> ReceivedLetter:
    mailer = SendGridMailer(SendGridConfig.model_validate({"api_key": "SG.1"}), clock=MovableClock(NOW))
    (got,) = mailer.read(headers, body).letters
    return got


HEADERS = (
    b"From: =?utf-8?b?0JDQudCz0YPQu9GM?= <aigul@example.kz>\nTo: shop@example.kz\nSubject: =?utf-8?b?0J7QutC90L4=?=\n"
    b"Message-ID: <q1@example.kz>\nDate: Fri, 20 Nov 2026 11:30:00 +0500\n"
)


def test_sendgrid_brings_a_letter_taken_apart() -> None:
    fields = {
        "headers": HEADERS,
        "text": "Сколько стоит?".encode("cp1251"),
        "charsets": json.dumps({"text": "windows-1251"}).encode(),
        "envelope": json.dumps({"to": ["shop@example.kz"], "from": "aigul@example.kz"}).encode(),
        "attachments": b"1",
        "attachment-info": json.dumps(
            {"attachment1": {"filename": "../Смета.pdf", "type": "application/pdf"}}
        ).encode(),
    }
    got = by_sendgrid(*form(fields, {"attachment1": ("x", b"%PDF\r\n\x00\xff")}))
    assert (got.message_id, got.subject, got.text) == ("q1@example.kz", "Окно", "Сколько стоит?")
    assert got.sender == Address("aigul@example.kz", "Айгуль")
    assert [(file.name, file.data) for file in got.enclosures] == [("Смета.pdf", b"%PDF\r\n\x00\xff")]
    assert got.not_answered is None


def test_sendgrid_brings_a_letter_raw() -> None:
    assert by_sendgrid(*form({"email": letter(), "to": b"x"})).text == "Добрый день! Сколько стоит окно?"


def test_an_empty_envelope_tells_a_bounce() -> None:
    assert by_sendgrid(*form({"headers": HEADERS, "envelope": b'{"from": ""}'})).not_answered == "bounce"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        form({"text": "Привет".encode()}),
        form({}),
        ({"content-type": "multipart/form-data"}, b"--x"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"\xff\xfe"),
    ],
)
def test_what_is_no_letter_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UnrecognisedPayload):
        by_sendgrid(headers, body)


def test_events_without_a_signature_are_refused_still() -> None:
    with pytest.raises(BadCredentials):
        by_sendgrid({"content-type": "application/json"}, b"[]")
