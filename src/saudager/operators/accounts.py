"""Operators: made, renamed, given a role, let in and kept out; an owner who may enter always stays."""

import re
import unicodedata
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import Refused
from saudager.operators.models import Operator
from saudager.operators.roles import Role

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
        name=name.strip() or login,
        role=role,
        language="ru",
        password_digest=password_digest,
        created_at=now,
    )
    session.add(operator)
    session.flush()
    return operator
