"""A contact sheet in a browser: asked for by a form, filling before the eyes, and what a person says of it."""

import asyncio
from pathlib import Path

import pytest

from saudager.providers.images import Drawing, Painter
from saudager.providers.images.offline import OfflineImageModel
from tests.browser import browsing, need_browser
from tests.console.conftest import OpenConsole
from tests.console.test_pictures import catalogue, flat

pytestmark = pytest.mark.browser


class Slowly(OfflineImageModel):
    """The offline engine, a picture at a time: each waits until it may be drawn."""

    def __init__(self) -> None:
        self.may = asyncio.Semaphore(0)

    async def draw(self, asked: Drawing):  # type: ignore[no-untyped-def]
        await self.may.acquire()
        return await super().draw(asked)


async def test_pictures_appear_one_by_one_and_are_accepted_by_hand(open_console: OpenConsole) -> None:
    need_browser()
    engine = Slowly()
    console = await open_console(role="manager", painters=[Painter(engine)])
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/pictures", cookies=cookies) as page,
    ):
        await page.click("a:text-is('Нарисовать первые')")
        await page.wait_for_selector("text=картинки будут простыми")
        assert not await page.is_visible("#photo")
        await page.check("input[value=car]")
        assert not await page.is_visible("#words")
        await page.fill("#year", "2021")
        await page.click("form .main")
        await page.wait_for_selector("#wrong:has-text('Назовите марку машины.')")
        assert await page.input_value("#year") == "2021"
        await page.fill("#brand", "Toyota")
        await page.fill("#model", "Camry")
        await page.uncheck("input[value=three_quarter]")
        await page.click("form .main")
        await page.wait_for_selector("text=Нарисовано 0 из 3")
        await page.click("summary:has-text('Как нарисовано: спереди')")
        for drawn in (1, 2, 3):
            engine.may.release()
            await page.wait_for_selector(f"text=Нарисовано {drawn} из 3")
            await page.locator(".contact-sheet img").nth(drawn - 1).wait_for()
        for _ in range(6):
            engine.may.release()
        await page.evaluate(
            "Promise.all([...document.querySelectorAll('.contact-sheet img')].map((one) => one.decode()))"
        )
        assert await page.is_visible("text=простой рисунок, без модели plain"), "what was unfolded stays so"
        await page.click("button:has-text('Принять: спереди')")
        await page.wait_for_selector("#picture-1 .tag:text-is('принята')")
        await page.click("button:text-is('Удалить серию')")
        await page.click("#ask button.main")
        await page.wait_for_selector("text=Картинок ещё нет")


async def test_a_product_is_found_and_drawn_by_the_merchants_photo(open_console: OpenConsole, tmp_path: Path) -> None:
    need_browser()
    console = await open_console(role="manager")
    await console.app.db.run(catalogue, now=console.shop.clock.now())
    photo = tmp_path / "sofa.png"
    photo.write_bytes(flat("#b3202a"))
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/pictures/new?product=2", cookies=cookies) as page,
    ):
        assert await page.is_checked("text=Окно ПВХ 70 мм")
        await page.fill("#find", "диван")
        await page.wait_for_selector("#products label:has-text('Диван')")
        await page.check("#products label:has-text('Диван') input")
        await page.check("input[value=photo]")
        await page.click("form .main")
        await page.wait_for_selector("#wrong:has-text('Выберите фото товара')")
        await page.set_input_files("#photo", photo)
        await page.click("form .main")
        await page.wait_for_selector("text=Нарисовано 4 из 4")
        await page.click("summary:has-text('О серии')")
        await page.wait_for_selector("dd:has-text('SOFA-1')")
        assert await page.evaluate("document.querySelector('.own-photo').decode().then(() => true)")
