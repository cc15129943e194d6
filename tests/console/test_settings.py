"""The shop's settings page: changed at once, undone at once, wrong values told beside their field."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from saudager import shop_settings
from saudager.bootstrap import bootstrap
from saudager.console.setting_fields import GROUPS
from saudager.engines.order import Engines
from saudager.operators import audit
from saudager.providers.llm.scripted import ScriptedModel
from saudager.settings import Settings
from tests.console.conftest import Console, OpenConsole

PAGE = "/console/settings"


async def _form(console: Console, key: str) -> dict[str, str]:
    """The form of a group as the browser has it."""
    page = (await console.get(PAGE)).text
    (form,) = re.findall(rf'<form id="settings-{key}".*?</form>', page, re.S)
    fields = {}
    for one in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'{what}="([^"]*)"', one)[1] for what in ("name", "value"))
        if 'type="checkbox"' not in one or " checked" in one:
            fields[name] = value
    return fields


async def _save(console: Console, key: str, **changed: str) -> Any:
    return await console.post(f"{PAGE}/{key}", await _form(console, key) | changed)


def _told(response: Any) -> dict[str, Any]:
    return json.loads(response.headers["hx-trigger"])["told"]


async def test_every_editable_setting_has_its_field() -> None:
    assert sorted(field.name for _, fields in GROUPS.values() for field in fields) == sorted(shop_settings.EDITABLE)


async def test_a_change_counts_at_once_and_is_undone_by_its_button(open_console: OpenConsole) -> None:
    model = ScriptedModel(["Двери есть."] * 2)
    console = await open_console(model=model, disclose_ai=False)
    saved = await _save(console, "shop", disclose_ai="1", shop_name="Двери & окна")
    assert console.app.settings.disclose_ai is True
    assert "ИИ-помощник" in (await console.shop.ask_as_customer("Двери есть?"))[0]
    assert "изменено" in console.text(saved)
    undone = await console.post(_told(saved)["undo"])
    assert undone.headers["hx-redirect"] == PAGE
    assert (console.app.settings.disclose_ai, console.app.settings.shop_name) == (False, "Тёплый Дом")
    assert "изменено" not in await console.sees(PAGE)
    entries = await console.app.db.read(audit.listed)
    assert [entry.action for entry in entries] == ["settings.changed"] * 2
    assert entries[-1].details == {"changed": {"disclose_ai": "1", "shop_name": "Двери & окна"}}


@pytest.mark.parametrize(
    ("key", "name", "value", "says"),
    [
        ("answers", "patience", "сто", "Число от 0 до 60."),
        ("answers", "reply_hours", "9-21", "Часы вида 09:00-21:00"),
        ("answers", "reply_hours", "10:00-10:00", "начало и конец разные"),
        ("outreach", "outreach_hours", "18:00-09:00", "ночью первыми не пишем"),
        ("shop", "currency", "30,1", "Знак или буквы"),
        ("shop", "shop_name", "Д" * 201, "Не длиннее 200 знаков"),
        ("outreach", "follow_up_intervals", "24, 30", "каждое хотя бы на 24 больше"),
        ("calls", "days_off", "завтра", "Дни вида 2026-05-27"),
        ("people", "alert_numbers", "мой номер", "Номера телефонов"),
        ("calls", "working_hours_start", "18", "рабочие часы должны вмещать"),
    ],
)
async def test_a_wrong_value_is_told_in_russian_and_what_was_typed_stays(
    open_console: OpenConsole, key: str, name: str, value: str, says: str
) -> None:
    console = await open_console()
    answer = await _save(console, key, **{name: value})
    assert says in console.text(answer)
    assert f'value="{value}"' in answer.text
    assert "hx-trigger" not in answer.headers
    assert await console.app.db.read(shop_settings.values, console.app.vault) == {}


async def test_two_owners_with_the_same_form_keep_each_others_changes(open_console: OpenConsole) -> None:
    console = await open_console()
    other = await console.another(role="owner")
    stale = await _form(other, "answers")
    await _save(console, "answers", patience="2")
    await other.post(f"{PAGE}/answers", stale | {"patience_cap": "30"})
    assert (console.app.settings.patience, console.app.settings.patience_cap) == (2, 30)


async def test_nothing_changed_is_said_and_not_stored(open_console: OpenConsole) -> None:
    console = await open_console()
    assert _told(await _save(console, "calls"))["text"] == "Ничего не изменилось."
    assert await console.app.db.read(shop_settings.values, console.app.vault) == {}


async def test_what_a_form_does_not_hold_stays_as_it_is(open_console: OpenConsole) -> None:
    console = await open_console(currency="тг", greet_unknown=True)
    answer = await console.post(f"{PAGE}/shop", {"moderator_min_messages": "2"})
    now = console.app.settings
    assert (now.shop_name, now.currency, now.greet_unknown) == ("Тёплый Дом", "тг", True)
    assert now.moderator_min_messages == 2
    (entry,) = await console.app.db.read(audit.listed)
    assert entry.details == {"changed": {"moderator_min_messages": "2"}}
    assert _told(answer)["text"] == "Сохранено и уже действует."


async def test_a_switch_is_turned_off(open_console: OpenConsole) -> None:
    console = await open_console(greet_unknown=True)
    form = await _form(console, "shop")
    assert form["greet_unknown"] == "1"
    await console.post(f"{PAGE}/shop", form | {"greet_unknown": "0"})
    assert console.app.settings.greet_unknown is False


async def test_the_log_says_nothing_where_nothing_changed(open_console: OpenConsole) -> None:
    console = await open_console()
    form = {name: value for name, value in (await _form(console, "calls")).items() if not name.startswith("was.")}
    assert _told(await console.post(f"{PAGE}/calls", form))["text"] == "Ничего не изменилось."
    assert await console.app.db.read(audit.listed) == []


@pytest.mark.parametrize("currency", ["0", "10", "-1", "30,1", "9:70", "\0", "₸\n", "."])
def test_a_currency_is_a_sign_or_letters(settings: Callable[..., Settings], currency: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        settings(currency=currency)


@pytest.mark.parametrize("currency", ["₸", "тг", "тг.", "KZT", "US$"])
def test_a_currency_may_be_written_as_shops_write_it(settings: Callable[..., Settings], currency: str) -> None:
    assert settings(currency=currency).currency == currency


@pytest.mark.parametrize("name", ["Двери\nи окна", "Двери\0", "Д" * 201])
def test_a_shops_name_is_one_line(settings: Callable[..., Settings], name: str) -> None:
    with pytest.raises(ValueError, match="shop_name"):
        settings(shop_name=name)


async def test_where_a_value_comes_from_is_shown(open_console: OpenConsole) -> None:
    console = await open_console(handover_hours=6)
    page = await console.sees(PAGE)
    assert "из окружения" in page
    await _save(console, "people", handover_hours="9")
    page = await console.sees(PAGE)
    assert "в окружении: 6" in page
    assert "Обычно: 4." in page


async def test_a_number_to_alert_is_never_answered(open_console: OpenConsole) -> None:
    console = await open_console()
    await _save(console, "people", alert_numbers="8 701 000 00 09")
    assert console.app.settings.alert_numbers == ("77010000009",)
    assert "77010000009" in [one.phone_number for one in await console.app.gateway.whitelist()]


@pytest.mark.parametrize("role", ["manager", "viewer"])
async def test_only_the_owner_comes_here(open_console: OpenConsole, role: str) -> None:
    console = await open_console(role=role)
    assert (await console.get(PAGE)).status_code == 403
    assert (await console.post(f"{PAGE}/shop", {"shop_name": "Моё"})).status_code == 403
    assert (await console.post(f"{PAGE}/undo?shop_name=x")).status_code == 403


async def test_only_what_is_offered_can_be_changed(open_console: OpenConsole) -> None:
    console = await open_console()
    refused = await console.post(f"{PAGE}/undo?database_url=sqlite:///x")
    assert refused.status_code == 409
    assert (await console.post(f"{PAGE}/secrets", {})).status_code == 404


async def test_the_days_cap_is_offered_only_while_a_model_answers(
    open_console: OpenConsole, settings: Callable[..., Settings]
) -> None:
    console = await open_console()
    assert "Предел расходов" not in await console.sees(PAGE)
    hosted = bootstrap(settings(openai_api_key="sk-test"), poll=None)
    console.app.model = hosted.model
    assert _told(await _save(console, "money", daily_budget="3 USD"))["undo"]
    assert isinstance(hosted.model, Engines)
    assert hosted.model.books.budget is not None
    assert "курс доллара не указан" in console.text(await _save(console, "money", daily_budget="1500 KZT"))
    assert "Сумма и валюта" in console.text(await _save(console, "money", daily_budget="много"))
    assert hosted.model.books.budget.written == "3 USD"
    await hosted.close()
