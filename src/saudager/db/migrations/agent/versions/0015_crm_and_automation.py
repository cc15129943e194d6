"""What happens in the shop, the CRM and its mirror, rules and sequences, and operators' addresses."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_TABLES = (
    "system_mails",
    "operator_browsers",
    "journey_steps",
    "journeys",
    "rule_runs",
    "automation_versions",
    "automations",
    "crm_templates",
    "crm_noted_talks",
    "crm_deeds",
    "crm_leads",
    "crm_contact_names",
    "crm_contacts",
    "crm_users",
    "crm_fields",
    "crm_pipeline_stages",
    "crm_pipelines",
    "crm_pace",
    "crm_authorizations",
    "crm_connections",
    "heard_events",
    "events",
)


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True)


def _of(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _ID, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, _MOMENT, nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _yes(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=nullable)


def upgrade() -> None:
    _events()
    _crm()
    _automation()
    _operators()


def _events() -> None:
    op.create_table(
        "events",
        _key(),
        _text("kind"),
        _text("about"),
        _of("contacts", "contact_id", nullable=True),
        _of("conversations", "conversation_id", nullable=True),
        _json("facts"),
        _text("once", nullable=True),
        _text("cause", nullable=True),
        _whole("depth"),
        _moment("at"),
        sa.UniqueConstraint("once", name="uq_events_once"),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_events_contact_id", "events", ["contact_id"])
    op.create_index("ix_events_kind_id", "events", ["kind", "id"])
    op.create_table(
        "heard_events",
        sa.Column("kind", sa.Text, primary_key=True),
    )


def _crm() -> None:
    op.create_table(
        "crm_connections",
        _key(),
        _text("vendor"),
        _text("base_url"),
        _big("account_id", nullable=True),
        _text("title"),
        _text("currency"),
        _text("chats_id", nullable=True),
        _text("secrets", nullable=True),
        _moment("expires_at", nullable=True),
        _moment("connected_at"),
        _moment("disconnected_at", nullable=True),
        _text("problem", nullable=True),
        _text("refresh_owner", nullable=True),
        _moment("refresh_until", nullable=True),
        _text("read_owner", nullable=True),
        _moment("read_until", nullable=True),
        _moment("hooked_at", nullable=True),
        _text("hook_problem", nullable=True),
        _moment("described_at", nullable=True),
        _moment("synced_at", nullable=True),
        _moment("swept_until", nullable=True),
        _json("progress", nullable=True),
        _text("strategy"),
        _text("mailbox", nullable=True),
        _big("bot_id", nullable=True),
        _big("bot_field_id", nullable=True),
        _yes("notes_talks"),
        sa.UniqueConstraint("vendor", "account_id", name="uq_crm_connections_vendor_account_id"),
    )
    op.create_table(
        "crm_authorizations",
        sa.Column("digest", sa.Text, primary_key=True),
        _big("session_id"),
        _text("vendor"),
        _text("integration"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
    )
    op.create_table(
        "crm_pace",
        sa.Column("connection_id", _ID, sa.ForeignKey("crm_connections.id"), primary_key=True),
        _moment("next_at"),
    )
    op.create_table(
        "crm_pipelines",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("vendor_id"),
        _text("name"),
        _whole("sort"),
        _yes("is_main"),
        _yes("is_archived"),
        sa.UniqueConstraint("connection_id", "vendor_id", name="uq_crm_pipelines_connection_id_vendor_id"),
    )
    op.create_table(
        "crm_pipeline_stages",
        _key(),
        _of("crm_pipelines", "pipeline_id"),
        _big("vendor_id"),
        _text("name"),
        _whole("sort"),
        _text("color"),
        _text("kind"),
        sa.UniqueConstraint("pipeline_id", "vendor_id", name="uq_crm_pipeline_stages_pipeline_id_vendor_id"),
    )
    op.create_table(
        "crm_fields",
        _key(),
        _of("crm_connections", "connection_id"),
        _text("entity"),
        _big("vendor_id"),
        _text("name"),
        _text("kind"),
        _text("code", nullable=True),
        _json("choices"),
        sa.UniqueConstraint(
            "connection_id", "entity", "vendor_id", name="uq_crm_fields_connection_id_entity_vendor_id"
        ),
    )
    op.create_table(
        "crm_users",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("vendor_id"),
        _text("name"),
        _text("email", nullable=True),
        sa.UniqueConstraint("connection_id", "vendor_id", name="uq_crm_users_connection_id_vendor_id"),
    )
    op.create_table(
        "crm_contacts",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("vendor_id"),
        _of("contacts", "contact_id", nullable=True),
        _json("joined", nullable=True),
        _yes("parted"),
        _text("name"),
        _json("phones"),
        _json("emails"),
        _json("values"),
        _big("responsible_id", nullable=True),
        _yes("is_deleted"),
        _moment("changed_at"),
        _moment("read_at"),
        sa.UniqueConstraint("connection_id", "vendor_id", name="uq_crm_contacts_connection_id_vendor_id"),
    )
    op.create_index("ix_crm_contacts_contact_id", "crm_contacts", ["contact_id"])
    op.create_table(
        "crm_contact_names",
        sa.Column("crm_contact_id", _ID, sa.ForeignKey("crm_contacts.id"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
    )
    op.create_index("ix_crm_contact_names_kind_value", "crm_contact_names", ["kind", "value"])
    op.create_table(
        "crm_leads",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("vendor_id"),
        _text("name"),
        _big("price"),
        _big("pipeline_vendor_id"),
        _big("stage_vendor_id"),
        _big("contact_vendor_id", nullable=True),
        _json("contacts"),
        _big("responsible_id", nullable=True),
        _json("values"),
        _yes("is_deleted"),
        _moment("created_at"),
        _moment("changed_at"),
        _moment("closed_at", nullable=True),
        _moment("stage_since"),
        _moment("read_at"),
        sa.UniqueConstraint("connection_id", "vendor_id", name="uq_crm_leads_connection_id_vendor_id"),
    )
    op.create_index("ix_crm_leads_changed_at_id", "crm_leads", ["changed_at", "id"])
    op.create_index(
        "ix_crm_leads_connection_id_stage_vendor_id_id", "crm_leads", ["connection_id", "stage_vendor_id", "id"]
    )
    op.create_index("ix_crm_leads_main_contact", "crm_leads", ["connection_id", "contact_vendor_id"])
    op.create_table(
        "crm_deeds",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("lead_vendor_id", nullable=True),
        _of("contacts", "contact_id", nullable=True),
        _text("about"),
        _text("kind"),
        _json("body"),
        _text("state"),
        _big("vendor_id", nullable=True),
        _text("problem", nullable=True),
        _moment("created_at"),
        _moment("tried_at", nullable=True),
        _moment("done_at", nullable=True),
        sa.UniqueConstraint("about", name="uq_crm_deeds_about"),
    )
    op.create_index("ix_crm_deeds_lead", "crm_deeds", ["connection_id", "lead_vendor_id", "id"])
    op.create_index(
        "ix_crm_deeds_waiting",
        "crm_deeds",
        ["id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "crm_noted_talks",
        sa.Column("lead_id", _ID, sa.ForeignKey("crm_leads.id"), primary_key=True),
        sa.Column("conversation_id", _ID, sa.ForeignKey("conversations.id"), primary_key=True),
        sa.Column("message_id", _ID, nullable=False),
    )
    op.create_table(
        "crm_templates",
        _key(),
        _of("crm_connections", "connection_id"),
        _big("pipeline_vendor_id"),
        _big("stage_vendor_id"),
        _text("channel"),
        _text("subject"),
        _text("text"),
        _yes("is_on"),
        _moment("made_at"),
    )


def _automation() -> None:
    op.create_table(
        "automations",
        _key(),
        _text("kind"),
        _text("name"),
        _text("title"),
        _yes("is_on"),
        _whole("live"),
        _text("problem", nullable=True),
        _moment("next_at", nullable=True),
        _big("walked_to"),
        _moment("made_at"),
        _moment("changed_at"),
        sa.UniqueConstraint("name", name="uq_automations_name"),
    )
    op.create_table(
        "automation_versions",
        _key(),
        _of("automations", "automation_id"),
        _whole("number"),
        _text("source"),
        _text("made_by"),
        _moment("made_at"),
        sa.UniqueConstraint("automation_id", "number", name="uq_automation_versions_automation_id_number"),
    )
    op.create_table(
        "rule_runs",
        _key(),
        _of("automations", "automation_id"),
        _whole("version"),
        sa.Column("event_id", _ID, nullable=False),
        _text("about"),
        _of("contacts", "contact_id", nullable=True),
        _text("outcome"),
        _json("trace"),
        _moment("at"),
        sa.UniqueConstraint("automation_id", "event_id", name="uq_rule_runs_automation_id_event_id"),
    )
    op.create_index("ix_rule_runs_about_at", "rule_runs", ["about", "at"])
    op.create_index("ix_rule_runs_at", "rule_runs", ["at"])
    op.create_index("ix_rule_runs_automation_id_id", "rule_runs", ["automation_id", "id"])
    op.create_index("ix_rule_runs_contact_id", "rule_runs", ["contact_id"])
    op.create_table(
        "journeys",
        _key(),
        _of("automations", "automation_id"),
        _whole("version"),
        _of("contacts", "contact_id"),
        _of("conversations", "conversation_id", nullable=True),
        _text("about"),
        _text("key"),
        _yes("is_single"),
        _json("facts"),
        _text("state"),
        _text("step"),
        _moment("due_at", nullable=True),
        _moment("due_since"),
        _text("waits_for", nullable=True),
        sa.Column("has_come", sa.Boolean),
        _whole("depth"),
        _text("reason", nullable=True),
        _text("begun_by", nullable=True),
        _moment("begun_at"),
        _moment("ended_at", nullable=True),
    )
    op.create_index("ix_journeys_automation_id_id", "journeys", ["automation_id", "id"])
    op.create_index("ix_journeys_contact_id", "journeys", ["contact_id"])
    op.create_index("ix_journeys_key", "journeys", ["key"])
    op.create_index(
        "ix_journeys_due_at",
        "journeys",
        ["due_at"],
        sqlite_where=sa.text("state = 'going'"),
        postgresql_where=sa.text("state = 'going'"),
    )
    op.create_index(
        "uq_journeys_going",
        "journeys",
        ["key", "automation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'going'"),
        postgresql_where=sa.text("state = 'going'"),
    )
    op.create_table(
        "journey_steps",
        _key(),
        _of("journeys", "journey_id"),
        _text("path"),
        _text("kind"),
        _text("outcome"),
        _json("detail"),
        _moment("at"),
        sa.UniqueConstraint("journey_id", "path", name="uq_journey_steps_journey_id_path"),
    )


def _operators() -> None:
    op.add_column("operators", _text("email", nullable=True))
    op.add_column("operators", _text("new_email", nullable=True))
    op.create_index("uq_operators_email", "operators", ["email"], unique=True)
    op.add_column("operator_links", _text("email", nullable=True))
    op.create_table(
        "operator_browsers",
        sa.Column("operator_id", _ID, sa.ForeignKey("operators.id"), primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        _moment("seen_at"),
    )
    op.create_table(
        "system_mails",
        _key(),
        _of("operators", "operator_id", nullable=True),
        _text("kind"),
        _text("recipient"),
        _text("outgoing_id", nullable=True),
        _text("state"),
        _text("reason", nullable=True),
        _moment("at"),
        sa.UniqueConstraint("outgoing_id", name="uq_system_mails_outgoing_id"),
    )
    op.create_index("ix_system_mails_at", "system_mails", ["at"])
    op.create_index("ix_system_mails_operator_id", "system_mails", ["operator_id"])


def downgrade() -> None:
    op.drop_column("operator_links", "email")
    op.drop_index("uq_operators_email", "operators")
    op.drop_column("operators", "new_email")
    op.drop_column("operators", "email")
    for table in _TABLES:
        op.drop_table(table)
