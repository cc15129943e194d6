"""What a template may leave open: ``{name}``, ``{lead}``, ``{price}``, ``{shop}`` and ``{field:Город}``."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.crm import leads
from saudager.crm.models import CrmConnection, CrmContact, CrmField, CrmLead
from saudager.errors import Refused
from saudager.orders.naming import first_name
from saudager.orders.words import money
from saudager.settings import Settings

_OPEN = re.compile(r"\{([^{}]*)\}")
_FIELD = "field:"
_KNOWN = ("name", "lead", "price", "shop")
_DATES = {"date": "%d.%m.%Y", "birthday": "%d.%m.%Y", "date_time": "%d.%m.%Y %H:%M"}
"""Kinds of fields that hold seconds since the epoch."""


class Empty(Exception):
    """There is nothing to put in the place of a placeholder; the message is its name."""


def check(session: Session, connection_id: int, text: str) -> None:
    """Raises Refused for a placeholder nobody knows, with its name, and for a brace that belongs to none."""
    if any(sign in _OPEN.sub("", text) for sign in "{}"):
        raise Refused("В шаблоне скобка не закрыта или лишняя. Имя пишут так: {name}.")
    known = {field.name for field in _fields(session, connection_id)}
    for name in _OPEN.findall(text):
        is_known = name.removeprefix(_FIELD).strip() in known if name.startswith(_FIELD) else name in _KNOWN
        if not is_known:
            listed = ", ".join(f"{{{one}}}" for one in (*_KNOWN, "field:Название поля"))
            raise Refused(f"В шаблоне есть {{{name}}}, а такого поля нет. Можно: {listed}.")


def filler(session: Session, lead: CrmLead, settings: Settings) -> Callable[[str], str]:
    """What fills a text with the lead's values; it raises Empty for a value that is not there."""
    connection = session.get_one(CrmConnection, lead.connection_id)
    contact = leads.main_contact(session, lead)
    fields = _fields(session, connection.id)

    def value(name: str) -> str:
        if name.startswith(_FIELD):
            return _of_field(name.removeprefix(_FIELD).strip(), fields, lead, contact, settings)
        if name == "price":
            return money(Decimal(lead.price), connection.currency) if lead.price else ""
        return {"name": _name(session, contact), "lead": lead.name, "shop": settings.shop_name}.get(name, "")

    def fill(text: str) -> str:
        def put(found: re.Match[str]) -> str:
            if not (words := value(found[1]).strip()):
                raise Empty(found[0])
            return words

        return _OPEN.sub(put, text)

    return fill


def _name(session: Session, contact: CrmContact | None) -> str:
    if contact is None:
        return ""
    ours = None if contact.contact_id is None else session.get_one(Contact, contact.contact_id)
    names = (contact.name, *((ours.name, ours.full_name) if ours else ()))
    return next((found for name in names if (found := first_name(name))), "")


def _fields(session: Session, connection_id: int) -> Sequence[CrmField]:
    """Those of leads before those of contacts."""
    query = select(CrmField).where(CrmField.connection_id == connection_id)
    return sorted(session.scalars(query), key=lambda field: (field.entity != "leads", field.id))


def _of_field(
    name: str, fields: Sequence[CrmField], lead: CrmLead, contact: CrmContact | None, settings: Settings
) -> str:
    for field in fields:
        if field.name != name:
            continue
        held: Mapping[str, Sequence[Any]] = (
            lead.values if field.entity == "leads" else contact.values if contact else {}
        )
        if found := [shown(one, field.kind, settings) for one in held.get(str(field.vendor_id), ())]:
            return ", ".join(found)
    return ""


def shown(value: Any, kind: str, settings: Settings) -> str:
    """What stands in a field of a kind, in words."""
    if kind in _DATES and str(value).lstrip("-").isdigit():
        return f"{datetime.fromtimestamp(int(value), UTC).astimezone(settings.zone):{_DATES[kind]}}"
    if isinstance(value, bool):
        return "да" if value else "нет"
    return str(value)
