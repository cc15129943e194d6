"""The tokens of an account: sealed, and renewed by one of all processes, so that none of them is ever lost.

Every renewal kills the refresh token it was made with. So whoever renews takes a turn in the database, asks the CRM,
and stores the new pair at once; who comes meanwhile waits for what he stores.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import trouble
from saudager.crm.models import CrmConnection
from saudager.db.statements import Statement
from saudager.errors import BadCredentials, DatabaseFault, SaudagerError, Unanswered
from saudager.providers.crm import Integration, Tokens
from saudager.vault import Vault

_log = logging.getLogger(__name__)
_TURN = timedelta(minutes=3)
"""How long a renewal may take; then whoever began it is taken for dead."""
_LOOK_AGAIN = timedelta(seconds=0.5)
_AHEAD = timedelta(hours=1)
"""Tokens that end so soon are renewed before anybody meets their end."""
_TRIES = 60
CONNECT_AGAIN = "Подключите CRM заново."
_ENDED = f"Ключ доступа больше не подходит: его срок вышел или его отозвали. {CONNECT_AGAIN}"
_LOST = f"Ответ CRM с новым ключом до нас не дошёл, а старый она больше не принимает. {CONNECT_AGAIN}"


@dataclass(frozen=True, slots=True)
class Opened:
    """What opens an account; ``sealed`` is how it is stored."""

    sealed: str
    tokens: Tokens
    integration: Integration | None


def seal(vault: Vault, tokens: Tokens, integration: Integration | None, *, of_environment: bool = False) -> str:
    """As they are stored."""
    kept: dict[str, str] = {"access_token": tokens.access_token}
    if tokens.refresh_token is not None and integration is not None:
        kept |= {"refresh_token": tokens.refresh_token} | plain(integration)
    return vault.seal(json.dumps(kept), of_environment=of_environment)


def unseal(vault: Vault, connection: CrmConnection) -> Opened:
    """Raises BadCredentials for an account that was disconnected."""
    if connection.secrets is None:
        raise BadCredentials(f"«{connection.title}» отключён.")
    kept = json.loads(vault.open(connection.secrets))
    tokens = Tokens(kept["access_token"], kept.get("refresh_token"), connection.expires_at, connection.base_url)
    return Opened(connection.secrets, tokens, integration_of(kept) if tokens.refresh_token else None)


def plain(integration: Integration) -> dict[str, str]:
    """An integration as JSON can hold it."""
    return {name: getattr(integration, name) for name in _OF_INTEGRATION}


def integration_of(kept: Mapping[str, str]) -> Integration:
    """The same read back."""
    return Integration(*(kept[name] for name in _OF_INTEGRATION))


async def keep_fresh(app: App, connection_id: int) -> None:
    """Renew the tokens of an account that end soon. A refresh token nobody has used for three months is dead."""
    connection = await app.db.read(_connection, connection_id)
    if connection.expires_at is not None and connection.expires_at - app.clock.now() < _AHEAD:
        await renew(app, connection_id, unseal(app.vault, connection).tokens)


async def renew(app: App, connection_id: int, refused: Tokens) -> Opened:
    """The tokens to use in place of those that were refused: renewed now, or meanwhile by another.

    Raises BadCredentials when there are none: then the account is paused and a person asked; and what the CRM raises.
    What is begun is brought to its end, whoever is cancelled.
    """
    work = asyncio.ensure_future(_renew(app, connection_id, refused))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        app.retiring.append(_brought_to_its_end(work))
        raise


async def _renew(app: App, connection_id: int, refused: Tokens) -> Opened:
    owner = uuid4().hex
    while True:
        connection = await app.db.read(_connection, connection_id)
        known = unseal(app.vault, connection)
        if known.tokens.access_token != refused.access_token:
            return known
        if known.integration is None:
            await app.db.run(trouble.pause, connection_id, _ENDED, now=app.clock.now())
            raise BadCredentials(_ENDED)
        now = app.clock.now()
        if await app.db.run(_take_turn, connection_id, owner, known.sealed, now=now):
            break
        await app.clock.sleep_until(now + _LOOK_AGAIN)
    try:
        new = await _asked(app, connection, known.tokens, known.integration)
    except BadCredentials as error:
        await app.db.run(_give_turn_back, connection_id, owner)
        now_known = unseal(app.vault, await app.db.read(_connection, connection_id))
        if now_known.sealed != known.sealed:  # whoever was taken for dead had renewed them
            return now_known
        await app.db.run(trouble.pause, connection_id, str(error), now=app.clock.now())
        raise
    except SaudagerError:
        await app.db.run(_give_turn_back, connection_id, owner)
        raise
    sealed = seal(app.vault, new, known.integration)
    await _kept(app, connection_id, owner, known.sealed, sealed, new)
    return Opened(sealed, new, known.integration)


async def _asked(app: App, connection: CrmConnection, tokens: Tokens, integration: Integration) -> Tokens:
    """New tokens. One who was not answered tries the old ones once more: perhaps the question was not heard."""
    kind = app.crms[connection.vendor]
    try:
        return await kind.refresh(connection.base_url, integration, tokens, app.clock)
    except Unanswered as error:
        _log.warning("tokens of CRM account %s: %s", connection.id, error)
    try:
        return await kind.refresh(connection.base_url, integration, tokens, app.clock)
    except BadCredentials:
        raise BadCredentials(_LOST) from None


async def _kept(app: App, connection_id: int, owner: str, before: str, sealed: str, new: Tokens) -> None:
    """Store the new pair, which exists nowhere else: while the database cannot be written, it is tried again."""
    for left in range(_TRIES - 1, -1, -1):
        now = app.clock.now()
        try:
            await app.db.run(_keep, connection_id, owner, before, sealed, new, now=now)
            return
        except DatabaseFault as error:
            if not left:
                raise
            _log.error("new tokens of CRM account %s are not stored yet: %s", connection_id, error)
        await app.clock.sleep_until(now + timedelta(seconds=1))


async def _brought_to_its_end(work: "asyncio.Future[Opened]") -> None:
    await asyncio.gather(work, return_exceptions=True)


def _connection(session: Session, connection_id: int) -> CrmConnection:
    return session.get_one(CrmConnection, connection_id)


def _take_turn(session: Session, connection_id: int, owner: str, sealed: str, *, now: datetime) -> bool:
    taken = _TAKE_TURN(session, connection=connection_id, owner=owner, sealed=sealed, now=now, until=now + _TURN)
    return taken.rowcount > 0


def _give_turn_back(session: Session, connection_id: int, owner: str) -> None:
    _GIVE_TURN_BACK(session, connection=connection_id, owner=owner)


def _keep(
    session: Session, connection_id: int, owner: str, before: str, sealed: str, new: Tokens, *, now: datetime
) -> None:
    """Unless a person has connected the account anew meanwhile: those are newer."""
    kept = _KEEP(
        session,
        connection=connection_id,
        before=before,
        sealed=sealed,
        expires_at=new.expires_at,
        base_url=new.base_url,
    )
    if kept.rowcount > 0:
        trouble.is_well(session, connection_id, now=now)
    _give_turn_back(session, connection_id, owner)


_OF_INTEGRATION = ("client_id", "client_secret", "redirect_uri")
_TAKE_TURN = Statement("""
    update crm_connections set refresh_owner = :owner, refresh_until = :until
    where id = :connection and secrets = :sealed and (refresh_owner is null or refresh_until <= :now)""")
_GIVE_TURN_BACK = Statement("""
    update crm_connections set refresh_owner = null, refresh_until = null
    where id = :connection and refresh_owner = :owner""")
_KEEP = Statement("""
    update crm_connections
    set secrets = :sealed, expires_at = :expires_at, base_url = coalesce(:base_url, base_url)
    where id = :connection and secrets = :before""")
