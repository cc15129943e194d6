"""Messages and lanes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "queue_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("msg_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("done_at", sa.Double),
        sa.Column("error", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("progress", sa.Text),
        sa.UniqueConstraint("queue", "msg_id", name="uq_queue_messages_queue_msg_id"),
        sqlite_autoincrement=True,
    )
    waiting, closed = sa.text("state = 0"), sa.text("state <> 0")
    op.create_index(
        "ix_queue_messages_waiting",
        "queue_messages",
        ["queue", "key", "rank", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "ix_queue_messages_closed",
        "queue_messages",
        ["state", "done_at"],
        sqlite_where=closed,
        postgresql_where=closed,
    )
    op.create_table(
        "queue_lanes",
        sa.Column("queue", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("ready_at", sa.Double, nullable=False),
        sa.Column("first_at", sa.Double, nullable=False),
        sa.Column("cap", sa.Double),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("lease_until", sa.Double, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("lot", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_queue_lanes_due", "queue_lanes", ["queue", "rank", "ready_at"])
    leased = sa.text("lease_until > 0")
    op.create_index(
        "ix_queue_lanes_leased",
        "queue_lanes",
        ["queue", "lot", "lease_until"],
        sqlite_where=leased,
        postgresql_where=leased,
    )
    in_a_lot = sa.text("lot is not null")
    op.create_index(
        "ix_queue_lanes_lot",
        "queue_lanes",
        ["queue", "lot", "rank", "ready_at"],
        sqlite_where=in_a_lot,
        postgresql_where=in_a_lot,
    )


def downgrade() -> None:
    op.drop_table("queue_lanes")
    op.drop_table("queue_messages")
