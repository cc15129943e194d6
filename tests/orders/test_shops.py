"""A shop is connected once its form was tried, changed, paused and disconnected, and its secrets are never shown."""

import json

import pytest

from saudager import attention
from saudager.bench.kaspi_shop import TOKEN
from saudager.bootstrap import bootstrap, connect_shops
from saudager.clock import MovableClock
from saudager.doctor import examine
from saudager.errors import NotFound, Refused
from saudager.orders import shops
from saudager.queues import tasks
from saudager.rehearsal import OPENING
from tests.orders.market import APPROVED, connected, stored, take


async def _one(app, shop_id):
    return await app.db.read(shops.one, shop_id)


async def _findings(app):
    return {finding.about: finding async for finding in examine(app)}


async def _under_way(app, name):
    return await app.db.read(tasks.under_way, name, now=app.clock.now())


async def test_a_form_is_tried_before_the_shop_is_connected(app, kaspi):
    wrong = await shops.take_on(app, "Kaspi", "kaspi", kaspi.form | {"token": "wrong"})
    assert (wrong.ready, bool(wrong.reason), wrong.shop_id) == (False, True, None)
    assert await app.db.read(shops.everyone) == []
    good = await shops.take_on(app, "Kaspi", "kaspi", kaspi.form)
    shop = await _one(app, good.shop_id)
    assert (good.ready, shop.name, shop.writes, shop.writes_since) == (True, "Kaspi", True, OPENING)
    assert TOKEN not in shop.config
    assert len(await _under_way(app, shops.BACKFILL)) == 1


async def test_a_form_that_is_filled_in_wrongly_is_not_tried(app, kaspi):
    trial = await shops.try_out(app, "kaspi", {"base_url": "ftp://kaspi.kz", "token": ""})
    assert set(trial.problems) == {"token", "base_url"}
    assert sum(kaspi.requests.values()) == 0
    with pytest.raises(NotFound):
        await shops.try_out(app, "elsewhere", {})


async def test_a_shop_may_be_connected_whatever_the_marketplace_says(app, kaspi):
    kaspi.fail_always("list", "503")
    trial = await shops.take_on(app, "Kaspi", "kaspi", kaspi.form, writes=False, untested=True)
    assert (trial.ready, bool(trial.reason)) == (False, True)
    assert not (await _one(app, trial.shop_id)).writes


async def test_a_changed_form_keeps_the_secrets_that_are_left_empty_and_settles_the_desk(watched):
    app, kaspi = watched.app, watched.kaspi
    kaspi.token = "new-token"
    await watched.looks()
    assert len(await app.db.read(attention.waiting)) == 1
    shown, kept = shops.shown(app, await _one(app, watched.id))
    assert (shown["base_url"], kept, "token" in shown) == (kaspi.base_url, ["token"], False)
    still_wrong = await shops.change(app, watched.id, shown | {"token": ""})
    assert not still_wrong.ready
    assert (await shops.change(app, watched.id, shown | {"token": "new-token"})).ready
    assert await app.db.read(attention.waiting) == []
    assert (await watched.looks()).problem is None
    again = await shops.change(app, watched.id, shown | {"requests_per_second": "500"})
    assert again.ready
    assert (await watched.looks()).problem is None


async def test_names_are_not_taken_twice(app):
    shop_id = await connected(app, "Чайники")
    other = await connected(app, "Чашки")
    for deed in (lambda: connected(app, " Чайники "), lambda: app.db.run(shops.rename, other, "Чайники")):
        with pytest.raises(Refused, match="Чайники"):
            await deed()
    with pytest.raises(Refused):
        await connected(app, " ")
    await app.db.run(shops.rename, other, "Кружки")
    await app.db.run(shops.rename, shop_id, "Чайники")
    assert [shop.name for shop in await app.db.read(shops.everyone)] == ["Кружки", "Чайники"]


async def test_a_pause_is_not_caught_up_on(app):
    shop_id = await connected(app)
    await app.db.run(shops.set_writing, shop_id, writes=False, now=OPENING)
    app.clock.move_to(OPENING.replace(hour=9))
    await app.db.run(shops.set_writing, shop_id, writes=True, now=app.clock.now())
    shop = await _one(app, shop_id)
    assert (shop.writes, shop.writes_since) == (True, OPENING.replace(hour=9))


@pytest.mark.both_kinds
async def test_a_disconnected_shop_keeps_its_orders_and_nothing_that_waits(app):
    shop_id = await connected(app)
    await take(app, shop_id, APPROVED)
    await app.db.run(shops.disconnect, shop_id, now=app.clock.now())
    with pytest.raises(NotFound):
        await _one(app, shop_id)
    states = "select state, reason from order_triggers"
    rows = await app.db.read(lambda session: session.info["driver"].execute(states).fetchall())
    assert [tuple(row) for row in rows] == [("stopped", shops.DISCONNECTED)]
    assert (await stored(app)).shop_id == shop_id
    assert await connected(app) == shop_id


async def test_a_shop_of_the_environment_takes_its_new_token_until_the_merchant_enters_one(settings):
    app = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)

    async def token_with(given: str) -> str:
        app.settings = settings(kaspi_token=given)
        await connect_shops(app)
        (known,) = await app.db.read(shops.everyone)
        return str(json.loads(app.vault.open(known.config))["token"])

    try:
        assert await token_with("first") == "first"
        assert await token_with("second") == "second"
        (known,) = await app.db.read(shops.everyone)
        await shops.change(app, known.id, {"token": "typed"}, untested=True)
        assert await token_with("third") == "typed"
    finally:
        await app.close()


async def test_the_environment_names_a_shop_once_and_the_database_wins_afterwards(settings):
    named = settings(kaspi_token="fake", kaspi_shop_name="Мой Kaspi", kaspi_backfill_days=30)
    app = bootstrap(named, clock=MovableClock(OPENING), hosted=False, poll=None)
    try:
        await connect_shops(app)
        (known,) = await app.db.read(shops.everyone)
        assert (known.name, known.marketplace) == ("Мой Kaspi", "kaspi")
        assert shops.shown(app, known)[1] == ["token"]
        assert len(await _under_way(app, shops.BACKFILL)) == 1
        await app.db.run(shops.rename, known.id, "Чайники")
        await connect_shops(app)
        await app.db.run(shops.disconnect, known.id, now=OPENING)
        await connect_shops(app)
        assert await app.db.read(shops.everyone) == []
    finally:
        await app.close()


async def test_the_doctor_asks_each_shops_marketplace(watched):
    await connected(watched.app, "Не на маркетплейсе")
    findings = await watched.ends(_findings(watched.app))
    assert findings["магазин «Чайники»"].good
    assert "магазин «Не на маркетплейсе»" not in findings
    watched.kaspi.token = "another"
    findings = await watched.ends(_findings(watched.app))
    assert not findings["магазин «Чайники»"].good
