"""Files of orders in the console: brought, looked at, columns chosen, what is wrong shown, and taken in once."""

from typing import Any

import pytest

from saudager.console import orders as pages
from saudager.importing import rows
from saudager.orders.importing.layouts import Kind
from tests.console.conftest import Console, OpenConsole
from tests.orders.files import HEAD, ROWS, a_shop, csv_of, orders, products
from tests.orders.market import connected

PAGE = "/console/orders/import"


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    opened: Console = await open_console(role="manager")
    return opened


async def bring(console: Console, data: bytes, shop: int, kind: Kind = Kind.ORDERS, name: str = "заказы.csv") -> Any:
    return await console.post(PAGE, {"shop": str(shop), "kind": kind}, files={"file": (name, data)})


async def take(console: Console, looked_at: str, **fields: str) -> str:
    """Press the button below a file that was looked at; the words of what became of it."""
    path, _, query = looked_at.partition("?")
    asked = dict(part.split("=") for part in query.split("&"))
    done = await console.post(path, asked | fields)
    assert done.status_code == 204, done.text
    await console.shop.settles()
    return await console.sees(done.headers["hx-redirect"])


CHOSEN = {
    f"column_{name}": str(place)
    for place, name in enumerate(("code", "placed_at", "status", "total", "buyer", "phone"))
}


async def test_a_file_is_looked_at_and_taken_in(console: Console) -> None:
    assert "Сначала добавьте магазин" in await console.sees(PAGE)
    shop = await a_shop(console.app)
    brought = await bring(console, csv_of(*ROWS), shop)
    assert brought.status_code == 204
    page = await console.sees(looked_at := brought.headers["hx-redirect"])
    assert "заказы.csv Ozon, Заказы" in page and "Стул «Лотос»" in page
    html = (await console.get(looked_at)).text
    assert html.count(" selected>") == len(HEAD.split(";"))
    assert "Файл загружен: заказы.csv" in (shown := await take(console, looked_at, **CHOSEN))
    assert "Строк в файле 3 Новых 2 Изменено 0 Без изменений 0" in shown
    assert [order.code for order in await console.app.db.read(orders)] == ["1001", "1002"]
    assert "заказы.csv Ozon Заказы 3 2 0" in await console.sees(PAGE)
    assert (await console.get(looked_at)).status_code == 404
    again = await bring(console, csv_of(*ROWS), shop)
    assert "ничего не изменилось" in await take(console, again.headers["hx-redirect"], **CHOSEN)


async def test_bad_rows_are_shown_by_line_and_nothing_is_taken_in(console: Console) -> None:
    shop = await a_shop(console.app)
    brought = await bring(console, csv_of(*ROWS, "<b>1</b>;вчера;Новый;1;;;;;;;"), shop)
    shown = await take(console, brought.headers["hx-redirect"], **CHOSEN)
    assert "Ничего не загружено: в строках есть ошибки, 1." in shown
    assert "строка 5, «Дата заказа»: «вчера»: ожидается дата" in shown and "Выбрать другие колонки" in shown
    assert await console.app.db.read(orders) == []
    other = CHOSEN | {"column_placed_at": "2"}
    assert "«Статус»: «Доставлен»: ожидается дата" in await take(console, brought.headers["hx-redirect"], **other)


async def test_a_catalogue_with_strange_headings_is_taken_in_by_the_columns_a_person_chooses(console: Console) -> None:
    shop = await a_shop(console.app)
    brought = await bring(console, "Штука;Как зовут\nA;Стул\n".encode(), shop, Kind.CATALOGUE)
    looked_at = brought.headers["hx-redirect"]
    assert "Не найдены колонки: Артикул, Название" in await console.sees(looked_at)
    path, _, query = looked_at.partition("?")
    asked = dict(part.split("=") for part in query.split("&"))
    refused = await console.post(path, asked | {"column_sku": "0"})
    assert refused.status_code == 409 and "Название" in refused.text
    assert "Файл загружен" in await take(console, looked_at, column_sku="0", column_name="1", whole="true")
    assert list(await console.app.db.read(products)) == ["A"]


async def test_what_is_no_table_is_refused_before_it_is_kept(console: Console) -> None:
    shop = await a_shop(console.app)
    for data, says in ((b"%PDF-1.7", "Это PDF"), (b"", "Файл пуст"), (b"x" * (rows.LARGEST + 1), "больше 20 МБ")):
        refused = await bring(console, data, shop)
        assert refused.status_code == 409 and says in refused.text, refused.text
    assert (await bring(console, csv_of(*ROWS), 99)).status_code == 404
    read_by_us = await connected(console.app, marketplace="kaspi", sealed_config=console.app.vault.seal("{}"))
    refused = await bring(console, csv_of(*ROWS), read_by_us)
    assert refused.status_code == 409 and "мы читаем сами" in refused.text
    assert not (console.app.settings.data_dir / "imports").exists()


async def test_how_far_an_import_is_shows_by_itself(console: Console) -> None:
    shop = await a_shop(console.app)
    brought = await bring(console, csv_of(*ROWS), shop)
    ticket = brought.headers["hx-redirect"].removeprefix(f"{PAGE}/").partition("?")[0]
    asked = await console.post(f"{PAGE}/{ticket}", {"shop": str(shop), "kind": "orders"} | CHOSEN)
    outcome = asked.headers["hx-redirect"]
    run = outcome.removeprefix(f"{PAGE}/outcome/").partition("?")[0]
    mark, now = pages.WATCHES["order_import"], console.shop.clock.now()
    assert f"order_import:{run}" in (await console.get(outcome)).text
    before = await console.app.db.read(mark, run, now=now)
    await console.shop.settles()
    assert await console.app.db.read(mark, run, now=now) != before
    part = await console.get(outcome.replace("?", "/part?"))
    assert "Файл загружен" in console.text(part)


async def test_only_a_manager_comes_here_and_templates_can_be_had(console: Console) -> None:
    for kind in Kind:
        template = await console.get(f"{PAGE}/template?kind={kind}")
        assert template.content.startswith(b"\xef\xbb\xbf") and "attachment" in template.headers["content-disposition"]
    viewer = await console.another("viewer", "Гость")
    shop = await a_shop(console.app)
    assert (await viewer.get(PAGE)).status_code == 403
    assert (await bring(viewer, csv_of(*ROWS), shop)).status_code == 403
    assert (await console.get(f"{PAGE}/..%2f..%2fsaudager.db?shop={shop}&kind=orders")).status_code == 404
