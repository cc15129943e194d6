"""Where messengers tell their news: ``POST /webhooks/ACCOUNT/SECRET``, or without the secret and with it as the
``Authorization`` header. No key of ours: the secret, and a signature where the messenger signs, guard it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse

from saudager.api.answers import OPEN, faults, text
from saudager.errors import BadCredentials, UnrecognisedPayload

LONGEST_CALL = 4_000_000
"""Bytes. Meta's calls have up to 3 MB: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks (2026-11)."""

LONGEST_OF_MAIL = {"/webhooks/mail/": 32 * 1024 * 1024}
"""SendGrid's calls bring whole letters, of 30 MB at most: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email
(2026-11)."""

OK: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is kept.", "content": {"application/json": {"example": {"status": "ok"}}}}
}
_SECRET = {OPEN: "messengers have no key of ours: the secret, and a signature where the messenger signs, guard it"}
_SIGNED = {OPEN: "carriers have no key of ours: the secret and their signature guard it"}
_VERIFIES = {OPEN: "Meta asks it before it calls, with the verify token"}
_Token = Annotated[str, Query(alias="hub.verify_token")]
_Challenge = Annotated[str, Query(alias="hub.challenge")]

Receive = Callable[[str, str, Mapping[str, str], bytes], Awaitable[None]]
ReceiveOfMail = Callable[[str, str, str, Mapping[str, str], Callable[[], Awaitable[bytes]]], Awaitable[None]]
Confirm = Callable[[str, str], None]


def router(receive: Receive, confirm: Confirm) -> APIRouter:
    """``receive(account, secret, headers, body)`` stores the news; 401 for a wrong secret, 400 for the unreadable.

    ``confirm(account, secret)`` answers Meta's question before it calls: ``GET /webhooks/ACCOUNT?hub.verify_token=…``
    gets ``hub.challenge`` back, or 403 (https://developers.facebook.com/docs/graph-api/webhooks/getting-started).
    """
    routes = APIRouter(tags=["Webhooks"])

    @routes.get(
        "/webhooks/{account}",
        response_class=PlainTextResponse,
        responses=text("text/plain", "1158201444", "The `hub.challenge`.") | faults(403),
        openapi_extra=_VERIFIES,
    )
    async def asked(account: str, token: _Token = "", challenge: _Challenge = "") -> str:
        """Meta's question before it calls; the challenge is given back."""
        try:
            confirm(account, token)
        except BadCredentials:
            raise HTTPException(403) from None
        return challenge

    @routes.post("/webhooks/{account}/{secret}", responses=OK | faults(400, 401, 413, 503), openapi_extra=_SECRET)
    async def pushed(account: str, secret: str, request: Request) -> dict[str, str]:
        """A messenger tells its news, in its own form."""
        try:
            await receive(account, secret, request.headers, await request.body())
        except BadCredentials:
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    @routes.post("/webhooks/{account}", responses=OK | faults(400, 401, 413, 503), openapi_extra=_SECRET)
    async def pushed_with_a_header(account: str, request: Request) -> dict[str, str]:
        """The same with the secret as the `Authorization` header."""
        return await pushed(account, request.headers.get("authorization", ""), request)

    return routes


def router_of_mail(receive: ReceiveOfMail) -> APIRouter:
    """Where carriers of letters tell theirs: ``POST /webhooks/mail/MAILBOX/CARRIER/SECRET``, which they sign besides.

    ``receive(mailbox, carrier, secret, headers, body)`` stores the news and reads the body only when it knows the
    secret; 401 for a wrong secret or signature, 400 for the unreadable.
    """
    routes = APIRouter(tags=["Webhooks"])

    @routes.post(
        "/webhooks/mail/{account}/{carrier}/{secret}",
        responses=OK | faults(400, 401, 413, 503),
        openapi_extra=_SIGNED,
    )
    async def pushed(account: str, carrier: str, secret: str, request: Request) -> dict[str, str]:
        """A carrier of letters tells what became of them, or brings one, in its own form."""
        try:
            await receive(account, carrier, secret, request.headers, request.body)
        except BadCredentials:
            raise HTTPException(401) from None
        except UnrecognisedPayload as error:
            raise HTTPException(400, str(error)) from None
        return {"status": "ok"}

    return routes
