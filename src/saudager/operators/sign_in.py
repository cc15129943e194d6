"""Signing in: password, second factor, first password by a link; whoever fails learns nothing from how he failed."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import Refused
from saudager.operators import (
    accounts,
    addresses,
    attempts,
    audit,
    browsers,
    links,
    passwords,
    second_factor,
    sessions,
    system_mail,
)
from saudager.operators.attempts import Limit
from saudager.operators.links import Purpose
from saudager.operators.mail_words import Mail
from saudager.operators.models import Operator, OperatorSession
from saudager.operators.roles import Role
from saudager.queues import tasks

FORGOTTEN = "password_forgotten"


@dataclass(frozen=True, slots=True)
class From:
    """Where a browser is and what it calls itself."""

    address: str
    browser: str

    @property
    def told(self) -> dict[str, str]:
        """The same for a letter, without what a stranger may have written there himself."""
        return {"address": self.address, "browser": browsers.known_name_of(self.browser) or "—"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A session and the token its cookie carries; one that ``awaits_code`` opens only the second step."""

    token: str
    awaits_code: bool


async def by_password(app: App, login: str, password: str, at: From) -> Begun | None:
    """Let somebody in; None when not, whatever the reason: unknown, wrong, disabled, or too many attempts."""
    login, now = accounts.spelled(login), app.clock.now()
    if not await app.db.run(_admit_password, login, at, now=now):
        return None
    operator = await app.db.read(accounts.by_login, login)
    kept = operator.password_digest if operator else None
    if not await passwords.matches(password, kept) or kept is None:
        return None
    renewed = await passwords.digest(password) if passwords.is_outdated(kept) else kept
    return await app.db.run(_let_in, login, kept, renewed, at, now=now)


async def by_code(app: App, token: str, code: str, at: From) -> Begun | None:
    """The second step, with a code of the phone or a recovery code; None when it is not good or came too late."""
    now = app.clock.now()
    operator_id = await app.db.run(_admit_code, token, at, now=now)
    if operator_id is None:
        return None
    return await app.db.run(_complete, app, token, code, at, now=now)


async def by_link(app: App, secret: str, *, login: str, name: str, password: str, at: From) -> Begun:
    """Choose a password by a one-time link; the first owner chooses his login too. An operator with a second factor
    is asked for it then.

    Raises NotFound for a dead link, Refused for a login or a name that is none.
    """
    now = app.clock.now()
    await app.db.run(links.find, secret, now=now)
    digest = await passwords.digest(password)
    return await app.db.run(_use_link, secret, login, name, digest, at, now=now)


async def change_password(app: App, visitor: sessions.Visitor, old: str, new: str) -> bool:
    """A new password for whoever knows the old one; he is signed out everywhere else. False when he does not, or tried
    too often."""
    if not await is_own_password(app, visitor, old):
        return False
    digest, now = await passwords.digest(new), app.clock.now()

    def change(session: Session) -> None:
        here = session.get_one(OperatorSession, visitor.session_id)
        accounts.set_password(session, visitor.operator_id, digest, but=visitor.session_id, now=now)
        _note(session, visitor.operator_id, visitor.name, "password.changed", now)
        operator = accounts.by_id(session, visitor.operator_id)
        told = From(here.address, here.browser).told
        system_mail.ask(session, operator, Mail.PASSWORD_CHANGED, now=now, **told)

    await app.db.run(change)
    return True


async def forgot(app: App, typed: str, at: From) -> None:
    """Mail a link to a new password to whoever has this login or address, if he has confirmed one and may enter.

    Nobody can tell whether there is such an operator: the same is done either way, and the rest is a task's.
    """
    await app.db.run(_forgot, typed, at, now=app.clock.now())


async def answer_forgotten(app: App, task_id: str, operator_id: int | None, told: dict[str, str]) -> None:
    """The task behind ``forgot``; ``operator_id`` None: it was nobody's name."""
    if operator_id is not None:
        await app.db.run(_answer_forgotten, operator_id, told, now=app.clock.now())


async def is_own_password(app: App, visitor: sessions.Visitor, password: str) -> bool:
    """Whether the operator at the console knows his password, before a change that needs it; guesses are counted."""
    now = app.clock.now()
    if not await app.db.run(attempts.admit, Limit.OWN, str(visitor.operator_id), now=now):
        return False
    operator = await app.db.read(accounts.by_id, visitor.operator_id)
    if not await passwords.matches(password, operator.password_digest):
        return False
    await app.db.run(attempts.forgive, Limit.OWN, str(visitor.operator_id))
    return True


def _forgot(session: Session, typed: str, at: From, *, now: datetime) -> None:
    attempts.forget_old(session, now=now)
    if not attempts.admit(session, Limit.RESET_ADDRESS, attempts.network_of(at.address), now=now):
        return
    by_login, by_address = accounts.by_login(session, typed), addresses.by_address(session, typed)
    operator = by_address or by_login
    about = accounts.spelled(typed) if operator is None else f"operator {operator.id}"
    if attempts.admit(session, Limit.RESET, about, now=now):
        operator_id = None if operator is None else operator.id
        task_id = f"{FORGOTTEN}:{uuid.uuid4().hex}"
        tasks.enqueue(session, FORGOTTEN, task_id=task_id, now=now, operator_id=operator_id, told=at.told)


