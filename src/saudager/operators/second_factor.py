"""The second factor: one-time codes from a phone (TOTP), and recovery codes for the day it is lost."""

import base64
import hmac
import json
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from saudager.errors import ConfigurationError, Refused
from saudager.operators import system_mail
from saudager.operators.mail_words import Mail
from saudager.operators.models import Operator, RecoveryCode
from saudager.vault import SealedElsewhere, Vault

RECOVERY_CODES = 10
_STEP = 30
"""Seconds a code lives: https://www.rfc-editor.org/rfc/rfc6238 (2011-05)."""
_STEPS_OFF = (0, -1, 1)
"""A phone's clock may be half a minute off."""


def offer(vault: Vault, operator_id: int) -> str:
    """A new secret, sealed with whom it was offered to: the page carries it until a code proves the phone has it."""
    import pyotp

    return vault.seal(json.dumps({"operator": operator_id, "secret": pyotp.random_base32()}))


def address(vault: Vault, offered: str, operator_id: int, *, login: str, shop: str) -> str:
    """The ``otpauth://`` address an authenticator app reads; raises Refused for what was offered to nobody."""
    return str(_totp(_offered(vault, offered, operator_id)).provisioning_uri(name=login, issuer_name=shop))


def picture(address: str) -> str:
    """The QR code of an address, as an inline SVG without styles."""
    import segno

    return str(segno.make(address, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True))


def secret(vault: Vault, offered: str, operator_id: int) -> str:
    """The secret to type by hand where nothing can be photographed, in groups of four."""
    plain = _offered(vault, offered, operator_id)
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def turn_on(session: Session, operator_id: int, vault: Vault, offered: str, code: str, *, now: datetime) -> list[str]:
    """Ask for a code from now on; gives the recovery codes, which are shown once. Raises Refused when the code is not
    the phone's."""
    plain = _offered(vault, offered, operator_id)
    step = _step_of(plain, code, now)
    if step is None:
        raise Refused("Код не подошёл. Проверьте время на телефоне и введите код, который виден сейчас.")
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    operator.second_factor, operator.second_factor_step = vault.seal(plain), step
    system_mail.ask(session, operator, Mail.SECOND_FACTOR_ON, now=now)
    return renew_recovery_codes(session, operator_id)


def turn_off(session: Session, operator_id: int, *, by: str = "", now: datetime) -> None:
    """Let the password be enough again; the recovery codes are gone. ``by`` is who did it, when he did not himself."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if operator.second_factor is not None:
        system_mail.ask(session, operator, Mail.SECOND_FACTOR_OFF, now=now, by=by)
    operator.second_factor, operator.second_factor_step = None, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))


def accepts(session: Session, operator_id: int, vault: Vault, code: str, *, now: datetime) -> bool:
    """Whether it is the phone's code of this moment or an unused recovery code; either is used up by it."""
    sealed = session.scalar(select(Operator.second_factor).where(Operator.id == operator_id))
    if sealed is None:
        return False
    try:
        plain = vault.open(sealed)
    except SealedElsewhere:  # the phone's codes are lost with the key, the recovery codes are not
        return _is_recovery_code(session, operator_id, code, now)
    return _is_next_code(session, operator_id, plain, code, now) or _is_recovery_code(session, operator_id, code, now)


def renew_recovery_codes(session: Session, operator_id: int) -> list[str]:
    """Ten new codes of 80 bits; the old ones open nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(digest=_digest(operator_id, code), operator_id=operator_id) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def recovery_codes_left(session: Session, operator_id: int) -> int:
    """How many are not used yet."""
    left = select(func.count()).where(RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None))
    return session.scalars(left).one()


def _is_next_code(session: Session, operator_id: int, plain: str, code: str, now: datetime) -> bool:
    step = _step_of(plain, code, now)
    if step is None:
        return False
    taken = session.execute(
        update(Operator)
        .where(
            Operator.id == operator_id,
            or_(Operator.second_factor_step.is_(None), Operator.second_factor_step < step),
        )
        .values(second_factor_step=step)
        .returning(Operator.id)
    )
    return taken.first() is not None


def _is_recovery_code(session: Session, operator_id: int, code: str, now: datetime) -> bool:
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    used = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.digest == _digest(operator_id, typed), RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.digest)
    )
    return used.first() is not None


def _step_of(plain: str, code: str, now: datetime) -> int | None:
    """The thirty seconds the code belongs to, when they are about now."""
    typed = "".join(code.split()).encode()
    current, totp = int(now.timestamp()) // _STEP, _totp(plain)
    for off in _STEPS_OFF:
        if hmac.compare_digest(totp.generate_otp(current + off).encode(), typed):
            return current + off
    return None


def _totp(plain: str) -> Any:
    import pyotp

    return pyotp.TOTP(plain)


def _offered(vault: Vault, offered: str, operator_id: int) -> str:
    try:
        found = json.loads(vault.open(offered))
    except ConfigurationError:
        found = {}
    if found.get("operator") != operator_id:
        raise Refused("Страница устарела: откройте её заново.")
    return str(found["secret"])


def _digest(operator_id: int, code: str) -> str:
    return sha256(f"{operator_id}:{code}".encode()).hexdigest()
