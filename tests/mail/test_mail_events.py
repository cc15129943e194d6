"""What carriers tell of letters is believed when they signed it, noted once, and never turns back."""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from saudager.api import webhooks as pages
from saudager.gateway import mail_connections, mail_webhooks
from saudager.web import make_web
from tests.fakes.mail_server import CUT_AFTER
from tests.mail.mail_shop import ACCOUNT, IVAN, MailShop

pytestmark = pytest.mark.both_kinds

Call = Callable[..., Any]


@pytest.fixture
async def shop(open_mail_shop) -> MailShop:
    """A letter has left by Resend, another by SendGrid."""
    opened: MailShop = await open_mail_shop("resend")
    await opened.write("letter:1")
    await opened.carried_by("sendgrid", "resend")
    await opened.write("letter:2", recipient="aliya@client.kz")
    return opened


@pytest.fixture
async def call(shop: MailShop) -> AsyncIterator[Call]:
    """Call a webhook of the shop; the answer's status."""
    web = make_web("test")
    web.include_router(pages.router_of_mail(partial(mail_webhooks.receive, shop.app)))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:

        async def calling(carrier: str, headers: dict[str, str], body: bytes, *, path: str | None = None) -> int:
            address = mail_connections.webhook_of(shop.app, ACCOUNT, carrier) if path is None else path
            answer = await http.post(address, content=body, headers=headers)
            await shop.shop.settles()
            return answer.status_code

        yield calling


def resend_says(shop: MailShop, kind: str, **data: Any) -> tuple[dict[str, str], bytes]:
    told = {"email_id": "4ef9a417-0000", "from": "shop@trial.example", "to": [IVAN]}
    return shop.resend.calls(f"email.{kind}", at=shop.clock.now(), **told | data)


def sendgrid_says(shop: MailShop, event: str, **told: Any) -> tuple[dict[str, str], bytes]:
    id = "filterable1.filterdrecv-1.0"
    return shop.sendgrid.calls({"event": event, "sg_event_id": event, "sg_message_id": id} | told)


async def test_a_letter_is_followed_to_its_reader(shop: MailShop, call: Call):
    assert await call("resend", *resend_says(shop, "sent")) == 200
    assert await call("resend", *resend_says(shop, "delivered")) == 200
    assert await call("resend", *resend_says(shop, "opened")) == 200
    assert [state for state, _, _ in await shop.told("letter:1")] == ["sent", "delivered", "read"]
    assert await call("sendgrid", *sendgrid_says(shop, "delivered")) == 200
    assert [state for state, _, _ in await shop.told("letter:2")] == ["sent", "delivered"]


async def test_news_that_come_twice_or_late_change_nothing(shop: MailShop, call: Call):
    for kind in ("opened", "opened", "delivered", "sent", "opened"):
        assert await call("resend", *resend_says(shop, kind)) == 200
    assert [state for state, _, _ in await shop.told("letter:1")] == ["sent", "read"]


async def test_a_bounce_ends_the_letter_and_everything_to_its_address(shop: MailShop, call: Call):
    gone = {"type": "Permanent", "message": "No such mailbox"}
    for _ in range(2):
        assert await call("resend", *resend_says(shop, "bounced", bounce=gone)) == 200
    reason = "bounced: No such mailbox"
    assert await shop.told("letter:1") == [
        ("sent", None, None),
        ("failed", reason, None),
        ("failed", reason, "bounced"),
    ]
    assert await shop.suppressed() == {IVAN: "bounced"}
    await shop.write("letter:3")
    assert await shop.told("letter:3") == [("failed", "bounced", "bounced")]
    await call("resend", *resend_says(shop, "delivered"))
    (row,) = await shop.log(outgoing_id="letter:1")
    assert row.vendor_status == "failed"


async def test_a_complaint_ends_everything_to_its_address_though_the_letter_was_read(shop: MailShop, call: Call):
    await call("sendgrid", *sendgrid_says(shop, "open"))
    assert await call("sendgrid", *sendgrid_says(shop, "spamreport")) == 200
    assert await shop.suppressed() == {"aliya@client.kz": "complained"}
    assert (await shop.told("letter:2"))[-1] == ("delivered", "complained", "complained")
    (row,) = await shop.log(outgoing_id="letter:2")
    assert row.vendor_status == "read"


async def test_a_full_mailbox_ends_nothing(shop: MailShop, call: Call):
    full = {"type": "Transient", "message": "Mailbox full"}
    assert await call("resend", *resend_says(shop, "bounced", bounce=full)) == 200
    assert await call("sendgrid", *sendgrid_says(shop, "deferred")) == 200
    assert await shop.suppressed() == {}
    assert await shop.told("letter:1") == [("sent", None, None)]


async def test_letters_of_others_are_nobodys_business(shop: MailShop, call: Call):
    foreign = resend_says(shop, "bounced", email_id="another", bounce={"type": "Permanent"})
    assert await call("resend", *foreign) == 200
    assert await shop.suppressed() == {}


async def test_proof_settles_what_nobody_knew(shop: MailShop, call: Call):
    shop.sendgrid.faults.append(CUT_AFTER)
    await shop.write("letter:3")
    assert await shop.state("letter:3") == "unsettled"
    sent = shop.sendgrid.taken[-1]["personalizations"][0]["custom_args"]
    assert await call("sendgrid", *sendgrid_says(shop, "delivered", sg_message_id="filterable2.filter1", **sent)) == 200
    assert [state for state, _, _ in await shop.told("letter:3")] == ["unsettled", "delivered"]
    assert await shop.state("letter:3") == "sent"


async def test_strangers_are_turned_away(shop: MailShop, call: Call):
    headers, body = resend_says(shop, "delivered")
    path = mail_connections.webhook_of(shop.app, ACCOUNT, "resend")
    for wrong in (path[:-1], path.replace("resend", "smtp"), path.replace("trial", "other"), path[:-32] + "é" * 32):
        assert await call("resend", headers, body, path=wrong) == 401
    assert await call("resend", {}, body) == 401
    assert await call("resend", headers, body + b" ") == 401
    assert await call("sendgrid", headers, body) == 401
    assert await shop.told("letter:1") == [("sent", None, None)]


async def test_what_cannot_be_read_is_told_so(shop: MailShop, call: Call):
    garbage = json.dumps([1]).encode()
    assert await call("resend", shop.resend.signed(garbage, at=shop.clock.now()), garbage) == 400
