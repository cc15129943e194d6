"""Orders as a person looks at them: found by number, buyer or phone, one with all that was said about it, a buyer's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from saudager.contracts import DeliveryState
from saudager.conversations import search
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.orders.models import Order, OrderLine, OrderStatus, OrderTrigger, Shop, TriggerState
from saudager.outreach import policy
from saudager.outreach.models import OutreachVerdict

Only = Literal["all", "written", "waiting", "not_written", "problem"]
Wanted = Sequence[ColumnElement[bool]]
Ids = Sequence[int] | None
"""Of the orders that were found; None: nothing was looked for."""
Place = tuple[datetime, int]
"""When the last order shown was placed, and its id."""

MOST_FOUND = 500
"""Where a search ends: who finds more than that asks again, more precisely."""
_SHOWN_ON_CARD, _MOST_LOST = 20, 1000
_SHORTEST = 3
NEEDS_A_PERSON = (policy.BREAKER, policy.NO_FIRST_CONTACTS, "no_account", "needs_template", "window_closed")
"""Why a message waits until somebody does something about it."""
NOT_DELIVERED = (DeliveryState.FAILED, DeliveryState.UNSETTLED)
_WAITING: ColumnElement[bool] = literal_column("order_triggers.state = 'waiting'")
_IN_LEDGER: ColumnElement[bool] = literal_column("outreach_verdicts.verdict = 'write'")
_LOST: ColumnElement[bool] = literal_column("outreach_verdicts.fate in ('failed', 'unsettled')")
"""Written as the indexes have it: SQLite takes a partial index only for the very words of its condition."""
_DECIDED: ColumnElement[bool] = OrderTrigger.decided_at.is_not(None)
_TOLD: dict[Only, Sequence[Sequence[ColumnElement[bool]]]] = {
    "written": [[_DECIDED, OrderTrigger.state == TriggerState.WRITTEN]],
    "waiting": [[_WAITING]],
    "not_written": [[_DECIDED, OrderTrigger.state == state] for state in (TriggerState.REFUSED, TriggerState.STOPPED)],
    "problem": [[_WAITING, OrderTrigger.reason.in_(NEEDS_A_PERSON)]],
}


@dataclass(frozen=True, slots=True)
class Said:
    """One trigger of an order, and of a written one what became of the message."""

    trigger: OrderTrigger
    fate: str | None
    """The ledger's: None until it is handed to the gateway."""
    why_lost: str | None
    fate_at: datetime | None

    @property
    def is_lost(self) -> bool:
        return self.fate in NOT_DELIVERED


@dataclass(frozen=True, slots=True)
class Row:
    """An order in the list; ``said`` in the order things happened."""

    order: Order
    shop: str
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the list, and what to ask for as ``after`` to get more; None at its end."""

    rows: list[Row]
    next: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All that is known of an order; ``contact`` is its buyer, None while his number is not known."""

    order: Order
    shop: Shop
    contact: Contact | None
    lines: Sequence[OrderLine]
    history: Sequence[OrderStatus]
    said: Sequence[Said]

    @property
    def amount(self) -> Decimal:
        """Of its lines together."""
        return sum((line.total for line in self.lines), Decimal(0))


def page(
    session: Session,
    *,
    shop_id: int | None = None,
    stage: str | None = None,
    query: str = "",
    only: Only = "all",
    after: str | None = None,
    limit: int = 50,
) -> Listed:
    """The newest orders first. ``query`` is the beginning of a number, part of a buyer's name, or digits of his phone.

    ``only`` narrows to those somebody was written to about, is going to be, was not, or about which somebody should do
    something; these are sorted by when we learnt of them. Raises NotFound for an ``after`` no page gave.
    """
    place = _place(after) if after else None
    found = _looked_for(session, query)
    listed = _by_time if only == "all" else partial(_by_trigger, only)
    ids = listed(session, found, _of(shop_id, stage), place, limit + 1)
    rows = _rows(session, ids[:limit])
    return Listed(rows, _key(rows[-1].order) if len(ids) > limit else None)


def one(session: Session, order_id: int) -> Whole:
    """One order; raises NotFound when there is none."""
    row = session.execute(
        select(Order, Shop, Contact)
        .join(Shop, Shop.id == Order.shop_id)
        .outerjoin(Contact, Contact.id == Order.contact_id)
        .where(Order.id == order_id)
    ).first()
    if row is None:
        raise NotFound("Такого заказа нет.")
    lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.number)).all()
    steps = session.scalars(select(OrderStatus).where(OrderStatus.order_id == order_id).order_by(OrderStatus.id)).all()
    return Whole(*row, lines, steps, _said(session, [order_id])[order_id])


