"""Letters about an operator's account, as a real mail server gets them: what stands in them, what their links do, and
that nothing of a link is left anywhere."""

import ast
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from saudager import doctor, services
from saudager.contracts import MessageClass
from saudager.errors import Unreachable
from saudager.operators import audit, mail_words, tidying, trouble_words
from saudager.operators.roles import Role
from scripts import gather_messages
from tests.conftest import OpenShop
from tests.console.door import PASSWORD
from tests.mail.mail_shop import ACCOUNT
from tests.operators.postal_shop import (
    AIGUL,
    CHOSEN,
    CHROME,
    FIREFOX,
    NEW,
    PUBLIC,
    PostalShop,
    link_in,
    parts,
)

pytestmark = pytest.mark.slow

OpenPost = Callable[..., Awaitable[PostalShop]]
OTHER = "a.serik@example.kz"


@pytest.fixture
async def open_post(open_shop: OpenShop) -> AsyncIterator[OpenPost]:
    async with AsyncExitStack() as stack:

        async def open_it(**settings: Any) -> PostalShop:
            return await PostalShop.opened(open_shop, stack, **settings)

        yield open_it


@pytest.fixture
async def post(open_post: OpenPost) -> PostalShop:
    return await open_post()


@pytest.mark.both_kinds
async def test_a_forgotten_password_is_chosen_anew_by_a_link_good_once_and_every_session_ends(post: PostalShop) -> None:
    await post.hire_with_address()
    before = await post.signed_in(**{"user-agent": CHROME})

    await post.forgets("Aigul@Example.KZ ", **{"user-agent": FIREFOX})
    letter = await post.last()

    assert letter["subject"] == "Новый пароль для консоли · Тёплый Дом"
    assert letter["to"] == f"Айгуль <{AIGUL}>"
    assert "shop@trial.example" in letter["from"]
    assert letter["auto-submitted"] == "auto-generated"
    plain, html = parts(letter)
    for words in ("Здравствуйте, Айгуль!", "«aigul»", "Firefox, Linux, 203.0.113.7", "11.03.2026 12:00"):
        assert words in plain
        assert words in html
    link = link_in(letter)
    for _ in range(3):  # as scanners of mail open it
        assert (await post.browser().get(link)).status_code == 200
    assert await before.is_in()
    after = post.browser(**{"user-agent": FIREFOX})
    assert (await after.send(link, **CHOSEN)).status_code == 303
    assert await after.is_in()
    assert not await before.is_in()
    assert (await post.browser().get(link)).status_code == 404
    assert (await post.browser().sign_in("aigul", PASSWORD)).status_code == 401
    told = await post.last()
    assert told["subject"].startswith("Пароль изменён")
    assert "Firefox, Linux" in parts(told)[0]


