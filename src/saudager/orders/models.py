"""Shops, their orders with lines and history, what was written about each, the catalogue, and files taken in."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment, Money, Quantity
from saudager.importing.models import TakenFile

_Id = BigInteger().with_variant(Integer, "sqlite")


def _index(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Shop(AgentBase):
    """A shop of the merchant: at a marketplace we read, or elsewhere (then its orders are posted or imported)."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    marketplace: Mapped[str | None] = mapped_column(Text)
    """A name of ``App.marketplaces``; None: elsewhere."""
    config: Mapped[str | None] = mapped_column(Text)
    """Its filled form as JSON, sealed by the vault."""
    account: Mapped[str | None] = mapped_column(Text)
    """The number its buyers are written to from; None: the default one."""
    writes: Mapped[bool]
    """Whether its buyers are written to."""
    writes_since: Mapped[datetime | None] = mapped_column(Moment)
    """Orders that were placed before nobody writes about, unless their stage changed under our eyes."""
    connected_at: Mapped[datetime] = mapped_column(Moment)
    disconnected_at: Mapped[datetime | None] = mapped_column(Moment)
    synced_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the last whole look at its orders began; orders placed later may be unknown."""
    problem: Mapped[str | None] = mapped_column(Text)
    """Why the last look failed."""
    backfill: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """How far older orders are read: ``{"since", "until", "left": [[window, state, page], …], "read", "total"}``."""
    backfilled_at: Mapped[datetime | None] = mapped_column(Moment)
    sync_owner: Mapped[str | None] = mapped_column(Text)
    """The task that reads it; until ``sync_until`` nobody else does. Without one that is when it is looked at next."""
    sync_until: Mapped[datetime | None] = mapped_column(Moment)


class Order(AgentBase):
    """An order as the marketplace told it last."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "code"),
        Index("ix_orders_code", "code", postgresql_ops={"code": "text_pattern_ops"}),
        Index("ix_orders_shop_id_placed_at_id", "shop_id", "placed_at", "id"),
        Index("ix_orders_placed_at_id", "placed_at", "id"),
        Index("ix_orders_stage_placed_at_id", "stage", "placed_at", "id"),
        Index("ix_orders_shop_id_stage_placed_at_id", "shop_id", "stage", "placed_at", "id"),
        Index("ix_orders_buyer_name", "buyer_name", postgresql_ops={"buyer_name": "text_pattern_ops"}),
        Index("ix_orders_contact_id_placed_at", "contact_id", "placed_at"),
        _index("ix_orders_open", "shop_id", "placed_at", where="is_open"),
        _index("ix_orders_without_lines", "shop_id", where="not has_lines"),
        _index("ix_orders_for_sales", "read_at", "id", where="for_sales"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    shop_id: Mapped[int] = mapped_column(_Id, ForeignKey("shops.id"))
    code: Mapped[str] = mapped_column(Text)
    marketplace_id: Mapped[str | None] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    """None while the buyer's number is not known."""
    status: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool]
    """Something is still to come: it is read again."""
    total: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(Text)
    payment: Mapped[str | None] = mapped_column(Text)
    delivery: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    cancellation_reason: Mapped[str | None] = mapped_column(Text)
    buyer_name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    buyer_key: Mapped[str | None] = mapped_column(Text)
    """The same for orders of one buyer, made from the marketplace's id by the vault's key: tells nothing else."""
    has_lines: Mapped[bool]
    placed_at: Mapped[datetime] = mapped_column(Moment)
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    planned_delivery_at: Mapped[datetime | None] = mapped_column(Moment)
    handed_over_at: Mapped[datetime | None] = mapped_column(Moment)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    """When we saw that it was."""
    first_read_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime] = mapped_column(Moment)
    """When what is stored was asked for; what was asked for earlier and comes later changes nothing."""
    came_from: Mapped[str] = mapped_column(Text)
    """Who told its last step: marketplace, parser or file."""
    for_sales: Mapped[bool] = mapped_column(server_default=true())
    """It has changed since the sales data were told of it."""


