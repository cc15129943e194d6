"""Rows of a file as the products of a shop: what is new is added, what changed is changed, what is missing stays."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from saudager.importing import faults, headings, values
from saudager.importing.faults import RowReader
from saudager.importing.rows import Sheet
from saudager.orders.importing.order_rows import HOME_CURRENCY
from saudager.orders.models import Product


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as a file tells it."""

    sku: str
    name: str
    category: str | None
    price: Decimal | None
    currency: str
    stock: Decimal | None


@dataclass(slots=True)
class CheckedCatalogue(faults.Checked):
    """Products as a file tells them, or what is wrong with it."""

    offers: list[Offer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Restocked:
    """What taking a catalogue in did; ``sold_out`` are products the file no longer names."""

    added: int
    changed: int
    unchanged: int
    sold_out: int


def check(sheet: Sheet, columns: Mapping[str, int]) -> CheckedCatalogue:
    """Read every row; rows of one product that differ only in what is left (sizes, warehouses) are added up."""
    checked = CheckedCatalogue(rows=len(sheet.rows))
    reader = RowReader(dict(columns), sheet.headings, checked.faults)
    usual = headings.currency(reader.heading("price")) or HOME_CURRENCY
    found: dict[str, tuple[int, Offer]] = {}
    for number, cells in sheet.rows:
        reader.turn_to(number, cells)
        offer = _offer(reader, usual)
        if offer is None:
            continue
        first, before = found.get(offer.sku, (number, None))
        if before is None:
            found[offer.sku] = (number, offer)
        elif _but_for_stock(before) != _but_for_stock(offer):
            reader.complain("sku", f"«{offer.sku}» уже есть в строке {first} с другим названием, категорией или ценой.")
        else:
            left = [one for one in (before.stock, offer.stock) if one is not None]
            found[offer.sku] = (first, _with_stock(offer, sum(left, Decimal(0)) if left else None))
    checked.offers = [offer for _, offer in found.values()]
    return checked


def take(session: Session, shop_id: int, offers: Sequence[Offer], *, is_whole: bool, now: datetime) -> Restocked:
    """Bring the shop's products up to date in the caller's transaction; when the file ``is_whole``, a product it does
    not name is out of stock."""
    known = {product.sku: product for product in session.scalars(select(Product).where(Product.shop_id == shop_id))}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for offer in offers:
        told = _told(offer)
        product = known.pop(offer.sku, None)
        if product is None:
            new.append(asdict(offer) | {"category_code": None, "shop_id": shop_id, "updated_at": now})
        elif any(getattr(product, name) != value for name, value in told.items()):
            changed.append(told | {"id": product.id, "updated_at": now})
    gone = [product.id for product in known.values() if is_whole and product.stock != 0]
    if new:
        session.execute(insert(Product), new)
    for shape in {frozenset(one) for one in changed}:
        session.execute(update(Product), [one for one in changed if frozenset(one) == shape])
    if gone:
        session.execute(update(Product), [{"id": one, "stock": Decimal(0), "updated_at": now} for one in gone])
    return Restocked(len(new), len(changed), len(offers) - len(new) - len(changed), len(gone))


def _told(offer: Offer) -> dict[str, Any]:
    """What the file says; a cell it leaves empty changes nothing, and a currency belongs to a price."""
    left_out = {"sku"} if offer.price is not None else {"sku", "currency"}
    return {name: value for name, value in asdict(offer).items() if name not in left_out and value is not None}


def _offer(reader: RowReader, usual: str) -> Offer | None:
    sku = reader.take("sku", partial(values.code, most=200), needed=True)
    name = reader.take("name", partial(values.text, most=500), needed=True)
    price = reader.take("price", values.money)
    currency = reader.take("currency", values.currency) or (price[1] if price else None) or usual
    category = reader.take("category", partial(values.text, most=200))
    left = [
        one for one in (reader.take("stock", values.stock), reader.take("more_stock", values.stock)) if one is not None
    ]
    if sku is None or name is None:
        return None
    stock = sum(left, Decimal(0)) if left else None
    return Offer(sku, name, category, price[0] if price else None, currency, stock)


def _but_for_stock(offer: Offer) -> Offer:
    return _with_stock(offer, None)


def _with_stock(offer: Offer, stock: Decimal | None) -> Offer:
    return replace(offer, stock=stock)
