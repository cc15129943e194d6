"""What nobody wanted of pictures goes at night by itself; what somebody did never does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from saudager import duties
from saudager.rehearsal import Shop
from saudager.studio import drawing, files, series
from saudager.studio.models import Keeping, PictureSeries, SeriesState, Verdict, WebLookup
from tests import databases
from tests.conftest import OpenShop
from tests.studio import easel, made_files
from tests.studio.easel import begun, drawn, numbers, pictures

pytestmark = pytest.mark.both_kinds
(FORGET,) = [one for one in duties.EVERY if one.task == "forget_pictures"]


@pytest.fixture
def open_studio(open_shop: OpenShop) -> Any:
    async def open_one(**values: Any) -> Shop:
        shop: Shop = await open_shop(painters=easel.painters(easel.engine()), **values)
        return shop

    return open_one


async def forget(shop: Shop) -> int:
    gone: int = await FORGET.work(shop.app, task_id="test")
    return gone


async def lying(shop: Shop) -> set[str]:
    return {path async for path in shop.app.media.below("")}


def later(shop: Shop, **span: float) -> None:
    """Without the night's own tidying."""
    shop.clock.move_to(shop.clock.now() + timedelta(**span))


async def test_a_series_nobody_wanted_goes_with_its_files_after_thirty_days(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    assert len(await lying(shop)) == 6
    later(shop, days=29)
    assert await forget(shop) == 0
    later(shop, days=1)
    assert [await forget(shop), await forget(shop)] == [1, 0]
    assert (await numbers(shop), await lying(shop)) == ([], set())


async def test_a_series_with_an_accepted_picture_stays_for_ever(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    (number,) = await numbers(shop)
    picture = (await pictures(shop, number))["side"]
    await shop.app.db.run(series.judge, picture.id, Verdict.ACCEPTED, by="Асель", now=shop.clock.now())
    for_chat = drawing.chat_form_of(picture.path or "")
    await shop.app.media.put(for_chat, b"1", mime_type="image/jpeg", now=shop.clock.now())
    before = await lying(shop)
    later(shop, days=4000)
    assert await forget(shop) == 0
    assert await lying(shop) == before and len(before) == 7


async def test_a_series_somebody_touched_stays_and_so_does_one_that_is_being_drawn(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    (number,) = await numbers(shop)
    later(shop, days=29)
    picture = (await pictures(shop, number))["side"]
    await shop.app.db.run(series.judge, picture.id, Verdict.REFUSED, by="Асель", now=shop.clock.now())
    waiting = await begun(shop)
    later(shop, days=29)
    assert await forget(shop) == 0
    later(shop, days=2)
    assert await forget(shop) == 1
    assert await numbers(shop) == [waiting]  # its task waits in the queue still


async def test_a_series_whose_drawing_died_goes_too(open_studio: Any) -> None:
    shop = await open_studio()
    number = await begun(shop, by_queue=False)
    assert (await shop.app.db.read(series.held, number)).state == SeriesState.DRAWING
    later(shop, days=31)
    assert await forget(shop) == 1
    assert await numbers(shop) == []


async def test_where_series_are_kept_for_ever_only_files_nobody_names_go(open_studio: Any) -> None:
    shop = await open_studio(pictures_kept_days=0)
    await drawn(shop)
    before = await lying(shop)
    await shop.app.media.put("pictures/x.png", b"1", mime_type="image/png", now=shop.clock.now())
    later(shop, days=4000)
    assert await forget(shop) == 1
    assert await lying(shop) == before


async def test_what_a_killed_process_put_before_its_row_goes_after_a_day(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    named, others = await lying(shop), {f"ab/{'0' * 64}.jpg", "letters/pictures.txt"}
    accepted = files.accept(made_files.saved(made_files.picture(), "JPEG"))
    stray = await drawing.keep_file(shop.app, accepted)
    for path in others:
        await shop.app.media.put(path, b"1", mime_type="text/plain", now=shop.clock.now())
    later(shop, hours=23)
    assert await forget(shop) == 0
    later(shop, hours=2)
    assert {stray, drawing.thumbnail_of(stray)} < await lying(shop)
    assert [await forget(shop), await forget(shop)] == [2, 0]
    assert await lying(shop) == named | others


async def test_nothing_goes_where_the_database_knows_not_one_of_the_files(
    open_studio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as one that was named by mistake."""
    shop = await open_studio()
    accepted = files.accept(made_files.saved(made_files.picture(), "JPEG"))
    for _ in range(3):
        await drawing.keep_file(shop.app, accepted)
    later(shop, days=400)
    assert await forget(shop) == 0
    assert len(await lying(shop)) == 6
    assert "is this the database they belong to?" in caplog.text


async def test_a_merchants_own_photo_is_kept_as_long_as_its_series(open_studio: Any) -> None:
    shop = await open_studio()
    accepted = files.accept(made_files.saved(made_files.picture(), "JPEG"))
    photo = await drawing.keep_file(shop.app, accepted)
    await drawn(shop, photo=photo, keeping=Keeping.PHOTO)
    later(shop, days=29)
    assert await forget(shop) == 0
    assert {photo, drawing.thumbnail_of(photo)} < await lying(shop)
    later(shop, days=2)
    assert await forget(shop) == 1
    assert await lying(shop) == set()


async def test_much_of_it_goes_in_one_night(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    named = await lying(shop)
    for number in range(450):
        await shop.app.media.put(f"pictures/{number}.png", b"1", mime_type="image/png", now=shop.clock.now())
    later(shop, days=2)
    assert await forget(shop) == 450
    assert await lying(shop) == named


async def test_old_answers_of_the_web_go_and_young_ones_stay(open_studio: Any) -> None:
    shop = await open_studio()

    def keep(session: Any, *, now: Any) -> None:
        session.execute(insert(WebLookup).values(kind="photos", query=f"q{now}", found=[], looked_at=now))

    await shop.app.db.run(keep, now=shop.clock.now())
    later(shop, hours=20)
    await shop.app.db.run(keep, now=shop.clock.now())
    later(shop, hours=5)
    assert [await forget(shop), await forget(shop)] == [1, 0]
    left = select(func.count()).select_from(WebLookup)
    assert await shop.app.db.read(lambda session: session.scalar(left)) == 1
    assert await shop.app.db.read(lambda session: session.scalar(select(func.count()).select_from(PictureSeries))) == 0


async def test_a_series_somebody_accepts_at_that_very_moment_stays(open_studio: Any) -> None:
    shop = await open_studio()
    await drawn(shop)
    (number,) = await numbers(shop)
    picture = (await pictures(shop, number))["side"]
    later(shop, days=31)

    def accept(session: Session) -> None:
        series.judge(session, picture.id, Verdict.ACCEPTED, by="Асель", now=shop.clock.now())
        session.flush()

    has_waited, forgotten = await databases.meanwhile(shop.app.db, accept, lambda: forget(shop))
    assert (has_waited, forgotten, await numbers(shop)) == (True, 0, [number])
    assert await shop.app.media.has(picture.path)
