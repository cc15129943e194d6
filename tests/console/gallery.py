"""The files of pictures on a site that has the console alone."""

from fastapi import FastAPI, Response

from saudager.app import App


def open_on(site: FastAPI, app: App) -> None:
    """Serve them as the product does: a picture at ``/pictures/{name}``."""

    @site.get("/pictures/{name}")
    async def picture(name: str) -> Response:
        kind = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}[name.rpartition(".")[2]]
        return Response(await app.media.get(f"pictures/{name}"), media_type=kind)
