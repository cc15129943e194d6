"""Attempts to sign in, and letters anybody may ask for: after some in a row the door stays closed for a while.

An attempt counts as failed until it succeeds, so that a hundred at once are counted before the first is judged.
"""

import ipaddress
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.db.statements import Statement


class Limit(Enum):
    """Whose failures are counted: how many are free, how long a quiet time makes them forgotten, and the first and
    the longest wait."""

    LOGIN = ("login", 5, timedelta(hours=1))
    ADDRESS = ("address", 20, timedelta(hours=1))
    CODE = ("code", 5, timedelta(days=1))
    OWN = ("own", 5, timedelta(hours=1))
    """Guesses at his own password by somebody who is signed in."""
    RESET = ("reset", 3, timedelta(days=1), timedelta(minutes=15), timedelta(hours=1))
    """Letters with a link to a new password for one operator, or for a name that is nobody's."""
    RESET_ADDRESS = ("reset address", 10, timedelta(hours=1))
    CONFIRM = ("confirm", 5, timedelta(days=1), timedelta(minutes=15), timedelta(hours=1))
    """Letters an operator sends to addresses he has typed."""

    def __init__(
        self,
        kind: str,
        free: int,
        forgotten_after: timedelta,
        first_wait: timedelta = timedelta(minutes=1),
        longest_wait: timedelta = timedelta(minutes=15),
    ) -> None:
        self.kind = kind
        self.free = free
        self.forgotten_after = forgotten_after
        self.first_wait = first_wait
        self.longest_wait = longest_wait

    def named(self, value: str) -> str:
        """The name failures are kept under: hashed, because a password may have been typed in place of a login."""
        return f"{self.kind}:{sha256(value.encode()).hexdigest()[:32]}"


def admit(session: Session, limit: Limit, value: str, *, now: datetime) -> bool:
    """Count an attempt as failed and say whether it may be made; a refused one counts for nothing."""
    about = limit.named(value)
    forgotten = now - limit.forgotten_after
    counted = _COUNT(session, about=about, now=now, forgotten=forgotten).fetchone()
    if counted is None:
        return False
    beyond = counted[0] - limit.free
    if beyond >= 0:
        wait = min(limit.longest_wait, limit.first_wait * 2 ** min(beyond, 10))
        _CLOSE(session, about=about, until=now + wait)
    return True


def is_closed(session: Session, limit: Limit, value: str, *, now: datetime) -> bool:
    """Whether the next attempt would be refused."""
    return _CLOSED(session, about=limit.named(value), now=now).fetchone() is not None


def forgive(session: Session, limit: Limit, value: str) -> None:
    """It succeeded: nothing has failed in a row any more."""
    _FORGIVE(session, about=limit.named(value))


def give_back(session: Session, limit: Limit, value: str) -> None:
    """It succeeded and does not count; what failed before still does."""
    _GIVE_BACK(session, about=limit.named(value))


def forget_old(session: Session, *, now: datetime) -> None:
    """Drop what is forgotten anyway."""
    _FORGET(session, before=now - max(limit.forgotten_after for limit in Limit))


def network_of(address: str) -> str:
    """What one household has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(given, ipaddress.IPv6Address):
        mapped = given.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((given, 64), strict=False))
    return str(given)


_COUNT = Statement("""
    insert into sign_in_failures (about, failures, last_at) values (:about, 1, :now)
    on conflict (about) do update set
      failures = case when sign_in_failures.last_at <= :forgotten then 1 else sign_in_failures.failures + 1 end,
      last_at = :now, closed_until = null
    where sign_in_failures.closed_until is null or sign_in_failures.closed_until <= :now
    returning failures""")
_CLOSE = Statement("update sign_in_failures set closed_until = :until where about = :about")
_CLOSED = Statement("select 1 from sign_in_failures where about = :about and closed_until > :now")
_FORGIVE = Statement("delete from sign_in_failures where about = :about")
_GIVE_BACK = Statement("""
    update sign_in_failures set failures = failures - 1, closed_until = null where about = :about and failures > 0""")
_FORGET = Statement("delete from sign_in_failures where last_at <= :before")
