"""How Kommo's accounts are opened: where the merchant says yes, a code turned into tokens, tokens renewed.

Vendor facts: https://developers.kommo.com/reference/get-token and the vendor's own client,
https://github.com/amocrm/amocrm-api-php (read 2026-11). Every renewal gives a new refresh token and kills the one used;
an account that was renamed is asked for by its refresh token at the ``api_domain`` its access token names.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from saudager import __version__
from saudager.clock import Clock
from saudager.errors import BadCredentials, Rejected, UnrecognisedPayload
from saudager.providers.crm import Integration, Tokens
from saudager.providers.crm.kommo_words import SILENCE, words_of
from saudager.providers.http_client import Answer, HttpClient

DOMAINS = ("kommo.com", "amocrm.ru")
USER_AGENT = f"Saudager/{__version__}"
LOOPBACK = ("127.0.0.1", "localhost")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_PATIENCE = 20.0
_LONGEST_LIFE = 10 * 365 * 86_400
_TRANSIENT = (408, 429)
_GONE = (401, 404)


def base_url_of(referer: str, domains: Sequence[str]) -> str:
    """The address of an account that is said to be at ``referer``: ``shop.kommo.com``, with or without ``https://``.

    Only a name below one of the domains is believed, because tokens and secrets go there: raises Rejected for any
    other. A loopback address, over plain HTTP and with its port, is one only where it is named among the domains.
    """
    written = referer.strip().lower()
    parts = urlsplit(written if "://" in written else f"https://{written}")
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        port = -1
    is_plain = parts.scheme in ("https", "http") and "@" not in parts.netloc and _HOST.fullmatch(host)
    if is_plain and host in LOOPBACK and host in domains:
        return f"http://{host}" if port is None else f"http://{host}:{port}"
    if is_plain and port is None and any(host.endswith(f".{domain}") for domain in domains if domain not in LOOPBACK):
        return f"https://{host}"
    known = ", ".join(f"https://….{domain}" for domain in domains if domain not in LOOPBACK)
    raise Rejected(f"{referer.strip()[:100]!r} не похоже на адрес аккаунта: он вида {known}")


def checked(base_url: str) -> str:
    """The address, if credentials may be sent there: over HTTPS, or to this machine; raises Rejected."""
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return base_url.rstrip("/")
    raise Rejected(f"{base_url[:100]!r}: адрес аккаунта должен начинаться с https://")


def authorize_url(integration: Integration, domain: str, state: str) -> str:
    """``mode=post_message`` leads back in the window the merchant has said yes in."""
    is_here = domain.partition(":")[0] in LOOPBACK
    query = urlencode({"client_id": integration.client_id, "state": state, "mode": "post_message"})
    return f"{f'http://{domain}' if is_here else f'https://www.{domain}'}/oauth?{query}"


async def exchange(base_url: str, integration: Integration, code: str, clock: Clock) -> Tokens:
    asked = "код подключения"
    async with _client(base_url, integration, code, clock=clock) as http:
        answer = await _ask(http, integration, asked, grant_type="authorization_code", code=code)
        if answer.status >= 400:
            raise Rejected(http.describe(answer, asked=asked))
        return _tokens(http.json_object(answer, asked=asked), clock, asked)


async def refresh(base_url: str, integration: Integration, tokens: Tokens, clock: Clock) -> Tokens:
    asked = "продление доступа"
    if tokens.refresh_token is None:
        raise BadCredentials("Kommo: долгосрочный токен не продлевается: создайте новый в настройках интеграции")
    moved = None
    for _ in range(2):
        async with _client(moved or base_url, integration, tokens.refresh_token, clock=clock) as http:
            answer = await _ask(
                http, integration, asked, grant_type="refresh_token", refresh_token=tokens.refresh_token
            )
            if answer.status < 400:
                return _tokens(http.json_object(answer, asked=asked), clock, asked, moved)
            refusal = http.describe(answer, asked=asked)
        if moved is not None or answer.status not in _GONE:
            break
        moved = await _moved(base_url, tokens, clock)
        if moved in (None, base_url):
            break
    raise BadCredentials(refusal)


async def _ask(http: HttpClient, integration: Integration, asked: str, **grant: str) -> Answer:
    body = {
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
        "redirect_uri": integration.redirect_uri,
        **grant,
    }
    refusals = [status for status in range(400, 500) if status not in _TRANSIENT]
    return await http.call("POST", "/oauth2/access_token", asked=asked, body=body, accept=refusals)


async def _moved(base_url: str, tokens: Tokens, clock: Clock) -> str | None:
    """Where the account lives now; None when it is not told."""
    host = urlsplit(base_url).hostname or ""
    domains = LOOPBACK if host in LOOPBACK else (host.partition(".")[2], *DOMAINS)
    try:
        told_by = base_url_of(_claims(tokens.access_token)["api_domain"], domains)
    except (Rejected, LookupError, ValueError, AttributeError, TypeError):
        return None
    asked, secret = "новый адрес аккаунта", tokens.refresh_token or ""
    async with _client(told_by, None, secret, clock=clock) as http:
        refusals = [status for status in range(400, 500) if status not in _TRANSIENT]
        headers = {"X-Refresh-Token": secret}
        answer = await http.call(
            "GET", "/oauth2/account/current/subdomain", asked=asked, headers=headers, accept=refusals
        )
        if answer.status != 200:
            return None
        domain = http.json_object(answer, asked=asked).get("domain")
    return base_url_of(domain, domains) if isinstance(domain, str) else None


@asynccontextmanager
async def _client(
    base_url: str, integration: Integration | None, secret: str, *, clock: Clock
) -> AsyncIterator[HttpClient]:
    secrets = [secret] if integration is None else [secret, integration.client_secret]
    http = HttpClient(
        "Kommo",
        checked(base_url),
        clock=clock,
        headers={"User-Agent": USER_AGENT},
        secrets=secrets,
        timeout=_PATIENCE,
        excerpt=words_of,
        silence=SILENCE,
    )
    try:
        yield http
    finally:
        await http.close()


def _tokens(told: dict[str, Any], clock: Clock, asked: str, base_url: str | None = None) -> Tokens:
    access, renews, lives = told.get("access_token"), told.get("refresh_token"), told.get("expires_in")
    if not (_fits_a_header(access) and _fits_a_header(renews)):
        raise UnrecognisedPayload(f"Kommo: {asked}: the answer has no access_token and refresh_token")
    if isinstance(lives, bool) or not isinstance(lives, int) or not 0 < lives < _LONGEST_LIFE:
        raise UnrecognisedPayload(f"Kommo: {asked}: expires_in: expected seconds")
    return Tokens(str(access), str(renews), clock.now() + timedelta(seconds=lives), base_url)


def _fits_a_header(token: object) -> bool:
    return isinstance(token, str) and bool(token) and token.isascii() and token.isprintable()


def _claims(access_token: str) -> dict[str, Any]:
    part = access_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
