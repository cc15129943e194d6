"""Follow-ups, calls, what customers wish to get, verdicts on messages nobody asked for, cases for people, deals."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _contact() -> sa.Column[int]:
    return sa.Column("contact_id", _ID, sa.ForeignKey("contacts.id"), nullable=False)


def _conversation(**more: Any) -> sa.Column[int]:
    return sa.Column("conversation_id", _ID, sa.ForeignKey("conversations.id"), nullable=False, **more)


def _open(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.add_column("contacts", sa.Column("last_purchase_at", _MOMENT))
    op.create_table(
        "consents",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("said_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_consents_contact_id_id", "consents", ["contact_id", "id"])
    op.create_table(
        "outreach_verdicts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("about", sa.Text, nullable=False),
        _contact(),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("message_class", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("until", _MOMENT),
        sa.Column("first_contact", sa.Boolean, nullable=False),
        sa.Column("fate", sa.Text),
        sa.Column("fate_at", _MOMENT),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("counted_at", _MOMENT),
    )
    verdicts, counted = "outreach_verdicts", "counted_at is not null"
    _open("ix_outreach_verdicts_contact_id_counted_at", verdicts, ["contact_id", "counted_at"], counted)
    _open("ix_outreach_verdicts_account_counted_at", verdicts, ["account", "counted_at"], counted)
    _open("ix_outreach_verdicts_to_release", verdicts, ["account"], f"fate is null and {counted}")
    _open("ix_outreach_verdicts_on_the_way", verdicts, ["account"], "fate = 'released'")
    _open("uq_outreach_verdicts_written", verdicts, ["about"], "verdict = 'write'", unique=True)
    op.create_index("ix_outreach_verdicts_about_id", verdicts, ["about", "id"])
    op.create_table(
        "outreach_accounts",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("stopped_at", _MOMENT),
        sa.Column("stopped_reason", sa.Text),
        sa.Column("resumed_at", _MOMENT),
        sa.Column("no_first_contacts_until", _MOMENT),
        sa.Column("begun_at", _MOMENT),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        _conversation(),
        sa.Column("touch_number", sa.Integer, nullable=False),
        sa.Column("anchor_at", _MOMENT, nullable=False),
        sa.Column("next_touch_at", _MOMENT, nullable=False),
        sa.Column("last_touch_at", _MOMENT),
        sa.Column("held_reason", sa.Text),
        sa.Column("is_completed", sa.Boolean, nullable=False),
        sa.Column("stop_reason", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("completed_at", _MOMENT),
        sa.CheckConstraint("touch_number between 1 and 5", name="touch_number"),
    )
    _open("ix_follow_ups_next_touch_at", "follow_ups", ["next_touch_at"], "not is_completed")
    _open("uq_follow_ups_open", "follow_ups", ["contact_id"], "not is_completed", unique=True)
    op.create_table(
        "scheduled_calls",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        _conversation(),
        sa.Column("scheduled_at", _MOMENT, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("notes", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_scheduled_calls_scheduled_at", "scheduled_calls", ["scheduled_at"])
    _open("ix_scheduled_calls_booked", "scheduled_calls", ["contact_id"], "status = 'booked'")
    op.create_table("call_days", sa.Column("day", sa.Date, primary_key=True))
    op.create_table(
        "call_offers",
        _conversation(primary_key=True, autoincrement=False),
        sa.Column("slots", sa.JSON, nullable=False),
        sa.Column("offered_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "cases",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        _conversation(),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("alerts", sa.Integer, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("outcome", sa.Text),
    )
    _open("uq_cases_open", "cases", ["conversation_id"], "closed_at is null", unique=True)
    op.create_table(
        "deals",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        _conversation(),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("outcome", sa.Text),
    )
    _open("uq_deals_open", "deals", ["contact_id"], "closed_at is null", unique=True)


def downgrade() -> None:
    for table in (
        "deals",
        "cases",
        "call_offers",
        "call_days",
        "scheduled_calls",
        "follow_ups",
        "outreach_accounts",
        "outreach_verdicts",
        "consents",
    ):
        op.drop_table(table)
    op.drop_column("contacts", "last_purchase_at")
