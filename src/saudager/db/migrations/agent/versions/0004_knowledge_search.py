"""Words by their trigrams, the shelf's own state, prices that disagree, and questions nobody could answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("documents", sa.Column("modified_at", _MOMENT))
    op.create_table(
        "shelf",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("folder", sa.Text),
        sa.Column("ranking", sa.JSON, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.execute("insert into shelf (id, ranking, version) values (1, '[]', 0)")
    op.create_table(
        "conflicts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kept_id", _ID, sa.ForeignKey("passages.id", name="fk_conflicts_kept_id_passages"), nullable=False),
        sa.Column(
            "against_id", _ID, sa.ForeignKey("passages.id", name="fk_conflicts_against_id_passages"), nullable=False
        ),
        sa.Column("says", sa.Text, nullable=False),
        sa.UniqueConstraint("against_id", name="uq_conflicts_against_id"),
    )
    op.create_index("ix_conflicts_kept_id", "conflicts", ["kept_id"])
    op.create_table(
        "open_questions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "conversation_id",
            _ID,
            sa.ForeignKey("conversations.id", name="fk_open_questions_conversation_id_conversations"),
            nullable=False,
        ),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT),
        sa.UniqueConstraint("conversation_id", "question", name="uq_open_questions_conversation_id_question"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create virtual table passages_words using fts5(sound, word unindexed, tokenize = 'trigram')")
    else:
        op.execute("create extension if not exists pg_trgm")
        op.create_table(
            "passages_words", sa.Column("sound", sa.Text, nullable=False), sa.Column("word", sa.Text, primary_key=True)
        )
        op.execute("create index ix_passages_words_sound on passages_words using gist (sound gist_trgm_ops)")


def downgrade() -> None:
    for table in ("passages_words", "open_questions", "conflicts", "shelf"):
        op.drop_table(table)
    op.drop_column("documents", "modified_at")
