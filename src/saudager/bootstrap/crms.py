"""In which CRM a shop's leads can be kept."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from saudager.clock import Clock
from saudager.providers.crm import Crm, CrmKind, Integration, News, RefreshTokens, Tokens
from saudager.settings import Settings

KOMMO = "kommo"


def crms_of(settings: Settings) -> dict[str, CrmKind]:
    """What can be connected."""
    kommo = CrmKind(
        "Kommo (amoCRM)",
        settings.kommo_domains,
        _open_kommo,
        _authorize_at_kommo,
        _exchange_at_kommo,
        _refresh_at_kommo,
        _read_kommo_news,
        _kommo_address,
        requests_per_second=settings.kommo_requests_per_second,
    )
    return {KOMMO: kommo}


def _open_kommo(
    base_url: str,
    tokens: Tokens,
    renew: RefreshTokens,
    turn: Callable[[], AbstractAsyncContextManager[Any]],
    clock: Clock,
) -> Crm:
    from saudager.providers.crm.kommo import Kommo

    return Kommo(base_url, tokens, renew, turn, clock)


def _authorize_at_kommo(integration: Integration, domain: str, state: str) -> str:
    from saudager.providers.crm.kommo_oauth import authorize_url

    return authorize_url(integration, domain, state)


def _kommo_address(written: str, domains: Sequence[str]) -> str:
    from saudager.providers.crm.kommo_oauth import base_url_of

    return base_url_of(written, domains)


async def _exchange_at_kommo(base_url: str, integration: Integration, code: str, clock: Clock) -> Tokens:
    from saudager.providers.crm.kommo_oauth import exchange

    return await exchange(base_url, integration, code, clock)


async def _refresh_at_kommo(base_url: str, integration: Integration, tokens: Tokens, clock: Clock) -> Tokens:
    from saudager.providers.crm.kommo_oauth import refresh

    return await refresh(base_url, integration, tokens, clock)


def _read_kommo_news(headers: Mapping[str, str], body: bytes) -> News:
    from saudager.providers.crm.kommo_hooks import read

    return read(headers, body)
