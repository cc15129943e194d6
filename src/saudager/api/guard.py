"""Who may ask: a key of ours in ``Authorization: Bearer …`` or ``X-API-Key``, with the scope of the page.

Calendar programs know only a name and a password (``Authorization: Basic …``): the key is the password.
"""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from fastapi import Depends, HTTPException, Request
from sqlalchemy.orm import Session

from saudager import keys
from saudager.app import App
from saudager.keys import Scope

_KINDS = 'Bearer realm="saudager", Basic realm="saudager"'


def needs(app: App, *scopes: Scope) -> Any:
    """A dependency for routes: 401 without a key that opens one of the scopes."""

    async def check(request: Request) -> None:
        given = _authorised(request.headers.get("authorization", "")) or request.headers.get("x-api-key", "")
        if not given or not await app.db.read(_opens, given, scopes):
            says = f"Нужен ключ с правом {' или '.join(scopes)}: saudager key create ИМЯ --scope {scopes[0]}"
            raise HTTPException(401, says, headers={"www-authenticate": _KINDS})

    return Depends(check)


def _opens(session: Session, key: str, scopes: Sequence[Scope]) -> bool:
    return any(keys.opens(session, key, scope) for scope in scopes)


def _authorised(header: str) -> str:
    """The key in the header, or nothing."""
    kind, _, given = header.partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(given, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
