"""Every page of the console by the rules of WCAG 2.2 AA, as axe-core knows them: both themes, desk and phone."""

from typing import Any

import pytest

from tests.browser import DESK, MISSING, PHONE, browsing, need_browser
from tests.console import filled
from tests.console.conftest import OpenConsole
from tests.console.crawling import pages

if MISSING is None:
    from axe_playwright_python.async_playwright import Axe

pytestmark = [pytest.mark.browser]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
THEMES: list[dict[str, Any]] = [
    {"color_scheme": "light", "viewport": DESK},
    {"color_scheme": "dark", "viewport": DESK},
    {"color_scheme": "light", "viewport": PHONE},
]


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


@pytest.mark.parametrize("device", THEMES, ids=["light", "dark", "phone"])
async def test_no_page_breaks_a_rule_and_none_scrolls_sideways(
    device: dict[str, Any], open_console: OpenConsole
) -> None:
    console = await open_console(role="owner")
    await filled.fill(console.shop)
    found = await pages(console)
    wrong: list[str] = []
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/today", cookies=cookies, **device) as page,
    ):
        for path in found.values():
            await page.goto(f"{address}{path}")
            result = await Axe().run(page, options=RULES)
            for one in result.response["violations"]:
                wrong += [f"{path}: {one['id']}: {node['html'][:200]}" for node in one["nodes"]]
            if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                wrong.append(f"{path}: scrolls sideways")
    assert wrong == []
    assert len(found) > 20, found
