"""Contacts with their identities, conversations, messages, turns, and what waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("phone_number", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("full_name", sa.Text),
        sa.Column("business_name", sa.Text),
        sa.Column("is_client", sa.Boolean),
        sa.Column("classification_confidence", sa.Double),
        sa.Column("classification_reasoning", sa.Text),
        sa.Column("classified_at", _MOMENT),
        sa.Column("last_message_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("merged_into_id", _ID, sa.ForeignKey("contacts.id", name="fk_contacts_merged_into_id_contacts")),
    )
    op.create_index("ix_contacts_phone_number", "contacts", ["phone_number"])
    op.create_index("ix_contacts_is_client", "contacts", ["is_client"])
    op.create_table(
        "identities",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column(
            "contact_id", _ID, sa.ForeignKey("contacts.id", name="fk_identities_contact_id_contacts"), nullable=False
        ),
    )
    op.create_index("ix_identities_contact_id", "identities", ["contact_id"])
    op.create_table(
        "merges",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kept_id", _ID, sa.ForeignKey("contacts.id", name="fk_merges_kept_id_contacts"), nullable=False),
        sa.Column("merged_id", _ID, sa.ForeignKey("contacts.id", name="fk_merges_merged_id_contacts"), nullable=False),
        sa.Column("moved", sa.JSON, nullable=False),
        sa.Column("merged_at", _MOMENT, nullable=False),
        sa.Column("undone_at", _MOMENT),
    )
    op.create_table(
        "conversations",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "contact_id", _ID, sa.ForeignKey("contacts.id", name="fk_conversations_contact_id_contacts"), nullable=False
        ),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("silent_until", _MOMENT),
        sa.Column("silent_reason", sa.Text),
        sa.Column("last_message_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("account", "chat", name="uq_conversations_account_chat"),
    )
    op.create_index("ix_conversations_contact_id", "conversations", ["contact_id"])
    op.create_table(
        "turns",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "conversation_id",
            _ID,
            sa.ForeignKey("conversations.id", name="fk_turns_conversation_id_conversations"),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=False),
        sa.Column("trace", sa.JSON, nullable=False),
    )
    op.create_index("ix_turns_conversation_id", "turns", ["conversation_id"])
    op.create_table(
        "messages",
        sa.Column("id", _ID, primary_key=True),
        sa.Column(
            "conversation_id",
            _ID,
            sa.ForeignKey("conversations.id", name="fk_messages_conversation_id_conversations"),
            nullable=False,
        ),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("outgoing_id", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("is_voice", sa.Boolean, nullable=False),
        sa.Column("voice_transcription", sa.Text),
        sa.Column("media", sa.JSON),
        sa.Column("reply_to_message_id", sa.Text),
        sa.Column("history", sa.Boolean, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("amended_at", _MOMENT),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("turn_id", _ID, sa.ForeignKey("turns.id", name="fk_messages_turn_id_turns")),
        sa.Column("delivery_state", sa.Text),
        sa.Column("delivery_reason", sa.Text),
        sa.UniqueConstraint("account", "message_id", name="uq_messages_account_message_id"),
        sa.UniqueConstraint("outgoing_id", name="uq_messages_outgoing_id"),
    )
    op.create_index("ix_messages_conversation_id_id", "messages", ["conversation_id", "id"])
    op.create_index("ix_messages_turn_id", "messages", ["turn_id"])
    unanswered = sa.text("turn_id is null and author = 'customer' and not history")
    op.create_index(
        "ix_messages_unanswered",
        "messages",
        ["conversation_id"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.create_table(
        "attention",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("settled", _MOMENT),
    )
    unsettled = sa.text("settled is null")
    op.create_index(
        "uq_attention_open",
        "attention",
        ["kind", "about"],
        unique=True,
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )


def downgrade() -> None:
    for table in ("attention", "messages", "turns", "conversations", "merges", "identities", "contacts"):
        op.drop_table(table)
