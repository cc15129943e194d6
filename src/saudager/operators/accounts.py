"""Operators: made, renamed, given a role, let in and kept out; an owner who may enter always stays."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.operators import links, sessions
from saudager.operators.links import Purpose
from saudager.operators.models import Operator, OperatorSession
from saudager.operators.roles import Role

_LONGEST_NAME = 80
_LOGIN = re.compile(r"[\w.@+-]{2,64}")


def spelled(login: str) -> str:
    """A login the way it is kept: without spaces around it, in small letters."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def create(
    session: Session, login: str, name: str, role: Role, *, password_digest: str | None, now: datetime
) -> Operator:
    """A new operator; ``password_digest`` None: he chooses a password by a link first. Raises Refused when the login is
    taken or is none."""
    login = spelled(login)
    if not _LOGIN.fullmatch(login):
        raise Refused("Логин: от 2 до 64 букв, цифр и знаков . @ + - _ без пробелов.")
    if session.scalar(select(Operator.id).where(Operator.login == login)) is not None:
        raise Refused(f"Логин «{login}» уже занят: выберите другой.")
    operator = Operator(
        login=login,
        name=" ".join(name.split())[:_LONGEST_NAME] or login,
        role=role,
        language="ru",
        password_digest=password_digest,
        created_at=now,
    )
    session.add(operator)
    session.flush()
    return operator


@dataclass(frozen=True, slots=True)
class Entry:
    """An operator as the list shows him."""

    operator: Operator
    seen_at: datetime | None
    """When he last used the console, of the sessions that are open still."""

    @property
    def is_invited(self) -> bool:
        """Whether he has not chosen a password yet."""
        return self.operator.password_digest is None


def everyone(session: Session) -> Sequence[Entry]:
    """All operators, disabled ones too, by name."""
    seen_at = func.max(OperatorSession.seen_at).label("seen_at")
    entered = (OperatorSession.operator_id == Operator.id) & OperatorSession.awaits_code.is_(False)
    rows = session.execute(
        select(Operator, seen_at)
        .outerjoin(OperatorSession, entered)
        .group_by(Operator.id)
        .order_by(Operator.disabled_at.is_not(None), func.lower(Operator.name), Operator.id)
    )
    return [Entry(operator, seen) for operator, seen in rows]


def by_id(session: Session, operator_id: int) -> Operator:
    """Raises NotFound."""
    operator = session.get(Operator, operator_id)
    if operator is None:
        raise NotFound("Такого оператора нет.")
    return operator


def by_login(session: Session, login: str) -> Operator | None:
    return session.scalars(select(Operator).where(Operator.login == spelled(login))).one_or_none()


def invite(session: Session, login: str, name: str, role: Role, *, now: datetime) -> tuple[Operator, str]:
    """A new operator and the secret of the link by which he chooses his password. Raises Refused as ``create``."""
    operator = create(session, login, name, role, password_digest=None, now=now)
    return operator, links.make(session, Purpose.INVITATION, operator.id, now=now)


def let_choose_again(session: Session, operator_id: int, *, now: datetime) -> str:
    """The secret of a link by which he chooses a new password; the old one is good until then. Raises Refused for a
    disabled operator."""
    operator = by_id(session, operator_id)
    if operator.disabled_at is not None:
        raise Refused(f"Вход для «{operator.name}» закрыт: сначала откройте его снова.")
    invited = operator.password_digest is None
    return links.make(session, Purpose.INVITATION if invited else Purpose.RESET, operator.id, now=now)


def rename(session: Session, operator_id: int, name: str) -> None:
    """Raises Refused for a name that is none."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise Refused("Имя: от 1 до 80 знаков.")
    by_id(session, operator_id).name = name


def speak(session: Session, operator_id: int, language: str) -> None:
    """Show him the console in another language: ru, en or kk."""
    by_id(session, operator_id).language = language


def set_role(session: Session, operator_id: int, role: Role) -> None:
    """At once, for his open pages too. Raises Refused when no owner would be left."""
    operator = by_id(session, operator_id)
    if role is not Role.OWNER:
        _keep_an_owner(session, operator)
    operator.role = role


def disable(session: Session, operator_id: int, *, now: datetime) -> None:
    """Let him in no more: his sessions end, his links die. Raises Refused when no owner would be left."""
    operator = by_id(session, operator_id)
    _keep_an_owner(session, operator)
    operator.disabled_at = operator.disabled_at or now
    sessions.end_all(session, operator_id)
    links.withdraw(session, operator_id, now=now)


def enable(session: Session, operator_id: int) -> None:
    """Let him in again, with the password he had."""
    by_id(session, operator_id).disabled_at = None


def set_password(session: Session, operator_id: int, digest: str, *, but: int | None, now: datetime) -> None:
    """A new password: he is signed out everywhere, but for one session, and links made before are dead."""
    by_id(session, operator_id).password_digest = digest
    sessions.end_all(session, operator_id, but=but)
    links.withdraw(session, operator_id, now=now)


def _keep_an_owner(session: Session, leaving: Operator) -> None:
    able = select(Operator).where(
        Operator.role == Role.OWNER, Operator.disabled_at.is_(None), Operator.password_digest.is_not(None)
    )
    owners = session.scalars(able.order_by(Operator.id).with_for_update()).all()  # two may leave at once
    if [owner.id for owner in owners] == [leaving.id]:
        raise Refused("Это последний владелец: сначала сделайте владельцем кого-то ещё.")