async def test_a_forgotten_password_does_not_go_round_the_second_factor(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = await post.signed_in()
    phone = await browser.turn_second_factor_on(post.shop)
    post.later(minutes=1)
    await post.forgets()
    other = post.browser(**{"user-agent": FIREFOX})
    let_in = await other.send(await post.link(), **CHOSEN)
    assert let_in.headers["location"].startswith("/console/second-factor")
    assert not await other.is_in()
    assert (await post.last())["subject"].startswith("Пароль изменён")
    assert (await other.send("/console/second-factor", code=phone.code())).status_code == 303
    assert (await post.last())["subject"].startswith("Вход с нового устройства")


@pytest.mark.parametrize(("kind", "minutes"), [("reset", 60), ("confirm", 24 * 60), ("invite", 7 * 24 * 60)])
async def test_each_kind_of_link_lives_as_long_as_its_letter_says(post: PostalShop, kind: str, minutes: int) -> None:
    await post.hire_with_address()
    await post.hire()
    owner = await post.signed_in("marat")
    await post.forgets()
    await owner.post("/console/profile/address", email="marat@example.kz", password=PASSWORD)
    await owner.post("/console/operators", login="dana", role="viewer", email="dana@example.kz")
    link = await post.link({"reset": AIGUL, "confirm": "marat@example.kz", "invite": "dana@example.kz"}[kind])
    reader = owner if kind == "confirm" else post.browser()
    post.later(minutes=minutes - 1)
    assert (await reader.get(link)).status_code == 200
    post.later(minutes=2)
    assert (await reader.get(link)).status_code == 404


async def test_an_address_is_confirmed_by_its_operator_and_then_a_change_is_told_to_both(post: PostalShop) -> None:
    await post.hire("aigul", Role.VIEWER, "Айгуль")
    browser = await post.signed_in()
    assert (await browser.post("/console/profile/address", email=AIGUL, password="не тот пароль")).status_code == 409
    assert (await browser.post("/console/profile/address", email="это не адрес", password=PASSWORD)).status_code == 409
    assert (await browser.post("/console/profile/address", email=AIGUL.upper(), password=PASSWORD)).status_code == 204
    link = await post.link()
    assert "ждёт подтверждения" in (await browser.get("/console/profile")).text
    await post.forgets(AIGUL)
    assert len(await post.letters()) == 1  # an address that is not confirmed gets no link to a password

    stranger = await post.browser().get(link)  # whoever got the letter by mistake
    assert stranger.headers["location"].startswith("/console/sign-in?next=")
    assert AIGUL in (await browser.get(link)).text
    assert "ждёт подтверждения" in (await browser.get("/console/profile")).text
    assert (await browser.post(link)).status_code == 204
    assert (await browser.post(link)).status_code == 404
    assert "подтверждён" in (await browser.get("/console/profile")).text

    await browser.post("/console/profile/address", email=OTHER, password=PASSWORD)
    await browser.post(await post.link(OTHER))
    for address in (AIGUL, OTHER):
        told = await post.last(address)
        assert told["subject"].startswith("Адрес почты изменён")
        assert OTHER in parts(told)[0]
    assert (await browser.post("/console/profile/address/remove", password=PASSWORD)).status_code == 204
    assert "больше не указан адрес" in parts(await post.last(OTHER))[0]
    await post.forgets(OTHER)
    assert "больше не указан адрес" in parts(await post.last(OTHER))[0]
    actions = [entry.action for entry in await post.shop.app.db.read(audit.listed)]
    assert [one for one in actions if one.startswith("address.")] == [
        "address.removed",
        "address.confirmed",
        "address.typed",
        "address.confirmed",
        "address.typed",
    ]


@pytest.mark.both_kinds
async def test_a_link_that_confirms_opens_no_other_door_and_for_nobody_else(post: PostalShop) -> None:
    await post.hire("aigul", Role.VIEWER, "Айгуль")
    await post.hire_with_address("dana", "dana@example.kz")
    browser, other = await post.signed_in(), await post.signed_in("dana")
    await browser.post("/console/profile/address", email=AIGUL, password=PASSWORD)
    link = await post.link()
    assert (await post.browser().get(link.replace("confirm-address", "welcome"))).status_code == 404
    await other.post("/console/profile/address", email=AIGUL, password=PASSWORD)
    assert (await other.post(link)).status_code == 404  # who typed the same address needs a link of his own
    await post.forgets("dana")
    reset = (await post.link("dana@example.kz")).replace("welcome", "confirm-address")
    assert (await other.post(reset)).status_code == 404
    assert (await browser.post(link)).status_code == 204
    await other.post("/console/profile/address", email=AIGUL, password=PASSWORD)
    assert (await other.post(await post.link())).status_code == 409  # two operators do not share one


async def test_a_letter_nobody_took_is_not_sent_empty_when_it_is_put_back(post: PostalShop) -> None:
    post.server.refuse(AIGUL, "554 5.7.1 Looks like spam")
    await post.hire_with_address()
    await post.forgets()
    await post.settles()
    assert "/console/welcome/" not in await post.stored()
    post.server.refused.clear()
    assert await services.replay(post.shop.app, "outgoing_mail", None) == 1
    assert await post.letters() == []
    assert [(mail.state, mail.reason) for mail in await post.mails()] == [("failed", "expired")]


async def test_an_invitation_by_mail_proves_the_address_and_gives_the_role(post: PostalShop) -> None:
    await post.hire()
    owner = await post.signed_in("marat")
    form = {"login": "aigul", "name": "Айгуль", "role": "manager", "email": AIGUL}
    shown = await owner.post("/console/operators", **form)
    assert f"отправлено на {AIGUL}" in shown.text
    assert "/console/welcome/" not in shown.text
    letter = await post.last()
    assert "ваш логин: aigul" in parts(letter)[0]
    assert "Кто: Марат" in parts(letter)[0]
    browser = post.browser()
    assert (await browser.send(link_in(letter), name="Айгуль С.", **CHOSEN)).status_code == 303
    page = (await browser.get("/console/profile")).text
    assert "подтверждён" in page
    assert AIGUL in page
    assert (await browser.get("/console/operators")).status_code == 403
    again = await owner.post("/console/operators", login="serik", role="viewer", email=AIGUL)
    assert again.status_code == 409


async def test_signing_in_is_told_of_only_from_where_it_never_was(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.signed_in(**{"user-agent": CHROME})  # the very first time is no news
    await post.signed_in(**{"user-agent": CHROME.replace("140", "141")}, address="203.0.113.9")
    assert await post.letters() == []
    await post.signed_in(**{"user-agent": FIREFOX})
    await post.signed_in(**{"user-agent": FIREFOX})
    await post.signed_in(**{"user-agent": CHROME}, address="198.51.100.4")
    told = await post.letters()
    assert [one["subject"].partition(" ·")[0] for one in told] == ["Вход с нового устройства"] * 2
    assert "Firefox, Linux, 203.0.113.7" in parts(told[0])[0]
    assert "Chrome, Windows, 198.51.100.4" in parts(told[1])[0]
    post.later(days=200)
    await tidying.forget_sign_ins(post.shop.app, "night")
    await post.signed_in(**{"user-agent": CHROME}, address="192.0.2.1")
    assert len(await post.letters()) == 3  # nobody came for long: that is news, too


async def test_a_changed_password_and_a_second_factor_switched_on_or_off_are_told(post: PostalShop) -> None:
    await post.hire_with_address(language="en")
    await post.hire()
    browser = await post.signed_in(**{"user-agent": CHROME})
    await browser.turn_second_factor_on(post.shop)
    await browser.post("/console/profile/second-factor/off", password=PASSWORD)
    await browser.turn_second_factor_on(post.shop)
    owner = await post.signed_in("marat")
    await owner.post("/console/operators/1/second-factor/off")
    await browser.post("/console/profile/password", old=PASSWORD, new=NEW, again=NEW)
    told = await post.letters()
    assert [one["subject"].partition(" ·")[0] for one in told] == [
        "Second step of signing in is on",
        "Second step of signing in is off",
        "Second step of signing in is on",
        "Second step of signing in is off",
        "Password changed",
    ]
    assert "Who: Марат" in parts(told[3])[0]
    assert "Where from: Chrome, Windows, 203.0.113.7" in parts(told[4])[0]
    assert f"The console: {PUBLIC}/" in parts(told[4])[0]


@pytest.mark.parametrize("language", ["en", "kk"])
def test_every_word_of_the_letters_is_said_in_every_language(language: str) -> None:
    sources = [Path(one.__file__) for one in (mail_words, trouble_words)]
    said = {text for one in sources for text in gather_messages._in_python(ast.parse(one.read_text("utf-8")))}
    with (sources[0].parent / "languages" / f"{language}.po").open("rb") as file:
        known = {message.id: message.string for message in read_po(file, locale=language) if message.id}
    assert set(known) == said
    value = re.compile(r"%\(\w+\)s")
    for text, translated in known.items():
        assert sorted(value.findall(translated)) == sorted(value.findall(text)), text


async def test_nothing_of_a_link_is_left_once_its_letter_is_sent_and_the_state_is_told(
    post: PostalShop, caplog: pytest.LogCaptureFixture
) -> None:
    await post.hire_with_address()
    caplog.set_level("DEBUG")
    await post.forgets()
    secret = (await post.link()).rpartition("/")[2]
    assert secret not in await post.stored()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]  # not the server's
    assert not any(secret in said for said in ours)
    assert [(mail.kind, mail.recipient, mail.state) for mail in await post.mails()] == [
        ("reset_password", AIGUL, "sent")
    ]
    await post.shop.time_passes(days=8)  # its row in the log of letters is all that stays
    (row,) = await post.mail.log()
    assert (row.chat, row.message_text, row.queue_status) == (AIGUL, None, "sent")


async def test_a_letter_that_cannot_be_delivered_is_an_owners_to_settle_and_its_link_is_forgotten(
    post: PostalShop,
) -> None:
    post.server.refuse(AIGUL, "550 5.1.1 No such user")
    await post.hire_with_address()
    await post.forgets()
    await post.settles()
    (mail,) = await post.mails()
    assert (mail.state, mail.outgoing_id is not None) == ("failed", True)
    (entry,) = await post.shop.desk()
    assert (entry.kind, entry.about) == ("system_mail", "operator:1")
    assert AIGUL in entry.reason
    assert "/console/welcome/" not in await post.stored()


async def test_a_link_does_not_leave_after_its_end_however_long_the_mail_server_was_away(post: PostalShop) -> None:
    await post.hire_with_address()
    post.server.refuse(AIGUL, "451 4.7.1 Come back later")
    await post.forgets()
    await post.shop.time_passes(minutes=20)
    assert "/console/welcome/" in await post.stored()
    await post.shop.time_passes(hours=1)
    post.server.refused.clear()
    await post.shop.time_passes(hours=3)
    assert await post.letters() == []
    assert [mail.state for mail in await post.mails()] == ["failed"]
    assert "/console/welcome/" not in await post.stored()


@pytest.mark.both_kinds
async def test_a_letter_in_a_paused_mailbox_is_emptied_at_its_end_and_never_sent(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.shop.app.gateway.pause(ACCOUNT, "проверка")
    await post.forgets()
    await post.shop.time_passes(minutes=20)
    assert "/console/welcome/" in await post.stored()
    await post.shop.time_passes(hours=3)
    assert "/console/welcome/" not in await post.stored()
    assert [mail.state for mail in await post.mails()] == ["failed"]
    assert "system_mail" in [entry.kind for entry in await post.shop.desk()]
    await post.shop.app.gateway.resume(ACCOUNT)
    await post.shop.time_passes(hours=1)
    assert await post.letters() == []


async def test_while_the_gateway_is_away_a_letter_waits_for_it(
    post: PostalShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> Any:
        raise Unreachable("nobody answers")

    await post.hire_with_address()
    gateway: Any = post.shop.app.gateway
    with monkeypatch.context() as while_away:
        while_away.setattr(gateway, "mailboxes", away)
        await post.forgets()
        await post.shop.time_passes(minutes=5)
        assert await post.letters() == []
    await post.shop.time_passes(minutes=2)
    assert (await post.browser().get(await post.link())).status_code == 200
    assert len(await post.letters()) == 1


async def test_no_link_to_a_password_goes_to_an_address_that_was_given_up_while_it_waited(
    post: PostalShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> Any:
        raise Unreachable("nobody answers")

    await post.hire_with_address()
    browser = await post.signed_in()
    gateway: Any = post.shop.app.gateway
    with monkeypatch.context() as while_away:
        while_away.setattr(gateway, "mailboxes", away)
        await post.forgets()
        await post.settles()
        assert (await browser.post("/console/profile/address/remove", password=PASSWORD)).status_code == 204
    await post.shop.time_passes(minutes=2)
    assert [one["subject"].split(" · ")[0] for one in await post.letters()] == ["Адрес почты изменён"]


async def test_a_letter_asked_for_before_a_restart_leaves_once_after_it(open_post: OpenPost) -> None:
    post = await open_post()
    await post.hire_with_address()
    post.server.refuse(AIGUL, "451 4.7.1 Come back later")
    await post.forgets()
    await post.settles()
    again = await open_post()
    again.shop.clock.move_to(post.shop.clock.now())
    await again.shop.time_passes(minutes=30)
    assert len(await again.letters()) == 1
    assert (await again.browser().get(await again.link())).status_code == 200


async def test_letters_to_operators_go_before_a_campaign(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.shop.app.gateway.pause(ACCOUNT, "проверка")
    await post.mail.put(
        *(
            post.mail.letter(f"letter:{n}", recipient=f"{n}@client.kz", message_class=MessageClass.MARKETING)
            for n in range(20)
        )
    )
    await post.forgets()
    await post.settles()
    await post.shop.app.gateway.resume(ACCOUNT)
    await post.settles()
    order = [str(letter["to"]) for letter in post.mail.delivered()]
    assert len(order) == 21
    assert next(place for place, to in enumerate(order) if AIGUL in to) < 8  # so many are taken up at once


@pytest.mark.parametrize("development", [False, True])
async def test_without_a_mailbox_the_pages_say_so_and_a_link_is_written_in_development_only(
    open_post: OpenPost, caplog: pytest.LogCaptureFixture, development: bool
) -> None:
    post = await open_post(development=development, public_url="", console_url=PUBLIC)
    await post.disconnects()
    await post.hire_with_address()
    page = (await post.browser().get("/console/forgotten")).text
    assert "saudager operator reset" in page
    assert "<form" not in page
    browser = await post.signed_in()
    await browser.post("/console/profile/address", email=OTHER, password=PASSWORD)
    await post.settles()
    assert [mail.state for mail in await post.mails()] == ["no_mailbox"]
    shown = re.findall(rf"{PUBLIC}(/console/confirm-address/[\w-]+)", caplog.text)
    assert len(shown) == development
    for link in shown:
        assert (await browser.post(link)).status_code == 204
    assert "не подключена" in (await browser.get("/console/profile")).text
    findings = {one.about: one async for one in doctor.examine(post.shop.app)}
    assert findings["письма операторам"].good, "a shop without mail is well"
    assert "saudager operator reset" in findings["письма операторам"].says
    assert ("DEVELOPMENT" in findings) is development


@pytest.mark.parametrize(("host", "good"), [("127.0.0.1", True), ("0.0.0.0", False)])
async def test_the_doctor_warns_of_development_where_others_come(open_post: OpenPost, host: str, good: bool) -> None:
    post = await open_post(development=True, host=host, public_url="", console_url=PUBLIC)
    findings = {one.about: one async for one in doctor.examine(post.shop.app)}
    assert findings["DEVELOPMENT"].good is good
    assert findings["письма операторам"].good
    assert f"{PUBLIC}/" in findings["письма операторам"].says


async def test_without_a_mailbox_an_owner_is_shown_the_link_of_an_invitation(post: PostalShop) -> None:
    await post.hire()
    owner = await post.signed_in("marat")
    await post.disconnects()
    assert "saudager operator reset" in (await owner.get("/console/operators")).text
    shown = await owner.post("/console/operators", login="aigul", role="viewer", email=AIGUL)
    assert f"{PUBLIC}/console/welcome/" in shown.text
    assert await post.mails() == []
