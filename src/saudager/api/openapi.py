"""The OpenAPI document of what other programs may call below ``/api/v1``."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field

from saudager import __version__
from saudager.api.guard import needs
from saudager.app import App
from saudager.keys import Scope

PREFIX = "/api/v1"
_PATH = f"{PREFIX}/openapi.json"
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


class Fault(BaseModel):
    """Why it was not done, in a sentence."""

    error: str = Field(description="Russian sentence.")


_SAYS = {
    400: "The request cannot be read.",
    401: "There is no key, or it does not open this.",
    404: "There is no such thing.",
    409: "A rule forbids it.",
    413: "The body is too long.",
    422: "A field is missing or wrong; the sentence names it.",
    503: "Not at this moment: try again in a minute.",
}


def faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What else a route may answer, besides 401."""
    return {status: {"model": Fault, "description": _SAYS[status]} for status in (401, *statuses)}


def router(app: App) -> APIRouter:
    """``GET /api/v1/openapi.json``, behind a key that opens any of what it describes."""
    routes = APIRouter(dependencies=[needs(app, Scope.LETTERS, Scope.PICTURES)])

    @routes.get(_PATH, include_in_schema=False)
    async def document(request: Request) -> Mapping[str, Any]:
        return describe(request.app.routes)

    return routes


def describe(routes: list[Any]) -> dict[str, Any]:
    """The document of those routes that lie below ``/api/v1``."""
    ours = [one for one in iter_route_contexts(routes) if (one.path or "").startswith(f"{PREFIX}/")]
    document = get_openapi(
        title="Saudager",
        version=__version__,
        description="Sales data in, and letters that rest on it: calls that want a key with the scope `letters`. "
        "Pictures of products, below `/api/v1/pictures/`: they want one with the scope `pictures`.",
        routes=ours,
    )
    document.setdefault("components", {})["securitySchemes"] = _KEYS
    document["security"] = [{name: []} for name in _KEYS]
    return document
