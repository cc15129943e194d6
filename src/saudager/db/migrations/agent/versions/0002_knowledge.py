"""The shop's documents, their passages and the full-text index over the passages' lemmas."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("reader", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("problems", sa.JSON, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("file", name="uq_documents_file"),
    )
    op.create_table(
        "passages",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "document_id", _ID, sa.ForeignKey("documents.id", name="fk_passages_document_id_documents"), nullable=False
        ),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_passages_document_id", "passages", ["document_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create virtual table passages_fts using fts5(lemmas)")
        op.execute("create virtual table passages_vocab using fts5vocab(passages_fts, row)")
    else:
        op.execute("""
            create table passages_fts (rowid bigint primary key, lemmas text not null, words tsvector not null
                generated always as (array_to_tsvector(array_remove(string_to_array(lemmas, ' '), ''))) stored)""")
        op.execute("create index ix_passages_fts_words on passages_fts using gin (words)")


def downgrade() -> None:
    made = ("passages_vocab",) if op.get_bind().dialect.name == "sqlite" else ()
    for table in (*made, "passages_fts", "passages", "documents"):
        op.drop_table(table)
