"""Fakes of the two vendors that listen, over real HTTP: Gemini's ``generateContent`` and OpenAI's transcriptions.

In a test::

    async with FakeTranscribers() as vendors:
        vendors.gemini.hears("Сколько стоит окно?", "ru")
        vendors.openai.fail("rate_limit", "hang")
        ...
        assert vendors.gemini.recordings == [(b"OggS…", "audio/ogg")]

A request the vendor's specification forbids is answered 400 and kept in ``wrong``. Faults are ``model_wires.problem``'s
names, and "hang", "cut", "garbage", "odd".
"""

import asyncio
import base64
import binascii
import json
import re
from collections import deque
from contextlib import AsyncExitStack
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.model_wires import WrongRequest, problem
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

KEY = "fake-speech-key"
MODEL = "listening-1"
USAGE = {"type": "tokens", "input_tokens": 120, "output_tokens": 10, "total_tokens": 130}
_GEMINI_KINDS = {"audio/wav", "audio/mp3", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"}
_OPENAI_ENDINGS = {"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"}
_OPENAI_FIELDS = {"file", "model", "response_format"}


class Vendor:
    """One vendor's address. What it hears lasts until changed; ``fail`` is for the next calls, one fault each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.base_url = ""
        self.retry_after = 7
        self.recordings: list[tuple[bytes, str]] = []
        """What it was given, and as what: the MIME type at Gemini, the file's name at OpenAI."""
        self.prompts: list[str] = []
        self.wrong: list[str] = []
        self.calls = 0
        self.answer: Any = None
        self.faults: deque[str] = deque()
        self.hears("Сколько стоит окно?", "ru")

    def hears(self, text: str, language: str | None) -> None:
        """From now on these words; a language of None is one it cannot tell."""
        if self.kind == "gemini":
            self.says(json.dumps({"language": language or "", "text": text}, ensure_ascii=False))
        else:
            self.answer = {"text": text, "languages": [{"code": language}] if language else [], "usage": USAGE}

    def says(self, text: str, finish: str = "STOP") -> None:
        """From now on this text of Gemini's, whatever it is."""
        content = {"role": "model", "parts": [{"text": "Слушаю…", "thought": True}, {"text": text}]}
        self.answer = {
            "candidates": [{"index": 0, "finishReason": finish, "content": content}],
            "usageMetadata": {"promptTokenCount": 120, "candidatesTokenCount": 8, "thoughtsTokenCount": 2},
            "modelVersion": MODEL,
        }

    def fail(self, *faults: str) -> None:
        self.faults.extend(faults)

    async def handle(self, request: Request, closing: asyncio.Event, send: Send) -> Response | None:
        """The answer, or None when the connection was used up."""
        self.calls += 1
        try:
            if not await self._read(request):
                return self._problem("bad_key", why=f"Not a key of ours: {dict(request.headers)}")
        except WrongRequest as error:
            self.wrong.append(str(error))
            return self._problem("refused")
        fault = self.faults.popleft() if self.faults else None
        if fault is None:
            return JSONResponse(self.answer)
        if fault == "hang":
            gone = asyncio.create_task(until_disconnected(request.receive))
            closed = asyncio.create_task(closing.wait())
            await asyncio.wait({gone, closed}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            closed.cancel()
        if fault in ("hang", "cut"):
            cut(send)
            return None
        if fault == "garbage":
            return Response(b'{"text": "\\u0421\\u043a', media_type="application/json")
        if fault == "odd":
            return JSONResponse({"candidates": [{"content": 5}], "text": None})
        return self._problem(fault)

    async def _read(self, request: Request) -> bool:
        """Keep what was asked; False when the key is not ours."""
        rest = request.url.path.removeprefix(f"/{self.kind}")
        if self.kind == "gemini":
            if request.headers.get("x-goog-api-key") != KEY:
                return False
            _require(re.fullmatch(f"/v1beta/models/{MODEL}:generateContent", rest) is not None, f"no method {rest}")
            self._read_gemini(json.loads(await request.body()))
        else:
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return False
            _require(rest == "/audio/transcriptions", f"no method {rest}")
            async with request.form() as form:
                await self._read_openai(form)
        return True

    def _read_gemini(self, body: Any) -> None:
        _require(set(body) <= {"contents", "generationConfig", "systemInstruction"}, f"unknown name in {set(body)}")
        config = body["generationConfig"]
        _require(set(config) <= {"temperature", "responseMimeType", "responseSchema"}, f"unknown name in {set(config)}")
        _require(config.get("responseMimeType") == "application/json", "responseSchema needs application/json")
        (content,) = body["contents"]
        _require(content["role"] == "user", "Please use a valid role: user, model.")
        prompt, recording = content["parts"]
        _require(set(recording) == {"inlineData"} and set(recording["inlineData"]) == {"mimeType", "data"}, "a blob")
        blob = recording["inlineData"]
        _require(blob["mimeType"] in _GEMINI_KINDS, f"Unsupported MIME type: {blob['mimeType']}")
        try:
            audio = base64.b64decode(blob["data"], validate=True)
        except binascii.Error:
            raise WrongRequest("Base64 decoding failed") from None
        self.prompts.append(prompt["text"])
        self.recordings.append((audio, blob["mimeType"]))

    async def _read_openai(self, form: FormData) -> None:
        _require(set(form) <= _OPENAI_FIELDS, f"Unknown parameter in {set(form)}")
        _require(form.get("model") == MODEL and form.get("response_format") == "json", "model, response_format")
        file = form["file"]
        _require(isinstance(file, UploadFile) and bool(file.filename), "file is no file")
        assert isinstance(file, UploadFile) and file.filename is not None
        _require(file.filename.rpartition(".")[2] in _OPENAI_ENDINGS, f"Invalid file format: {file.filename}")
        self.recordings.append((await file.read(), file.filename))

    def _problem(self, fault: str, why: str = "") -> Response:
        status, body, headers = problem(self.kind, fault, model=MODEL, retry_after=self.retry_after)
        if why:
            body["error"]["message"] = why
        return JSONResponse(body, status, headers)


class FakeTranscribers:
    """Both vendors on one server."""

    def __init__(self) -> None:
        self.gemini = Vendor("gemini")
        self.openai = Vendor("openai")
        self._closing = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "FakeTranscribers":
        address = await self._stack.enter_async_context(served(self))
        for vendor in (self.gemini, self.openai):
            vendor.base_url = f"{address}/{vendor.kind}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        vendor = self.gemini if scope["path"].startswith("/gemini/") else self.openai
        response = await vendor.handle(request, self._closing, send)
        if response is None:
            return await until_disconnected(receive)
        return await response(scope, receive, send)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WrongRequest(otherwise)
