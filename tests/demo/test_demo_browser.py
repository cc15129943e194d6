"""The demo page in Debian's chromium: what a newcomer sees and does, and that nothing goes wrong on the way."""

import os
from pathlib import Path
from typing import Any

import pytest

from saudager.providers.llm import Action, Decision
from tests.browser import CHROMIUM, FLAGS, MISSING, PHONE, browsing, need_browser
from tests.demo.conftest import OpenDemo
from tests.demo.hosted import LIE, TRUE, Hosted

PRICE = "Сколько стоит двустворчатое окно 1500×1500 в профиле «Премиум 76»?"
BEDS = {"name": "кровати.csv", "mimeType": "text/csv", "buffer": "Модель;Цена, ₸\nКровать «Лотос»;246 500\n".encode()}
NOTHING = {"name": "пусто.txt", "mimeType": "text/plain", "buffer": b""}
SCREENSHOT = Path(__file__).parents[2] / "docs" / "images" / "demo.png"

pytestmark = pytest.mark.browser

if MISSING is None:
    from playwright.async_api import Page, async_playwright, expect


@pytest.fixture(autouse=True)
def _browser_is_here() -> None:
    need_browser()


async def say(page: "Page", text: str) -> None:
    """Type a line and wait for the answer to it, with its reasons beside it."""
    answers = page.locator(".bubble.theirs")
    before = await answers.count()
    await page.get_by_label("Сообщение").fill(text)
    await page.keyboard.press("Enter")
    await expect(answers).to_have_count(before + 1, timeout=20_000)
    await expect(page.locator("#why .asked").last).to_have_text(text)
    await expect(answers.last).to_have_class("bubble theirs shown")


