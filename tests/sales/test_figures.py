"""What a company bought is told right: exactly, of every currency by itself, and honestly when there is nothing."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.orm import Session

from saudager.bench import by_orm
from saudager.errors import NotFound, Refused
from saudager.sales import metrics, periods
from saudager.sales.metrics import Lapsed, Shift
from tests.sales.books import Books, opened

pytestmark = pytest.mark.both_kinds
TODAY = date(2026, 11, 26)


@pytest.fixture
def session(storage: str | None, tmp_path: Path) -> Iterator[Session]:
    with opened(storage, tmp_path) as session:
        yield session


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


@pytest.mark.parametrize(
    ("today", "months_back"),
    [
        (date(2026, 11, 26), 12),
        (date(2024, 2, 29), 12),
        (date(2024, 2, 28), 1),
        (date(2025, 2, 28), 24),
        (date(2024, 12, 31), 3),
        (date(2026, 3, 30), 1),
        (date(2026, 5, 31), 60),
        (date(2026, 1, 1), 6),
    ],
)
def test_figures_are_those_of_an_obvious_reckoning(session: Session, books: Books, today: date, months_back: int):
    ids = books.made_up(Random(f"{today}/{months_back}"), today=today, years=1 + months_back // 6)
    found = metrics.of_companies(session, ids, months_back=months_back, today=today)
    for company_id in ids:
        assert found[company_id] == by_orm.of_company(session, company_id, months_back=months_back, today=today)


def test_a_year_in_figures(session: Session, books: Books):
    company = books.company("ТехКом")
    books.sold(company, "2025-03-01", ("Сервер", 1, 1000), categories=["Серверы"])
    books.sold(company, "2025-12-01", ("Сервер", 2, 1500), ("Кабель", 30, 300), categories=["Серверы", "Сеть"])
    books.sold(company, "2026-11-26", ("Сервер", 1, 200), categories=["Серверы"])
    figures = metrics.of_company(session, company, today=TODAY)
    assert (figures.company_name, figures.since, figures.until) == ("ТехКом", date(2025, 11, 27), TODAY)
    main = figures.main
    assert main is not None
    assert (main.currency, main.total, main.orders, main.average) == ("KZT", Decimal(2000), 2, Decimal("1000.00"))
    assert (main.total_before, main.orders_before, main.growth) == (Decimal(1000), 1, Decimal("1.0000"))
    assert [(bought.name, bought.amount, bought.quantity, bought.share) for bought in main.top] == [
        ("Сервер", Decimal(1700), Decimal(3), Decimal("0.8500")),
        ("Кабель", Decimal(300), Decimal(30), Decimal("0.1500")),
    ]
    assert main.categories == (
        Shift("Серверы", Decimal("0.8500"), Decimal("1.0000")),
        Shift("Сеть", Decimal("0.1500"), Decimal(0)),
    )
    assert len(main.months) == 12
    assert [month for month in main.months if month[1]] == [("2025-12", Decimal(1800)), ("2026-11", Decimal(200))]


def test_a_company_without_sales_has_honest_empty_figures(session: Session, books: Books):
    company = books.company("Новая")
    figures = metrics.of_company(session, company, today=TODAY)
    assert figures.currencies == () and figures.main is None
    assert (
        figures.first_purchase_on is figures.last_purchase_on is figures.expected_next_on is figures.missed_on is None
    )


def test_what_was_bought_before_the_period_is_told_as_its_last_day_only(session: Session, books: Books):
    company = books.company("Ушедшая")
    books.sold(company, "2024-05-05", ("Сервер", 1, 1000))
    figures = metrics.of_company(session, company, today=TODAY)
    assert figures.currencies == () and figures.last_purchase_on == date(2024, 5, 5)


def test_a_refund_lessens_the_total_and_is_no_order(session: Session, books: Books):
    company = books.company("Вернувшая")
    books.sold(company, "2026-10-01", ("Сервер", 3, 900), ("Кабель", 1, 100))
    books.sold(company, "2026-10-05", ("Сервер", -1, -300))
    books.sold(company, "2026-10-06", ("Кабель", -1, -100))
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None
    assert (main.total, main.orders, main.average) == (Decimal(600), 1, Decimal("1000.00"))
    assert (main.refunds, main.refund_count, main.last_purchase_on) == (Decimal(400), 2, date(2026, 10, 1))
    assert [(bought.name, bought.amount, bought.share) for bought in main.top] == [("Сервер", Decimal(600), Decimal(1))]


def test_only_refunds_make_no_average_no_growth_and_no_share(session: Session, books: Books):
    company = books.company("Только возврат")
    books.sold(company, "2025-10-01", ("Сервер", 3, 900), categories=["Серверы"])
    books.sold(company, "2026-10-05", ("Сервер", -1, -300), categories=["Серверы"])
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None
    assert (main.total, main.orders, main.average, main.growth, main.top) == (Decimal(-300), 0, None, None, ())
    assert main.categories == (Shift("Серверы", Decimal(0), Decimal(1)),)


@pytest.mark.parametrize("before", [None, -50, 0])
def test_growth_is_not_told_without_a_base_above_zero(session: Session, books: Books, before: int | None):
    company = books.company("Без базы")
    if before is not None:
        books.sold(company, "2025-10-01", ("Сервер", before // 50, before))
    books.sold(company, "2026-10-01", ("Сервер", 1, 100))
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None and main.growth is None


def test_currencies_are_never_added_up(session: Session, books: Books):
    company = books.company("Две валюты")
    books.sold(company, "2026-10-01", ("Сервер", 1, 90000), currency="USD")
    books.sold(company, "2026-10-02", ("Сервер", 1, 100))
    books.sold(company, "2026-10-03", ("Сервер", 1, 200))
    figures = metrics.of_company(session, company, today=TODAY)
    assert [(one.currency, one.total) for one in figures.currencies] == [
        ("KZT", Decimal(300)),
        ("USD", Decimal(90000)),
    ]


def test_what_is_dated_after_today_is_not_told(session: Session, books: Books):
    company = books.company("Завтра")
    books.sold(company, "2026-11-27", ("Сервер", 1, 100))
    figures = metrics.of_company(session, company, today=TODAY)
    assert figures.currencies == () and figures.first_purchase_on is None


def test_money_is_exact_to_the_hundredth(session: Session, books: Books):
    company = books.company("Копейка")
    for _ in range(3):
        invoice = books.sold(company, "2026-10-01", ("Скрепка", 1, 1))
    for table in ("invoices set total", "invoice_lines set amount"):
        session.connection().exec_driver_sql(f"update {table} = 10")
    main = metrics.of_company(session, company, today=TODAY).main
    assert invoice and main is not None
    assert (main.total, main.average, main.top[0].amount) == (Decimal("0.30"), Decimal("0.10"), Decimal("0.30"))


def test_a_product_bought_steadily_and_no_more_has_lapsed(session: Session, books: Books):
    company = books.company("Бросившая")
    for month in range(1, 7):
        books.sold(company, date(2026, month, 10), ("Тонер", 1, 100), ("Бумага", 1, 10))
    for month in range(7, 12):
        books.sold(company, date(2026, month, 10), ("Бумага", 1, 10))
    for day in ("2026-01-02", "2026-01-03", "2026-06-03"):
        books.sold(company, day, ("Случайное", 1, 10))
    books.sold(company, "2026-03-03", ("Разовое", 1, 10))
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None
    assert main.lapsed == (Lapsed("Тонер", date(2026, 6, 10), 30, 6),)


def test_a_product_that_was_given_back_whole_has_not_lapsed(session: Session, books: Books):
    company = books.company("Всё вернула")
    for month in (1, 2, 3):
        books.sold(company, date(2026, month, 10), ("Тонер", 1, 100))
    books.sold(company, "2026-03-11", ("Тонер", -3, -300))
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None and main.lapsed == ()


def test_the_next_purchase_is_expected_after_the_usual_interval(session: Session, books: Books):
    company = books.company("Ритмичная")
    for day in ("2026-08-10", "2026-08-10", "2026-09-10", "2026-10-10", "2026-11-10"):
        books.sold(company, day, ("Бумага", 1, 10))
    figures = metrics.of_company(session, company, today=TODAY)
    assert (figures.expected_next_on, figures.missed_on) == (date(2026, 12, 11), None)


def test_a_next_purchase_that_is_late_is_said_to_be_missed(session: Session, books: Books):
    company = books.company("Опоздавшая")
    for day in ("2026-08-10", "2026-08-20", "2026-08-30"):
        books.sold(company, day, ("Бумага", 1, 10))
    figures = metrics.of_company(session, company, today=TODAY)
    assert (figures.expected_next_on, figures.missed_on) == (None, date(2026, 9, 9))


def test_two_days_make_no_rhythm(session: Session, books: Books):
    company = books.company("Две покупки")
    for day in ("2026-08-10", "2026-11-20", "2026-11-20"):
        books.sold(company, day, ("Бумага", 1, 10))
    figures = metrics.of_company(session, company, today=TODAY)
    assert figures.expected_next_on is figures.missed_on is None


def test_a_renamed_product_and_category_count_as_one_under_the_newest_name(session: Session, books: Books):
    company = books.company("Переименовали")
    books.sold(company, "2025-10-01", ("Кабель старый", 1, 100), skus=["C-1"], categories=["Провода"])
    books.sold(company, "2026-10-01", ("Кабель новый", 1, 300), skus=["C-1"], categories=["Кабели"])
    main = metrics.of_company(session, company, today=TODAY).main
    assert main is not None
    assert [(bought.product, bought.name, bought.amount) for bought in main.top] == [
        ("c-1", "Кабель новый", Decimal(300))
    ]
    assert main.categories == (Shift("Кабели", Decimal(1), Decimal(1)),)


def test_a_hundred_companies_take_as_many_statements_as_one(session: Session, books: Books):
    with books.at_once():
        ids = [books.company(f"ТОО {number}") for number in range(100)]
        for company in ids:
            books.sold(company, "2026-10-01", ("Сервер", 1, 100))
    asked: list[str] = []
    driver = session.connection().connection.driver_connection
    session.info["driver"] = _Listening(driver, asked) if session.bind.dialect.name == "postgresql" else driver
    if session.bind.dialect.name == "sqlite":
        driver.set_trace_callback(asked.append)
    found = metrics.of_companies(session, ids, today=TODAY)
    assert len(found) == 100 and len(asked) == 3


class _Listening:
    """A driver that notes what it is asked."""

    def __init__(self, driver: object, asked: list[str]) -> None:
        self._driver, self._asked = driver, asked

    def execute(self, statement: str, values: object) -> object:
        self._asked.append(statement)
        return self._driver.execute(statement, values)


def test_an_unknown_company_is_not_found_and_among_others_left_out(session: Session, books: Books):
    known = books.company("Одна")
    assert list(metrics.of_companies(session, [known, known + 1], today=TODAY)) == [known]
    assert metrics.of_companies(session, [], today=TODAY) == {}
    with pytest.raises(NotFound):
        metrics.of_company(session, known + 1, today=TODAY)


@pytest.mark.parametrize("months", [0, -1, 61, True])
def test_a_period_is_of_one_to_sixty_months(session: Session, months: int):
    with pytest.raises(Refused, match="от 1 до 60"):
        metrics.of_companies(session, [1], months_back=months, today=TODAY)


@pytest.mark.parametrize(
    ("until", "months", "since"),
    [
        ("2024-12-31", 12, "2024-01-01"),
        ("2024-02-29", 12, "2023-03-01"),
        ("2025-02-28", 12, "2024-03-01"),
        ("2024-02-28", 12, "2023-03-01"),
        ("2026-03-30", 1, "2026-03-01"),
        ("2026-04-30", 1, "2026-04-01"),
        ("2026-01-15", 1, "2025-12-16"),
    ],
)
def test_periods_begin_the_day_after_the_same_day_so_many_months_ago(until: str, months: int, since: str):
    assert periods.up_to(date.fromisoformat(until), months).since == date.fromisoformat(since)
