"""Fake model vendors over real HTTP: OpenRouter, Gemini, OpenAI and an OpenAI-compatible address, each on its own path.

In a test::

    async with FakeModels() as models:
        models.gemini.says("Окно стоит 45 000 ₸")
        models.openai.answers(lambda asked: {"reply": f"Вы спросили: {asked.last}", "actions": []})
        models.openrouter.fail("rate_limit", "cut")
        engine = AgnoModel("gemini", "gemini", base_url=models.gemini.base_url, model="gemini-9", api_key=KEY)
        ...
        assert models.gemini.requests[0].max_tokens == 1024

A request the vendor's specification forbids is answered 400 and kept in ``wrong``.
"""

import asyncio
import itertools
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.fakes.model_wires import (
    Asked,
    Reply,
    WrongRequest,
    chat_answer,
    gemini_answer,
    problem,
    read_chat,
    read_gemini,
)
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

KEY = "fake-model-key"
ACTS = {
    "ok": "no fault: lets one call pass",
    "hang": "never answers",
    "cut": "the connection is closed before an answer",
    "cut_halfway": "the connection is closed in the middle of the answer",
    "html": "200 with a page of HTML",
    "garbage": "200 that says it is JSON and is not",
    "odd": "200 with JSON that is not an answer",
}
"""Faults every vendor can show; those with an error body of its own are in ``model_wires``."""

Answer = str | dict[str, Any] | Reply


