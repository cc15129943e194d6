"""Every page of the console by the rules of WCAG 2.2 AA, as axe-core knows them: both themes, desk and phone."""

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.browser import DESK, MISSING, PHONE, browsing, need_browser
from tests.console import filled
from tests.console.conftest import OpenConsole
from tests.console.crawling import pages

if MISSING is None:
    from axe_playwright_python.async_playwright import Axe
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser]
each_look = pytest.mark.parametrize(("theme", "size"), [("light", DESK), ("dark", PHONE)], ids=["desk", "phone"])
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


@each_look
async def test_no_page_breaks_a_rule_and_none_scrolls_sideways(
    open_console: OpenConsole, theme: str, size: dict[str, int]
) -> None:
    console = await open_console(role="owner")
    await filled.fill(console.shop)
    found = await pages(console)
    assert len(found) > 40, found
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/today", cookies=cookies) as page,
    ):
        assert [one async for one in faults(page, address, list(found.values()), theme, size)] == []


@each_look
async def test_the_door_breaks_no_rule_either(open_console: OpenConsole, theme: str, size: dict[str, int]) -> None:
    console = await open_console()
    async with console.served() as (address, _), browsing(f"{address}/console/sign-in") as page:
        assert [
            one async for one in faults(page, address, ["/console/sign-in", "/console/forgotten"], theme, size)
        ] == []


async def faults(
    page: "Page", address: str, paths: Sequence[str], theme: str, size: dict[str, int]
) -> AsyncIterator[str]:
    """What breaks a rule on these pages."""
    await page.emulate_media(color_scheme=theme)
    await page.set_viewport_size(size)
    for path in paths:
        await page.goto(f"{address}{path}")
        result = await Axe().run(page, options=RULES)
        for one in result.response["violations"]:
            for node in one["nodes"]:
                yield f"{path}, {theme}, {size['width']} px: {one['id']}: {node['html'][:200]}"
        if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            yield f"{path}, {size['width']} px: scrolls sideways"
