"""Follow-ups and calls in a person's hands: what he said when he paused, stopped or held one, and lists by touch."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INDEXES = (
    ("ix_follow_ups_touch_number_next_touch_at", ["touch_number", "next_touch_at"], "not is_completed"),
    ("ix_follow_ups_anchor_at", ["anchor_at", "touch_number", "held_reason"], "not is_completed"),
    ("ix_follow_ups_paused", ["next_touch_at"], "not is_completed and held_reason = 'paused'"),
    ("ix_follow_ups_held", ["next_touch_at"], "not is_completed and held_reason <> 'paused'"),
    ("ix_follow_ups_completed_at", ["completed_at"], "is_completed"),
    ("ix_follow_ups_stop_reason_completed_at", ["stop_reason", "completed_at"], "is_completed"),
)


def upgrade() -> None:
    op.add_column("follow_ups", sa.Column("note", sa.Text))
    op.add_column("scheduled_calls", sa.Column("outcome", sa.Text))
    for name, columns, where in _INDEXES:
        op.create_index(name, "follow_ups", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, *_ in _INDEXES:
        op.drop_index(name, "follow_ups")
    op.drop_column("scheduled_calls", "outcome")
    op.drop_column("follow_ups", "note")
