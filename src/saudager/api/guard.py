"""Who may ask: a key of ours in ``Authorization: Bearer …`` or ``X-API-Key``, with the scope of the page.

Calendar programs know only a name and a password (``Authorization: Basic …``): the key is the password.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy.orm import Session

from saudager import keys
from saudager.api.answers import fault
from saudager.app import App
from saudager.keys import Scope

_KINDS = 'Bearer realm="saudager", Basic realm="saudager"'
_BEARER = HTTPBearer(scheme_name="bearer", auto_error=False, description="A key of `saudager key create`.")
_HEADER = APIKeyHeader(name="X-API-Key", scheme_name="key", auto_error=False, description="The same key.")


def behind(app: App, *scopes: Scope, besides: Mapping[int | str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What makes an APIRouter answer 401 without a key that opens one of the scopes; ``besides``: what else it may."""

    async def check(
        request: Request, _bearer: Annotated[Any, Depends(_BEARER)], _header: Annotated[Any, Depends(_HEADER)]
    ) -> None:
        given = _authorised(request.headers.get("authorization", "")) or request.headers.get("x-api-key", "")
        if not given or not await app.db.read(_opens, given, scopes):
            raise HTTPException(401, _refused(scopes), headers={"www-authenticate": _KINDS})

    return {
        "dependencies": [Security(check, scopes=[str(scope) for scope in scopes])],
        "responses": {401: fault("There is no key, or it does not open this.", _refused(scopes)), **besides},
    }


def _refused(scopes: Sequence[Scope]) -> str:
    return f"Нужен ключ с правом {' или '.join(scopes)}: saudager key create ИМЯ --scope {scopes[0]}"


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
