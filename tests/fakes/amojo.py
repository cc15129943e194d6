"""A fake Chats API of Kommo over real HTTP: it checks every signature as Kommo does, and words and signs its calls.

In a test::

    async with FakeAmojo(now=clock.now) as amojo:
        ...
        assert amojo.said("wappi:1|77010000001@c.us") == ["Сколько стоит окно?", "45 000 ₸"]
        body = amojo.answered("wappi:1|77010000001@c.us", "Сейчас посчитаю")
        await push(body, amojo.signed(body))
"""

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

CHANNEL = "a4490ccc-5d7f-11e7-907b-a6006ad3dba0"
SECRET = "fake-channel-secret"
ACCOUNT_ID = "af9945ff-1490-4cad-807d-945c15d88bec"
BOT = "f1910c7f-b1e0-4184-bd09-c7def2a9109a"
SCOPE = f"{CHANNEL}_{ACCOUNT_ID}"
_SIGNATURE_LASTS = timedelta(minutes=15)
_STATUSES = {"400": 400, "401": 403, "404": 404, "500": 500}


class FakeAmojo:
    """One channel in one account. ``shown`` are the payloads of the lines put into it, in order."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.base_url = ""
        self.faults = Faults()
        self.requests: list[tuple[str, str, Any]] = []
        self.shown: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, dict[str, Any]]] = []
        self.connected: list[dict[str, Any]] = []
        self.refuses = 0
        self._now = now
        self._numbers = itertools.count(1)
        self._chats: dict[str, str] = {}
        self._stack = AsyncExitStack()
        custom = "/v2/origin/custom"
        self._api = Starlette(
            routes=[
                Route(f"{custom}/{CHANNEL}/connect", self._connect, methods=["POST"]),
                Route(f"{custom}/{SCOPE}", self._new_message, methods=["POST"]),
                Route(f"{custom}/{SCOPE}/chats", self._chat, methods=["POST"]),
                Route(f"{custom}/{SCOPE}/chats/{{chat}}/history", self._history, methods=["GET"]),
                Route(f"{custom}/{SCOPE}/{{message}}/delivery_status", self._status, methods=["POST"]),
            ]
        )

    @property
    def host(self) -> str:
        return self.base_url.removeprefix("http://")

    async def __aenter__(self) -> "FakeAmojo":
        self.base_url = await self._stack.enter_async_context(served(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def form(self, **fields: str) -> dict[str, str]:
        """What a merchant enters."""
        known = {"channel_id": CHANNEL, "channel_secret": SECRET, "account_id": ACCOUNT_ID, "bot_id": BOT}
        return {"host": self.host} | known | fields

    def said(self, chat: str) -> list[str]:
        """What stands in a chat of ours, oldest first."""
        return [payload["message"]["text"] for payload in self.shown if payload["conversation_id"] == chat]

    def answered(self, chat: str | None, text: str, *, account_id: str = ACCOUNT_ID, **message: Any) -> bytes:
        """The call that tells what a manager wrote; in no chat of ours (None) when he began it."""
        at = self._now()
        conversation = {"id": self._chats.get(chat or "", "8e4d4baa-9e6c-4a88-838a-5f62be227bdc")}
        told = {
            "account_id": account_id,
            "time": int(at.timestamp()),
            "message": {
                "receiver": {"id": "2ed64e26-70a1-4857-8382-bb066a076219", "phone": "77010000001", "email": ""},
                "sender": {"id": "76fc2bea-902f-425c-9a3d-dcdac4766090"},
                "conversation": conversation | ({"client_id": chat} if chat else {}),
                "timestamp": int(at.timestamp()),
                "msec_timestamp": int(at.timestamp() * 1000),
                "message": {
                    "id": f"0371a0ff-b78a-4c7b-8538-{next(self._numbers):012}",
                    "type": "text",
                    "text": text,
                    "tag": "",
                    "media": "",
                    "thumbnail": "",
                    "file_name": "",
                    "file_size": 0,
                }
                | message,
            },
        }
        return json.dumps(told, ensure_ascii=False).encode()

    def signed(self, body: bytes, *, secret: str = SECRET) -> dict[str, str]:
        """The headers of the call."""
        return {"x-signature": hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}

    def asked_for(self, ending: str) -> int:
        return sum(path.endswith(ending) for _, path, _ in self.requests)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content = await request.body()
        body = json.loads(content) if content else None
        self.requests.append((scope["method"], scope["path"], body))
        fault = self.faults.next_for(scope["path"])
        if fault == "429":
            return await PlainTextResponse("", 429, {"Retry-After": "7"})(scope, receive, send)
        if fault in _STATUSES:
            return await _error(_STATUSES[fault], "fault")(scope, receive, send)
        if wrong := self._wrongly_signed(request, content):
            return await _error(403, wrong)(scope, receive, send)
        if fault == "ok" or fault in ("cut_after", "hang_after", "garbage"):
            await self._api(scope | {"state": {"body": body}}, receive, send if fault == "ok" else _nowhere)
        if fault == "garbage":
            return await PlainTextResponse("<html>Bad gateway</html>")(scope, receive, send)
        if fault.startswith("cut"):
            cut(send)
        if fault != "ok":
            await until_disconnected(receive)
        return None

    def _wrongly_signed(self, request: Request, content: bytes) -> str | None:
        """What is wrong with the headers of a request."""
        headers = request.headers
        date, digest = headers.get("date", ""), headers.get("content-md5", "")
        if digest != hashlib.md5(content, usedforsecurity=False).hexdigest():
            return "Content-MD5 is of another body"
        parts = (request.method, digest, headers.get("content-type", ""), date, request.url.path)
        expected = hmac.new(SECRET.encode(), "\n".join(parts).encode(), hashlib.sha1).hexdigest()
        if headers.get("x-signature") != expected:
            return "X-Signature is wrong"
        return "Date is too old" if abs(self._now() - parsedate_to_datetime(date)) > _SIGNATURE_LASTS else None

    async def _connect(self, request: Request) -> Response:
        body = request.state.body
        if body.get("account_id") != ACCOUNT_ID or body.get("hook_api_version") != "v2":
            return _error(400, "account_id")
        self.connected.append(body)
        return JSONResponse(body | {"scope_id": SCOPE, "is_time_window_disabled": False})

    async def _new_message(self, request: Request) -> Response:
        body = request.state.body
        payload = body.get("payload", {})
        if wrong := _wrong_in(body, payload):
            return _error(400, wrong)
        if self.refuses:
            self.refuses -= 1
            return _error(400, "message is refused")
        self._chat_id(payload["conversation_id"])
        self.shown.append(payload)
        new = {
            "conversation_id": payload["conversation_id"],
            "sender_id": payload["sender"]["id"],
            "receiver_id": None,
            "msgid": f"8f1176d7-c357-42b0-b944-{next(self._numbers):012}",
            "ref_id": payload["msgid"],
        }
        return JSONResponse({"new_message": new})

    async def _chat(self, request: Request) -> Response:
        body = request.state.body
        return JSONResponse({"id": self._chat_id(body["conversation_id"]), "user": body["user"]})

    async def _history(self, request: Request) -> Response:
        named = {chat: name for name, chat in self._chats.items()}
        name = named.get(request.path_params["chat"])
        found = [payload for payload in self.shown if payload["conversation_id"] == name]
        if not found:
            return Response(status_code=204)
        limit = int(request.query_params["limit"])
        rows = [_as_history(payload) for payload in found[::-1][:limit]]
        return JSONResponse({"messages": rows})

    async def _status(self, request: Request) -> Response:
        self.statuses.append((request.path_params["message"], request.state.body))
        return Response(status_code=200)

    def _chat_id(self, name: str) -> str:
        return self._chats.setdefault(name, f"6cbab3d5-c4c1-46ff-b710-{next(self._numbers):012}")


def _wrong_in(body: dict[str, Any], payload: dict[str, Any]) -> str | None:
    """The field Kommo would not take."""
    sender, receiver = payload.get("sender", {}), payload.get("receiver")
    checks = {
        "event_type": body.get("event_type") == "new_message",
        "timestamp": isinstance(payload.get("timestamp"), int) and isinstance(payload.get("msec_timestamp"), int),
        "msgid": bool(payload.get("msgid")),
        "conversation_id": bool(payload.get("conversation_id")),
        "sender": bool(sender.get("id") and sender.get("name")),
        "receiver": receiver is None or bool(receiver.get("id") and receiver.get("name")),
        "ref_id": (receiver is None and "ref_id" not in sender) or sender.get("ref_id") == BOT,
        "text": payload.get("message", {}).get("type") == "text" and bool(payload["message"].get("text")),
    }
    return next((name for name, is_right in checks.items() if not is_right), None)


def _as_history(payload: dict[str, Any]) -> dict[str, Any]:
    message = {"id": "1bf6a765", "client_id": payload["msgid"], **payload["message"]}
    return {"timestamp": payload["timestamp"], "sender": payload["sender"], "message": message}


def _error(status: int, title: str) -> Response:
    return JSONResponse({"error_code": status, "error_type": title}, status)


async def _nowhere(message: Message) -> None:
    """An answer nobody will see."""
