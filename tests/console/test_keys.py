"""Keys of the API, made and revoked by the owner in the console."""

import html
import re

import httpx
import pytest

from saudager import keys
from saudager.keys import Scope
from saudager.operators import audit
from tests.console.conftest import Console, OpenConsole


async def _revoke(console: Console, page: str) -> httpx.Response:
    """As a click on the page's one button."""
    ((name, path),) = re.findall(r'name="name" value="([^"]*)" hx-post="([^"]*)"', page)
    return await console.post(path, {"name": html.unescape(name)})


@pytest.mark.parametrize("name", ["..", ".", "склад/касса", "a & b?#"])
async def test_a_key_of_any_name_can_be_revoked(open_console: OpenConsole, name: str) -> None:
    console = await open_console()
    shown = await console.post("/console/keys", {"name": name, "scope": "watch"})
    assert "отозван" in (await _revoke(console, shown.text)).text
    assert [key.revoked_at is None for key in await console.app.db.read(keys.everyone)] == [False]


async def test_a_key_is_shown_once_opens_its_scopes_and_can_be_revoked(open_console: OpenConsole) -> None:
    console = await open_console()
    assert "Ключей пока нет" in await console.sees("/console/keys")
    shown = await console.post("/console/keys", {"name": "табло у кассы", "scope": ["watch", "desk"]})
    key = re.search(r"sk_[\w-]{43}", shown.text)
    assert key
    assert key[0] not in (await console.get("/console/keys")).text
    assert await console.app.db.read(keys.opens, key[0], Scope.DESK)
    assert "отозван" in (await _revoke(console, shown.text)).text
    assert not await console.app.db.read(keys.opens, key[0], Scope.DESK)
    assert (await _revoke(console, shown.text)).status_code == 404
    logged = [(entry.action, entry.about, entry.details) for entry in await console.app.db.read(audit.listed)]
    about = "key:табло у кассы"
    assert logged == [("key.revoked", about, {}), ("key.made", about, {"scopes": ["desk", "watch"]})]


async def test_a_key_needs_a_name_of_its_own_and_something_to_open(open_console: OpenConsole) -> None:
    console = await open_console()
    assert (await console.post("/console/keys", {"name": "", "scope": "all"})).status_code == 409
    assert (await console.post("/console/keys", {"name": "board"})).status_code == 409
    assert (await console.post("/console/keys", {"name": "board", "scope": "everything"})).status_code == 422
    assert (await console.post("/console/keys", {"name": "board", "scope": "all"})).status_code == 200
    taken = await console.post("/console/keys", {"name": "board", "scope": "watch"})
    assert (taken.status_code, "уже есть" in taken.text) == (409, True)
