"""What the doctor says of the hosted engines, their models and the day's money."""

from datetime import UTC, date, datetime

import pytest

from saudager import doctor
from saudager.engines import shutdowns
from saudager.providers.llm import FaultKind
from tests.engines.conftest import House, Model, Open, fault

TODAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


async def _findings(house: House) -> dict[str, tuple[bool, str]]:
    return {
        finding.about: (finding.good, finding.says)
        async for finding in doctor.examine(house.app)
        if finding.about.startswith(("модель", "деньги"))
    }


async def test_each_engine_is_asked_one_word_and_told_apart(open_house: Open):
    gemini, openai = Model("Да."), Model(FaultKind.AUTH)
    house = await open_house(
        openrouter=Model(fault(FaultKind.RATE_LIMIT, retry_after=60)), gemini=gemini, openai=openai
    )
    found = await _findings(house)
    assert found == {
        "модель openrouter (google/gemini-3.7-flash)": (False, "отдыхает до 07:01:00 UTC: rate_limit"),
        "модель gemini (gemini-3.7-flash)": (True, "готова"),
        "модель openai (gpt-5.4-mini)": (
            False,
            "ключ не принят или такой модели нет: проверьте OPENAI_API_KEY и OPENAI_MODEL",
        ),
        "модель compatible": (True, "нет ключа: её не спрашивают"),
    }
    assert [row.engine for row in await house.spending()] == ["gemini", "openai", "openrouter"], "counted"
    assert "engine:openai" in await house.desk()


async def test_without_any_key_it_says_so_and_is_content(open_house: Open):
    found = await _findings(await open_house())
    assert found == {
        f"модель {name}": (True, "нет ключа: её не спрашивают")
        for name in ("openrouter", "gemini", "openai", "compatible")
    }


async def test_a_complaint_of_an_engine_whose_key_was_taken_away_is_settled(open_house: Open):
    house = await open_house(gemini=Model(FaultKind.AUTH))
    await house.decide()
    house = await open_house(openai=Model())
    await _findings(house)
    assert await house.desk() == {}


async def test_the_days_money_is_told_and_no_engine_is_tried_when_it_is_spent(open_house: Open):
    gemini = Model(cost="2.5")
    house = await open_house(gemini=gemini, daily_budget="1500 KZT", usd_rate=500)
    assert (await _findings(house))["деньги на модели"] == (True, "сегодня 1250.00 KZT из 1500 KZT")
    await house.decide()
    found = await _findings(house)
    assert found["деньги на модели"] == (False, "сегодня 2500.00 KZT из 1500 KZT")
    assert found["модель gemini (gemini-3.7-flash)"] == (False, "не спрашивали: деньги на сегодня кончились")
    assert len(gemini.seen) == 2


@pytest.mark.parametrize(
    ("model", "warning"),
    [
        ("gemini-2.0-flash", "отключена с 01.06.2026"),
        ("gemini-2.5-pro", "будет отключена 01.12.2026: задайте в GEMINI_MODEL другую, например gemini-3.8-flash"),
        ("gemini-3.1-flash-lite", None),
        ("gemini-3.7-flash", None),
    ],
)
async def test_a_model_that_is_gone_or_goes_within_sixty_days_is_warned_of(
    open_house: Open, model: str, warning: str | None
):
    house = await open_house(gemini=Model(), gemini_model=model, at=TODAY)
    says = [finding.says async for finding in doctor.examine(house.app) if "отключена" in finding.says]
    assert bool(says) == (warning is not None)
    assert warning is None or (warning in says[0] and "https://ai.google.dev" in says[0])


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("openai/gpt-4o-mini", date(2027, 1, 14)),
        ("GPT-4o-2024-11-20", date(2027, 1, 14)),
        ("gpt-4o-2024-05-13", date(2026, 10, 23)),
        ("gpt-4-0613", date(2026, 10, 23)),
        ("google/gemini-2.5-flash:free", date(2026, 12, 1)),
        ("gpt-5.4-mini", None),
        ("qwen3:8b", None),
    ],
)
def test_snapshots_and_openrouter_ids_share_their_models_announcement(model: str, day: date | None):
    announced = shutdowns.of(model)
    assert (announced and announced.on) == day
