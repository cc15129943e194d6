"""Letters by Resend: what it is asked, what its refusals mean, what its webhooks tell."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from saudager.clock import MovableClock
from saudager.contracts import DeliveryState
from saudager.errors import (
    BadCredentials,
    RateLimited,
    Rejected,
    Unanswered,
    UnrecognisedPayload,
)
from saudager.providers.mail import Address, MailEvent
from saudager.providers.mail.resend import Config, ResendMailer
from tests.fakes.mail_carriers import CUT, CUT_AFTER, GARBAGE, FakeResend
from tests.providers.mail.letters import CHART, NOW, letter
from tests.providers.mail.mailer_contract import MailerContract


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
async def resend() -> AsyncIterator[FakeResend]:
    async with FakeResend() as fake:
        yield fake


@pytest.fixture
async def mailer(resend: FakeResend, clock: MovableClock) -> AsyncIterator[ResendMailer]:
    mailer = opened(resend, clock)
    yield mailer
    await mailer.close()


def opened(resend: FakeResend, clock: MovableClock, **changed: Any) -> ResendMailer:
    usual = {"api_key": resend.key, "webhook_secret": resend.webhook_secret, "base_url": resend.base_url}
    return ResendMailer(Config.model_validate(usual | changed), clock=clock, timeout=5)


def refused(status: int, name: str, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    told = {header.replace("_", "-"): value for header, value in headers.items()}
    return status, {"statusCode": status, "name": name, "message": "as Resend says it"}, told


class TestContract(MailerContract):
    @pytest.fixture
    def rig(self, resend: FakeResend, mailer: ResendMailer) -> "_Rig":
        return _Rig(resend, mailer)


class _Rig:
    def __init__(self, resend: FakeResend, mailer: ResendMailer) -> None:
        self.resend, self.mailer = resend, mailer

    def carried(self) -> list[str]:
        return [body["headers"]["Message-ID"].strip("<>") for body in self.resend.taken]

    def refuse_key(self) -> None:
        self.resend.key_is_good = False

    def refuse_letters(self) -> None:
        self.resend.faults.append(refused(422, "validation_error"))

    def cut_after_taking(self) -> None:
        self.resend.faults.append(CUT_AFTER)

    async def vanish(self) -> None:
        await self.resend.stop()


async def test_the_request_is_the_letter(resend: FakeResend, mailer: ResendMailer):
    assert await mailer.send(letter()) == "4ef9a417-0000"
    (body,), (headers,) = resend.taken, resend.asked
    assert body == {
        "from": '"Тёплый Дом, ТОО" <sales@shop.kz>',
        "to": ['"Иван Петров" <ivan@client.kz>'],
        "subject": "Ваши закупки за год",
        "text": letter().text,
        "html": letter().html,
        "headers": {
            "Message-ID": "<0c4f@shop.kz>",
            "In-Reply-To": "<question@client.kz>",
            "References": "<first@client.kz> <question@client.kz>",
            "List-Unsubscribe": "<https://shop.kz/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
        "tags": [{"name": "letter", "value": "0c4f"}],
        "attachments": [
            {
                "content": base64.b64encode(CHART.data).decode(),
                "filename": "chart.png",
                "content_type": "image/png",
                "content_id": "chart.png",
            }
        ],
    }
    assert headers["idempotency-key"] == "letter:12"
    assert headers["user-agent"].startswith("Saudager/")


async def test_a_letter_handed_over_twice_is_sent_once(resend: FakeResend, mailer: ResendMailer):
    resend.faults.append(CUT_AFTER)
    with pytest.raises(Unanswered):
        await mailer.send(letter())
    assert await mailer.send(letter()) == "4ef9a417-0000"
    assert len(resend.taken) == 1


async def test_an_id_that_fits_no_header_is_another_key_for_every_letter(resend: FakeResend, mailer: ResendMailer):
    long = "reply:mail:sales@shop.kz:" + "x" * 300
    for own_id in (f"{long}1", f"{long}2", "ответ:1"):
        await mailer.send(letter(own_id=own_id))
    keys = [headers["idempotency-key"] for headers in resend.asked]
    assert len(set(keys)) == len(resend.taken) == 3
    assert all(len(key) <= 256 for key in keys)


SORTED = [
    (refused(401, "missing_api_key"), BadCredentials),
    (refused(403, "invalid_api_key"), BadCredentials),
    (refused(403, "validation_error"), BadCredentials),  # the domain is not verified
    (refused(422, "missing_required_field"), Rejected),
    (refused(400, "validation_error"), Rejected),
    (refused(409, "concurrent_idempotent_requests"), Unanswered),
    (refused(409, "invalid_idempotent_request"), Unanswered),
    (refused(500, "application_error"), Unanswered),
    (refused(429, "rate_limit_exceeded"), RateLimited),
    (CUT, Unanswered),
    (GARBAGE, UnrecognisedPayload),
]


@pytest.mark.parametrize(("fault", "expected"), SORTED)
async def test_a_refusal_is_sorted_by_what_is_to_be_done_about_it(
    resend: FakeResend, mailer: ResendMailer, fault, expected
):
    resend.faults.append(fault)
    with pytest.raises(expected) as raised:
        await mailer.send(letter())
    assert type(raised.value) is expected
    assert resend.key not in str(raised.value)


async def test_only_too_many_requests_a_second_are_worth_a_short_wait(resend: FakeResend, mailer: ResendMailer):
    waits = []
    for name in ("rate_limit_exceeded", "daily_quota_exceeded", "monthly_quota_exceeded"):
        resend.faults.append(refused(429, name, retry_after="2"))
        with pytest.raises(RateLimited) as raised:
            await mailer.send(letter())
        waits.append(raised.value.retry_after)
    assert waits == [2, 17 * 3600, 17 * 3600]


async def test_who_has_used_up_his_requests_waits_without_asking(
    resend: FakeResend, mailer: ResendMailer, clock: MovableClock
):
    resend.answer_headers = {"ratelimit-remaining": "0", "ratelimit-reset": "60"}
    await mailer.send(letter())
    with pytest.raises(RateLimited) as raised:
        await mailer.send(letter(own_id="2"))
    assert raised.value.retry_after == 60
    assert len(resend.asked) == 1
    clock.move_to(NOW + timedelta(seconds=60))
    await mailer.send(letter(own_id="2"))
    assert len(resend.taken) == 2


async def test_a_key_that_may_only_send_is_good(resend: FakeResend, mailer: ResendMailer):
    resend.key_only_sends = True
    assert (await mailer.status()).ready


TOLD = {
    "email_id": "4ef9a417-0000",
    "to": ["ivan@client.kz"],
    "from": "Дом <sales@shop.kz>",
    "tags": {"letter": "0c4f"},
}
BOUNCED = {"type": "Permanent", "subType": "General", "message": "No such mailbox"}
EVENTS = [
    ("email.sent", {}, DeliveryState.SENT, None, None),
    ("email.delivered", {}, DeliveryState.DELIVERED, None, None),
    ("email.opened", {}, DeliveryState.READ, None, None),
    ("email.clicked", {"click": {"link": "https://shop.kz"}}, DeliveryState.READ, None, None),
    ("email.complained", {}, DeliveryState.DELIVERED, "complained", "complained"),
    ("email.bounced", {"bounce": BOUNCED}, DeliveryState.FAILED, "bounced: No such mailbox", "bounced"),
    (
        "email.suppressed",
        {"suppressed": {"message": "On the list"}},
        DeliveryState.FAILED,
        "bounced: On the list",
        "bounced",
    ),
    ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, DeliveryState.FAILED, "reached_daily_quota", None),
]


@pytest.mark.parametrize(("kind", "data", "state", "reason", "suppressed"), EVENTS)
@pytest.mark.parametrize("tags", [{"letter": "0c4f"}, [{"name": "letter", "value": "0c4f"}]])
async def test_a_webhook_tells_what_became_of_a_letter(
    resend: FakeResend, mailer: ResendMailer, kind, data, state, reason, suppressed, tags
):
    news = mailer.read(*resend.calls(kind, at=NOW, **TOLD | {"tags": tags} | data))
    assert news.events == (
        MailEvent("msg_1", state, "4ef9a417-0000", "0c4f@shop.kz", "ivan@client.kz", reason, suppressed),
    )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("email.bounced", {"bounce": {"type": "Transient", "message": "Mailbox full"}}),
        ("email.delivery_delayed", {}),
        ("email.scheduled", {}),
        ("contact.created", {}),
        ("email.invented_later", {}),
    ],
)
async def test_what_changes_nothing_is_no_event(resend: FakeResend, mailer: ResendMailer, kind, data):
    assert mailer.read(*resend.calls(kind, at=NOW, **TOLD | data)).events == ()


async def test_a_webhook_that_is_not_resends_is_refused(resend: FakeResend, mailer: ResendMailer, clock: MovableClock):
    headers, body = resend.calls("email.delivered", at=NOW, **TOLD)
    for wrong in (
        {},
        {**headers, "svix-id": "msg_2"},
        {**headers, "svix-timestamp": str(int(headers["svix-timestamp"]) + 1)},
        {**headers, "svix-timestamp": "١٧"},
        {**headers, "svix-signature": headers["svix-signature"].replace("v1,", "v2,")},
        {**headers, "svix-signature": ""},
    ):
        with pytest.raises(BadCredentials):
            mailer.read(wrong, body)
    with pytest.raises(BadCredentials):
        mailer.read(headers, body.replace(b"delivered", b"complained"))
    clock.move_to(NOW + timedelta(minutes=5))
    assert mailer.read(headers, body).events
    clock.move_to(NOW + timedelta(minutes=6))
    with pytest.raises(BadCredentials):
        mailer.read(headers, body)


async def test_without_a_secret_no_webhook_is_believed(resend: FakeResend, clock: MovableClock):
    mailer = opened(resend, clock, webhook_secret=None)
    with pytest.raises(BadCredentials):
        mailer.read(*resend.calls("email.delivered", at=NOW, **TOLD))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": "email.sent"}', b'{"type": 1, "data": {}}', b"\xff"])
async def test_what_is_signed_but_no_webhook_is_not_recognised(resend: FakeResend, mailer: ResendMailer, body):
    with pytest.raises(UnrecognisedPayload):
        mailer.read(resend.signed(body, at=NOW), body)


def test_a_name_with_quotes_stays_one_name():
    from saudager.providers.mail.mime import display

    assert display(Address("a@b.kz", 'Дом "Уют" \\ ТОО')) == '"Дом \\"Уют\\" \\\\ ТОО" <a@b.kz>'


def test_secrets_are_not_shown(clock: MovableClock):
    config = Config.model_validate({"api_key": "re_secret", "webhook_secret": "whsec_c2VjcmV0"})
    assert "re_secret" not in repr(config) + json.dumps(config.model_dump(mode="json"))
    assert "c2VjcmV0" not in repr(config)
