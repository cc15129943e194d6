"""Draw the pictures of the documentation anew: ``make screenshots``."""

import asyncio
import io
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from sqlalchemy import update
from sqlalchemy.orm import Session

from saudager import console, web
from saudager.api import picture_files
from saudager.clock import MovableClock
from saudager.crm.models import CrmConnection
from saudager.demo.shop import SAMPLE_SHOP
from saudager.knowledge import library
from saudager.rehearsal import Shop, rehearse
from saudager.settings import Settings
from saudager.trust import ramp
from saudager.trust.models import Mode
from tests.browser import DESK, PHONE, browsing
from tests.console import filled
from tests.console.conftest import sign_in

if TYPE_CHECKING:
    from playwright.async_api import Page

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PAGES = {
    "today": "/console/today",
    "contacts": "/console/contacts",
    "orders": "/console/orders?q=496",
    "follow-ups": "/console/follow-ups",
    "calls": "/console/calls",
    "knowledge": "/console/knowledge/document?file=prices.pdf",
    "salesperson": "/console/salesperson",
    "trust": "/console/trust",
    "connections": "/console/connections",
}


TOUR = {
    "follow-ups": "/console/follow-ups",
    "call": "/console/calls",
    "orders": "/console/orders?q=496",
    "crm": "/console/crm",
    "automation": "/console/automation/2",
    "models": "/console/connections/engines",
    "preview": "/console/preview",
}
LETTER = "/console/letters/1"
SERIES = "/console/pictures/1"
PRICE = "Сколько стоит двустворчатое окно 1500×1500 в профиле «Премиум 76»?"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), sends_per_minute=0, shop_name="Тёплый Дом")
        async with AsyncExitStack() as stack:
            shop = await stack.enter_async_context(rehearse(settings, clock=MovableClock(filled.OPENED)))
            site = web.make_web("Saudager")
            console.open_on(site, shop.app)
            site.include_router(picture_files.router(shop.app))
            signed_in = await sign_in(shop, site, stack, role="owner", name="Марат")
            address, cookies = await stack.enter_async_context(signed_in.served())
            start = f"{address}/console/today"
            async with browsing(start, cookies=cookies, viewport=DESK, color_scheme="light") as page:
                await page.goto(f"{address}/console/connections/new?vendor=wappi")
                await _show(page, "channel")
                await _first_answer(page, shop, address)
                await filled.fill(shop)
                await _ask_the_doctor(page, address)
                await shop.app.db.run(_mend_the_crm)
                await _step_in(page, address)
                await _take_the_tour(page, address)
                await _have_a_draft(shop)
                for name, path in PAGES.items():
                    await page.goto(f"{address}{path}")
                    await _draw(page, name)
                await _open_talk(page, address)
                await _draw(page, "inbox")
                await page.emulate_media(color_scheme="dark")
                await _draw(page, "inbox-dark")
                await page.emulate_media(color_scheme="light")
                await page.set_viewport_size(PHONE)
                await _draw(page, "inbox-phone")


async def _first_answer(page: "Page", shop: Shop, address: str) -> None:
    """The owner tries it as a customer, by documents that have just come."""
    for paper in SAMPLE_SHOP.glob("*.pdf"):
        shutil.copyfile(paper, shop.app.settings.knowledge_folder / paper.name)
    await library.refresh(shop.app.db, shop.app.settings.knowledge_folder, now=shop.clock.now())
    await page.goto(f"{address}/console/simulator")
    await page.get_by_label("Сообщение покупателя").fill(PRICE)
    await page.get_by_role("button", name="Отправить").click()
    await page.locator("#chat .bubble").first.wait_for()
    await shop.time_passes(minutes=1)
    await page.reload()
    await page.locator("#chat .ours").first.wait_for()
    await _show(page, "first-answer")


def _mend_the_crm(session: Session) -> None:
    session.execute(update(CrmConnection).values(problem=None, hook_problem=None))


async def _step_in(page: "Page", address: str) -> None:
    """A customer has asked for a person, who writes."""
    await page.goto(f"{address}/console/inbox?q={filled.MARINA.name}")
    await page.locator("#inbox-list a.item").first.click()
    await page.locator("#reply-text").fill("Марина, здравствуйте! Это Марат. Сетку привезём завтра, удобно?")
    await _show(page, "person")


async def _take_the_tour(page: "Page", address: str) -> None:
    for name, path in TOUR.items():
        await page.goto(f"{address}{path}")
        await _show(page, name)
    for name, path in (("letter", LETTER), ("pictures", SERIES)):
        await page.goto(f"{address}{path}")
        await page.locator("main h1").wait_for()
        await _show(page, name)


async def _ask_the_doctor(page: "Page", address: str) -> None:
    await page.goto(f"{address}/console/connections/doctor")
    await page.get_by_role("button", name="Проверить всё").click()
    await page.locator("#findings .banner").wait_for(timeout=60_000)
    await page.set_viewport_size({"width": 1360, "height": 680})
    await _show(page, "doctor")
    await page.set_viewport_size(DESK)


async def _show(page: "Page", name: str) -> None:
    """A picture of the tour, as WebP."""
    await page.wait_for_load_state("load")
    with Image.open(io.BytesIO(await page.screenshot())) as shown:
        await asyncio.to_thread(shown.convert("RGB").save, FOLDER / f"tour-{name}.webp", quality=80, method=6)


async def _have_a_draft(shop: Shop) -> None:
    await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Марат", now=shop.clock.now())
    await filled.says(shop, filled.DANIYAR, "А какая гарантия на профиль «Премиум 76»?")


async def _open_talk(page: "Page", address: str) -> None:
    await page.goto(f"{address}/console/inbox?q={filled.DANIYAR.name}")
    await page.locator("#inbox-list a.item").first.click()
    await page.get_by_role("link", name="почему?").first.click()
    await page.locator("#why h2, #why h3").first.wait_for()


async def _draw(page: "Page", name: str) -> None:
    await page.wait_for_load_state("load")
    await page.screenshot(path=FOLDER / f"console-{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
