"""Orders that the merchant's own parser sends, for shops whose marketplace we read and for shops elsewhere."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query
from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy.orm import Session

from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.app import App
from saudager.errors import UnrecognisedPayload
from saudager.keys import Scope
from saudager.orders import intake, posted, shops
from saudager.orders.intake import Taken
from saudager.providers.marketplace import MarketplaceKind

LONGEST_POST = 10_000_000
"""Bytes; a thousand orders with their lines are some megabytes."""
_ShopId = Annotated[int, Query(alias="shop_id", ge=1, lt=2**63)]
_POSTED = {
    "orders": [
        {
            "code": "496000001",
            "status": "ACCEPTED_BY_MERCHANT",
            "state": "PICKUP",
            "total": 19980,
            "placed_at": "2026-03-11T12:00:00+05:00",
            "phone": "+7 701 555 01 01",
            "name": "Айгерим",
            "lines": [{"sku": "SKU-1", "name": "Чайник", "quantity": 2, "price": 9990}],
        }
    ]
}


def _in_place(schema: Any, of: dict[str, Any]) -> Any:
    """A schema with what it refers to written where it is meant."""
    if isinstance(schema, list):
        return [_in_place(one, of) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _in_place(of[schema["$ref"].rpartition("/")[2]], of)
    return {name: _in_place(part, of) for name, part in schema.items() if name != "$defs"}


_ORDERS = TypeAdapter(list[posted.PostedOrder]).json_schema()
_BODY = {
    "anyOf": [
        {
            "title": "Orders",
            "description": "In plain form.",
            "type": "object",
            "required": ["orders"],
            "properties": {"orders": _in_place(_ORDERS, _ORDERS["$defs"]) | {"maxItems": posted.MOST}},
        },
        {
            "title": "Document",
            "description": "The marketplace's own answer (JSON:API).",
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "array", "maxItems": posted.MOST, "items": {"type": "object"}}},
        },
    ]
}


class Counted(BaseModel):
    """What a post changed."""

    model_config = shown({"added": 1, "changed": 0, "unchanged": 0, "stale": 0})

    added: int
    changed: int
    unchanged: int
    stale: int = Field(description="Orders that are further on here than in the post.")


def router(app: App) -> APIRouter:
    """All behind a key with the scope ``orders``.

    ``POST /kaspi/orders?shop_id=1`` takes orders in, up to 1000 at once; the same post again changes nothing. The body
    is the marketplace's own JSON:API document, or a list of ``posted.PostedOrder``.

    422 names the wrong entry and its field, and then nothing is stored; 404 for a shop nobody knows. A post says
    nothing of its age, so it moves an order on and never back; what would is ``stale``.
    """
    routes = APIRouter(**behind(app, Scope.ORDERS), tags=["Orders"])
    for name, kind in app.marketplaces.items():
        _add(routes, app, f"/{name}/orders", kind)
    return routes


def longest_bodies(app: App) -> dict[str, int]:
    """The paths that take more than a usual call, and how many bytes."""
    return {f"/{name}/orders": LONGEST_POST for name in app.marketplaces}


def _add(routes: APIRouter, app: App, path: str, kind: MarketplaceKind) -> None:
    @routes.post(
        path,
        responses=faults(400, 404, 413, 422),
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _BODY, "example": _POSTED}}}},
    )
    async def post(shop: _ShopId, document: Annotated[Any, Body()]) -> Counted:
        """Take in orders, up to 1000 at once, in this form or as the marketplace's own document (`data`). Of a wrong
        one nothing is stored: 422 names the entry and its field. The same post again changes nothing."""
        await app.db.read(shops.one, shop)
        now = app.clock.now()
        try:
            orders = posted.read(document, kind, read_at=now)
        except UnrecognisedPayload as error:
            raise HTTPException(422, str(error)) from None

        def take(session: Session) -> Taken:
            return intake.take(
                session,
                shops.one(session, shop),
                orders,
                read_at=now,
                came_from=intake.FROM_PARSER,
                vault=app.vault,
                settings=app.settings,
                now=now,
            )

        taken = await app.db.run(take)
        return Counted(added=len(taken.added), changed=len(taken.changed), unchanged=taken.unchanged, stale=taken.stale)
