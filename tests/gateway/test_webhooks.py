"""Wappi tells its news by itself: each stored once, before it is thanked, and nothing of a stranger's."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from saudager import services
from saudager.api import webhooks as pages
from saudager.contracts import CONTRACT
from saudager.errors import BadCredentials
from saudager.gateway import webhooks
from saudager.web import make_web
from tests.fakes.wappi import PROFILE
from tests.gateway.wappi_shop import ACCOUNT, CUSTOMER, WappiShop

PRICE = "Сколько стоит окно?"
FIRST_CONTACT = '{"phone_number": "77010000099", "message_text": "Здравствуйте!", "class": "service"}'.encode()
Push = Callable[..., Any]


@pytest.fixture
async def shop(open_wappi_shop: Any) -> WappiShop:
    """A shop that asks for news once an hour, so that what happens came by a webhook."""
    opened: WappiShop = await open_wappi_shop(polling_interval=3600, patience=2, patience_complete=2)
    await opened.time_passes(seconds=5)
    return opened


@pytest.fixture
async def push(shop: WappiShop) -> AsyncIterator[Push]:
    """Call the shop's webhook as Wappi does; the answer's status."""
    web = make_web("test")
    web.include_router(pages.router(partial(webhooks.receive, shop.app), partial(webhooks.confirm, shop.app)))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:

        async def call(
            *rows: dict[str, Any], body: bytes | None = None, secret: str | None = None, header: str | None = None
        ) -> int:
            ours = webhooks.secret_of(shop.app, ACCOUNT) if secret is None else secret
            path = f"/webhooks/{ACCOUNT}" + ("" if header is not None else f"/{ours}")
            headers = {} if header is None else {"authorization": header}
            content = json.dumps({"messages": list(rows)}).encode() if body is None else body
            return (await http.post(path, content=content, headers=headers)).status_code

        yield call


def line(shop: WappiShop, text: str = PRICE, **fields: Any) -> dict[str, Any]:
    """As the documentation and production captures show an incoming line."""
    usual = {
        "wh_type": "incoming_message",
        "profile_id": PROFILE,
        "id": "3A945DD9CDD3016BE11B",
        "body": text,
        "type": "chat",
        "from": CUSTOMER,
        "chatId": CUSTOMER,
        "senderName": "Айка",
        "time": int(shop.clock.now().timestamp()),
        "from_where": "phone",
        "chat_type": "dialog",
        "isReply": False,
        "is_edited": False,
        "stanza_id": "",
        "is_me": False,
        "is_deleted": False,
        "platform": "whatsapp",
    }
    return usual | fields


def report(message_id: str, status: str) -> dict[str, Any]:
    return {
        "wh_type": "delivery_status",
        "profile_id": PROFILE,
        "id": message_id,
        "chat_id": CUSTOMER,
        "status": status,
        "time": 1761223514,
    }


async def test_a_line_is_answered_without_asking_for_it(shop: WappiShop, push: Push):
    assert await push(line(shop)) == 200
    await shop.time_passes(seconds=5)
    assert len(shop.answers()) == 1


async def test_what_is_told_twice_and_seen_by_a_poll_as_well_is_answered_once(shop: WappiShop, push: Push, wappi: Any):
    told = line(shop, id=wappi.customer_writes(CUSTOMER, PRICE))
    for _ in range(3):
        assert await push(told, told) == 200
    await shop.time_passes(hours=2)
    assert len(shop.answers()) == 1
    assert len(wappi.asked_for("chats/get")) > 1


async def test_a_persons_line_from_the_phone_silences_the_salesperson(shop: WappiShop, push: Push):
    await push(line(shop, "Я отвечу сам", id="H1", wh_type="outgoing_message_phone", is_me=True))
    await push(line(shop, id="C1"))
    await shop.time_passes(minutes=5)
    assert shop.answers() == []


async def test_reports_move_a_message_forward_and_never_back(shop: WappiShop, push: Push, wappi: Any):
    await push(line(shop))
    await shop.time_passes(seconds=5)
    sent = (await shop.messages())[-1].message_id
    for status, expected in (("delivered", "delivered"), ("read", "read"), ("delivered", "read"), ("pending", "read")):
        assert await push(body=json.dumps({"messages": report(sent, status)}).encode()) == 200
        await shop.time_passes(seconds=1)
        assert (await shop.messages())[-1].delivery_state == expected


async def test_a_report_of_a_message_nobody_knows_changes_nothing(shop: WappiShop, push: Push):
    assert await push(report("unknown", "read")) == 200
    assert await shop.waiting() == 0


async def test_an_edit_reaches_the_line_it_changes(shop: WappiShop, push: Push):
    await push(line(shop, "Сколько стоит дверь?", id="C1"))
    await push(line(shop, PRICE, id="C2", is_edited=True, stanza_id="C1"))
    await shop.time_passes(seconds=5)
    assert [message.text for message in await shop.messages() if message.author == "customer"] == [PRICE]


@pytest.mark.parametrize("known", ["secret", "header"])
async def test_the_secret_may_stand_in_the_path_or_in_a_header(shop: WappiShop, push: Push, known: str):
    ours = webhooks.secret_of(shop.app, ACCOUNT)
    assert await push(line(shop), **{known: ours}) == 200
    await shop.time_passes(seconds=5)
    assert len(shop.answers()) == 1


@pytest.mark.parametrize("wrong", [{"secret": "0" * 32}, {"header": ""}, {"header": "Bearer"}])
async def test_a_stranger_is_refused_and_his_words_are_not_logged(
    shop: WappiShop, push: Push, caplog: pytest.LogCaptureFixture, wrong: dict[str, str]
):
    with caplog.at_level(logging.INFO):
        assert await push(line(shop, "чужие слова"), **wrong) == 401
    assert ACCOUNT in caplog.text
    assert "чужие слова" not in caplog.text
    assert await shop.contacts() == []


async def test_a_stranger_cannot_write_lines_of_his_own_into_the_log(shop: WappiShop, caplog: pytest.LogCaptureFixture):
    with pytest.raises(BadCredentials):
        await webhooks.receive(shop.app, "nobody\nINFO all is well", "0" * 32, {}, b"")
    assert "\nINFO all is well" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"event": "message"}', b"\xff"])
async def test_what_is_no_call_of_wappi_is_refused(push: Push, body: bytes):
    assert await push(body=body) == 400


@pytest.mark.parametrize(
    "other",
    [
        {"profile_id": "another"},
        {"chat_type": "group", "chatId": "120363@g.us"},
        {"type": "reaction", "body": "👍"},
        {"wh_type": "authorization_status", "status": "offline"},
        {"wh_type": "something_new"},
        {"time": None},
    ],
)
async def test_what_is_no_line_of_a_customer_is_thanked_and_left(shop: WappiShop, push: Push, other: dict[str, Any]):
    assert await push(line(shop, **other)) == 200
    assert await shop.contacts() == []


async def test_a_missed_call_gets_its_courteous_line(shop: WappiShop, push: Push):
    call = {"wh_type": "incoming_call", "type": "missed_call", "profile_id": PROFILE, "number": CUSTOMER[:11]}
    told = call | {"time": int(shop.clock.now().timestamp())}
    assert await push(body=json.dumps({"messages": told}).encode()) == 200
    await shop.time_passes(seconds=5)
    assert len(shop.answers()) == 1


async def test_a_full_queue_makes_wappi_come_again(shop: WappiShop, push: Push, monkeypatch: pytest.MonkeyPatch):
    full = CONTRACT["incoming_messages"].model_copy(update={"max_length": 0})
    with monkeypatch.context() as patch:
        patch.setitem(CONTRACT, "incoming_messages", full)
        assert await push(line(shop)) == 503
    assert await push(line(shop)) == 200
    await shop.time_passes(seconds=5)
    assert len(shop.answers()) == 1


async def test_a_temporary_ban_stops_first_contacts_keeps_open_dialogs_going_and_is_shown(shop: WappiShop, push: Push):
    await push(line(shop))
    await shop.time_passes(seconds=5)
    sent = (await shop.messages())[-1].message_id
    assert await push(report(sent, "temporary ban")) == 200
    until = (await shop.account()).no_first_contacts_until
    assert until == shop.clock.now() + timedelta(days=1)
    await services.put(shop.app, "outgoing_messages", FIRST_CONTACT)
    await push(line(shop, "А доставка есть?", id="C2"))
    await shop.time_passes(seconds=5)
    assert shop.answers("77010000099@c.us") == []
    assert len(shop.answers()) == 2
    assert any("писать первым" in reason for _, reason in await shop.desk())
