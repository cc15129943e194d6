"""Lines written by operators, drafts that wait for them, and which topics the salesperson answers by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("messages", sa.Column("written_by", sa.Text))
    op.create_table(
        "topics",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("ramp", sa.Boolean, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "drafts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("conversation_id", _ID, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("turn_id", _ID, sa.ForeignKey("turns.id"), nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("sent_text", sa.Text),
        sa.Column("agreement", sa.Double),
        sa.UniqueConstraint("turn_id", name="uq_drafts_turn_id"),
    )
    op.create_index(
        "uq_drafts_waiting",
        "drafts",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_drafts_topic_made_at", "drafts", ["topic", "made_at"])


def downgrade() -> None:
    op.drop_table("drafts")
    op.drop_table("topics")
    op.drop_column("messages", "written_by")
