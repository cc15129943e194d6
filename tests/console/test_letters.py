"""The console's pages of letters: asked for, read beside their facts, edited, sent or dropped."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.console import letters as pages
from saudager.letters import desk
from saudager.operators import audit
from saudager.orders.models import Product
from tests.console.conftest import Console, OpenConsole
from tests.letters.tasks.pen import Pen, held, people
from tests.orders import rows

PAGE = "/console/letters"
FORM = {"once": "0123456789abcdef", "purpose": "offer", "tone": "friendly", "context": "Новые серверы", "sales": "1"}


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> Pen:
    return held(monkeypatch)


@pytest.fixture
async def console(open_console: OpenConsole, pen: Pen) -> Console:
    opened: Console = await open_console(role="manager")
    await opened.app.db.run(people)
    return opened


async def ask(console: Console, **changed: Any) -> Any:
    answer = await console.post(f"{PAGE}/new", {"person": "1"} | FORM | changed)
    await console.shop.settles()
    return answer


async def letter(console: Console, number: int = 1) -> Any:
    return await console.app.db.read(desk.one, number)


async def test_a_recipient_is_found_by_name_address_or_company(console):
    assert "Иван Петрович Смирнов" in await console.sees(f"{PAGE}/new?q=смирнов")
    assert "Мария Цой" not in await console.sees(f"{PAGE}/new?q=techcom")
    assert "Мария Цой" in await console.sees(f"{PAGE}/new?q=Дом")
    assert "Никого не нашлось" in await console.sees(f"{PAGE}/new?q=zzz")


async def test_a_letter_is_written_and_shown_beside_its_facts(console, pen):
    answer = await ask(console)
    assert answer.headers["hx-redirect"] == f"{PAGE}/1"
    page = await console.get(f"{PAGE}/1")
    shown = console.text(page)
    assert "Письмо 1 для ТехКом" in shown
    assert "Количество заказов: 18" in shown
    assert '<a class="proved" href="#fact-1">18</a>' in page.text
    assert (pen.commissions[0].tone, pen.commissions[0].context) == ("friendly", "Новые серверы")
    assert pen.commissions[0].user_id is not None
    assert "Письмо 1 для ТехКом" in await console.sees(PAGE)


async def test_products_of_the_catalogue_can_be_offered(console, pen):
    def stock(session: Session) -> None:
        shop = rows.shop(session, at=console.shop.clock.now())
        for sku, name in (("A", "HP ProLiant Gen11"), ("B", "<i>Шкаф</i>")):
            session.add(
                Product(
                    shop_id=shop,
                    sku=sku,
                    name=name,
                    price=Decimal(94_500),
                    currency="KZT",
                    stock=Decimal(3),
                    updated_at=console.shop.clock.now(),
                )
            )

    await console.app.db.run(stock)
    form = await console.get(f"{PAGE}/new?person=1")
    assert "HP ProLiant Gen11" in console.text(form)
    assert "<i>Шкаф" not in form.text
    await ask(console, products=["1", "2"])
    assert pen.commissions[0].products == (1, 2)
    again = (await console.get(f"{PAGE}/1/anew")).text
    assert 'name="products" value="2" checked' in again
    assert (await ask(console, products=["9"], once="d" * 16)).status_code == 404


async def test_a_form_sent_twice_asks_for_one_letter(console, pen):
    await ask(console)
    assert (await ask(console)).headers["hx-redirect"] == f"{PAGE}/1"
    assert len(pen.commissions) == 1


async def test_while_it_is_written_the_page_says_what_is_done_and_can_stop_it(console, pen):
    pen.hold = asyncio.Event()
    await console.post(f"{PAGE}/new", {"person": "1"} | FORM)
    async with asyncio.timeout(10):
        while "Пишем письмо…" not in await console.sees(f"{PAGE}/1"):
            await asyncio.sleep(0.01)
    before = await console.app.db.read(pages.WATCHES["letter"], "1", now=console.shop.clock.now())
    assert (await console.post(f"{PAGE}/1/cancel")).status_code == 204
    assert before != await console.app.db.read(pages.WATCHES["letter"], "1", now=console.shop.clock.now())
    assert "писать перестали" in await console.sees(f"{PAGE}/1")
    pen.hold.set()
    await console.shop.settles()
    assert (await letter(console)).state == "dropped"


async def test_an_edited_letter_is_kept_and_figures_nobody_proves_are_marked(console):
    await ask(console)
    words = {"subject": "Тема", "body": "Снизит расходы на 25 %.", "version": "1"}
    assert (await console.post(f"{PAGE}/1/edit", words)).headers["hx-redirect"] == f"{PAGE}/1"
    page = await console.get(f"{PAGE}/1")
    assert '<mark class="unproved">25 %' in page.text
    shown = console.text(page)
    assert "«25 %»: такой цифры в данных нет." in shown
    assert "Версия 1" in shown
    stale = await console.post(f"{PAGE}/1/edit", words)
    assert (stale.status_code, "тем временем изменилось" in stale.text) == (409, True)
    assert (await console.post(f"{PAGE}/1/edit", words | {"subject": " ", "version": "2"})).status_code == 409


async def test_a_letter_is_written_anew_in_another_tone(console, pen):
    await ask(console)
    form = await console.get(f"{PAGE}/1/anew")
    assert '<option value="friendly" selected>' in form.text
    await console.post(f"{PAGE}/1/anew", FORM | {"once": "f" * 16, "tone": "formal", "context": "Скидка"})
    await console.shop.settles()
    assert (pen.commissions[-1].tone, (await letter(console)).version) == ("formal", 2)


async def test_an_approved_letter_is_marked_by_who_approved_it(console):
    await ask(console)
    assert (await console.post(f"{PAGE}/1/send", {"version": "7"})).status_code == 409
    assert (await console.post(f"{PAGE}/1/send", {"version": "1"})).status_code == 204
    await console.shop.settles()
    assert (await letter(console)).approved_by == "Марат"
    assert "Марат" in await console.sees(f"{PAGE}/1")
    told = [(entry.action, entry.about) for entry in await console.app.db.read(audit.listed)]
    assert ("letter.sent", "letter:1") in told


@pytest.mark.parametrize(("person", "says"), [("3", "отказался"), ("4", "нет адреса")])
async def test_who_refused_or_has_no_address_is_not_sent_to(console, person, says):
    await ask(console, person=person)
    answer = await console.post(f"{PAGE}/1/send", {"version": "1"})
    assert (answer.status_code, says in answer.text) == (409, True)
    assert says.capitalize()[1:] in (await console.sees(f"{PAGE}/new?person={person}"))


async def test_a_dropped_letter_says_who_dropped_it(console):
    await ask(console)
    assert (await console.post(f"{PAGE}/1/drop")).status_code == 204
    assert "отменил(а) Марат" in await console.sees(f"{PAGE}/1")
    assert (await console.post(f"{PAGE}/1/anew", FORM)).status_code == 409


async def test_letters_are_found_by_state_subject_and_name(console):
    await ask(console)
    await ask(console, person="5", once="e" * 16)
    assert "Мария Цой" not in await console.sees(f"{PAGE}?q=смирнов")
    assert "Таких писем нет" in await console.sees(f"{PAGE}?state=sent")
    assert "Мария Цой" in await console.sees(f"{PAGE}/list?state=draft")


async def test_a_viewer_looks_and_changes_nothing(console):
    await ask(console)
    viewer = await console.another(role="viewer", name="Лена")
    assert "Одобрить" not in await viewer.sees(f"{PAGE}/1")
    assert (await viewer.post(f"{PAGE}/1/send", {"version": "1"})).status_code == 403
    assert (await viewer.get(f"{PAGE}/new")).status_code == 403


async def test_what_a_letter_says_cannot_become_markup(console):
    await ask(console)

    def spoil(session: Session) -> None:
        desk.edit(session, 1, "<b>Тема</b>", "<script>1</script>", now=console.shop.clock.now())

    await console.app.db.run(spoil)
    page = (await console.get(f"{PAGE}/1")).text
    assert "<script>1" not in page
    assert "&lt;b&gt;Тема" in page


@pytest.mark.parametrize("path", ["/9", "/9/part", "/9/edit", "/9/anew", "/new?person=9"])
async def test_what_is_not_there_is_not_found(console, path):
    assert (await console.get(f"{PAGE}{path}")).status_code == 404
