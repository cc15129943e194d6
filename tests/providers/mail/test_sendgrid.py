"""Letters by SendGrid: what it is asked, what its refusals mean, what its webhooks tell."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from saudager.clock import MovableClock
from saudager.contracts import DeliveryState
from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.mail import MailEvent
from saudager.providers.mail.sendgrid import Config, SendGridMailer
from tests.fakes.mail_carriers import CUT, CUT_AFTER, FakeSendGrid
from tests.providers.mail.letters import CHART, NOW, PRICE_LIST, letter
from tests.providers.mail.mailer_contract import MailerContract


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
async def sendgrid() -> AsyncIterator[FakeSendGrid]:
    async with FakeSendGrid() as fake:
        yield fake


@pytest.fixture
async def mailer(sendgrid: FakeSendGrid, clock: MovableClock) -> AsyncIterator[SendGridMailer]:
    mailer = opened(sendgrid, clock)
    yield mailer
    await mailer.close()


def opened(sendgrid: FakeSendGrid, clock: MovableClock, **changed: Any) -> SendGridMailer:
    usual = {"api_key": sendgrid.key, "webhook_key": sendgrid.webhook_key, "base_url": sendgrid.base_url}
    return SendGridMailer(Config.model_validate(usual | changed), clock=clock, timeout=5)


def refused(status: int, message: str, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    told = {header.replace("_", "-"): value for header, value in headers.items()}
    return status, {"errors": [{"message": message, "field": "from", "help": None}]}, told


class TestContract(MailerContract):
    @pytest.fixture
    def rig(self, sendgrid: FakeSendGrid, mailer: SendGridMailer) -> "_Rig":
        return _Rig(sendgrid, mailer)


class _Rig:
    def __init__(self, sendgrid: FakeSendGrid, mailer: SendGridMailer) -> None:
        self.sendgrid, self.mailer = sendgrid, mailer

    def carried(self) -> list[str]:
        return [body["headers"]["Message-ID"].strip("<>") for body in self.sendgrid.taken]

    def refuse_key(self) -> None:
        self.sendgrid.key_is_good = False

    def refuse_letters(self) -> None:
        self.sendgrid.faults.append(refused(400, "The subject is required."))

    def cut_after_taking(self) -> None:
        self.sendgrid.faults.append(CUT_AFTER)

    async def vanish(self) -> None:
        await self.sendgrid.stop()


async def test_the_request_is_the_letter(sendgrid: FakeSendGrid, mailer: SendGridMailer):
    assert await mailer.send(letter(enclosures=(CHART, PRICE_LIST))) == "filterable1"
    (body,), (headers,) = sendgrid.taken, sendgrid.asked
    assert body == {
        "personalizations": [
            {
                "to": [{"email": "ivan@client.kz", "name": "Иван Петров"}],
                "custom_args": {"letter": "0c4f@shop.kz"},
            }
        ],
        "from": {"email": "sales@shop.kz", "name": "Тёплый Дом, ТОО"},
        "subject": "Ваши закупки за год",
        "content": [{"type": "text/plain", "value": letter().text}, {"type": "text/html", "value": letter().html}],
        "headers": {
            "Message-ID": "<0c4f@shop.kz>",
            "In-Reply-To": "<question@client.kz>",
            "References": "<first@client.kz> <question@client.kz>",
            "List-Unsubscribe": "<https://shop.kz/u/abc>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
        "tracking_settings": {"subscription_tracking": {"enable": False}},
        "attachments": [
            {
                "content": base64.b64encode(CHART.data).decode(),
                "filename": "chart.png",
                "type": "image/png",
                "disposition": "inline",
                "content_id": "chart.png",
            },
            {
                "content": base64.b64encode(PRICE_LIST.data).decode(),
                "filename": "Прайс на весну.pdf",
                "type": "application/pdf",
                "disposition": "attachment",
            },
        ],
    }
    assert headers["user-agent"].startswith("Saudager/")


SORTED = [
    (refused(401, "The provided authorization grant is invalid"), BadCredentials),
    (refused(403, "The from address does not match a verified Sender Identity"), BadCredentials),
    (refused(401, "Maximum credits exceeded"), RateLimited),
    (refused(400, "The subject is required"), Rejected),
    (refused(413, "The message is too large"), Rejected),
    (refused(429, "too many requests"), RateLimited),
    (refused(500, "internal error"), Unanswered),
    (refused(503, "service unavailable"), Unreachable),
    (CUT, Unanswered),
]


@pytest.mark.parametrize(("fault", "expected"), SORTED)
async def test_a_refusal_is_sorted_by_what_is_to_be_done_about_it(
    sendgrid: FakeSendGrid, mailer: SendGridMailer, fault, expected
):
    sendgrid.faults.append(fault)
    with pytest.raises(expected) as raised:
        await mailer.send(letter())
    assert type(raised.value) is expected
    assert sendgrid.key not in str(raised.value)


async def test_credits_that_are_used_up_come_back_tomorrow(sendgrid: FakeSendGrid, mailer: SendGridMailer):
    sendgrid.faults.append(refused(401, "Maximum credits exceeded"))
    with pytest.raises(RateLimited) as raised:
        await mailer.send(letter())
    assert raised.value.retry_after == 17 * 3600


async def test_who_has_used_up_his_requests_waits_without_asking(
    sendgrid: FakeSendGrid, mailer: SendGridMailer, clock: MovableClock
):
    reset = str(int((NOW + timedelta(seconds=60)).timestamp()))
    sendgrid.answer_headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    await mailer.send(letter())
    with pytest.raises(RateLimited) as raised:
        await mailer.send(letter())
    assert raised.value.retry_after == 60
    clock.move_to(NOW + timedelta(seconds=60))
    await mailer.send(letter())
    assert len(sendgrid.taken) == 2


async def test_a_key_without_the_right_to_send_is_told(sendgrid: FakeSendGrid, mailer: SendGridMailer):
    sendgrid.scopes = ["alerts.read"]
    status = await mailer.status()
    assert (status.ready, "Mail Send" in (status.reason or "")) == (False, True)


TOLD = {"sg_event_id": "ev1", "email": "ivan@client.kz", "letter": "0c4f@shop.kz", "timestamp": 1773212400}
EVENTS = [
    ({"event": "delivered", "response": "250 OK"}, DeliveryState.DELIVERED, None, None),
    ({"event": "open"}, DeliveryState.READ, None, None),
    ({"event": "open", "sg_machine_open": True}, DeliveryState.DELIVERED, None, None),
    ({"event": "click", "url": "https://shop.kz"}, DeliveryState.READ, None, None),
    ({"event": "spamreport"}, DeliveryState.DELIVERED, "complained", "complained"),
    ({"event": "bounce", "type": "bounce", "reason": "550 no"}, DeliveryState.FAILED, "bounced: 550 no", "bounced"),
    ({"event": "bounce", "type": "blocked", "reason": "554 spam"}, DeliveryState.FAILED, "bounced: 554 spam", None),
    ({"event": "dropped", "reason": "Bounced Address"}, DeliveryState.FAILED, "bounced: Bounced Address", "bounced"),
    ({"event": "dropped", "reason": "Invalid"}, DeliveryState.FAILED, "bounced: Invalid", "bounced"),
    ({"event": "dropped", "reason": "Spam Reporting Address"}, DeliveryState.FAILED, "complained", "complained"),
    ({"event": "dropped", "reason": "Unsubscribed Address"}, DeliveryState.FAILED, "Unsubscribed Address", None),
]
IDS = ["filterable1.filterdrecv-7f5b-1-5F.0", "filterable1.recvd-canary-5f-1.0", "filterable1"]


@pytest.mark.parametrize(("told", "state", "reason", "suppressed"), EVENTS)
async def test_a_webhook_tells_what_became_of_a_letter(
    sendgrid: FakeSendGrid, mailer: SendGridMailer, told, state, reason, suppressed
):
    for id in IDS:
        news = mailer.read(*sendgrid.calls(TOLD | {"sg_message_id": id} | told))
        expected = MailEvent("ev1", state, "filterable1", "0c4f@shop.kz", "ivan@client.kz", reason, suppressed)
        assert news.events == (expected,)


async def test_one_call_tells_of_many_letters(sendgrid: FakeSendGrid, mailer: SendGridMailer):
    delivered = ({**TOLD, "event": "delivered", "letter": f"{number}@shop.kz"} for number in range(3))
    events = mailer.read(*sendgrid.calls(*delivered)).events
    assert [event.message_id for event in events] == ["0@shop.kz", "1@shop.kz", "2@shop.kz"]


@pytest.mark.parametrize("event", ["processed", "deferred", "unsubscribe", "group_resubscribe", "invented_later", None])
async def test_what_changes_nothing_is_no_event(sendgrid: FakeSendGrid, mailer: SendGridMailer, event):
    assert mailer.read(*sendgrid.calls({**TOLD, "event": event}, {"event": 7}, {})).events == ()


async def test_a_webhook_that_is_not_sendgrids_is_refused(sendgrid: FakeSendGrid, mailer: SendGridMailer):
    headers, body = sendgrid.calls({**TOLD, "event": "delivered"})
    foreign = FakeSendGrid().signed(body)
    at = "x-twilio-email-event-webhook-timestamp"
    for wrong in ({}, foreign, {**headers, at: "1773212401"}, dict.fromkeys(headers, "é")):
        with pytest.raises(BadCredentials):
            mailer.read(wrong, body)
    with pytest.raises(BadCredentials):
        mailer.read(headers, body.strip())
    assert mailer.read(headers, body).events


async def test_without_a_key_no_webhook_is_believed(sendgrid: FakeSendGrid, clock: MovableClock):
    mailer = opened(sendgrid, clock, webhook_key=None)
    with pytest.raises(BadCredentials):
        mailer.read(*sendgrid.calls({**TOLD, "event": "delivered"}))


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"\xff"])
async def test_what_is_signed_but_no_webhook_is_not_recognised(sendgrid: FakeSendGrid, mailer: SendGridMailer, body):
    with pytest.raises(UnrecognisedPayload):
        mailer.read(sendgrid.signed(body), body)


def test_a_key_is_taken_with_the_lines_around_it_and_nothing_else_is():
    key = FakeSendGrid().webhook_key
    Config.model_validate(
        {"api_key": "SG.x", "webhook_key": f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----"}
    )
    for wrong in ("whsec_c2VjcmV0", "AAAA", "ключ"):
        with pytest.raises(ValidationError):
            Config.model_validate({"api_key": "SG.x", "webhook_key": wrong})
