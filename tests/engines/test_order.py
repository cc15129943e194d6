"""Who is asked, in which order, and what follows when an engine gives nothing usable."""

import asyncio
import time
from collections.abc import Callable

import pytest

from saudager.engines.order import Engines
from saudager.providers.llm import FaultKind, NoEngine, Said, Task, Verdict
from saudager.rehearsal import rehearse
from saudager.settings import Settings
from tests.engines.conftest import HANG, KEY, Model, Open, fault, until

TASK = Task("Напиши письмо.", [Said("customer", "Здравствуйте")], contact_id=7)
VERDICT = '{"isClient": true, "confidence": 0.9, "reasoning": "спрашивает цену"}'
AT_ONCE_TO_THE_NEXT = [
    FaultKind.RATE_LIMIT,
    FaultKind.QUOTA,
    FaultKind.AUTH,
    FaultKind.CONTEXT,
    FaultKind.TIMEOUT,
    FaultKind.CONNECT,
    FaultKind.SERVER,
]
ASKED_AGAIN = [FaultKind.BAD_OUTPUT, FaultKind.TRUNCATED]


async def test_the_first_engine_of_the_order_answers_and_the_others_are_not_asked(open_house: Open):
    gemini, openai = Model(), Model("Отвечаю я.")
    house = await open_house(gemini=gemini, openai=openai, engines=("openai", "gemini"))
    answered = await house.decide()
    assert (answered.value.reply, answered.engine) == ("Отвечаю я.", "openai")
    assert [(call.engine, call.model, call.fault) for call in answered.calls] == [("openai", "gpt-5.4-mini", "")]
    assert gemini.seen == []


async def test_only_engines_with_a_key_are_in_the_order_and_ones_own_server_needs_none(open_house: Open):
    house = await open_house(gemini=Model(), compatible=Model(), compatible_api_key=None)
    assert [engine.name for engine in house.engines.engines] == ["gemini", "compatible"]


async def test_without_a_key_the_offline_engine_is_alone(open_house: Open):
    house = await open_house()
    assert not isinstance(house.app.model, Engines)
    assert await house.answered_by() == "offline"


async def test_a_rehearsal_asks_no_hosted_engine_unless_it_is_told_to(settings: Callable[..., Settings]):
    with_key = settings(gemini_api_key=KEY)
    async with rehearse(with_key) as shop:
        assert shop.app.model.name == "offline"
    async with rehearse(with_key, hosted=True) as shop:
        assert isinstance(shop.app.model, Engines)


@pytest.mark.parametrize("kind", AT_ONCE_TO_THE_NEXT)
async def test_a_failing_engine_is_left_for_the_next_one(open_house: Open, kind: FaultKind):
    gemini, openai = Model(kind), Model()
    house = await open_house(gemini=gemini, openai=openai)
    answered = await house.decide()
    assert [(call.engine, call.fault) for call in answered.calls] == [("gemini", kind), ("openai", "")]
    assert answered.engine == "openai"
    assert len(gemini.seen) == 1


@pytest.mark.parametrize(
    ("kind", "said", "remark"),
    [
        (FaultKind.BAD_OUTPUT, "field «reply» is missing", "field «reply» is missing"),
        (FaultKind.TRUNCATED, "finish_reason=length", "короче"),
    ],
)
async def test_an_answer_nobody_can_read_is_asked_for_once_more_with_the_reason(
    open_house: Open, kind: FaultKind, said: str, remark: str
):
    gemini = Model(fault(kind, said), "Теперь верно.")
    house = await open_house(gemini=gemini)
    answered = await house.decide()
    assert (answered.value.reply, answered.engine) == ("Теперь верно.", "gemini")
    assert [call.fault for call in answered.calls] == [kind, ""]
    first, second = gemini.seen
    assert first.remarks == ()
    assert len(second.remarks) == 1
    assert remark in second.remarks[0]


@pytest.mark.parametrize("kind", ASKED_AGAIN)
async def test_unreadable_twice_goes_to_the_next_engine_which_hears_nothing_of_it(open_house: Open, kind: FaultKind):
    gemini, openai = Model(kind), Model()
    house = await open_house(gemini=gemini, openai=openai)
    answered = await house.decide()
    assert [(call.engine, call.fault) for call in answered.calls] == [
        ("gemini", kind),
        ("gemini", kind),
        ("openai", ""),
    ]
    assert openai.seen[0].remarks == ()
    assert await house.answered_by() == "openai"
    assert len(gemini.seen) == 4, "it is asked again the next time"


