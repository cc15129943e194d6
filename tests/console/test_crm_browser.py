"""A merchant in a real browser: connects his CRM, sees it being read, finds a lead and works in it."""

import pytest

from saudager.bench.kommo_account import KommoAccount
from tests.browser import browsing, need_browser
from tests.console.conftest import Console
from tests.console.test_crm import HOME, clock, console, kommo

__all__ = ["clock", "console", "kommo"]
pytestmark = [pytest.mark.browser]


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


async def test_from_a_token_to_a_note_in_a_lead(console: Console, kommo: KommoAccount):
    async with console.served() as (address, cookies), browsing(f"{address}{HOME}", cookies=cookies) as page:
        await page.get_by_label("Адрес аккаунта").fill(kommo.base_url)
        await page.get_by_label("Долгосрочный токен").fill(kommo.long_lived_token)
        await page.get_by_role("button", name="Подключить", exact=True).click()
        await page.get_by_text("Читаем аккаунт впервые").wait_for()
        await console.shop.time_passes(seconds=10)
        await page.get_by_text("контакты: 1, сделки: 2").wait_for()
        await page.get_by_role("link", name="Сделки", exact=True).click()
        await page.get_by_role("link", name="Новая").click()
        await page.get_by_role("link", name="Дастархан").click()
        await page.get_by_label("Текст заметки").fill("Ждёт замера")
        await page.get_by_role("button", name="Записать").click()
        await console.shop.time_passes(seconds=10)
        await page.locator("#history li", has_text="Ждёт замера").get_by_text("в CRM").wait_for()
        assert await page.get_by_label("Текст заметки").input_value() == ""
    (lead,) = [number for number, row in kommo.leads.items() if "Дастархан" in row["name"]]
    assert [note["params"]["text"] for note in kommo.notes(lead)] == ["Марат: Ждёт замера"]
