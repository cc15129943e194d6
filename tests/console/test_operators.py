"""Operators: the owner invites, gives roles and lets out; an owner always stays; every deed is in the log."""

import asyncio
import re
from typing import Any

import pytest

from saudager.errors import Refused
from saudager.operators import accounts, audit
from saudager.operators.roles import Role
from tests.conftest import OpenShop
from tests.console.conftest import OpenConsole
from tests.console.door import PASSWORD, Browser, Door


async def _owner(open_shop: OpenShop) -> tuple[Door, Browser]:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    return door, browser


async def _actions(door: Door) -> list[tuple[str, str]]:
    return [(entry.action, entry.about) for entry in await door.shop.app.db.read(audit.listed)]


async def test_an_invitation_is_a_link_shown_once_that_lets_in_with_the_role(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    shown = await owner.post("/console/operators", login="Aigul", name="Айгуль", role="viewer")
    link = re.search(r"http://console\.test(/console/welcome/[\w-]+)", shown.text)
    assert link
    assert "приглашён" in shown.text
    assert link[1] not in (await owner.get("/console/operators")).text
    aigul = door.browser()
    await aigul.send(link[1], login="aigul", name="Айгуль", password=PASSWORD, again=PASSWORD)
    assert await aigul.is_in()
    assert (await aigul.post("/console/profile", name="Айгуль С.", language="kk")).status_code == 204
    assert ("operator.invited", "operator:2") in await _actions(door)
    details = [entry.details for entry in await door.shop.app.db.read(audit.listed, action="operator.invited")]
    assert details == [{"login": "aigul", "role": "viewer"}]


async def test_a_login_is_given_once(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    taken = await owner.post("/console/operators", login="MARAT", name="Другой", role="viewer")
    assert (taken.status_code, "уже занят" in taken.text) == (409, True)
    assert "operator.invited" not in dict(await _actions(door))


@pytest.mark.parametrize("path", ["/console/operators", "/console/operators/1", "/console/keys", "/console/audit"])
@pytest.mark.parametrize("role", ["viewer", "manager"])
async def test_only_the_owner_sees_operators_keys_and_the_log(open_console: OpenConsole, path: str, role: str) -> None:
    console = await open_console(role=role)
    assert (await console.get(path)).status_code == 403
    assert path not in (await console.get("/console/profile")).text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/operators", {"login": "x1", "role": "owner"}),
        ("/console/operators/1/role", {"role": "owner"}),
        ("/console/operators/1/disable", {}),
        ("/console/operators/1/link", {}),
        ("/console/operators/1/second-factor/off", {}),
        ("/console/keys", {"name": "x", "scope": "all"}),
        ("/console/keys/revoke", {"name": "x"}),
    ],
)
async def test_nobody_below_the_owner_changes_them(
    open_console: OpenConsole, path: str, fields: dict[str, str]
) -> None:
    console = await open_console(role="manager")
    assert (await console.post(path, fields)).status_code == 403
    assert await console.app.db.read(audit.listed) == []


async def test_a_change_without_the_token_or_from_another_site_is_refused(open_console: OpenConsole) -> None:
    console = await open_console()
    path, fields = "/console/operators", {"login": "aigul", "role": "viewer"}
    assert (await console.http.post(path, data=fields)).status_code == 403
    assert (await console.http.post(path, data=fields | {"csrf": "0" * 64})).status_code == 403
    foreign = await console.post(path, fields, headers={"origin": "https://evil.test"})
    assert foreign.status_code == 403
    another = await console.another(role="owner", name="Ерлан-второй")
    stolen = await console.post(path, fields, headers={"x-csrf-token": another.csrf})
    assert stolen.status_code == 403
    assert (await console.post(path, fields)).status_code == 200


