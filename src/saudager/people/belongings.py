"""Where the shop keeps anything about a contact: what is handed out of each table, and what is emptied of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    case,
    cast,
    column,
    delete,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

import saudager.attention
import saudager.calls.models
import saudager.conversations.models
import saudager.engines.models
import saudager.events.models
import saudager.followups.models
import saudager.knowledge.models
import saudager.operators.models
import saudager.outreach.models
import saudager.people.models
import saudager.trust.models  # noqa: F401  the tables are known once their models are
from saudager.automation.models import Journey
from saudager.conversations.models import Contact, Conversation, Identity
from saudager.crm.models import CrmContact, CrmLead
from saudager.db.base import AgentBase
from saudager.letters.models import Letter
from saudager.orders.models import Order
from saudager.phones import normalise_phone
from saudager.sales.models import Company, Invoice, Person

AT_ONCE = 500
"""Rows a transaction reads or empties."""

_CODE_ALONE = object()
"""A reason that is one word of ours stays; a sentence may quote somebody and goes."""
_OWN_NUMBER = object()
"""What a row is known by becomes ``erased:`` and its number: nobody is found by it, and no two rows are alike."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A person as the tables know him: his contacts (more than one when some were merged), their conversations, and the
    leads of a CRM that are his."""

    contacts: Sequence[int]
    conversations: Sequence[int]
    leads: Sequence[int]

    @property
    def subjects(self) -> list[str]:
        """As desk and audit name them."""
        return [
            *(f"contact:{one}" for one in self.contacts),
            *(f"conversation:{one}" for one in self.conversations),
            *(f"lead:{one}" for one in self.leads),
        ]


@dataclass(frozen=True, slots=True)
class Belonging:
    """A table with rows about people. ``by`` is the column that says whose; ``emptied`` what erasing puts into which
    column, None when the whole row goes."""

    name: str
    by: str
    emptied: Mapping[str, Any] | None = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return AgentBase.metadata.tables[self.name]

    def of(self, whose: Whose) -> ColumnElement[bool]:
        columns = self.table.c
        if self.by == "about":
            return columns.about.in_(whose.subjects)
        if self.by == "conversation_id":
            return columns.conversation_id.in_(whose.conversations)
        if self.by in _OF:
            return _OF[self.by](columns, whose)
        if self.by == "order_id":
            return columns.order_id.in_(select(Order.id).where(Order.contact_id.in_(whose.contacts)))
        if self.by == "kept_id":
            return or_(columns.kept_id.in_(whose.contacts), columns.merged_id.in_(whose.contacts))
        return columns[self.by].in_(whose.contacts)


def _persons(columns: Any, whose: Whose) -> ColumnElement[bool]:
    """Who is linked to the contact, or is told with an address or a number of his."""
    known = select(Identity.value).where(Identity.contact_id.in_(whose.contacts))
    return or_(
        columns.contact_id.in_(whose.contacts),
        columns.email.in_(known.where(Identity.kind == "email")),
        columns.phone.in_(known.where(Identity.kind == "phone")),
    )


def persons_of(whose: Whose) -> Select[Any]:
    """Ids of the persons he is in companies."""
    return select(Person.id).where(_persons(Person, whose))


def _leads(columns: Any, contacts: Sequence[int]) -> ColumnElement[bool]:
    """Leads of which he is the main contact."""
    his = select(CrmContact.connection_id, CrmContact.vendor_id).where(CrmContact.contact_id.in_(contacts))
    return tuple_(columns.connection_id, columns.contact_vendor_id).in_(his)


_OF: Mapping[str, Callable[[Any, Whose], ColumnElement[bool]]] = {
    "person": _persons,
    "address": lambda columns, whose: columns.address.in_(select(Person.email).where(_persons(Person, whose))),
    "invoice": lambda columns, whose: or_(
        columns.company_id.in_(select(Company.id).where(Company.contact_id.in_(whose.contacts))),
        columns.person_id.in_(persons_of(whose)),
    ),
    "journey_id": lambda columns, whose: columns.journey_id.in_(
        select(Journey.id).where(Journey.contact_id.in_(whose.contacts))
    ),
    "lead": lambda columns, whose: _leads(columns, whose.contacts),
    "crm_contact_id": lambda columns, whose: columns.crm_contact_id.in_(
        select(CrmContact.id).where(CrmContact.contact_id.in_(whose.contacts))
    ),
    "person_id": lambda columns, whose: columns.person_id.in_(persons_of(whose)),
    "invoice_id": lambda columns, whose: columns.invoice_id.in_(
        select(Invoice.id).where(_OF["invoice"](Invoice, whose))
    ),
    "letter_id": lambda columns, whose: columns.letter_id.in_(
        select(Letter.id).where(Letter.person_id.in_(persons_of(whose)))
    ),
}
"""Whose a row is that is no contact's of its own."""

