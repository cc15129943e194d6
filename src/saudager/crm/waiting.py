"""A deed that waits to be done in the CRM: read, marked as tried, and ended with what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.contracts import DeliveryReport, DeliveryState
from saudager.conversations.models import Contact
from saudager.crm import leads
from saudager.crm.deeds import DeedKind
from saudager.crm.models import CrmConnection, CrmDeed, CrmLead, DeedState
from saudager.db.statements import Statement, moment
from saudager.outreach import door, release

_ERASED = "клиента попросили забыть"
UNWELCOME = "письмо уже не к месту: клиент ответил, попросил не писать или с ним говорит человек"
_BETWEEN_BOTS = timedelta(minutes=1)
"""A bot reads its field a while after it was started: the words of the next one must not stand there by then."""
_TOLD: dict[str, str] = {
    DeedKind.NOTE: "заметка",
    DeedKind.MOVE: "переход на этап",
    DeedKind.FIELDS: "значения полей",
    DeedKind.TASK: "задача",
    DeedKind.BOT: "запуск бота",
}


@dataclass(frozen=True, slots=True)
class Due:
    """A deed as it waits to be done. ``tried_at``: a request left then that may have arrived."""

    id: int
    connection_id: int
    lead: int
    kind: DeedKind
    body: dict[str, Any]
    created_at: datetime
    tried_at: datetime | None


def waiting(session: Session, deed_id: int, *, now: datetime) -> Due | None:
    """The deed, unless it is over; for somebody who was forgotten nothing is done any more, and a letter that is not
    welcome any more does not leave."""
    deed = session.get_one(CrmDeed, deed_id)
    if deed.state != DeedState.WAITING:
        return None
    assert deed.lead_vendor_id is not None
    kind = DeedKind(deed.kind)
    due = Due(deed.id, deed.connection_id, deed.lead_vendor_id, kind, deed.body, deed.created_at, deed.tried_at)
    contact = None if deed.contact_id is None else session.get_one(Contact, deed.contact_id)
    if not deed.body or (contact is not None and contact.erased_at is not None):
        end(session, due, DeedState.REFUSED, _ERASED, is_asked=False, now=now)
        return None
    letter = deed.body.get("letter")
    if letter is not None and deed.tried_at is None and not release.is_welcome(session, letter, now=now):
        end(session, due, DeedState.REFUSED, UNWELCOME, is_asked=False, now=now)
        return None
    return due


def end(
    session: Session,
    due: Due,
    state: DeedState,
    problem: str | None,
    *,
    made: int | None = None,
    is_asked: bool = True,
    now: datetime,
) -> None:
    """Keep what became of it, once; of a letter its ledger is told, and of what went wrong a person."""
    ended = _SETTLED(session, id=due.id, state=state, vendor_id=made, problem=problem, now=now).rowcount
    if ended < 1:
        return
    if (letter := due.body.get("letter")) is not None:
        _report(session, due, letter, state, problem, now)
    if problem is not None and is_asked:
        ask_a_person(session, due, problem, now)


def _report(session: Session, due: Due, letter: str, state: DeedState, problem: str | None, now: datetime) -> None:
    """The letter that was to leave by this deed, as its ledger is told of every other; or it never went."""
    if state is DeedState.REFUSED and door.withdraw(session, letter, problem or "", now):
        return
    fates = {DeedState.DONE: DeliveryState.SENT, DeedState.UNSETTLED: DeliveryState.UNSETTLED}
    report = DeliveryReport(
        id=f"{letter}:crm",
        created_at=now,
        account=f"crm:{due.connection_id}",
        for_=letter,
        state=fates.get(state, DeliveryState.FAILED),
        reason=problem,
    )
    release.note_report(session, report, now=now)


def ask_a_person(session: Session, due: Due, problem: str, now: datetime) -> None:
    """Show what went wrong, beside the lead where it is known."""
    lead = session.scalars(
        select(CrmLead).where(CrmLead.connection_id == due.connection_id, CrmLead.vendor_id == due.lead)
    ).one_or_none()
    about = f"crm:{due.connection_id}" if lead is None else leads.about(lead.id)
    title = session.get_one(CrmConnection, due.connection_id).title
    name = "" if lead is None else f", сделка «{lead.name}»"
    attention.ask(session, Why.CRM, about, f"«{title}»{name}, {_TOLD[due.kind]}: {problem}", now=now)


def tries(session: Session, due: Due, *, now: datetime) -> bool:
    """From now on a request may have arrived; False for a letter that was withdrawn this very moment."""
    letter = due.body.get("letter")
    if letter is not None and due.tried_at is None and not release.goes_now(session, letter, now=now):
        return False
    _TRIED(session, id=due.id, at=now)
    return True


def was_not_tried(session: Session, due: Due) -> None:
    """What left certainly did not arrive."""
    _TRIED(session, id=due.id, at=due.tried_at)


def made_by_others(session: Session, due: Due) -> set[int]:
    """The CRM's numbers of what other deeds have made in the lead."""
    rows = _MADE(session, connection=due.connection_id, lead=due.lead, kind=due.kind, id=due.id).fetchall()
    return {row[0] for row in rows}


def bot_rests(session: Session, due: Due, *, now: datetime) -> datetime | None:
    """Until when no other bot may be run on the lead."""
    if due.kind is not DeedKind.BOT:
        return None
    last = moment(_LAST_BOT(session, connection=due.connection_id, lead=due.lead).fetchone()[0])
    return None if last is None or last + _BETWEEN_BOTS <= now else last + _BETWEEN_BOTS


_SETTLED = Statement("""
    update crm_deeds set state = :state, vendor_id = :vendor_id, problem = :problem, done_at = :now
    where id = :id and state = 'waiting'""")
_TRIED = Statement("update crm_deeds set tried_at = :at where id = :id and state = 'waiting'")
_MADE = Statement("""
    select vendor_id from crm_deeds
    where connection_id = :connection and lead_vendor_id = :lead and kind = :kind and id <> :id
        and vendor_id is not null""")
_LAST_BOT = Statement("""
    select max(done_at) from crm_deeds
    where connection_id = :connection and lead_vendor_id = :lead and kind = 'bot' and state in ('done', 'unsettled')""")
