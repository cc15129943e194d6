"""What keeps an account of a CRM from being worked with: a person is asked, and left in peace once it is mended."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.crm import deeds
from saudager.crm.models import CrmConnection
from saudager.errors import BadCredentials, SaudagerError

LATE = timedelta(hours=1)
"""A person is asked when nothing could be read for so long."""


def about(connection_id: int) -> str:
    """What the desk calls an account."""
    return f"crm:{connection_id}"


def pause(session: Session, connection_id: int, reason: str, *, now: datetime) -> None:
    """Nothing is read or written there until it opens again; a person is asked."""
    connection = session.get_one(CrmConnection, connection_id)
    if connection.disconnected_at is None:
        connection.problem = reason
        _ask(session, connection, reason, now=now)


def went_wrong(session: Session, connection_id: int, error: SaudagerError, *, now: datetime) -> None:
    """Keep that it could not be worked with: paused when the account does not open to us, and a person asked of what
    has lasted too long."""
    connection = session.get_one(CrmConnection, connection_id)
    if isinstance(error, BadCredentials):
        pause(session, connection_id, str(error), now=now)
    elif connection.disconnected_at is None and is_late(connection, now=now):
        _ask(session, connection, str(error), now=now)


def is_well(session: Session, connection_id: int, *, now: datetime) -> None:
    """It can be worked with: nobody need look any more, and what waited for it goes on."""
    connection = session.get_one(CrmConnection, connection_id)
    if connection.problem is not None:
        deeds.resume(session, connection_id)
    connection.problem = None
    attention.settle(session, Why.CRM, about(connection_id), now=now)


def is_paused(session: Session, connection_id: int) -> bool:
    return session.get_one(CrmConnection, connection_id).problem is not None


def is_late(connection: CrmConnection, *, now: datetime) -> bool:
    """Whether it should have been read meanwhile."""
    return now - (connection.swept_until or connection.connected_at) > LATE


def _ask(session: Session, connection: CrmConnection, reason: str, *, now: datetime) -> None:
    attention.ask(session, Why.CRM, about(connection.id), f"«{connection.title}»: {reason}", now=now)
