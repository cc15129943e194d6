"""Who may ask: a key of ours in ``Authorization: Bearer …`` or ``X-API-Key``, with the scope of the page."""

from typing import Any

from fastapi import Depends, HTTPException, Request

from saudager import keys
from saudager.app import App
from saudager.keys import Scope


def needs(app: App, scope: Scope) -> Any:
    """A dependency for routes: 401 without a key that opens the scope."""

    async def check(request: Request) -> None:
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key", "")
        if not given or not await app.db.read(keys.opens, given, scope):
            says = f"Нужен ключ с правом {scope}: saudager key create ИМЯ --scope {scope}"
            raise HTTPException(401, says, headers={"www-authenticate": 'Bearer realm="saudager"'})

    return Depends(check)
