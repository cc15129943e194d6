"""Do what waits to be done in the CRM: lead by lead, in order, each thing once, whatever dies or stays unanswered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import DeliveryReport, DeliveryState
from saudager.conversations.models import Contact
from saudager.crm import connections, leads, looking
from saudager.crm.deeds import QUEUE, DeedKind
from saudager.crm.models import CrmConnection, CrmDeed, CrmLead, DeedState
from saudager.db.statements import Statement, moment
from saudager.errors import BadCredentials, OutsideError, RateLimited, Refused, Rejected, Unanswered, Unreachable
from saudager.outreach import release
from saudager.providers.crm import Crm
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy

_GONE = "сделки больше нет в CRM"
_MOVED_ON = "сделку тем временем передвинули"
_ERASED = "клиента попросили забыть"
_NOBODY_KNOWS = "связь оборвалась, и неизвестно, запустился ли бот: второй раз он не запускается"
_SETTLES_IN, _LOOKED_AT_AGAIN_IN = timedelta(seconds=10), timedelta(minutes=10)
_DISCONNECTED_FOR = timedelta(hours=1)
_LEAST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
_BETWEEN_BOTS = timedelta(minutes=1)
"""A bot reads its field a while after it was started: the words of the next one must not stand there by then."""
_TOLD: dict[str, str] = {
    DeedKind.NOTE: "заметку",
    DeedKind.MOVE: "переход на этап",
    DeedKind.FIELDS: "значения полей",
    DeedKind.TASK: "задачу",
    DeedKind.BOT: "запуск бота",
}


class _Pointless(Exception):
    """It makes no sense any more; the message says why."""


class _Unknown(Exception):
    """Nobody knows whether it was done, and it cannot be looked up."""


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


async def work(app: App, lease: Lease) -> None:
    """Do the deeds of the leased lead; the first that has to wait holds up those behind it."""
    for message in lease.messages:
        due = await app.db.run(_due, message.body["deed"], now=app.clock.now())
        if due is not None and (until := await _settle(app, due)) is not None:
            await app.db.run(table.put_back, lease, until=until)
            return


async def _settle(app: App, due: Due) -> datetime | None:
    """Do it and keep what became of it; the moment to come back when it has to wait."""
    try:
        if (until := await app.db.read(_bot_rests, due, now=app.clock.now())) is not None:
            return until
        async with connections.at_work(app, due.connection_id) as crm:
            made = await _do(app, crm, due)
    except Rejected as error:
        await _ended(app, due, DeedState.REFUSED, str(error))
    except _Pointless as reason:
        await _ended(app, due, DeedState.REFUSED, str(reason), is_asked=False)
    except _Unknown:
        await _ended(app, due, DeedState.UNSETTLED, _NOBODY_KNOWS)
    except Unanswered:
        return app.clock.now() + _SETTLES_IN
    except (RateLimited, Unreachable, BadCredentials, Refused) as error:
        now = app.clock.now()
        await app.db.run(_not_tried, due)
        return now + _wait_after(error, due, now)
    else:
        await _ended(app, due, DeedState.DONE, made=made)
    return None


async def _do(app: App, crm: Crm, due: Due) -> int | None:
    """The CRM's number of what was made, if it has one."""
    body = due.body
    match due.kind:
        case DeedKind.NOTE:
            kind = body.get("kind", "common")

            async def look() -> int | None:
                notes = await crm.notes(due.lead, since=looking.since(due.tried_at))
                known = await app.db.read(_numbers, due)
                return looking.note(notes, body["text"], known)

            return await _once(app, due, look, lambda: crm.add_note(due.lead, body["text"], kind=kind))
        case DeedKind.TASK:
            moment_due = datetime.fromisoformat(body["due"])

            async def look() -> int | None:
                known = await app.db.read(_numbers, due)
                return looking.task(await crm.tasks(due.lead), body["text"], moment_due, known)

            responsible = body.get("responsible_id")
            return await _once(
                app,
                due,
                look,
                lambda: crm.add_task(due.lead, body["text"], due=moment_due, responsible_id=responsible),
            )
        case DeedKind.MOVE:
            await _move(app, crm, due)
        case DeedKind.FIELDS:
            await crm.fill(due.lead, _values(body))
        case DeedKind.BOT:
            await _run_bot(app, crm, due)
        case DeedKind.LETTER:
            pass
    return None


async def _once(app: App, due: Due, look: Callable[[], Awaitable[int | None]], do: Callable[[], Awaitable[int]]) -> int:
    if due.tried_at is not None and (found := await look()) is not None:
        return found
    await app.db.run(_tries, due, now=app.clock.now())
    return await do()


