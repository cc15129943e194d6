"""Until when an account may not begin conversations; what went through since a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("no_first_contacts_until", sa.DateTime(timezone=True)))
    op.create_index("ix_message_log_created_at", "message_log", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_message_log_created_at", "message_log")
    op.drop_column("accounts", "no_first_contacts_until")
