"""One-time links for the first owner, an invited operator, a forgotten password: shown once, kept as hashes."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.operators.models import OneTimeLink, Operator
from saudager.operators.roles import Role


class Purpose(StrEnum):
    """What a link is for."""

    FIRST_OWNER = "first_owner"
    INVITATION = "invitation"
    RESET = "reset"

    @property
    def life(self) -> timedelta:
        return timedelta(days=7) if self is Purpose.INVITATION else timedelta(days=1)


def make(session: Session, purpose: Purpose, operator_id: int | None, *, now: datetime) -> str:
    """The secret part of a new link; the older ones of the same operator are dead from now on."""
    withdraw(session, operator_id, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(digest=_digest(token), purpose=purpose, operator_id=operator_id, expires_at=now + purpose.life)
    )
    return token


def for_first_owner(session: Session, *, now: datetime) -> str | None:
    """The secret of a link that makes the first owner; None once there is one."""
    return None if _has_owner(session) else make(session, Purpose.FIRST_OWNER, None, now=now)


def find(session: Session, token: str, *, now: datetime) -> OneTimeLink:
    """The link, still unused; raises NotFound when it was used, is too old, was replaced, or never was."""
    return _alive(session, session.scalars(select(OneTimeLink).where(*_opens(token, now))).one_or_none())


def use(session: Session, token: str, *, now: datetime) -> OneTimeLink:
    """The same, and nobody can use it again."""
    used = update(OneTimeLink).where(*_opens(token, now)).values(used_at=now).returning(OneTimeLink)
    return _alive(session, session.scalars(used).one_or_none())


def withdraw(session: Session, operator_id: int | None, *, now: datetime) -> None:
    """Let the unused links of an operator (None: of the first owner) open nothing any more."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.operator_id.is_not_distinct_from(operator_id), OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )


def _opens(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return OneTimeLink.digest == _digest(token), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now


def _alive(session: Session, link: OneTimeLink | None) -> OneTimeLink:
    if link is None or (link.purpose == Purpose.FIRST_OWNER and _has_owner(session)):
        raise NotFound("Эта ссылка больше не действует: по ней уже вошли, она устарела или её заменила новая.")
    return link


def _has_owner(session: Session) -> bool:
    owner = select(Operator.id).where(Operator.role == Role.OWNER, Operator.password_digest.is_not(None))
    return session.scalar(owner.limit(1)) is not None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
