"""The door of the console: who gets in, who does not, and what the ones outside can learn."""

import re
from collections.abc import Awaitable, Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from saudager.operators import accounts, audit
from saudager.operators.models import Operator
from saudager.operators.roles import Role
from tests.conftest import OpenShop
from tests.console.door import PASSWORD, Browser, Door

OpenDoor = Callable[..., Awaitable[Door]]


@pytest.fixture
def open_door(open_shop: OpenShop) -> OpenDoor:
    async def open_one(**settings: str) -> Door:
        return Door(await open_shop(**settings))

    return open_one


def _same(page: str, login: str) -> str:
    """A page without what differs between any two browsers."""
    return re.sub(r'(name="csrf" value=")[\w-]+', "", page).replace(login, "")


async def _fails(browser: Browser, login: str = "marat", *, times: int) -> None:
    for _ in range(times):
        assert (await browser.sign_in(login, "не тот пароль вовсе")).status_code == 401


@pytest.mark.both_kinds
async def test_the_right_password_opens_the_page_that_was_asked_for(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    browser = door.browser()
    sent = await browser.get("/console/profile?x=1")
    asked_for = "/console/profile?x=1"
    let_in = await browser.send(sent.headers["location"], login="  MARAT ", password=PASSWORD, next=asked_for)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/console/profile?x=1")
    assert await browser.is_in()


@pytest.mark.parametrize(
    "there", ["https://evil.test/", "//evil.test", "/\\evil.test", "/console/\\..", "javascript:x"]
)
async def test_the_door_sends_nobody_to_another_site(open_door: OpenDoor, there: str) -> None:
    door = await open_door()
    await door.hire()
    assert (await door.browser().sign_in(next=there)).headers["location"] == "/console/today"


async def test_an_unknown_login_and_a_wrong_password_are_answered_alike(open_door: OpenDoor) -> None:
    door = await open_door()
    owner = await door.hire()
    await door.shop.app.db.run(accounts.invite, "aigul", "Айгуль", Role.VIEWER, now=door.shop.clock.now())
    answers = []
    for login in ("marat", "nobody", "aigul"):
        answer = await door.browser().sign_in(login, "не тот пароль вовсе")
        answers.append((answer.status_code, _same(answer.text, login)))
    await door.hire("second")
    await door.shop.app.db.run(accounts.disable, owner.id, now=door.shop.clock.now())
    gone = await door.browser().sign_in("marat", PASSWORD)
    answers.append((gone.status_code, _same(gone.text, "marat")))
    assert answers[0][0] == 401
    assert len(set(answers)) == 1


async def test_after_five_failures_even_the_right_password_waits_longer_each_time(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    browser = door.browser()
    await _fails(browser, times=5)
    closed = await browser.sign_in()
    assert closed.status_code == 401
    assert _same(closed.text, "marat") == _same((await browser.sign_in("marat", "другой пароль")).text, "marat")
    door.later(seconds=61)
    await _fails(browser, times=1)
    door.later(seconds=61)
    assert (await browser.sign_in()).status_code == 401
    door.later(seconds=61)
    assert (await browser.sign_in()).status_code == 303
    await _fails(door.browser(), times=4)
    assert (await door.browser().sign_in()).status_code == 303


async def test_an_unknown_login_is_closed_like_a_known_one(open_door: OpenDoor) -> None:
    door = await open_door()
    browser = door.browser()
    await _fails(browser, "ghost", times=5)
    await door.hire("ghost")
    assert (await browser.sign_in("ghost")).status_code == 401
    door.later(seconds=61)
    assert (await browser.sign_in("ghost")).status_code == 303


async def test_an_address_that_tries_many_logins_is_closed_and_other_addresses_are_not(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    guesser = door.browser(address="198.51.100.1")
    for number in range(20):
        await _fails(guesser, f"guess-{number}", times=1)
    assert (await guesser.sign_in()).status_code == 401
    assert (await door.browser(address="198.51.100.2").sign_in()).status_code == 303
    door.later(seconds=61)
    assert (await guesser.sign_in()).status_code == 303


async def test_many_attempts_at_an_operator_are_in_the_log(open_door: OpenDoor) -> None:
    door = await open_door()
    owner = await door.hire()
    await _fails(door.browser(), times=5)
    logged = await door.shop.app.db.read(audit.listed)
    assert [(entry.action, entry.about) for entry in logged] == [("sign_in.many_attempts", f"operator:{owner.id}")]


async def test_a_form_of_another_site_does_not_sign_anybody_in(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    browser = door.browser()
    await browser.get("/console/sign-in")
    fields = {"login": "marat", "password": PASSWORD}
    assert (await browser.http.post("/console/sign-in", data=fields)).status_code == 403
    assert (await browser.http.post("/console/sign-in", data=fields | {"csrf": "x" * 43})).status_code == 403
    foreign = door.browser()
    foreign.http.headers["origin"] = "https://evil.test"
    assert (await foreign.sign_in()).status_code == 403


@pytest.mark.parametrize(
    ("origin", "addresses", "is_secure"),
    [
        ("http://console.test", {}, False),
        ("https://console.test", {}, True),
        ("http://console.test", {"public_url": "https://shop.example.org"}, True),
        ("http://console.test", {"console_url": "https://console.example.org"}, True),
        ("http://console.test", {"console_url": "http://10.0.0.5", "public_url": "https://shop.example.org"}, False),
    ],
)
async def test_the_cookie_cannot_be_read_by_scripts_and_is_secure_over_https(
    open_door: OpenDoor, origin: str, addresses: dict[str, str], is_secure: bool
) -> None:
    door = await open_door(**addresses)
    await door.hire()
    browser = door.browser(origin=origin)
    page = await browser.get("/console/sign-in")
    token = re.search(r'name="csrf" value="([\w-]+)"', page.text)
    form_cookie = page.headers["set-cookie"].split(";")[0]
    assert token
    fields = {"login": "marat", "password": PASSWORD, "csrf": token[1]}
    answer = await browser.http.post("/console/sign-in", data=fields, headers={"cookie": form_cookie})
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("saudager_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/console" in cookie
    assert ("Secure" in cookie) is is_secure
    assert answer.headers["cache-control"] == "no-store"


async def test_a_session_ends_when_it_is_signed_out_unused_or_old(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    browser, idle, busy = door.browser(), door.browser(), door.browser()
    for one in (browser, idle, busy):
        await one.sign_in()
    await browser.post("/console/sign-out")
    assert not await browser.is_in()
    for _ in range(9):
        assert await busy.is_in()
        door.later(days=10)
    assert not await idle.is_in()
    assert not await busy.is_in()


async def test_the_database_knows_neither_passwords_nor_tokens(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    path = await door.shop.app.db.run(accounts.let_choose_again, 1, now=door.shop.clock.now())
    folder = door.shop.app.settings.data_dir
    stored = b"".join(file.read_bytes() for file in folder.glob("saudager.db*"))
    for secret in (PASSWORD, browser.token, path):
        assert secret.encode() not in stored


@pytest.mark.usefixtures("shipped_passwords")
async def test_a_password_kept_with_older_parameters_is_kept_anew(open_door: OpenDoor) -> None:
    door = await open_door()
    owner = await door.hire()
    old = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    now = door.shop.clock.now()
    await door.shop.app.db.run(accounts.set_password, owner.id, old, but=None, now=now)
    assert (await door.browser().sign_in()).status_code == 303
    kept = await door.shop.app.db.read(lambda session: session.scalars(select(Operator.password_digest)).one())
    assert kept is not None
    assert "m=65536,t=3" in kept
