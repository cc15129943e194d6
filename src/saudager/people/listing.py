"""The contacts as a list: by what they are to the shop, found by name or number, whoever wrote last first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from saudager.conversations import search
from saudager.conversations.models import Case, Contact, Identity
from saudager.errors import NotFound
from saudager.operators.models import AuditEntry
from saudager.orders import listing as orders
from saudager.outreach.consent import RESUME
from saudager.outreach.models import Consent

View = Literal["all", "clients", "not_clients", "unclear", "opted_out", "with_case", "whitelisted"]
_Place = tuple[datetime | None, int]
"""When the last one shown wrote, and who he is."""
_NOWHERE = "Эта ссылка на продолжение списка не годится. Откройте список сначала."


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in the list; ``wish`` is what stops our writing first: ``everything``, ``offers`` or nothing."""

    contact_id: int
    name: str | None
    phone: str | None
    is_client: bool | None
    confidence: float | None
    reasoning: str | None
    by_person: bool
    last_message_at: datetime | None
    has_case: bool
    wish: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the contacts, and where to go on; None: that was all."""

    rows: list[Row]
    next: str | None


def page(
    session: Session,
    view: View = "all",
    query: str = "",
    *,
    after: str | None = None,
    whitelist: Sequence[str] = (),
    limit: int = 50,
) -> Listed:
    """The contacts of a view that fit what is looked for: part of a name, digits of a number, a whole e-mail, the
    number of an order.

    ``after`` is ``Listed.next``; ``whitelist`` are the numbers of the view ``whitelisted``. Raises NotFound for an
    ``after`` that is none.
    """
    fits = and_(*_known(), *_of_view(view, whitelist), *_looked_for(session, query))
    place = _place(after) if after else None
    rows = (
        [] if place and place[0] is None else list(session.execute(_written(place).where(fits).limit(limit + 1)).all())
    )
    if len(rows) <= limit:
        rows += session.execute(_silent(place).where(fits).limit(limit + 1 - len(rows))).all()
    shown = [_row(*row) for row in rows[:limit]]
    return Listed(shown, _key(shown[-1]) if len(rows) > limit else None)


def mark(session: Session) -> str:
    """Changes when an operator has done something to a contact or to the whitelist."""
    done = select(AuditEntry.id).where(AuditEntry.action.startswith("contact."))
    return str(session.scalar(done.order_by(AuditEntry.id.desc()).limit(1)))


def _known() -> tuple[ColumnElement[bool], ...]:
    return Contact.merged_into_id.is_(None), Contact.erased_at.is_(None)


def _of_view(view: View, whitelist: Sequence[str]) -> list[ColumnElement[bool]]:
    conditions: dict[View, ColumnElement[bool]] = {
        "clients": Contact.is_client.is_(True),
        "not_clients": Contact.is_client.is_(False),
        "unclear": Contact.is_client.is_(None),
        "opted_out": Contact.id.in_(_opted_out()),
        "with_case": Contact.id.in_(select(Case.contact_id).where(Case.closed_at.is_(None))),
        "whitelisted": Contact.phone_number.in_(whitelist),
    }
    return [conditions[view]] if view in conditions else []


def _opted_out() -> Any:
    newest = select(func.max(Consent.id)).group_by(Consent.contact_id)
    return select(Consent.contact_id).where(Consent.id.in_(newest), Consent.wish != RESUME)


def _looked_for(session: Session, query: str) -> list[ColumnElement[bool]]:
    words = query.strip()
    if not words:
        return []
    if "@" in words:
        return [Contact.id.in_(select(Identity.contact_id).where(Identity.value == words.lower()))]
    return [Contact.id.in_([*search.contacts(session, words), *orders.buyers(session, words)])]


def _select() -> Any:
    case = exists().where(Case.contact_id == Contact.id, Case.closed_at.is_(None))
    newest = select(Consent.wish).where(Consent.contact_id == Contact.id).order_by(Consent.id.desc()).limit(1)
    return select(Contact, case.correlate(Contact), newest.correlate(Contact).scalar_subquery())


def _written(place: _Place | None) -> Any:
    found = _select().where(Contact.last_message_at.is_not(None))
    if place:
        moment, id = place
        earlier = and_(Contact.last_message_at == moment, Contact.id < id)
        found = found.where(Contact.last_message_at <= moment, or_(Contact.last_message_at < moment, earlier))
    return found.order_by(Contact.last_message_at.desc(), Contact.id.desc())


def _silent(place: _Place | None) -> Any:
    """Contacts without a single message come last."""
    found = _select().where(Contact.last_message_at.is_(None))
    if place and place[0] is None:
        found = found.where(Contact.id < place[1])
    return found.order_by(Contact.id.desc())


def _place(after: str) -> _Place:
    at, _, id = after.partition("|")
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC) if at else None
    except (ValueError, OverflowError):
        raise NotFound(_NOWHERE) from None
    if not (id.isdecimal() and len(id) < 19):
        raise NotFound(_NOWHERE)
    return moment, int(id)


def _key(row: Row) -> str:
    return f"{row.last_message_at.isoformat() if row.last_message_at else ''}|{row.contact_id}"


def _row(contact: Contact, has_case: bool, wish: str | None) -> Row:
    return Row(
        contact_id=contact.id,
        name=contact.full_name or contact.name or contact.business_name,
        phone=contact.phone_number,
        is_client=contact.is_client,
        confidence=contact.classification_confidence,
        reasoning=contact.classification_reasoning,
        by_person=contact.classified_by == "person",
        last_message_at=contact.last_message_at,
        has_case=bool(has_case),
        wish=None if wish == RESUME else wish,
    )
