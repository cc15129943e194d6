"""SQLite: one writer thread with group commit, readers beside it."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

WRITERS, GROUP, IS_SERVER = 1, 200, False
BEGIN, BEGIN_READ = "begin immediate", "begin"
LOCK_SCHEMA = (BEGIN,)
PROBE = "select count(*) from sqlite_master"
_BUSY_SECONDS = 15
_FORGETS = ("secure_delete=on", "journal_size_limit=0")
"""What is deleted is overwritten, in the file and in the log beside it: Debian's library does the first by itself."""


def prepare(url: str) -> None:
    """Make the folder of the file."""
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


def connect(url: str, *, read_only: bool = False) -> Engine:
    """An engine without transactions of its own, on a durable database (WAL, ``synchronous=FULL``)."""
    engine = create_engine(
        url, isolation_level="AUTOCOMMIT", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", *_FORGETS):
            connection.execute(f"pragma {pragma}")
        connection.create_function("folded", 1, _folded, deterministic=True)
        if read_only:
            connection.execute("pragma query_only=on")

    return engine


def _folded(text: Any) -> Any:
    """Small letters of every alphabet; SQLite's own ``lower`` knows those of Latin alone."""
    return text.lower() if isinstance(text, str) else text


def is_in_transaction(driver: Any) -> bool:
    return bool(driver.in_transaction)


def is_outage(error: BaseException | None) -> bool:
    """Locked, disk full, not a database."""
    return isinstance(error, sqlite3.OperationalError)


def is_conflict(error: BaseException | None) -> bool:
    """Never: there is one writer."""
    return False
