"""The OpenAPI document of what other programs may call."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from saudager import __version__
from saudager.api.guard import behind
from saudager.app import App
from saudager.keys import Scope

PREFIX = "/api/v1"
_DESCRIPTION = (
    "Sales data in, and letters that rest on it: calls that want a key with the scope `letters`. "
    "Pictures of products, below `/api/v1/pictures/`: they want one with the scope `pictures`."
)
_TAGS = {
    "Watching": "How a service is, and how its day goes: docs/monitoring.md.",
    "Desk": "What waits for a person of the shop, who bought, and the booked calls.",
    "Orders": "Orders in and out, and what was written to their buyers: docs/orders.md.",
    "Letters": "Letters that rest on what a company buys: docs/letters.md.",
    "Sales data": "Companies, the people in them, and what they bought: docs/sales.md.",
    "Pictures": "One product from many angles: docs/pictures.md.",
    "Description": "The calls below `/api/v1` for machines.",
    "Webhooks": "Where messengers, carriers of letters and CRMs tell their news, in their forms: docs/providers.md.",
    "Unsubscribing": "The page behind the link of a letter.",
    "Files": "Pictures at addresses that messengers, marketplaces and letters can open.",
    "Between the services": "What the gateway does for the console when they are two processes, behind SERVICE_KEY. "
    "It is for the other service, not for programs of yours, and may change with any version. An error keeps its name "
    "in the header `X-Error`.",
}
_NEVER_ANSWERED = ("HTTPValidationError", "ValidationError")
"""What FastAPI believes a 422 to be; ours is a ``Fault`` (``web.make_web``)."""


def router(app: App) -> APIRouter:
    """``GET /api/v1/openapi.json``, behind a key that opens any of what it describes."""
    routes = APIRouter(**behind(app, Scope.LETTERS, Scope.PICTURES), tags=["Description"])

    beginning = {"openapi": "3.1.0", "info": {"title": "Saudager", "version": __version__}, "paths": {}}

    @routes.get(f"{PREFIX}/openapi.json", responses={200: {"content": {"application/json": {"example": beginning}}}})
    async def document(request: Request) -> Mapping[str, Any]:
        """The OpenAPI document of the calls below `/api/v1`; either scope opens it."""
        return describe(request.app.routes, below=f"{PREFIX}/")

    return routes


def describe(routes: list[Any], *, below: str = "/", description: str = _DESCRIPTION) -> dict[str, Any]:
    """The document of those routes that lie below a path and have a tag: the console's pages have none."""
    ours = [
        one for one in iter_route_contexts(routes) if (one.path or "").startswith(below) and getattr(one, "tags", None)
    ]
    used = {tag for one in ours for tag in one.tags}
    tags = [{"name": name, "description": says} for name, says in _TAGS.items() if name in used]
    document = get_openapi(title="Saudager", version=__version__, description=description, routes=ours, tags=tags)
    for path in document["paths"].values():
        for operation in path.values():
            if str(operation["responses"].get("422")).count(_NEVER_ANSWERED[0]):
                del operation["responses"]["422"]
    schemas = document.get("components", {}).get("schemas", {})
    for name in _NEVER_ANSWERED:
        schemas.pop(name, None)
    for schema in schemas.values():
        for shown in schema.get("examples", ()):
            _put_nulls_back(shown, schema, schemas)
    return document


def _put_nulls_back(shown: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """FastAPI leaves what is null out of the whole document, and so out of the examples in it."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", ()):
        _put_nulls_back(shown, one, schemas)
    if isinstance(shown, list):
        for one in shown:
            _put_nulls_back(one, schema.get("items", {}), schemas)
    if isinstance(shown, dict):
        for name, part in schema.get("properties", {}).items():
            if name in schema.get("required", ()):
                shown.setdefault(name, None)
            _put_nulls_back(shown.get(name), part, schemas)
        rest = schema.get("additionalProperties")
        if isinstance(rest, dict):
            for value in shown.values():
                _put_nulls_back(value, rest, schemas)