async def test_who_is_let_out_is_out_at_the_next_request(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    await door.hire("aigul", Role.MANAGER, "Айгуль")
    aigul = door.browser()
    await aigul.sign_in("aigul")
    assert (await owner.post("/console/operators/2/disable")).status_code == 204
    assert not await aigul.is_in()
    assert (await door.browser().sign_in("aigul")).status_code == 401
    assert (await owner.post("/console/operators/2/link")).status_code == 409
    assert (await owner.post("/console/operators/2/enable")).status_code == 204
    assert (await door.browser().sign_in("aigul")).status_code == 303
    assert ("operator.disabled", "operator:2") in await _actions(door)


async def test_a_role_counts_at_once(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    await door.hire("aigul", Role.VIEWER, "Айгуль")
    aigul = door.browser()
    await aigul.sign_in("aigul")
    assert (await aigul.get("/console/keys")).status_code == 403
    await owner.post("/console/operators/2/role", role="owner")
    assert (await aigul.get("/console/keys")).status_code == 200


@pytest.mark.parametrize(("path", "fields"), [("disable", {}), ("role", {"role": "manager"})])
async def test_the_last_owner_stays(open_shop: OpenShop, path: str, fields: dict[str, str]) -> None:
    door, owner = await _owner(open_shop)
    await door.shop.app.db.run(accounts.invite, "second", "Второй", Role.OWNER, now=door.shop.clock.now())
    refused = await owner.post(f"/console/operators/1/{path}", **fields)
    assert (refused.status_code, "последний владелец" in refused.text) == (409, True)
    assert [action for action, _ in await _actions(door)] == ["signed_in"]
    await door.hire("third")
    assert (await owner.post(f"/console/operators/1/{path}", **fields)).status_code == 204


@pytest.mark.both_kinds
async def test_two_owners_who_leave_at_the_same_moment_do_not_both_leave(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    one, other = await door.hire("one"), await door.hire("other")
    now = door.shop.clock.now()
    left: list[Any] = await asyncio.gather(
        *(door.shop.app.db.run(accounts.disable, owner.id, now=now) for owner in (one, other)),
        return_exceptions=True,
    )
    assert [type(result) for result in left if result is not None] == [Refused]


async def test_an_owner_ends_sessions_and_gives_a_link_for_a_new_password(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    await door.hire("aigul", Role.MANAGER, "Айгуль")
    aigul = door.browser()
    await aigul.sign_in("aigul")
    await owner.post("/console/operators/2/sessions/end")
    assert not await aigul.is_in()
    shown = await owner.post("/console/operators/2/link")
    link = re.search(r"/console/welcome/[\w-]+", shown.text)
    assert link
    assert (await aigul.get(link[0])).status_code == 200
    assert "Айгуль" in (await owner.get("/console/operators/2")).text


async def test_an_owner_cannot_go_round_his_own_password_from_an_open_page(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    await owner.turn_second_factor_on(door.shop)
    assert (await owner.post("/console/operators/1/second-factor/off")).status_code == 409
    assert (await owner.post("/console/operators/1/link")).status_code == 409
    await door.hire("second")
    other = door.browser()
    await other.sign_in("second")
    assert (await other.post("/console/operators/1/second-factor/off")).status_code == 204
    assert (await door.browser().sign_in()).headers["location"] == "/console/today"


async def test_ending_ones_own_sessions_keeps_the_one_at_hand(open_shop: OpenShop) -> None:
    door, owner = await _owner(open_shop)
    elsewhere = door.browser()
    await elsewhere.sign_in()
    await owner.post("/console/operators/1/sessions/end")
    assert await owner.is_in()
    assert not await elsewhere.is_in()


async def test_an_operator_that_is_not_there_is_not_found(open_console: OpenConsole) -> None:
    console = await open_console()
    assert (await console.get("/console/operators/99")).status_code == 404
    assert (await console.post("/console/operators/99/disable")).status_code == 404


async def test_links_stand_under_the_shops_own_address_where_it_is_set(open_console: OpenConsole) -> None:
    console = await open_console(public_url="https://shop.example.org/")
    form = {"login": "aigul", "name": "Айгуль", "role": "viewer"}
    shown = await console.post("/console/operators", form, headers={"host": "evil.example"})
    assert "https://shop.example.org/console/welcome/" in shown.text
    assert "evil.example" not in shown.text
