"""Accounts, the message log, the whitelist and how far each chat has been read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("connected_at", _MOMENT, nullable=False),
        sa.Column("next_send_at", _MOMENT, nullable=False),
        sa.Column("paused_reason", sa.Text),
        sa.Column("last_poll_at", _MOMENT),
    )
    op.create_table(
        "message_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("phone_number", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("outgoing_id", sa.Text),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("message_text", sa.Text),
        sa.Column("is_voice", sa.Boolean, nullable=False),
        sa.Column("vendor_status", sa.Text),
        sa.Column("queue_status", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("processed_at", _MOMENT),
        sa.UniqueConstraint("account", "message_id", name="uq_message_log_account_message_id"),
        sa.UniqueConstraint("outgoing_id", name="uq_message_log_outgoing_id"),
    )
    op.create_index("ix_message_log_account_chat_id", "message_log", ["account", "chat", "id"])
    op.create_index("ix_message_log_phone_number_created_at", "message_log", ["phone_number", "created_at"])
    op.create_table(
        "whitelist",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("phone_number", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("phone_number", name="uq_whitelist_phone_number"),
    )
    op.create_table(
        "chat_cursors",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("last_message_id", sa.Text),
        sa.Column("last_at", _MOMENT, nullable=False),
    )


def downgrade() -> None:
    for table in ("chat_cursors", "whitelist", "message_log", "accounts"):
        op.drop_table(table)
