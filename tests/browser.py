"""Debian's chromium, driven by Playwright: pages that must not complain nor ask anything of anybody else."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}

try:
    from playwright.async_api import Page, async_playwright

    MISSING = None if CHROMIUM.exists() else f"{CHROMIUM} is not installed"
except ImportError:
    MISSING = "playwright is not installed"


def need_browser() -> None:
    """Leave the test out where there is no browser, or fail it where there must be one."""
    if MISSING is None:
        return
    if os.environ.get("SAUDAGER_REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@asynccontextmanager
async def browsing(
    address: str, *, refused: int = 0, lost: bool = False, cookies: Sequence[Any] = (), **device: Any
) -> AsyncIterator["Page"]:
    """A page at this address until the block ends.

    ``refused`` is how many requests the product refuses (409), of which the browser makes a note by itself; ``lost``
    lets it note that the product was away.
    """
    complaints: list[str] = []
    host = "/".join(address.split("/")[:3])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(**{"viewport": DESK, "locale": "ru-RU"} | device)
        await context.add_cookies(cookies)
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((host, "data:")) else complaints.append(f"asked {asked.url}"),
        )
        await page.goto(address)
        yield page
        await browser.close()
    away = ("net::ERR_", "htmx:sendError", "htmx:afterRequest") if lost else ()
    expected = ("status of 409", "Response Status Error Code 409", *away)
    unexpected = [one for one in complaints if not any(words in one for words in expected)]
    assert unexpected == [], unexpected
    assert len([one for one in complaints if "status of 409" in one]) == refused, complaints
