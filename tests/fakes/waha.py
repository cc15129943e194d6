"""A fake WAHA over real HTTP: one session, with WAHA's quirks and, on demand, its failures.

In a test::

    async with FakeWaha() as waha:
        message_id = waha.customer_writes("77750000002@c.us", "Здравствуйте")
        waha.fail("sendText", "463")
        ...
        assert [sent.text for sent in waha.sent] == ["Добрый день!"]
"""

import asyncio
import base64
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha512
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

KEY = "fake-waha-key"
SESSION = "shop"
OWN = "77750000001@c.us"
PNG = b"\x89PNG\r\n\x1a\nscan me"
Row = dict[str, Any]
_CHAT = re.compile(r"\d+@(c\.us|lid|g\.us|newsletter)")
_FULL_ID = re.compile(r"(true|false)_[^_]+@[^_]+_[^_]+")
_NOT_WORKING = "Session status is not as expected. Try again later or restart the session"
_PLAIN_FAULTS: dict[str, tuple[int, Row]] = {
    "400": (400, {"statusCode": 400, "message": ["chatId must be a string"], "error": "Bad Request"}),
    "401": (401, {"statusCode": 401, "message": "Unauthorized"}),
    "404": (404, {"statusCode": 404, "message": "Cannot POST /api/sendText", "error": "Not Found"}),
    "429": (429, {"statusCode": 429, "message": "ThrottlerException: Too Many Requests"}),
    "not_done": (422, {"statusCode": 422, "message": "The method is not implemented by the engine."}),
}
_EXCEPTIONS = {"500": "Evaluation failed", "463": "2 UNKNOWN: server returned error 463"}
_ACTS = ("cut_after", "hang_after", "garbage")


@dataclass(frozen=True)
class Sent:
    """A message that went out through the API."""

    chat: str
    text: str
    reply_to: str | None


