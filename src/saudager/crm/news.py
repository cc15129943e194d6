"""What an account tells by itself: what it names is read again, and only what is read is believed."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import connecting, connections
from saudager.crm.models import CrmConnection
from saudager.crm.reading import Reader
from saudager.errors import BadCredentials, DatabaseFault, NotFound, OutsideError, Refused
from saudager.providers.crm import News
from saudager.queues import table
from saudager.queues.table import Lease, Policy

QUEUE = "crm_news"
"""Calls of one account are one lane: a burst of them is read again at once, by one worker."""
POLICY = Policy(QUEUE, max_attempts=8, lease=60, backoff=5, batch=200)
LONGEST_CALL = 1_000_000
"""Bytes."""
_MOST_TRIES = 4
_log = logging.getLogger(__name__)


async def receive(app: App, connection_id: int, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Keep what a call names; the same call twice is one. Raises BadCredentials when it has not our secret, and
    UnrecognisedPayload for what is no call; then nothing is kept."""
    is_ours = connecting.knows_hook(app, connection_id, secret)
    connection = await app.db.read(_connected, connection_id) if is_ours else None
    if connection is None:
        _log.warning("news of CRM account %s were refused: their secret is not ours", connection_id)
        raise BadCredentials("the secret of this webhook is not ours")
    news = connections.kind_of(app, connection.vendor).read(headers, body)
    if not news.is_other:
        await app.db.run(_keep, app, connection_id, news)


async def reread(app: App, lease: Lease) -> None:
    """Read again what the calls of an account name. What cannot be read now is left to the next sweep."""
    calls = [message.body for message in lease.messages]
    connection_id = int(calls[0]["connection"])
    try:
        connection = await app.db.read(connections.one, connection_id)
        if connection.problem is not None:
            return
        async with connections.at_work(app, connection_id) as crm:
            reader = Reader(app, connection_id, crm, None, is_first=connections.is_first_reading(connection))
            await reader.contacts(_named(calls, "contacts"))
            await reader.leads(_named(calls, "leads"))
    except (NotFound, Refused):  # disconnected meanwhile
        return
    except DatabaseFault:
        raise
    except OutsideError as error:
        if not isinstance(error, BadCredentials) and lease.attempts < _MOST_TRIES:
            raise
        _log.warning("news of CRM account %s are left to the next sweep: %s", connection_id, error)


def _keep(session: Session, app: App, connection_id: int, news: News) -> None:
    body = {
        "connection": connection_id,
        "contacts": [*news.contacts, *news.deleted_contacts],
        "leads": [*news.leads, *news.deleted_leads],
    }
    key = str(connection_id)
    table.publish(session, QUEUE, body, id=f"{connection_id}:{news.digest}", key=key, now=app.clock.now())


def _connected(session: Session, connection_id: int) -> CrmConnection | None:
    connection = session.get(CrmConnection, connection_id)
    return connection if connection is not None and connection.disconnected_at is None else None


def _named(calls: Sequence[Mapping[str, Any]], entity: str) -> set[int]:
    return {int(number) for call in calls for number in call[entity]}