async def test_price_delivery_and_warranty_are_answered_with_figures_and_their_sources(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        for question, figure, source in (
            (PRICE, "131 000 ₸", "prices.pdf, стр. 1, строка 3"),
            ("Сколько стоит доставка в Караганду?", "15 000 ₸", "terms.pdf, стр. 1, строка 3"),
            ("Какая гарантия на профиль «Премиум 76»?", "10 лет", "terms.pdf, стр. 2, строка 3"),
        ):
            await say(page, question)
            proved = page.locator(".bubble.theirs").last.locator(".figure", has_text=figure)
            await proved.hover()
            await expect(page.get_by_role("tooltip")).to_contain_text(source)
            await expect(page.locator("#why")).to_contain_text(f"→ {source}")
            await expect(page.locator("#why")).to_contain_text("все цифры подтверждены")


async def test_a_suggested_question_is_one_press_away_and_nothing_is_shown_twice(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        chips = page.locator(".chip")
        await expect(chips).to_have_count(4)
        await chips.first.click()
        await expect(page.locator(".bubble.theirs")).to_have_count(1, timeout=20_000)
        await expect(page.locator(".bubble.mine")).to_have_count(1)
        await expect(page.locator(".bubble.mine .ticks")).to_have_class("ticks seen")
        await expect(chips).to_have_count(0)
        await page.reload()
        await expect(page.locator(".bubble")).to_have_count(2)


async def test_an_earlier_answer_can_be_asked_for_its_reasons(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        await say(page, PRICE)
        await say(page, "Сколько стоит доставка в Караганду?")
        await page.locator(".ask").first.click()
        await expect(page.locator("#why .asked")).to_have_text(PRICE)
        await expect(page.locator(".bubble.shown")).to_contain_text("131 000 ₸")
        await page.get_by_role("button", name="К последнему ответу").click()
        await expect(page.locator("#why .asked")).to_have_text("Сколько стоит доставка в Караганду?")


async def test_moving_the_clock_brings_the_answer_that_was_waiting(open_demo: OpenDemo):
    async with open_demo(patience=60, patience_complete=60) as address, browsing(address) as page:
        await page.get_by_label("Сообщение").fill(PRICE)
        await page.keyboard.press("Enter")
        await expect(page.locator("#next")).to_contain_text("ответит через")
        before = await page.locator("#clock").inner_text()
        await page.get_by_role("button", name="+1 час").click()
        await expect(page.locator(".bubble.theirs")).to_contain_text("131 000 ₸", timeout=20_000)
        await expect(page.locator("#clock")).not_to_have_text(before)
        await page.get_by_role("button", name="+1 день").click()
        await expect(page.get_by_role("button", name="+1 день")).to_be_enabled(timeout=20_000)
        await expect(page.locator("#next")).to_contain_text("Ничего не запланировано")


async def test_what_waits_for_a_person_can_be_looked_at(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        await say(page, "Есть ли у вас диваны?")
        await expect(page.locator("#desk")).to_contain_text("Есть ли у вас диваны?")
        await page.get_by_role("button", name="Разобрался").click()
        await expect(page.locator("#desk")).to_contain_text("Ничего.")


async def test_everything_can_be_done_from_the_keyboard(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        await say(page, PRICE)
        figure = page.locator(".bubble.theirs .figure").last
        await figure.focus()
        await expect(page.get_by_role("tooltip")).to_contain_text("prices.pdf, стр. 1, строка 3")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("tooltip")).to_have_count(0)
        await page.get_by_role("button", name="Прикрепить").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await expect(page.locator(".bubble.mine").last).to_contain_text("Фото")
        await expect(page.get_by_label("Сообщение")).to_be_focused()


async def test_the_page_comes_back_by_itself_when_the_server_restarts(open_demo: OpenDemo):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        async with open_demo() as address:
            await page.goto(address)
            await say(page, PRICE)
        await expect(page.get_by_role("alert")).to_contain_text("Магазин не отвечает", timeout=20_000)
        async with open_demo(port=int(address.rstrip("/").rpartition(":")[2])):
            await expect(page.get_by_role("alert")).to_be_hidden(timeout=20_000)
            await say(page, "Сколько стоит доставка в Караганду?")
            await expect(page.locator(".bubble")).to_have_count(4)
        await browser.close()


async def test_documents_are_added_and_taken_away_from_the_keyboard_and_the_next_answer_knows(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address, refused=1) as page:
        shelf, add = page.locator("#shelf"), page.get_by_role("button", name="Добавить документы")
        async with page.expect_file_chooser() as asked:
            await add.focus()
            await expect(add).to_be_focused()
            await page.keyboard.press("Enter")
        chooser = await asked.value
        assert chooser.is_multiple()
        await chooser.set_files([BEDS, NOTHING])
        await expect(shelf.locator(".paper").first).to_contain_text("пусто.txt")
        await expect(shelf).to_contain_text("не прочитано пусто.txt: файл пуст")
        await expect(shelf).to_contain_text("кровати.csv")
        await expect(add).to_be_focused()
        await say(page, "Сколько стоит кровать «Лотос»?")
        await expect(page.locator(".bubble.theirs .figure").last).to_contain_text("246 500 ₸")
        await page.get_by_role("button", name="Убрать кровати.csv").focus()
        await page.keyboard.press("Enter")
        await expect(shelf).not_to_contain_text("кровати.csv")
        await page.locator("#files").set_input_files([BEDS | {"name": "прайс.pages"}])
        await expect(page.get_by_role("alert")).to_contain_text("«прайс.pages» такого вида не читается")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("alert")).to_be_hidden()


async def test_documents_can_be_dropped_anywhere_on_the_page(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        carried = await page.evaluate_handle(
            "text => { const it = new DataTransfer(); it.items.add(new File([text], 'кровати.csv')); return it; }",
            BEDS["buffer"].decode(),
        )
        await page.dispatch_event("#talk", "dragover", {"dataTransfer": carried})
        await expect(page.locator("#shelf")).to_have_class("sheet card awaited")
        await page.dispatch_event("#talk", "drop", {"dataTransfer": carried})
        await expect(page.locator("#shelf")).to_contain_text("кровати.csv")
        await expect(page.locator("#shelf")).to_have_class("sheet card")


async def test_the_trace_of_a_hosted_turn_can_be_read_to_the_last_word(open_demo: OpenDemo):
    async with open_demo(model=Hosted(LIE, TRUE)) as address, browsing(address) as page:
        await say(page, PRICE)
        await say(page, "Спасибо!")
        await page.locator(".ask").first.click()
        why = page.locator("#why")
        await expect(why.locator(".drafts blockquote")).to_have_text(LIE)
        await expect(why.locator(".drafts")).to_contain_text("такой цифры в документах нет")
        await expect(why).to_contain_text("всего 2 302 токена, 0,0004 $")
        prompt = why.locator("pre")
        await expect(prompt).to_be_hidden()
        await why.locator("summary", has_text="Промпт").focus()
        await page.keyboard.press("Enter")
        await expect(prompt).to_contain_text("Ты — продавец")
        await page.keyboard.press("Tab")
        await expect(prompt).to_be_focused()


async def test_a_question_without_an_answer_is_dealt_with_at_a_press(open_demo: OpenDemo):
    async with open_demo() as address, browsing(address) as page:
        await say(page, "Есть ли у вас диваны?")
        questions = page.locator("#questions")
        await expect(questions).to_contain_text("Есть ли у вас диваны?")
        await page.get_by_role("button", name="Разобрано").click()
        await expect(questions).to_contain_text("Нет. Сюда попадает")


@pytest.mark.parametrize("device", [{"color_scheme": "dark"}, {"viewport": PHONE, "has_touch": True}])
async def test_it_fits_a_phone_and_a_dark_theme(open_demo: OpenDemo, device: dict[str, Any]):
    unknown = Decision(reply="Уточню и напишу вам.", actions=[Action(kind="hand_over", detail="Вес окна")])
    async with open_demo(model=Hosted(unknown, LIE, TRUE)) as address, browsing(address, **device) as page:
        await page.locator("#files").set_input_files([BEDS, NOTHING])
        await expect(page.locator("#shelf")).to_contain_text("не прочитано")
        await say(page, "Сколько весит окно?")
        await say(page, PRICE)
        await page.locator("#why summary").last.click()
        wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0
        assert await least_contrast(page) >= 4.5
        figure = page.locator(".bubble.theirs .figure").last
        await (figure.tap() if "has_touch" in device else figure.click())
        await expect(page.get_by_role("tooltip")).to_be_in_viewport(ratio=1)


async def least_contrast(page: "Page") -> float:
    """The lowest contrast of text to what is behind it, as WCAG 2.2 counts it: https://www.w3.org/TR/WCAG22/"""
    return float(
        await page.evaluate("""() => {
            const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
                .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
            const behind = (element) => {
                for (let at = element; at; at = at.parentElement) {
                    const color = numbers(getComputedStyle(at).backgroundColor);
                    if (color.length === 3 || color[3] > 0) return color;
                }
                return [255, 255, 255];
            };
            const hasWords = (it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            const ratios = [...document.querySelectorAll("body *")]
                .filter((it) => it.checkVisibility() && hasWords(it))
                .map((it) => [light(numbers(getComputedStyle(it).color)), light(behind(it))].sort((a, b) => b - a))
                .map(([high, low]) => (high + 0.05) / (low + 0.05));
            return Math.min(...ratios);
        }""")
    )


async def test_the_picture_of_the_readme_can_be_made_again(open_demo: OpenDemo, tmp_path: Path):
    picture = SCREENSHOT if os.environ.get("SAUDAGER_SCREENSHOTS") == "1" else tmp_path / "demo.png"
    async with open_demo(patience_complete=1.5) as address, browsing(address) as page:
        await say(page, "Есть ли у вас диваны?")
        await say(page, PRICE)
        await page.set_viewport_size({"width": 1360, "height": 930})
        await page.screenshot(path=picture)
    width_and_height = picture.read_bytes()[16:24]
    assert width_and_height == (1360).to_bytes(4) + (930).to_bytes(4)