@dataclass(frozen=True)
class Asked:
    """One request that reached the fake, whatever became of it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class FakeWaha:
    """One session of one server.

    Quirks to switch: ``status`` (the session's), ``session`` (None: there is none yet), ``me``, ``lids`` (hidden id to
    phone's), ``id_as`` ("text", "webjs", "noweb": how a send answers its id), ``keeps_files`` (False: a file is gone
    until its message is asked for with it), ``absent`` (chats whose numbers are not on WhatsApp), ``retry_after``.
    """

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.base_url = ""
        self.faults = Faults()
        self.requests: list[Asked] = []
        self.sent: list[Sent] = []
        self.rows: dict[str, list[Row]] = {}
        self.names: dict[str, str] = {}
        self.unread: dict[str, set[str]] = {}
        self.typing: list[tuple[str, str]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.lids: dict[str, str] = {}
        self.absent: set[str] = set()
        self.me: Row = {"id": OWN, "pushName": "Shop"}
        self.session: Row | None = {"config": {}}
        self.status = "WORKING"
        self.id_as = "text"
        self.keeps_files = True
        self.retry_after = "7"
        self.latency = 0.0
        self.busiest = 0
        self._busy = 0
        self._now = now
        self._ids, self._events = count(1), count(1)
        self._closing = asyncio.Event()
        self._api = Starlette(routes=self._routes())
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "FakeWaha":
        self.base_url = await self._stack.enter_async_context(served(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    def fail(self, path: str, *faults: str) -> None:
        """The next calls whose path ends with ``path`` get these faults, one each."""
        self.faults.add(path, *faults)

    def fail_always(self, path: str, faults: Iterable[str]) -> None:
        self.faults.add_stream(path, faults)

    def asked_for(self, path: str) -> list[Asked]:
        """The requests whose path ends so."""
        return [asked for asked in self.requests if asked.path.endswith(path)]

    def customer_writes(self, chat: str, text: str = "", *, name: str = "", **row: Any) -> Row:
        """A customer's line; its row. ``at``, ``file`` and ``mime_type`` are known, the rest overrides the row."""
        added = self._add(chat, text, from_me=False, **row)
        self.names[chat] = name or self.names.get(chat, "")
        added["_data"] |= {"notifyName": self.names[chat]}
        self.unread.setdefault(chat, set()).add(added["id"])
        return added

    def human_writes(self, chat: str, text: str, **row: Any) -> Row:
        """A line the merchant typed on the phone."""
        return self._add(chat, text, from_me=True, **row)

    def event(self, event: str, payload: Row, **envelope: Any) -> bytes:
        """The body of a webhook; a row pushed as a message tells where it was written, as polled ones do not."""
        told = {
            "id": f"evt_{next(self._events):026}",
            "timestamp": int(self._now() * 1000),
            "session": SESSION,
            "engine": "GOWS",
            "event": event,
            "payload": payload,
            "me": self.me,
            "environment": {
                "version": "2026.7.1",
                "engine": "GOWS",
                "tier": "CORE",
                "browser": None,
                "platform": "linux/x64",
                "worker": {"id": None},
            },
        }
        return json.dumps(told | envelope, ensure_ascii=False).encode()

    def status_event(self, status: str, **envelope: Any) -> bytes:
        self.status = status
        payload = {"name": SESSION, "status": status, "statuses": [], "data": None}
        return self.event("session.status", payload, **envelope)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content = await request.body()
        path = request.url.path
        parsed = json.loads(content) if content else None
        self.requests.append(Asked(scope["method"], path, dict(request.query_params), parsed))
        fault = self.faults.next_for(path)
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            await asyncio.sleep(self.latency)
            if fault == "ok":
                await self._answer(request, parsed)(scope, _replayed(content), send)
                return
            if fault in _ACTS:
                await self._answer(request, parsed)(scope, _replayed(content), _nowhere)
        finally:
            self._busy -= 1
        if fault.startswith(("hang", "cut")):
            if fault.startswith("hang"):
                gone = asyncio.create_task(until_disconnected(receive))
                closing = asyncio.create_task(self._closing.wait())
                await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
                closing.cancel()
            cut(send)
            await until_disconnected(receive)
        elif fault == "garbage":
            await PlainTextResponse("<html>Bad gateway</html>", 201)(scope, receive, send)
        else:
            await self._failure(fault, request, parsed)(scope, receive, send)

    def _failure(self, fault: str, request: Request, body: Any) -> Response:
        if fault in _EXCEPTIONS:  # the answer repeats the request
            exception = {"message": _EXCEPTIONS[fault], "name": "Error", "stack": "Error: …"}
            told = {"path": request.url.path, "method": request.method, "body": body, "query": {}}
            return JSONResponse({"request": told, "statusCode": 500, "exception": exception}, 500)
        status, answer = _PLAIN_FAULTS[fault]
        return JSONResponse(answer, status, {"Retry-After": self.retry_after} if status == 429 else {})

    def _answer(self, request: Request, body: Any) -> Any:
        if request.headers.get("x-api-key") != KEY:
            return JSONResponse(_PLAIN_FAULTS["401"][1], 401)
        needs_phone = not request.url.path.startswith(("/api/sessions", "/api/files"))
        if needs_phone and "/auth/" not in request.url.path:
            if self.session is None:
                return JSONResponse({"message": f'We didn\'t find a session with name "{SESSION}"'}, 404)
            if self.status != "WORKING":
                told = {"error": _NOT_WORKING, "session": SESSION, "status": self.status, "expected": ["WORKING"]}
                return JSONResponse(told, 422)
        if isinstance(body, dict) and "chatId" in body and not _CHAT.fullmatch(body["chatId"]):
            return JSONResponse({"message": "unknown chat id"}, 400)
        return self._api

    def _routes(self) -> list[Route]:
        chats = f"/api/{SESSION}/chats"
        return [
            Route("/api/sendText", self._send_text, methods=["POST"]),
            Route("/api/sendImage", self._send_image, methods=["POST"]),
            Route("/api/contacts/check-exists", self._check, methods=["GET"]),
            Route("/api/sendSeen", self._send_seen, methods=["POST"]),
            Route("/api/startTyping", self._type, methods=["POST"]),
            Route("/api/stopTyping", self._type, methods=["POST"]),
            Route(f"{chats}/overview", self._overview, methods=["GET"]),
            Route(f"{chats}/{{chat}}/messages", self._messages, methods=["GET"]),
            Route(f"{chats}/{{chat}}/messages/{{message}}", self._message, methods=["GET"]),
            Route(f"/api/{SESSION}/lids/{{lid}}", self._lid, methods=["GET"]),
            Route(f"/api/{SESSION}/auth/qr", self._qr, methods=["GET"]),
            Route(f"/api/files/{SESSION}/{{name}}", self._file, methods=["GET"]),
            Route("/api/sessions", self._create, methods=["POST"]),
            Route(f"/api/sessions/{SESSION}", self._session, methods=["GET", "PUT"]),
            Route(f"/api/sessions/{SESSION}/start", self._start, methods=["POST"]),
        ]

    async def _send_text(self, request: Request) -> Response:
        body = await request.json()
        if missing := [key for key in ("session", "chatId", "text") if not isinstance(body.get(key), str)]:
            return JSONResponse({"message": [f"{key} must be a string" for key in missing]}, 400)
        if body.get("reply_to") and not _FULL_ID.fullmatch(body["reply_to"]):
            return JSONResponse({"message": "reply_to is no message id"}, 400)
        return self._sent(body["chatId"], body["text"], body.get("reply_to"))

    async def _send_image(self, request: Request) -> Response:
        body, file = await request.json(), (await request.json()).get("file") or {}
        if body.get("session") != SESSION or not isinstance(file.get("mimetype"), str):
            return JSONResponse({"message": ["file.mimetype must be a string"]}, 400)
        try:
            content = base64.b64decode(file["data"], validate=True)
        except (KeyError, ValueError):
            return JSONResponse({"message": ["file.data must be base64"]}, 400)
        return self._sent(body["chatId"], body.get("caption", ""), None, file=content, mime_type=file["mimetype"])

    def _sent(self, chat: str, text: str, reply_to: str | None, **file: Any) -> Response:
        row = self._add(chat, text, from_me=True, source="api", ack=1, **file)
        self.sent.append(Sent(chat, text, reply_to))
        bare = row["id"].split("_")[2]
        answers = {
            "text": {"id": row["id"], "_data": {}},
            "webjs": {"id": {"fromMe": True, "remote": chat, "id": bare, "_serialized": row["id"]}},
            "noweb": {"key": {"remoteJid": chat, "id": bare, "fromMe": True}},
        }
        return JSONResponse(answers[self.id_as], 201)

    async def _send_seen(self, request: Request) -> Response:
        body = await request.json()
        if not all(_FULL_ID.fullmatch(id) for id in body["messageIds"]):
            return JSONResponse({"message": "messageIds must be message ids"}, 400)
        self.unread.setdefault(body["chatId"], set()).difference_update(body["messageIds"])
        return JSONResponse({}, 201)

    async def _type(self, request: Request) -> Response:
        self.typing.append(((await request.json())["chatId"], request.url.path.removeprefix("/api/")))
        return Response(status_code=201)

    def _overview(self, request: Request) -> Response:
        limit, offset = int(request.query_params["limit"]), int(request.query_params["offset"])
        newest_first = sorted(self.rows.items(), key=lambda chat: chat[1][-1]["order"], reverse=True)
        page = newest_first[offset : offset + limit]
        told = [
            {"id": chat, "name": self.names.get(chat) or None, "picture": None, "lastMessage": _polled(said[-1])}
            for chat, said in page
        ]
        return JSONResponse(told)

    def _messages(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("downloadMedia", "true") != "false":
            return JSONResponse({"message": "a poll must not download media"}, 400)
        limit, offset = int(asked["limit"]), int(asked.get("offset", 0))
        newest_first = self.rows.get(request.path_params["chat"], [])[::-1]
        return JSONResponse([_polled(row) for row in newest_first[offset : offset + limit]])

    def _message(self, request: Request) -> Response:
        wanted = request.path_params["message"]
        for row in self.rows.get(request.path_params["chat"], []):
            if row["id"] == wanted:
                self.keeps_files = True
                return JSONResponse(row)
        return JSONResponse({"message": "Message not found"}, 404)

    def _lid(self, request: Request) -> Response:
        lid = request.path_params["lid"]
        return JSONResponse({"lid": lid, "pn": self.lids.get(lid)})

    def _check(self, request: Request) -> Response:
        chat = f"{request.query_params['phone']}@c.us"
        if request.query_params["session"] != SESSION or chat in self.absent:
            return JSONResponse({"numberExists": False})
        return JSONResponse({"numberExists": True, "chatId": chat})

    def _qr(self, request: Request) -> Response:
        if self.status != "SCAN_QR_CODE":
            return JSONResponse({"error": _NOT_WORKING, "status": self.status, "expected": ["SCAN_QR_CODE"]}, 422)
        return Response(PNG, media_type="image/png")

    def _file(self, request: Request) -> Response:
        kept = self.files.get(request.path_params["name"]) if self.keeps_files else None
        if kept is None:
            return JSONResponse({"error": {"code": 404, "key": "FILE_NOT_FOUND"}}, 404)
        return Response(kept[0], media_type=kept[1])

    async def _create(self, request: Request) -> Response:
        self.session, self.status = {"config": (await request.json())["config"]}, "SCAN_QR_CODE"
        return JSONResponse({"name": SESSION, "status": "STARTING", **self.session}, 201)

    async def _session(self, request: Request) -> Response:
        if self.session is None:
            return JSONResponse({"message": f'We didn\'t find a session with name "{SESSION}"'}, 404)
        if request.method == "PUT":
            self.session["config"] = (await request.json())["config"]
        return JSONResponse({"name": SESSION, "status": self.status, "me": self.me, **self.session})

    def _start(self, request: Request) -> Response:
        self.status = "WORKING"
        return JSONResponse({"name": SESSION, "status": "STARTING"}, 201)

    def _add(
        self,
        chat: str,
        text: str,
        *,
        from_me: bool,
        at: datetime | float | None = None,
        file: bytes | None = None,
        mime_type: str = "",
        source: str = "app",
        **row: Any,
    ) -> Row:
        number = next(self._ids)
        moment = at.timestamp() if isinstance(at, datetime) else self._now() if at is None else at
        bare = f"3EB0{number:016X}"
        media = None
        if file is not None:
            name = f"{bare}.bin"
            self.files[name] = (file, mime_type)
            link = f"http://localhost:3000/api/files/{SESSION}/{name}"  # what WAHA takes itself for
            media = {"url": link, "mimetype": mime_type, "filename": None, "error": None}
        said = {
            "id": f"{'true' if from_me else 'false'}_{chat}_{bare}",
            "timestamp": int(moment),
            "from": OWN if from_me else chat,
            "to": chat if from_me else OWN,
            "fromMe": from_me,
            "source": source,
            "participant": None,
            "body": text,
            "hasMedia": media is not None,
            "media": media,
            "mediaUrl": None,
            "ack": 1,
            "ackName": "SERVER",
            "location": None,
            "vCards": [],
            "replyTo": None,
            "_data": {},
            "order": number,
        }
        said |= row
        self.rows.setdefault(chat, []).append(said)
        self.rows[chat].sort(key=lambda one: one["timestamp"])
        return said


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers WAHA sends with a webhook of a session that has an HMAC key."""
    made = hmac.new(secret.encode(), body, sha512).hexdigest()
    return {"x-webhook-hmac": made, "x-webhook-hmac-algorithm": "sha512", "content-type": "application/json"}


def _polled(row: Row) -> Row:
    """A row as it is asked for: only events tell who wrote through what, and files are not fetched."""
    media = row["media"] and row["media"] | {"url": None}
    return {key: value for key, value in row.items() if key != "source"} | {"media": media}


def _replayed(content: bytes) -> Receive:
    chunks = iter([{"type": "http.request", "body": content, "more_body": False}])

    async def again() -> Message:
        return next(chunks, {"type": "http.disconnect"})

    return again


async def _nowhere(message: Message) -> None:
    """An answer nobody will see."""
