"""Who may ask: a key of ours in ``Authorization: Bearer …`` or ``X-API-Key``, with the scope of the page.

Calendar programs know only a name and a password (``Authorization: Basic …``): the key is the password.
"""

import binascii
from base64 import b64decode
from typing import Any

from fastapi import Depends, HTTPException, Request

from saudager import keys
from saudager.app import App
from saudager.keys import Scope

_KINDS = 'Bearer realm="saudager", Basic realm="saudager"'


def needs(app: App, scope: Scope) -> Any:
    """A dependency for routes: 401 without a key that opens the scope."""

    async def check(request: Request) -> None:
        given = _authorised(request.headers.get("authorization", "")) or request.headers.get("x-api-key", "")
        if not given or not await app.db.read(keys.opens, given, scope):
            says = f"Нужен ключ с правом {scope}: saudager key create ИМЯ --scope {scope}"
            raise HTTPException(401, says, headers={"www-authenticate": _KINDS})

    return Depends(check)


def _authorised(header: str) -> str:
    """The key in the header, or nothing."""
    kind, _, given = header.partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