BELONGINGS = (
    Belonging("identities", "contact_id", None),
    Belonging("contact_notes", "contact_id", None),
    Belonging("open_questions", "conversation_id", None),
    Belonging("call_offers", "conversation_id", None),
    Belonging("attention", "about", None),
    Belonging(
        "messages",
        "conversation_id",
        dict.fromkeys(
            ("text", "subject", "voice_transcription", "media", "message_id", "outgoing_id", "reply_to_message_id")
        )
        | {"delivery_reason": _CODE_ALONE},
    ),
    Belonging("turns", "conversation_id", {"trace": {}, "reason": _CODE_ALONE}),
    Belonging("drafts", "conversation_id", {"text": "", "reason": None, "sent_text": None}),
    Belonging("cases", "contact_id", {"reason": "—", "summary": "", "outcome": None}),
    Belonging("deals", "contact_id", {"summary": ""}),
    Belonging("scheduled_calls", "contact_id", {"notes": None, "outcome": None}),
    Belonging("follow_ups", "contact_id", {"note": None}),
    Belonging("consents", "contact_id", {"words": ""}),
    Belonging("outreach_verdicts", "contact_id", {"reason": _CODE_ALONE}),
    Belonging("orders", "contact_id", dict.fromkeys(("buyer_name", "phone", "buyer_key"))),
    Belonging("order_lines", "order_id"),
    Belonging("order_statuses", "order_id"),
    Belonging("order_triggers", "contact_id", {"text": None}),
    Belonging("letter_versions", "letter_id", {"subject": "", "body": ""}),
    Belonging(
        "letters",
        "person_id",
        dict.fromkeys(("subject", "body", "context"), "")
        | {"key_points": [], "facts": [], "products": []}
        | dict.fromkeys(("personalization", "year"))
        | {"reason": _CODE_ALONE},
    ),
    Belonging("campaign_members", "person_id"),
    Belonging("invoice_lines", "invoice_id"),
    Belonging("invoices", "invoice"),
    Belonging("companies", "contact_id", {"name": "", "plain": "", "tax_id": None, "key": _OWN_NUMBER}),
    Belonging("suppressed_addresses", "address", None),
    Belonging(
        "persons",
        "person",
        {"name": "", "key": _OWN_NUMBER} | dict.fromkeys(("position", "email", "phone", "language")),
    ),
    Belonging("crm_leads", "lead", {"name": "", "values": {}}),
    Belonging("crm_contact_names", "crm_contact_id", None),
    Belonging(
        "crm_contacts",
        "contact_id",
        {"name": "", "phones": [], "emails": [], "values": {}, "joined": None, "parted": True},
    ),
    Belonging("crm_deeds", "contact_id", {"body": {}, "problem": None}),
    Belonging("crm_noted_talks", "conversation_id"),
    Belonging("journey_steps", "journey_id", {"detail": {}}),
    Belonging("journeys", "contact_id", {"facts": {}, "reason": _CODE_ALONE}),
    Belonging("rule_runs", "contact_id", {"trace": []}),
    Belonging("events", "contact_id", {"facts": {}}),
    Belonging("holdout", "contact_id", {}),
    Belonging("merges", "kept_id", {"moved": {}}),
    Belonging("audit", "about", {"details": {}}),
    Belonging("spend", "contact_id"),
    Belonging("conversations", "contact_id"),
    Belonging(
        "contacts",
        "id",
        dict.fromkeys(("phone_number", "name", "full_name", "business_name", "classification_reasoning", "overruled")),
    ),
)

