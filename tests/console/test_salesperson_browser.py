"""The salesperson's page in a browser: saved and tried by hand, readable by anybody, at a desk and on a phone."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager import prompts
from saudager.exam import runs
from saudager.providers.llm.scripted import ScriptedModel
from tests.browser import DESK, PHONE, browsing, need_browser
from tests.console.conftest import Console, OpenConsole

pytestmark = pytest.mark.browser
PATHS = (
    "/console/salesperson",
    "/console/salesperson/prompts/sales",
    "/console/salesperson/prompts/sales/compare?former=&latter=1",
    "/console/salesperson/promises",
    "/console/salesperson/promises/1",
    "/console/salesperson/trial",
    "/console/salesperson/exams",
    "/console/salesperson/exams/1",
    "/console/settings",
)
DISCOUNT = {"kind": "discount", "words": "Скидка 10 % при заказе от двух дверей", "figure": "10"}


@asynccontextmanager
async def _at(console: Console, path: str, **device: Any) -> AsyncIterator[Any]:
    """The page in a browser of the same operator."""
    need_browser()
    async with (
        console.served() as (address, cookies),
        browsing(address + path, cookies=cookies, **device) as page,
    ):
        yield page


async def _fill(console: Console) -> None:
    text = "Отвечай одним словом.\n" + prompts.load("sales").text
    await console.post("/console/salesperson/prompts/sales", {"text": text, "note": "короче"})
    await console.post("/console/salesperson/promises", DISCOUNT)

    def take(session: Session) -> None:
        now = console.app.clock.now()
        number = runs.begin(session, "intent", "offline", by="Марат", now=now)
        wrong = [{"case": 4, "text": "потом", "expect": "undecided", "got": "yes"}]
        result = {"suite": "intent", "total": 200, "passed": 199, "accuracy": 0.995, "wrong": wrong}
        runs.close(session, number, result, None, now=now)

    await console.app.db.run(take)


@pytest.mark.parametrize(("device", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"])
async def test_every_tab_is_readable_by_anybody(open_console: OpenConsole, scheme: str, device: Any) -> None:
    from axe_playwright_python.async_playwright import Axe

    console = await open_console()
    await _fill(console)
    async with _at(console, PATHS[0], viewport=device, color_scheme=scheme) as page:
        address = page.url.removesuffix(PATHS[0])
        for path in PATHS:
            await page.goto(address + path)
            found = await Axe().run(page)
            assert found.violations_count == 0, (path, found.generate_report())
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, path


async def test_a_prompt_is_tried_and_then_saved(open_console: OpenConsole) -> None:
    model = ScriptedModel(["Двери есть."])
    console = await open_console(model=model)
    async with _at(console, "/console/salesperson/prompts/sales") as page:
        editor = page.locator("#prompt-text")
        text = await editor.input_value()
        await editor.fill("Новый тон.\n" + text.replace("{new_message}", ""))
        await page.get_by_role("button", name="Сохранить и включить").click()
        await page.get_by_text("не хватает поля {new_message}").wait_for()
        await editor.fill("Новый тон.\n" + text)
        await page.get_by_label("Покупатель пишет").fill("Здравствуйте, двери есть?")
        await page.get_by_role("button", name="Написать").click()
        await page.locator(".bubble.ours", has_text="Двери есть.").wait_for()
        assert model.briefings[0].instructions.startswith("Новый тон.")
        async with page.expect_request("**/trial/new?prompt=sales"):
            await page.get_by_role("button", name="Начать заново").click()
        await page.locator(".bubble").first.wait_for(state="detached")
        await page.get_by_role("button", name="Сохранить и включить").click()
        await page.get_by_text("следующий ответ уже по новому тексту").wait_for()
        await page.locator("#versions").get_by_text("действует").wait_for()
        assert await page.get_by_text("не хватает поля").count() == 0


async def test_a_promise_is_added_taken_back_by_its_button_and_shown_live(open_console: OpenConsole) -> None:
    console = await open_console()
    async with _at(console, "/console/salesperson/promises") as page:
        await page.get_by_label("Словами покупателю").fill("Скидка 10 % на двери")
        await page.get_by_role("button", name="Добавить", exact=True).click()
        await page.get_by_text("скидка от 1 до 100 процентов").wait_for()
        await page.get_by_label("Предел").fill("10")
        await page.get_by_role("button", name="Добавить", exact=True).click()
        await page.locator("#promises").get_by_text("действует", exact=True).wait_for()
        await page.locator("#toasts").get_by_role("button", name="Отменить").click()
        await page.locator("#promises").get_by_text("не обещаем", exact=True).wait_for()


async def test_a_setting_is_changed_and_undone(open_console: OpenConsole) -> None:
    console = await open_console()
    async with _at(console, "/console/settings") as page:
        await page.get_by_label("Название магазина").fill("Двери & окна")
        await page.get_by_role("button", name=re.compile("Сохранить.*Магазин")).click()
        await page.get_by_text("Сохранено и уже действует.").wait_for()
        assert console.app.settings.shop_name == "Двери & окна"
        async with page.expect_navigation():
            await page.locator("#toasts").get_by_role("button", name="Отменить").click()
        assert await page.get_by_label("Название магазина").input_value() == "Тёплый Дом"
