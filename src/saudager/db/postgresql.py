"""PostgreSQL through psycopg 3: a pool of writer threads, each transaction on its own, conflicts run again."""

from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine

WRITERS, GROUP = 6, 1
BEGIN = "begin"
LOCK_SCHEMA = (BEGIN, "select pg_advisory_xact_lock(1510844130)")
PROBE = "select 1"
_SETTINGS = "-c lock_timeout=15000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
_WIRE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}
"""Seconds (``tcp_user_timeout``: milliseconds) after which a server that does not answer counts as gone."""


def prepare(url: str) -> None:
    """Nothing to make: the database must exist."""


def connect(url: str, *, read_only: bool = False) -> Engine:
    """An engine without transactions of its own. Values are bound by the client: a statement's parameters need no
    types then, and a NULL is one anywhere."""
    options = f"{_SETTINGS} -c default_transaction_read_only={'on' if read_only else 'off'}"
    arguments: dict[str, Any] = {"cursor_factory": psycopg.ClientCursor, "options": options, **_WIRE}
    address = "postgresql+psycopg://" + url.partition("://")[2]
    return create_engine(address, isolation_level="AUTOCOMMIT", connect_args=arguments, pool_size=WRITERS + 2)


def is_in_transaction(driver: Any) -> bool:
    return driver.info.transaction_status is not TransactionStatus.IDLE


def is_outage(error: BaseException | None) -> bool:
    """The server is gone, stops, has no room, or did not let us in; also a lock nobody gave back in time."""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not is_conflict(error)


def is_conflict(error: BaseException | None) -> bool:
    """Another transaction was there first: what was looked for and not found exists by now, or each waits for the
    other. Run again, it sees what the other one did."""
    return isinstance(error, errors.UniqueViolation | errors.SerializationFailure | errors.DeadlockDetected)
