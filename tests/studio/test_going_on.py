"""A series is gone on with where it was left: what was kept is not drawn twice, whatever happened on the way."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from saudager.attention import Why
from saudager.errors import NotFound, Refused, Unreachable
from saudager.providers.images import Drawing, NoPicture
from saudager.studio import drawing, series
from saudager.studio.models import Keeping, Picture, PictureSeries
from tests.conftest import OpenShop
from tests.studio.easel import (
    ANGLES,
    angles_of,
    begun,
    drawn,
    engine,
    fails_for,
    flat,
    gone_on,
    painters,
    pictures,
    stray_files,
    told,
)


@pytest.mark.both_kinds
async def test_going_on_draws_only_what_is_missing(open_shop: OpenShop) -> None:
    ill = fails_for("side", NoPicture("busy"))
    is_ill = [True]
    hand = engine(lambda asked: ill(asked) if is_ill[0] else flat())
    shop = await open_shop(painters=painters(hand))
    number = await begun(shop)
    await shop.settles()
    assert (await told(shop, number))["state"] == "incomplete"
    before = await pictures(shop, number)
    hand.asked.clear()
    is_ill[0] = False
    assert (await gone_on(shop, number))["state"] == "done"
    assert angles_of(hand) == ["side"]
    after = await pictures(shop, number)
    assert {angle: after[angle].path for angle in ("front", "rear")} == {
        angle: before[angle].path for angle in ("front", "rear")
    }
    assert [len(asked.references) for asked in hand.asked] == [1]
    assert await shop.app.media.get(before["front"].path) == hand.asked[0].references[0].content
    assert await stray_files(shop) == []


@pytest.mark.both_kinds
async def test_a_series_that_is_being_drawn_is_not_drawn_a_second_time(open_shop: OpenShop) -> None:
    async def slowly(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    hand = engine(slowly)
    shop = await open_shop(painters=painters(hand))
    number = await begun(shop)
    await shop.time_passes(seconds=5)
    for _ in range(3):
        await shop.app.db.run(series.go_on, number, now=shop.clock.now())
    await shop.time_passes(minutes=5)
    assert (await told(shop, number))["state"] == "done"
    assert sorted(angles_of(hand)) == sorted(ANGLES)


async def test_two_workers_of_one_task_keep_each_picture_once_and_leave_no_file(open_shop: OpenShop) -> None:
    first_may_go = asyncio.Event()
    waiting = []

    async def first_hangs(asked: Drawing) -> bytes:
        if asked.angle == "side" and not waiting:
            waiting.append(asked)
            await first_may_go.wait()
        return flat()

    hand = engine(first_hangs)
    shop = await open_shop(painters=painters(hand))
    number = await begun(shop, by_queue=False)
    task = await shop.app.db.read(lambda session: series.held(session, number).task_id)
    lost_its_lease = asyncio.create_task(drawing.draw_pictures(shop.app, task, series_id=number))
    while not waiting:
        await asyncio.sleep(0)
    while (await pictures(shop, number))["rear"].path is None:
        await asyncio.sleep(0)
    kept = {angle: one.path for angle, one in (await pictures(shop, number)).items() if one.path}
    assert set(kept) == {"front", "rear"}
    hand.asked.clear()
    other = await drawing.draw_pictures(shop.app, task, series_id=number)
    assert angles_of(hand) == ["side"]
    first_may_go.set()
    await lost_its_lease
    assert other["state"] == "done"
    now = await pictures(shop, number)
    assert {angle: now[angle].path for angle in kept} == kept
    assert [len(one.tries) for one in now.values()] == [1, 1, 1]
    assert await stray_files(shop) == []


@pytest.mark.both_kinds
async def test_cancelled_in_the_middle_it_begins_nothing_more_and_keeps_what_came(open_shop: OpenShop) -> None:
    async def slowly(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    hand = engine(slowly)
    shop = await open_shop(painters=painters(hand), images_at_once=2)
    number = await begun(shop, keeping=Keeping.SEEDS, views=["front", "side", "rear", "detail", "interior"])
    await shop.time_passes(seconds=15)
    await shop.app.db.run(series.cancel, number, now=shop.clock.now())
    await shop.time_passes(minutes=5)
    result = await told(shop, number)
    assert result["state"] == "cancelled"
    assert [bool(one["url"]) for one in result["images"]] == [True, True, True, True, False]
    assert len(hand.asked) == 4
    hand.asked.clear()
    assert (await gone_on(shop, number))["state"] == "done"
    assert angles_of(hand) == ["interior"]


async def test_a_series_gone_on_with_while_the_cancelled_one_still_draws_waits_for_it(open_shop: OpenShop) -> None:
    async def slowly(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    hand = engine(slowly)
    shop = await open_shop(painters=painters(hand))
    number = await begun(shop, keeping=Keeping.SEEDS)
    await shop.time_passes(seconds=5)
    await shop.app.db.run(series.cancel, number, now=shop.clock.now())
    await shop.app.db.run(series.go_on, number, now=shop.clock.now())
    await shop.time_passes(minutes=5)
    assert (await told(shop, number))["state"] == "done"
    assert sorted(angles_of(hand)) == sorted(ANGLES)


async def test_a_task_that_died_leaves_a_series_that_can_be_gone_on_with(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = engine()
    shop = await open_shop(painters=painters(hand))

    async def broken(*arguments, **named) -> None:
        raise ValueError("a mistake of ours")

    with monkeypatch.context() as patched:
        patched.setattr(drawing.preparing, "prepare", broken)
        number = await begun(shop)
        await shop.time_passes(hours=1)
    result = await told(shop, number)
    assert result["state"] == "incomplete"
    assert {one["reason"] for one in result["images"]} == {"Сбой программы: подробности в журнале."}
    assert (await gone_on(shop, number))["state"] == "done"


async def test_a_picture_kept_to_is_never_one_that_was_drawn_from_another(open_shop: OpenShop) -> None:
    shades = {"side": "#f4f4f2", "front": "#f4f4f1", "rear": "#f4f4f0"}
    refuses = ["front"]

    def draw(asked: Drawing) -> bytes:
        if asked.angle in refuses:
            raise NoPicture("busy")
        return flat(colour=shades[asked.angle])

    hand = engine(draw)
    shop = await open_shop(painters=painters(hand))
    number = await begun(shop)
    await shop.settles()
    refuses.clear()
    await gone_on(shop, number)
    rear = (await pictures(shop, number))["rear"]
    await shop.app.db.run(series.redraw, rear.id, by="Асель", now=shop.clock.now())
    await shop.settles()
    side = (await pictures(shop, number))["side"]
    assert angles_of(hand)[-2:] == ["front", "rear"]
    for asked in hand.asked[-2:]:
        assert [one.content for one in asked.references] == [await shop.app.media.get(side.path)]


@pytest.mark.both_kinds
async def test_series_are_listed_newest_first_with_what_became_of_their_pictures(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine(fails_for("rear", NoPicture("no")))))
    for _ in range(3):
        await drawn(shop)
    found, total = await shop.app.db.read(lambda session: series.listed(session, page=1, size=2))
    assert (len(found), total) == (2, 3)
    assert [one.series.id for one in found] == sorted((one.series.id for one in found), reverse=True)
    assert {state: count for state, count in found[0].counts.items() if count} == {"drawn": 2, "failed": 1}
    assert found[0].pictures == 3
    assert found[0].cover == (await pictures(shop, found[0].series.id))["front"].path
    last, _ = await shop.app.db.read(lambda session: series.listed(session, page=2, size=2))
    assert len(last) == 1


@pytest.mark.both_kinds
async def test_a_series_that_is_removed_leaves_nothing_even_of_what_comes_later(open_shop: OpenShop) -> None:
    async def slowly(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    shop = await open_shop(painters=painters(engine(slowly)))
    number = await begun(shop)
    await shop.time_passes(seconds=15)
    await drawing.remove(shop.app, number)
    await shop.time_passes(hours=1)

    def rows(session) -> int:
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Picture, PictureSeries))

    assert await shop.app.db.read(rows) == 0
    assert [path async for path in shop.app.media.below("pictures/")] == []
    assert [one for one in await shop.desk() if one.kind == Why.TASK] == []
    with pytest.raises(NotFound):
        await drawing.remove(shop.app, number)


async def test_a_series_of_a_photo_needs_the_photo_and_says_when_it_is_gone(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine()))
    with pytest.raises(Refused, match="приложите фото"):
        await begun(shop, keeping=Keeping.PHOTO)
    result = await drawn(shop, keeping=Keeping.PHOTO, photo="pictures/gone.png")
    assert result["state"] == "incomplete"
    assert result["images"][0]["reason"] == "файла нет: он ещё не пришёл или уже удалён"


async def test_one_broken_angle_among_many_costs_no_other(open_shop: OpenShop) -> None:
    hand = engine(fails_for("side", Unreachable("HTTP 500")))
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop)
    assert [one["state"] for one in result["images"]] == ["drawn", "failed", "drawn"]
    assert angles_of(hand).count("side") == 3
