"""A ready scenario taken in a browser, spoilt, mended where the editor says, tried out and switched on."""

import pytest

from tests.browser import MISSING, browsing, need_browser
from tests.console.conftest import OpenConsole

if MISSING is None:
    from playwright.async_api import expect

pytestmark = pytest.mark.browser
RULE = """\
rule: greeting
title: Приветствие
when: customer_wrote
then:
  - add_tusk: {text: "Поздороваться"}
"""


async def test_a_rule_is_written_mended_tried_switched_on_and_seen_to_run(open_console: OpenConsole) -> None:
    need_browser()
    console = await open_console(role="owner")
    await console.shop.customer_says("Здравствуйте")
    await console.shop.time_passes(minutes=2)
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/automation", cookies=cookies) as page,
    ):
        await page.get_by_role("link", name="Новое").click()
        text = page.get_by_label("Текст (YAML)")
        await text.fill(RULE)
        place = page.get_by_role("button", name="строка 5, столбец 5")
        await place.click()
        assert await text.evaluate("it => it.value.slice(it.selectionStart).startsWith('add_tusk')")
        await text.fill(RULE.replace("add_tusk", "add_task"))
        await expect(page.locator("#checked")).to_contain_text("поставить задачу")
        await text.press("Control+s")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Приветствие")
        await page.get_by_role("button", name="Проверить", exact=True).click()
        await expect(page.locator("#tried")).to_contain_text("Подошло бы: 1 из 1")
        await page.get_by_role("button", name="Включить").click()
        await console.shop.customer_says("Ещё вопрос")
        await console.shop.time_passes(minutes=2)
        await expect(page.locator("#runs")).to_contain_text("сделано")