@pytest.mark.parametrize("kind", [*AT_ONCE_TO_THE_NEXT, *ASKED_AGAIN])
async def test_when_every_engine_is_dead_the_customer_gets_the_offline_answer(open_house: Open, kind: FaultKind):
    house = await open_house(openrouter=Model(kind), gemini=Model(kind), openai=Model(kind), compatible=Model(kind))
    for _ in range(3):
        answered = await house.decide()
        assert answered.engine == "offline"
        assert answered.value.reply


async def test_an_engine_that_breaks_as_nobody_foresaw_costs_no_answer(open_house: Open):
    house = await open_house(gemini=Model(AttributeError("'NoneType' object has no attribute 'usage'")), openai=Model())
    answered = await house.decide()
    assert answered.engine == "openai"
    assert answered.calls[0].fault == FaultKind.SERVER


async def test_a_text_and_a_form_come_from_the_first_engine_that_can(open_house: Open):
    house = await open_house(gemini=Model(FaultKind.SERVER), openai=Model("Уважаемый клиент!", VERDICT))
    written = await house.app.model.write(TASK)
    assert (written.value, written.engine) == ("Уважаемый клиент!", "openai")
    assert [call.fault for call in written.calls] == [FaultKind.SERVER, ""]
    read = await house.app.model.extract(TASK, Verdict)
    assert read.value == Verdict(is_client=True, confidence=0.9, reasoning="спрашивает цену")


async def test_when_no_engine_can_write_the_caller_is_told_so(open_house: Open):
    house = await open_house(gemini=Model(FaultKind.SERVER))
    with pytest.raises(NoEngine, match="gemini: server"):
        await house.app.model.write(TASK)
    with pytest.raises(NoEngine):
        await house.app.model.extract(TASK, Verdict)


async def test_all_engines_together_have_one_deadline_for_a_question(open_house: Open):
    gemini, openai = Model(HANG), Model(HANG)
    house = await open_house(gemini=gemini, openai=openai, deadline=0.1)
    began = time.monotonic()
    answered = await house.decide()
    assert time.monotonic() - began < 5
    assert answered.engine == "offline"
    assert [(call.engine, call.fault) for call in answered.calls] == [("gemini", FaultKind.TIMEOUT)]
    assert openai.seen == [], "nothing was left for it"
    assert gemini.under_way == 0


async def test_a_question_leaves_the_engine_that_hung_aside_the_next_time(open_house: Open):
    house = await open_house(gemini=Model(HANG), openai=Model(), deadline=0.1)
    assert await house.answered_by() == "offline"
    assert await house.answered_by() == "openai"


async def test_the_second_asking_has_only_what_is_left_of_the_deadline(open_house: Open):
    gemini = Model(FaultKind.BAD_OUTPUT, HANG)
    house = await open_house(gemini=gemini, deadline=0.1)
    answered = await house.decide()
    assert [call.fault for call in answered.calls] == [FaultKind.BAD_OUTPUT, FaultKind.TIMEOUT]
    assert answered.engine == "offline"


async def test_a_turn_that_is_given_up_leaves_no_engine_blocked_and_is_counted(open_house: Open):
    gemini = Model(HANG, "Хорошо.")
    house = await open_house(gemini=gemini)
    turn = asyncio.create_task(house.decide())
    await until(lambda: gemini.under_way == 1)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert await house.answered_by() == "gemini"
    assert [row.calls for row in await house.spending()] == [2]


async def test_fifty_questions_at_once_are_all_answered_and_all_counted(open_house: Open):
    gemini = Model(*[FaultKind.SERVER, FaultKind.BAD_OUTPUT, "Хорошо."] * 10)
    house = await open_house(gemini=gemini, openai=Model())
    answers = await asyncio.gather(*(house.decide(contact) for contact in range(1, 51)))
    assert {answered.engine for answered in answers} <= {"gemini", "openai"}
    calls = [call for answered in answers for call in answered.calls]
    rows = await house.spending()
    assert sum(row.calls for row in rows) == len(calls)
    assert {row.contact_id for row in rows} == set(range(1, 51))