def of_contact(session: Session, contact_id: int, *, limit: int = _SHOWN_ON_CARD) -> list[Row]:
    """A buyer's orders, the newest first."""
    his = select(Order.id).where(Order.contact_id == contact_id).order_by(Order.placed_at.desc(), Order.id.desc())
    return _rows(session, session.scalars(his.limit(limit)).all())


def last_of(session: Session, contact_id: int) -> Order | None:
    """A buyer's newest order."""
    his = select(Order).where(Order.contact_id == contact_id).order_by(Order.placed_at.desc(), Order.id.desc())
    return session.scalars(his.limit(1)).first()


def buyers(session: Session, code: str) -> list[int]:
    """The contacts who placed orders with this number; the beginning of one is not enough."""
    placed = select(Order.contact_id).where(Order.code == code.strip(), Order.contact_id.is_not(None)).distinct()
    return [contact for contact in session.scalars(placed.limit(search.MOST_CONTACTS)) if contact is not None]


def waiting(session: Session, *, limit: int) -> list[tuple[OrderTrigger, Order]]:
    """The messages that wait, the soonest first."""
    found = select(OrderTrigger, Order).join(Order, Order.id == OrderTrigger.order_id)
    due = found.where(_WAITING).order_by(OrderTrigger.due_at, OrderTrigger.id).limit(limit)
    return [(trigger, order) for trigger, order in session.execute(due)]


def recent(session: Session, *, limit: int) -> Sequence[Order]:
    """The newest orders whose buyer and lines are known: about these a message could be written."""
    known = select(Order).where(Order.contact_id.is_not(None), Order.has_lines)
    return session.scalars(known.order_by(Order.placed_at.desc(), Order.id.desc()).limit(limit)).all()


def has_written(session: Session, contact_id: int) -> bool:
    """Whether the contact ever wrote to us himself."""
    his = select(Message.id).join(Conversation, Conversation.id == Message.conversation_id)
    written = his.where(Conversation.contact_id == contact_id, Message.author == Author.CUSTOMER)
    return session.scalar(written.limit(1)) is not None


def of_shop(session: Session, shop_id: int) -> tuple[int, datetime | None]:
    """How many orders a shop has, and when the newest was placed."""
    figures = select(func.count(), func.max(Order.placed_at)).where(Order.shop_id == shop_id)
    orders, newest = session.execute(figures).one()
    return int(orders), newest


def mark(session: Session) -> str:
    """Changes whenever an order comes or moves, or something is said about one."""
    return "-".join(str(part) for part in _MARK(session).fetchone())


def mark_of_one(session: Session, order_id: int) -> str:
    """Changes whenever something on the order's page does."""
    return "-".join(str(part) for part in _MARK_OF_ONE(session, order=order_id).fetchone())


def _of(shop_id: int | None, stage: str | None) -> list[ColumnElement[bool]]:
    given = ((Order.shop_id, shop_id), (Order.stage, stage))
    return [column == value for column, value in given if value is not None]


def _by_time(session: Session, found: Ids, wanted: Wanted, place: Place | None, limit: int) -> Sequence[int]:
    orders = select(Order.id).where(*wanted).order_by(Order.placed_at.desc(), Order.id.desc()).limit(limit)
    orders = orders if found is None else orders.where(Order.id.in_(found))
    if place is not None:
        at, id = place
        orders = orders.where(Order.placed_at <= at, or_(Order.placed_at < at, Order.id < id))
    return session.scalars(orders).all()


def _by_trigger(
    only: Only, session: Session, found: Ids, wanted: Wanted, place: Place | None, limit: int
) -> Sequence[int]:
    """Down the indexes of the triggers, which give each order once and stop at the limit."""
    ids: set[int] = set()
    lost = [[OrderTrigger.about.in_(_not_delivered(session))]] if only == "problem" else []
    for told in (*_TOLD[only], *lost):
        orders = select(OrderTrigger.order_id).where(*told).distinct().order_by(OrderTrigger.order_id.desc())
        orders = orders if found is None else orders.where(OrderTrigger.order_id.in_(found))
        orders = orders.join(Order, Order.id == OrderTrigger.order_id).where(*wanted) if wanted else orders
        orders = orders.where(OrderTrigger.order_id < place[1]) if place else orders
        ids |= set(session.scalars(orders.limit(limit)))
    return sorted(ids, reverse=True)[:limit]


