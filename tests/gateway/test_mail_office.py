"""What the gateway does for the console's mailboxes, asked in its own process and over HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from saudager.api import office as routes
from saudager.errors import BadCredentials, NotFound, Refused, Rejected
from saudager.gateway import accounts
from saudager.gateway.office import service_key
from saudager.providers.gateway import Gateway, MailForm
from saudager.providers.gateway.http import HttpGateway
from saudager.rehearsal import Shop
from saudager.web import make_web
from tests.conftest import OpenShop
from tests.mail import carriers
from tests.mail.carriers import RIGHT, WRONG, Post

pytestmark = pytest.mark.slow

TRIAL, SALES = "mail:shop@trial.example", "mail:sales@shop.kz"


@pytest.fixture
async def shop(open_shop: OpenShop) -> Shop:
    opened: Shop = await open_shop(public_url="https://shop.example")
    carriers.give_to(opened.app)
    return opened


@pytest.fixture(params=["here", "over HTTP"])
async def gateway(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Gateway]:
    if request.param == "here":
        yield shop.app.gateway
        return
    key = service_key(shop.app.settings, shop.app.vault)
    site = make_web("gateway")
    site.include_router(routes.router(shop.app.gateway, key))
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    client = HttpGateway("http://gateway", key, clock=shop.clock, transport=transport)
    yield client
    await client.close()


def form(*carried_by: str, password: str = RIGHT, reader: str | None = None, **filled: Any) -> MailForm:
    one = {"host": "mail.shop.kz", "password": password}
    return MailForm(
        address=filled.pop("address", "Sales@Shop.kz"),
        carriers=dict.fromkeys(carried_by or ("first",), one),
        reader=None if reader is None else {"box": one | {"password": reader}},
        **filled,
    )


def carrier(shop: Shop, name: str, account: str = SALES) -> Post:
    mailer = shop.app.mailboxes[account].mailers[name]
    assert isinstance(mailer, Post)
    return mailer


async def names(gateway: Gateway) -> list[str]:
    return [one.name for one in await gateway.mailboxes()]


async def test_every_way_says_in_russian_what_it_asks_and_what_is_secret(gateway: Gateway):
    ways = {way.name: way for way in await gateway.mail_ways()}

    assert ways["simulator"].is_simulator and ways["box"].reads and not ways["first"].reads
    for way in ways.values():
        for field in way.schema["properties"].values():
            assert field["title"] and field["description"], way.name
    assert ways["first"].schema["properties"]["password"]["writeOnly"]


async def test_a_mailbox_connected_while_everything_runs_is_open(gateway: Gateway, shop: Shop):
    trial = await gateway.connect_mailbox(form("first", "second", reader=RIGHT, sender_name="Тёплый Дом"))

    assert (trial.ready, trial.account) == (True, SALES)
    assert [part.title for part in trial.parts] == ["Первая почта", "Вторая почта", "Чтение почты"]
    mailbox = shop.app.mailboxes[SALES]
    assert (mailbox.address.email, mailbox.address.name) == ("sales@shop.kz", "Тёплый Дом")
    assert list(mailbox.mailers) == ["first", "second"] and mailbox.reader is not None
    shown = next(one for one in await gateway.mailboxes() if one.name == SALES)
    assert [(part.name, part.config, part.secrets_set) for part in shown.carriers] == [
        ("first", {"host": "mail.shop.kz"}, ["password"]),
        ("second", {"host": "mail.shop.kz"}, ["password"]),
    ]
    assert shown.reader is not None and shown.reader.name == "box"
    assert shown.carriers[0].webhook is not None and shown.carriers[1].webhook is None
    assert shown.carriers[0].webhook.startswith("https://shop.example/webhooks/mail/mail:sales@shop.kz/first/")


async def test_mailboxes_are_no_numbers_and_numbers_no_mailboxes(gateway: Gateway):
    await gateway.connect_mailbox(form())

    assert await names(gateway) == [SALES, TRIAL]
    assert [one.name for one in await gateway.accounts()] == ["simulator"]
    assert [one.name for one in await gateway.mailboxes() if one.is_default] == [TRIAL]
    assert [one.name for one in await gateway.accounts() if one.is_default] == ["simulator"]


@pytest.mark.both_kinds
async def test_the_default_mailbox_is_chosen_and_passes_on_and_the_numbers_keep_theirs(
    gateway: Gateway, storage: str | None
):
    await gateway.connect_mailbox(form())
    await gateway.make_default(SALES)
    assert [one.name for one in await gateway.mailboxes() if one.is_default] == [SALES]
    await gateway.disconnect(SALES)

    assert [one.name for one in await gateway.mailboxes() if one.is_default] == [TRIAL]
    assert [one.name for one in await gateway.accounts() if one.is_default] == ["simulator"]


async def test_what_a_carrier_or_the_reader_refuses_is_told_in_its_own_words_and_not_stored(gateway: Gateway):
    for filled in (form("first", "second", password=WRONG), form("first", reader=WRONG)):
        trial = await gateway.connect_mailbox(filled)
        assert trial.account is None and not trial.ready
        assert "не подходит" in " ".join(part.reason or "" for part in trial.parts)
    assert await names(gateway) == [TRIAL]

    trial = await gateway.connect_mailbox(form(password=WRONG), untested=True)
    assert trial.account == SALES and not trial.ready
    with pytest.raises(Refused, match="уже подключён"):
        await gateway.connect_mailbox(form())


@pytest.mark.parametrize(
    ("filled", "field"),
    [
        (form(address="sales"), "address"),
        (form(address="a@b.kz\r\nBcc: x@y.kz"), "address"),
        (form(sender_name="Дом\r\nBcc: x@y.kz"), "sender_name"),
        (form(dkim_selector="мой ключ"), "dkim_selector"),
        (MailForm("sales@shop.kz", {}), "carriers"),
        (MailForm("sales@shop.kz", {"first": {"host": ""}}), "first.host"),
        (MailForm("sales@shop.kz", {"first": {"host": "a", "password": "b", "color": "red"}}), "first.color"),
    ],
)
async def test_what_is_filled_in_wrongly_is_told_field_by_field(gateway: Gateway, filled: MailForm, field: str):
    trial = await gateway.connect_mailbox(filled, untested=True)

    assert trial.account is None and trial.problems[field]
    assert await names(gateway) == [TRIAL]


async def test_a_way_nobody_knows_is_not_found(gateway: Gateway):
    with pytest.raises(NotFound):
        await gateway.connect_mailbox(form("pigeon"))


async def test_a_change_keeps_the_secrets_left_empty_the_address_and_the_order(gateway: Gateway, shop: Shop):
    await gateway.connect_mailbox(form("second", reader=RIGHT))
    before = carrier(shop, "second")
    empty = {"host": "mx.shop.kz", "password": ""}
    changed = MailForm("other@shop.kz", {"first": empty | {"password": RIGHT}, "second": empty}, {"box": empty})

    trial = await gateway.change_mailbox(SALES, changed)

    assert (trial.ready, trial.account) == (True, SALES)
    assert list(shop.app.mailboxes[SALES].mailers) == ["second", "first"]
    assert carrier(shop, "second").config.host == "mx.shop.kz"
    assert shop.app.mailboxes[SALES].address.email == "sales@shop.kz"
    assert carrier(shop, "second") is not before

    await gateway.change_mailbox(SALES, MailForm("sales@shop.kz", {"first": empty}))
    assert list(shop.app.mailboxes[SALES].mailers) == ["first"] and shop.app.mailboxes[SALES].reader is None


async def test_a_new_password_brings_back_a_mailbox_that_only_the_old_one_stopped(gateway: Gateway, shop: Shop):
    await gateway.connect_mailbox(form(password=WRONG), untested=True)
    stopped = BadCredentials("535 пароль не подходит")
    await shop.app.db.run(accounts.not_accepted, SALES, stopped, now=shop.clock.now())
    (paused, _) = await gateway.mailboxes()
    assert paused.paused_reason is not None and "Почта не принимает" in paused.paused_reason
    assert any("535" in ailment.says for ailment in await gateway.ailments())

    await gateway.change_mailbox(SALES, form())

    (resumed, _) = await gateway.mailboxes()
    assert resumed.paused_reason is None


async def test_the_carriers_are_tried_in_the_order_the_merchant_gives_them(gateway: Gateway, shop: Shop):
    await gateway.connect_mailbox(form("first", "second"))
    await gateway.order_carriers(SALES, ["second", "first"])

    assert list(shop.app.mailboxes[SALES].mailers) == ["second", "first"]
    for wrong in (["first"], ["first", "first"], ["first", "second", "third"]):
        with pytest.raises(Refused):
            await gateway.order_carriers(SALES, wrong)


async def test_a_mailbox_is_paused_resumed_and_disconnected(gateway: Gateway, shop: Shop):
    await gateway.connect_mailbox(form())
    await gateway.pause(SALES, "переезжаем")
    assert (await gateway.mailboxes())[0].paused_reason == "переезжаем"
    await gateway.resume(SALES)
    await gateway.disconnect(SALES)

    assert await names(gateway) == [TRIAL] and list(shop.app.mailboxes) == [TRIAL]
    for deed in (gateway.disconnect, gateway.resume, gateway.make_default, gateway.examine_mailbox):
        with pytest.raises(NotFound, match="почтовый ящик"):
            await deed(SALES)
    assert (await gateway.connect_mailbox(form())).account == SALES


async def test_a_trial_letter_goes_by_the_first_carrier_that_takes_it(gateway: Gateway, shop: Shop):
    away = {"host": "away.example", "password": RIGHT}
    both = MailForm("sales@shop.kz", {"first": away, "second": {"host": "mail.shop.kz", "password": RIGHT}})
    await gateway.connect_mailbox(both, untested=True)

    said = await gateway.send_trial_letter(SALES, " Marat@Example.KZ ")

    assert said == "отправлено через Вторая почта; Первая почта: first: away.example не отвечает"
    (letter,) = carrier(shop, "second").sent
    assert letter.recipient.email == "marat@example.kz" and letter.message_id.endswith("@shop.kz")
    assert "sales@shop.kz" in letter.text
    with pytest.raises(Refused, match="Нужен адрес"):
        await gateway.send_trial_letter(SALES, "marat@example.kz, other@example.kz")


async def test_a_trial_letter_nobody_takes_is_told_in_the_last_ones_words(gateway: Gateway):
    await gateway.connect_mailbox(form("first", password=WRONG), untested=True)

    with pytest.raises(BadCredentials, match="535"):
        await gateway.send_trial_letter(SALES, "marat@example.kz")
    with pytest.raises(Rejected, match="не подключён"):
        await gateway.send_trial_letter("mail:gone@shop.kz", "marat@example.kz")


async def test_the_mailbox_for_trying_out_shows_its_letters_and_lets_them_be_answered(gateway: Gateway, shop: Shop):
    await gateway.send_trial_letter(TRIAL, "marat@example.kz")

    (lying,) = await gateway.trial_letters(TRIAL)
    assert (lying.recipient, lying.subject, lying.at) == (
        "marat@example.kz",
        "Проверка почты магазина",
        shop.clock.now(),
    )
    assert b"To: marat@example.kz" in await gateway.trial_letter(TRIAL, lying.id)
    await gateway.answer_trial_letter(TRIAL, lying.id, "Дошло, спасибо")
    with pytest.raises(NotFound):
        await gateway.trial_letter(TRIAL, "20260101-000000-000000-000000000000")
    await gateway.connect_mailbox(form())
    with pytest.raises(Refused, match="не для пробы"):
        await gateway.trial_letters(SALES)


async def test_no_answer_ever_holds_a_secret(gateway: Gateway):
    told: list[Any] = [await gateway.connect_mailbox(form("first", "second", reader=RIGHT))]
    told += [await gateway.test_mailbox(form(password=WRONG)), await gateway.change_mailbox(SALES, form(reader=WRONG))]
    told += [await gateway.mailboxes(), await gateway.mail_ways(), await gateway.ailments()]

    words = json.dumps(told, default=str, ensure_ascii=False)
    assert [secret for secret in (RIGHT, WRONG) if secret in words] == []