async def _move(app: App, crm: Crm, due: Due) -> None:
    found = await crm.leads_by_id([due.lead])
    if not found or found[0].is_deleted:
        raise _Pointless(_GONE)
    stands, to = [found[0].pipeline_id, found[0].stage_id], due.body["to"]
    if stands == to:
        return
    if stands != due.body["from"]:
        raise _Pointless(_MOVED_ON)
    await app.db.run(_tries, due, now=app.clock.now())
    await crm.move(due.lead, pipeline=to[0], stage=to[1])


async def _run_bot(app: App, crm: Crm, due: Due) -> None:
    if due.tried_at is not None:
        raise _Unknown
    if values := _values(due.body):
        await crm.fill(due.lead, values)
    await app.db.run(_tries, due, now=app.clock.now())
    await crm.run_bot(due.body["bot"], due.lead)


def _values(body: dict[str, Any]) -> dict[int, str]:
    return {int(field): text for field, text in body["values"].items()}


def _wait_after(error: OutsideError | Refused, due: Due, now: datetime) -> timedelta:
    """The longer it has waited, the longer it goes on waiting while the CRM cannot be reached."""
    if isinstance(error, RateLimited):
        return timedelta(seconds=error.retry_after)
    if isinstance(error, BadCredentials):
        return _LOOKED_AT_AGAIN_IN
    if isinstance(error, Refused):
        return _DISCONNECTED_FOR
    return min(max((now - due.created_at) / 2, _LEAST_WAIT), _LONGEST_WAIT)


async def _ended(
    app: App,
    due: Due,
    state: DeedState,
    problem: str | None = None,
    *,
    made: int | None = None,
    is_asked: bool = True,
) -> None:
    await app.db.run(_end, due, state, problem, made=made, is_asked=is_asked, now=app.clock.now())


def _due(session: Session, deed_id: int, *, now: datetime) -> Due | None:
    deed = session.get_one(CrmDeed, deed_id)
    if deed.state != DeedState.WAITING:
        return None
    assert deed.lead_vendor_id is not None
    kind = DeedKind(deed.kind)
    due = Due(deed.id, deed.connection_id, deed.lead_vendor_id, kind, deed.body, deed.created_at, deed.tried_at)
    contact = None if deed.contact_id is None else session.get_one(Contact, deed.contact_id)
    if not deed.body or (contact is not None and contact.erased_at is not None):
        _end(session, due, DeedState.REFUSED, _ERASED, made=None, is_asked=False, now=now)
        return None
    return due


def _end(
    session: Session,
    due: Due,
    state: DeedState,
    problem: str | None,
    *,
    made: int | None,
    is_asked: bool,
    now: datetime,
) -> None:
    ended = _SETTLED(session, id=due.id, state=state, vendor_id=made, problem=problem, now=now).rowcount
    if ended < 1:
        return
    if (letter := due.body.get("letter")) is not None:
        _report(session, due, letter, state, problem, now)
    if problem is not None and is_asked:
        _ask_a_person(session, due, problem, now)


def _report(session: Session, due: Due, letter: str, state: DeedState, problem: str | None, now: datetime) -> None:
    """The letter that was to leave by this deed, as its ledger is told of every other."""
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


def _ask_a_person(session: Session, due: Due, problem: str, now: datetime) -> None:
    lead = session.scalars(
        select(CrmLead).where(CrmLead.connection_id == due.connection_id, CrmLead.vendor_id == due.lead)
    ).one_or_none()
    about = f"crm:{due.connection_id}" if lead is None else leads.about(lead.id)
    title = session.get_one(CrmConnection, due.connection_id).title
    name = "" if lead is None else f" в сделке «{lead.name}»"
    attention.ask(session, Why.CRM, about, f"«{title}» не приняла {_TOLD[due.kind]}{name}: {problem}", now=now)


def _bury(session: Session, message: Message, reason: str, now: datetime) -> None:
    """It still waits, but for a person who looks at the dead letters."""
    due = _due(session, message.body["deed"], now=now)
    if due is not None:
        _ask_a_person(session, due, reason, now)


def _tries(session: Session, due: Due, *, now: datetime) -> None:
    _TRIED(session, id=due.id, at=now)


def _not_tried(session: Session, due: Due) -> None:
    """What left certainly did not arrive."""
    _TRIED(session, id=due.id, at=due.tried_at)


def _numbers(session: Session, due: Due) -> set[int]:
    """The CRM's numbers of what other deeds have made in the lead."""
    rows = _MADE(session, connection=due.connection_id, lead=due.lead, kind=due.kind, id=due.id).fetchall()
    return {row[0] for row in rows}


def _bot_rests(session: Session, due: Due, *, now: datetime) -> datetime | None:
    """Until when no other bot may be run on the lead."""
    if due.kind is not DeedKind.BOT:
        return None
    last = moment(_LAST_BOT(session, connection=due.connection_id, lead=due.lead).fetchone()[0])
    return None if last is None or last + _BETWEEN_BOTS <= now else last + _BETWEEN_BOTS


POLICY = Policy(QUEUE, max_attempts=5, lease=60, backoff=10, on_dead=_bury)
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
