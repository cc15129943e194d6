"""What customers agreed to and bought: deals, companies and the people in them, invoices with their lines."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment, Money, Quantity
from saudager.importing.models import TakenFile

_Id = BigInteger().with_variant(Integer, "sqlite")


class Deal(AgentBase):
    """A customer who agreed; there is at most one open deal a contact."""

    __tablename__ = "deals"
    __table_args__ = (
        Index(
            "uq_deals_open",
            "contact_id",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    summary: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(Text)


class Company(AgentBase):
    """Somebody who buys by invoice: a firm, or a private person with the orders he placed at a marketplace."""

    __tablename__ = "companies"
    __table_args__ = (Index("ix_companies_plain_id", "plain", "id"), Index("ix_companies_contact_id", "contact_id"))

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    """What it is known by when it is imported again: ``tax:123456789012``, ``name:техком``, ``contact:12``, or
    ``own:`` with the name another program gave it."""
    name: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text, server_default="")
    """Its name as it is looked for: small letters, no quotes, the legal form in front."""
    is_person: Mapped[bool]
    """A private person, who is his own company."""
    tax_id: Mapped[str | None] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    """Of a private person."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class Consent(StrEnum):
    """What somebody said about offers by mail; nobody asked him when there is none."""

    GIVEN = "given"
    REFUSED = "refused"


class Person(AgentBase):
    """Somebody in a company who can be written to."""

    __tablename__ = "persons"
    __table_args__ = (
        UniqueConstraint("company_id", "key"),
        Index("ix_persons_email", "email"),
        Index("ix_persons_contact_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    company_id: Mapped[int] = mapped_column(_Id, ForeignKey("companies.id"))
    key: Mapped[str] = mapped_column(Text)
    """What he is known by in his company: ``email:ivan@techcom.example``, ``name:иван петров``, ``contact:12``."""
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    """In small letters."""
    phone: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    """ru, kk or en; None: the shop's."""
    consent: Mapped[str | None] = mapped_column(Text)
    consent_at: Mapped[datetime | None] = mapped_column(Moment)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    """Once we have corresponded with him, or he ordered something."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class Invoice(AgentBase):
    """What a company was sold, or gave back: of a refund every amount and quantity is below zero."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("company_id", "number", "is_refund"),
        Index("ix_invoices_company_id_issued_on", "company_id", "issued_on"),
        Index("ix_invoices_issued_on", "issued_on"),
        Index("ix_invoices_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    company_id: Mapped[int] = mapped_column(_Id, ForeignKey("companies.id"))
    person_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("persons.id"))
    number: Mapped[str] = mapped_column(Text)
    is_refund: Mapped[bool]
    issued_on: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Text)
    """ISO 4217: KZT."""
    total: Mapped[Decimal] = mapped_column(Money)
    order_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("orders.id"))
    """The marketplace's order it was made from."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class InvoiceLine(AgentBase):
    """One product of an invoice."""

    __tablename__ = "invoice_lines"
    __table_args__ = (UniqueConstraint("invoice_id", "number"), Index("ix_invoice_lines_product_id", "product", "id"))

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(_Id, ForeignKey("invoices.id"))
    number: Mapped[int]
    product: Mapped[str] = mapped_column(Text)
    """What the same product is known by on every invoice: its sku, else its name in small letters."""
    sku: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    price: Mapped[Decimal] = mapped_column(Money)
    amount: Mapped[Decimal] = mapped_column(Money)


class SalesImport(TakenFile, AgentBase):
    """A file of sales that was taken in."""

    __tablename__ = "sales_imports"
