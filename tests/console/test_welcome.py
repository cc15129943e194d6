"""One-time links: the first owner's, an invited operator's, and for a forgotten password."""

import asyncio

import pytest

from saudager.operators import accounts
from saudager.operators.roles import Role
from tests.conftest import OpenShop
from tests.console.door import PASSWORD, Door

CHOSEN = {"password": "восемь жёлтых лодок", "again": "восемь жёлтых лодок"}


async def _invited(door: Door, login: str = "aigul", role: Role = Role.MANAGER) -> str:
    _, secret = await door.shop.app.db.run(accounts.invite, login, "Айгуль", role, now=door.shop.clock.now())
    return f"/console/welcome/{secret}"


async def _reset(door: Door, operator_id: int = 1) -> str:
    secret = await door.shop.app.db.run(accounts.let_choose_again, operator_id, now=door.shop.clock.now())
    return f"/console/welcome/{secret}"


@pytest.mark.both_kinds
async def test_the_first_link_makes_the_owner_and_nobody_a_second_time(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    link = await door.first_link()
    browser = door.browser()
    let_in = await browser.send(link, login="Marat", name="Марат", **CHOSEN)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/console/today")
    assert (await browser.get("/console/operators")).status_code == 200
    again = await door.browser().get(link)
    assert (again.status_code, "не действует" in again.text) == (404, True)
    with pytest.raises(AssertionError):
        await door.first_link()


async def test_a_new_start_prints_a_new_link_and_the_old_one_is_dead(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    first, second = await door.first_link(), await door.first_link()
    assert (await door.browser().get(first)).status_code == 404
    assert (await door.browser().get(second)).status_code == 200


async def test_the_first_link_makes_no_owner_when_there_is_one_already(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    link = await door.first_link()
    await door.hire()
    assert (await door.browser().get(link)).status_code == 404


@pytest.mark.both_kinds
async def test_a_link_used_at_the_same_moment_lets_one_in(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    link = await door.first_link()
    tries = [door.browser().send(link, login=f"owner{n}", name="Марат", **CHOSEN) for n in range(3)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [303, 404, 404]
    assert len(await door.shop.app.db.read(accounts.everyone)) == 1


async def test_an_invited_operator_chooses_name_and_password_and_has_the_role(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    browser = door.browser()
    await browser.send(await _invited(door), login="owner", name="Айгуль С.", **CHOSEN)
    (entry,) = await door.shop.app.db.read(accounts.everyone)
    assert (entry.operator.login, entry.operator.name, entry.operator.role) == ("aigul", "Айгуль С.", "manager")
    assert await browser.is_in()
    assert (await browser.get("/console/operators")).status_code == 403


async def test_opening_a_link_does_not_use_it_up(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    link = await _invited(door)
    for _ in range(3):
        assert (await door.browser().get(link)).status_code == 200


@pytest.mark.parametrize(("days", "status"), [(6, 200), (8, 404)])
async def test_an_invitation_lives_a_week(open_shop: OpenShop, days: int, status: int) -> None:
    door = Door(await open_shop())
    link = await _invited(door)
    door.later(days=days)
    assert (await door.browser().get(link)).status_code == status


async def test_a_reset_ends_every_session_and_the_old_password(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    await door.hire()
    before = door.browser()
    await before.sign_in()
    after = door.browser()
    await after.send(await _reset(door), **CHOSEN)
    assert await after.is_in()
    assert not await before.is_in()
    assert (await door.browser().sign_in()).status_code == 401
    assert (await door.browser().sign_in(password=CHOSEN["password"])).status_code == 303


async def test_a_reset_does_not_go_round_the_second_factor(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    phone = await browser.turn_second_factor_on(door.shop)
    door.later(minutes=1)
    other = door.browser()
    let_in = await other.send(await _reset(door), **CHOSEN)
    assert let_in.headers["location"].startswith("/console/second-factor")
    assert not await other.is_in()
    await other.send("/console/second-factor", code=phone.code())
    assert await other.is_in()


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("коротко", "Слишком коротко"),
        ("qwerty12345", "угадают первым"),
        ("ЙЦУКЕНГШЩЗ", "угадают первым"),
        ("aaaaaaaaaaaa", "угадают первым"),
        ("marat.almaty2026", "повторяет логин"),
    ],
)
async def test_a_password_easy_to_guess_is_not_taken(open_shop: OpenShop, password: str, says: str) -> None:
    door = Door(await open_shop())
    link = await door.first_link()
    browser = door.browser()
    answer = await browser.send(link, login="Marat.Almaty", name="Марат", password=password, again=password)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert 'value="Marat.Almaty"' in answer.text
    assert await door.shop.app.db.read(accounts.everyone) == []


async def test_a_password_typed_twice_differently_is_not_taken(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    link = await door.first_link()
    answer = await door.browser().send(link, login="marat", name="Марат", password=PASSWORD, again=PASSWORD + "!")
    assert "не совпали" in answer.text


@pytest.mark.parametrize("login", ["", "м", "два слова", "a/b", "x" * 65])
async def test_a_login_that_is_none_is_explained(open_shop: OpenShop, login: str) -> None:
    door = Door(await open_shop())
    answer = await door.browser().send(await door.first_link(), login=login, name="Марат", **CHOSEN)
    assert (answer.status_code, "Логин: от 2" in answer.text) == (422, True)


async def test_the_second_half_of_a_letter_typed_by_another_keyboard_is_the_same_password(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    composed, decomposed = "зелёный чай утром", "зеле\u0308ныи\u0306 чаи\u0306 утром"
    await door.browser().send(await door.first_link(), login="marat", name="М", password=composed, again=composed)
    assert (await door.browser().sign_in(password=decomposed)).status_code == 303
