"""A letter's page in a browser: asked for, written before the eyes, edited and sent by hand."""

import asyncio

import pytest

from tests.browser import browsing, need_browser
from tests.console.conftest import OpenConsole
from tests.letters.tasks.pen import Pen, held, people

pytestmark = pytest.mark.browser


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> Pen:
    return held(monkeypatch)


async def test_a_letter_is_written_before_the_eyes_edited_and_sent(open_console: OpenConsole, pen: Pen) -> None:
    need_browser()
    console = await open_console(role="manager")
    await console.app.db.run(people)
    pen.hold = asyncio.Event()
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/letters/new?person=1", cookies=cookies) as page,
    ):
        await page.fill("#context", "Новые серверы")
        await page.click("form .main")
        await page.wait_for_selector("text=Пишем письмо…")
        pen.hold.set()
        await page.wait_for_selector("text=У вас 18 заказов")
        await page.click("a.proved")
        assert await page.evaluate("document.querySelector('.letter-facts li:target').textContent") == (
            "Количество заказов: 18"
        )
        await page.click("a:text-is('Исправить')")
        await page.fill("#body", "Снизит расходы на 25 %.")
        await page.click("form .main")
        await page.wait_for_selector("mark.unproved")
        await page.click("button:text-is('Одобрить и отправить')")
        await page.click("#ask button.main")
        await page.wait_for_selector(".title .tag:not(:text('черновик'))")
        await console.shop.time_passes(minutes=2)
        await page.wait_for_selector(".title .tag:text('отправлено')")
    (arrived,) = console.shop.letters("ivan@techcom.example")
    assert "Снизит расходы на 25 %." in arrived.text
