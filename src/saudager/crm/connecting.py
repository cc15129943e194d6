"""An account of a CRM is connected: by a long-lived token, or by the merchant's yes there; and disconnected again."""

import hmac
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import connections, deeds, pacing, tokens, trouble
from saudager.crm.models import CrmAuthorization, CrmConnection, Strategy
from saudager.errors import BadCredentials, OutsideError, Refused, SaudagerError
from saudager.providers.crm import Account, Integration, Tokens
from saudager.vault import Vault

_log = logging.getLogger(__name__)
CALLBACK = "/console/crm/connected"
"""Where the CRM sends the merchant back to."""
_YES_WITHIN = timedelta(minutes=20)


def is_news(session: Session, vault: Vault, vendor: str, token: str) -> bool:
    """Whether the environment's token is to be taken: no account of the CRM is connected or was, or the one that has
    its token from there has another."""
    known = session.scalars(select(CrmConnection.secrets).where(CrmConnection.vendor == vendor)).all()
    given = [kept for sealed in known if (kept := vault.open_if_of_environment(sealed or "")) is not None]
    return not known or any(not kept or json.loads(kept)["access_token"] != token for kept in given)


async def connect_long_lived(app: App, vendor: str, base_url: str, token: str, *, of_environment: bool = False) -> int:
    """Connect an account by a long-lived token, which is tried first; the connection's id. Raises Refused, and what the
    CRM raises, as Rejected for an address that is none of its accounts'."""
    kind = connections.kind_of(app, vendor)
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise Refused("Вставьте долгосрочный токен из настроек интеграции целиком.")
    address = kind.address(base_url, kind.domains)
    return await _connect(app, vendor, address, Tokens(token), None, of_environment=of_environment)


async def begin_oauth(
    app: App, vendor: str, client_id: str, client_secret: str, *, domain: str, session_id: int
) -> str:
    """Where the operator of this session is sent to say yes, within 20 minutes. ``domain`` is one of the CRM's."""
    kind = connections.kind_of(app, vendor)
    public = app.settings.public_url.rstrip("/")
    if not public:
        raise Refused("Задайте PUBLIC_URL: без адреса магазина CRM не знает, куда вернуть вас.")
    if domain.partition(":")[0] not in kind.domains:
        raise Refused(f"Такого домена у CRM нет: {domain}.")
    if not client_id.strip() or not client_secret.strip():
        raise Refused("Впишите ID интеграции и секретный ключ.")
    integration = Integration(client_id.strip(), client_secret.strip(), f"{public}{CALLBACK}")
    state = secrets.token_urlsafe(32)
    sealed = app.vault.seal(json.dumps(tokens.plain(integration)))
    await app.db.run(_ask_for_yes, state, session_id, vendor, sealed, now=app.clock.now())
    return kind.authorize_url(integration, domain, state)


async def finish_oauth(app: App, state: str, code: str, referer: str, *, session_id: int) -> int:
    """The merchant has said yes and is back in the same session; the connection's id.

    Raises Refused for a state that is not his, was used or is too old, and what the CRM raises.
    """
    vendor, sealed = await app.db.run(_use_yes, state, session_id, now=app.clock.now())
    kind, integration = connections.kind_of(app, vendor), tokens.integration_of(json.loads(app.vault.open(sealed)))
    base_url = kind.address(referer, kind.domains)
    got = await kind.exchange(base_url, integration, code, app.clock)
    return await _connect(app, vendor, base_url, got, integration)


async def disconnect(app: App, connection_id: int) -> None:
    """Have the CRM tell us nothing more, as far as it can be reached, and forget the tokens. What was read stays."""
    connection = await app.db.read(connections.one, connection_id)
    if connection.hooked_at is not None:
        try:
            crm = await connections.opened(app, connection_id)
            await crm.unsubscribe(address_of_hook(app, connection_id))
        except SaudagerError as error:
            _log.warning("CRM account %s still tells us its news: %s", connection_id, error)
    await app.db.run(connections.forget, connection_id, now=app.clock.now())


async def subscribe(app: App, connection_id: int) -> None:
    """Have the CRM tell its news to our public address, when there is one it can reach. Its refusal (the plan may not
    have webhooks) is kept with the account: sweeps bring the news then."""
    if not app.settings.public_url.startswith("https://"):
        return
    try:
        await (await connections.opened(app, connection_id)).subscribe(address_of_hook(app, connection_id))
        refusal = None
    except OutsideError as error:
        _log.warning("CRM account %s was not told where to send its news: %s", connection_id, error)
        refusal = str(error)
    await app.db.run(_note_hook, connection_id, refusal, now=app.clock.now())


