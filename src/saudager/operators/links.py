"""One-time links to a password or a confirmed address: shown or mailed once, kept as hashes."""

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
    """To a new password, given by hand: by an owner or the command line."""
    FORGOTTEN = "forgotten"
    """The same, mailed to whoever says that he has forgotten his."""
    CONFIRM = "confirm"
    """That an address is the operator's own."""

    @property
    def life(self) -> timedelta:
        return {Purpose.INVITATION: timedelta(days=7), Purpose.FORGOTTEN: timedelta(hours=1)}.get(
            self, timedelta(days=1)
        )


def make(
    session: Session,
    purpose: Purpose,
    operator_id: int | None,
    *,
    now: datetime,
    email: str | None = None,
    alone: bool = True,
) -> str:
    """The secret part of a new link; with ``alone`` the operator's older ones to the same are dead from now on.
    ``email`` is the address it is mailed to, which whoever uses it has proved to be his."""
    if alone:
        withdraw(session, operator_id, now=now, confirms=purpose is Purpose.CONFIRM)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            digest=_digest(token),
            purpose=purpose,
            operator_id=operator_id,
            email=email,
            expires_at=now + purpose.life,
        )
    )
    return token


def for_first_owner(session: Session, *, now: datetime) -> str | None:
    """The secret of a link that makes the first owner; None once there is one."""
    return None if _has_owner(session) else make(session, Purpose.FIRST_OWNER, None, now=now)


def find(session: Session, token: str, *, now: datetime, confirms: bool = False) -> OneTimeLink:
    """The link to a password (``confirms``: to a confirmed address), still unused; raises NotFound when it was used, is
    too old, was replaced, is one of the other kind, or never was."""
    return _alive(session, session.scalars(select(OneTimeLink).where(*_opens(token, now, confirms))).one_or_none())


def use(session: Session, token: str, *, now: datetime, confirms: bool = False) -> OneTimeLink:
    """The same, and nobody can use it again."""
    used = update(OneTimeLink).where(*_opens(token, now, confirms)).values(used_at=now).returning(OneTimeLink)
    return _alive(session, session.scalars(used).one_or_none())


def withdraw(session: Session, operator_id: int | None, *, now: datetime, confirms: bool | None = None) -> None:
    """Let the unused links of an operator (None: of the first owner) open nothing any more: those to a password, those
    that confirm, or with ``confirms`` None all."""
    withdrawn = update(OneTimeLink).where(
        OneTimeLink.operator_id.is_not_distinct_from(operator_id), OneTimeLink.used_at.is_(None)
    )
    if confirms is not None:
        withdrawn = withdrawn.where(_is_of_kind(confirms))
    session.execute(withdrawn.values(used_at=now))


def _opens(token: str, now: datetime, confirms: bool) -> tuple[ColumnElement[bool], ...]:
    unused = OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now
    return OneTimeLink.digest == _digest(token), _is_of_kind(confirms), *unused


def _is_of_kind(confirms: bool) -> ColumnElement[bool]:
    return OneTimeLink.purpose == Purpose.CONFIRM if confirms else OneTimeLink.purpose != Purpose.CONFIRM


def _alive(session: Session, link: OneTimeLink | None) -> OneTimeLink:
    if link is None or (link.purpose == Purpose.FIRST_OWNER and _has_owner(session)):
        raise NotFound("Эта ссылка больше не действует: по ней уже вошли, она устарела или её заменила новая.")
    return link


def _has_owner(session: Session) -> bool:
    owner = select(Operator.id).where(Operator.role == Role.OWNER, Operator.password_digest.is_not(None))
    return session.scalar(owner.limit(1)) is not None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
