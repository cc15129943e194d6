"""Orders come in from a marketplace, a parser or a file: only what is new or changed costs a write."""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.db.statements import Statement
from saudager.orders import buyers, triggers
from saudager.orders.buyers import Seen
from saudager.orders.models import Order, OrderLine, OrderStatus, Shop
from saudager.providers.marketplace import OPEN, Line, MarketOrder, Stage
from saudager.settings import Settings
from saudager.vault import Vault
from saudager.words import storable

FROM_MARKETPLACE, FROM_PARSER, FROM_FILE = "marketplace", "parser", "file"

_STEPS = {
    Stage.PLACED: 0,
    Stage.APPROVED: 1,
    Stage.READY: 2,
    Stage.DELIVERED: 3,
    Stage.CANCELLED: 4,
    Stage.RETURNED: 4,
}
"""What comes after what, for news that does not tell how old it is."""
_BOUGHT = frozenset({Stage.APPROVED, Stage.READY, Stage.DELIVERED})
_AS_TOLD = (
    *("status", "state", "currency", "placed_at", "approved_at", "planned_delivery_at", "handed_over_at"),
    *("delivery", "payment", "city", "cancellation_reason"),
)
_MOVES = frozenset({"status", "state", "stage"})
_CENT, _GRAM = Decimal("0.01"), Decimal("0.001")
_KEY_LENGTH = 32


@dataclass(slots=True)
class Taken:
    """What came of some orders: the ids of new and changed ones, and how many changed nothing."""

    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: int = 0
    stale: int = 0
    """Older news than what is stored."""


@dataclass(frozen=True, slots=True)
class _News:
    """An order that is new or changed, and the stage it had."""

    order: Order
    before: Stage | None
    moved: bool
    buyer_told: bool
    """His number was not known, or is another one now."""
    lines: Sequence[Line] | None
    """None: as they were."""


def take(
    session: Session,
    shop: Shop,
    orders: Iterable[MarketOrder],
    *,
    read_at: datetime,
    came_from: str,
    vault: Vault,
    settings: Settings,
    now: datetime,
) -> Taken:
    """Store orders as they were at ``read_at``, with lines, history and buyers, and note what is to be written to them.

    The same news again change nothing. What the marketplace told before the stored news is stale; a parser's post or a
    file says nothing of its age, so there what would take an order's stage back is. What is not told (None) stays as it
    was, and with an unknown status the stage does.
    """
    _HOLD(session, shop=shop.id)
    told = {storable(order.code): order for order in orders}
    stored = {order.code: order for order in _stored(session, shop.id, told)}
    lines = _lines(session, [stored[code].id for code, order in told.items() if order.lines and code in stored])
    erased = _erased(session, stored.values())
    secret = vault.derive("buyers of orders").encode()
    taken, news = Taken(), list[_News]()
    for code, order in told.items():
        values = _values(order, shop, secret)
        known = stored.get(code)
        if known is None:
            news.append(_new(session, shop, code, order, values, read_at=read_at, came_from=came_from))
        elif _is_stale(known, order, read_at, came_from):
            taken.stale += 1
        else:
            if known.contact_id in erased:
                values = {name: value for name, value in values.items() if name not in _PERSONAL}
            change = _changed(known, order, values, lines.get(known.id, []), read_at=read_at, came_from=came_from)
            if change is None:
                taken.unchanged += 1
            else:
                news.append(change)
    _know_buyers(session, news, share=settings.holdout_share, now=now)
    session.flush()
    _write_lines(session, news)
    _write_history(session, news, read_at)
    for one in news:
        (taken.added if one.before is None else taken.changed).append(one.order.id)
        if one.moved or one.buyer_told:
            triggers.follow(session, one.order, shop=shop, before=one.before, settings=settings, now=now)
    return taken


_PERSONAL = frozenset({"buyer_name", "phone", "buyer_key"})


def _stored(session: Session, shop_id: int, told: Mapping[str, MarketOrder]) -> Sequence[Order]:
    return session.scalars(select(Order).where(Order.shop_id == shop_id, Order.code.in_(told))).all()


def _lines(session: Session, order_ids: Sequence[int]) -> dict[int, list[OrderLine]]:
    lines: dict[int, list[OrderLine]] = {}
    if order_ids:
        found = (
            select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.order_id, OrderLine.number)
        )
        for line in session.scalars(found):
            lines.setdefault(line.order_id, []).append(line)
    return lines


def _erased(session: Session, orders: Iterable[Order]) -> set[int | None]:
    """Contacts of these orders who wanted to be forgotten: what the marketplace tells of them again is not taken."""
    nameless = {order.contact_id for order in orders if order.contact_id is not None and order.phone is None}
    if not nameless:
        return set()
    return set(session.scalars(select(Contact.id).where(Contact.id.in_(nameless), Contact.erased_at.is_not(None))))