NOT_ABOUT_CONTACTS = frozenset(
    {
        "automation_versions",
        "automations",
        "call_days",
        "campaigns",
        "conflicts",
        "crm_authorizations",
        "crm_connections",
        "crm_fields",
        "crm_pace",
        "crm_pipeline_stages",
        "crm_pipelines",
        "crm_templates",
        "crm_users",
        "daily_figures",
        "do_not_contact",
        "documents",
        "erasures",
        "exam_runs",
        "heard_events",
        "operator_browsers",
        "operator_links",
        "operator_recovery_codes",
        "operator_sessions",
        "operators",
        "order_imports",
        "outreach_accounts",
        "passages",
        "picture_series",
        "pictures",
        "products",
        "promises",
        "restorations",
        "sales_imports",
        "prompt_versions",
        "shelf",
        "seller_metrics_resets",
        "shop_settings",
        "shops",
        "system_mails",
        "sign_in_failures",
        "topics",
        "troubles",
        "web_lookups",
    }
)


def whose(session: Session, contacts: Sequence[int]) -> Whose:
    """The person behind these contacts."""
    found = select(Conversation.id).where(Conversation.contact_id.in_(contacts)).order_by(Conversation.id)
    leads = select(CrmLead.id).where(_leads(CrmLead, contacts)).order_by(CrmLead.id)
    return Whose(contacts, session.scalars(found).all(), session.scalars(leads).all())


def reached_at(session: Session, whose: Whose) -> tuple[list[str], list[str]]:
    """The numbers he is written to at, and the chats and addresses of mail, as the gateway knows them."""
    persons = session.execute(select(Person.phone, Person.email).where(Person.id.in_(persons_of(whose)))).all()
    names = session.execute(select(Identity.kind, Identity.value).where(Identity.contact_id.in_(whose.contacts))).all()
    chats = set(session.scalars(select(Conversation.chat).where(Conversation.id.in_(whose.conversations))))
    chats |= {value for kind, value in names if kind != "phone"} | {email for _, email in persons if email}
    numbers = set(session.scalars(select(Contact.phone_number).where(Contact.id.in_(whose.contacts))))
    numbers |= {value for kind, value in names if kind == "phone"} | {phone for phone, _ in persons}
    numbers |= {normalise_phone(chat) for chat in chats}
    return sorted(filter(None, numbers)), sorted(chats)


def rows(session: Session, belonging: Belonging, whose: Whose, *, after: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The next rows of a table about him, by its primary key; ``after`` is the key of the last one."""
    table = belonging.table
    key = list(table.primary_key)
    found = select(table).where(belonging.of(whose)).order_by(*key).limit(AT_ONCE)
    if after:
        found = found.where(_beyond(key, after))
    return [dict(row) for row in session.execute(found).mappings()]


def key_of(belonging: Belonging, row: Mapping[str, Any]) -> list[Any]:
    return [row[one.name] for one in belonging.table.primary_key]


def empty(session: Session, belonging: Belonging, whose: Whose, *, after: int) -> int | None:
    """Empty the next rows of a table; the number to go on after, or None when there are no more. Doing it twice changes
    nothing."""
    table = belonging.table
    if belonging.emptied is None:
        session.execute(delete(table).where(belonging.of(whose)))
        return None
    if not belonging.emptied:
        return None
    found = select(table.c.id).where(belonging.of(whose), table.c.id > after).order_by(table.c.id).limit(AT_ONCE)
    ids = session.scalars(found).all()
    if ids:
        session.execute(update(table).where(table.c.id.in_(ids)).values(dict(_values(belonging.emptied))))
    return ids[-1] if len(ids) == AT_ONCE else None


def _values(emptied: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in emptied.items():
        if value is _OWN_NUMBER:
            yield name, literal("erased:").concat(cast(column("id"), Text))
        else:
            yield name, _code_alone(column(name, Text)) if value is _CODE_ALONE else value


def _code_alone(reason: ColumnElement[str]) -> Any:
    return case((reason.like("%:%") | reason.like("% %"), None), else_=reason)


def _beyond(key: list[Any], after: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind this key in its order, spelled out for both kinds of database."""
    first, *rest = key
    beyond = first > literal(after[0], first.type)
    return or_(beyond, (first == literal(after[0], first.type)) & _beyond(rest, after[1:])) if rest else beyond
