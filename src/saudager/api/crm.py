"""Where accounts of a CRM tell their news: ``POST /crm/hooks/CONNECTION/SECRET``. Nothing signs a call: the secret in
the address guards it, and nothing a call says is believed before it was read again."""

from fastapi import APIRouter, HTTPException, Request

from saudager.api.answers import OPEN, faults
from saudager.api.webhooks import OK
from saudager.app import App
from saudager.crm import news
from saudager.errors import BadCredentials, NotFound, UnrecognisedPayload

LONGEST = {"/crm/hooks/": news.LONGEST_CALL}


def router(app: App) -> APIRouter:
    """200 once it is kept, 401 for a wrong secret, 400 for what cannot be read. An account wants its answer within two
    seconds, so nothing is done here that takes long."""
    routes = APIRouter(tags=["Webhooks"])

    @routes.post(
        "/crm/hooks/{connection}/{secret}",
        responses=OK | faults(400, 401, 413, 422),
        openapi_extra={
            OPEN: "nothing signs a call: the secret in the address guards it, and what a call says is read anew"
        },
    )
    async def told(connection: int, secret: str, request: Request) -> dict[str, str]:
        """A CRM account tells its news in its own form; what is named is read again before it is believed."""
        try:
            await news.receive(app, connection, secret, request.headers, await request.body())
        except (BadCredentials, NotFound):
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    return routes
