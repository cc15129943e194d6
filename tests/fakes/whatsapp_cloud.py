"""A fake WhatsApp Cloud API over real HTTP: it takes sends as Meta does, and words and signs Meta's webhooks.

In a test::

    async with FakeWhatsAppCloud() as meta:
        body = meta.call(meta.message("77750000002", "Здравствуйте"))
        await push(body, meta.signed(body))
        ...
        assert [sent.text for sent in meta.sent] == ["Добрый день!"]
"""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

TOKEN = "fake-cloud-token"
PHONE_NUMBER_ID = "106540352242922"
APP_SECRET = "fake-app-secret"
_ERRORS = {
    "400": (400, 131009, "Parameter value is not valid"),
    "401": (401, 190, "Error validating access token: the session has expired"),
    "404": (404, 100, "Unsupported request"),
    "429": (429, 130429, "Rate limit hit"),
    "500": (500, 131000, "Something went wrong"),
}
_ACTS = ("cut_after", "hang_after", "garbage")


@dataclass(frozen=True)
class Sent:
    """A message Meta took: ``to`` a phone or a BSUID; ``body`` is the whole request."""

    id: str
    to: str
    text: str | None
    reply_to: str | None
    body: dict[str, Any]


class FakeWhatsAppCloud:
    """One phone number. ``number`` are the fields of its status, ``files`` (bytes, MIME type) by media id, ``linked``
    the address a file's link leads to when it is not the fake's own."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.base_url = ""
        self.faults = Faults()
        self.refusals: list[tuple[int, int, str]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.sent: list[Sent] = []
        self.reads: list[str] = []
        self.known: set[str] = set()
        self.files: dict[str, tuple[bytes, str]] = {}
        self.linked: str | None = None
        self.sha256: str | None = None
        self.number = {"display_phone_number": "+7 775 000-00-01", "status": "CONNECTED"}
        self._now = now
        self._numbers = itertools.count(1)
        self._stack = AsyncExitStack()
        number = f"/v23.0/{PHONE_NUMBER_ID}"
        self._api = Starlette(
            routes=[
                Route(f"{number}/messages", self._messages, methods=["POST"]),
                Route(f"{number}/media", self._upload, methods=["POST"]),
                Route(number, self._number, methods=["GET"]),
                Route("/v23.0/{media_id}", self._media, methods=["GET"]),
                Route("/files/{media_id}", self._file, methods=["GET"]),
            ]
        )

    async def __aenter__(self) -> "FakeWhatsAppCloud":
        self.base_url = f"{await self._stack.enter_async_context(served(self))}/v23.0"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def refuse_send(self, code: int, title: str, *, status: int = 400) -> None:
        """The next send is answered with this error of Meta's."""
        self.refusals.append((status, code, title))

    def message(
        self, customer: str, text: str = "", *, name: str = "Алия", bsuid: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """The value of a webhook that tells of a customer's message; ``customer`` is a phone, or a BSUID alone."""
        person: dict[str, Any] = {"profile": {"name": name}}
        written = {"id": self.new_id(), "timestamp": str(int(self._now())), "type": "text", "text": {"body": text}}
        if customer.isdigit():
            person |= {"wa_id": customer}
            written |= {"from": customer}
        else:
            bsuid = customer
        if bsuid is not None:
            person |= {"user_id": bsuid}
            written |= {"from_user_id": bsuid}
        return self._value(contacts=[person], messages=[written | fields])

    def echo(self, customer: str, text: str, **fields: Any) -> dict[str, Any]:
        """The value of a webhook that tells what the merchant typed on the phone."""
        typed = {"from": "77750000001", "to": customer, "id": self.new_id(), "timestamp": str(int(self._now()))}
        return self._value(message_echoes=[typed | {"type": "text", "text": {"body": text}} | fields])

    def status(self, message_id: str, status: str, **fields: Any) -> dict[str, Any]:
        """The value of a webhook that tells how far a message of ours has come."""
        own = {sent.id: sent.body.get("biz_opaque_callback_data") for sent in self.sent}.get(message_id)
        told = {"id": message_id, "status": status, "timestamp": str(int(self._now())), "recipient_id": "77010000001"}
        return self._value(statuses=[told | ({"biz_opaque_callback_data": own} if own else {}) | fields])

    def call(self, *values: dict[str, Any]) -> bytes:
        """One webhook call, each value in an entry of its own."""
        entries = [{"id": "102290129340398", "changes": [{"field": _field(value), "value": value}]} for value in values]
        return json.dumps({"object": "whatsapp_business_account", "entry": entries}, ensure_ascii=False).encode()

    def signed(self, body: bytes, *, secret: str = APP_SECRET) -> dict[str, str]:
        """The headers of the call."""
        return {"x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}

    def new_id(self) -> str:
        message_id = f"wamid.HBgLNzc3NTAwMDAwMDIVAgASGBQ{next(self._numbers):06}"
        self.known.add(message_id)
        return message_id

    def sends(self) -> int:
        """How many times a send was asked for, whatever became of it."""
        return sum("type" in (body or {}) for _, _, body in self.requests)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content = await request.body()
        body = json.loads(content) if request.headers.get("content-type") == "application/json" else None
        self.requests.append((scope["method"], scope["path"], body))
        fault = self.faults.next_for(scope["path"])
        if fault in _ERRORS:
            headers = {"Retry-After": "7"} if fault == "429" else {}
            return await _error(*_ERRORS[fault], headers=headers)(scope, receive, send)
        if fault == "ok" or fault in _ACTS:
            done = send if fault == "ok" else _nowhere
            await self._api(scope | {"state": {"body": body}}, _replayed(content), done)
        if fault == "garbage":
            return await PlainTextResponse("<html>Bad gateway</html>")(scope, receive, send)
        if fault.startswith("cut"):
            cut(send)
        if fault != "ok":
            await until_disconnected(receive)
        return None

    async def _messages(self, request: Request) -> Response:
        body = request.state.body
        if not self._knows(request):
            return _error(*_ERRORS["401"])
        if body.get("status") == "read":
            if body.get("message_id") not in self.known or body.get("messaging_product") != "whatsapp":
                return _error(*_ERRORS["400"])
            self.reads.append(body["message_id"])
            return JSONResponse({"success": True})
        if wrong := self._wrong(body):
            return _error(400, 100, f"Invalid parameter: {wrong}")
        if self.refusals:
            return _error(*self.refusals.pop(0))
        quoted = body.get("context", {}).get("message_id")
        to = body.get("to") or body["recipient"]
        said = body.get("text", {}).get("body") or body.get("image", {}).get("caption")
        self.sent.append(Sent(self.new_id(), to, said, quoted, body))
        contact = {"input": to, "wa_id": to} if "to" in body else {"input": to, "user_id": to}
        answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": self.sent[-1].id}]}
        return JSONResponse(answer)

    def _wrong(self, body: dict[str, Any]) -> str | None:
        """The parameter Meta would not take."""
        template, language = body.get("template", {}), body.get("template", {}).get("language", {})
        checks = {
            "messaging_product": body.get("messaging_product") == "whatsapp",
            "recipient_type": body.get("recipient_type") == "individual",
            "to": str(body.get("to", "")).isdigit() or "." in body.get("recipient", ""),
            "type": body.get("type") in ("text", "template", "image") and body["type"] in body,
            "text": body.get("type") != "text" or 0 < len(body.get("text", {}).get("body", "")) <= 4096,
            "image": body.get("type") != "image" or body["image"].get("id") in self.files,
            "template": body.get("type") != "template" or bool(template.get("name") and language.get("code")),
            "context": body.get("context", {}).get("message_id", next(iter(self.known), None)) in {*self.known, None},
            "biz_opaque_callback_data": len(body.get("biz_opaque_callback_data", "")) <= 512,
        }
        return next((name for name, is_right in checks.items() if not is_right), None)

    async def _number(self, request: Request) -> Response:
        return JSONResponse(self.number | {"id": PHONE_NUMBER_ID}) if self._knows(request) else _error(*_ERRORS["401"])

    async def _media(self, request: Request) -> Response:
        media_id = request.path_params["media_id"]
        if not self._knows(request):
            return _error(*_ERRORS["401"])
        if media_id not in self.files:
            return _error(400, 100, "Unsupported get request: object does not exist")
        content, mime_type = self.files[media_id]
        link = self.linked or f"{self.base_url.removesuffix('/v23.0')}/files/{media_id}"
        digest = self.sha256 or hashlib.sha256(content).hexdigest()
        told = {"url": link, "mime_type": mime_type, "sha256": digest, "file_size": str(len(content)), "id": media_id}
        return JSONResponse(told | {"messaging_product": "whatsapp"})

    async def _upload(self, request: Request) -> Response:
        if not self._knows(request):
            return _error(*_ERRORS["401"])
        async with request.form() as form:
            file = form.get("file")
            if form.get("messaging_product") != "whatsapp" or not isinstance(file, UploadFile):
                return _error(400, 100, "Invalid parameter: file")
            if file.content_type not in ("image/jpeg", "image/png") or form.get("type") != file.content_type:
                return _error(400, 131053, "Media upload error: unsupported image")
            media_id = f"44907093{next(self._numbers):08}"
            self.files[media_id] = (await file.read(), file.content_type)
        return JSONResponse({"id": media_id})

    async def _file(self, request: Request) -> Response:
        if not self._knows(request):
            return _error(*_ERRORS["401"])
        content, mime_type = self.files[request.path_params["media_id"]]
        return Response(content, media_type=mime_type)

    def _knows(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def _value(self, **told: Any) -> dict[str, Any]:
        metadata = {"display_phone_number": "77750000001", "phone_number_id": PHONE_NUMBER_ID}
        return {"messaging_product": "whatsapp", "metadata": metadata, **told}


def _field(value: dict[str, Any]) -> str:
    return "smb_message_echoes" if "message_echoes" in value else "messages"


def _error(status: int, code: int, title: str, *, headers: dict[str, str] | None = None) -> Response:
    error = {"message": f"(#{code}) {title}", "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf"}
    return JSONResponse({"error": error}, status, headers)


def _replayed(content: bytes) -> Receive:
    async def again() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return again


async def _nowhere(message: Message) -> None:
    """An answer nobody will see."""
