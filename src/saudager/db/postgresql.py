"""PostgreSQL through psycopg 3: a pool of writer threads, each transaction on its own, conflicts run again."""

from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine

WRITERS, GROUP, IS_SERVER = 6, 1, True
BEGIN, BEGIN_READ = "begin", ""
"""A statement sees what was committed before it began, in a transaction or out of one: reading needs none."""
LOCK_SCHEMA = (BEGIN, "select pg_advisory_xact_lock(1510844130)")
PROBE = "select 1"
_SETTINGS = "-c lock_timeout=15000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c jit=off"
_PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"
_WIRE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}
"""Seconds (``tcp_user_timeout``: milliseconds) after which a server that does not answer counts as gone."""


def prepare(url: str) -> None:
    """Nothing to make: the database must exist."""


def connect(url: str, *, read_only: bool = False) -> Engine:
    """An engine without transactions of its own. Statements are prepared at their second use and planned once for all
    values: planning took as long as running them (measured 2026-11). So a parameter needs a type in its statement,
    ``cast(:row as bigint) is null``. Nothing is compiled: that took 2.5 of 2.9 s of a count (2026-11)."""
    options = f"{_SETTINGS} {_PLANNED_ONCE} -c default_transaction_read_only={'on' if read_only else 'off'}"
    arguments: dict[str, Any] = {"prepare_threshold": 1, "options": options, **_WIRE}
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