def _not_delivered(session: Session) -> Sequence[str]:
    """The newest, read by themselves: joined, PostgreSQL looks through all triggers for them."""
    newest = select(OutreachVerdict.about).where(_LOST).order_by(OutreachVerdict.id.desc()).limit(_MOST_LOST)
    return session.scalars(newest).all()


def _looked_for(session: Session, query: str) -> Ids:
    words = query.strip()
    if not words:
        return None
    begun = len(words) >= _SHORTEST
    last = words + chr(0x10FFFF) if begun else words
    ids = {row[0] for row in _NUMBERED(session, first=words, last=last, most=MOST_FOUND).fetchall()}
    if begun:
        name = words.title()
        ids |= {row[0] for row in _NAMED(session, first=name, last=name + chr(0x10FFFF), most=MOST_FOUND).fetchall()}
        contacts = search.contacts(session, words)
        his = select(Order.id).where(Order.contact_id.in_(contacts)).order_by(Order.placed_at.desc())
        ids |= set(session.scalars(his.limit(MOST_FOUND))) if contacts else set()
    return sorted(ids, reverse=True)[:MOST_FOUND]


def _rows(session: Session, ids: Sequence[int]) -> list[Row]:
    """The orders with these ids, in their order."""
    if not ids:
        return []
    found = select(Order, Shop.name).join(Shop, Shop.id == Order.shop_id).where(Order.id.in_(ids))
    known = {order.id: (order, shop) for order, shop in session.execute(found)}
    said = _said(session, ids)
    return [Row(*known[id], said[id]) for id in ids if id in known]


def _said(session: Session, ids: Sequence[int]) -> dict[int, list[Said]]:
    told: dict[int, list[Said]] = defaultdict(list)
    found = (
        select(OrderTrigger, OutreachVerdict.fate, OutreachVerdict.reason, OutreachVerdict.fate_at)
        .outerjoin(OutreachVerdict, and_(OutreachVerdict.about == OrderTrigger.about, _IN_LEDGER))
        .where(OrderTrigger.order_id.in_(ids))
        .order_by(OrderTrigger.happened_at, OrderTrigger.due_at, OrderTrigger.id)
    )
    for trigger, fate, why, at in session.execute(found):
        told[trigger.order_id].append(Said(trigger, fate, why, at))
    return told


def _key(order: Order) -> str:
    return f"{order.placed_at.astimezone(UTC).isoformat()}~{order.id}"


def _place(after: str) -> Place:
    moment, _, id = after.partition("~")
    try:
        if not (id.isdecimal() and len(id) < 19):
            raise ValueError(id)
        return datetime.fromisoformat(moment).astimezone(UTC), int(id)
    except (ValueError, OverflowError):
        raise NotFound("Эта ссылка на продолжение списка не годится. Откройте список сначала.") from None


_BETWEEN = "select id from orders where {column} >= :first and {column} <= :last order by {column} desc limit :most"
_BY_SIGN = (
    "select id from orders where {column} ~>=~ :first and {column} ~<=~ :last order by {column} using ~>~ limit :most"
)


def _between(column: str) -> Statement:
    """Orders whose column lies between two texts, the highest first; on PostgreSQL by the index that compares signs."""
    return Statement(_BETWEEN.format(column=column), postgresql=_BY_SIGN.format(column=column))


_NUMBERED, _NAMED = _between("code"), _between("buyer_name")
_MARK = Statement("""
    select (select max(id) from orders), (select max(id) from order_statuses), (select max(id) from order_triggers),
        (select max(decided_at) from order_triggers where state = 'written' and decided_at is not null),
        (select max(decided_at) from order_triggers where state = 'refused' and decided_at is not null),
        (select max(decided_at) from order_triggers where state = 'stopped' and decided_at is not null),
        (select min(due_at) from order_triggers where state = 'waiting')""")
_MARK_OF_ONE = Statement("""
    select o.read_at, o.stage, (select max(s.id) from order_statuses s where s.order_id = o.id),
        (select count(*) from order_triggers t where t.order_id = o.id), (
            select max(t.decided_at) from order_triggers t where t.order_id = o.id), (
            select max(t.due_at) from order_triggers t where t.order_id = o.id and t.state = 'waiting'), (
            select max(v.fate_at) from order_triggers t
            join outreach_verdicts v on v.about = t.about and v.verdict = 'write' where t.order_id = o.id)
    from orders o where o.id = :order""")
