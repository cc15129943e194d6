"""Shops, orders and what was written about them, put straight into the tables: the past a test begins with."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from saudager.bootstrap import SIMULATOR
from saudager.contracts import MessageClass
from saudager.conversations import identity
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.orders.models import Order, OrderLine, OrderTrigger, Trigger, TriggerState
from saudager.orders.models import Shop as MarketShop
from saudager.outreach.models import Consent, Holdout, OutreachVerdict
from saudager.providers.marketplace import OPEN, Stage

_STATUS = {
    Stage.PLACED: ("APPROVED_BY_BANK", "NEW"),
    Stage.APPROVED: ("ACCEPTED_BY_MERCHANT", "KASPI_DELIVERY"),
    Stage.READY: ("ACCEPTED_BY_MERCHANT", "PICKUP"),
    Stage.DELIVERED: ("COMPLETED", "ARCHIVE"),
    Stage.CANCELLED: ("CANCELLED", "ARCHIVE"),
    Stage.RETURNED: ("RETURNED", "ARCHIVE"),
    Stage.UNKNOWN: ("SOMETHING_NEW", "ARCHIVE"),
}
_codes = count(496_000_001)
_lines = count(1)


def shop(session: Session, *, at: datetime, name: str = "Тёплый Дом", **columns: Any) -> int:
    """A shop whose buyers are written to."""
    usual = {"marketplace": None, "writes": True, "writes_since": at, "connected_at": at}
    row = MarketShop(name=name, **usual | columns)
    session.add(row)
    session.flush()
    return row.id


def buyer(session: Session, number: int, *, at: datetime, name: str | None = "Айгерим") -> int:
    """A contact with a phone number and a conversation; returns his id."""
    phone = f"7701{number:07}"
    contact = identity.recognise(session, [("phone", phone), ("chat", f"{phone}@c.us")], now=at)
    row = session.get_one(Contact, contact)
    row.phone_number, row.name = phone, name
    session.add(Conversation(contact_id=contact, account=SIMULATOR, chat=f"{phone}@c.us", created_at=at))
    session.flush()
    return contact


def order(
    session: Session,
    shop_id: int,
    *,
    at: datetime,
    stage: Stage = Stage.DELIVERED,
    contact: int | None = None,
    lines: Sequence[tuple[str, str, int, str]] = (("ELITE-70", "Окно ELITE 70", 1, "85000.00"),),
    **columns: Any,
) -> Order:
    """An order of these lines: sku, name, pieces, price."""
    status, state = _STATUS[stage]
    known = session.get(Contact, contact) if contact else None
    usual: dict[str, Any] = {
        "code": str(next(_codes)),
        "status": status,
        "state": state,
        "currency": "KZT",
        "buyer_name": known and known.name,
        "phone": known and known.phone_number,
        "total": sum((Decimal(price) * pieces for _, _, pieces, price in lines), Decimal()),
        "has_lines": True,
        "first_read_at": at + timedelta(minutes=5),
        "read_at": at + timedelta(minutes=5),
        "came_from": "marketplace",
    }
    row = Order(
        shop_id=shop_id,
        contact_id=contact,
        stage=stage,
        is_open=stage in OPEN,
        placed_at=at,
        **usual | columns,
    )
    session.add(row)
    session.flush()
    for number, (sku, name, pieces, price) in enumerate(lines, start=1):
        total = Decimal(price) * pieces
        session.add(
            OrderLine(
                order_id=row.id, number=number, sku=sku, name=name, quantity=pieces, price=Decimal(price), total=total
            )
        )
    session.flush()
    return row


def trigger(
    session: Session,
    order: Order,
    *,
    at: datetime,
    trigger: Trigger = Trigger.POST_PURCHASE,
    state: TriggerState = TriggerState.WAITING,
    **columns: Any,
) -> OrderTrigger:
    """A message about the order that is noted, and nothing more."""
    usual = {"happened_at": at, "due_at": at, "decided_at": None if state is TriggerState.WAITING else at}
    row = OrderTrigger(
        order_id=order.id,
        contact_id=order.contact_id,
        trigger=trigger,
        about=f"order:{order.id}:{trigger}",
        state=state,
        **usual | columns,
    )
    session.add(row)
    session.flush()
    return row


def written(
    session: Session,
    order: Order,
    *,
    at: datetime,
    fate: str | None = "delivered",
    reason: str | None = None,
    text: str = "Спасибо за заказ!",
    engine: str = "gemini",
    **columns: Any,
) -> OrderTrigger:
    """A message about the order that was written, and what the gateway reported of it."""
    noted = trigger(session, order, at=at, state=TriggerState.WRITTEN, text=text, engine=engine, **columns)
    assert order.contact_id is not None
    reached = fate not in ("failed", "withdrawn")
    session.add(
        OutreachVerdict(
            about=noted.about,
            contact_id=order.contact_id,
            account=SIMULATOR,
            channel="whatsapp",
            message_class=MessageClass.SERVICE,
            verdict="write",
            reason=reason,
            first_contact=False,
            fate=fate,
            decided_at=at,
            counted_at=at if reached else None,
        )
    )
    if fate is not None and fate != "withdrawn":
        say(session, order.contact_id, text, at=at, author=Author.BOT, outgoing_id=noted.about)
    return noted


def say(
    session: Session, contact: int, text: str, *, at: datetime, author: Author = Author.CUSTOMER, **columns: Any
) -> None:
    """A line in the contact's conversation."""
    conversation = session.query(Conversation).filter_by(contact_id=contact).order_by(Conversation.id).first()
    assert conversation is not None
    row = Message(
        conversation_id=conversation.id,
        account=conversation.account,
        message_id=f"row-{next(_lines)}",
        author=author,
        kind="text",
        text=text,
        is_voice=False,
        history=False,
        sent_at=at,
        received_at=at,
        deleted=False,
        **columns,
    )
    session.add(row)
    session.flush()


