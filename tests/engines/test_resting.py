"""How long an ill engine is left alone, who tries it afterwards, and what a person hears."""

import asyncio
import logging

import pytest

from saudager.providers.llm import FaultKind
from tests.engines.conftest import KEY, House, Model, Open, fault, until


async def _is_asked(house: House, model: Model) -> bool:
    before = len(model.seen)
    await house.decide()
    return len(model.seen) > before


@pytest.mark.parametrize(("asked_for", "rest"), [(7.0, 7.0), (None, 30.0), (86_400.0, 600.0), (0.0, 1.0)])
async def test_a_rate_limit_rests_as_long_as_the_vendor_asks(open_house: Open, asked_for: float | None, rest: float):
    gemini = Model(fault(FaultKind.RATE_LIMIT, retry_after=asked_for), "Хорошо.")
    house = await open_house(gemini=gemini, openai=Model())
    await house.decide()
    house.pass_by(seconds=rest - 0.1)
    assert not await _is_asked(house, gemini)
    house.pass_by(seconds=0.1)
    assert await house.answered_by() == "gemini"
    assert await house.desk() == {}


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT, FaultKind.CONNECT, FaultKind.SERVER])
async def test_errors_rest_twice_as_long_each_time_up_to_five_minutes_until_a_success(
    open_house: Open, kind: FaultKind
):
    gemini = Model(kind)
    house = await open_house(gemini=gemini, openai=Model())
    for rest in (5, 10, 20, 40, 80, 160, 300, 300):
        assert await _is_asked(house, gemini)
        house.pass_by(seconds=rest - 1)
        assert not await _is_asked(house, gemini)
        house.pass_by(seconds=1)
    gemini.will("Хорошо.", kind)
    assert await house.answered_by() == "gemini"
    await house.decide()
    house.pass_by(seconds=5)
    assert await _is_asked(house, gemini)


async def test_a_prompt_too_long_for_a_model_does_not_rest_it(open_house: Open):
    gemini = Model(FaultKind.CONTEXT, "Хорошо.")
    house = await open_house(gemini=gemini, openai=Model())
    assert [await house.answered_by(), await house.answered_by()] == ["openai", "gemini"]


async def test_a_model_that_stays_unreadable_five_times_in_a_row_rests(open_house: Open):
    gemini = Model(FaultKind.BAD_OUTPUT)
    house = await open_house(gemini=gemini, openai=Model())
    for _ in range(5):
        assert await _is_asked(house, gemini)
    assert not await _is_asked(house, gemini)
    house.pass_by(seconds=5)
    assert await _is_asked(house, gemini)


async def test_a_readable_answer_in_between_keeps_it_at_work(open_house: Open):
    gemini = Model(*([FaultKind.BAD_OUTPUT] * 8), "Хорошо.", FaultKind.BAD_OUTPUT)
    house = await open_house(gemini=gemini, openai=Model())
    for _ in range(9):
        assert await _is_asked(house, gemini)


async def test_a_bad_key_is_told_once_and_the_engine_never_asked_again(
    open_house: Open, caplog: pytest.LogCaptureFixture
):
    gemini = Model(FaultKind.AUTH)
    house = await open_house(gemini=gemini, openai=Model())
    for _ in range(3):
        assert await house.answered_by() == "openai"
        house.pass_by(days=1)
    assert len(gemini.seen) == 1
    desk = await house.desk()
    assert list(desk) == ["engine:gemini"]
    assert "GEMINI_API_KEY" in desk["engine:gemini"]
    assert "gemini-3.7-flash" in desk["engine:gemini"]
    assert [record.levelno for record in caplog.records if "GEMINI_API_KEY" in record.message] == [logging.CRITICAL]


async def test_fifty_calls_refused_at_once_are_one_complaint(open_house: Open, caplog: pytest.LogCaptureFixture):
    gemini = Model(FaultKind.AUTH)
    gemini.gate.clear()
    house = await open_house(gemini=gemini, openai=Model())
    asked = [asyncio.create_task(house.decide()) for _ in range(50)]
    await until(lambda: gemini.under_way == 50)
    gemini.gate.set()
    await asyncio.gather(*asked)
    assert len([record for record in caplog.records if record.levelno == logging.CRITICAL]) == 1


async def test_a_good_key_after_a_restart_takes_the_complaint_off_the_desk(open_house: Open):
    house = await open_house(gemini=Model(FaultKind.AUTH))
    await house.decide()
    assert await house.desk()
    house = await open_house(gemini=Model())
    assert await house.answered_by() == "gemini"
    assert await house.desk() == {}


