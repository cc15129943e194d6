"""The merchant's accounts in CRMs: listed, opened, told where to send their news, and forgotten."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.crm import pacing, tokens, trouble
from saudager.crm.models import CrmConnection
from saudager.errors import BadCredentials, NotFound, RateLimited, Refused
from saudager.providers.crm import Crm, CrmKind, Tokens
from saudager.queues import tasks
from saudager.vault import SealedElsewhere

SYNC, SWEEP = "crm:sync-pipelines", "crm_sweep"
"""The tasks that read an account for the first time, and what has changed in all of them since."""


def everyone(session: Session) -> Sequence[CrmConnection]:
    """The connected accounts, the first connected first."""
    found = select(CrmConnection).where(CrmConnection.disconnected_at.is_(None))
    return session.scalars(found.order_by(CrmConnection.id)).all()


def one(session: Session, connection_id: int) -> CrmConnection:
    """Raises NotFound when there is no such account, and Refused when it is disconnected."""
    connection = session.get(CrmConnection, connection_id)
    if connection is None:
        raise NotFound(f"Подключения CRM {connection_id} нет.")
    if connection.disconnected_at is not None:
        raise Refused(f"«{connection.title}» отключён.")
    return connection


def kind_of(app: App, vendor: str) -> CrmKind:
    """Raises NotFound for a CRM nobody knows."""
    if vendor not in app.crms:
        raise NotFound(f"Такой CRM нет: {vendor}.")
    return app.crms[vendor]


def read_all(session: Session, connection_id: int, *, due: datetime, now: datetime) -> None:
    """Have the whole account read, from where it was left."""
    task_id = f"{SYNC}:{connection_id}:{due.isoformat()}"
    tasks.enqueue(session, SYNC, task_id=task_id, now=now, due=due, connection_id=connection_id)


def read_anew(session: Session, connection_id: int, *, now: datetime) -> None:
    """Have all of an account read again; what has changed there is told as by a sweep. Raises Refused while it is read,
    and as ``one`` does."""
    connection = one(session, connection_id)
    if connection.synced_at is None:
        raise Refused("Его уже читают: дождитесь конца.")
    connection.synced_at = connection.progress = None
    read_all(session, connection_id, due=now, now=now)


def is_first_reading(connection: CrmConnection) -> bool:
    """Whether what is read is no news, because nothing of the account was known before."""
    return connection.synced_at is None and connection.swept_until is None


async def opened(app: App, connection_id: int, *, even_paused: bool = False) -> Crm:
    """The account, opened once in this process, and anew when its tokens were changed elsewhere. Its tokens are renewed
    when they are not accepted, and its pace is kept with all processes.

    Raises Refused when it is disconnected, and BadCredentials while it is paused.
    """
    connection = await app.db.read(one, connection_id)
    if connection.problem is not None and not even_paused:
        raise BadCredentials(connection.problem)
    try:
        known, held = tokens.unseal(app.vault, connection), app.opened_crms.get(connection_id)
    except SealedElsewhere as error:
        unopened = BadCredentials(f"Ключ доступа не открывается: vault.key другой. {tokens.CONNECT_AGAIN}")
        await app.db.run(trouble.went_wrong, connection_id, unopened, now=app.clock.now())
        raise unopened from error
    if held is not None and held[0] == known.sealed:
        return held[1]
    kind = kind_of(app, connection.vendor)
    turn = partial(pacing.turn, app, connection_id, kind.requests_per_second)
    crm = kind.open(connection.base_url, known.tokens, partial(_renewed, app, connection_id), turn, app.clock)
    if held is not None:
        app.retiring.append(held[1].close())  # somebody may be asking it still: with the program's end
    app.opened_crms[connection_id] = known.sealed, crm
    return crm


@asynccontextmanager
async def at_work(app: App, connection_id: int, *, even_paused: bool = False) -> AsyncIterator[Crm]:
    """The same, and what goes wrong inside concerns all who work there: an account that does not open to us is paused,
    and one that asks for patience is given it."""
    crm = await opened(app, connection_id, even_paused=even_paused)
    try:
        yield crm
    except BadCredentials as error:
        await app.db.run(trouble.went_wrong, connection_id, error, now=app.clock.now())
        raise
    except RateLimited as error:
        now = app.clock.now()
        until = now + timedelta(seconds=error.retry_after)
        await app.db.run(pacing.rest, connection_id, until=until, now=now)
        raise


def forget(session: Session, connection_id: int, *, now: datetime) -> None:
    """Forget an account's tokens; what was read of it stays."""
    connection = one(session, connection_id)
    connection.secrets, connection.expires_at, connection.disconnected_at = None, None, now
    connection.problem = connection.hooked_at = connection.hook_problem = None
    connection.read_owner = connection.read_until = None
    attention.settle(session, Why.CRM, trouble.about(connection_id), now=now)


async def _renewed(app: App, connection_id: int, refused: Tokens) -> Tokens:
    renewed = await tokens.renew(app, connection_id, refused)
    if (held := app.opened_crms.get(connection_id)) is not None:
        app.opened_crms[connection_id] = renewed.sealed, held[1]
    return renewed.tokens
