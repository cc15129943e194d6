"""What is not well and who is told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "troubles",
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("ill", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("told_at", _MOMENT),
    )
    op.add_column("operators", sa.Column("hears_of_troubles", sa.Boolean))


def downgrade() -> None:
    op.drop_column("operators", "hears_of_troubles")
    op.drop_table("troubles")