def opt_out(session: Session, contact: int, *, at: datetime, wish: str = "everything") -> None:
    """The buyer asked not to be written to."""
    session.add(Consent(contact_id=contact, wish=wish, words="стоп", said_at=at))
    session.flush()


def crowd(
    session: Session,
    shop_id: int,
    groups: dict[bool, int],
    *,
    at: datetime,
    returns: dict[bool, float],
    chance: Random,
    share: float = 0.1,
    price: str = "20000.00",
) -> None:
    """So many buyers held out (True) and written to (False), each known by an order of an hour before ``at``, when his
    group was drawn; with the chance of ``returns`` he ordered again within two months, for about ``price``."""
    first = (session.scalar(select(func.max(Contact.id))) or 0) + 1
    held_out = [is_held_out for is_held_out, buyers in groups.items() for _ in range(buyers)]
    ids = range(first, first + len(held_out))
    session.execute(insert(Contact), [{"id": id, "created_at": at, "updated_at": at} for id in ids])
    session.execute(
        insert(Holdout),
        [
            {"contact_id": id, "is_held_out": one, "share": share, "assigned_at": at}
            for id, one in zip(ids, held_out, strict=True)
        ],
    )
    orders = [_bought(shop_id, id, at=at - timedelta(hours=1), total=Decimal(price)) for id in ids]
    for id, one in zip(ids, held_out, strict=True):
        if chance.random() < returns[one]:
            total = (Decimal(price) * Decimal(chance.lognormvariate(0, 0.5))).quantize(Decimal("0.01"))
            orders.append(_bought(shop_id, id, at=at + timedelta(days=chance.uniform(1, 60)), total=total))
    session.execute(insert(Order), orders)


def _bought(shop_id: int, contact: int, *, at: datetime, total: Decimal) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "code": f"crowd-{next(_codes)}",
        "contact_id": contact,
        "status": "COMPLETED",
        "state": "ARCHIVE",
        "stage": Stage.DELIVERED,
        "is_open": False,
        "total": total,
        "currency": "KZT",
        "has_lines": False,
        "placed_at": at,
        "first_read_at": at + timedelta(minutes=5),
        "read_at": at + timedelta(minutes=5),
        "came_from": "marketplace",
    }