async def test_used_up_quota_is_critical_told_and_asked_again_after_an_hour(
    open_house: Open, caplog: pytest.LogCaptureFixture
):
    gemini = Model(FaultKind.QUOTA, "Хорошо.")
    house = await open_house(gemini=gemini, openai=Model())
    assert await house.answered_by() == "openai"
    assert "деньги или квота" in (await house.desk())["engine:gemini"]
    assert any(record.levelno == logging.CRITICAL and "квота" in record.message for record in caplog.records)
    house.pass_by(minutes=59)
    assert not await _is_asked(house, gemini)
    house.pass_by(minutes=1)
    assert await house.answered_by() == "gemini"
    assert await house.desk() == {}


async def test_an_engine_silent_for_minutes_is_told_and_settled_when_it_answers(open_house: Open):
    gemini = Model(FaultKind.CONNECT)
    house = await open_house(gemini=gemini, openai=Model())
    for _ in range(6):
        await house.decide()
        house.pass_by(minutes=5)
    assert await house.desk() == {}
    await house.decide()
    assert "давно не даёт ответа" in (await house.desk())["engine:gemini"]
    gemini.will("Хорошо.")
    house.pass_by(minutes=5)
    await house.decide()
    assert await house.desk() == {}


async def test_after_a_rest_one_call_at_a_time_tries_the_engine_until_one_succeeds(open_house: Open):
    gemini = Model(FaultKind.SERVER, FaultKind.CONTEXT, "Хорошо.")
    house = await open_house(gemini=gemini, openai=Model())
    await house.decide()
    house.pass_by(seconds=5)
    for says_nothing_of_its_health in (True, False):
        gemini.gate.clear()
        gemini.most_under_way = 0
        asked = [asyncio.create_task(house.decide()) for _ in range(20)]
        await until(lambda: sum(task.done() for task in asked) == 19)  # noqa: B023
        gemini.gate.set()
        answers = [answered.engine for answered in await asyncio.gather(*asked)]
        assert gemini.most_under_way == 1
        assert answers.count("gemini") == (0 if says_nothing_of_its_health else 1)
    gemini.gate.clear()
    asked = [asyncio.create_task(house.decide()) for _ in range(20)]
    await until(lambda: gemini.under_way == 20)
    gemini.gate.set()
    assert {answered.engine for answered in await asyncio.gather(*asked)} == {"gemini"}


async def test_many_calls_failing_together_rest_the_engine_once_not_many_times(open_house: Open):
    gemini = Model(FaultKind.SERVER)
    gemini.gate.clear()
    house = await open_house(gemini=gemini, openai=Model())
    asked = [asyncio.create_task(house.decide()) for _ in range(20)]
    await until(lambda: gemini.under_way == 20)
    gemini.gate.set()
    await asyncio.gather(*asked)
    house.pass_by(seconds=5)
    assert await _is_asked(house, gemini)


async def test_a_call_from_before_a_rate_limit_does_not_end_it(open_house: Open):
    gemini = Model(fault(FaultKind.RATE_LIMIT, retry_after=60), "Хорошо.")
    gemini.gate.clear()
    house = await open_house(gemini=gemini, openai=Model())
    asked = [asyncio.create_task(house.decide()) for _ in range(2)]
    await until(lambda: gemini.under_way == 2)
    gemini.gate.set()
    assert {answered.engine for answered in await asyncio.gather(*asked)} == {"gemini", "openai"}
    assert not await _is_asked(house, gemini)


async def test_a_shorter_rest_does_not_cut_a_longer_one_short(open_house: Open):
    gemini = Model(FaultKind.QUOTA, fault(FaultKind.RATE_LIMIT, retry_after=5))
    gemini.gate.clear()
    house = await open_house(gemini=gemini, openai=Model())
    asked = [asyncio.create_task(house.decide()) for _ in range(2)]
    await until(lambda: gemini.under_way == 2)
    gemini.gate.set()
    await asyncio.gather(*asked)
    house.pass_by(minutes=59)
    assert not await _is_asked(house, gemini)


@pytest.mark.parametrize(
    "echo",
    [
        f"Incorrect API key provided: {KEY}.",
        f"Incorrect API key provided: {KEY[:8]}*****{KEY[-4:]}.",
        "Incorrect API key provided: sk-proj-0123*****wxyz.",
        "bad request: https://vendor.example/v1?key=AIzaSy0123456789 refused",
    ],
)
@pytest.mark.parametrize("kind", [FaultKind.AUTH, FaultKind.BAD_OUTPUT, FaultKind.SERVER])
async def test_a_key_the_vendor_echoes_is_shown_nowhere(
    open_house: Open, caplog: pytest.LogCaptureFixture, kind: FaultKind, echo: str
):
    caplog.set_level(logging.DEBUG)
    gemini = Model(fault(kind, echo))
    house = await open_house(gemini=gemini)
    for _ in range(8):
        await house.decide()
        house.pass_by(minutes=5)
    shown = caplog.text + str(await house.desk()) + str([asked.remarks for asked in gemini.seen])
    assert "Incorrect API key" in shown or "bad request" in shown
    for part in (KEY, KEY[:8], "0123", "wxyz", KEY[-4:]):
        assert part not in shown
