"""The console's page of a company: its figures in every currency, the year's chart, the people and their letters."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.letters.models import Letter, LetterState
from saudager.sales.models import Company, Person
from tests.browser import browsing, need_browser
from tests.console.conftest import OpenConsole
from tests.console.test_accessibility import each_look, faults
from tests.sales.books import Books

PAGE = "/console/companies/{}"


def _busy(session: Session, *, now: datetime) -> int:
    """A company with two currencies, a refund, a product it stopped buying, three persons and two letters."""
    today, books = now.date(), Books(session)
    company = books.company("ТОО <b>ТехКом</b>", "ivan@techcom.example", "stop@techcom.example", None)
    session.get_one(Company, company).tax_id = "971240001315"
    ivan, stop, none = session.query(Person).order_by(Person.id).all()
    ivan.name, ivan.position, ivan.consent = "Иван <i>Соколов</i>", "Директор по IT", "given"
    stop.name, stop.consent = "Пётр Молчалин", "refused"
    none.name = "Без Почты"
    for back in range(2, 9):
        day = today - timedelta(days=30 * back)
        lines = [("Серверное <u>оборудование</u>", 1, 100_000), *([("Тонер", 2, 5_000)] if back > 4 else [])]
        books.sold(company, day, *lines, categories=["Серверы", "Расходники"])
    books.sold(company, today - timedelta(days=400), ("Серверное <u>оборудование</u>", 1, 500_000))
    books.sold(company, today - timedelta(days=3), ("Серверное <u>оборудование</u>", -2, -150_000.5))
    books.sold(company, today - timedelta(days=70), ("Лицензия", 1, 1200), currency="USD")
    for state, subject in ((LetterState.DRAFT, ""), (LetterState.SENT, "Ваш <s>год</s> с нами")):
        session.add(_letter(ivan, state, subject, now))
    session.flush()
    return company


def _letter(person: Person, state: LetterState, subject: str, now: datetime) -> Letter:
    empty: dict[str, Any] = {name: [] for name in ("products", "key_points", "facts")}
    return Letter(
        person_id=person.id,
        company_id=person.company_id,
        context="",
        tone="professional",
        purpose="offer",
        include_sales_data=True,
        language="ru",
        state=state,
        subject=subject,
        body="",
        version=1,
        created_at=now,
        updated_at=now,
        **empty,
    )


@pytest.mark.both_kinds
async def test_a_company_is_told_in_figures_of_each_currency(open_console: OpenConsole):
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    page = await console.get(PAGE.format(company))
    shown = console.text(page).replace("\xa0", " ")
    assert "ТОО <b>ТехКом</b>" in shown and "БИН/ИИН 971240001315" in shown
    assert "В валюте KZT" in shown and "В валюте USD" in shown and "1 200 $" in shown
    assert "569 999,5 ₸" in shown and "+14 % к прошлому периоду (500 000 ₸)" in shown
    assert "возвратов 1 на 150 000,5 ₸" in shown and "Заказов 7 в прошлом периоде 1" in shown
    assert "Серверное <u>оборудование</u> × 5" in shown and "Серверы" in shown
    assert "Перестали брать , KZT Тонер брали раз в 30 дн." in shown
    assert "опаздывает" in shown
    for mark in ("<b>ТехКом", "<i>Соколов", "<u>оборуд", "<s>год"):
        assert mark not in page.text


async def test_the_years_chart_is_also_a_table_and_shows_refunds_below_zero(open_console: OpenConsole):
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    page = (await console.get(PAGE.format(company))).text
    first = page.split("<svg")[1].split("</svg>")[0]
    assert 'role="img" aria-label="По месяцам, ₸. ' in first
    assert first.count('<rect class="bad"') == 1 and first.count('<rect class="first"') == 7
    assert page.count('<tr><th scope="row">', page.index("Числами"), page.index("</details>")) == 12
    lowest = [float(part.split('"')[0]) for part in first.split(' height="')[1:]]
    assert min(lowest) > 0


@pytest.mark.parametrize("months", [3, 6, 12, 24])
async def test_the_period_is_chosen(open_console: OpenConsole, months: int):
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    page = await console.get(f"{PAGE.format(company)}?months={months}")
    assert f'?months={months}" aria-current="true"' in page.text
    shown = console.text(page).replace("\xa0", " ")
    total = {3: "−50 000,5 ₸", 6: "359 999,5 ₸", 12: "569 999,5 ₸", 24: "1 069 999,5 ₸"}[months]
    assert f"Сумма покупок {total}" in shown.replace("-", "−")


async def test_an_unheard_of_period_is_the_usual_one(open_console: OpenConsole):
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    assert '?months=12" aria-current="true"' in (await console.get(f"{PAGE.format(company)}?months=7")).text


async def test_people_are_shown_with_their_consent_and_written_to_from_there(open_console: OpenConsole):
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    page = await console.get(PAGE.format(company))
    shown = console.text(page)
    assert "Иван <i>Соколов</i> Директор по IT согласен на письма" in shown
    assert "Пётр Молчалин просил не писать" in shown and "адреса почты нет" in shown
    assert page.text.count("/console/letters/new?person=") == 1
    assert "/console/letters/new?person=1" in page.text
    assert "отправлено Ваш <s>год</s> с нами" in shown and "черновик без темы" in shown
    assert 'href="/console/letters/2"' in page.text


async def test_who_may_only_look_is_offered_no_letter(open_console: OpenConsole):
    console = await open_console(role="viewer")
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    page = await console.get(PAGE.format(company))
    assert page.status_code == 200 and "/console/letters/new" not in page.text


async def test_a_company_that_bought_nothing_is_said_to(open_console: OpenConsole):
    console = await open_console()
    company = await console.app.db.run(lambda session: Books(session).company("Новая"))
    shown = await console.sees(PAGE.format(company))
    assert "За это время ничего не купили. Счетов этой компании ещё не было." in shown
    assert "Никого не записано" in shown and "Ещё не писали." in shown


async def test_a_company_that_left_is_told_with_its_last_day(open_console: OpenConsole):
    console = await open_console()

    def past(session: Session) -> int:
        books = Books(session)
        company = books.company("Ушедшая")
        books.sold(company, date(2024, 5, 5), ("Сервер", 1, 100))
        return company

    company = await console.app.db.run(past)
    assert "Последняя покупка — 5 мая 2024" in await console.sees(PAGE.format(company))


@pytest.mark.parametrize("number", ["999", "0", "x", "9" * 30])
async def test_a_company_nobody_knows_is_not_found(open_console: OpenConsole, number: str):
    console = await open_console()
    assert (await console.get(PAGE.format(number))).status_code in (404, 422)


@pytest.mark.browser
@each_look
async def test_the_page_breaks_no_rule_and_fits_a_phone(open_console: OpenConsole, theme: str, size: dict[str, int]):
    need_browser()
    console = await open_console()
    company = await console.app.db.run(_busy, now=console.shop.clock.now())
    path = PAGE.format(company)
    async with console.served() as (address, cookies), browsing(f"{address}{path}", cookies=cookies) as page:
        assert [one async for one in faults(page, address, [path], theme, size)] == []
