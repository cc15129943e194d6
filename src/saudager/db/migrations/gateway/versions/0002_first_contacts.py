"""Until when an account may not begin conversations; where a customer last wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("no_first_contacts_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("accounts", "no_first_contacts_until")
