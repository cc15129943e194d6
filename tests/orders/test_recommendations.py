"""What is offered beside a purchase: what others took with it, then of its kind; in stock, priced, and not again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.orders.models import Order as MarketOrder
from saudager.orders.models import Product
from saudager.orders.recommendations import goes_with
from saudager.providers.marketplace import Stage
from tests.orders import rows

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
KETTLE, FILTER, CUPS, LAMP = (
    ("kettle", "Чайник", 1, "12000"),
    ("filter", "Фильтр", 1, "3490"),
    ("cups", "Чашки", 1, "5000"),
    ("lamp", "Лампа", 1, "7000"),
)


def product(session: Session, shop: int, sku: str, **columns: Any) -> None:
    usual = {"name": f"Товар {sku}", "price": Decimal(1000), "currency": "KZT", "stock": 3, "updated_at": NOW}
    session.add(Product(shop_id=shop, sku=sku, **usual | columns))
    session.flush()


def catalogue(session: Session) -> int:
    shop = rows.shop(session, at=NOW)
    for sku in ("kettle", "filter", "cups", "lamp"):
        product(session, shop, sku, category_code="tea")
    return shop


def skus(session: Session, order: MarketOrder) -> list[str]:
    return [one.sku for one in goes_with(session, order.id)]


def _taken_together(session: Session) -> None:
    shop = catalogue(session)
    for _ in range(3):
        rows.order(session, shop, at=NOW, lines=[KETTLE, CUPS])
    for _ in range(2):
        rows.order(session, shop, at=NOW, lines=[KETTLE, FILTER])
    rows.order(session, shop, at=NOW, lines=[KETTLE, LAMP])
    for _ in range(4):
        rows.order(session, shop, at=NOW, lines=[KETTLE, LAMP], stage=Stage.CANCELLED)
    bought = rows.order(session, shop, at=NOW, lines=[KETTLE], contact=rows.buyer(session, 1, at=NOW))
    found = goes_with(session, bought.id, limit=3)
    assert [(one.sku, one.why) for one in found] == [("cups", "together"), ("filter", "together"), ("lamp", "category")]
    assert (found[0].name, found[0].price, found[0].currency) == ("Товар cups", Decimal(1000), "KZT")
    assert skus(session, bought) == ["cups", "filter"]


def _by_the_same_buyers(session: Session) -> None:
    shop = catalogue(session)
    for number, apart in enumerate((10, 89, -30, 120, 200)):
        buyer = rows.buyer(session, number, at=NOW)
        rows.order(session, shop, at=NOW, lines=[KETTLE], contact=buyer)
        rows.order(session, shop, at=NOW + timedelta(days=apart), lines=[LAMP if apart < 100 else CUPS], contact=buyer)
    found = goes_with(session, rows.order(session, shop, at=NOW, lines=[KETTLE]).id, limit=1)
    assert [(one.sku, one.why) for one in found] == [("lamp", "together")]


def _one_buyer_is_chance(session: Session) -> None:
    shop = rows.shop(session, at=NOW)
    product(session, shop, "cups")
    buyer = rows.buyer(session, 1, at=NOW)
    for _ in range(5):
        rows.order(session, shop, at=NOW, lines=[KETTLE, CUPS], contact=buyer)
    assert skus(session, rows.order(session, shop, at=NOW, lines=[KETTLE])) == []


def _what_cannot_be_offered(session: Session) -> None:
    shop = rows.shop(session, at=NOW)
    product(session, shop, "kettle", category="Чай")
    product(session, shop, "sold-out", category="Чай", stock=0)
    product(session, shop, "unknown", category="Чай", stock=None)
    product(session, shop, "unpriced", category="Чай", price=None)
    product(session, shop, "other", category="Мебель")
    other = rows.shop(session, at=NOW, name="Другой")
    product(session, other, "elsewhere", category="Чай")
    order = rows.order(session, shop, at=NOW, lines=[KETTLE])
    assert skus(session, order) == []
    product(session, shop, "fine", category="Чай")
    assert skus(session, order) == ["fine"]


def _what_he_has(session: Session) -> None:
    shop = catalogue(session)
    buyer = rows.buyer(session, 1, at=NOW)
    order = rows.order(session, shop, at=NOW, lines=[KETTLE], contact=buyer)
    rows.order(session, shop, at=NOW - timedelta(days=80), lines=[FILTER], contact=buyer)
    rows.order(session, shop, at=NOW + timedelta(days=5), lines=[CUPS], contact=buyer)
    rows.order(session, shop, at=NOW - timedelta(days=100), lines=[LAMP], contact=buyer)
    assert skus(session, order) == ["lamp"]


def _most_sold_first(session: Session) -> None:
    shop = catalogue(session)
    for _ in range(2):
        rows.order(session, shop, at=NOW, lines=[LAMP])
    rows.order(session, shop, at=NOW, lines=[CUPS])
    order = rows.order(session, shop, at=NOW, lines=[KETTLE])
    assert [one.sku for one in goes_with(session, order.id, limit=5)] == ["lamp", "cups", "filter"]


@pytest.mark.both_kinds
async def test_what_goes_with_a_purchase_is_found_in_its_orders_and_catalogue(open_shop: Any):
    shop = await open_shop()
    for story in (
        _taken_together,
        _by_the_same_buyers,
        _one_buyer_is_chance,
        _what_cannot_be_offered,
        _what_he_has,
        _most_sold_first,
    ):
        await shop.app.db.run(_alone, story)


def _alone(session: Session, story: Any) -> None:
    """The story, of which nothing stays."""
    with session.begin_nested() as kept:
        story(session)
        kept.rollback()
