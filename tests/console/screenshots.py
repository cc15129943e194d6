"""Draw the pictures of the documentation anew: ``make screenshots``."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from saudager import console, web
from saudager.clock import MovableClock
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


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), sends_per_minute=0, shop_name="Тёплый Дом")
        async with AsyncExitStack() as stack:
            shop = await stack.enter_async_context(rehearse(settings, clock=MovableClock(filled.OPENED)))
            await filled.fill(shop)
            await _have_a_draft(shop)
            site = web.make_web("Saudager")
            console.open_on(site, shop.app)
            signed_in = await sign_in(shop, site, stack, role="owner", name="Марат")
            address, cookies = await stack.enter_async_context(signed_in.served())
            start = f"{address}/console/today"
            async with browsing(start, cookies=cookies, viewport=DESK, color_scheme="light") as page:
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
