"""Who may ask the Kommo of ours: codes, access tokens, and refresh tokens of which every use kills the last."""

import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from saudager.providers.crm import Integration

CODE_LIVES = timedelta(minutes=20)
ACCESS_LIVES = timedelta(days=1)
REFRESH_LIVES = timedelta(days=90)
LONG_LIVES = timedelta(days=5 * 365)
ACCOUNT_ID, USER_ID = 31_000_001, 11


class NotGranted(Exception):
    """Why there are no tokens: ``http`` is the status it comes with, the text its hint."""

    def __init__(self, hint: str, *, http: int = 400) -> None:
        super().__init__(hint)
        self.http = http


@dataclass
class KommoAuth:
    """The codes and tokens of one integration in one account. ``api_domain`` is told in every access token."""

    integration: Integration
    api_domain: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _codes: dict[str, datetime] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _access: dict[str, datetime] = field(default_factory=dict)
    _refresh: dict[str, datetime] = field(default_factory=dict)

    def code(self, now: datetime) -> str:
        code = f"def502-code-{next(self._numbers):04}"
        self._codes[code] = now + CODE_LIVES
        return code

    def long_lived(self, now: datetime) -> str:
        return self._access_token(now, LONG_LIVES)

    def accepts(self, access_token: str, now: datetime) -> bool:
        return now < self._access.get(access_token, now)

    def knows(self, refresh_token: str, now: datetime) -> bool:
        return now < self._refresh.get(refresh_token, now)

    def expire(self) -> None:
        """No access token is accepted any more; what is refreshed, is."""
        self._access.clear()

    def revoke(self) -> None:
        """The integration was switched off in the account: nothing it holds is worth anything."""
        self._access.clear()
        self._refresh.clear()

    def grant(self, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Tokens for a code or a refresh token; raises NotGranted."""
        known = self.integration
        if asked.get("client_id") != known.client_id or asked.get("client_secret") != known.client_secret:
            raise NotGranted("Client authentication failed", http=401)
        if asked.get("redirect_uri") != known.redirect_uri:
            raise NotGranted("Redirect URI does not match")
        if asked.get("grant_type") == "authorization_code":
            self._use_code(str(asked.get("code")), now)
        elif asked.get("grant_type") == "refresh_token":
            self._use_refresh(str(asked.get("refresh_token")), now)
        else:
            raise NotGranted("The grant type is not supported")
        refresh_token = f"def502-refresh-{next(self._numbers):04}"
        self._refresh[refresh_token] = now + REFRESH_LIVES
        return {
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIVES.total_seconds()),
            "server_time": int(now.timestamp()),
            "access_token": self._access_token(now, ACCESS_LIVES),
            "refresh_token": refresh_token,
        }

    def _use_code(self, code: str, now: datetime) -> None:
        if code in self._used:
            raise NotGranted("Authorization code has been revoked")
        if code not in self._codes:
            raise NotGranted("Cannot decrypt the authorization code")
        if now >= self._codes[code]:
            raise NotGranted("Authorization code has expired")
        self._used.add(code)

    def _use_refresh(self, refresh_token: str, now: datetime) -> None:
        ends = self._refresh.pop(refresh_token, None)
        if ends is None:
            raise NotGranted("Token has been revoked", http=401)
        if now >= ends:
            raise NotGranted("Token has expired", http=401)

    def _access_token(self, now: datetime, lives: timedelta) -> str:
        claims = {
            "aud": self.integration.client_id,
            "jti": f"jti-{next(self._numbers):04}",
            "iat": int(now.timestamp()),
            "exp": int((now + lives).timestamp()),
            "sub": str(USER_ID),
            "account_id": ACCOUNT_ID,
            "scopes": ["crm", "notifications"],
            "api_domain": self.api_domain,
        }
        token = f"{_part({'typ': 'JWT', 'alg': 'RS256'})}.{_part(claims)}.signature"
        self._access[token] = now + lives
        return token


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
