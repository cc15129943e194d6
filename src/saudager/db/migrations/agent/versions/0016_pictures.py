"""Series of pictures, and what was looked up on the web for them."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, _MOMENT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "picture_series",
        sa.Column("id", _ID, primary_key=True),
        _text("session_id"),
        sa.Column("subject", sa.JSON, nullable=False),
        _text("title"),
        sa.Column("product_id", _ID, sa.ForeignKey("products.id"), nullable=True),
        _text("keeping"),
        _text("photo", nullable=True),
        sa.Column("looks_up", sa.Boolean, nullable=False),
        _text("logo", nullable=True),
        _text("state"),
        _text("task_id"),
        _text("created_by"),
        _moment("created_at"),
        _moment("updated_at"),
        sa.UniqueConstraint("session_id", name="uq_picture_series_session_id"),
    )
    for column in ("product_id", "state", "updated_at"):
        op.create_index(f"ix_picture_series_{column}", "picture_series", [column])
    op.create_table(
        "pictures",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("series_id", _ID, sa.ForeignKey("picture_series.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        _text("angle"),
        sa.Column("seed", sa.BigInteger, nullable=False),
        _text("prompt", nullable=True),
        _text("reference", nullable=True),
        _text("state"),
        _text("reason", nullable=True),
        _text("verdict", nullable=True),
        _text("judged_by", nullable=True),
        _text("path", nullable=True),
        _text("mime_type", nullable=True),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("size", sa.Integer),
        _text("engine", nullable=True),
        _text("model", nullable=True),
        sa.Column("fidelity", sa.JSON),
        sa.Column("tries", sa.JSON, nullable=False),
        _moment("drawn_at", nullable=True),
        sa.UniqueConstraint("series_id", "angle", name="uq_pictures_series_id_angle"),
        sa.UniqueConstraint("seed", name="uq_pictures_seed"),
    )
    op.create_index("ix_pictures_path", "pictures", ["path"], unique=True)
    op.create_table(
        "web_lookups",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("query", sa.Text, primary_key=True),
        sa.Column("found", sa.JSON, nullable=False),
        _moment("looked_at"),
    )
    op.create_index("ix_web_lookups_looked_at", "web_lookups", ["looked_at"])


def downgrade() -> None:
    for table in ("web_lookups", "pictures", "picture_series"):
        op.drop_table(table)
