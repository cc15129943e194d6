"""Time travel in the console: a day ahead shows who is due and what the rules would say, and nothing is changed."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.preview import days, look_ahead
from saudager.preview.days import Due
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from tests.console.conftest import Console, OpenConsole

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")
OTHER, THIRD = "77010000002@c.us", "77010000003@c.us"
PAGE = "/console/preview"
TODAY = date(2026, 3, 11)


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    """Asel is silent since Wednesday noon, another said no, a third has a call on Friday at 15:00."""
    opened: Console = await open_console(model=ScriptedModel(everybody=CLIENT))
    await opened.shop.customer_says("Сколько стоит окно?", name="<b>Асель</b>")
    await opened.shop.customer_says("Сколько стоит окно?", "Нет, спасибо, не надо", chat=OTHER, name="Болат")
    await opened.shop.customer_says("Позвоните мне в пятницу в 15:00", chat=THIRD, name="Вера")
    await opened.shop.time_passes(minutes=1)
    return opened


def _rows(session: Session) -> list[Any]:
    tables = ("follow_ups", "outreach_verdicts", "queue_messages", "messages", "outreach_accounts")
    return [session.execute(text(f"select * from {table}")).fetchall() for table in tables]


async def on(console: Console, day: date, **more: Any) -> list[Due]:
    now, settings = console.shop.clock.now(), console.app.settings
    part = await console.app.db.read(days.touches_on, day, settings=settings, now=now, **more)
    return part.due + await console.app.db.read(days.reminders_on, day, settings=settings, now=now)


async def test_a_day_shows_who_is_written_to_who_is_not_and_why(console: Console):
    page = await console.get(f"{PAGE}?day=2026-03-12")
    shown = console.text(page)
    assert "12:00 <b>Асель</b> касание 1 напишем" in shown and "<b>Асель" not in page.text
    assert "Болат касание 1 не напишем клиент отказался" in shown
    assert "Вера касание 1 не напишем назначен звонок" in shown
    assert "Вера напоминание о звонке напишем" in await console.sees(f"{PAGE}?day=2026-03-13")
    assert "касание 2 напишем" in await console.sees(f"{PAGE}?day=2026-03-14")
    assert "никому не пора" in await console.sees(PAGE)
    only = await console.sees(f"{PAGE}?day=2026-03-12&who=write")
    assert "Асель" in only and "Болат" not in only


@pytest.mark.both_kinds
async def test_the_days_say_what_playing_the_month_through_says(console: Console):
    ahead = await look_ahead(console.app, days=31)
    played = sorted((one.at, one.contact_id) for one in ahead.planned if one.verdict == "write")
    each = [due for days_on in range(32) for due in await on(console, TODAY + timedelta(days=days_on))]
    assert sorted((due.at, due.contact_id) for due in each if due.may == "write") == played
    stops = {(one.contact_id, one.reason) for one in ahead.planned if one.verdict == "stop"}
    assert {(due.contact_id, due.reason) for due in each if due.may == "stop"} == stops


@pytest.mark.both_kinds
async def test_looking_changes_nothing_and_the_chart_counts_who_is_due(console: Console):
    before = await console.app.db.read(_rows)
    await console.sees(f"{PAGE}?day=2026-03-12")
    assert await console.app.db.read(_rows) == before
    busy = await console.app.db.read(days.busy, settings=console.app.settings, now=console.shop.clock.now())
    assert [(one.day.day, one.touches) for one in busy if one.touches] == [(12, 3), (14, 3), (18, 3), (25, 3), (10, 3)]
    assert [one.day.day for one in busy if one.reminders] == [13]


async def test_a_day_of_many_goes_on_by_key_and_its_cap_is_kept_over_the_parts(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel(everybody=CLIENT), outreach_per_day=70)
    for number in range(120):
        await console.shop.customer_says("Сколько стоит окно?", chat=f"7701000{number:04}@c.us")
    await console.shop.time_passes(minutes=1)
    page, parts, may = await console.get(f"{PAGE}?day=2026-03-12"), 0, list[str]()
    while True:
        shown = console.text(page).replace("подождёт номер", "wait")
        may += ["write"] * page.text.count(">напишем<") + ["wait"] * shown.count("wait отправил всё")
        parts += 1
        more = page.text.partition("/preview/more?")[2].partition('"')[0].replace("&amp;", "&")
        if not more:
            break
        page = await console.get(f"{PAGE}/more?{more}")
    assert (parts, may.count("write"), may.count("wait")) == (3, 70, 50)
    held = await console.get(f"{PAGE}?day=2026-03-12&who=wait")
    assert console.text(held).count("подождёт номер") == 30 and ">напишем<" not in held.text
    assert "/preview/more?" in held.text, "the rest follows"


async def test_what_is_overdue_is_shown_today_and_a_paused_customer_on_no_day(console: Console):
    await console.post("/console/follow-ups/pause?chain=1")
    assert not [due for due in await on(console, date(2026, 3, 12)) if due.contact_id == 1]
    busy = await console.app.db.read(days.busy, settings=console.app.settings, now=console.shop.clock.now())
    assert [one.touches for one in busy if one.day.day == 14] == [2]
    await console.post("/console/follow-ups/go-on?chain=1")
    console.shop.clock.move_to(console.shop.clock.now() + timedelta(days=2))
    (late,) = [due for due in await on(console, date(2026, 3, 13)) if due.contact_id == 1]
    assert (late.may, late.touch, late.at) == ("write", 1, console.shop.clock.now())


async def test_a_day_that_has_passed_or_is_too_far_is_refused_in_words(console: Console):
    for day in ("2026-03-10", "2026-06-01"):
        refused = await console.get(f"{PAGE}?day={day}")
        assert refused.status_code == 409 and "60 дней" in refused.text
    assert (await console.get(f"{PAGE}/more?day=2026-03-12&after=nonsense")).status_code == 409
