"""Letters in the log, how far mailboxes are read, and addresses nothing is sent to any more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True)
_OF_A_LETTER = ("subject", "thread", "carrier", "carrier_id")


def upgrade() -> None:
    for name in _OF_A_LETTER:
        op.add_column("message_log", sa.Column(name, sa.Text))
    known = sa.text("carrier_id is not null")
    op.create_index(
        "ix_message_log_carrier_id", "message_log", ["carrier_id"], sqlite_where=known, postgresql_where=known
    )
    op.create_table(
        "mail_folders",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("uid_validity", sa.BigInteger, nullable=False),
        sa.Column("last_uid", sa.BigInteger, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("says", sa.Text),
        sa.Column("since", _MOMENT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("suppressions")
    op.drop_table("mail_folders")
    op.drop_index("ix_message_log_carrier_id", "message_log")
    for name in reversed(_OF_A_LETTER):
        op.drop_column("message_log", name)
