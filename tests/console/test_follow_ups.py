"""The board of follow-ups: who is written to when and why not, and what a person does about it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.console import follow_ups
from saudager.followups.models import FollowUp
from saudager.operators import audit
from saudager.outreach import consent
from saudager.preview import look_ahead
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from tests.console.conftest import Console, OpenConsole

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")
ASEL, BOLAT = "77010000001@c.us", "77010000002@c.us"
PAGE = "/console/follow-ups"


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    """Two customers were answered at noon and are silent since."""
    opened: Console = await open_console(model=ScriptedModel(everybody=CLIENT))
    await opened.shop.customer_says("Сколько стоит окно?", name="Асель", chat=ASEL)
    await opened.shop.customer_says("Сколько стоит дверь?", name="<b>Болат</b>", chat=BOLAT)
    await opened.shop.time_passes(minutes=1)
    return opened


def _chains(session: Session) -> Sequence[FollowUp]:
    return session.scalars(select(FollowUp).order_by(FollowUp.contact_id)).all()


async def chains(console: Console) -> Sequence[FollowUp]:
    return await console.app.db.read(_chains)


def touches(console: Console, chat: str = ASEL) -> int:
    return len(console.shop.answers(chat)) - 1


async def undo(console: Console, response: Any) -> Any:
    """Press the button beside what the page has just said."""
    return await console.post(response.headers["hx-trigger"].split('"undo": "')[1].split('"')[0])


async def test_the_board_shows_who_gets_which_touch_when_and_names_are_shown_as_text(console: Console):
    page = await console.get(PAGE)
    shown = console.text(page)
    assert "Касание 1 2" in shown
    assert "Асель" in shown and "касание 1 · завтра 12:00" in shown
    assert "<b>Болат</b>" in shown and "<b>Болат" not in page.text
    await console.shop.time_passes(hours=25)
    shown = await console.sees(PAGE)
    assert "Касание 1 0" in shown and "Касание 2 2" in shown


@pytest.mark.both_kinds
async def test_the_board_says_of_whom_the_preview_says_he_will_not_be_written_to_why(console: Console):
    asel, _ = await chains(console)
    await console.app.db.run(consent.note, asel.contact_id, consent.OFFERS, "не надо рекламы", console.shop.clock.now())
    shown = await console.sees(PAGE)
    (planned,) = [one for one in (await look_ahead(console.app, days=2)).planned if one.contact_id == asel.contact_id]
    assert (planned.verdict, planned.reason) == ("stop", "opted_out")
    assert shown.count("не напишем: просил не писать") == 1


@pytest.mark.both_kinds
async def test_a_paused_customer_is_not_written_to_until_somebody_lets_him_go_on(console: Console):
    asel, _ = await chains(console)
    paused = await console.post(f"{PAGE}/pause", {"chain": asel.id, "note": "в отпуске"})
    assert paused.status_code == 204
    await console.shop.time_passes(days=10)
    assert (touches(console), touches(console, BOLAT)) == (0, 3)
    shown = await console.sees(f"{PAGE}?view=paused")
    assert "Асель" in shown and "на паузе без срока" in shown and "в отпуске" in shown
    assert (await console.post(f"{PAGE}/go-on", {"chain": asel.id})).status_code == 204
    await console.shop.time_passes(minutes=5)
    assert touches(console) == 1
    assert (await console.post(f"{PAGE}/go-on", {"chain": asel.id})).status_code == 409


async def test_a_pause_with_a_day_ends_by_itself(console: Console):
    asel, bolat = await chains(console)
    await console.post(f"{PAGE}/pause", {"chain": [asel.id, bolat.id], "until": "2026-03-16"})
    await console.shop.time_passes(days=4)
    assert touches(console) == 0
    assert "на паузе до завтра 00:00" in await console.sees(f"{PAGE}?view=paused")
    await console.shop.time_passes(days=2)
    assert (touches(console), touches(console, BOLAT)) == (1, 1)


async def test_a_customer_who_writes_while_paused_is_answered_and_waits_anew(console: Console):
    asel, _ = await chains(console)
    await console.post(f"{PAGE}/pause", {"chain": asel.id})
    await console.shop.customer_says("А доставка есть?", chat=ASEL)
    await console.shop.time_passes(minutes=1)
    assert "на паузе" not in console.text(await console.get(f"{PAGE}/list?view=paused"))
    await console.shop.time_passes(hours=25)
    assert len(console.shop.answers(ASEL)) == 3


@pytest.mark.both_kinds
async def test_what_a_person_stopped_can_be_taken_up_again_and_the_audit_tells_both(console: Console):
    asel, _ = await chains(console)
    stopped = await console.post(f"{PAGE}/stop?chain={asel.id}")
    assert "остановил человек" in await console.sees(f"{PAGE}?view=done")
    await console.shop.time_passes(hours=25)
    assert (touches(console), touches(console, BOLAT)) == (0, 1)
    assert (await undo(console, stopped)).status_code == 204
    await console.shop.time_passes(minutes=5)
    assert touches(console) == 1
    told = [entry.action for entry in await console.app.db.read(audit.listed)]
    assert told == ["follow_up.reopened", "follow_up.stopped"]


async def test_a_stop_is_not_undone_when_the_customer_was_answered_meanwhile(console: Console):
    asel, _ = await chains(console)
    stopped = await console.post(f"{PAGE}/stop?chain={asel.id}")
    await console.shop.customer_says("А доставка есть?", chat=ASEL)
    await console.shop.time_passes(minutes=1)
    assert (await undo(console, stopped)).status_code == 409


async def test_a_touch_already_being_written_is_dropped_when_a_person_pauses_it(open_console: OpenConsole):
    console: Console
    paused: list[Any] = []

    def write(task: Any) -> str:
        paused.append(console.app.db.run(_pause_all, now=console.shop.clock.now()))
        return "Остались ли вопросы по окну?"

    console = await open_console(model=ScriptedModel(["Окна бывают разные."], everybody=CLIENT, writes=write))
    await console.shop.customer_says("Сколько стоит окно?", chat=ASEL)
    await console.shop.time_passes(hours=25)
    assert await paused[0]
    assert touches(console) == 0


def _pause_all(session: Session, *, now: Any) -> list[int]:
    from saudager.followups import board

    return board.pause(session, [chain.id for chain in _chains(session)], now=now)


async def test_why_a_touch_is_held_back_and_how_chains_ended_stands_on_the_page(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel(everybody=CLIENT), outreach_hours="15:00-16:00")
    await console.shop.customer_says("Сколько стоит окно?", chat=ASEL)
    await console.shop.time_passes(hours=25)
    assert "ждёт часов, когда можно писать" in await console.sees(f"{PAGE}?view=held")
    await console.shop.time_passes(hours=3)
    await console.shop.customer_says("Нет, спасибо, не надо", chat=ASEL)
    await console.shop.time_passes(minutes=1)
    assert "клиент отказался" in await console.sees(f"{PAGE}?view=done")
    assert "клиент отказался касание" not in await console.sees(f"{PAGE}?view=done&outcome=purchased")


async def test_long_columns_go_on_by_key_and_nobody_is_shown_twice(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel(everybody=CLIENT))
    names = [f"Клиент-{number:02}" for number in range(45)]
    for number, name in enumerate(names):
        await console.shop.customer_says("Сколько стоит окно?", name=name, chat=f"7701000{number:04}@c.us")
    await console.shop.time_passes(minutes=1)
    shown: list[str] = []
    page, parts = await console.get(PAGE), 0
    while True:
        shown += [name for name in names if name in page.text]
        parts += 1
        more = page.text.partition("after=")[2].partition('"')[0]
        if not more:
            break
        page = await console.get(f"{PAGE}/list?view=running&touch=1&after={more}")
    assert (parts, sorted(shown)) == (3, names)
    assert (await console.get(f"{PAGE}/list?view=running&after=nonsense")).status_code == 409


@pytest.mark.both_kinds
async def test_an_open_board_learns_of_each_change(console: Console):
    asel, _ = await chains(console)
    seen = [await mark(console)]
    for deed in ("pause", "go-on", "stop", "reopen"):
        assert (await console.post(f"{PAGE}/{deed}?chain={asel.id}")).status_code == 204
        seen.append(await mark(console))
    assert all(before != after for before, after in pairwise(seen))


async def mark(console: Console) -> str:
    """What the stream of changes compares."""
    return await console.app.db.read(follow_ups.WATCHES["follow-ups"], None, now=console.shop.clock.now())


async def test_a_viewer_sees_the_board_and_changes_nothing(console: Console):
    viewer = await console.another(role="viewer")
    page = await viewer.get(PAGE)
    assert "Асель" in page.text and "Остановить" not in page.text
    asel, _ = await chains(console)
    assert (await viewer.post(f"{PAGE}/stop?chain={asel.id}")).status_code == 403


async def test_the_first_moments_and_a_moment_that_has_passed_are_explained(open_console: OpenConsole):
    console = await open_console()
    assert "Завершённых касаний ещё нет" in await console.sees(f"{PAGE}?view=done")
    assert "Отметьте хотя бы одно" in (await console.post(f"{PAGE}/pause")).text
    late = await console.post(f"{PAGE}/pause", {"chain": 1, "until": "2020-01-01"})
    assert late.status_code == 409 and "в будущем" in late.text
