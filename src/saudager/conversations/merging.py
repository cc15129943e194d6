"""Two contacts that prove to be one person, and one that proves to be two: what was moved is remembered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TableClause, column, func, select, table, update
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact, Conversation, Identity, Merge
from saudager.db.statements import Statement
from saudager.errors import NotFound, Refused
from saudager.phones import normalise_phone

Names = Sequence[tuple[str, str]]

MERGED = "merged"
"""Why a deal or a chain of touches ended that the other contact had too."""

_OF_A_CONTACT = (
    "consents",
    "outreach_verdicts",
    "contact_notes",
    "orders",
    "order_triggers",
    "companies",
    "persons",
    "crm_contacts",
    "crm_deeds",
    "rule_runs",
)
_OF_A_TALK = [
    table(name, column("id"), column("contact_id"), column("conversation_id"))
    for name in ("scheduled_calls", "cases", "deals", "follow_ups", "events", "journeys")
]
_BELONGINGS = [
    *(table(name, column("id"), column("contact_id")) for name in _OF_A_CONTACT),
    *_OF_A_TALK,
]
"""What rooms above this one keep of a contact, and what follows him when he proves to be another."""

_TAKEN_WHEN_MISSING = ("phone_number", "name", "full_name", "business_name")
_THE_LATER = ("last_message_at", "last_purchase_at")
_CLASSIFICATION = (
    "is_client",
    "classification_confidence",
    "classification_reasoning",
    "classified_at",
    "classified_by",
    "overruled",
)


def merge(session: Session, kept_id: int, merged_id: int, *, now: datetime) -> Merge:
    """Move identities, conversations and all else that is kept of one contact to another; what was moved is remembered.

    Of two open deals the older stays open, of two chains of touches the one with our latest word, of two journeys
    through one sequence the one begun first; the other ends ``merged``. Of two groups of the trial the kept contact's
    counts. Raises Refused for a contact and himself, or one that was merged or erased already.
    """
    kept, merged = _one_of_two(session, kept_id), _one_of_two(session, merged_id)
    if kept is merged:
        raise Refused("Нельзя объединить контакт с ним самим: выберите другой.")
    moved: dict[str, Any] = {"closed": _close_the_second(session, kept_id, merged_id, now=now)}
    for belongings in _BELONGINGS:
        ids = session.scalars(select(belongings.c.id).where(belongings.c.contact_id == merged_id)).all()
        if ids:
            moved[belongings.name] = list(ids)
            session.execute(update(belongings).where(belongings.c.contact_id == merged_id).values(contact_id=kept_id))
    _LOOK_AT_ORDERS(session, contact=kept_id)
    moved["identities"] = _hand_over(session.scalars(select(Identity).where(Identity.contact_id == merged_id)), kept_id)
    moved["conversations"] = _hand_over(
        session.scalars(select(Conversation).where(Conversation.contact_id == merged_id)), kept_id
    )
    if _PASS_ON_GROUP(session, to_id=kept_id, of_id=merged_id).rowcount > 0:
        moved["holdout"] = True
    moved["before"] = _take_over(kept, merged)
    merged.merged_into_id = kept_id
    done = Merge(kept_id=kept_id, merged_id=merged_id, moved=moved, merged_at=now)
    session.add(done)
    session.flush()
    return done


def undo(session: Session, merge_id: int, *, now: datetime) -> None:
    """Part two contacts again; what was said in the other's conversations since goes with them.

    Raises NotFound when there is no such merge or it was undone before.
    """
    done = session.get(Merge, merge_id)
    if done is None or done.undone_at is not None or not done.moved:
        raise NotFound("Такого объединения нет, или его уже отменили.")
    moved, back = done.moved, {"contact_id": done.merged_id}
    for kind, value in moved["identities"]:
        session.execute(update(Identity).where(Identity.kind == kind, Identity.value == value).values(back))
    session.execute(update(Conversation).where(Conversation.id.in_(moved["conversations"])).values(back))
    for belongings in _BELONGINGS:
        session.execute(update(belongings).where(belongings.c.id.in_(moved.get(belongings.name, []))).values(back))
    _LOOK_AT_ORDERS(session, contact=done.merged_id)
    if moved.get("holdout"):
        _PASS_ON_GROUP(session, to_id=done.merged_id, of_id=done.kept_id)
    _follow_conversations(session, moved["conversations"], done.kept_id, done.merged_id)
    for name, ids in moved.get("closed", {}).items():
        for id in ids:
            _REOPEN[name](session, id=id)
    kept, merged = session.get_one(Contact, done.kept_id), session.get_one(Contact, done.merged_id)
    _give_back(kept, merged, moved.get("before", {}))
    merged.merged_into_id = None
    done.undone_at = now


def split(session: Session, contact_id: int, names: Names, *, now: datetime) -> int:
    """Make another contact of some names of one; returns his id. Names of one number stay together, and their
    conversations go with them, with what belongs to those. A wish not to be written to holds for both.

    Raises Refused when no name would go or none would stay, NotFound when a name is not his.
    """
    parted = _one_of_two(session, contact_id)
    his = session.scalars(select(Identity).where(Identity.contact_id == contact_id)).all()
    chosen = {number_of(kind, value) for kind, value in names}
    if unknown := chosen - {number_of(one.kind, one.value) for one in his}:
        raise NotFound(f"У контакта нет таких имён: {', '.join(value for _, value in sorted(unknown))}.")
    going = [one for one in his if number_of(one.kind, one.value) in chosen]
    if not going or len(going) == len(his):
        raise Refused("Чтобы разделить контакт, отметьте часть имён: хотя бы одно уходит и хотя бы одно остаётся.")
    phones: dict[bool, list[str]] = {True: [], False: []}
    for one in his:
        if one.kind == "phone":
            phones[one in going].append(one.value)
    other = Contact(created_at=now, updated_at=now, phone_number=next(iter(phones[True]), None))
    for name in _CLASSIFICATION:
        setattr(other, name, getattr(parted, name))
    session.add(other)
    session.flush()
    chats = [one.value for one in going if one.kind == "chat"]
    conversations = session.scalars(
        select(Conversation).where(Conversation.contact_id == contact_id, Conversation.chat.in_(chats))
    ).all()
    moved: dict[str, Any] = {
        "split": True,
        "identities": _hand_over(going, other.id),
        "conversations": _hand_over(conversations, other.id),
    }
    session.flush()
    _follow_conversations(session, moved["conversations"], contact_id, other.id)
    _SAME_WISH(session, contact=contact_id, other=other.id)
    other.last_message_at = max(filter(None, (one.last_message_at for one in conversations)), default=None)
    if parted.phone_number in phones[True]:
        parted.phone_number = next(iter(phones[False]), None)
    session.add(Merge(kept_id=contact_id, merged_id=other.id, moved=moved, merged_at=now, undone_at=now))
    return other.id


def everybody(session: Session, contact_id: int) -> list[int]:
    """The contact and all that were merged into him and not parted again, himself first."""
    found = [contact_id]
    for one in found:
        found += session.scalars(select(Contact.id).where(Contact.merged_into_id == one).order_by(Contact.id)).all()
    return found


def history(session: Session, contact_id: int) -> Sequence[Merge]:
    """Merges and splits the contact was part of, newest first."""
    part = (Merge.kept_id == contact_id) | (Merge.merged_id == contact_id)
    return session.scalars(select(Merge).where(part).order_by(Merge.id.desc())).all()


def moving(session: Session, contact_id: int) -> dict[str, int]:
    """What would follow the contact into another, by table: ``{"conversations": 2, "deals": 1}``."""
    counts = {
        kept.name: session.scalar(select(func.count()).where(kept.c.contact_id == contact_id)) or 0
        for kept in (Identity.__table__, Conversation.__table__, *_BELONGINGS)
        if isinstance(kept, TableClause)
    }
    return {name: count for name, count in counts.items() if count}


def _one_of_two(session: Session, contact_id: int) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound(f"Контакта {contact_id} нет.")
    if contact.merged_into_id is not None:
        raise Refused(f"Контакт {contact_id} уже объединён с контактом {contact.merged_into_id}.")
    return contact


def _hand_over(rows: Iterable[Any], contact_id: int) -> list[Any]:
    """What the rows are remembered by."""
    handed = []
    for row in rows:
        row.contact_id = contact_id
        handed.append([row.kind, row.value] if isinstance(row, Identity) else row.id)
    return handed


def _close_the_second(session: Session, kept_id: int, merged_id: int, *, now: datetime) -> dict[str, list[int]]:
    closed = {}
    for name, both_open in _OPEN.items():
        second = [row[0] for row in both_open(session, kept=kept_id, merged=merged_id).fetchall()][1:]
        for id in second:
            _CLOSE[name](session, id=id, now=now)
        if second:
            closed[name] = second
    if same_way := [row[0] for row in _SAME_WAY(session, kept=kept_id, merged=merged_id).fetchall()]:
        for id in same_way:
            _CLOSE["journeys"](session, id=id, now=now)
        closed["journeys"] = same_way
    return closed


def _take_over(kept: Contact, merged: Contact) -> dict[str, Any]:
    """Let one contact know what only the other tells; what stood there before, as JSON can hold it."""
    taken = [name for name in _TAKEN_WHEN_MISSING if getattr(kept, name) is None and getattr(merged, name) is not None]
    taken += [name for name in _THE_LATER if _is_later(getattr(merged, name), getattr(kept, name))]
    is_surer = merged.classified_by is not None and kept.classified_by is None
    if merged.is_client is not None and (kept.is_client is None or is_surer):
        taken += _CLASSIFICATION
    before = {name: _plain(getattr(kept, name)) for name in taken}
    for name in taken:
        setattr(kept, name, getattr(merged, name))
    return before


def _give_back(kept: Contact, merged: Contact, before: dict[str, Any]) -> None:
    """What was taken over goes, unless it has been changed since."""
    for name, value in before.items():
        if getattr(kept, name) == getattr(merged, name):
            is_moment = name.endswith("_at") and value is not None
            setattr(kept, name, datetime.fromisoformat(value) if is_moment else value)


def _follow_conversations(session: Session, conversations: list[int], of_id: int, to_id: int) -> None:
    for belongings in _OF_A_TALK:
        session.execute(
            update(belongings)
            .where(belongings.c.contact_id == of_id, belongings.c.conversation_id.in_(conversations))
            .values(contact_id=to_id)
        )


def number_of(kind: str, value: str) -> tuple[str, str]:
    """The phone number behind a name, or else the name itself."""
    number = normalise_phone(value) if kind in ("phone", "chat") else None
    return (kind, value) if number is None else ("phone", number)


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


_OPEN = {
    "deals": Statement("""
        select id from deals where contact_id in (:kept, :merged) and closed_at is null order by opened_at, id"""),
    "follow_ups": Statement("""
        select id from follow_ups where contact_id in (:kept, :merged) and not is_completed
        order by anchor_at desc, id"""),
}
_SAME_WAY = Statement("""
    select j.id from journeys j
    where j.contact_id in (:kept, :merged) and j.state = 'going' and not j.is_single and j.about like 'contact:%'
        and exists (
            select 1 from journeys earlier
            where earlier.automation_id = j.automation_id and earlier.contact_id in (:kept, :merged)
                and earlier.state = 'going' and not earlier.is_single and earlier.about like 'contact:%'
                and earlier.id < j.id)""")
"""Journeys of the two through the same sequence, but for the one begun first."""
_CLOSE = {
    "deals": Statement("update deals set closed_at = :now, outcome = 'merged' where id = :id"),
    "follow_ups": Statement("""
        update follow_ups set is_completed = true, stop_reason = 'merged', completed_at = :now where id = :id"""),
    "journeys": Statement("""
        update journeys set state = 'stopped', reason = 'merged', ended_at = :now where id = :id"""),
}
_REOPEN = {
    "deals": Statement("""
        update deals set closed_at = null, outcome = null where id = :id and outcome = 'merged' and not exists (
            select 1 from deals other where other.contact_id = deals.contact_id and other.closed_at is null)"""),
    "follow_ups": Statement("""
        update follow_ups set is_completed = false, stop_reason = null, completed_at = null
        where id = :id and stop_reason = 'merged' and not exists (
            select 1 from follow_ups other
            where other.contact_id = follow_ups.contact_id and not other.is_completed)"""),
    "journeys": Statement("""
        update journeys set state = 'going', reason = null, ended_at = null
        where id = :id and state = 'stopped' and reason = 'merged' and not exists (
            select 1 from journeys other
            where other.key = journeys.key and other.automation_id = journeys.automation_id
                and other.state = 'going')"""),
}
_PASS_ON_GROUP = Statement("""
    update holdout set contact_id = :to_id
    where contact_id = :of_id and not exists (select 1 from holdout theirs where theirs.contact_id = :to_id)""")
_LOOK_AT_ORDERS = Statement("update orders set for_sales = true where contact_id = :contact")
"""The invoices made from orders follow them to the other contact."""
_SAME_WISH = Statement("""
    insert into consents (contact_id, wish, words, said_at)
    select :other, wish, words, said_at from consents
    where id = (select max(id) from consents where contact_id = :contact) and wish <> 'resume'""")
