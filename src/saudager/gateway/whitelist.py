"""Numbers that are never answered, written to or passed on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into
from saudager.errors import Rejected
from saudager.gateway.models import WhitelistedNumber
from saudager.phones import normalise_phone

_ADD = insert_into("whitelist", ("phone_number", "note", "added_at"), "on conflict (phone_number) do nothing")
_HOLDS = Statement("select 1 from whitelist where phone_number = :phone_number")


def add(session: Session, phone_number: str, *, note: str = "", now: datetime) -> str:
    """Put a number on the list, once; returns it in its normal form, raises Rejected when it is no phone number."""
    number = normalise_phone(phone_number)
    if number is None:
        raise Rejected(f"«{phone_number}» не похоже на номер телефона")
    _ADD(session, phone_number=number, note=note, added_at=now)
    return number


def remove(session: Session, phone_number: str) -> None:
    session.execute(
        delete(WhitelistedNumber).where(WhitelistedNumber.phone_number == (normalise_phone(phone_number) or ""))
    )


def holds(session: Session, phone_number: str | None) -> bool:
    if phone_number is None:
        return False
    return _HOLDS(session, phone_number=phone_number).fetchone() is not None


def numbers(session: Session) -> Sequence[WhitelistedNumber]:
    return session.scalars(select(WhitelistedNumber).order_by(WhitelistedNumber.phone_number)).all()
