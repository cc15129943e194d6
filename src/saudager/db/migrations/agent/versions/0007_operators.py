"""Operators: who may enter the console, and what they did there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _operator(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("operator_id", _ID, sa.ForeignKey("operators.id"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "operators",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("password_digest", sa.Text),
        sa.Column("second_factor", sa.Text),
        sa.Column("second_factor_step", sa.BigInteger),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT),
        sa.UniqueConstraint("login", name="uq_operators_login"),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("id", _ID, primary_key=True),
        _operator(),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("awaits_code", sa.Boolean, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("digest", name="uq_operator_sessions_digest"),
    )
    op.create_index("ix_operator_sessions_operator_id", "operator_sessions", ["operator_id"])
    op.create_table(
        "operator_recovery_codes",
        sa.Column("digest", sa.Text, primary_key=True),
        _operator(),
        sa.Column("used_at", _MOMENT),
    )
    op.create_index("ix_operator_recovery_codes_operator_id", "operator_recovery_codes", ["operator_id"])
    op.create_table(
        "operator_links",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        _operator(nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
    )
    op.create_index("ix_operator_links_operator_id", "operator_links", ["operator_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("closed_until", _MOMENT),
    )
    op.create_index("ix_sign_in_failures_last_at", "sign_in_failures", ["last_at"])
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        _operator(nullable=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    for column in ("operator_id", "action", "about"):
        op.create_index(f"ix_audit_{column}_id", "audit", [column, "id"])


def downgrade() -> None:
    for table in (
        "audit",
        "sign_in_failures",
        "operator_links",
        "operator_recovery_codes",
        "operator_sessions",
        "operators",
    ):
        op.drop_table(table)
