"""Where messengers tell their news: ``POST /webhooks/ACCOUNT/SECRET``, or without the secret and with it as the
``Authorization`` header. No key of ours: the secret, and a signature where the messenger signs, guard it."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from saudager.errors import BadCredentials, UnrecognisedPayload

LONGEST_CALL = 4_000_000
"""Bytes. Meta's calls have up to 3 MB: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks (2026-11)."""

LONGEST_OF_MAIL = {"/webhooks/mail/": 32 * 1024 * 1024}
"""SendGrid's calls bring whole letters, of 30 MB at most: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email
(2026-11)."""

Receive = Callable[[str, str, Mapping[str, str], bytes], Awaitable[None]]
ReceiveOfMail = Callable[[str, str, str, Mapping[str, str], Callable[[], Awaitable[bytes]]], Awaitable[None]]
Confirm = Callable[[str, str], None]


def router(receive: Receive, confirm: Confirm) -> APIRouter:
    """``receive(account, secret, headers, body)`` stores the news; 401 for a wrong secret, 400 for the unreadable.

    ``confirm(account, secret)`` answers Meta's question before it calls: ``GET /webhooks/ACCOUNT?hub.verify_token=…``
    gets ``hub.challenge`` back, or 403 (https://developers.facebook.com/docs/graph-api/webhooks/getting-started).
    """
    routes = APIRouter()

    @routes.get("/webhooks/{account}", response_class=PlainTextResponse)
    async def asked(account: str, request: Request) -> str:
        asks = request.query_params
        try:
            confirm(account, asks.get("hub.verify_token", ""))
        except BadCredentials:
            raise HTTPException(403) from None
        return asks.get("hub.challenge", "")

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


def router_of_mail(receive: ReceiveOfMail) -> APIRouter:
    """Where carriers of letters tell theirs: ``POST /webhooks/mail/MAILBOX/CARRIER/SECRET``, which they sign besides.

    ``receive(mailbox, carrier, secret, headers, body)`` stores the news and reads the body only when it knows the
    secret; 401 for a wrong secret or signature, 400 for the unreadable.
    """
    routes = APIRouter()

    @routes.post("/webhooks/mail/{account}/{carrier}/{secret}")
    async def pushed(account: str, carrier: str, secret: str, request: Request) -> dict[str, str]:
        try:
            await receive(account, carrier, secret, request.headers, request.body)
        except BadCredentials:
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    return routes