class Vendor:
    """One vendor's address. Settings last until changed; ``fail`` is for the next calls, one fault each.

    ``requests`` are those understood, ``calls`` counts all that arrived, ``ports`` are the connections they came by,
    ``busiest`` is the most handled at one moment. Each takes ``delay`` seconds. ``retry_after`` is what a rate limit
    tells, in seconds.
    """

    def __init__(self, kind: str, path: str) -> None:
        self.kind = kind
        self.path = path
        self.base_url = ""
        self._busy = 0
        self.reset()

    def reset(self) -> None:
        """As new: the usual answers, no faults, an empty log."""
        self.key = KEY
        self.delay = 0.0
        self.retry_after = 7
        self.requests: list[Asked] = []
        self.wrong: list[str] = []
        self.ports: set[int] = set()
        self.calls = 0
        self.busiest = 0
        self.hanging = 0
        self._answer: Callable[[Asked], Answer] = usual_answer
        self.reasons = False
        """A reasoning model, which refuses a temperature."""
        self._faults: deque[Iterator[str]] = deque()

    def says(self, answer: Answer) -> None:
        """From now on this: a text, an object sent as JSON, or a Reply with its tokens and its end."""
        self._answer = lambda asked: answer

    def answers(self, answer: Callable[[Asked], Answer]) -> None:
        """From now on what the function makes of the request."""
        self._answer = answer

    def fail(self, *faults: str) -> None:
        """The next calls get these, one each: names of ``ACTS``, or of ``model_wires.problem``."""
        self._faults.append(iter(faults))

    def fail_always(self, faults: str | Iterable[str]) -> None:
        """Every call gets this, or draws from the iterable."""
        self._faults.append(itertools.repeat(faults) if isinstance(faults, str) else iter(faults))

    def heal(self) -> None:
        self._faults.clear()

    async def handle(self, request: Request, closing: asyncio.Event, send: Send) -> Response | None:
        """The answer, or None when the connection was used up."""
        self.calls += 1
        self.ports.add(request.scope["client"][1])
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            return await self._handle(request, await request.body(), closing, send)
        finally:
            self._busy -= 1

    async def _handle(self, request: Request, content: bytes, closing: asyncio.Event, send: Send) -> Response | None:
        if self.delay:
            await asyncio.sleep(self.delay)
        try:
            asked = self._read(request, json.loads(content))
        except WrongRequest as error:
            self.wrong.append(str(error))
            return self._problem("refused", str(error))
        if asked is None:
            return self._problem("bad_key", f"API key not valid: {request.headers}")
        self.requests.append(asked)
        fault = self._next_fault()
        if fault == "ok":
            return JSONResponse(self._compose(asked))
        if fault not in ACTS:
            status, body, headers = problem(self.kind, fault, model=asked.model, retry_after=self.retry_after)
            return JSONResponse(body, status, headers)
        return await self._act(fault, asked, request, closing, send)

    async def _act(
        self, fault: str, asked: Asked, request: Request, closing: asyncio.Event, send: Send
    ) -> Response | None:
        if fault == "html":
            return HTMLResponse("<html><body>Sign in to the hotel's network</body></html>")
        if fault == "garbage":
            return Response(b'{"choices": [{"mess', media_type="application/json")
        if fault == "odd":
            return JSONResponse({"choices": None, "candidates": [{"content": 5}]})
        if fault == "hang":
            self.hanging += 1
            gone = asyncio.create_task(until_disconnected(request.receive))
            closed = asyncio.create_task(closing.wait())
            await asyncio.wait({gone, closed}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            closed.cancel()
            self.hanging -= 1
        if fault == "cut_halfway":
            whole = json.dumps(self._compose(asked)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(whole)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": whole[: len(whole) // 2], "more_body": True})
        cut(send)
        return None

    def _read(self, request: Request, body: Any) -> Asked | None:
        """The request, or None when its key is not ours."""
        rest = request.url.path.removeprefix(self.path)
        if self.kind == "gemini":
            if request.headers.get("x-goog-api-key") != self.key:
                return None
            path = re.fullmatch(r"/v1beta/models/([^/:]+):generateContent", rest)
            if request.method != "POST" or path is None:
                raise WrongRequest(f"no such method: {request.method} {rest}")
            return read_gemini(path.group(1), request.headers, body)
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return None
        if request.method != "POST" or rest != "/chat/completions":
            raise WrongRequest(f"no such method: {request.method} {rest}")
        if self.reasons and "temperature" in body:
            raise WrongRequest("Unsupported value: 'temperature' does not support 0.7 with this model.")
        return read_chat(self.kind, request.headers, body)

    def _compose(self, asked: Asked) -> dict[str, Any]:
        answer = self._answer(asked)
        if isinstance(answer, dict):
            answer = json.dumps(answer, ensure_ascii=False)
        reply = answer if isinstance(answer, Reply) else Reply(answer)
        return gemini_answer(asked, reply) if self.kind == "gemini" else chat_answer(asked, reply)

    def _problem(self, fault: str, why: str = "") -> Response:
        status, body, headers = problem(self.kind, fault, model="", retry_after=self.retry_after)
        if why:
            body["error"]["message"] = why
        return JSONResponse(body, status, headers)

    def _next_fault(self) -> str:
        while self._faults:
            fault = next(self._faults[0], None)
            if fault is not None:
                return fault
            self._faults.popleft()
        return "ok"


class FakeModels:
    """The four vendors on one server."""

    def __init__(self) -> None:
        self.openrouter = Vendor("openrouter", "/openrouter/api/v1")
        self.gemini = Vendor("gemini", "/gemini")
        self.openai = Vendor("openai", "/openai/v1")
        self.compatible = Vendor("compatible", "/compatible/v1")
        self._closing = asyncio.Event()
        self._stack = AsyncExitStack()

    @property
    def vendors(self) -> tuple[Vendor, ...]:
        return (self.openrouter, self.gemini, self.openai, self.compatible)

    def vendor(self, kind: str) -> Vendor:
        return next(vendor for vendor in self.vendors if vendor.kind == kind)

    async def __aenter__(self) -> "FakeModels":
        address = await self._stack.enter_async_context(served(self))
        for vendor in self.vendors:
            vendor.base_url = address + vendor.path
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        for vendor in self.vendors:
            if scope["path"].startswith(vendor.path + "/"):
                response = await vendor.handle(request, self._closing, send)
                break
        else:
            response = JSONResponse({"error": {"message": "no such vendor", "code": 404}}, 404)
        if response is None:
            return await until_disconnected(receive)
        return await response(scope, receive, send)


def usual_answer(asked: Asked) -> Answer:
    """A greeting, a decision that greets, or a verdict that it is a customer, as the schema wants."""
    wanted = set((asked.schema or {}).get("properties", {}))
    if "reply" in wanted:
        return {"reply": "Здравствуйте! Чем помочь?", "actions": []}
    if "isClient" in wanted:
        return {"isClient": True, "confidence": 0.9, "reasoning": "Спрашивает о покупке."}
    return "Здравствуйте! Чем помочь?"
