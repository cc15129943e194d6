"""What nobody has read yet, the order of the list, the words it is searched by, and what every day came to."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_MOMENT = sa.DateTime(timezone=True)
_COUNTS = ("lines", "answers", "by_people", "contacts", "handed_over", "calls", "deals", "opted_out")
_FOLLOW_UP = "verdict = 'write' and message_class = 'follow_up'"
_LINE = "coalesce(nullif({row}.voice_transcription, ''), {row}.text, '')"
_WHO = (
    "coalesce({row}.name, '') || ' ' || coalesce({row}.full_name, '') || ' ' || coalesce({row}.business_name, '') "
    "|| ' ' || coalesce({row}.phone_number, '')"
)
_FOLDED = ("ёәғқңөұүһі", "еагкноуухи")
"""Letters many type as their neighbours."""
_NAMES = ("name", "full_name", "business_name", "phone_number")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("unread", sa.Integer, nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("read_at", _MOMENT))
    op.create_index("ix_conversations_last_message_at_id", "conversations", ["last_message_at", "id"])
    _some("ix_conversations_unread", "conversations", ["last_message_at", "id"], "unread > 0")
    _some("ix_conversations_read_at", "conversations", ["read_at"], "read_at is not null")
    _some("ix_conversations_silent_until", "conversations", ["silent_until"], "silent_until is not null")
    _some("ix_contacts_classified_at", "contacts", ["classified_at"], "classified_at is not null")
    _some("ix_messages_amended_at", "messages", ["amended_at"], "amended_at is not null")
    _some("ix_attention_about", "attention", ["about"], "settled is null")
    _some("ix_attention_settled", "attention", ["settled"], "settled is not null")
    _some("ix_outreach_verdicts_follow_ups", "outreach_verdicts", ["decided_at"], _FOLLOW_UP)
    op.create_index("ix_turns_closed_at", "turns", ["closed_at"])
    _some("ix_contacts_created_at", "contacts", ["created_at", "is_client"], "merged_into_id is null")
    _some("ix_contacts_last_purchase_at", "contacts", ["last_purchase_at"], "last_purchase_at is not null")
    op.create_table(
        "daily_figures",
        sa.Column("day", sa.Date, primary_key=True),
        *(sa.Column(count, sa.Integer, nullable=False) for count in _COUNTS),
        sa.Column("median_seconds", sa.Double),
        sa.Column("p90_seconds", sa.Double),
        sa.Column("micro_usd", sa.BigInteger, nullable=False),
        sa.Column("touches", sa.JSON, nullable=False),
        sa.Column("counted_at", _MOMENT, nullable=False),
    )
    statements = _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL
    for statement in statements:
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("messages_words_added", "messages_words_changed", "messages_words_gone"):
            op.execute(f"drop trigger {trigger}")
        for trigger in ("contacts_words_added", "contacts_words_changed", "contacts_words_gone"):
            op.execute(f"drop trigger {trigger}")
        op.execute("drop table contacts_words")
        op.execute("drop table messages_terms")
    else:
        op.execute("drop trigger messages_words_kept on messages")
        op.execute("drop function messages_words_kept()")
        op.execute("drop index ix_contacts_who")
        op.execute("drop function contacts_who(text, text, text, text)")
        op.execute("drop function messages_words_of(text)")
    op.execute("drop table messages_words")
    op.drop_table("daily_figures")
    op.drop_index("ix_contacts_last_purchase_at", "contacts")
    op.drop_index("ix_contacts_created_at", "contacts")
    op.drop_index("ix_turns_closed_at", "turns")
    op.drop_index("ix_outreach_verdicts_follow_ups", "outreach_verdicts")
    op.drop_index("ix_attention_settled", "attention")
    op.drop_index("ix_attention_about", "attention")
    op.drop_index("ix_messages_amended_at", "messages")
    op.drop_index("ix_contacts_classified_at", "contacts")
    for index in ("silent_until", "read_at", "unread", "last_message_at_id"):
        op.drop_index(f"ix_conversations_{index}", "conversations")
    op.drop_column("conversations", "read_at")
    op.drop_column("conversations", "unread")


def _some(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _folded(text: str) -> str:
    for letter, neighbour in zip(*_FOLDED, strict=True):
        text = f"replace(replace({text}, '{letter}', '{neighbour}'), '{letter.upper()}', '{neighbour}')"
    return text


def _on_sqlite(table: str, words: str, said: str, columns: tuple[str, ...], said_at_all: str) -> tuple[str, ...]:
    """An index without the text itself, so that it is told what to forget."""
    old, new = _folded(said.format(row="old")), _folded(said.format(row="new"))
    forget = f"""insert into {words}({words}, rowid, line)
        select 'delete', old.id, {old} where {said_at_all.format(row="old")};"""
    note = f"insert into {words}(rowid, line) select new.id, {new} where {said_at_all.format(row='new')};"
    changed = " or ".join(f"old.{column} is not new.{column}" for column in columns)
    return (
        f"insert into {words}(rowid, line) select id, {_folded(said.format(row=table))} from {table} "  # noqa: S608
        f"where {said_at_all.format(row=table)}",
        f"create trigger {words}_added after insert on {table} begin {note} end",
        f"""create trigger {words}_changed after update of {", ".join(columns)} on {table} when {changed}
            begin {forget} {note} end""",
        f"create trigger {words}_gone after delete on {table} begin {forget} end",
    )


_ON_SQLITE = (
    "create virtual table messages_words using fts5(line, content='', detail=none, columnsize=0, "
    "tokenize='unicode61 remove_diacritics 0')",
    "create virtual table messages_terms using fts5vocab(messages_words, instance)",
    *_on_sqlite(
        "messages",
        "messages_words",
        _LINE,
        ("text", "voice_transcription", "deleted"),
        f"not {{row}}.deleted and {_LINE} <> ''",
    ),
    "create virtual table contacts_words using fts5(line, content='', columnsize=0, tokenize='trigram')",
    *_on_sqlite("contacts", "contacts_words", _WHO, _NAMES, f"trim({_WHO}) <> ''"),
)
_ON_POSTGRESQL = (
    "create extension if not exists pg_trgm",
    f"""create function messages_words_of(line text) returns tsvector language sql immutable parallel safe as $$
        select array_to_tsvector(array_remove(regexp_split_to_array(
            translate(lower(line), '{_FOLDED[0]}', '{_FOLDED[1]}'), '[^[:alnum:]]+'), '')) $$""",
    "create table messages_words (id bigint primary key, words tsvector not null)",
    f"""insert into messages_words select m.id, messages_words_of({_LINE.format(row="m")}) from messages m
        where not m.deleted and {_LINE.format(row="m")} <> ''""",  # noqa: S608
    "create index ix_messages_words_words on messages_words using gin (words)",
    f"""create function messages_words_kept() returns trigger language plpgsql as $$ begin
        if tg_op <> 'INSERT' then delete from messages_words where id = old.id; end if;
        if tg_op <> 'DELETE' then
            if not new.deleted and {_LINE.format(row="new")} <> '' then
                insert into messages_words values (new.id, messages_words_of({_LINE.format(row="new")}));
            end if;
        end if;
        return null;
    end $$""",  # noqa: S608
    """create trigger messages_words_kept after insert or delete or update of text, voice_transcription, deleted
        on messages for each row execute function messages_words_kept()""",
    f"""create function contacts_who(name text, full_name text, business_name text, phone_number text) returns text
        language sql immutable parallel safe as $$
        select translate(lower(coalesce(name, '') || ' ' || coalesce(full_name, '') || ' '
            || coalesce(business_name, '') || ' ' || coalesce(phone_number, '')), '{_FOLDED[0]}', '{_FOLDED[1]}') $$""",
    """create index ix_contacts_who on contacts using gin
        (contacts_who(name, full_name, business_name, phone_number) gin_trgm_ops)""",
)
