"""The merchant's first day, in Debian's chromium: from the link printed at the first start to the charts."""

import re
from pathlib import Path
from typing import Any

import pytest

from saudager.demo.shop import SAMPLE_SHOP
from tests.browser import DESK, MISSING, PHONE, browsing, need_browser
from tests.console.merchant import merchants_shop

if MISSING is None:
    from playwright.async_api import Page, expect

    expect.set_options(timeout=20_000)

pytestmark = [pytest.mark.browser]
PRICE = "Сколько стоит двустворчатое окно 1500×1500 в профиле «Премиум 76»?"


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


async def opens(page: "Page", section: str) -> None:
    """Go to a section by the menu, which a phone has to open first."""
    if page.viewport_size == PHONE:
        await page.get_by_role("button", name="Меню").click()
    await page.get_by_role("navigation", name="Разделы").get_by_role("link", name=section).click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def signs_up(page: "Page") -> None:
    await page.get_by_label("Логин").fill("marat")
    await page.get_by_label("Как вас зовут").fill("Марат")
    await page.get_by_label("Пароль", exact=True).fill("верблюд под дождём")
    await page.get_by_label("Пароль ещё раз").fill("верблюд под дождём")
    await page.get_by_role("button", name="Войти в консоль").click()
    await expect(page).to_have_url(re.compile(r"/console/(?!welcome)"))


async def customer_writes(page: "Page", address: str, text: str) -> None:
    """As the made-up customer of the simulator."""
    await page.goto(f"{address}/console/simulator")
    await page.get_by_label("Сообщение покупателя").fill(text)
    await page.get_by_role("button", name="Отправить").click()
    await expect(page.locator("#chat")).to_contain_text(text)


@pytest.mark.parametrize("device", [{"viewport": DESK}, {"viewport": PHONE, "has_touch": True}], ids=["desk", "phone"])
async def test_the_first_day_of_a_merchant(device: dict[str, Any], tmp_path: Path) -> None:
    async with merchants_shop(tmp_path) as shop, browsing(await shop.first_link(), **device) as page:
        await signs_up(page)

        await opens(page, "Подключения")
        await page.get_by_role("link", name="Подключить канал").click()
        await page.get_by_role("link", name="Телефон для пробы").last.click()
        await page.get_by_role("button", name="Подключить", exact=True).click()
        await expect(page.get_by_label("Сообщение покупателя")).to_be_visible()

        await opens(page, "Знания")
        papers = [str(paper) for paper in sorted(SAMPLE_SHOP.glob("*.pdf"))]
        await page.get_by_label("Файлы").set_input_files(papers)
        await page.get_by_role("button", name="Загрузить").click()
        await expect(page.get_by_role("link", name="prices.pdf", exact=True)).to_be_visible()

        await customer_writes(page, shop.address, PRICE)
        await expect(page.locator("#chat .bubble.ours")).to_contain_text("131 000 ₸")

        await opens(page, "Входящие")
        await page.locator("#inbox-list a.item").first.click()
        answer = page.locator(".lines .bubble.ours").last
        await expect(answer).to_contain_text("131 000 ₸")
        await answer.get_by_role("link", name="почему?").click()
        await expect(page.get_by_text("prices.pdf, стр. 1").first).to_be_visible()
        talk = page.url

        await page.goto(talk)
        await page.get_by_role("button", name="Взять разговор").click()
        await expect(page.locator("#head")).to_contain_text("продавец молчит до")
        await page.get_by_label("Ответ клиенту").fill("Здравствуйте, это Марат. Замерщик приедет бесплатно.")
        await page.get_by_role("button", name="Отправить", exact=True).click()
        await expect(page.locator(".lines .bubble.ours").last).to_contain_text("Замерщик приедет бесплатно")

        await page.get_by_text("Вернуть разговор продавцу").click()
        await page.get_by_label("Чем закончилось").fill("Договорились о замере")
        await page.get_by_role("button", name="Вернуть", exact=True).click()
        await expect(page.locator("#head")).not_to_contain_text("продавец молчит до")

        await opens(page, "Доверие")
        await page.get_by_role("button", name="Всё проверять").click()
        await page.get_by_role("dialog").get_by_role("button", name="Да").click()
        await expect(page.locator(".tag", has_text="на проверке").first).to_be_visible()
        await customer_writes(page, shop.address, "Сколько стоит доставка в Караганду?")
        await page.goto(talk)
        draft = page.get_by_label("Текст черновика")
        await expect(draft).to_have_value("Караганда, доставка — 15 000 ₸. Что для вас важнее: цена или срок?")
        await page.get_by_role("button", name="Отправить черновик").click()
        await expect(page.locator(".lines .bubble.ours").last).to_contain_text("15 000 ₸")
        await expect(draft).to_have_count(0)

        await customer_writes(page, shop.address, "Позвоните мне завтра в 15:00")
        await opens(page, "Звонки")
        await expect(page.get_by_role("main")).to_contain_text("15:00")

        await opens(page, "Сегодня")
        await expect(page.get_by_role("img", name="Сообщения").first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
