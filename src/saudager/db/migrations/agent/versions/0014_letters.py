"""Companies, the people in them and their invoices; letters, campaigns, and addresses that take no more mail."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_TABLES = (
    "campaign_members", "letter_versions", "letters", "campaigns", "sales_imports", "invoice_lines", "invoices",
    "persons", "companies", "suppressed_addresses",
)  # fmt: skip


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True)


def _of(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _ID, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, _MOMENT, nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _amount(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _yes(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def upgrade() -> None:
    op.add_column("messages", _text("subject", nullable=True))
    op.add_column("orders", sa.Column("for_sales", sa.Boolean, nullable=False, server_default=sa.true()))
    waiting = sa.text("for_sales")
    op.create_index("ix_orders_for_sales", "orders", ["read_at", "id"], sqlite_where=waiting, postgresql_where=waiting)
    _sales()
    _letters()
    op.create_table(
        "suppressed_addresses",
        sa.Column("address", sa.Text, primary_key=True),
        _text("reason"),
        _text("says", nullable=True),
        _moment("since"),
    )


def _sales() -> None:
    op.create_table(
        "companies",
        _key(),
        _text("key"),
        _text("name"),
        sa.Column("plain", sa.Text, nullable=False, server_default=""),
        _yes("is_person"),
        _text("tax_id", nullable=True),
        _of("contacts", "contact_id", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.UniqueConstraint("key", name="uq_companies_key"),
    )
    op.create_index("ix_companies_plain_id", "companies", ["plain", "id"])
    op.create_index("ix_companies_contact_id", "companies", ["contact_id"])
    op.create_table(
        "persons",
        _key(),
        _of("companies", "company_id"),
        _text("key"),
        _text("name"),
        _text("position", nullable=True),
        _text("email", nullable=True),
        _text("phone", nullable=True),
        _text("language", nullable=True),
        _text("consent", nullable=True),
        _moment("consent_at", nullable=True),
        _of("contacts", "contact_id", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.UniqueConstraint("company_id", "key", name="uq_persons_company_id_key"),
    )
    op.create_index("ix_persons_email", "persons", ["email"])
    op.create_index("ix_persons_contact_id", "persons", ["contact_id"])
    op.create_table(
        "invoices",
        _key(),
        _of("companies", "company_id"),
        _of("persons", "person_id", nullable=True),
        _text("number"),
        _yes("is_refund"),
        sa.Column("issued_on", sa.Date, nullable=False),
        _text("currency"),
        _amount("total"),
        _of("orders", "order_id", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.UniqueConstraint("company_id", "number", "is_refund", name="uq_invoices_company_id_number_is_refund"),
    )
    op.create_index("ix_invoices_company_id_issued_on", "invoices", ["company_id", "issued_on"])
    op.create_index("ix_invoices_issued_on", "invoices", ["issued_on"])
    op.create_index("ix_invoices_order_id", "invoices", ["order_id"])
    op.create_table(
        "invoice_lines",
        _key(),
        _of("invoices", "invoice_id"),
        _whole("number"),
        _text("product"),
        _text("sku", nullable=True),
        _text("name"),
        _text("category", nullable=True),
        _amount("quantity"),
        _amount("price"),
        _amount("amount"),
        sa.UniqueConstraint("invoice_id", "number", name="uq_invoice_lines_invoice_id_number"),
    )
    op.create_index("ix_invoice_lines_product_id", "invoice_lines", ["product", "id"])
    op.create_table(
        "sales_imports",
        _key(),
        _text("ticket"),
        _text("kind"),
        _text("file_name"),
        _whole("rows"),
        _whole("added"),
        _whole("changed"),
        _whole("unchanged"),
        _moment("imported_at"),
        _text("imported_by"),
        sa.UniqueConstraint("ticket", name="uq_sales_imports_ticket"),
    )


def _letters() -> None:
    op.create_table(
        "campaigns",
        _key(),
        _text("name"),
        sa.Column("segment", sa.JSON, nullable=False),
        _text("account"),
        _text("context"),
        _text("tone"),
        _text("purpose"),
        sa.Column("products", sa.JSON, nullable=False),
        _yes("include_sales_data"),
        sa.Column("user_id", _ID),
        _text("state"),
        _text("created_by"),
        _moment("created_at"),
        _moment("started_at", nullable=True),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "letters",
        _key(),
        _of("persons", "person_id"),
        _of("companies", "company_id"),
        _of("campaigns", "campaign_id", nullable=True),
        sa.Column("user_id", _ID),
        _text("context"),
        _text("tone"),
        _text("purpose"),
        sa.Column("products", sa.JSON, nullable=False),
        _yes("include_sales_data"),
        _text("language"),
        _text("state"),
        _text("reason", nullable=True),
        _text("subject"),
        _text("body"),
        sa.Column("key_points", sa.JSON, nullable=False),
        sa.Column("personalization", sa.JSON),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("year", sa.JSON),
        _text("engine", nullable=True),
        _whole("version"),
        _text("task_id", nullable=True),
        _text("approved_by", nullable=True),
        _moment("approved_at", nullable=True),
        _yes("approved_alone"),
        _moment("due_at", nullable=True),
        _of("conversations", "conversation_id", nullable=True),
        _moment("sent_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
    )
    op.create_index("ix_letters_person_id_id", "letters", ["person_id", "id"])
    op.create_index("ix_letters_state_id", "letters", ["state", "id"])
    op.create_index("ix_letters_state_due_at", "letters", ["state", "due_at"])
    op.create_index("ix_letters_updated_at", "letters", ["updated_at"])
    op.create_index("ix_letters_campaign_id_state_id", "letters", ["campaign_id", "state", "id"])
    op.create_index("ix_letters_conversation_id", "letters", ["conversation_id"])
    op.create_table(
        "letter_versions",
        _key(),
        _of("letters", "letter_id"),
        _whole("version"),
        _text("subject"),
        _text("body"),
        _text("engine", nullable=True),
        _moment("written_at"),
        sa.UniqueConstraint("letter_id", "version", name="uq_letter_versions_letter_id_version"),
    )
    op.create_table(
        "campaign_members",
        _key(),
        _of("campaigns", "campaign_id"),
        _of("persons", "person_id"),
        _of("companies", "company_id"),
        _of("letters", "letter_id", nullable=True),
        _text("left_out", nullable=True),
        sa.UniqueConstraint("campaign_id", "person_id", name="uq_campaign_members_campaign_id_person_id"),
    )
    op.create_index("ix_campaign_members_person_id", "campaign_members", ["person_id"])
    op.create_index("ix_campaign_members_letter_id", "campaign_members", ["letter_id"])


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
    op.drop_index("ix_orders_for_sales", "orders")
    op.drop_column("orders", "for_sales")
    op.drop_column("messages", "subject")
