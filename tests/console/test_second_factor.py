"""The second step of signing in: codes of a phone, each good once, and recovery codes for the day it is lost."""

import re

import pytest
from sqlalchemy import select

from saudager.operators import accounts, audit
from saudager.operators.models import Operator, RecoveryCode
from tests.conftest import OpenShop
from tests.console.door import PASSWORD, Browser, Door, Phone

_STEP = "/console/second-factor"


async def _door_with_phone(open_shop: OpenShop) -> tuple[Door, Phone]:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    phone = await browser.turn_second_factor_on(door.shop)
    door.later(minutes=1)
    return door, phone


async def _at_second_step(door: Door) -> Browser:
    browser = door.browser()
    answer = await browser.sign_in()
    assert answer.headers["location"] == f"{_STEP}?next=/console/today"
    return browser


@pytest.mark.both_kinds
async def test_the_password_alone_opens_nothing_and_the_code_opens_the_page(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    browser = await _at_second_step(door)
    half = browser.token
    assert not await browser.is_in()
    assert (await browser.send(_STEP, code="000000")).status_code == 401
    let_in = await browser.send(_STEP, code=phone.code(), next="/console/profile")
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/console/profile")
    assert await browser.is_in()
    assert browser.token != half


async def test_a_code_is_good_once_and_so_are_those_before_it(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    first, second = await _at_second_step(door), await _at_second_step(door)
    assert (await first.send(_STEP, code=phone.code())).status_code == 303
    assert (await second.send(_STEP, code=phone.code())).status_code == 401
    assert (await second.send(_STEP, code=phone.code(seconds=-30))).status_code == 401
    assert (await second.send(_STEP, code=phone.code(seconds=30))).status_code == 303


async def test_a_code_more_than_half_a_minute_off_is_not_taken(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    browser = await _at_second_step(door)
    assert (await browser.send(_STEP, code=phone.code(seconds=60))).status_code == 401
    assert (await browser.send(_STEP, code=phone.code(seconds=-60))).status_code == 401
    assert (await browser.send(_STEP, code=phone.code(seconds=-30))).status_code == 303


async def test_the_code_that_switched_it_on_does_not_sign_in(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    phone = await browser.turn_second_factor_on(door.shop)
    assert (await (await _at_second_step(door)).send(_STEP, code=phone.code())).status_code == 401


@pytest.mark.both_kinds
async def test_a_recovery_code_lets_in_once(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    code = phone.recovery_codes[3]
    first, second = await _at_second_step(door), await _at_second_step(door)
    assert (await first.send(_STEP, code=code.upper().replace("-", " "))).status_code == 303
    assert (await second.send(_STEP, code=code)).status_code == 401
    assert "осталось" in (await first.get("/console/profile")).text.lower()
    assert ": 9" in (await first.get("/console/profile")).text


async def test_guessing_codes_is_closed_even_for_who_knows_the_password(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    for _ in range(5):
        browser = await _at_second_step(door)
        assert (await browser.send(_STEP, code="000000")).status_code == 401
    assert (await browser.send(_STEP, code=phone.code())).status_code == 401
    door.later(seconds=61)
    assert (await browser.send(_STEP, code=phone.code())).status_code == 303


async def test_the_second_step_has_to_be_made_within_ten_minutes(open_shop: OpenShop) -> None:
    door, _ = await _door_with_phone(open_shop)
    browser = await _at_second_step(door)
    door.later(minutes=11)
    assert (await browser.get(_STEP)).headers["location"].startswith("/console/sign-in")


async def test_the_secret_is_sealed_and_the_recovery_codes_are_hashes(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    app = door.shop.app
    sealed = await app.db.read(lambda session: session.scalars(select(Operator.second_factor)).one())
    kept = await app.db.read(lambda session: session.scalars(select(RecoveryCode.digest)).all())
    assert sealed is not None
    assert phone.secret in app.vault.open(sealed)
    stored = b"".join(file.read_bytes() for file in app.settings.data_dir.glob("saudager.db*"))
    assert phone.secret.encode() not in stored
    assert len(kept) == 10
    for code in phone.recovery_codes:
        assert code.replace("-", "").encode() not in stored


async def test_switching_it_on_takes_the_password_and_a_code_of_the_phone(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    await door.hire()
    browser = door.browser()
    await browser.sign_in()
    page = (await browser.get("/console/profile/second-factor")).text
    assert "<svg" in page
    assert "style=" not in page
    offered = re.search(r'name="offered" value="([^"]+)"', page)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert offered and secret
    phone = Phone(secret[1].replace(" ", ""), door.shop)
    way = "/console/profile/second-factor"
    wrong = await browser.post(way, offered=offered[1], code=phone.code(), password="не тот пароль")
    assert "Пароль не подошёл" in wrong.text
    wrong = await browser.post(way, offered=offered[1], code="000000", password=PASSWORD)
    assert "Код не подошёл" in wrong.text
    assert not (await door.shop.app.db.read(accounts.by_id, 1)).second_factor
    right = await browser.post(way, offered=offered[1], code=phone.code(), password=PASSWORD)
    assert "Сохраните коды" in right.text


async def test_a_secret_offered_to_one_operator_is_no_use_to_another(open_shop: OpenShop) -> None:
    door = Door(await open_shop())
    await door.hire()
    await door.hire("aigul")
    marat, aigul = door.browser(), door.browser()
    await marat.sign_in("marat")
    await aigul.sign_in("aigul")
    page = (await marat.get("/console/profile/second-factor")).text
    offered = re.search(r'name="offered" value="([^"]+)"', page)
    assert offered
    stolen = await aigul.post("/console/profile/second-factor", offered=offered[1], code="1", password=PASSWORD)
    assert stolen.status_code == 409


async def test_it_is_switched_off_by_the_password_only_and_that_is_in_the_log(open_shop: OpenShop) -> None:
    door, phone = await _door_with_phone(open_shop)
    browser = await _at_second_step(door)
    await browser.send(_STEP, code=phone.code())
    assert (await browser.post("/console/profile/second-factor/off", password="не тот")).status_code == 409
    renewed = await browser.post("/console/profile/second-factor/codes", password=PASSWORD)
    assert phone.recovery_codes[0] not in renewed.text
    assert (await browser.post("/console/profile/second-factor/off", password=PASSWORD)).status_code == 204
    actions = [entry.action for entry in await door.shop.app.db.read(audit.listed)]
    assert actions[:2] == ["second_factor.off", "second_factor.new_codes"]
    assert (await door.browser().sign_in()).headers["location"] == "/console/today"