class OrderLine(AgentBase):
    """What was ordered."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "number"), Index("ix_order_lines_sku_order_id", "sku", "order_id"))

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(_Id, ForeignKey("orders.id"))
    number: Mapped[int]
    sku: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    category_code: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    price: Mapped[Decimal] = mapped_column(Money)
    total: Mapped[Decimal] = mapped_column(Money)


class OrderStatus(AgentBase):
    """One step of an order's history, as we saw it."""

    __tablename__ = "order_statuses"
    __table_args__ = (Index("ix_order_statuses_order_id_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(_Id, ForeignKey("orders.id"))
    status: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class Trigger(StrEnum):
    """What a buyer is written to about, once an order."""

    POST_PURCHASE = "POST_PURCHASE"
    ORDER_READY = "ORDER_READY"
    ORDER_DELIVERED = "ORDER_DELIVERED"
    REVIEW_REQUEST = "REVIEW_REQUEST"
    CROSS_SELL = "CROSS_SELL"
    REPLENISHMENT = "REPLENISHMENT"


class TriggerState(StrEnum):
    """What became of a trigger; ``written`` means handed to the door, whose ledger knows what became of the message."""

    WAITING = "waiting"
    WRITTEN = "written"
    REFUSED = "refused"
    """The door, or a rule of ours, said no for good."""
    STOPPED = "stopped"
    """The order was cancelled or went on, or a person stopped it."""


class OrderTrigger(AgentBase):
    """A message about an order: due, written or not, and why."""

    __tablename__ = "order_triggers"
    __table_args__ = (
        UniqueConstraint("order_id", "trigger"),
        _index("ix_order_triggers_due", "due_at", where="state = 'waiting'"),
        Index("ix_order_triggers_contact_id_id", "contact_id", "id"),
        _index("ix_order_triggers_waiting", "order_id", where="state = 'waiting'"),
        _index("ix_order_triggers_decided", "state", "decided_at", where="decided_at is not null"),
        _index("ix_order_triggers_decided_by_order", "state", "order_id", where="decided_at is not null"),
        Index("uq_order_triggers_about", "about", unique=True),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(_Id, ForeignKey("orders.id"))
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    trigger: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    """Its name in the door's ledger: ``order:12:ORDER_DELIVERED``."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it waits, was refused or stopped: a word of the policy's or of ours."""
    happened_at: Mapped[datetime] = mapped_column(Moment)
    """When what it is about was seen."""
    due_at: Mapped[datetime] = mapped_column(Moment)
    late_at: Mapped[datetime | None] = mapped_column(Moment)
    """From then on nobody wants to hear of it; None: there is no such moment."""
    claimed_until: Mapped[datetime | None] = mapped_column(Moment)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    message_class: Mapped[str | None] = mapped_column(Text)
    conversation_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("conversations.id"))
    text: Mapped[str | None] = mapped_column(Text)
    engine: Mapped[str | None] = mapped_column(Text)
    """Which model wrote it; ``fallback``: nobody, the line is ours."""
    offered: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Skus of the products it recommends."""


class Product(AgentBase):
    """A thing a shop sells, by its own catalogue."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("shop_id", "sku"),
        Index("ix_products_shop_id_category_code", "shop_id", "category_code"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    shop_id: Mapped[int] = mapped_column(_Id, ForeignKey("shops.id"))
    sku: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    category_code: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(Text)
    stock: Mapped[Decimal | None] = mapped_column(Quantity)
    """None: not known, then it is not offered."""
    updated_at: Mapped[datetime] = mapped_column(Moment)


class OrderImport(TakenFile, AgentBase):
    """A file of orders or products that was taken in."""

    __tablename__ = "order_imports"

    shop_id: Mapped[int] = mapped_column(_Id, ForeignKey("shops.id"))


class MetricsReset(AgentBase):
    """From when the seller's figures are counted: the newest row; nothing that is counted is deleted."""

    __tablename__ = "seller_metrics_resets"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    reset_at: Mapped[datetime] = mapped_column(Moment)
    reset_by: Mapped[str] = mapped_column(Text)
