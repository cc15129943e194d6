"""A person's word on a picture stands, whatever was measured and whatever comes later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.providers.images import Drawing
from saudager.studio import series
from saudager.studio.models import Verdict
from tests import databases
from tests.conftest import OpenShop
from tests.studio.easel import begun, drawn, engine, flat, numbers, painters, pictures, stray_files, told

pytestmark = pytest.mark.both_kinds
RED = "#b3202a"


def unlike(asked: Drawing) -> bytes:
    """A side that is of another colour than the front."""
    return flat(colour=RED if asked.angle == "side" else "#f4f4f2")


async def judged(shop: Any, number: int, angle: str, verdict: Verdict) -> None:
    picture = (await pictures(shop, number))[angle]
    await shop.app.db.run(series.judge, picture.id, verdict, by="Асель", now=shop.clock.now())


async def redrawn(shop: Any, number: int, angle: str) -> None:
    picture = (await pictures(shop, number))[angle]
    await shop.app.db.run(series.redraw, picture.id, by="Асель", now=shop.clock.now())


async def test_a_picture_that_stays_unlike_waits_for_a_person_and_his_word_stands(open_shop: OpenShop) -> None:
    hand = engine(unlike)
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop)
    (number,) = await numbers(shop)
    assert result["state"] == "done"
    side = result["images"][1]
    assert (side["state"], side["verdict"]) == ("doubtful", None)
    assert side["reason"] == "Не похоже на товар: нарисовано 3 раза, посмотрите сами."
    assert [asked.seed for asked in hand.asked if asked.angle == "side"] == [
        series.seed_of(result["session_id"], "side", attempt) for attempt in range(3)
    ]
    await judged(shop, number, "side", Verdict.ACCEPTED)
    side = (await told(shop, number))["images"][1]
    assert (side["state"], side["verdict"], side["reason"]) == ("drawn", "accepted", None)
    with pytest.raises(Refused, match="сначала откажитесь"):
        await redrawn(shop, number, "side")


async def test_a_refused_picture_is_drawn_again_with_the_next_seed_and_the_old_one_goes(open_shop: OpenShop) -> None:
    hand = engine()
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop)
    (number,) = await numbers(shop)
    old = (await pictures(shop, number))["side"].path
    await judged(shop, number, "side", Verdict.REFUSED)
    refused = (await told(shop, number))["images"][1]
    assert (refused["state"], refused["reason"]) == ("doubtful", "Картинку не приняли.")
    hand.asked.clear()
    await redrawn(shop, number, "side")
    await shop.settles()
    assert [(asked.angle, asked.seed) for asked in hand.asked] == [
        ("side", series.seed_of(result["session_id"], "side", 1))
    ]
    new = (await pictures(shop, number))["side"]
    assert (new.state, new.verdict) == ("drawn", None)
    assert new.path != old
    assert not await shop.app.media.has(old)
    assert await stray_files(shop) == []
    assert (await told(shop, number))["state"] == "done"


async def test_a_first_picture_drawn_again_keeps_to_the_others(open_shop: OpenShop) -> None:
    hand = engine()
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop)
    (number,) = await numbers(shop)
    await redrawn(shop, number, "front")
    await shop.settles()
    assert hand.asked[-1].seed == series.seed_of(result["session_id"], "front", 1)
    assert [one.content for one in hand.asked[-1].references] == [
        await shop.app.media.get((await pictures(shop, number))["side"].path)
    ]


async def test_a_redraw_that_comes_after_the_picture_was_accepted_replaces_nothing(open_shop: OpenShop) -> None:
    is_slow = [False]

    async def draw(asked: Drawing) -> bytes:
        if is_slow[0]:
            await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    shop = await open_shop(painters=painters(engine(draw)))
    await drawn(shop)
    (number,) = await numbers(shop)
    old = (await pictures(shop, number))["side"].path
    is_slow[0] = True
    await redrawn(shop, number, "side")
    await shop.time_passes(seconds=5)
    await judged(shop, number, "side", Verdict.ACCEPTED)
    await shop.time_passes(minutes=1)
    side = (await pictures(shop, number))["side"]
    assert (side.path, side.state, side.verdict, side.judged_by) == (old, "drawn", "accepted", "Асель")
    assert await shop.app.media.has(old)
    assert await stray_files(shop) == []
    assert (await told(shop, number))["state"] == "done"


async def test_a_redraw_asked_for_while_the_series_is_drawn_comes_after_it(open_shop: OpenShop) -> None:
    async def draw(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now() + timedelta(seconds=10))
        return flat()

    hand = engine(draw)
    shop = await open_shop(painters=painters(hand), images_at_once=1)
    number = await begun(shop)
    await shop.time_passes(seconds=15)
    await redrawn(shop, number, "front")
    await shop.time_passes(minutes=5)
    assert [asked.angle for asked in hand.asked] == ["front", "side", "front", "rear"]
    assert (await told(shop, number))["state"] == "done"


async def test_nobody_judges_what_is_not_there(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine()))
    number = await begun(shop)
    with pytest.raises(Refused, match="ещё нет"):
        await judged(shop, number, "front", Verdict.ACCEPTED)
    with pytest.raises(NotFound):
        await shop.app.db.run(series.redraw, 404, by="Асель", now=shop.clock.now())
    await shop.settles()


async def test_only_the_very_picture_somebody_saw_is_accepted(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine()))
    await drawn(shop)
    (number,) = await numbers(shop)
    seen = (await pictures(shop, number))["side"]
    await redrawn(shop, number, "side")
    await shop.settles()

    def accept(name: str | None) -> Any:
        return shop.app.db.run(series.judge, seen.id, Verdict.ACCEPTED, by="Асель", seen=name, now=shop.clock.now())

    with pytest.raises(Refused, match="заново"):
        await accept(seen.name)
    assert (await pictures(shop, number))["side"].verdict is None
    await accept((await pictures(shop, number))["side"].name)
    assert (await pictures(shop, number))["side"].verdict == Verdict.ACCEPTED


async def test_a_word_on_a_picture_waits_for_whoever_removes_its_series(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine()))
    await drawn(shop)
    (number,) = await numbers(shop)
    picture = (await pictures(shop, number))["side"]
    now = shop.clock.now()

    def judge(session: Session) -> None:
        with pytest.raises(NotFound):
            series.judge(session, picture.id, Verdict.ACCEPTED, by="Асель", now=now)

    has_waited, _ = await databases.meanwhile(
        shop.app.db,
        lambda session: series.held(session, number, hold=True),
        lambda: shop.app.db.run(judge),
        last=lambda session: series.remove(session, number, now=now),
    )
    assert has_waited
    assert await numbers(shop) == []
