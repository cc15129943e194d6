"""Files of sales: every kind a shop has is read, every bad row is told by its line, and nothing is half taken in."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.importing import headings, rows, uploads
from saudager.importing.headings import letter
from saudager.queues import tasks
from saudager.rehearsal import Shop
from saudager.sales.importing import invoice_rows, people_rows
from saudager.sales.importing.layouts import Kind
from saudager.sales.importing.taking import IMPORTER as taking
from saudager.sales.importing.taking import Wish
from saudager.sales.models import Company, Consent, Invoice, InvoiceLine, Person, SalesImport
from tests.conftest import OpenShop
from tests.orders.files import xlsx_of
from tests.sales.files import BIN, HEAD, PEOPLE, PEOPLE_HEAD, ROWS, csv_of, lines, sold, take_in

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
TABLES = (Company, Person, Invoice, InvoiceLine, SalesImport)


@pytest.fixture
async def shop(open_shop: OpenShop) -> Shop:
    opened: Shop = await open_shop()
    return opened


def count(session: Session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def faults(settings: Any, *row: str, head: str = HEAD, kind: Kind = Kind.INVOICES) -> list[str]:
    """What is wrong with a file of these rows."""
    sheet = rows.read(csv_of(*row, head=head), kind.layout)
    columns = headings.settle(None, sheet.headings, kind.layout)
    read = invoice_rows.check if kind is Kind.INVOICES else people_rows.check
    return [str(fault) for fault in read(sheet, columns, zone=settings().zone, now=NOW).faults.told]


@pytest.mark.both_kinds
async def test_a_file_becomes_companies_and_invoices_with_lines_and_refunds(app: App) -> None:
    outcome = await take_in(app, csv_of(*ROWS))
    assert (outcome.rows, outcome.added, outcome.companies, outcome.faults) == (4, 3, 2, [])
    assert await app.db.read(sold) == [
        ("name:ип ахметова", "102", False, date(2026, 1, 20), "KZT", Decimal("4505.00")),
        (f"tax:{BIN}", "101", False, date(2026, 1, 15), "KZT", Decimal(1_380_000)),
        (f"tax:{BIN}", "В-7", True, date(2026, 2, 2), "KZT", Decimal(-65_000)),
    ]
    server, disk = await app.db.read(lines, "101")
    assert (server.product, server.name, server.category, server.quantity) == ("SRV", "Сервер", "Серверы", 1)
    assert (disk.number, disk.quantity, disk.price, disk.amount) == (2, 2, 65_000, 130_000)
    (cable,) = await app.db.read(lines, "102")
    assert (cable.product, cable.sku, cable.price) == ("кабель", None, Decimal("450.50"))


@pytest.mark.both_kinds
async def test_the_same_file_again_changes_nothing(app: App) -> None:
    await take_in(app, csv_of(*ROWS))
    before = await app.db.read(count)
    again = await take_in(app, csv_of(*ROWS))
    assert (again.added, again.changed, again.unchanged, again.companies) == (0, 0, 3, 0)
    assert await app.db.read(count) == [*before[:-1], 2]


@pytest.mark.both_kinds
async def test_people_are_taken_in_with_what_they_said_about_offers(app: App) -> None:
    outcome = await take_in(app, csv_of(*PEOPLE, head=PEOPLE_HEAD), Kind.PEOPLE)
    assert (outcome.added, outcome.companies) == (3, 2)
    stored = await app.db.read(lambda session: session.scalars(select(Person).order_by(Person.id)).all())
    assert [(one.name, one.email, one.phone, one.language, one.consent) for one in stored] == [
        ("Иван Петров", "ivan@techcom.example", "77010000001", "ru", Consent.GIVEN),
        ("Айгуль", "aigul@techcom.example", None, "kk", Consent.REFUSED),
        ("Сауле Ахметова", None, None, None, None),
    ]
    assert f"{stored[0].consent_at:%d.%m.%Y %H:%M}" == "09.01.2026 19:00" and stored[1].consent_at == app.clock.now()
    again = await take_in(app, csv_of(*PEOPLE, head=PEOPLE_HEAD), Kind.PEOPLE)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)


async def test_a_file_with_a_bad_row_tells_all_of_them_and_takes_in_nothing(app: App) -> None:
    bad = csv_of(*ROWS, "ТОО «Икс»;123;103;вчера;Стол;;;1;100;100", ";;104;01.02.2026;Стул;;;0;5;")
    outcome = await take_in(app, bad)
    assert outcome.faults == [
        "строка 6, «БИН»: «123»: ожидается БИН или ИИН из 12 цифр, либо ИНН из 10 или 12.",
        "строка 6, «Дата»: «вчера»: ожидается дата, например 12.03.2026 14:05.",
        "строка 7, «Контрагент»: пусто, а без этого строку не принять.",
    ]
    assert not outcome.is_taken and await app.db.read(count) == [0] * len(TABLES)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("ТОО Икс;;;01.02.2026;Стол;;;1;100;100", "строка 2, «Номер»: пусто"),
        ("ТОО Икс;;1;01.02.2027;Стол;;;1;100;100", "«01.02.2027»: этот день ещё не наступил"),
        ("ТОО Икс;;1;01.02.2026;;;;1;100;100", "«Номенклатура»: пусто"),
        ("ТОО Икс;;1;01.02.2026;Стол;;;0;100;100", "ожидается количество, и не ноль"),
        ("ТОО Икс;;1;01.02.2026;Стол;;;1;;", "нет ни цены, ни суммы"),
        ("ТОО Икс;;1;01.02.2026;Стол;;;1;1.500;", "напишите 1500 или 1,50"),
        ("ТОО Икс;;4,96E+08;01.02.2026;Стол;;;1;1;1", "Excel сократил номер"),
        ("ТОО Икс;;1;01.02.2026;Стол;;;10000;1000000000;", "больше 1000000000000"),
        (f"{'о' * 301};;1;01.02.2026;Стол;;;1;1;1", "ожидается не больше 300 знаков"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_and_what_is_expected(settings: Any, row: str, says: str) -> None:
    (fault,) = faults(settings, row)
    assert fault.startswith("строка 2") and says in fault


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("ТОО Икс;;Иван;;ivan@икс;;;;", "«ivan@икс»: ожидается один адрес почты"),
        ("ТОО Икс;;Иван;;a@x.example, b@x.example;;;;", "ожидается один адрес почты"),
        ("ТОО Икс;;Иван;;;12;;;", "«12»: ожидается номер телефона"),
        ("ТОО Икс;;Иван;;;;эльфийский;;", "ожидается русский, казахский или английский"),
        ("ТОО Икс;;Иван;;;;;может быть;", "ожидается «да» или «нет»"),
        ("ТОО Икс;;Иван;;;;;да;12.12.2026", "этот день ещё не наступил"),
        ("ТОО Икс;;;;;;;;", "«Имя»: пусто"),
    ],
)
def test_a_bad_cell_of_a_person_is_told(settings: Any, row: str, says: str) -> None:
    (fault,) = faults(settings, row, head=PEOPLE_HEAD, kind=Kind.PEOPLE)
    assert fault.startswith("строка 2") and says in fault


def test_a_person_told_twice_has_to_be_the_same(settings: Any) -> None:
    other = PEOPLE[0].replace("Директор", "Сторож")
    assert faults(settings, *PEOPLE, PEOPLE[0], head=PEOPLE_HEAD, kind=Kind.PEOPLE) == []
    assert faults(settings, PEOPLE[0], other, head=PEOPLE_HEAD, kind=Kind.PEOPLE) == [
        "строка 3, «Имя»: «Иван Петров» уже есть в строке 2 с другими данными."
    ]


def test_the_sum_of_an_invoice_has_to_be_that_of_its_lines_to_the_cent(settings: Any) -> None:
    head = "Контрагент;Номер;Дата;Номенклатура;Сумма;Сумма документа"
    whole = ("ТОО Икс;1;01.02.2026;Стол;100,00;150,00", "ТОО Икс;1;01.02.2026;Стул;50,00;150,00")
    assert faults(settings, *whole, head=head) == []
    assert faults(settings, whole[0].replace("100,00", "99,99"), whole[1], head=head) == [
        "строка 2, «Сумма документа»: «1»: сумма счёта 150.00 не равна сумме его строк 149.99."
    ]


def test_rows_of_one_invoice_have_to_agree(settings: Any) -> None:
    head = f"{HEAD};Валюта"
    first = "ТОО Икс;;1;01.02.2026;Стол;;;1;100;100;KZT"
    assert faults(settings, first, first.replace("KZT", "USD").replace("01.02", "02.02"), head=head) == [
        "строка 3, «Дата»: не так, как в строке 2 того же счёта: там «01.02.2026».",
        "строка 3, «Валюта»: не так, как в строке 2 того же счёта: там «KZT».",
    ]
    assert "валюты «KZZ» нет" in faults(settings, first.replace("KZT", "KZZ"), head=head)[0]


async def test_a_report_of_1c_is_understood(app: App) -> None:
    table = [
        [
            "Контрагент",
            "ИНН",
            "Документ",
            "Номер документа",
            "Дата документа",
            "Номенклатура",
            "Кол-во",
            "Сумма с НДС, ₸",
        ],
        ["ТехКом, ТОО", 20240000555, "Реализация товаров и услуг", "0001", date(2026, 1, 15), "Сервер", 2, 2500.5],
        [
            "ТехКом, ТОО",
            20240000555,
            "Возврат товаров от покупателя",
            "0002",
            date(2026, 1, 16),
            "Сервер",
            1,
            1250.25,
        ],
        ["Итого", None, None, None, None, None, 3, 3750.75],
    ]
    outcome = await take_in(app, xlsx_of(*table, above=[["Продажи"], ["Период: 2026"]]))
    assert outcome.faults == [] and outcome.added == 2
    assert await app.db.read(sold) == [
        ("tax:020240000555", "0001", False, date(2026, 1, 15), "KZT", Decimal("2500.50")),
        ("tax:020240000555", "0002", True, date(2026, 1, 16), "KZT", Decimal("-1250.25")),
    ]
    (back,) = await app.db.read(lines, "0002")
    assert (back.quantity, back.price, back.amount) == (-1, Decimal("1250.25"), Decimal("-1250.25"))


async def test_invoices_of_two_currencies_are_never_mixed(app: App) -> None:
    head = f"{HEAD};Валюта"
    rows_ = (f"{row};{currency}" for row, currency in zip(ROWS, ("USD", "USD", "USD", ""), strict=True))
    await take_in(app, csv_of(*rows_, head=head))
    assert [row[4] for row in await app.db.read(sold)] == ["KZT", "USD", "USD"]


async def test_numbers_that_begin_anew_every_year_are_other_invoices(app: App) -> None:
    old, new = (f"ТОО Икс;;1;15.01.{year};Стол;;;1;{year};" for year in (2025, 2026))
    await take_in(app, csv_of(old))
    await take_in(app, csv_of(new))
    again = await take_in(app, csv_of(new, old))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert [(row[1], row[5]) for row in await app.db.read(sold)] == [("1", 2025), ("1/2026", 2026)]


async def test_a_company_without_its_number_is_the_one_that_has_it_in_another_row(app: App) -> None:
    await take_in(app, csv_of(ROWS[0], ROWS[1].replace(BIN, "").replace("101", "105")))
    assert [row[:2] for row in await app.db.read(sold)] == [(f"tax:{BIN}", "101"), (f"tax:{BIN}", "105")]


async def test_whom_an_invoice_was_made_out_to_becomes_a_person_of_the_company(app: App) -> None:
    await take_in(app, csv_of(*PEOPLE, head=PEOPLE_HEAD), Kind.PEOPLE)
    head = f"{HEAD};Контактное лицо;E-mail"
    await take_in(app, csv_of(f"{ROWS[0]};Иван Петров;", f"{ROWS[3]};Новый;new@a.example", head=head))

    def made_out_to(session: Session) -> dict[str, tuple[str, str | None]]:
        found = select(Invoice.number, Person.name, Person.email, Person.position).join(
            Person, Person.id == Invoice.person_id
        )
        return {number: (name, email, position) for number, name, email, position in session.execute(found)}

    assert await app.db.read(made_out_to) == {
        "101": ("Иван Петров", "ivan@techcom.example", "Директор"),
        "102": ("Новый", "new@a.example", None),
    }


async def test_a_number_that_looks_mistyped_is_taken_and_told(app: App) -> None:
    outcome = await take_in(app, csv_of(ROWS[0].replace(BIN, "971240001351")))
    assert outcome.is_taken and outcome.warnings == [
        "строка 2: в номере 971240001351 («ТОО «ТехКом»») похоже на опечатку: сверьте его."
    ]


async def test_a_kept_file_is_taken_in_once_however_often_its_task_begins(shop: Shop) -> None:
    app = shop.app
    ticket = uploads.keep(app.settings, "продажи.csv", csv_of(*ROWS), now=app.clock.now())
    wish = Wish(ticket, Kind.INVOICES, "Айгуль")
    run = await app.db.run(taking.ask, wish, now=app.clock.now())
    assert await app.db.run(taking.ask, wish, now=app.clock.now()) == run
    await shop.settles()
    status = await app.db.read(tasks.status, taking.task_of(run), now=app.clock.now())
    assert status is not None and status.state == "completed" and status.result["added"] == 3
    again = await taking.work(app, "again", {"ticket": ticket, "kind": "invoices", "by": "Айгуль"})
    assert (again["added"], again["refused"]) == (3, None)
    assert [one.file_name for one in await app.db.read(taking.history, most=5)] == ["продажи.csv"]
    gone = await taking.work(app, "gone", {"ticket": f"{ticket[:-1]}x", "kind": "invoices", "by": ""})
    assert "загрузите его ещё раз" in gone["refused"]


@pytest.mark.parametrize("kind", list(Kind))
async def test_the_templates_we_ship_are_read_without_a_fault(app: App, kind: Kind) -> None:
    data = kind.template.read_bytes()
    sheet = rows.read(data, kind.layout)
    known = headings.recognise(sheet.headings, kind.layout)
    assert set(known.of.values()) == set(range(len(sheet.headings))), [letter(place) for place in known.of.values()]
    outcome = await take_in(app, data, kind)
    assert (outcome.added, outcome.faults, outcome.warnings) == (2, [], [])


def test_what_a_file_lacks_is_told_before_any_row_is_read() -> None:
    assert headings.recognise(["Контрагент", "Комментарий"], Kind.INVOICES.layout).problems == (
        "не найдены колонки: Номер счёта, Дата, Товар (или Артикул), Сумма (или Цена, или Сумма счёта). "
        "Укажите, какие колонки файла их содержат.",
    )


@pytest.mark.slow
async def test_a_big_file_tells_how_far_it_is(app: App) -> None:
    some = (f"ТОО Икс;;{number};01.02.2026;Стол;;;1;{number};" for number in range(1, 10_101))
    told: list[str] = []
    wish = Wish(uploads.new_ticket(app.clock.now()), Kind.INVOICES, "тест")
    outcome = await taking.take_in(app, "продажи.csv", csv_of(*some), wish, on_progress=told.append)
    assert outcome.added == 10_100
    assert told == [
        "читаем файл",
        "проверяем строки: 10100",
        "проверяем строки: 10000 из 10100",
        "записываем",
        "записываем: 5000 из 10100",
        "записываем: 10000 из 10100",
        "записываем: 10100 из 10100",
    ]
