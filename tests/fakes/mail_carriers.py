"""Fakes of Resend and SendGrid over real HTTP, as strict as their own documents about what they are sent."""

import asyncio
import base64
import hmac
import json
from collections import deque
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.serving import Message, Receive, Send, cut, served

CUT, CUT_AFTER, GARBAGE = "cut", "cut_after", "garbage"
Fault = str | tuple[int, dict[str, Any], dict[str, str]]
"""What is answered instead of a good answer: one of the words above, or (status, body, headers), without acting."""

_NAME = {"type": "string", "minLength": 1}
_TAG = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,256}$"}
_HEADERS = {"type": "object", "additionalProperties": {"type": "string", "pattern": r"^[^\r\n]+$"}}
RESEND_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["from", "to", "subject", "text", "headers"],
    "additionalProperties": False,
    "properties": {
        "from": {"type": "string", "pattern": "^([^<]+ <[^<>@ ]+@[^<>@ ]+>|[^<>@ ]+@[^<>@ ]+)$"},
        "to": {"type": "array", "minItems": 1, "maxItems": 50, "items": _NAME},
        "subject": _NAME,
        "text": {"type": "string"},
        "html": {"type": "string"},
        "headers": _HEADERS,
        "tags": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "additionalProperties": False,
                "properties": {"name": _TAG, "value": _TAG},
            },
        },
        "attachments": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["content", "filename"],
                "additionalProperties": False,
                "properties": dict.fromkeys(("content", "filename", "content_type", "content_id"), _NAME),
            },
        },
    },
}
_SOMEBODY = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "properties": {"email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"}, "name": _NAME},
}
SENDGRID_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["personalizations", "from", "subject", "content"],
    "additionalProperties": False,
    "properties": {
        "personalizations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["to"],
                "additionalProperties": False,
                "properties": {
                    "to": {"type": "array", "minItems": 1, "items": _SOMEBODY},
                    "custom_args": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
        "from": _SOMEBODY,
        "subject": _NAME,
        "content": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "value"],
                "additionalProperties": False,
                "properties": {"type": {"enum": ["text/plain", "text/html"]}, "value": _NAME},
            },
        },
        "attachments": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["content", "filename"],
                "additionalProperties": False,
                "properties": {
                    **dict.fromkeys(("content", "filename", "type", "content_id"), _NAME),
                    "disposition": {"enum": ["inline", "attachment"]},
                },
            },
        },
        "headers": _HEADERS,
        "tracking_settings": {"type": "object"},
    },
}


