"""The mailbox for trying things out in a browser: connected, written from, read and answered; readable by anybody."""

from typing import Any

import pytest

from tests.browser import DESK, PHONE, browsing, need_browser
from tests.console.conftest import Console, OpenConsole
from tests.mail import carriers

pytestmark = pytest.mark.browser
MAIL = "/console/connections/mail"
TRIAL = "mail:shop@trial.example"


async def test_a_letter_travels_from_the_button_to_the_answer(open_console: OpenConsole) -> None:
    need_browser()
    console: Console = await open_console()
    await console.post(f"{MAIL}/disconnect?name={TRIAL}")
    async with console.served() as (address, cookies), browsing(address + MAIL, cookies=cookies) as page:
        await page.get_by_role("button", name="Сначала попробовать").click()
        await page.get_by_label("Кому").fill("marat@example.kz")
        await page.get_by_role("button", name="Отправить пробное письмо").click()
        await page.get_by_role("link", name="Прочитать его").click()
        await page.get_by_role("link", name="Проверка почты магазина").click()
        await page.get_by_text("Раз вы его читаете, письма уходят.").wait_for()
        await page.get_by_label("Ответ", exact=True).fill("Дошло, спасибо")
        await page.get_by_role("button", name="Отправить ответ").click()
        await page.get_by_text("Ответ лежит в ящике магазина").wait_for()
    batch = await console.shop.mail.letters("INBOX", after=None, since=console.shop.clock.now(), limit=10)
    assert [letter.text for letter in batch.letters] == ["Дошло, спасибо"]


async def test_a_mailbox_is_filled_in_tried_and_connected(open_console: OpenConsole) -> None:
    need_browser()
    console: Console = await open_console()
    carriers.give_to(console.app)
    async with console.served() as (address, cookies), browsing(f"{address}{MAIL}/new", cookies=cookies) as page:
        await page.get_by_label("Адрес", exact=True).fill("sales@shop.kz")
        await page.get_by_label("Вторая почта", exact=True).check()
        await page.locator("[id='config.second.host']").fill("mail.shop.kz")
        await page.locator("[id='config.second.password']").fill(carriers.WRONG)
        await page.get_by_role("button", name="Проверить").click()
        await page.get_by_text("535 5.7.8 пароль не подходит").wait_for()
        await page.locator("[id='config.second.password']").fill(carriers.RIGHT)
        await page.get_by_role("button", name="Подключить", exact=True).click()
        await page.get_by_role("heading", name="sales@shop.kz").wait_for()
    assert list(console.app.mailboxes["mail:sales@shop.kz"].mailers) == ["second"]


async def test_the_letter_itself_is_seen_with_its_picture_and_runs_nothing(open_console: OpenConsole) -> None:
    from tests.console.test_mail import LETTER

    need_browser()
    console: Console = await open_console()
    await console.shop.mail.send(LETTER)
    (lying,) = await console.app.gateway.trial_letters(TRIAL)
    path = f"{MAIL}/letter?name={TRIAL}&id={lying.id}"
    said: list[str] = []

    async def look() -> None:
        async with console.served() as (address, cookies), browsing(address + path, cookies=cookies) as page:
            page.on("dialog", lambda dialog: said.append(dialog.message))
            frame = page.frame_locator("iframe")
            await frame.get_by_text("Год").first.wait_for()
            assert (await frame.locator("img").get_attribute("src")).startswith("data:image/png")

    with pytest.raises(AssertionError, match="Blocked script execution"):  # which the browser notes
        await look()
    assert said == []


@pytest.mark.parametrize(("device", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"])
async def test_every_page_is_readable_by_anybody(open_console: OpenConsole, scheme: str, device: Any) -> None:
    need_browser()
    from axe_playwright_python.async_playwright import Axe

    console: Console = await open_console(public_url="https://shop.example")
    carriers.give_to(console.app)
    form = {"address": "sales@shop.kz", "use": ["first", "second"], "untested": "yes"}
    form |= {f"config.{part}.{field}": "x" for part in ("first", "second") for field in ("host", "password")}
    assert "hx-redirect" in (await console.post(f"{MAIL}/new", form)).headers
    await console.app.gateway.send_trial_letter(TRIAL, "marat@example.kz")
    (lying,) = await console.app.gateway.trial_letters(TRIAL)
    paths = (
        "",
        "/new",
        "/box?name=mail:sales@shop.kz",
        f"/letters?name={TRIAL}",
        f"/letter?name={TRIAL}&id={lying.id}",
    )
    async with (
        console.served() as (address, cookies),
        browsing(address + MAIL, cookies=cookies, viewport=device, color_scheme=scheme) as page,
    ):
        for path in paths:
            await page.goto(f"{address}{MAIL}{path}")
            await page.wait_for_timeout(300)
            found = await Axe().run(page)
            assert not found.response["violations"], (path, found.response["violations"])
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
