"""WhatsApp's conversations stand in Kommo's own chat, and managers answer them from the lead: the whole product with a
fake Wappi on one side and a fake Chats API on the other."""

import logging
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from saudager.api import webhooks as pages
from saudager.gateway import accounts, connections, erasing, webhooks
from saudager.gateway.models import Account
from saudager.web import make_web
from tests.fakes.amojo import BOT, SCOPE, SECRET, FakeAmojo
from tests.fakes.wappi import FakeWappi
from tests.gateway.wappi_shop import ACCOUNT, CUSTOMER, WappiShop

pytestmark = pytest.mark.slow

MIRROR = "mirror:kommo_chat"
CHAT = f"{ACCOUNT}|{CUSTOMER}"
PRICE = "Сколько стоит окно?"
MINE = "Это Асель, сейчас посчитаю"


@pytest.fixture
async def shop(open_wappi_shop: Any, amojo: FakeAmojo) -> WappiShop:
    """A shop whose conversations stand in Kommo from its first second."""
    opened: WappiShop = await open_wappi_shop(patience=2, patience_complete=2)
    trial = await connections.connect(opened.app, "kommo_chat", amojo.form())
    assert (trial.ready, trial.account) == (True, MIRROR)
    await opened.time_passes(seconds=5)
    return opened


async def told(shop: WappiShop, body: bytes, headers: dict[str, str], *, scope: str = SCOPE) -> int:
    """Kommo calls the webhook at the address its support was given; the answer's status."""
    web = make_web("test")
    web.include_router(pages.router(partial(webhooks.receive, shop.app), partial(webhooks.confirm, shop.app)))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        where = f"{webhooks.address_of(shop.app, MIRROR)}/{scope}"
        return (await http.post(where, content=body, headers=headers)).status_code


async def answers(shop: WappiShop, amojo: FakeAmojo, text: str = MINE, *, chat: str | None = CHAT) -> bytes:
    """A manager answers in Kommo; the call that told it."""
    body = amojo.answered(chat, text)
    assert await told(shop, body, amojo.signed(body)) == 200
    return body


class TestAConversation:
    @pytest.mark.both_kinds
    async def test_both_sides_of_it_stand_in_kommo_once_and_in_order(self, shop, wappi, amojo):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=20)
        wappi.customer_writes(CUSTOMER, "А доставка есть?")
        await shop.time_passes(minutes=1)
        (first, second) = shop.answers()
        assert amojo.said(CHAT) == [PRICE, first, "А доставка есть?", second]
        assert [payload["sender"].get("ref_id") for payload in amojo.shown] == [None, BOT, None, BOT]
        assert amojo.shown[0]["sender"]["profile"] == {"phone": "+77010000001"}

    @pytest.mark.both_kinds
    async def test_what_a_manager_answers_there_reaches_the_customer_and_silences_the_salesperson(
        self, shop, wappi, amojo
    ):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=6)
        sent_before = len(shop.answers())
        body = await answers(shop, amojo)
        await shop.time_passes(seconds=5)
        wappi.customer_writes(CUSTOMER, "Жду")
        await shop.time_passes(minutes=2)
        assert shop.answers()[sent_before:] == [MINE]
        assert [message.author for message in await shop.messages()][-2:] == ["human", "customer"]
        assert MINE not in amojo.said(CHAT)  # it stands there already
        assert await told(shop, body, amojo.signed(body)) == 200
        await shop.time_passes(minutes=1)
        assert shop.answers().count(MINE) == 1

    async def test_he_is_before_an_answer_that_is_being_thought_over(self, shop, wappi, amojo):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=5)
        await answers(shop, amojo)
        await shop.time_passes(minutes=1)
        assert MINE in shop.answers()
        assert len([answer for answer in shop.answers() if answer != MINE]) <= 1

    async def test_a_line_of_the_merchants_own_phone_stands_there_too(self, shop, wappi, amojo):
        wappi.human_writes(CUSTOMER, "Добрый день, это Асель")
        await shop.time_passes(seconds=10)
        assert amojo.said(CHAT) == ["Добрый день, это Асель"]
        assert amojo.shown[0]["sender"]["ref_id"] == BOT

    async def test_what_was_written_before_is_not_shown(self, open_wappi_shop, wappi, amojo, clock):
        wappi.customer_writes(CUSTOMER, "Давний вопрос", at=clock.now().timestamp() - 86_400)
        shop = await open_wappi_shop()
        await connections.connect(shop.app, "kommo_chat", amojo.form())
        await shop.time_passes(minutes=1)
        assert amojo.shown == []