def _values(told: MarketOrder, shop: Shop, secret: bytes) -> dict[str, Any]:
    """What is told of an order, by the column."""
    values = {name: getattr(told, name) for name in _AS_TOLD}
    values |= {
        "marketplace_id": told.id or None,
        "total": _rounded(told.total, _CENT),
        "stage": None if told.stage is Stage.UNKNOWN else told.stage.value,
        "buyer_name": told.buyer.name,
        "phone": told.buyer.phone,
    }
    if told.buyer.key is not None:
        whose = f"{shop.marketplace}:{told.buyer.key}".encode()
        values["buyer_key"] = hmac.new(secret, whose, "sha256").hexdigest()[:_KEY_LENGTH]
    return {name: _stored_as(value) for name, value in values.items() if value is not None}


def _new(
    session: Session,
    shop: Shop,
    code: str,
    told: MarketOrder,
    values: dict[str, Any],
    *,
    read_at: datetime,
    came_from: str,
) -> _News:
    values.setdefault("stage", Stage.UNKNOWN.value)
    order = Order(
        shop_id=shop.id,
        code=code,
        is_open=_is_open(values["stage"]),
        has_lines=told.lines is not None,
        delivered_at=read_at if told.stage is Stage.DELIVERED and told.placed_at >= shop.connected_at else None,
        first_read_at=read_at,
        read_at=read_at,
        came_from=came_from,
        **values,
    )
    session.add(order)
    return _News(order, None, moved=True, buyer_told=True, lines=told.lines or ())


def _is_stale(known: Order, told: MarketOrder, read_at: datetime, came_from: str) -> bool:
    if came_from == FROM_MARKETPLACE:
        return read_at < known.read_at
    return told.stage in _STEPS and _STEPS[told.stage] < _STEPS.get(Stage(known.stage), 0)


def _changed(
    known: Order,
    told: MarketOrder,
    values: dict[str, Any],
    lines: Sequence[OrderLine],
    *,
    read_at: datetime,
    came_from: str,
) -> _News | None:
    """The order as it is now; None when it was so before."""
    changes = {name: value for name, value in values.items() if getattr(known, name) != value}
    new_lines = None if told.lines is None or (known.has_lines and _are(lines, told.lines)) else told.lines
    if not changes and new_lines is None:
        return None
    before, moved = Stage(known.stage), not _MOVES.isdisjoint(changes)
    for name, value in changes.items():
        setattr(known, name, value)
    if moved:
        known.is_open, known.came_from = _is_open(known.stage), came_from
    if known.stage == Stage.DELIVERED and before is not Stage.DELIVERED:
        known.delivered_at = read_at
    known.has_lines = known.has_lines or new_lines is not None
    known.read_at, known.for_sales = max(read_at, known.read_at), True
    return _News(known, before, moved, "phone" in changes, new_lines)


def _is_open(stage: str) -> bool:
    return stage == Stage.UNKNOWN or Stage(stage) in OPEN


def _are(stored: Sequence[OrderLine], told: Sequence[Line]) -> bool:
    names = ("number", "sku", "name", "category", "category_code", "quantity", "price", "total")
    return [tuple(getattr(line, name) for name in names) for line in stored] == [
        tuple(row[name] for name in names) for row in _rows(told)
    ]


def _rows(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """Lines as they are stored, numbered anew when the marketplace gives two of them one number."""
    ordered = sorted(lines, key=lambda line: line.number)
    is_numbered = len({line.number for line in lines}) == len(lines)
    for place, line in enumerate(ordered):
        yield {
            "number": line.number if is_numbered else place,
            **{name: _stored_as(getattr(line, name)) for name in ("sku", "name", "category", "category_code")},
            "quantity": _rounded(line.quantity, _GRAM),
            "price": _rounded(line.price, _CENT),
            "total": _rounded(line.total, _CENT),
        }


def _stored_as(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


def _rounded(amount: Decimal, to: Decimal) -> Decimal:
    return amount.quantize(to, ROUND_HALF_UP)


def _know_buyers(session: Session, news: Sequence[_News], *, share: float, now: datetime) -> None:
    """Find or make the contacts of orders whose buyer is told, or who went on."""
    told = [(one.order, one.order.phone) for one in news if one.order.phone and (one.moved or one.buyer_told)]
    seen = [Seen(phone, order.code, order.buyer_name, _bought_at(order)) for order, phone in told]
    contacts = buyers.contacts_of(session, seen, share=share, now=now)
    for order, phone in told:
        order.contact_id = contacts[phone]


def _bought_at(order: Order) -> datetime | None:
    return order.placed_at if Stage(order.stage) in _BOUGHT else None


def _write_lines(session: Session, news: Sequence[_News]) -> None:
    if replaced := [one.order.id for one in news if one.lines is not None and one.before is not None]:
        session.execute(delete(OrderLine).where(OrderLine.order_id.in_(replaced)))
    rows = [{"order_id": one.order.id, **row} for one in news if one.lines is not None for row in _rows(one.lines)]
    if rows:
        session.execute(insert(OrderLine), rows)


def _write_history(session: Session, news: Sequence[_News], seen_at: datetime) -> None:
    steps = [
        {
            "order_id": one.order.id,
            "status": one.order.status,
            "state": one.order.state,
            "stage": one.order.stage,
            "seen_at": seen_at,
        }
        for one in news
        if one.moved
    ]
    if steps:
        session.execute(insert(OrderStatus), steps)


_HOLD = Statement("select id from shops where id = :shop for update")
"""Two who read one shop at a time take in one after the other."""
