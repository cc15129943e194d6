"""API keys: made by a command, shown once, kept as hashes, each opening what its scopes say."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into, moment
from saudager.errors import Refused

_MARK = "sk_"


class Scope(StrEnum):
    """What a key may open."""

    WATCH = "watch"
    """``/stats`` and ``/metrics``."""
    DESK = "desk"
    """``/cases``, ``/purchases`` and ``/calls.ics``: what waits for a person, who bought, the booked calls."""
    ORDERS = "orders"
    """``/kaspi`` and ``/ai-seller``: orders in and out, and what was written to buyers."""
    LETTERS = "letters"
    """``/api/v1/sales`` and ``/api/v1/email_marketing``: sales data in, letters and campaigns."""
    PICTURES = "pictures"
    """``/api/v1/pictures``: series of pictures of products."""
    ALL = "all"
    """Whatever any other scope opens."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it may be shown: without itself."""

    name: str
    scopes: tuple[str, ...]
    created_at: datetime | None
    revoked_at: datetime | None


def new() -> str:
    """A key nobody has: ``sk_`` and 43 characters, 256 bits."""
    return _MARK + secrets.token_urlsafe(32)


def keep(session: Session, key: str, name: str, scopes: Iterable[Scope], *, now: datetime) -> None:
    """Let a key open its scopes from now on; raises Refused when another has its name, a revoked one too."""
    written = " ".join(sorted(set(scopes)))
    if _KEEP(session, name=name, digest=_digest(key), scopes=written, created_at=now).rowcount < 1:
        raise Refused(f"there is a key named {name!r} already: choose another name")


def opens(session: Session, key: str, scope: Scope) -> bool:
    """Whether there is such a key still, and it opens the scope."""
    found = _FIND(session, digest=_digest(key)).fetchone()
    return found is not None and not {scope, Scope.ALL}.isdisjoint(found[0].split())


def everyone(session: Session) -> list[Key]:
    """All keys, revoked ones too, by name."""
    return [
        Key(name, tuple(scopes.split()), moment(created_at), moment(revoked_at))
        for name, scopes, created_at, revoked_at in _LIST(session).fetchall()
    ]


def revoke(session: Session, name: str, *, now: datetime) -> bool:
    """Let a key open nothing any more; False when none of this name does."""
    return _REVOKE(session, name=name, now=now).rowcount > 0


def _digest(key: str) -> str:
    """A hash that need not be slow: a key is 256 random bits, not a word somebody chose."""
    return sha256(key.encode()).hexdigest()


_KEEP = insert_into("api_keys", ("name", "digest", "scopes", "created_at"), "on conflict (name) do nothing")
_FIND = Statement("select scopes from api_keys where digest = :digest and revoked_at is null")
_LIST = Statement("select name, scopes, created_at, revoked_at from api_keys order by name")
_REVOKE = Statement("update api_keys set revoked_at = :now where name = :name and revoked_at is null")