class TestWhatBecameOfAManagersLine:
    async def test_kommo_shows_that_it_was_read(self, shop, wappi, amojo):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=10)
        await answers(shop, amojo)
        await shop.time_passes(seconds=5)
        for sent in wappi.sent:
            wappi.rows[sent.id]["delivery_status"] = "read"
        wappi.customer_writes(CUSTOMER, "Спасибо")
        await shop.time_passes(minutes=1)
        assert [status for _, status in amojo.statuses] == [{"status_code": 1}, {"status_code": 2}]

    async def test_kommo_shows_that_it_did_not_go_out_and_why(self, shop, wappi, amojo):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=10)
        wappi.fail("message/send", "not_done")
        await answers(shop, amojo)
        await shop.time_passes(minutes=1)
        ((_, status),) = amojo.statuses
        assert (status["status_code"], status["error_code"]) == (-1, 905)
        assert "not delivered" in status["error"]

    @pytest.mark.parametrize("chat", [None, "nobody", f"wappi:gone|{CUSTOMER}"])
    async def test_a_conversation_cannot_be_begun_there(self, shop, amojo, chat: str | None):
        await answers(shop, amojo, chat=chat)
        await shop.time_passes(minutes=1)
        ((_, status),) = amojo.statuses
        assert status["status_code"] == -1
        assert "некуда отправить" in status["error"]
        assert shop.answers() == []


class TestTroubles:
    @pytest.mark.parametrize("fault", ["500", "cut_before", "cut_after", "garbage"])
    async def test_a_line_whose_answer_is_lost_is_looked_for_and_stands_there_once(self, shop, wappi, amojo, fault):
        amojo.faults.add(SCOPE, fault)
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(minutes=1)
        assert amojo.said(CHAT) == [PRICE, *shop.answers()]

    async def test_a_secret_that_is_not_accepted_waits_for_a_person_and_loses_nothing(self, shop, wappi, amojo):
        amojo.faults.add(SCOPE, "401")
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=20)
        assert ["channel" in reason or "Chats API" in reason for _, reason in await shop.desk()] == [True]
        await shop.time_passes(minutes=2)
        assert amojo.said(CHAT) == [PRICE, *shop.answers()]

    async def test_a_line_kommo_refuses_is_given_up_and_holds_up_nothing(self, shop, wappi, amojo):
        amojo.refuses = 1
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(minutes=1)
        assert amojo.said(CHAT) == shop.answers()
        assert ["refused" in reason for reason in await shop.dead("mirrored_lines")] == [True]

    async def test_without_a_mirror_nothing_is_kept_for_one(self, shop, wappi, amojo):
        await connections.disconnect(shop.app, MIRROR)
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(minutes=1)
        assert await shop.waiting() == 0
        assert amojo.shown == []

    async def test_an_erased_persons_lines_are_not_shown_any_more(self, shop, wappi, amojo):
        amojo.faults.add(SCOPE, "429")
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=6)
        await erasing.erase(shop.app, ["77010000001"], [CUSTOMER])
        await shop.time_passes(minutes=1)
        assert PRICE not in amojo.said(CHAT)


class TestStrangers:
    async def test_a_forged_call_is_refused_and_its_words_are_not_logged(self, shop, wappi, amojo, caplog):
        body = amojo.answered(CHAT, "чужие слова")
        with caplog.at_level(logging.INFO):
            for headers in ({}, amojo.signed(body, secret="another"), {"x-signature": SECRET}):
                assert await told(shop, body, headers) == 401
            assert await told(shop, body, {}, scope=webhooks.secret_of(shop.app, MIRROR)) == 401
        assert "чужие слова" not in caplog.text
        await shop.time_passes(minutes=1)
        assert shop.answers() == []


async def test_a_mirror_is_never_what_messages_without_an_account_go_out_by(open_shop: Any, amojo, wappi: FakeWappi):
    shop = await open_shop()
    app = shop.app
    assert (await connections.connect(app, "kommo_chat", amojo.form())).ready

    def default(session: Session) -> str:
        return accounts.default(session).name

    assert await app.db.read(default) == "simulator"
    await connections.disconnect(app, "simulator")
    form = {"base_url": wappi.base_url, "token": wappi.token, "profile_id": wappi.profile_id}
    await connections.connect(app, "wappi", form)
    assert await app.db.read(default) == ACCOUNT
    assert await app.db.read(lambda session: session.get_one(Account, MIRROR).is_default) is False
