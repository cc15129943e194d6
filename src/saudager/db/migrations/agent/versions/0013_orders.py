"""Shops, orders, what was written about them, catalogues, and the group that gets no marketing."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_TABLES = (
    "seller_metrics_resets", "order_imports", "products", "order_triggers", "order_statuses", "order_lines", "orders",
    "shops", "holdout",
)  # fmt: skip


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True)


def _of(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _ID, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, _MOMENT, nullable=nullable)


def _amount(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.create_table(
        "shops",
        _key(),
        _text("name"),
        _text("marketplace", nullable=True),
        _text("config", nullable=True),
        _text("account", nullable=True),
        sa.Column("writes", sa.Boolean, nullable=False),
        _moment("writes_since", nullable=True),
        _moment("connected_at"),
        _moment("disconnected_at", nullable=True),
        _moment("synced_at", nullable=True),
        _text("problem", nullable=True),
        sa.Column("backfill", sa.JSON),
        _moment("backfilled_at", nullable=True),
        _text("sync_owner", nullable=True),
        _moment("sync_until", nullable=True),
        sa.UniqueConstraint("name", name="uq_shops_name"),
    )
    op.create_table(
        "orders",
        _key(),
        _of("shops", "shop_id"),
        _text("code"),
        _text("marketplace_id", nullable=True),
        _of("contacts", "contact_id", nullable=True),
        _text("status"),
        _text("state"),
        _text("stage"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        _amount("total"),
        _text("currency"),
        *(_text(name, nullable=True) for name in ("payment", "delivery", "city", "cancellation_reason")),
        *(_text(name, nullable=True) for name in ("buyer_name", "phone", "buyer_key")),
        sa.Column("has_lines", sa.Boolean, nullable=False),
        _moment("placed_at"),
        *(
            _moment(name, nullable=True)
            for name in ("approved_at", "planned_delivery_at", "handed_over_at", "delivered_at")
        ),
        _moment("first_read_at"),
        _moment("read_at"),
        _text("came_from"),
        sa.UniqueConstraint("shop_id", "code", name="uq_orders_shop_id_code"),
    )
    op.create_index("ix_orders_code", "orders", ["code"], postgresql_ops={"code": "text_pattern_ops"})
    for columns in ([], ["shop_id"], ["stage"], ["shop_id", "stage"]):
        listed = [*columns, "placed_at", "id"]
        op.create_index(f"ix_orders_{'_'.join(listed)}", "orders", listed)
    op.create_index("ix_orders_buyer_name", "orders", ["buyer_name"], postgresql_ops={"buyer_name": "text_pattern_ops"})
    op.create_index("ix_orders_contact_id_placed_at", "orders", ["contact_id", "placed_at"])
    _partial("ix_orders_open", "orders", ["shop_id", "placed_at"], "is_open")
    _partial("ix_orders_without_lines", "orders", ["shop_id"], "not has_lines")
    op.create_table(
        "order_lines",
        _key(),
        _of("orders", "order_id"),
        sa.Column("number", sa.Integer, nullable=False),
        *(_text(name, nullable=True) for name in ("sku", "name", "category", "category_code")),
        *(_amount(name) for name in ("quantity", "price", "total")),
        sa.UniqueConstraint("order_id", "number", name="uq_order_lines_order_id_number"),
    )
    op.create_index("ix_order_lines_sku_order_id", "order_lines", ["sku", "order_id"])
    op.create_table(
        "order_statuses",
        _key(),
        _of("orders", "order_id"),
        *(_text(name) for name in ("status", "state", "stage")),
        _moment("seen_at"),
    )
    op.create_index("ix_order_statuses_order_id_id", "order_statuses", ["order_id", "id"])
    op.create_table(
        "order_triggers",
        _key(),
        _of("orders", "order_id"),
        _of("contacts", "contact_id", nullable=True),
        _text("trigger"),
        _text("about"),
        _text("state"),
        _text("reason", nullable=True),
        _moment("happened_at"),
        _moment("due_at"),
        _moment("late_at", nullable=True),
        _moment("claimed_until", nullable=True),
        _moment("decided_at", nullable=True),
        _text("message_class", nullable=True),
        _of("conversations", "conversation_id", nullable=True),
        _text("text", nullable=True),
        _text("engine", nullable=True),
        sa.Column("offered", sa.JSON),
        sa.UniqueConstraint("order_id", "trigger", name="uq_order_triggers_order_id_trigger"),
    )
    _partial("ix_order_triggers_due", "order_triggers", ["due_at"], "state = 'waiting'")
    op.create_index("ix_order_triggers_contact_id_id", "order_triggers", ["contact_id", "id"])
    _partial("ix_order_triggers_waiting", "order_triggers", ["order_id"], "state = 'waiting'")
    _partial("ix_order_triggers_decided", "order_triggers", ["state", "decided_at"], "decided_at is not null")
    _partial("ix_order_triggers_decided_by_order", "order_triggers", ["state", "order_id"], "decided_at is not null")
    op.create_index("uq_order_triggers_about", "order_triggers", ["about"], unique=True)
    op.create_table(
        "products",
        _key(),
        _of("shops", "shop_id"),
        _text("sku"),
        _text("name"),
        _text("category", nullable=True),
        _text("category_code", nullable=True),
        _amount("price", nullable=True),
        _text("currency"),
        _amount("stock", nullable=True),
        _moment("updated_at"),
        sa.UniqueConstraint("shop_id", "sku", name="uq_products_shop_id_sku"),
    )
    op.create_index("ix_products_shop_id_category_code", "products", ["shop_id", "category_code"])
    op.create_table(
        "order_imports",
        _key(),
        _text("ticket"),
        _of("shops", "shop_id"),
        _text("kind"),
        _text("file_name"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("rows", "added", "changed", "unchanged")),
        _moment("imported_at"),
        _text("imported_by"),
        sa.UniqueConstraint("ticket", name="uq_order_imports_ticket"),
    )
    op.create_table("seller_metrics_resets", _key(), _moment("reset_at"), _text("reset_by"))
    op.create_table(
        "holdout",
        sa.Column("contact_id", _ID, sa.ForeignKey("contacts.id"), primary_key=True),
        sa.Column("is_held_out", sa.Boolean, nullable=False),
        sa.Column("share", sa.Double, nullable=False),
        _moment("assigned_at"),
    )
    _partial("ix_outreach_verdicts_not_delivered", "outreach_verdicts", ["about"], "fate in ('failed', 'unsettled')")


def downgrade() -> None:
    op.drop_index("ix_outreach_verdicts_not_delivered", "outreach_verdicts")
    for table in _TABLES:
        op.drop_table(table)
