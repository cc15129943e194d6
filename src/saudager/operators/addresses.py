"""An operator's e-mail: typed in, confirmed by a link from its own mailbox, changed, removed; the old one is told."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.operators import accounts, attempts, links, system_mail
from saudager.operators.attempts import Limit
from saudager.operators.mail_words import Mail
from saudager.operators.models import Operator
from saudager.operators.roles import Role

_LONGEST = 254
_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")


def spelled(address: str) -> str:
    """An address the way it is kept; raises Refused for what is none. In plain Latin letters only, so that no two that
    look alike are two."""
    address = address.strip().lower()
    if len(address) > _LONGEST or not _ADDRESS.fullmatch(address):
        raise Refused("Это не адрес почты. Нужен такой: aigul@example.kz")
    return address


def ask(session: Session, operator_id: int, typed: str, *, now: datetime) -> None:
    """Write to an address the operator says is his; it counts once he has confirmed it, and until then the old one
    does. Raises Refused for what is no address or already is his, and when he has had too many written to."""
    operator, address = accounts.by_id(session, operator_id), spelled(typed)
    if address == operator.email:
        raise Refused("Этот адрес у вас уже указан и подтверждён.")
    if not attempts.admit(session, Limit.CONFIRM, str(operator_id), now=now):
        raise Refused("Слишком много писем за день. Повторите позже.")
    operator.new_email = address
    system_mail.ask(session, operator, Mail.CONFIRM_ADDRESS, now=now, to=address)


def invite(
    session: Session, login: str, name: str, role: Role, typed: str, *, by: str, language: str, now: datetime
) -> Operator:
    """A new operator, who is sent the link by which he chooses his password; with it he proves the address, too.
    Raises Refused as ``accounts.create``, for what is no address, and for somebody else's."""
    address = spelled(typed)
    if by_address(session, address) is not None:
        raise Refused("Этот адрес уже у другого оператора.")
    operator = accounts.create(session, login, name, role, password_digest=None, now=now)
    operator.new_email, operator.language = address, language
    system_mail.ask(session, operator, Mail.INVITATION, now=now, to=address, by=by)
    return operator


def to_confirm(session: Session, secret: str, operator_id: int, *, now: datetime) -> str:
    """The address a link confirms for the operator who opened it; raises NotFound when it is not his, or over."""
    link = links.find(session, secret, now=now, confirms=True)
    operator = accounts.by_id(session, operator_id)
    if link.operator_id != operator_id or link.email is None or link.email != operator.new_email:
        raise NotFound("Эта ссылка больше не действует: адрес изменён, или вы вошли под другим логином.")
    return link.email


def confirm(session: Session, secret: str, operator_id: int, *, now: datetime) -> str:
    """The address is his: it counts from now on, and the old one is told. Raises NotFound as ``to_confirm``, Refused
    when somebody else has it."""
    address = to_confirm(session, secret, operator_id, now=now)
    links.use(session, secret, now=now, confirms=True)
    operator = accounts.by_id(session, operator_id)
    if not take(session, operator, address, now=now):
        raise Refused("Этот адрес уже подтвердил другой оператор.")
    return address


def take(session: Session, operator: Operator, address: str, *, now: datetime) -> bool:
    """He has proved that the address is his; False when it is somebody else's already. Both addresses are told."""
    session.flush()
    holder = by_address(session, address)
    if holder is not None and holder.id != operator.id:
        return False
    old, operator.email = operator.email, address
    if operator.new_email == address:
        operator.new_email = None
    if old is not None and old != address:
        links.withdraw(session, operator.id, now=now, confirms=False)
        for to in (old, address):
            system_mail.ask(session, operator, Mail.ADDRESS_CHANGED, now=now, to=to, new=address)
    return True


def remove(session: Session, operator_id: int, *, now: datetime) -> None:
    """Forget his address, confirmed or not; a confirmed one is told."""
    operator = accounts.by_id(session, operator_id)
    system_mail.ask(session, operator, Mail.ADDRESS_CHANGED, now=now)
    operator.email = operator.new_email = None
    links.withdraw(session, operator_id, now=now)


def by_address(session: Session, typed: str) -> Operator | None:
    """Whose confirmed address it is."""
    return session.scalars(select(Operator).where(Operator.email == typed.strip().lower())).one_or_none()
