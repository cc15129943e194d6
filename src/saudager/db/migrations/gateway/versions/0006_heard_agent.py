"""When the agent was last heard of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "heard_agent",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("heard_at", _MOMENT, nullable=False),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("told_at", _MOMENT),
    )


def downgrade() -> None:
    op.drop_table("heard_agent")
