"""When a message of ours was written, which may be long before it is first tried."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("message_log", sa.Column("written_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("message_log", "written_at")
