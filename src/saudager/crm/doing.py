"""Do what waits to be done in the CRM: lead by lead, in order, each thing once, whatever dies or stays unanswered."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import connections, looking, waiting
from saudager.crm.deeds import QUEUE, DeedKind
from saudager.crm.models import DeedState
from saudager.crm.waiting import Due
from saudager.errors import BadCredentials, OutsideError, RateLimited, Refused, Rejected, Unanswered, Unreachable
from saudager.providers.crm import Crm
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy

_GONE = "сделки больше нет в CRM"
_MOVED_ON = "сделку тем временем передвинули"
_NOBODY_KNOWS = "связь оборвалась, и неизвестно, запустился ли бот: второй раз он не запускается"
_SETTLES_IN, _LOOKED_AT_AGAIN_IN = timedelta(seconds=10), timedelta(minutes=10)
_DISCONNECTED_FOR = timedelta(hours=1)
_LEAST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)


class _Pointless(Exception):
    """It makes no sense any more; the message says why."""


class _Unknown(Exception):
    """Nobody knows whether it was done, and it cannot be looked up."""


async def work(app: App, lease: Lease) -> None:
    """Do the deeds of the leased lead; the first that has to wait holds up those behind it."""
    for message in lease.messages:
        due = await app.db.run(waiting.waiting, message.body["deed"], now=app.clock.now())
        if due is not None and (until := await _settle(app, due)) is not None:
            await app.db.run(table.put_back, lease, until=until)
            return


async def _settle(app: App, due: Due) -> datetime | None:
    """Do it and keep what became of it; the moment to come back when it has to wait."""
    try:
        if (until := await app.db.read(waiting.bot_rests, due, now=app.clock.now())) is not None:
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
        await app.db.run(waiting.was_not_tried, due)
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
                known = await app.db.read(waiting.made_by_others, due)
                return looking.note(notes, body["text"], known)

            return await _once(app, due, look, lambda: crm.add_note(due.lead, body["text"], kind=kind))
        case DeedKind.TASK:
            moment_due = datetime.fromisoformat(body["due"])

            async def look() -> int | None:
                known = await app.db.read(waiting.made_by_others, due)
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
    await _tries(app, due)
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
    await _tries(app, due)
    await crm.move(due.lead, pipeline=to[0], stage=to[1])


async def _run_bot(app: App, crm: Crm, due: Due) -> None:
    if due.tried_at is not None:
        raise _Unknown
    if values := _values(due.body):
        await crm.fill(due.lead, values)
    await _tries(app, due)
    await crm.run_bot(due.body["bot"], due.lead)


async def _tries(app: App, due: Due) -> None:
    if not await app.db.run(waiting.tries, due, now=app.clock.now()):
        raise _Pointless(waiting.UNWELCOME)


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
    await app.db.run(waiting.end, due, state, problem, made=made, is_asked=is_asked, now=app.clock.now())


def _bury(session: Session, message: Message, reason: str, now: datetime) -> None:
    """It still waits, but for a person who looks at the dead letters."""
    due = waiting.waiting(session, message.body["deed"], now=now)
    if due is not None:
        waiting.ask_a_person(session, due, reason, now)


POLICY = Policy(QUEUE, max_attempts=5, lease=60, backoff=10, on_dead=_bury)
