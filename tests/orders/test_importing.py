"""Files of orders: every kind a shop has is read, every bad row is told by its number, and nothing is half taken in."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.conversations.models import Contact
from saudager.errors import Refused
from saudager.importing import headings, rows, uploads
from saudager.orders.importing import layouts, order_rows
from saudager.orders.importing.layouts import Kind
from saudager.orders.importing.taking import IMPORTER as taking
from saudager.orders.importing.taking import Wish
from saudager.orders.intake import FROM_PARSER
from saudager.orders.models import Order, OrderImport, OrderLine, OrderStatus, OrderTrigger
from saudager.queues import tasks
from saudager.rehearsal import Shop
from tests.conftest import OpenShop
from tests.orders.files import HEAD, ROWS, a_shop, csv_of, forward, lines, local, orders, take_in, xlsx_of, xlsx_of_1c
from tests.orders.market import APPROVED, take

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)


@pytest.fixture
async def shop(open_shop: OpenShop) -> Shop:
    opened: Shop = await open_shop()
    return opened


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def archive_of(name: str, data: bytes = b"") -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def check(settings: Any, *row: str, head: str = HEAD) -> list[str]:
    """What is wrong with a file of these rows."""
    sheet = rows.read(csv_of(*row, head=head), Kind.ORDERS.layout)
    columns = headings.recognise(sheet.headings, Kind.ORDERS.layout)
    assert not columns.problems
    checked = order_rows.check(sheet, columns.of, zone=settings().zone, now=NOW)
    return [str(fault) for fault in checked.faults.told]


@pytest.mark.both_kinds
async def test_a_file_becomes_orders_with_lines_history_and_customers(app: App) -> None:
    shop_id = await a_shop(app)
    outcome = await take_in(app, shop_id, csv_of(*ROWS))
    assert (outcome.rows, outcome.added, outcome.faults) == (3, 2, [])
    first, second = await app.db.read(orders)
    assert (first.code, first.stage, first.status, first.total, first.currency) == (
        "1001",
        "delivered",
        "Доставлен",
        Decimal(37_500),
        "KZT",
    )
    assert local(app, first.placed_at) == "01.03.2026 14:05"
    assert (first.phone, first.buyer_name, first.came_from) == ("77010000001", "Айгуль", "file")
    assert second.stage == "ready" and local(app, second.placed_at) == "02.03.2026 09:30"
    chair, lamp = await app.db.read(lines, "1001")
    assert (chair.sku, chair.name, chair.quantity, chair.price, chair.total) == (
        "CHAIR",
        "Стул «Лотос»",
        2,
        12_500,
        25_000,
    )
    assert lamp.number == 2 and lamp.category == "Свет"
    contact = await app.db.read(lambda session: session.get(Contact, first.contact_id))
    assert contact is not None and contact.is_client and contact.name == "Айгуль"
    assert await app.db.read(count, OrderStatus) == 2


@pytest.mark.both_kinds
async def test_the_same_file_again_changes_nothing(app: App) -> None:
    shop_id = await a_shop(app)
    await take_in(app, shop_id, csv_of(*ROWS))
    forward(app, hours=1)
    again = await take_in(app, shop_id, csv_of(*ROWS))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    counted = [await app.db.read(count, table) for table in (Order, OrderLine, OrderStatus, OrderImport)]
    assert counted == [2, 3, 2, 2]


async def test_a_file_with_a_bad_row_tells_all_of_them_and_takes_in_nothing(app: App) -> None:
    shop_id = await a_shop(app)
    bad = csv_of(*ROWS, "1003;вчера;Новый;100;;;;;;;", "1004;03.03.2026;Новый;сто;;12;;;;;")
    outcome = await take_in(app, shop_id, bad)
    assert outcome.faults == [
        "строка 5, «Дата заказа»: «вчера»: ожидается дата, например 12.03.2026 14:05.",
        "строка 6, «Сумма заказа»: «сто»: ожидается сумма, например 12500 или 12 500,50.",
        "строка 6, «Телефон»: «12»: ожидается номер телефона, например +7 701 000 00 01.",
    ]
    assert outcome.faults_in_all == 3 and not outcome.is_taken
    assert [await app.db.read(count, table) for table in (Order, OrderLine, Contact, OrderImport)] == [0] * 4


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (";01.03.2026;Новый;100;;;;;;;", "строка 2, «Номер заказа»: пусто, а без этого строку не принять."),
        ("4,96E+08;01.03.2026;Новый;100;;;;;;;", "«4,96E+08»: Excel сократил номер"),
        ("1;31.02.2026;Новый;100;;;;;;;", "«31.02.2026»: ожидается дата"),
        ("1;01.03.1926;Новый;100;;;;;;;", "«01.03.1926»: ожидается дата"),
        ("1;01.04.2026;Новый;100;;;;;;;", "«01.04.2026»: этот день ещё не наступил."),
        ("1;;Новый;100;;;;;;;", "даты заказа нет ни в одной его строке"),
        ("1;01.03.2026;Новый;;;;;;;;", "суммы заказа нет ни в одной его строке"),
        ("1;01.03.2026;Новый;-5;;;;;;;", "«-5»: ожидается сумма"),
        ("1;01.03.2026;Новый;1.500;;;;;;;", "напишите 1500 или 1,50"),
        ("1;01.03.2026;Новый;100;;;A;Стул;;0;5", "ожидается количество больше нуля"),
        ("1;01.03.2026;Новый;100;;;A;Стул;;две;5", "«две»: ожидается количество, например 2"),
        ("1;01.03.2026;Новый;100;;не дам;;;;;", "«не дам»: ожидается номер телефона"),
        ("1;01.03.2026;Новый;;;;;Стул;;100;1000000000000", "больше 1000000000000"),
        (f"1;01.03.2026;Новый;100;;;;{'о' * 501};;;", "ожидается не больше 500 знаков, а здесь 501"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_and_what_is_expected(settings: Any, row: str, says: str) -> None:
    (fault,) = check(settings, row)
    assert fault.startswith("строка 2") and says in fault


def test_rows_of_one_order_have_to_agree(settings: Any) -> None:
    other = "1001;01.03.2026 14:05;Отменен;37500;Айгуль;87010000001;X;Икс;;1;1"
    assert check(settings, *ROWS[:2], other) == [
        "строка 4, «Статус»: не так, как в строке 2 у того же заказа: там «Доставлен»."
    ]


def test_lines_without_a_price_are_faults_unless_the_only_one(settings: Any) -> None:
    assert check(settings, "1;01.03.2026;Новый;100;;;A;Стул;;2;") == []
    two = check(settings, "1;01.03.2026;Новый;100;;;A;Стул;;2;", "1;01.03.2026;Новый;100;;;B;Стол;;1;")
    assert two == [f"строка {line}, «Цена»: нет ни цены, ни суммы по товару." for line in (2, 3)]


async def test_a_thousand_faults_are_told_and_all_are_counted(app: App) -> None:
    shop_id = await a_shop(app)
    outcome = await take_in(app, shop_id, csv_of(*(f"{one};вчера;Новый;1;;;;;;;" for one in range(1500))))
    assert (len(outcome.faults), outcome.faults_in_all) == (1000, 1500)
    assert outcome.faults[-1].startswith("строка 1001,")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_any_encoding_and_delimiter_is_read(settings: Any, encoding: str, sign: str) -> None:
    words = [row.replace("37 500,00 ₸", "37500").split(";") for row in (HEAD, *ROWS)]
    data = "\n".join(sign.join(cells) for cells in words).encode(encoding)
    sheet = rows.read(data, Kind.ORDERS.layout)
    columns = headings.recognise(sheet.headings, Kind.ORDERS.layout)
    checked = order_rows.check(sheet, columns.of, zone=settings().zone, now=NOW)
    assert not checked.faults.total
    first = checked.orders[0]
    assert (first.code, first.total, first.buyer.name, len(first.lines or ())) == ("1001", 37_500, "Айгуль", 2)


def test_a_workbook_is_read_with_its_dates_numbers_and_a_title_above(settings: Any) -> None:
    above = (["Список заказов"], ["Период", "март 2026"], [])
    table: Sequence[Sequence[Any]] = (
        HEAD.split(";"),
        [1001, datetime(2026, 3, 1, 14, 5), "Доставлен", 37500.5, "Айгуль", 77010000001, "A", "Стул", "", 2, 12500],  # noqa: DTZ001
        ["1002", 46082.5, "Отменён", "18 900", None, None, None, None, None, None, None],
        ["Итого", None, None, 56400.5],
    )
    sheet = rows.read(xlsx_of(*table, above=above), Kind.ORDERS.layout)
    assert [line for line, _ in sheet.rows] == [5, 6]
    columns = headings.recognise(sheet.headings, Kind.ORDERS.layout)
    checked = order_rows.check(sheet, columns.of, zone=settings().zone, now=NOW)
    assert [str(fault) for fault in checked.faults.told] == []
    first, second = checked.orders
    assert (first.code, first.total, first.buyer.phone) == ("1001", Decimal("37500.50"), "77010000001")
    assert f"{first.placed_at:%d.%m.%Y %H:%M %z}" == "01.03.2026 14:05 +0500"
    assert f"{second.placed_at:%d.%m.%Y %H:%M}" == "01.03.2026 12:00" and second.stage == "cancelled"


def test_a_workbook_is_read_although_1c_misspells_where_its_texts_are() -> None:
    sheet = rows.read(xlsx_of_1c(HEAD.split(";"), ["1001", "01.03.2026", "Новый", "100"]), Kind.ORDERS.layout)
    assert (sheet.headings[:3], sheet.rows[0][1][:2]) == (HEAD.split(";")[:3], ["1001", "01.03.2026"])


OZON = (
    "Номер заказа;Номер отправления;Принят в обработку;Дата отгрузки;Статус;Сумма отправления;Код валюты отправления;"
    "Наименование товара;OZON id;Артикул;Итоговая стоимость товара;Код валюты товара;Количество;Город доставки;"
    "Способ доставки;Имя получателя;Телефон получателя",
    "46206571-0591;46206571-0591-1;2026-03-01 10:00:00;2026-03-02 10:00:00;Доставлен;25000.00;KZT;Стул;123;CHAIR;"
    "12500.00;KZT;2;Алматы;Ozon Логистика;Айгуль А.;",
)
KASPI = (
    "№ заказа;Дата поступления заказа;Название товара в Kaspi Магазине;Название в системе продавца;Артикул;Сумма;"
    "Категория;Статус;Причина отмены;Способ оплаты;Способ доставки;Количество",
    "496000001;01.03.2026;Стул офисный;Стул;CHAIR;25000;Стулья;Выдан;;Kaspi Red;Самовывоз;2",
)
WILDBERRIES = (
    "№ задания;QR-код поставки;Стикер;Дата создания;Дата сканирования ШК ТТН;Наименование;Размер;Цвет;Баркод;"
    "Стоимость;Валюта;Артикул Wildberries;Артикул продавца;ID склада;Статус задания",
    "1566311887;WB-GI-1;1914 1102;01.03.2026 10:00;;Стул;0;белый;2000000000001;12500;KZT;40863915;CHAIR;12;Продано",
)
ONE_C = (
    "Номер;Дата;Контрагент;Телефон;Состояние;Номенклатура;Количество;Цена;Сумма;Сумма документа",
    "00-00000012;01.03.2026 10:00:00;ИП Айгуль;8 701 000 00 01;Отгружен;Стул;2,000;12 500,00;25 000,00;25 000,00",
)


@pytest.mark.parametrize(
    ("file", "code", "stage", "sku"),
    [
        (OZON, "46206571-0591-1", "delivered", "CHAIR"),
        (KASPI, "496000001", "delivered", "CHAIR"),
        (WILDBERRIES, "1566311887", "delivered", "CHAIR"),
        (ONE_C, "00-00000012", "ready", None),
    ],
    ids=["ozon", "kaspi", "wildberries", "1c"],
)
def test_the_headings_of_marketplaces_and_of_1c_are_known(
    settings: Any, file: tuple[str, str], code: str, stage: str, sku: str | None
) -> None:
    sheet = rows.read("\n".join(file).encode(), Kind.ORDERS.layout)
    columns = headings.recognise(sheet.headings, Kind.ORDERS.layout)
    assert columns.problems == ()
    checked = order_rows.check(sheet, columns.of, zone=settings().zone, now=NOW)
    assert not checked.faults.told
    (order,) = checked.orders
    (line,) = order.lines or ()
    assert (order.code, order.stage, line.sku, line.total) == (code, stage, sku, order.total)
    assert order.currency == "KZT" and line.price == 12_500


def test_the_template_we_ship_is_read_without_a_fault(settings: Any) -> None:
    data = (layouts.__file__.removesuffix("layouts.py") + "orders_template.csv",)
    with open(data[0], "rb") as file:  # noqa: PTH123
        sheet = rows.read(file.read(), Kind.ORDERS.layout)
    columns = headings.recognise(sheet.headings, Kind.ORDERS.layout)
    assert len(columns.of) == len(sheet.headings) and not columns.problems
    checked = order_rows.check(sheet, columns.of, zone=settings().zone, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert not checked.faults.total and [len(order.lines or ()) for order in checked.orders] == [2, 1]


def test_missing_and_doubled_headings_are_named() -> None:
    assert headings.recognise(["Номер заказа", "Комментарий"], Kind.ORDERS.layout).problems == (
        "не найдены колонки: Дата заказа, Сумма заказа (или Цена, или Сумма по товару). "
        "Укажите, какие колонки файла их содержат.",
    )
    doubled = headings.recognise(["Номер заказа", "Дата", "Сумма", "Сумма"], Kind.ORDERS.layout)
    assert doubled.problems == ("колонка «Сумма» есть несколько раз (столбцы C, D): укажите, какую читать.",)


async def test_columns_a_person_chose_are_read_whatever_their_headings(app: App) -> None:
    shop_id = await a_shop(app)
    data = "Что;Когда;Почём\nA-1;01.03.2026;100\n".encode()
    refused = await take_in(app, shop_id, data)
    assert refused.refused is not None and refused.refused.startswith("Не найдены колонки: Номер заказа")
    taken = await take_in(app, shop_id, data, columns={"code": 0, "placed_at": 1, "total": 2})
    assert taken.added == 1 and (await app.db.read(orders))[0].code == "A-1"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Файл пуст."),
        (b" \r\n ", "Файл пуст."),
        (b";;;\r\n;;;", "ни одной заполненной строки"),
        (HEAD.encode(), "только заголовки"),
        (b"%PDF-1.7 \x00\x01", "Это PDF, а не таблица"),
        (b"\x00\x01\x02binary", "Это не таблица"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "Это старый формат Office"),
        (b"PK\x03\x04 not a zip at all", "Файл повреждён"),
        (archive_of("word/document.xml"), "Это документ Word, а не таблица"),
        (
            HEAD.encode() + '\n1;"01.03.2026;Новый;100;;;;;;;\n2;01.03.2026;Новый;100;;;;;;;\n'.encode(),
            "В строке 2 кавычка",
        ),
        (b"x" * (rows.LARGEST + 1), "Файл больше 20 МБ"),
    ],
    ids=["empty", "blank", "no cells", "headings only", "pdf", "binary", "xls", "broken", "word", "quote", "large"],
)
async def test_what_is_no_table_is_refused_in_a_sentence(app: App, data: bytes, says: str) -> None:
    shop_id = await a_shop(app)
    outcome = await take_in(app, shop_id, data)
    assert outcome.refused is not None and says in outcome.refused


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Refused, match="больше 100000 строк"):
        rows.read(b"a;b\n" + b"1;2\n" * 100_100, Kind.ORDERS.layout)


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(Refused, match="слишком много текста"):
        rows.read(archive_of("xl/workbook.xml", b" " * (41 * 1024**2)), Kind.ORDERS.layout)


async def test_a_long_file_is_taken_in_whole(app: App) -> None:
    shop_id = await a_shop(app)
    data = csv_of(*(f"{one};01.03.2026;Доставлен;100;Айгуль;8701{one:07d};A;Стул;;1;100" for one in range(1_200)))
    assert (await take_in(app, shop_id, data)).added == 1_200
    assert [await app.db.read(count, table) for table in (Order, OrderLine, Contact)] == [1_200] * 3
    assert (await take_in(app, shop_id, data)).unchanged == 1_200


async def test_formulas_are_words_and_hidden_numbers_are_nobody(app: App) -> None:
    shop_id = await a_shop(app)
    await take_in(
        app,
        shop_id,
        csv_of(
            "1;01.03.2026;=1+1;100;=HYPERLINK(\"x\");+7 *** *** ** 01;=cmd|' /C calc'!A0;@SUM(A1);;1;100",
            "2;01.03.2026;Новый;100;Ерлан;+7 495 232 10 00 доб. 12345;;;;;",
        ).replace(b'"x"', b"x"),
    )
    first, second = await app.db.read(orders)
    assert (first.status, first.stage, first.buyer_name) == ("=1+1", "unknown", "=HYPERLINK(x)")
    (line,) = await app.db.read(lines, "1")
    assert (line.sku, line.name) == ("=cmd|' /C calc'!A0", "@SUM(A1)")
    assert first.phone is None and second.phone is None and second.contact_id is None


async def test_a_workbook_whose_formulas_were_never_calculated_is_refused(app: App) -> None:
    shop_id = await a_shop(app)
    data = xlsx_of(HEAD.split(";"), ["1", "01.03.2026", "Новый", "=1+1"])
    outcome = await take_in(app, shop_id, data)
    assert outcome.refused == "В ячейках D2 формулы без готового значения: откройте файл в Excel и сохраните его."


async def test_nobody_is_written_to_because_a_file_tells_of_a_step(app: App) -> None:
    shop_id = await a_shop(app)
    forward(app, days=1)
    steps = {"Оплачен": "POST_PURCHASE", "В пути": "ORDER_READY", "Доставлен": "ORDER_DELIVERED"}
    for status in steps:
        taken = await take_in(app, shop_id, csv_of(f"1;12.03.2026 09:00;{status};100;Айгуль;87010000001;A;Стул;;1;100"))
        assert taken.added + taken.changed == 1
    noted = await app.db.read(lambda session: session.execute(select(OrderTrigger.trigger, OrderTrigger.reason)).all())
    assert {(trigger, reason) for trigger, reason in noted} == {(trigger, "old") for trigger in steps.values()}


async def test_a_step_a_file_tells_of_a_known_order_calls_for_nothing(app: App) -> None:
    shop_id = await a_shop(app)
    forward(app, days=1)
    await take(app, shop_id, replace(APPROVED, code="1", placed_at=app.clock.now()), came_from=FROM_PARSER)
    await take_in(app, shop_id, csv_of("1;12.03.2026 12:00;В пути;19980;;;;;;;"))
    noted = await app.db.read(lambda session: session.execute(select(OrderTrigger.trigger, OrderTrigger.reason)).all())
    assert sorted(map(tuple, noted)) == [("ORDER_READY", "old"), ("POST_PURCHASE", "overtaken")]


async def test_a_file_stops_what_waits_about_an_order_that_was_cancelled(app: App) -> None:
    shop_id = await a_shop(app)
    forward(app, days=1)
    paid = replace(APPROVED, code="1", placed_at=app.clock.now())
    await take(app, shop_id, paid, came_from=FROM_PARSER)
    await take_in(app, shop_id, csv_of("1;12.03.2026 12:00;Отменён;19980;;;;;;;"))
    (trigger,) = await app.db.read(lambda session: list(session.scalars(select(OrderTrigger))))
    assert (trigger.trigger, trigger.state, trigger.reason) == ("POST_PURCHASE", "stopped", "cancelled")


async def test_an_unknown_status_is_kept_and_told(app: App) -> None:
    shop_id = await a_shop(app)
    outcome = await take_in(app, shop_id, csv_of("1;01.03.2026;Ждёт луны;100;;;;;;;"))
    assert outcome.unknown == {"Ждёт луны": 1} and outcome.added == 1


async def test_an_import_in_the_background_survives_its_process_and_is_done_once(shop: Shop) -> None:
    app = shop.app
    shop_id = await a_shop(app)
    ticket = uploads.keep(app.settings, "../заказы.csv", csv_of(*ROWS), now=app.clock.now())
    wish = Wish(ticket, shop_id, Kind.ORDERS, "Марат")
    kept = uploads.find(app.settings, ticket)
    assert kept.name == "заказы.csv"
    # it was killed after it had stored everything and before it could say so
    await taking.take_in(app, kept.name, kept.path.read_bytes(), wish)
    run = await app.db.run(taking.ask, wish, now=app.clock.now())
    await shop.settles()
    status = await app.db.read(tasks.status, taking.task_of(run), now=app.clock.now())
    assert status is not None and status.state == "completed"
    assert (status.result["added"], status.result["file"]) == (2, "заказы.csv")
    assert [await app.db.read(count, table) for table in (Order, OrderImport)] == [2, 1]
    assert not kept.path.exists()
    # and killed after the file was thrown away
    again = await taking.work(app, taking.task_of(run), asdict(wish))
    assert (again["added"], again["refused"]) == (2, None)


async def test_files_nobody_took_in_are_thrown_away_in_the_night_after_a_day(shop: Shop) -> None:
    app = shop.app
    kept = (
        app.settings.data_dir / "imports" / uploads.keep(app.settings, "заказы.csv", csv_of(*ROWS), now=app.clock.now())
    )
    for hours, stays in ((20, True), (5, False)):
        forward(app, hours=hours)
        await app.db.run(tasks.enqueue, "forget_uploads", task_id=f"night {hours}", now=app.clock.now())
        await shop.settles()
        assert kept.exists() is stays
