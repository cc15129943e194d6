"""The company of the letter everybody knows has just the figures that letter tells."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from saudager.sales import metrics
from tests.sales import techcom
from tests.sales.books import opened


@pytest.fixture
def session(storage: str | None, tmp_path: Path) -> Iterator[Session]:
    with opened(storage, tmp_path) as session:
        yield session


@pytest.mark.both_kinds
def test_techcom_bought_for_two_million_four_hundred_fifty_thousand(session: Session):
    company = techcom.store(session).company_id
    main = metrics.of_company(session, company, today=techcom.TODAY).main
    assert main is not None
    assert (main.currency, main.total, main.orders) == ("RUB", Decimal(2_450_000), 18)
    assert (main.average, main.growth) == (Decimal("136111.11"), Decimal("0.1500"))
    assert [(bought.name, bought.share) for bought in main.top][:3] == [
        ("Серверное оборудование HP", Decimal("0.4500")),
        ("Системы хранения данных", Decimal("0.2800")),
        ("Сетевое оборудование", Decimal("0.1900")),
    ]
    assert sum(total for _, total in main.months) == main.total and len(main.months) == 12
