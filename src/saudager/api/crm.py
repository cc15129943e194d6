"""Where accounts of a CRM tell their news: ``POST /crm/hooks/CONNECTION/SECRET``. Nothing signs a call: the secret in
the address guards it, and nothing a call says is believed before it was read again."""

from fastapi import APIRouter, HTTPException, Request

from saudager.app import App
from saudager.crm import news
from saudager.errors import BadCredentials, NotFound, UnrecognisedPayload

LONGEST = {"/crm/hooks/": news.LONGEST_CALL}


def router(app: App) -> APIRouter:
    """200 once it is kept, 401 for a wrong secret, 400 for what cannot be read. An account wants its answer within two
    seconds, so nothing is done here that takes long."""
    routes = APIRouter()

    @routes.post("/crm/hooks/{connection}/{secret}")
    async def told(connection: int, secret: str, request: Request) -> dict[str, str]:
        try:
            await news.receive(app, connection, secret, request.headers, await request.body())
        except (BadCredentials, NotFound):
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    return routes
