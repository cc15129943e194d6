"""``saudager orders``: a file from the command line, whole or not at all, and a look at the marketplaces now."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from saudager.bench.kaspi_shop import KaspiShop
from saudager.cli import main
from saudager.db import migrate
from saudager.db.threads import connect
from saudager.orders import shops
from tests.orders.files import ROWS, csv_of

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command in a folder where there is a shop called Ozon."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    url = f"sqlite:///{tmp_path / 'data' / 'saudager.db'}"
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    engine = connect(url)
    with Session(engine) as session, session.begin():
        shops.connect(session, "Ozon", marketplace=None, sealed_config=None, account=None, writes=False, now=NOW)
    engine.dispose()

    def take_in(*arguments: str) -> Result:
        return orders("import", *arguments)

    return take_in


def orders(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["orders", *arguments])


def test_a_file_is_taken_in_once_and_told_in_words_and_as_json(run: Any) -> None:
    Path("orders.csv").write_bytes(csv_of(*ROWS))
    first = run("orders.csv", "--shop", "Ozon")
    assert (first.exit_code, first.output) == (0, "orders.csv: 3 rows, new 2, changed 0, unchanged 0\n")
    again = json.loads(run("orders.csv", "--shop", "Ozon", "--json").output)
    assert (again["added"], again["unchanged"], again["faults"]) == (0, 2, [])


def test_bad_rows_wrong_shops_and_wrong_columns_are_told_and_nothing_is_taken_in(run: Any) -> None:
    Path("orders.csv").write_bytes(csv_of(*ROWS, "1003;вчера;Новый;1;;;;;;;"))
    faulty = run("orders.csv", "--shop", "Ozon")
    assert faulty.exit_code == 1 and "строка 5, «Дата заказа»: «вчера»" in faulty.output
    assert "Nothing of orders.csv was taken in (1 faults)." in faulty.output
    assert "--shop holds 'WB': expected one of Ozon" in run("orders.csv", "--shop", "WB").output
    wrong = run("orders.csv", "--shop", "Ozon", "--column", "code=Номер")
    assert wrong.exit_code == 1 and "expected a heading of the file, one of Номер заказа" in wrong.output


def test_columns_can_be_named_and_a_catalogue_can_be_whole(run: Any) -> None:
    Path("goods.csv").write_text("Штука;Как зовут;Остаток\nA;Стул;2\nB;Стол;1\n", encoding="cp1251")
    named = ("--kind", "catalogue", "--column", "sku=Штука", "--column", "name=Как зовут")
    assert "new 2" in run("goods.csv", "--shop", "Ozon", *named).output
    Path("goods.csv").write_text("Штука;Как зовут;Остаток\nA;Стул;2\n", encoding="cp1251")
    assert "unchanged 1, out of stock 1" in run("goods.csv", "--shop", "Ozon", *named, "--everything").output


async def test_a_look_now_tells_what_it_brought_and_what_it_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with KaspiShop() as kaspi:
        kaspi.place()
        environment = {"DATA_DIR": str(tmp_path / "data"), "KASPI_TOKEN": kaspi.token, "KASPI_SHOP_NAME": "Чайники"}
        for name, value in (
            environment | {"KASPI_BASE_URL": kaspi.base_url, "KASPI_REQUESTS_PER_SECOND": "50"}
        ).items():
            monkeypatch.setenv(name, value)
        first = await asyncio.to_thread(orders, "sync")
        assert first.exit_code == 0 and first.output.endswith("Чайники: new 1, changed 0, requests 6\n")
        again = json.loads((await asyncio.to_thread(orders, "sync", "--shop", "Чайники", "--json")).output)
        assert (again["added"], again["changed"], again["requests"]) == (0, 0, 6)
        kaspi.token = "another"
        refused = await asyncio.to_thread(orders, "sync")
        assert refused.exit_code == 1 and "Чайники: new 0" in refused.output
