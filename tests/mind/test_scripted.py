"""The scripted model says what it was told to, when it was told to."""

import asyncio

import pytest

from saudager.clock import MovableClock
from saudager.errors import Unreachable
from saudager.providers.llm import Briefing
from saudager.providers.llm.scripted import ScriptedModel
from saudager.truth.guard import examine
from tests.mind.conftest import NOW

BRIEFING = Briefing("Магазин", "", [], ["вопрос"], [], NOW)


async def test_replies_and_errors_come_in_turn() -> None:
    model = ScriptedModel(["первый", Unreachable("нет связи")])
    assert (await model.decide(BRIEFING)).value.reply == "первый"
    with pytest.raises(Unreachable):
        await model.decide(BRIEFING)
    assert len(model.briefings) == 2


async def test_by_default_replies_differ_and_claim_nothing() -> None:
    model = ScriptedModel()
    replies = [(await model.decide(BRIEFING)).value.reply for _ in range(40)]
    assert len(set(replies)) == 40
    assert all(examine(reply, facts=[], now=NOW).passed for reply in replies)


async def test_thinking_takes_the_clocks_time() -> None:
    clock = MovableClock(NOW)
    thought = asyncio.create_task(ScriptedModel(["готово"], thinking=2.0, clock=clock).decide(BRIEFING))
    await asyncio.sleep(0)
    wake = clock.next_wake()
    assert wake is not None
    assert (wake - NOW).total_seconds() == 2.0
    clock.move_to(wake)
    assert (await thought).value.reply == "готово"


async def test_a_held_answer_waits_for_the_event() -> None:
    hold = asyncio.Event()
    model = ScriptedModel(["готово"], hold=hold)
    thought = asyncio.create_task(model.decide(BRIEFING))
    await asyncio.sleep(0)
    assert model.briefings
    assert not thought.done()
    hold.set()
    assert (await thought).value.reply == "готово"
