"""The inbox in a real browser: live, by keyboard, and without losing a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from saudager import web
from saudager.console.door import COOKIE
from saudager.contracts import Kind
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER
from saudager.trust import ramp
from saudager.trust.models import Mode
from tests.browser import browsing, need_browser
from tests.console import sites
from tests.console.conftest import Console, OpenConsole
from tests.studio.accepted import TABLE, pictured

pytestmark = pytest.mark.browser

BUYER = Verdict(is_client=True, confidence=0.95, reasoning="Спрашивает цену.")
OTHER = "77010000002@c.us"


@asynccontextmanager
async def _served(shop: Console) -> AsyncIterator[str]:
    """The shop's console on a port of its own."""
    site = sites.lend(shop.app)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(web.serve(site, "127.0.0.1", 0, on_ready=address.set_result))
    try:
        yield (await address).rstrip("/")
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_half_typed_words_stay_while_the_page_changes_and_are_sent_once(open_console: OpenConsole) -> None:
    need_browser()
    model = ScriptedModel(["Какой размер?", "Какой вам размер?"], everybody=BUYER)
    shop: Console = await open_console(model=model)
    await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Марат", now=shop.shop.clock.now())
    await shop.shop.customer_says("Сколько стоит окно?")
    await shop.shop.time_passes(seconds=30)
    conversation = (await shop.shop.messages())[0].conversation_id
    async with _served(shop) as address:
        cookie: Any = {"name": COOKIE, "value": shop.http.cookies[COOKIE], "url": address}
        async with browsing(f"{address}/console/inbox/{conversation}", cookies=[cookie]) as page:
            await page.fill(".draft textarea", "Какой размер вам нужен?")
            await page.fill("#reply-text", "Половина мысли")
            await page.evaluate("document.activeElement.blur()")
            await shop.shop.customer_says("А доставка?", chat=OTHER)
            await shop.shop.settles()
            await page.wait_for_selector("#inbox-list :text('А доставка?')")
            assert await page.input_value("#reply-text") == "Половина мысли"
            assert await page.input_value(".draft textarea") == "Какой размер вам нужен?"
            await page.reload()
            assert await page.input_value("#reply-text") == "Половина мысли"
            await page.keyboard.press("r")
            await page.keyboard.press("Control+Enter")
            await page.wait_for_selector("#lines .bubble.ours :text('Половина мысли')")
            await page.wait_for_selector(".draft", state="detached")
            assert await page.input_value("#reply-text") == ""
            await page.reload()
            assert await page.input_value("#reply-text") == ""
            await page.evaluate("document.activeElement.blur()")
            await page.keyboard.press("j")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/console/inbox/*")
    await shop.shop.settles()
    assert shop.shop.answers() == ["Половина мысли"]


async def test_a_picture_is_chosen_and_sent_without_losing_half_typed_words(open_console: OpenConsole) -> None:
    need_browser()
    shop: Console = await open_console(model=ScriptedModel(["Какой размер?"], everybody=BUYER))
    await pictured(shop.app)
    await pictured(shop.app, TABLE)
    await shop.shop.customer_says("Сколько стоит стол?")
    await shop.shop.time_passes(seconds=30)
    conversation = (await shop.shop.messages())[0].conversation_id
    async with _served(shop) as address:
        cookie: Any = {"name": COOKIE, "value": shop.http.cookies[COOKIE], "url": address}
        async with browsing(f"{address}/console/inbox/{conversation}", cookies=[cookie]) as page:
            await page.fill("#reply-text", "Половина мысли")
            await page.click("#reply button:text('Картинка')")
            await page.fill("#picture-of", "стол")
            await page.click("#choose-picture button:text('Найти')")
            await page.wait_for_selector(".pick:has-text('Camry')", state="detached")
            await page.click(".pick:has-text('спереди')")
            await shop.shop.settles()
            await page.wait_for_selector("#lines .bubble.ours img")
            assert await page.input_value("#reply-text") == "Половина мысли"
    (sent,) = [line.text for line in shop.shop.phone.chat(CUSTOMER) if line.kind is Kind.IMAGE]
    assert sent.startswith("Стол «Дастархан» белый, спереди")
