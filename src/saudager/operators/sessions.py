"""Browsers somebody is signed in with: known by a random token of which only the hash is kept."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into, moment
from saudager.errors import NotFound
from saudager.operators.models import Operator, OperatorSession
from saudager.operators.roles import Role

IDLE = timedelta(days=14)
"""A session nobody used for so long is over."""
ABSOLUTE = timedelta(days=90)
"""A session is over after this, however much it is used."""
CODE_WITHIN = timedelta(minutes=10)
"""How long the second factor may take after the password."""
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the console: an operator in one of his sessions."""

    session_id: int
    operator_id: int
    login: str
    name: str
    role: Role
    language: str
    """ru, en or kk."""
    csrf: str
    """What every change has to show: derived from the session's token, so another site cannot know it."""
    seen_at: datetime

    def may(self, needed: Role) -> bool:
        return self.role.may(needed)

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether ``note_seen`` would change anything: it writes once a minute at most."""
        return now - self.seen_at >= _SEEN_EVERY


def recognise(session: Session, token: str, *, now: datetime) -> Visitor | None:
    """Whose session the token is; None when there is none, it is over, or the operator was disabled."""
    row = _RECOGNISE(session, digest=_digest(token), idle=now - IDLE, absolute=now - ABSOLUTE).fetchone()
    if row is None:
        return None
    session_id, operator_id, login, name, role, language, seen = row
    seen_at = moment(seen)
    assert seen_at is not None
    return Visitor(session_id, operator_id, login, name, Role(role), language, _csrf(token), seen_at)


def begin(
    session: Session, operator_id: int, *, address: str, browser: str, awaits_code: bool = False, now: datetime
) -> str:
    """A new session; its token goes into the cookie and is kept nowhere. One that ``awaits_code`` opens nothing."""
    _FORGET(session, idle=now - IDLE, absolute=now - ABSOLUTE)
    token = secrets.token_urlsafe(32)
    _BEGIN(
        session,
        operator_id=operator_id,
        digest=_digest(token),
        awaits_code=awaits_code,
        address=address,
        browser=browser[:300],
        begun_at=now,
        seen_at=now,
    )
    return token


def awaiting_code(session: Session, token: str, *, now: datetime) -> OperatorSession | None:
    """The session that only lacks the second factor; None when there is none, or it took too long."""
    return session.scalars(
        select(OperatorSession)
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(
            OperatorSession.digest == _digest(token),
            OperatorSession.awaits_code,
            OperatorSession.begun_at > now - CODE_WITHIN,
            Operator.disabled_at.is_(None),
        )
    ).one_or_none()


def note_seen(session: Session, session_id: int, *, now: datetime) -> None:
    """Somebody used the session just now; kept to the minute."""
    _NOTE_SEEN(session, id=session_id, now=now, before=now - _SEEN_EVERY)


def open_ones(session: Session, operator_id: int, *, now: datetime) -> Sequence[OperatorSession]:
    """Where an operator is signed in, the newest first."""
    return session.scalars(
        select(OperatorSession)
        .where(
            OperatorSession.operator_id == operator_id,
            OperatorSession.awaits_code.is_(False),
            OperatorSession.seen_at > now - IDLE,
            OperatorSession.begun_at > now - ABSOLUTE,
        )
        .order_by(OperatorSession.seen_at.desc(), OperatorSession.id.desc())
    ).all()


def end(session: Session, session_id: int, *, of: int | None = None) -> None:
    """Sign a session out, at its next request; ``of`` is the operator whose it has to be. Raises NotFound when he has
    none such."""
    ended = delete(OperatorSession).where(OperatorSession.id == session_id).returning(OperatorSession.id)
    if of is not None:
        ended = ended.where(OperatorSession.operator_id == of)
    if session.execute(ended).first() is None and of is not None:
        raise NotFound("Этот сеанс уже закончен.")


def end_all(session: Session, operator_id: int, *, but: int | None = None) -> None:
    """Sign an operator out everywhere, but for one session."""
    ended = delete(OperatorSession).where(OperatorSession.operator_id == operator_id)
    session.execute(ended if but is None else ended.where(OperatorSession.id != but))


def _digest(token: str) -> str:
    """A hash that need not be slow: a token is 256 random bits, not a word somebody chose."""
    return sha256(token.encode()).hexdigest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


_RECOGNISE = Statement("""
    select s.id, o.id, o.login, o.name, o.role, o.language, s.seen_at
    from operator_sessions s join operators o on o.id = s.operator_id
    where s.digest = :digest and not s.awaits_code and o.disabled_at is null
      and s.seen_at > :idle and s.begun_at > :absolute""")
_BEGIN = insert_into(
    "operator_sessions",
    ("operator_id", "digest", "awaits_code", "address", "browser", "begun_at", "seen_at"),
)
_NOTE_SEEN = Statement("update operator_sessions set seen_at = :now where id = :id and seen_at <= :before")
_FORGET = Statement("delete from operator_sessions where seen_at <= :idle or begun_at <= :absolute")
