"""Where messengers tell their news: ``POST /webhooks/ACCOUNT/SECRET``, or without the secret and with it as the
``Authorization`` header. No key of ours: the secret, and a signature where the messenger signs, guard it."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, HTTPException, Request

from saudager.errors import BadCredentials, UnrecognisedPayload

Receive = Callable[[str, str, Mapping[str, str], bytes], Awaitable[None]]


def router(receive: Receive) -> APIRouter:
    """``receive(account, secret, headers, body)`` stores the news; 401 for a wrong secret, 400 for the unreadable."""
    routes = APIRouter()

    @routes.post("/webhooks/{account}/{secret}")
    async def pushed(account: str, secret: str, request: Request) -> dict[str, str]:
        try:
            await receive(account, secret, request.headers, await request.body())
        except BadCredentials:
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    @routes.post("/webhooks/{account}")
    async def pushed_with_a_header(account: str, request: Request) -> dict[str, str]:
        return await pushed(account, request.headers.get("authorization", ""), request)

    return routes
