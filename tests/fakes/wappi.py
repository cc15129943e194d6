"""A fake Wappi.pro over real HTTP, with its quirks and, on demand, its failures.

In a test::

    async with FakeWappi() as wappi:
        message_id = wappi.customer_writes("77750000002", "Здравствуйте")
        wappi.fail("message/send", "cut_after")
        ...
        assert [sent.text for sent in wappi.sent] == ["Добрый день!"]

As a process of its own: ``python -m tests.fakes.wappi --port 8080 --journal sent.jsonl``.
"""

import argparse
import asyncio
import base64
import json
import mimetypes
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected
from tests.fakes.wappi_account import Account, File, chat_id

TOKEN = "fake-wappi-token"
PROFILE = "71ad40e9-b023"
_PLAIN_FAULTS = {
    "400": (400, {"status": "error", "detail": "command failed"}),
    "401": (401, {"status": "error", "detail": "not authorized"}),
    "404": (404, {"detail": "not found"}),
    "429": (429, {"status": "error", "detail": "too many requests"}),
    "500": (500, {"status": "error", "detail": "internal error"}),
    "not_done": (200, {"status": "error", "detail": "not delivered"}),
}
_ACTS = ("cut_after", "hang_after", "garbage")


@dataclass(frozen=True)
class Asked:
    """One request that reached the fake, whatever became of it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    fault: str


class FakeWappi(Account):
    """One profile of one Wappi account.

    ``requests`` is the log of everything asked, ``busiest`` the most requests ever handled at one moment. Each takes
    ``latency`` seconds, 0 by default, so that overlapping ones can be told. Quirks to switch: ``chats_method``,
    ``shuffled`` (rows inside a page come oldest first), ``media_as`` ("b64", "link", "empty"), ``retry_after`` (the
    header of a 429, None for none), ``profile`` (fields of the status), ``absent`` (chats whose numbers are not on
    WhatsApp).
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        profile_id: str = PROFILE,
        now: Callable[[], float] = time.time,
        journal: Path | None = None,
    ) -> None:
        super().__init__(now=now, journal=journal)
        self.base_url = ""
        self.token = token
        self.profile_id = profile_id
        self.faults = Faults()
        self.requests: list[Asked] = []
        self.busiest = 0
        self.latency = 0.0
        self.chats_method = "POST"
        self.shuffled = False
        self.media_as = "b64"
        self.retry_after: str | None = "7"
        self.profile: dict[str, Any] = {"app_status": "open", "authorized": True}
        self.absent: set[str] = set()
        self._busy = 0
        self._closing = asyncio.Event()
        self._api = Starlette(routes=[*self._routes(), *self._control()])
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "FakeWappi":
        self.base_url = await self._stack.enter_async_context(served(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    def fail(self, path: str, *faults: str) -> None:
        """The next calls whose path ends with ``path`` get these faults (names: ``faults.FAULTS``), one each."""
        self.faults.add(path, *faults)

    def fail_always(self, path: str, faults: Iterable[str]) -> None:
        """Calls of the path draw from the iterable: ``itertools.repeat("500")``."""
        self.faults.add_stream(path, faults)

    def fail_share(self, path: str, share: float, *faults: str, seed: int = 0) -> None:
        """A seeded share (0…1) of the path's calls fail with one of these."""
        self.faults.add_share(path, share, *faults, seed=seed)

    def heal(self) -> None:
        self.faults.clear()

    def asked_for(self, path: str) -> list[Asked]:
        """The requests whose path ends so."""
        return [asked for asked in self.requests if asked.path.endswith(path)]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content = await request.body()
        if not scope["path"].startswith("/api/"):
            return await self._api(scope, _replayed(content, receive), send)
        asked, sent = dict(request.query_params), _parsed(content)
        about = asked.get("chat_id") or (sent.get("recipient") if isinstance(sent, dict) else None) or ""
        fault = self.faults.next_for(scope["path"], about)
        self.requests.append(Asked(scope["method"], scope["path"], asked, sent, fault))
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            await asyncio.sleep(self.latency)
            request.state.crossed = fault == "crossed"
            if fault in ("ok", "crossed"):
                return await self._api(scope, _replayed(content, receive), send)
            if fault in _ACTS:
                await self._api(scope, _replayed(content, receive), _nowhere)
        finally:
            self._busy -= 1
        return await self._show(fault, scope, receive, send)

    async def _show(self, fault: str, scope: Message, receive: Receive, send: Send) -> None:
        if fault.startswith("hang"):
            gone = asyncio.create_task(until_disconnected(receive))
            closing = asyncio.create_task(self._closing.wait())
            await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
            closing.cancel()
        if fault.startswith(("hang", "cut")):
            cut(send)
            return await until_disconnected(receive)
        if fault == "garbage":
            return await PlainTextResponse("<html>Bad gateway, come back later</html>")(scope, receive, send)
        status, body = _PLAIN_FAULTS[fault]
        headers = {"Retry-After": self.retry_after} if fault == "429" and self.retry_after else {}
        return await JSONResponse(body, status, headers)(scope, receive, send)

    def _routes(self) -> list[Route]:
        sync = "/api/sync"
        return [
            Route(f"{sync}/get/status", self._authorised(self._status), methods=["GET"]),
            Route(f"{sync}/chats/get", self._authorised(self._chats), methods=["GET", "POST"]),
            Route(f"{sync}/messages/get", self._authorised(self._messages), methods=["GET"]),
            Route(f"{sync}/messages/id/get", self._authorised(self._message), methods=["GET"]),
            Route(f"{sync}/contact/check", self._authorised(self._check), methods=["GET"]),
            Route(f"{sync}/message/send", self._authorised(self._send), methods=["POST"]),
            Route(f"{sync}/message/img/send", self._authorised(self._send_image), methods=["POST"]),
            Route(f"{sync}/message/reply", self._authorised(self._reply), methods=["POST"]),
            Route(f"{sync}/message/mark/read", self._authorised(self._mark_read), methods=["POST"]),
            Route(f"{sync}/chat/typing/{{what}}", self._authorised(self._typing), methods=["POST"]),
            Route(f"{sync}/message/media/download", self._authorised(self._media), methods=["GET"]),
            Route("/api/webhook/url/set", self._authorised(self._set_url), methods=["POST"]),
            Route("/api/webhook/types/set", self._authorised(self._set_types), methods=["POST"]),
            Route("/fs/{message_id}", self._file, methods=["GET"]),
        ]

    def _control(self) -> list[Route]:
        return [
            Route("/control/customer_writes", self._control_writes, methods=["POST"]),
            Route("/control/fail", self._control_fail, methods=["POST"]),
            Route("/control/sent", self._control_sent, methods=["GET"]),
            Route("/control/faults", self._control_faults, methods=["GET"]),
        ]

    def _authorised(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def checked(request: Request) -> Response:
            if request.headers.get("authorization") != self.token:
                return JSONResponse({"status": "error", "detail": "Invalid token"}, 401)
            if request.query_params.get("profile_id") != self.profile_id:
                return JSONResponse({"status": "error", "detail": "profile not found"}, 400)
            answer = handler(request)
            return answer if isinstance(answer, Response) else await answer

        return checked

    def _status(self, request: Request) -> Response:
        known = {"phone": self.own_phone, "profile_id": self.profile_id, "payment_expired_at": "2099-12-20T00:00:00Z"}
        return self._done(**known, **self.profile)

    def _set_url(self, request: Request) -> Response:
        self.profile["webhook_url"] = request.query_params["url"]
        return self._done()

    async def _set_types(self, request: Request) -> Response:
        types = await request.json()
        if not isinstance(types, list):
            return JSONResponse({"status": "error", "detail": "an array is expected"}, 400)
        self.profile["webhook_types"] = types
        return self._done()

    def _chats(self, request: Request) -> Response:
        if request.method != self.chats_method:
            return JSONResponse({"detail": "Method Not Allowed"}, 405)
        dialogs, (limit, offset) = self.dialogs(), _window(request)
        return self._done(dialogs=dialogs[offset : offset + limit], total_count=len(dialogs))

    def _messages(self, request: Request) -> Response:
        chat, (limit, offset) = chat_id(request.query_params["chat_id"]), _window(request)
        if request.query_params.get("mark_all") == "true" and chat in self.chats:
            self.chats[chat].unread = 0
        if request.state.crossed:
            chat = next((other for other in self.chats if other != chat), "")
        ascending = request.query_params.get("order") == "asc" or self.shuffled
        rows, total = self.page(chat, limit=limit, offset=offset, ascending=ascending)
        if request.state.crossed and not rows:
            rows = [{"id": "3EB0STRANGER", "type": "chat", "chatId": "79990000000@c.us", "time": 1, "body": "чужое"}]
        return self._done(messages=rows, total_count=total)

    def _message(self, request: Request) -> Response:
        return self._done(message=self.rows.get(request.query_params["message_id"]))

    def _check(self, request: Request) -> Response:
        phone = request.query_params["phone"]
        return self._done(on_whatsapp=f"{phone}@c.us" not in self.absent, phone=phone)

    async def _send(self, request: Request) -> Response:
        body = await request.json()
        if not body.get("recipient") or not body.get("body"):
            return JSONResponse({"status": "error", "detail": "recipient and body are required"}, 400)
        return self._sent(self.api_sends(body["recipient"], body["body"]))

    async def _send_image(self, request: Request) -> Response:
        body = await request.json()
        try:
            content = base64.b64decode(body["b64_file"], validate=True)
        except (KeyError, ValueError):
            return JSONResponse({"status": "error", "detail": "b64_file is no base64"}, 400)
        if not body.get("recipient") or not content:
            return JSONResponse({"status": "error", "detail": "recipient and b64_file are required"}, 400)
        file = File(content, mimetypes.guess_type(body["file_name"])[0] or "", body["file_name"])
        return self._sent(self.api_sends(body["recipient"], body.get("caption", ""), picture=file))

    async def _reply(self, request: Request) -> Response:
        body = await request.json()
        quoted = self.rows.get(body.get("message_id", ""))
        if quoted is None or not body.get("body"):
            return JSONResponse({"status": "error", "detail": "message not found"}, 400)
        return self._sent(self.api_sends(quoted["chatId"], body["body"], reply_to=quoted["id"]))

    def _sent(self, message_id: str) -> Response:
        return self._done(message_id=message_id, task_id=f"task-{message_id}")

    async def _mark_read(self, request: Request) -> Response:
        message_id = (await request.json()).get("message_id", "")
        if message_id not in self.rows:
            return JSONResponse({"status": "error", "detail": "message not found"}, 400)
        self.mark_read(message_id, all_of_chat=request.query_params.get("mark_all") == "true")
        return self._done()

    async def _typing(self, request: Request) -> Response:
        recipient = (await request.json())["recipient"]
        self.typing.append((chat_id(recipient), request.path_params["what"]))
        return self._done()

    def _media(self, request: Request) -> Response:
        message_id = request.query_params["message_id"]
        file = self.files.get(message_id)
        if file is None:
            return JSONResponse({"status": "error", "detail": "media not found"}, 400)
        if self.media_as == "empty":
            return Response(b"")
        if self.media_as == "link":
            return self._done(file_link=f"{self.base_url}/fs/{message_id}", mimetype=file.mime_type)
        return self._done(file_b64=base64.b64encode(file.content).decode(), mime_type=file.mime_type)

    def _file(self, request: Request) -> Response:
        file = self.files[request.path_params["message_id"]]
        return Response(file.content, media_type=file.mime_type)

    def _done(self, **answer: Any) -> Response:
        now = datetime.fromtimestamp(self._now(), UTC)
        common = {"status": "done", "timestamp": int(now.timestamp()), "time": now.isoformat(), "uuid": self.profile_id}
        return JSONResponse(common | answer)

    async def _control_writes(self, request: Request) -> Response:
        return JSONResponse([self.customer_writes(**line) for line in await request.json()])

    async def _control_fail(self, request: Request) -> Response:
        body = await request.json()
        if "share" in body:
            self.fail_share(body["path"], body["share"], *body["faults"], seed=body.get("seed", 0))
        else:
            self.fail(body["path"], *body["faults"])
        return JSONResponse({})

    async def _control_sent(self, request: Request) -> Response:
        return JSONResponse([asdict(sent) for sent in self.sent])

    async def _control_faults(self, request: Request) -> Response:
        return JSONResponse([asked.fault for asked in self.requests if asked.fault != "ok"])


def _window(request: Request) -> tuple[int, int]:
    return int(request.query_params.get("limit", 50)), int(request.query_params.get("offset", 0))


def _parsed(content: bytes) -> Any:
    return json.loads(content) if content else None


def _replayed(content: bytes, receive: Receive) -> Receive:
    chunks = iter([content])

    async def again() -> Message:
        chunk = next(chunks, None)
        return await receive() if chunk is None else {"type": "http.request", "body": chunk, "more_body": False}

    return again


async def _nowhere(message: Message) -> None:
    """An answer nobody will see."""


def main() -> None:
    options = argparse.ArgumentParser(description="A fake Wappi.pro on 127.0.0.1 that forgets everything at its end.")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--journal", type=Path, help="file to append every accepted send to, one JSON line each")
    options.add_argument("--token", default=TOKEN)
    options.add_argument("--profile", default=PROFILE)
    chosen = options.parse_args()

    async def run() -> None:
        wappi = FakeWappi(token=chosen.token, profile_id=chosen.profile, journal=chosen.journal)
        wappi.base_url = f"http://127.0.0.1:{chosen.port}"
        config = uvicorn.Config(wappi, port=chosen.port, lifespan="off", ws="none", log_config=None, access_log=False)
        await uvicorn.Server(config).serve()

    asyncio.run(run())


if __name__ == "__main__":
    main()
