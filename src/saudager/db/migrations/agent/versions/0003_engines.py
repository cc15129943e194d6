"""Who judged a contact, and what the hosted engines cost."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("classified_by", sa.Text))
    op.create_table(
        "spend",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("contact_id", _ID, primary_key=True, autoincrement=False),
        sa.Column("engine", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("tokens_in", sa.BigInteger, nullable=False),
        sa.Column("tokens_out", sa.BigInteger, nullable=False),
        sa.Column("tokens_cached", sa.BigInteger, nullable=False),
        sa.Column("micro_usd", sa.BigInteger, nullable=False),
        sa.Column("unpriced_calls", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("spend")
    op.drop_column("contacts", "classified_by")
