"""The calls of the week: seen, booked by hand, moved, cancelled, concluded, and put into a calendar."""

import asyncio
from base64 import b64encode
from itertools import pairwise

import httpx
import pytest

from saudager import keys
from saudager.api import sales
from saudager.console import calls as calls_page
from saudager.keys import Scope
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.web import make_web
from tests.console.conftest import Console, OpenConsole
from tests.test_calls import calls

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")
BOLAT = "77010000002@c.us"
PAGE = "/console/calls"


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    """Wednesday, 11 March, 12:00 in Almaty: Asel has a call on Thursday at 15:00, call 1; Bolat has only asked."""
    opened: Console = await open_console(model=ScriptedModel(everybody=CLIENT), days_off="2026-03-13")
    await opened.shop.customer_says("Позвоните мне завтра в 15:00", name="Асель")
    await opened.shop.customer_says("Сколько стоит дверь?", name="<i>Болат</i>", chat=BOLAT)
    await opened.shop.time_passes(minutes=1)
    assert await calls(opened.shop) == [("booked", "12.03 15:00")]
    return opened


async def test_the_week_shows_what_is_booked_what_is_free_and_when_the_shop_rests(console: Console):
    page = await console.get(PAGE)
    shown = console.text(page)
    assert "15:00 Асель назначен" in shown
    assert "Назначить на завтра 15:30" in shown and "Назначить на завтра 15:00" not in shown
    assert "Назначить на 11:30" not in shown, "the morning has passed"
    assert "магазин не работает" in shown and "выходной" in shown
    march = await console.sees(f"{PAGE}?day=2026-03-21")
    assert "праздник" in march and "Асель" not in march


@pytest.mark.both_kinds
async def test_a_call_is_moved_to_a_free_time_and_the_customer_is_told_when_asked_to(console: Console):
    moved = await console.post(f"{PAGE}/1/move", {"other": "2026-03-12T16:30", "tell": "true"})
    assert moved.headers["hx-redirect"] == f"{PAGE}/2?told=write"
    assert await calls(console.shop) == [("rescheduled", "12.03 15:00"), ("booked", "12.03 16:30")]
    assert "клиенту написали" in await console.sees(moved.headers["hx-redirect"])
    await console.shop.time_passes(minutes=1)
    assert "Ваш созвон перенесён: он будет в четверг, 12 марта, в 16:30" in console.shop.answers()[-1]
    assert "перенесён" in await console.sees(f"{PAGE}/1")


async def test_a_time_that_is_taken_or_outside_hours_is_refused_with_the_free_ones(console: Console):
    await console.post(f"{PAGE}/new", {"contact": 2, "at": "2026-03-12T16:00"})
    taken, day_off, past = "2026-03-12T16:10", "2026-03-13T15:00", "2026-03-11T11:00"
    for at, why in ((taken, "уже занято"), (day_off, "не принимает"), (past, "уже прошло")):
        refused = await console.post(f"{PAGE}/1/move", {"at": at})
        assert refused.status_code == 409
        assert why in refused.text and "Свободно: " in refused.text
    assert (await calls(console.shop))[0] == ("booked", "12.03 15:00")


async def test_a_cancelled_call_is_told_of_only_when_asked_to_and_can_come_back(console: Console):
    before = len(console.shop.answers())
    assert (await console.post(f"{PAGE}/1/cancel")).status_code == 204
    await console.shop.time_passes(minutes=1)
    assert len(console.shop.answers()) == before
    assert (await console.post(f"{PAGE}/1/restore")).status_code == 204
    told = await console.post(f"{PAGE}/1/cancel", {"tell": "true"})
    await console.shop.time_passes(minutes=1)
    assert "отменён" in console.shop.answers()[-1]
    assert 'undo": null' in told.headers["hx-trigger"], "what was said cannot be unsaid"
    assert await calls(console.shop) == [("cancelled", "12.03 15:00")]


async def test_a_cancelled_call_does_not_come_back_to_a_time_somebody_else_got(console: Console):
    await console.post(f"{PAGE}/1/cancel")
    await console.post(f"{PAGE}/new", {"contact": 2, "at": "2026-03-12T15:00"})
    refused = await console.post(f"{PAGE}/1/restore")
    assert refused.status_code == 409 and "уже занято" in refused.text


async def test_news_of_a_call_waits_for_the_hours_in_which_the_customer_may_be_disturbed(console: Console):
    await console.shop.time_passes(hours=11)
    await console.post(f"{PAGE}/1/move", {"at": "2026-03-12T16:30", "tell": "true"})
    await console.shop.time_passes(minutes=30)
    assert not any("перенесён" in said for said in console.shop.answers())
    await console.shop.time_passes(hours=11)
    assert sum("перенесён" in said for said in console.shop.answers()) == 1


async def test_what_came_of_a_call_is_noted_after_it_and_a_slip_can_be_mended(console: Console):
    early = await console.post(f"{PAGE}/1/conclude", {"came_of_it": "held"})
    assert early.status_code == 409 and "ещё не начался" in early.text
    await console.shop.time_passes(hours=28)
    assert "отметьте, состоялся ли" in await console.sees(f"{PAGE}/1")
    assert (await console.post(f"{PAGE}/1/conclude", {"came_of_it": "no_answer"})).status_code == 204
    assert (await console.post(f"{PAGE}/1/conclude", {"came_of_it": "held"})).status_code == 409
    await console.post(f"{PAGE}/1/restore")
    await console.post(f"{PAGE}/1/conclude", {"came_of_it": "held", "note": "договорились о замере"})
    shown = await console.sees(f"{PAGE}/1")
    assert "состоялся" in shown and "договорились о замере" in shown
    assert "состоялся" in await console.sees(f"{PAGE}?day=2026-03-12")


