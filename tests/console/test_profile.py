"""An operator's own page: name, language, password, and where he is signed in."""

import re

from saudager.operators import audit
from tests.conftest import OpenShop
from tests.console.conftest import OpenConsole
from tests.console.door import PASSWORD, Browser, Door

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
NEW = "восемь жёлтых лодок"


async def _signed_in(open_shop: OpenShop) -> tuple[Door, Browser]:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    return door, browser


async def test_the_name_and_the_language_are_ones_own(open_console: OpenConsole) -> None:
    console = await open_console(role="viewer")
    assert (await console.post("/console/profile", {"name": " Марат  Ж. ", "language": "kk"})).status_code == 204
    page = await console.get("/console/profile")
    assert 'lang="kk"' in page.text
    assert 'value="Марат Ж."' in page.text
    assert (await console.post("/console/profile", {"name": "", "language": "kk"})).status_code == 409
    assert (await console.post("/console/profile", {"name": "М", "language": "xx"})).status_code == 409


async def test_a_new_password_takes_the_old_one_and_ends_the_other_sessions(open_shop: OpenShop) -> None:
    door, browser = await _signed_in(open_shop)
    elsewhere = door.browser()
    await elsewhere.sign_in()
    wrong = await browser.post("/console/profile/password", old="не тот пароль", new=NEW, again=NEW)
    assert "Прежний пароль не подошёл" in wrong.text
    assert await elsewhere.is_in()
    right = await browser.post("/console/profile/password", old=PASSWORD, new=NEW, again=NEW)
    assert "Пароль изменён" in right.text
    assert await browser.is_in()
    assert not await elsewhere.is_in()
    assert (await door.browser().sign_in(password=NEW)).status_code == 303
    assert "password.changed" in [entry.action for entry in await door.shop.app.db.read(audit.listed)]


async def test_a_weak_new_password_is_not_taken(open_shop: OpenShop) -> None:
    _, browser = await _signed_in(open_shop)
    weak = await browser.post("/console/profile/password", old=PASSWORD, new="1234567890", again="1234567890")
    assert "угадают первым" in weak.text


async def test_guesses_at_ones_own_password_are_counted_too(open_shop: OpenShop) -> None:
    _, browser = await _signed_in(open_shop)
    for _ in range(5):
        await browser.post("/console/profile/password", old="не тот пароль", new=NEW, again=NEW)
    closed = await browser.post("/console/profile/password", old=PASSWORD, new=NEW, again=NEW)
    assert "не подошёл" in closed.text


async def test_sessions_are_listed_with_browser_and_address_and_ended_one_by_one(open_shop: OpenShop) -> None:
    door, browser = await _signed_in(open_shop)
    elsewhere = door.browser(address="198.51.100.9", **{"user-agent": CHROME})
    await elsewhere.sign_in()
    page = (await browser.get("/console/profile")).text
    assert "Chrome, Windows" in page
    assert "198.51.100.9" in page
    (way,) = re.findall(r"/console/profile/sessions/\d+/end", page)
    left = await browser.post(way)
    assert "Chrome" not in left.text
    assert not await elsewhere.is_in()
    assert (await browser.post(way)).status_code == 404


async def test_nobody_ends_the_session_of_somebody_else(open_shop: OpenShop) -> None:
    door, browser = await _signed_in(open_shop)
    await door.hire("aigul", name="Айгуль")
    aigul = door.browser()
    await aigul.sign_in("aigul")
    assert (await browser.post("/console/profile/sessions/2/end")).status_code == 404
    assert await aigul.is_in()
    await browser.post("/console/profile/sessions/end")
    assert await aigul.is_in()


async def test_being_seen_is_noted_once_a_minute(open_shop: OpenShop) -> None:
    door, browser = await _signed_in(open_shop)
    commits: list[int] = []
    door.shop.app.db.on_commit(lambda woken: commits.append(1))
    assert await browser.is_in()
    assert commits == []
    door.later(minutes=2)
    await browser.is_in()
    page = (await browser.get("/console/profile")).text
    assert len(commits) <= 2
    assert "сейчас" in page
