"""Who draws by the settings, and what the doctor says of each: whether it would, and how long its model lives."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from saudager import doctor
from saudager.bootstrap import bootstrap
from saudager.engines import shutdowns
from saudager.rehearsal import Shop
from saudager.settings import Settings
from tests.conftest import OpenShop
from tests.fakes.painters import KEY, MODEL, FakePainters

OWN = {"compatible_image_base_url": "http://127.0.0.1:9/v1", "compatible_image_model": "own"}


@pytest.fixture
async def vendors() -> AsyncIterator[FakePainters]:
    async with FakePainters() as fake:
        yield fake


@pytest.mark.parametrize(
    ("given", "draw"),
    [
        ({}, ["offline"]),
        ({"openrouter_api_key": "k", "gemini_api_key": "k", "openai_api_key": "k"}, ["openai", "gemini", "openrouter"]),
        ({"gemini_api_key": "k", "openai_api_key": "k", "image_engines": "gemini, openai"}, ["gemini", "openai"]),
        ({"pollinations_api_key": "k"}, ["pollinations"]),
        ({"pollinations_without_key": True}, ["pollinations"]),
        (OWN, ["compatible"]),
        ({"openai_api_key": "k", "image_engines": "offline"}, ["offline"]),
        ({"openai_api_key": "k", "image_engines": "openai,offline"}, ["openai", "offline"]),
        ({"openai_api_key": "k", "image_engines": "gemini"}, ["offline"]),
    ],
)
async def test_the_engines_of_the_order_that_have_what_they_need_draw(
    settings: Any, given: dict[str, Any], draw: list[str]
) -> None:
    app = bootstrap(settings(**given), poll=None)
    try:
        assert [painter.engine.name for painter in app.painters] == draw
    finally:
        await app.close()


async def test_a_rehearsal_draws_on_this_machine_alone(open_shop: OpenShop) -> None:
    shop = await open_shop(openai_api_key="k")
    assert [painter.engine.name for painter in shop.app.painters] == ["offline"]


async def said(shop: Shop) -> dict[str, tuple[bool, str]]:
    return {
        finding.about.removeprefix("картинки "): (finding.good, finding.says)
        async for finding in doctor.examine(shop.app)
        if finding.about.startswith("картинки")
    }


async def test_the_doctor_asks_each_engine_whether_it_would_draw_and_pays_for_nothing(
    open_shop: OpenShop, vendors: FakePainters
) -> None:
    shop = await open_shop(
        hosted=True,
        engines="compatible",
        image_engines="openai,gemini,pollinations,compatible,openrouter",
        openai_api_key=KEY,
        openai_base_url=vendors.openai.base_url,
        openai_image_model=MODEL,
        gemini_api_key="another-key",
        gemini_base_url=vendors.gemini.base_url,
        pollinations_api_key=KEY,
        pollinations_base_url=vendors.pollinations.base_url,
        pollinations_model="gone-model",
        compatible_image_api_key=KEY,
        compatible_image_base_url=vendors.compatible.base_url,
        compatible_image_model="own",
    )
    found = await said(shop)
    assert found[f"openai ({MODEL})"] == (True, "рисует")
    assert found["compatible (own)"] == (True, "рисует")
    assert found["openrouter"] == (True, "нет ключа: не рисует")
    good, says = found["gemini (gemini-nano-banana-2.1)"]
    assert not good and "HTTP 400" in says and "another-key" not in says
    good, says = found["pollinations (gone-model)"]
    assert not good and "gone-model is not among its models" in says
    assert [vendors.openai.calls, vendors.gemini.calls, vendors.pollinations.calls, vendors.compatible.calls] == [0] * 4


async def test_an_engine_whose_money_is_spent_is_told_though_its_key_is_good(
    open_shop: OpenShop, vendors: FakePainters
) -> None:
    shop = await open_shop(hosted=True, pollinations_api_key=KEY, pollinations_base_url=vendors.pollinations.base_url)
    shop.app.painters[0].stopped = "Insufficient pollen balance"
    assert (await said(shop))["pollinations (flux)"] == (False, "Insufficient pollen balance")


async def test_this_machine_always_draws(open_shop: OpenShop) -> None:
    assert (await said(await open_shop()))["offline (plain)"] == (True, "рисует простые картинки на этой машине")


async def test_the_day_the_vendor_tells_counts_before_the_one_that_is_written_down(
    open_shop: OpenShop, vendors: FakePainters
) -> None:
    shop = await open_shop(
        hosted=True,
        engines="compatible",
        openai_api_key=KEY,
        openai_base_url=vendors.openai.base_url,
        openai_image_model=MODEL,
    )
    vendors.openai.shut_on = shop.clock.now().date().isoformat()
    good, says = (await said(shop))[f"openai ({MODEL})"]
    assert not good and "отключена с" in says and "OPENAI_IMAGE_MODEL" in says and "так говорит сервис" in says


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("dall-e-3", "2026-05-12"),
        ("gpt-image-1", "2026-10-23"),
        ("gpt-image-1.5-2025-12-16", "2026-12-01"),
        ("openai/gpt-image-1-mini", "2026-12-01"),
        ("chatgpt-image-latest", "2026-12-01"),
        ("gemini-2.5-flash-image", "2026-10-02"),
        ("google/gemini-3.1-flash-image", "2026-10-29"),
    ],
)
def test_models_that_draw_have_their_last_day_too(model: str, day: str) -> None:
    announced = shutdowns.of(model)
    assert announced is not None
    assert announced.on.isoformat() == day
    assert announced.instead and shutdowns.of(announced.instead) is None


def test_no_model_that_is_set_without_asking_is_announced_to_end() -> None:
    models = {name: field.default for name, field in Settings.model_fields.items() if name.endswith("_model")}
    assert len(models) > 6
    assert [name for name, model in models.items() if model and shutdowns.of(model)] == []