def address_of_hook(app: App, connection_id: int) -> str:
    """Where the account's news are told; its last part is a secret."""
    return f"{app.settings.public_url.rstrip('/')}/crm/hooks/{connection_id}/{secret_of_hook(app, connection_id)}"


def secret_of_hook(app: App, connection_id: int) -> str:
    return app.vault.derive(f"crm hook {connection_id}")


def knows_hook(app: App, connection_id: int, secret: str) -> bool:
    """Whether a call's secret is the account's."""
    return hmac.compare_digest(secret.encode(), secret_of_hook(app, connection_id).encode())


async def _connect(
    app: App,
    vendor: str,
    base_url: str,
    got: Tokens,
    integration: Integration | None,
    *,
    of_environment: bool = False,
) -> int:
    async def refuse(refused: Tokens) -> Tokens:
        raise BadCredentials("CRM не принимает этот ключ: проверьте, что он скопирован целиком и не отозван.")

    turn: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext
    crm = app.crms[vendor].open(base_url, got, refuse, turn, app.clock)
    try:
        account = await crm.account()
    finally:
        await crm.close()
    sealed = tokens.seal(app.vault, got, integration, of_environment=of_environment)
    return await app.db.run(_store, vendor, base_url, account, sealed, expires_at=got.expires_at, now=app.clock.now())


def _store(
    session: Session,
    vendor: str,
    base_url: str,
    account: Account,
    sealed: str,
    *,
    expires_at: datetime | None,
    now: datetime,
) -> int:
    """An account that was connected before keeps its mirror and is healed; after a time without us it is read anew."""
    known = select(CrmConnection).where(CrmConnection.vendor == vendor, CrmConnection.account_id == account.id)
    connection = session.scalars(known.with_for_update()).first()
    if connection is None:
        connection = CrmConnection(
            vendor=vendor, account_id=account.id, connected_at=now, strategy=Strategy.MAILBOX, notes_talks=True
        )
        session.add(connection)
    elif connection.disconnected_at is not None:
        connection.connected_at, connection.disconnected_at = now, None
        connection.synced_at = connection.swept_until = connection.progress = connection.described_at = None
    connection.base_url, connection.title, connection.currency = base_url, account.name, account.currency
    connection.chats_id, connection.secrets, connection.expires_at = account.chats_id, sealed, expires_at
    connection.refresh_owner = connection.refresh_until = None
    connection.read_owner = connection.read_until = None
    session.flush()
    trouble.is_well(session, connection.id, now=now)
    pacing.begin(session, connection.id, now=now)
    deeds.resume(session, connection.id)
    if connection.synced_at is None:
        connections.read_all(session, connection.id, due=now, now=now)
    return connection.id


def _ask_for_yes(session: Session, state: str, session_id: int, vendor: str, sealed: str, *, now: datetime) -> None:
    session.execute(delete(CrmAuthorization).where(CrmAuthorization.expires_at <= now))
    asked = CrmAuthorization(
        digest=_digest(state), session_id=session_id, vendor=vendor, integration=sealed, expires_at=now + _YES_WITHIN
    )
    session.add(asked)


def _use_yes(session: Session, state: str, session_id: int, *, now: datetime) -> tuple[str, str]:
    used = (
        update(CrmAuthorization)
        .where(
            CrmAuthorization.digest == _digest(state),
            CrmAuthorization.session_id == session_id,
            CrmAuthorization.used_at.is_(None),
            CrmAuthorization.expires_at > now,
        )
        .values(used_at=now)
        .returning(CrmAuthorization.vendor, CrmAuthorization.integration)
    )
    row = session.execute(used).one_or_none()
    if row is None:
        raise Refused("Это подключение начали в другом окне, уже закончили или отложили дольше чем на 20 минут.")
    return row.vendor, row.integration


def _note_hook(session: Session, connection_id: int, refusal: str | None, *, now: datetime) -> None:
    connection = session.get_one(CrmConnection, connection_id)
    connection.hook_problem, connection.hooked_at = refusal, None if refusal else now


def _digest(state: str) -> str:
    return sha256(state.encode()).hexdigest()
