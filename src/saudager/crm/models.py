"""The CRM's tables: connections, the mirror of what stands there, and what we do there. ``vendor_id`` is the CRM's own
number of a thing; it is known once per connection."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Strategy(StrEnum):
    """How a letter of a lead leaves."""

    MAILBOX = "mailbox"
    """From the merchant's mailbox by our own mailer, kept among its sent letters, and noted in the lead."""
    SALESBOT = "salesbot"
    """The CRM sends it: a field of the lead is filled and a bot run that says what stands in it."""
    NOTE = "note"
    """A note that is said to make the CRM send it. Kommo's public API refuses it; the refusal is shown."""


class CrmConnection(AgentBase):
    """An account of a CRM. ``secrets`` are its tokens as JSON, sealed by the vault: ``access_token`` with
    ``refresh_token``, ``client_id``, ``client_secret`` and ``redirect_uri``, or a long-lived ``access_token`` alone."""

    __tablename__ = "crm_connections"
    __table_args__ = (UniqueConstraint("vendor", "account_id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    vendor: Mapped[str] = mapped_column(Text)
    base_url: Mapped[str] = mapped_column(Text)
    """``https://example.kommo.com``: the whole address, because amoCRM has another domain and accounts are renamed."""
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    """The CRM's number of the account, known once it has answered."""
    title: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    chats_id: Mapped[str | None] = mapped_column(Text)
    """What Kommo's Chats API calls the account (``amojo_id``)."""
    secrets: Mapped[str | None] = mapped_column(Text)
    """None once disconnected."""
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the access token ends; None: it is long-lived and its end is not told."""
    connected_at: Mapped[datetime] = mapped_column(Moment)
    disconnected_at: Mapped[datetime | None] = mapped_column(Moment)
    problem: Mapped[str | None] = mapped_column(Text)
    """Why nothing can be read or written now, in a sentence; a person is asked."""
    refresh_owner: Mapped[str | None] = mapped_column(Text)
    refresh_until: Mapped[datetime | None] = mapped_column(Moment)
    """Who is renewing its tokens, and until when nobody else may."""
    read_owner: Mapped[str | None] = mapped_column(Text)
    read_until: Mapped[datetime | None] = mapped_column(Moment)
    """Who is reading it, and until when nobody else may; without an owner, when it is to be read next."""
    hooked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was told where to send its news; None: it tells nothing, and sweeps alone bring it."""
    hook_problem: Mapped[str | None] = mapped_column(Text)
    """Why it does not tell its news, in the CRM's words."""
    described_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its pipelines, fields and people were read last."""
    synced_at: Mapped[datetime | None] = mapped_column(Moment)
    """When all of it had been read for the first time."""
    swept_until: Mapped[datetime | None] = mapped_column(Moment)
    """Everything changed there before this moment is known here."""
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """How far the first reading is: ``{"part": "leads", "place": {…}, "pipelines": 5, "contacts": 10000, …}``."""
    strategy: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str | None] = mapped_column(Text)
    """The account letters of its leads leave from; None: the default mailbox."""
    bot_id: Mapped[int | None] = mapped_column(BigInteger)
    bot_field_id: Mapped[int | None] = mapped_column(BigInteger)
    """Of SALESBOT: which bot is run, and the lead's field its words are put into."""
    notes_talks: Mapped[bool] = mapped_column(default=True)
    """Whether what is said with a lead's contact in our chats is noted in the lead."""


class CrmAuthorization(AgentBase):
    """An operator was sent to the CRM to say yes; the CRM sends him back with what only its hash is kept of."""

    __tablename__ = "crm_authorizations"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    session_id: Mapped[int] = mapped_column(BigInteger)
    """The operator's session: nobody else may come back with it."""
    vendor: Mapped[str] = mapped_column(Text)
    integration: Mapped[str] = mapped_column(Text)
    """Sealed by the vault: ``client_id``, ``client_secret`` and ``redirect_uri`` as JSON."""
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class CrmPace(AgentBase):
    """When the next request of any process may go to an account."""

    __tablename__ = "crm_pace"

    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(Moment)


class CrmPipeline(AgentBase):
    __tablename__ = "crm_pipelines"
    __table_args__ = (UniqueConstraint("connection_id", "vendor_id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    sort: Mapped[int]
    is_main: Mapped[bool]
    is_archived: Mapped[bool]


class CrmStage(AgentBase):
    """A stage of a pipeline. The same number (won, lost) stands in every pipeline of Kommo."""

    __tablename__ = "crm_pipeline_stages"
    __table_args__ = (UniqueConstraint("pipeline_id", "vendor_id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_pipelines.id"))
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    sort: Mapped[int]
    color: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """incoming, open, won or lost."""


class CrmField(AgentBase):
    """A field the merchant has added to leads or contacts."""

    __tablename__ = "crm_fields"
    __table_args__ = (UniqueConstraint("connection_id", "entity", "vendor_id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    entity: Mapped[str] = mapped_column(Text)
    """leads or contacts."""
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """The CRM's word for its type: text, select, date, …"""
    code: Mapped[str | None] = mapped_column(Text)
    """PHONE, EMAIL and the like."""
    choices: Mapped[list[Any]] = mapped_column(JSON)
    """``[{"id": 1, "value": "…"}, …]`` of a select."""


class CrmUser(AgentBase):
    """Somebody who works in the CRM."""

    __tablename__ = "crm_users"
    __table_args__ = (UniqueConstraint("connection_id", "vendor_id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)


class CrmContact(AgentBase):
    """A contact of the CRM, and whom of ours it is."""

    __tablename__ = "crm_contacts"
    __table_args__ = (
        UniqueConstraint("connection_id", "vendor_id"),
        Index("ix_crm_contacts_contact_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    """None: it has neither a phone nor an address we could know him by, or a person has parted them."""
    joined: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What joining them did, taken back when they are parted: ``{"names": [["email", "a@b.kz"]], "merges": [3], "made":
    false}``; ``made``: our contact was made of it."""
    parted: Mapped[bool] = mapped_column(default=False)
    """A person said that this is not who we took him for: it is joined to nobody by itself any more."""
    name: Mapped[str] = mapped_column(Text)
    phones: Mapped[list[Any]] = mapped_column(JSON)
    """Digits with the country code."""
    emails: Mapped[list[Any]] = mapped_column(JSON)
    """In small letters."""
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What stands in its other fields, by the field's number: ``{"601": ["…"]}``."""
    responsible_id: Mapped[int | None] = mapped_column(BigInteger)
    is_deleted: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(Moment)
    """When it was changed there."""
    read_at: Mapped[datetime] = mapped_column(Moment)


class CrmContactName(AgentBase):
    """A phone or an address of a contact of the CRM; many may stand at one."""

    __tablename__ = "crm_contact_names"
    __table_args__ = (Index("ix_crm_contact_names_kind_value", "kind", "value"),)

    crm_contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_contacts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)


class CrmLead(AgentBase):
    """A lead of the CRM as it was read last."""

    __tablename__ = "crm_leads"
    __table_args__ = (
        UniqueConstraint("connection_id", "vendor_id"),
        Index("ix_crm_leads_connection_id_stage_vendor_id_id", "connection_id", "stage_vendor_id", "id"),
        Index("ix_crm_leads_main_contact", "connection_id", "contact_vendor_id"),
        Index("ix_crm_leads_changed_at_id", "changed_at", "id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    vendor_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    price: Mapped[int] = mapped_column(BigInteger)
    """In whole units of the connection's currency, as the CRM keeps it."""
    pipeline_vendor_id: Mapped[int] = mapped_column(BigInteger)
    stage_vendor_id: Mapped[int] = mapped_column(BigInteger)
    contact_vendor_id: Mapped[int | None] = mapped_column(BigInteger)
    """The CRM's number of its main contact."""
    contacts: Mapped[list[Any]] = mapped_column(JSON)
    """The numbers of all its contacts, the main one first."""
    responsible_id: Mapped[int | None] = mapped_column(BigInteger)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_deleted: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    stage_since: Mapped[datetime] = mapped_column(Moment)
    """When we saw it come to its stage."""
    read_at: Mapped[datetime] = mapped_column(Moment)


class DeedState(StrEnum):
    """How far something we do in the CRM is."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    """The CRM said no, or it made no sense any more; ``problem`` says why."""
    UNSETTLED = "unsettled"
    """Nobody knows whether it arrived, and it cannot be looked up: a person is told."""


class CrmDeed(AgentBase):
    """Something we do in the CRM, once: stored with the reason for it, done by a task."""

    __tablename__ = "crm_deeds"
    __table_args__ = (
        Index("ix_crm_deeds_lead", "connection_id", "lead_vendor_id", "id"),
        Index(
            "ix_crm_deeds_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    lead_vendor_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    """Of ours, so that it is found when he wants to be forgotten."""
    about: Mapped[str] = mapped_column(Text, unique=True)
    """Its own name for ever, ``note:message:12``: asked for twice it is done once."""
    kind: Mapped[str] = mapped_column(Text)
    """note, move, fields, task or bot; letter is one of the lead's that our own mailer carries."""
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    vendor_id: Mapped[int | None] = mapped_column(BigInteger)
    """The CRM's number of what was made."""
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a request left that may have arrived: before the next one it is looked for."""
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class CrmNotedTalk(AgentBase):
    """How far what was said in a conversation has been noted in a lead: up to this message."""

    __tablename__ = "crm_noted_talks"

    lead_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_leads.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(_Id)


class CrmTemplate(AgentBase):
    """A letter or message that is sent when a lead enters a stage."""

    __tablename__ = "crm_templates"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    connection_id: Mapped[int] = mapped_column(_Id, ForeignKey("crm_connections.id"))
    pipeline_vendor_id: Mapped[int] = mapped_column(BigInteger)
    stage_vendor_id: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(Text)
    """email or chat."""
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    """With ``{name}``, ``{lead}``, ``{price}``, ``{shop}`` and ``{field:НАЗВАНИЕ}``."""
    is_on: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Moment)
