"""Notes on contacts, erased ones and their last wish, what a person overruled, and a contact's rows found by him."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_FOUND_BY_CONTACT = {
    "cases": ["contact_id"],
    "deals": ["contact_id"],
    "follow_ups": ["contact_id"],
    "scheduled_calls": ["contact_id"],
    "outreach_verdicts": ["contact_id", "id"],
    "spend": ["contact_id"],
    "merges": ["kept_id"],
}
_OF_CONTACTS = [
    ["name"],
    ["full_name"],
    ["last_message_at", "id"],
    ["is_client", "last_message_at", "id"],
]


def _contact() -> sa.Column[int]:
    return sa.Column("contact_id", _ID, sa.ForeignKey("contacts.id"), nullable=False)


def upgrade() -> None:
    op.add_column("contacts", sa.Column("overruled", sa.JSON))
    op.add_column("contacts", sa.Column("erased_at", _MOMENT))
    op.add_column("consents", sa.Column("noted_by", sa.Text))
    op.create_table(
        "contact_notes",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("written_at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT),
    )
    op.create_index("ix_contact_notes_contact_id_id", "contact_notes", ["contact_id", "id"])
    op.create_table(
        "erasures",
        sa.Column("id", _ID, primary_key=True),
        _contact(),
        sa.Column("contacts", sa.JSON, nullable=False),
        sa.Column("phones", sa.JSON, nullable=False),
        sa.Column("chats", sa.JSON, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("done_at", _MOMENT),
    )
    op.create_table(
        "do_not_contact",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("said_at", _MOMENT, nullable=False),
    )
    for table, columns in _FOUND_BY_CONTACT.items():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    for columns in _OF_CONTACTS:
        op.create_index(f"ix_contacts_{'_'.join(columns)}", "contacts", columns)
    merged = sa.text("merged_into_id is not null")
    op.create_index("ix_contacts_merged", "contacts", ["merged_into_id"], sqlite_where=merged, postgresql_where=merged)


def downgrade() -> None:
    op.drop_index("ix_contacts_merged", "contacts")
    for columns in _OF_CONTACTS:
        op.drop_index(f"ix_contacts_{'_'.join(columns)}", "contacts")
    for table, columns in _FOUND_BY_CONTACT.items():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table in ("do_not_contact", "erasures", "contact_notes"):
        op.drop_table(table)
    op.drop_column("consents", "noted_by")
    op.drop_column("contacts", "erased_at")
    op.drop_column("contacts", "overruled")
