"""Versions of the prompts, what the salesperson may promise, the shop's own settings, and exams taken."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "prompt_versions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.Column("in_force", sa.Boolean, nullable=False),
    )
    op.create_index("ix_prompt_versions_name_id", "prompt_versions", ["name", "id"])
    _only_one("uq_prompt_versions_in_force", "prompt_versions", ["name"], "in_force")
    op.create_table(
        "promises",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("words_kk", sa.Text, nullable=False),
        sa.Column("words_en", sa.Text, nullable=False),
        sa.Column("conditions", sa.Text, nullable=False),
        sa.Column("figure", sa.Integer),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "shop_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "exam_runs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("passed", sa.Integer),
        sa.Column("result", sa.JSON),
        sa.Column("fault", sa.Text),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("ended_at", _MOMENT),
    )
    op.create_index("ix_exam_runs_suite_id", "exam_runs", ["suite", "id"])
    _only_one("uq_exam_runs_running", "exam_runs", ["state"], "state = 'running'")


def downgrade() -> None:
    for table in ("exam_runs", "shop_settings", "promises", "prompt_versions"):
        op.drop_table(table)


def _only_one(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
