"""The owner's settings lie over the environment's, in every process and after every start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saudager import shop_settings
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.doctor import examine
from saudager.engines.order import Engines
from saudager.errors import ConfigurationError
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from saudager.settings import Settings
from saudager.shop_settings import WrongSetting, following
from tests.conftest import OpenShop

MakeSettings = Callable[..., Settings]


async def _store(app: App, wanted: dict[str, str]) -> list[str]:
    now = app.clock.now()
    return await app.db.run(shop_settings.change, app.environment, app.vault, wanted, by="Марат", now=now)


async def _change(shop: Shop, **wanted: str) -> list[str]:
    app = shop.app
    changed = await _store(app, wanted)
    await following.catch_up(app)
    return changed


@pytest.mark.both_kinds
async def test_a_change_counts_at_once_and_after_a_start(open_shop: OpenShop, settings: MakeSettings) -> None:
    shop = await open_shop(patience=4, shop_name="Было")
    assert await _change(shop, patience="2.5", shop_name="Стало") == ["patience", "shop_name"]
    assert (shop.app.settings.patience, shop.app.settings.shop_name) == (2.5, "Стало")
    again = bootstrap(settings(patience=4, shop_name="Было"), poll=None)
    assert (again.settings.patience, again.settings.shop_name) == (2.5, "Стало")
    assert again.environment.patience == 4
    await again.close()


async def test_another_process_follows(open_shop: OpenShop, settings: MakeSettings) -> None:
    shop = await open_shop()
    other: App = bootstrap(settings(), poll=None)
    await _change(shop, handover_hours="9")
    assert other.settings.handover_hours == 4
    await following.catch_up(other)
    assert other.settings.handover_hours == 9
    await other.close()


async def test_what_is_again_as_the_environment_has_it_is_forgotten(open_shop: OpenShop) -> None:
    shop = await open_shop(patience=4)
    await _change(shop, patience="2")
    assert await _change(shop, patience="4") == ["patience"]
    assert await shop.app.db.read(shop_settings.values, shop.app.vault) == {}
    assert await _change(shop, patience="4") == []


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ({"patience": "-1"}, "patience"),
        ({"reply_hours": "с утра"}, "reply_hours"),
        ({"follow_up_intervals": "24,30"}, "follow_up_intervals"),
        ({"alert_numbers": "не номер"}, "alert_numbers"),
        ({"working_hours_start": "18"}, ""),
    ],
)
async def test_a_wrong_value_is_refused_by_its_name_and_nothing_is_stored(
    open_shop: OpenShop, wanted: dict[str, str], name: str
) -> None:
    shop = await open_shop()
    with pytest.raises(WrongSetting) as caught:
        await _change(shop, shop_name="Другое", **wanted)
    assert caught.value.name == name
    assert await shop.app.db.read(shop_settings.values, shop.app.vault) == {}


async def test_lists_and_switches_come_back_as_they_were_stored(open_shop: OpenShop) -> None:
    shop = await open_shop()
    wanted = {"follow_up_intervals": "12, 48", "days_off": "2026-05-27,2026-12-31", "disclose_ai": "1"}
    await _change(shop, **wanted, alert_numbers="8 701 000 00 01")
    settings = shop.app.settings
    assert settings.follow_up_intervals == (12, 48)
    assert [day.isoformat() for day in settings.days_off] == ["2026-05-27", "2026-12-31"]
    assert settings.disclose_ai is True
    assert settings.alert_numbers == ("77010000001",)
    stored = await shop.app.db.read(shop_settings.values, shop.app.vault)
    assert shop_settings.laid_over(shop.app.environment, stored) == settings


def test_a_stored_value_the_environment_has_come_to_forbid_is_left_out_alone(tmp_path: Path) -> None:
    environment = Settings(_env_file=None, data_dir=tmp_path, working_hours_start=15, working_hours_end=18)
    stored = {"working_hours_end": "12", "patience": "2"}
    settings = shop_settings.laid_over(environment, stored)
    assert (settings.working_hours_end, settings.patience) == (18, 2)


async def test_the_salesperson_works_by_what_was_changed(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel(["Дверь есть."] * 2), disclose_ai=False)
    await _change(shop, disclose_ai="1")
    (said,) = await shop.ask_as_customer("Здравствуйте, двери есть?")
    assert "ИИ-помощник" in said


def test_every_editable_setting_is_one(settings: MakeSettings) -> None:
    values: dict[str, Any] = settings().model_dump()
    assert set(shop_settings.EDITABLE) <= values.keys()


async def test_the_days_cap_is_held_to_at_once(
    settings: MakeSettings,
) -> None:
    app = bootstrap(settings(openai_api_key="sk-test"), poll=None)
    assert isinstance(app.model, Engines)
    await _store(app, {"daily_budget": "3 USD"})
    await following.catch_up(app)
    assert app.model.books.budget is not None
    assert app.model.books.budget.written == "3 USD"
    await app.close()


async def test_a_cap_that_cannot_be_counted_is_refused(settings: MakeSettings) -> None:
    app = bootstrap(settings(openai_api_key="sk-test", openai_model="of-tomorrow"), poll=None)
    with pytest.raises(ConfigurationError, match="MODEL_PRICES"):
        app.reset_budget(settings(daily_budget="3 USD"))
    await app.close()


async def test_the_doctor_says_what_the_console_has_changed(open_shop: OpenShop) -> None:
    shop = await open_shop(patience=4)
    await _change(shop, patience="2")
    said = [finding.says async for finding in examine(shop.app) if finding.about == "settings"]
    assert said == ["changed in the console, which counts: PATIENCE is '2' (the environment says '4')"]