class _Carrier:
    """What both have: faults to come, and the letters taken."""

    schema: dict[str, Any]
    key: str

    def __init__(self) -> None:
        self.base_url = ""
        self.taken: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        """The headers of every request that was to send."""
        self.faults: deque[Fault] = deque()
        self.key_is_good = True
        self.answer_headers: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._api = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        raise NotImplementedError

    async def __aenter__(self) -> Any:
        self.base_url = await self._stack.enter_async_context(served(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        scope["cut"] = lambda: cut(send)
        await self._api(scope, receive, send)

    def is_known(self, request: Request) -> bool:
        return self.key_is_good and request.headers.get("authorization") == f"Bearer {self.key}"

    async def _faulty(self, request: Request) -> Response | None:
        """The fault that is next, other than those that come after acting."""
        if not self.faults or self.faults[0] in (CUT_AFTER, GARBAGE):
            return None
        fault = self.faults.popleft()
        if isinstance(fault, tuple):
            status, body, headers = fault
            return JSONResponse(body, status, headers)
        return await _broken(request)

    async def _taken(self, request: Request, answer: Response) -> Response:
        if not self.faults:
            return answer
        if self.faults.popleft() == GARBAGE:
            return PlainTextResponse("<html>", 200)
        return await _broken(request)


async def _broken(request: Request) -> Response:
    request.scope["cut"]()
    await asyncio.sleep(0)
    return PlainTextResponse("")


def problems(schema: dict[str, Any], body: Any) -> list[str]:
    """What is wrong with a request, by a schema of our own."""
    import jsonschema_rs

    return [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(body)]


class FakeResend(_Carrier):
    """Knows a letter again by its idempotency key, and calls back as Svix signs."""

    schema = RESEND_SCHEMA
    key = "re_fake_key"
    webhook_secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()

    def __init__(self) -> None:
        super().__init__()
        self.key_only_sends = False
        self._known: dict[str, tuple[Any, str]] = {}

    def _routes(self) -> list[Route]:
        return [Route("/emails", self._send, methods=["POST"]), Route("/domains", self._domains)]

    async def _send(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if (fault := await self._faulty(request)) is not None:
            return fault
        if not self.is_known(request):
            return _resend_error(401, "missing_api_key", "Missing API key in the authorization header")
        if not request.headers.get("user-agent"):
            return _resend_error(403, "invalid_permission", "error code: 1010")
        body = await request.json()
        if wrong := problems(self.schema, body):
            return _resend_error(422, "validation_error", "; ".join(wrong))
        key = request.headers.get("idempotency-key", "")
        if len(key) > 256:
            return _resend_error(400, "invalid_idempotency_key", "The key must be between 1-256 chars")
        if key in self._known:
            same, id = self._known[key]
            if same != body:
                return _resend_error(409, "invalid_idempotent_request", "Same key with another body")
            return JSONResponse({"id": id})
        id = f"4ef9a417-{len(self.taken):04}"
        self._known[key] = body, id
        self.taken.append(body)
        return await self._taken(request, JSONResponse({"id": id}, headers=self.answer_headers))

    async def _domains(self, request: Request) -> Response:
        if not self.is_known(request):
            return _resend_error(401, "invalid_api_key", "API key is invalid")
        if self.key_only_sends:
            return _resend_error(401, "restricted_api_key", "This API key is restricted to only send emails")
        return JSONResponse({"data": []})

    def calls(self, kind: str, *, at: datetime, id: str = "msg_1", **data: Any) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook."""
        body = json.dumps({"type": kind, "created_at": at.isoformat(), "data": data}).encode()
        return self.signed(body, at=at, id=id), body

    def signed(self, body: bytes, *, at: datetime, id: str = "msg_1") -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        key = base64.b64decode(self.webhook_secret.removeprefix("whsec_"))
        digest = hmac.digest(key, f"{id}.{stamp}.".encode() + body, "sha256")
        signature = f"v1,{base64.b64encode(b'another').decode()} v1,{base64.b64encode(digest).decode()}"
        return {"svix-id": id, "svix-timestamp": stamp, "svix-signature": signature}


def _resend_error(status: int, name: str, message: str, **headers: str) -> JSONResponse:
    return JSONResponse({"statusCode": status, "name": name, "message": message}, status, headers)


class FakeSendGrid(_Carrier):
    """Knows no letter again, and signs its events with a key of its own."""

    schema = SENDGRID_SCHEMA
    key = "SG.fake.key"

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ["mail.send", "alerts.read"]
        self._private = generate_private_key(SECP256R1())
        public = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.webhook_key = base64.b64encode(public).decode()

    def _routes(self) -> list[Route]:
        return [Route("/v3/mail/send", self._send, methods=["POST"]), Route("/v3/scopes", self._scopes)]

    async def _send(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if (fault := await self._faulty(request)) is not None:
            return fault
        if not self.is_known(request):
            return _sendgrid_error(401, "The provided authorization grant is invalid, expired, or revoked")
        body = await request.json()
        if wrong := problems(self.schema, body):
            return _sendgrid_error(400, "; ".join(wrong))
        self.taken.append(body)
        headers = {"X-Message-Id": f"filterable{len(self.taken)}", **self.answer_headers}
        return await self._taken(request, Response(status_code=202, headers=headers))

    async def _scopes(self, request: Request) -> Response:
        if not self.is_known(request):
            return _sendgrid_error(401, "authorization required")
        return JSONResponse({"scopes": self.scopes})

    def signed(self, body: bytes, *, at: str = "1773212400") -> dict[str, str]:
        signature = self._private.sign(at.encode() + body, ECDSA(SHA256()))
        return {
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
            "x-twilio-email-event-webhook-timestamp": at,
        }

    def calls(self, *events: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook; SendGrid ends its body with a line break."""
        body = json.dumps(events).encode() + b"\r\n"
        return self.signed(body), body


def _sendgrid_error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"errors": [{"message": message, "field": None, "help": None}]}, status)