async def test_a_customer_who_was_called_is_not_followed_up_one_who_did_not_answer_is(console: Console):
    await console.post(f"{PAGE}/new", {"contact": 2, "at": "2026-03-11T12:30"})
    await console.post(f"{PAGE}/1/move", {"at": "2026-03-11T13:00"})
    await console.shop.time_passes(hours=2)
    await console.post(f"{PAGE}/3/conclude", {"came_of_it": "held"})
    await console.post(f"{PAGE}/2/conclude", {"came_of_it": "no_answer"})
    asel, bolat = len(console.shop.answers()), len(console.shop.answers(BOLAT))
    await console.shop.time_passes(hours=25)
    assert (len(console.shop.answers()) - asel, len(console.shop.answers(BOLAT)) - bolat) == (0, 1)


async def test_a_call_is_booked_by_hand_for_somebody_found_by_name_or_number(console: Console):
    assert "<i>Болат</i>" in await console.sees(f"{PAGE}/new?whom=болат")
    assert "Асель" in await console.sees(f"{PAGE}/new?whom=+7 701 000-00-01")
    assert "Никого не нашлось" in await console.sees(f"{PAGE}/new?whom=Динара")
    assert "<i>Болат</i>" in await console.sees(f"{PAGE}/new?contact=2&at=2026-03-12T10:00")
    booked = await console.post(f"{PAGE}/new", {"contact": 2, "at": "2026-03-12T10:00", "tell": "true"})
    assert booked.headers["hx-redirect"] == f"{PAGE}/2?told=write"
    await console.shop.time_passes(minutes=1)
    assert "Записали вас на созвон в четверг, 12 марта, в 10:00" in console.shop.answers(BOLAT)[-1]
    assert (await console.post(f"{PAGE}/new", {"contact": 99, "at": "2026-03-12T11:00"})).status_code == 404
    assert (await console.post(f"{PAGE}/new", {"contact": 2, "at": "завтра"})).status_code == 409


@pytest.mark.both_kinds
async def test_two_operators_who_book_one_time_at_once_get_it_once(console: Console):
    other = await console.another()
    tried = await asyncio.gather(
        console.post(f"{PAGE}/new", {"contact": 2, "at": "2026-03-12T11:00"}),
        other.post(f"{PAGE}/1/move", {"at": "2026-03-12T11:00"}),
    )
    assert sorted(one.status_code for one in tried) == [204, 409]
    assert (await calls(console.shop)).count(("booked", "12.03 11:00")) == 1


async def test_an_open_week_and_an_open_call_learn_of_each_change(console: Console):
    seen = [await marks(console)]
    for deed in ("cancel", "restore"):
        assert (await console.post(f"{PAGE}/1/{deed}")).status_code == 204
        seen.append(await marks(console))
    for week, call in (zip(*pair, strict=True) for pair in pairwise(seen)):
        assert week[0] != week[1] and call[0] != call[1]


async def marks(console: Console) -> tuple[str, str]:
    """What the stream of changes compares: for the week, and for call 1."""
    now = console.shop.clock.now()
    week = await console.app.db.read(calls_page.WATCHES["calls"], None, now=now)
    return week, await console.app.db.read(calls_page.WATCHES["call"], "1", now=now)


async def test_one_call_and_all_of_them_come_as_calendar_files(console: Console):
    one, every = await console.get(f"{PAGE}/1/call.ics"), await console.get(f"{PAGE}/calendar.ics")
    for file in (one, every):
        assert file.headers["content-type"].startswith("text/calendar")
        assert "SUMMARY:Созвон: Асель" in file.text and "DTSTART:20260312T100000Z" in file.text
    assert (await console.get(f"{PAGE}/99/call.ics")).status_code == 404


async def test_a_calendar_program_subscribes_with_a_key_as_its_password(console: Console):
    assert "/calls.ics" in await console.sees(PAGE)
    site = make_web("shop")
    site.include_router(sales.router(console.app))
    key = keys.new()
    await console.app.db.run(keys.keep, key, "calendar", [Scope.DESK], now=console.shop.clock.now())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url="http://shop") as http:
        assert (await http.get("/calls.ics", auth=("calendar", key))).status_code == 200
        assert (await http.get("/calls.ics", auth=("calendar", "wrong"))).status_code == 401
        for broken in (b64encode(b"\xff:\xff"), "ключ".encode()):
            answer = await http.get("/calls.ics", headers={b"authorization": b"Basic " + broken})
            assert answer.status_code == 401


async def test_a_viewer_sees_the_calls_and_changes_none(console: Console):
    viewer = await console.another(role="viewer")
    assert "Перенести" not in await viewer.sees(f"{PAGE}/1")
    posts = {"1/cancel": {}, "1/move": {"at": "2026-03-12T16:30"}, "new": {"contact": 2, "at": "2026-03-12T16:30"}}
    for path, data in posts.items():
        assert (await viewer.post(f"{PAGE}/{path}", data)).status_code == 403
