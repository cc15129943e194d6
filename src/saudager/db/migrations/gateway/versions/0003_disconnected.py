"""Since when an account is disconnected: its log stays, its credentials do not."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("disconnected_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("accounts", "disconnected_at")
