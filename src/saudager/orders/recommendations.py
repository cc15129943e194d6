"""What goes with a purchase: taken together or by the same buyers, then of the same category; in stock and priced."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment
from saudager.orders.naming import plain

NOT_AGAIN_FOR = timedelta(days=90)
"""What the buyer got so short before the order, or since, is not offered to him."""
_FEWEST = 2
"""Buyers who took both before two things count as bought together: one may be chance."""
_GOODS = 5
"""Lines of an order that are looked at."""
_NEWEST = 300
"""Orders of each thing that are looked at, the newest."""
_SALES = 200
"""Beyond so many sales one product of a category is as popular as another."""

_ORDER = Statement("select shop_id, contact_id, placed_at from orders where id = :order_id")
_LINES = Statement("""
    select l.sku, coalesce(l.category_code, p.category_code), coalesce(l.category, p.category)
    from order_lines l left join products p on p.shop_id = :shop and p.sku = l.sku
    where l.order_id = :order_id and l.sku is not null order by l.number limit :most""")
_BOUGHT = Statement("""
    select l.sku from order_lines l where l.order_id = :order_id and l.sku is not null
    union
    select l.sku from orders o join order_lines l on l.order_id = o.id
    where o.contact_id = :contact and o.placed_at >= :since and l.sku is not null""")
# ``cross join`` tells SQLite to begin with the few orders, not with all lines; PostgreSQL chooses by itself.
_TOGETHER = """
    with base as materialized (
        select o.id, o.contact_id, o.placed_at from order_lines l join orders o on o.id = l.order_id
        where l.sku = :sku and o.shop_id = :shop and o.id <> :order_id and o.stage not in ('cancelled', 'returned')
        order by l.order_id desc limit :newest),
    near as (
        select coalesce(contact_id, -id) as buyer, id as order_id from base
        union
        select base.contact_id, o.id from base join orders o on o.contact_id = base.contact_id
            and o.placed_at between {from_day} and {to_day}
        where o.shop_id = :shop and o.stage not in ('cancelled', 'returned'))
    select l.sku, count(distinct near.buyer) as buyers from near cross join order_lines l cross join products p
    where l.order_id = near.order_id and p.shop_id = :shop and p.sku = l.sku and p.stock > 0 and p.price > 0
    group by l.sku having count(distinct near.buyer) >= :fewest"""
_TAKEN_WITH = Statement(
    _TOGETHER.format(from_day="datetime(base.placed_at, '-90 days')", to_day="datetime(base.placed_at, '+90 days')"),
    postgresql=_TOGETHER.format(
        from_day="base.placed_at - interval '90 days'", to_day="base.placed_at + interval '90 days'"
    ),
)
_OF_CATEGORY = Statement("""
    select p.sku, (select count(*) from (select 1 from order_lines l where l.sku = p.sku limit :sales) sold) as sales
    from products p
    where p.shop_id = :shop and p.stock > 0 and p.price > 0
        and (p.category_code = :code or (p.category_code is null and p.category = :category))
    order by sales desc, p.sku limit :most""")
_PRODUCT = Statement("select name, price, currency from products where shop_id = :shop and sku = :sku")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A product to offer, at today's price by the catalogue; ``why`` it goes with the purchase."""

    sku: str
    name: str
    price: Decimal
    currency: str
    why: Literal["together", "category"]


def goes_with(session: Session, order_id: int, *, limit: int = 2) -> list[Recommendation]:
    """The products that fit the order best, the same ones for the same rows; none of which its buyer has just bought.

    What two buyers or more took with its goods, in one order or within 90 days, comes first, by how many did; behind it
    what sells best in the same categories.
    """
    shop, contact, placed_at = _ORDER(session, order_id=order_id).fetchone()
    bought = _bought(session, order_id, contact, moment(placed_at))
    goods = _LINES(session, order_id=order_id, shop=shop, most=_GOODS).fetchall()
    chosen: dict[str, Literal["together", "category"]] = {}
    for sku in _taken_with(session, shop, order_id, {sku for sku, _, _ in goods}):
        if sku not in bought and len(chosen) < limit:
            chosen[sku] = "together"
    for code, category in dict.fromkeys((code, category) for _, code, category in goods):
        if len(chosen) < limit and (code or category):
            for sku in _of_category(session, shop, code, category, most=limit + len(bought) + len(chosen)):
                if sku not in bought and sku not in chosen and len(chosen) < limit:
                    chosen[sku] = "category"
    return [_recommended(session, shop, sku, why) for sku, why in chosen.items()]


def _bought(session: Session, order_id: int, contact: int | None, placed_at: datetime | None) -> set[str]:
    assert placed_at
    rows = _BOUGHT(session, order_id=order_id, contact=contact, since=placed_at - NOT_AGAIN_FOR)
    return {row[0] for row in rows.fetchall()}


def _taken_with(session: Session, shop: int, order_id: int, goods: set[str]) -> list[str]:
    buyers: Counter[str] = Counter()
    for sku in sorted(goods):
        rows = _TAKEN_WITH(session, sku=sku, shop=shop, order_id=order_id, newest=_NEWEST, fewest=_FEWEST).fetchall()
        buyers.update(dict(rows))
    return sorted(buyers, key=lambda sku: (-buyers[sku], sku))


def _of_category(session: Session, shop: int, code: str | None, category: str | None, *, most: int) -> list[str]:
    rows = _OF_CATEGORY(session, shop=shop, code=code, category=category, sales=_SALES, most=most).fetchall()
    return [row[0] for row in rows]


def _recommended(session: Session, shop: int, sku: str, why: Literal["together", "category"]) -> Recommendation:
    name, price, currency = _PRODUCT(session, shop=shop, sku=sku).fetchone()
    return Recommendation(sku, plain(name), Decimal(price).scaleb(-2), currency, why)
