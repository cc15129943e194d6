"""A file of the catalogue: new products are added, changed ones changed, missing ones stay unless it tells all."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saudager.app import App
from saudager.importing import headings, rows
from saudager.orders.importing import catalogue, layouts
from saudager.orders.importing.layouts import Kind
from saudager.orders.recommendations import goes_with
from tests.orders.files import ROWS, a_shop, csv_of, orders, products, take_in, xlsx_of

HEAD = "Артикул;Название;Категория;Цена;Остаток"
CHAIR, LAMP = "CHAIR;Стул «Лотос»;Стулья;12 500;14", "LAMP;Лампа;Свет;8900,50 тг;3"


def check(data: bytes) -> catalogue.CheckedCatalogue:
    sheet = rows.read(data, Kind.CATALOGUE.layout)
    columns = headings.recognise(sheet.headings, Kind.CATALOGUE.layout)
    assert columns.problems == ()
    return catalogue.check(sheet, columns.of)


@pytest.mark.both_kinds
async def test_products_are_added_changed_kept_and_sold_out(app: App) -> None:
    shop_id, other = await a_shop(app), await a_shop(app, "WB")

    async def bring(*rows: str, **wish: Any) -> tuple[int, ...]:
        outcome = await take_in(app, shop_id, csv_of(*rows, head=HEAD), Kind.CATALOGUE, **wish)
        assert outcome.is_taken
        return outcome.added, outcome.changed, outcome.unchanged, outcome.sold_out

    await take_in(app, other, csv_of("SOFA;Диван;Диваны;1;1", head=HEAD), Kind.CATALOGUE)
    assert await bring(CHAIR, LAMP) == (2, 0, 0, 0)
    assert await bring(CHAIR, LAMP) == (0, 0, 2, 0)
    assert await bring("CHAIR;Стул «Лотос»;;13 000;") == (0, 1, 0, 0)
    stored = await app.db.read(products)
    chair, lamp = stored["CHAIR"], stored["LAMP"]
    assert (chair.name, chair.category, chair.price, chair.stock) == ("Стул «Лотос»", "Стулья", 13_000, 14)
    assert (lamp.price, lamp.currency, lamp.stock) == (Decimal("8900.50"), "KZT", 3)
    assert await bring("TABLE;Стол;Столы;50000;2", is_whole=True) == (1, 0, 0, 2)
    left = {sku: product.stock for sku, product in (await app.db.read(products)).items()}
    assert left == {"CHAIR": 0, "LAMP": 0, "TABLE": 2, "SOFA": 1}


async def test_an_empty_price_keeps_the_price_and_its_currency(app: App) -> None:
    shop_id = await a_shop(app)
    for price in ("1 990 руб.", ""):
        await take_in(app, shop_id, csv_of(f"CHAIR;Стул;Стулья;{price};1", head=HEAD), Kind.CATALOGUE)
    chair = (await app.db.read(products))["CHAIR"]
    assert (chair.price, chair.currency) == (1990, "RUB")


async def test_what_files_tell_is_offered_to_buyers(app: App) -> None:
    shop_id = await a_shop(app)
    goods = ("DESK;Стол;Столы;50 000;2", "STOOL;Табурет;Стулья;7 000;1", "POUF;Пуф;Стулья;9 000;нет")
    await take_in(app, shop_id, csv_of(CHAIR, *goods, head=HEAD), Kind.CATALOGUE)
    await take_in(app, shop_id, csv_of(*ROWS))
    first, _ = await app.db.read(orders)
    offered = await app.db.read(goes_with, first.id)
    assert [(one.name, one.price) for one in offered] == [("Табурет", 7_000)]


async def test_a_bad_row_keeps_the_whole_catalogue_out(app: App) -> None:
    shop_id = await a_shop(app)
    data = csv_of(CHAIR, ";Лампа;;1;1", "X;;;1;1", "Y;Игрек;;дорого;много", "CHAIR;Кресло;;1;1", head=HEAD)
    outcome = await take_in(app, shop_id, data, Kind.CATALOGUE, is_whole=True)
    assert outcome.faults == [
        "строка 3, «Артикул»: пусто, а без этого строку не принять.",
        "строка 4, «Название»: пусто, а без этого строку не принять.",
        "строка 5, «Цена»: «дорого»: ожидается сумма, например 12500 или 12 500,50.",
        "строка 5, «Остаток»: «много»: ожидается количество, например 2.",
        "строка 6, «Артикул»: «CHAIR» уже есть в строке 2 с другим названием, категорией или ценой.",
    ]
    assert await app.db.read(products) == {}


def test_rows_of_one_product_that_differ_in_what_is_left_are_added_up() -> None:
    checked = check(csv_of(CHAIR, "CHAIR;Стул «Лотос»;Стулья;12 500;6", head=HEAD))
    assert [(offer.sku, offer.stock) for offer in checked.offers] == [("CHAIR", 20)]


@pytest.mark.parametrize(
    ("written", "left"), [("5", 5), (">10", 10), ("в наличии", 1), ("Нет", 0), ("", None), ("2,5", Decimal("2.5"))]
)
def test_what_is_left_is_read_in_numbers_and_words(written: str, left: Any) -> None:
    (offer,) = check(csv_of(f"A;Стул;;1;{written}", head=HEAD)).offers
    assert offer.stock == left


def test_the_list_of_goods_ozon_gives_is_known_and_both_warehouses_count() -> None:
    head = (
        "Артикул;Ozon Product ID;Название товара;Коммерческая категория;Доступно на складе Ozon, шт;"
        "Доступно на моих складах, шт;Текущая цена с учетом скидки, руб."
    )
    (offer,) = check(csv_of("CHAIR;1;Стул;Стулья;3;4;1 990,00", head=head)).offers
    assert (offer.sku, offer.name, offer.category, offer.stock) == ("CHAIR", "Стул", "Стулья", 7)
    assert (offer.price, offer.currency) == (1990, "RUB")


def test_a_price_list_with_words_above_it_is_read_from_a_workbook() -> None:
    table = [
        ["Код", "Номенклатура", "Розничная цена, тг", "Остаток"],
        ["00-01", "Стул", 12500.0, 3],
        [2, "Стол", None, None],
    ]
    checked = check(xlsx_of(*table, above=[["Остатки и цены"], ["на 11.03.2026"]]))
    chair, desk = checked.offers
    assert (chair.sku, chair.price, chair.currency, chair.stock) == ("00-01", 12_500, "KZT", 3)
    assert (desk.sku, desk.price, desk.stock) == ("2", None, None)


def test_the_template_we_ship_is_read_without_a_fault() -> None:
    checked = check(Path(layouts.__file__).with_name("catalogue_template.csv").read_bytes())
    assert not checked.faults.total and [offer.sku for offer in checked.offers] == ["CHAIR-1", "LAMP-7", "SHELF-3"]
