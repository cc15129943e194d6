"""The pictures themselves, at addresses messengers, marketplaces and letters can open. No key of ours: they have none,
and the 192 random bits of a name are the proof that somebody was given the address."""

from fastapi import APIRouter
from fastapi.responses import Response

from saudager.api.answers import OPEN, faults, file
from saudager.app import App
from saudager.errors import NotFound
from saudager.studio import files

_KEPT = "public, max-age=31536000, immutable"


def router(app: App) -> APIRouter:
    """``GET /pictures/{name}``: a picture or its thumbnail. 404 for what is no name of ours, and for what is gone.

    A name never shows another picture, so whoever has it need not ask again. Search engines are told to leave it out of
    their lists.
    """
    routes = APIRouter(tags=["Files"])

    @routes.head("/pictures/{name}", include_in_schema=False)
    @routes.get(
        "/pictures/{name}",
        response_class=Response,
        responses=file("image/jpeg", "image/png", "image/webp", description="The picture, for ever the same.")
        | faults(404),
        openapi_extra={OPEN: "messengers and marketplaces have no key: the 192 random bits of a name are the proof"},
    )
    async def picture(name: str) -> Response:
        """A picture or its thumbnail; `HEAD` too. 404 for what is no name of ours, and for what is gone."""
        kind = files.mime_type_of(name)
        if kind is None:
            raise NotFound("Такой картинки нет.")
        content = await app.media.get(f"{files.FOLDER}{name}")
        headers = {"cache-control": _KEPT, "x-content-type-options": "nosniff", "x-robots-tag": "noindex"}
        return Response(content, media_type=kind, headers=headers)

    return routes
