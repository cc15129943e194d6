"""What goes wrong around an open page: two operators at once, an answer lost on the way, a restart, a power cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.browser import MISSING, browsing, need_browser
from tests.console.merchant import MerchantsShop, merchants_shop
from tests.console.test_first_day import customer_writes, signs_up
from tests.product import ANSWERS

if MISSING is None:
    from playwright.async_api import Page, Route, expect

pytestmark = [pytest.mark.browser]
HELLO = "Здравствуйте!"
PAPER = {"name": "answers.md", "mimeType": "text/markdown", "buffer": ANSWERS.encode()}


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


@asynccontextmanager
async def talking(folder: Path, **options: bool) -> AsyncIterator[tuple[MerchantsShop, "Page"]]:
    """A shop with a simulator, and the page of its only conversation."""
    async with merchants_shop(folder) as shop, browsing(await shop.first_link(), **options) as page:
        await signs_up(page)
        await page.goto(f"{shop.address}/console/simulator")
        await page.get_by_role("button", name="Подключить телефон для пробы").click()
        await expect(page.get_by_label("Сообщение покупателя")).to_be_visible()
        await customer_writes(page, shop.address, HELLO)
        await page.goto(f"{shop.address}/console/inbox")
        await page.locator("#inbox-list a.item").first.click()
        await expect(page.locator(".lines")).to_contain_text(HELLO)
        yield shop, page


async def test_a_line_whose_answer_was_lost_is_sent_again_by_hand_and_arrives_once(tmp_path: Path) -> None:
    async with talking(tmp_path, lost=True) as (_, page):
        lost = 0

        async def lose_the_answer(route: "Route") -> None:
            nonlocal lost
            lost += 1
            await route.fetch()
            await route.abort()

        await page.route("**/write", lose_the_answer, times=1)
        words = page.get_by_label("Ответ клиенту")
        await words.fill("Да, мы на месте до шести.")
        await page.get_by_role("button", name="Отправить", exact=True).click()
        await expect(page.locator(".toast.bad")).to_be_visible()
        await expect(words).to_have_value("Да, мы на месте до шести.")
        await page.get_by_role("button", name="Отправить", exact=True).click()
        await expect(words).to_have_value("")
        await expect(page.locator(".lines .bubble.ours", has_text="на месте до шести")).to_have_count(1)
        assert lost == 1


async def test_an_open_page_is_right_again_after_a_power_cut(tmp_path: Path) -> None:
    async with talking(tmp_path, lost=True) as (shop, page):
        await page.get_by_label("Ответ клиенту").fill("Начал писать и не")
        shop.kill()
        await expect(page.locator("#lost")).to_be_visible()
        await shop.start()
        other = await page.context.new_page()
        await customer_writes(other, shop.address, "А сейчас?")
        await expect(page.locator(".lines")).to_contain_text("А сейчас?")
        await expect(page.locator("#lost")).to_be_hidden()
        await expect(page.get_by_label("Ответ клиенту")).to_have_value("Начал писать и не")


async def test_of_two_operators_who_approve_a_draft_at_once_one_sends_it(tmp_path: Path) -> None:
    async with talking(tmp_path) as (shop, page):
        await page.goto(f"{shop.address}/console/knowledge")
        await page.get_by_label("Файлы").set_input_files(PAPER)
        await page.get_by_role("button", name="Загрузить").click()
        await expect(page.get_by_role("link", name=PAPER["name"], exact=True)).to_be_visible()
        await page.goto(f"{shop.address}/console/trust")
        await page.get_by_role("button", name="Всё проверять").click()
        await page.get_by_role("dialog").get_by_role("button", name="Да").click()
        await expect(page.locator(".tag", has_text="на проверке").first).to_be_visible()
        await customer_writes(page, shop.address, "Сколько стоит окно?")
        await page.goto(f"{shop.address}/console/inbox")
        await page.locator("#inbox-list a.item").first.click()
        draft = page.get_by_role("button", name="Отправить черновик")
        await expect(draft).to_be_visible()
        second = await page.context.new_page()
        refusals: list[int] = []
        second.on("response", lambda answer: refusals.append(answer.status) if answer.status == 409 else None)
        await second.goto(page.url)
        await second.route("**/events?*", lambda route: route.abort())  # he does not hear that it is gone
        await second.reload()
        await draft.click()
        await expect(draft).to_have_count(0)
        await second.get_by_role("button", name="Отправить черновик").click()
        await expect(second.locator(".toast.bad")).to_contain_text("Марат")
        assert refusals == [409]