def _answer_forgotten(session: Session, operator_id: int, told: dict[str, str], *, now: datetime) -> None:
    operator = accounts.by_id(session, operator_id)
    if operator.disabled_at is None and operator.password_digest is not None:
        system_mail.ask(session, operator, Mail.RESET_PASSWORD, now=now, **told)
        _note(session, operator.id, operator.login, "password.forgotten", now, address=told["address"])


def _admit_password(session: Session, login: str, at: From, *, now: datetime) -> bool:
    network = attempts.network_of(at.address)
    attempts.forget_old(session, now=now)
    if not attempts.admit(session, Limit.ADDRESS, network, now=now):
        return False
    admitted = attempts.admit(session, Limit.LOGIN, login, now=now)
    if admitted and attempts.is_closed(session, Limit.LOGIN, login, now=now):
        _note_many(session, accounts.by_login(session, login), at, now)
    return admitted


def _let_in(session: Session, login: str, judged: str, renewed: str, at: From, *, now: datetime) -> Begun | None:
    operator = accounts.by_login(session, login)
    if operator is None or operator.disabled_at is not None or operator.password_digest != judged:
        return None
    operator.password_digest = renewed
    attempts.forgive(session, Limit.LOGIN, login)
    attempts.give_back(session, Limit.ADDRESS, attempts.network_of(at.address))
    return _begin(session, operator, at, how="password", now=now)


def _admit_code(session: Session, token: str, at: From, *, now: datetime) -> int | None:
    waiting = sessions.awaiting_code(session, token, now=now)
    if waiting is None:
        return None
    about = str(waiting.operator_id)
    if not attempts.admit(session, Limit.CODE, about, now=now):
        return None
    if attempts.is_closed(session, Limit.CODE, about, now=now):
        _note_many(session, accounts.by_id(session, waiting.operator_id), at, now)
    return waiting.operator_id


def _complete(session: Session, app: App, token: str, code: str, at: From, *, now: datetime) -> Begun | None:
    waiting = sessions.awaiting_code(session, token, now=now)
    if waiting is None or not second_factor.accepts(session, waiting.operator_id, app.vault, code, now=now):
        return None
    attempts.forgive(session, Limit.CODE, str(waiting.operator_id))
    sessions.end(session, waiting.id)
    operator = accounts.by_id(session, waiting.operator_id)
    _entered(session, operator, at, how="second factor", now=now)
    return Begun(sessions.begin(session, operator.id, address=at.address, browser=at.browser, now=now), False)


def _use_link(session: Session, secret: str, login: str, name: str, digest: str, at: From, *, now: datetime) -> Begun:
    link = links.use(session, secret, now=now)
    if link.operator_id is None:
        operator = accounts.create(session, login, name, Role.OWNER, password_digest=digest, now=now)
    else:
        operator = accounts.by_id(session, link.operator_id)
        if operator.disabled_at is not None:
            raise Refused("Вход для вас закрыт. Попросите владельца открыть его снова.")
        accounts.set_password(session, operator.id, digest, but=None, now=now)
        if link.purpose == Purpose.INVITATION:
            accounts.rename(session, operator.id, name)
            if link.email is not None:
                addresses.take(session, operator, link.email, now=now)
        else:
            system_mail.ask(session, operator, Mail.PASSWORD_CHANGED, now=now, **at.told)
    attempts.forgive(session, Limit.LOGIN, operator.login)
    return _begin(session, operator, at, how=link.purpose, now=now)


def _begin(session: Session, operator: Operator, at: From, *, how: str, now: datetime) -> Begun:
    awaits_code = operator.second_factor is not None
    token = sessions.begin(
        session, operator.id, address=at.address, browser=at.browser, awaits_code=awaits_code, now=now
    )
    if not awaits_code:
        _entered(session, operator, at, how=how, now=now)
    return Begun(token, awaits_code)


def _entered(session: Session, operator: Operator, at: From, *, how: str, now: datetime) -> None:
    is_new = browsers.is_new(session, operator.id, address=at.address, browser=at.browser, now=now)
    _note(session, operator.id, operator.name, "signed_in", now, address=at.address, by=how)
    if is_new and how not in tuple(Purpose):  # who came by a link is told of his new password
        system_mail.ask(session, operator, Mail.NEW_SIGN_IN, now=now, **at.told)


def _note_many(session: Session, operator: Operator | None, at: From, now: datetime) -> None:
    """Only of operators there are: strangers would fill the log with whatever they type."""
    if operator is not None:
        _note(session, operator.id, operator.login, "sign_in.many_attempts", now, address=at.address)


def _note(session: Session, operator_id: int, who: str, action: str, now: datetime, **details: str) -> None:
    about = f"operator:{operator_id}"
    audit.note(session, operator_id=operator_id, who=who, action=action, about=about, details=details, now=now)
