"""Fakes of the vendors that draw, over real HTTP, each on its own path of one server.

In a test::

    async with FakePainters() as vendors:
        vendors.gemini.fail("rate_limit", "hang")
        ...
        assert vendors.gemini.asked[-1].references == [photo]

A request a vendor's document forbids is answered 400 and kept in ``wrong``; the schemas are ours, of the fields these
documents have. Faults are ``model_wires.problem``'s names, and "blocked" (its rules forbid it), "nothing" (an answer
without a picture), "text", "empty", "huge" (what comes is no picture, nothing, a byte more than the picture), "hang",
"drip" (byte by byte, for ever), "cut", "garbage", "odd".
"""

import asyncio
import base64
import io
import json
import re
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.model_wires import WrongRequest, problem
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

KEY = "fake-painters-key"
MODEL = "drawing-1"
WANTED_KEY = "Authentication required. Please provide an API key."


def flat(colour: str, kind: str = "PNG") -> bytes:
    """A small file of one colour; ``kind`` as Pillow names it."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, kind)
    return out.getvalue()


PICTURE = flat("#c0392b")

_WORDS = {"type": "string", "minLength": 1}
_SEED = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_QUALITY = {"enum": ["low", "medium", "high", "auto", "xhigh", "max"]}
_SIZE = {"type": "string", "pattern": r"^\d+x\d+$"}


def _closed(required: list[str], **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": fields, "additionalProperties": False}


_OPENAI = _closed(["model", "prompt"], model=_WORDS, prompt=_WORDS, size=_SIZE, quality=_QUALITY)
_COMPATIBLE = _closed(["model", "prompt"], model=_WORDS, prompt=_WORDS, size=_SIZE, seed=_SEED)
_FORM_SEED = {"type": "string", "pattern": r"^\d+$"}
_EDITS = {
    "openai": _OPENAI,
    "compatible": _closed(["model", "prompt"], model=_WORDS, prompt=_WORDS, size=_SIZE, seed=_FORM_SEED),
    "pollinations": _closed(["prompt"], model=_WORDS, prompt=_WORDS, size=_SIZE),
}
_PART = {
    "oneOf": [
        _closed(["text"], text=_WORDS),
        _closed(
            ["inlineData"],
            inlineData=_closed(["mimeType", "data"], mimeType={"pattern": "^image/(png|jpeg|webp)$"}, data=_WORDS),
        ),
    ]
}
_GEMINI = _closed(
    ["contents"],
    contents={
        "type": "array",
        "minItems": 1,
        "items": _closed(["role", "parts"], role={"enum": ["user", "model"]}, parts={"type": "array", "items": _PART}),
    },
    generationConfig=_closed(
        ["responseModalities"],
        responseModalities={"type": "array", "items": {"enum": ["TEXT", "IMAGE"]}},
        imageConfig=_closed([], aspectRatio={"enum": ["1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9"]}),
        seed=_SEED,
    ),
)
_OPENROUTER = _closed(
    ["model", "prompt"],
    model=_WORDS,
    prompt=_WORDS,
    seed=_SEED,
    aspect_ratio={"pattern": r"^\d+:\d+$"},
    input_references={
        "type": "array",
        "maxItems": 16,
        "items": _closed(
            ["type", "image_url"],
            type={"const": "image_url"},
            image_url=_closed(["url"], url={"pattern": "^data:image/(png|jpeg|webp);base64,"}),
        ),
    },
)
_FROM_WORDS = _closed(
    [],
    model=_WORDS,
    width={"pattern": r"^\d+$"},
    height={"pattern": r"^\d+$"},
    seed=_FORM_SEED,
)


@dataclass
class Asked:
    """One picture that was asked for, in one form for all vendors."""

    prompt: str
    model: str
    references: list[tuple[str, bytes]] = field(default_factory=list)
    """As (MIME type, content)."""
    told: dict[str, Any] = field(default_factory=dict)
    """Everything else, as the vendor calls it."""


class Vendor:
    """One vendor's address. ``picture`` is what it draws; ``fail`` is for the next calls, one fault each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.base_url = ""
        self.retry_after = 7
        self.picture = PICTURE
        self.link = ""
        """Where a compatible address says the picture is, instead of sending it."""
        self.asked: list[Asked] = []
        self.calls = 0
        """Pictures asked for, refused ones too."""
        self.wrong: list[str] = []
        self.faults: deque[str] = deque()
        self.takes = {"seed": {"type": "boolean"}, "aspect_ratio": {"type": "enum"}}
        """Of OpenRouter's model: what it is listed with."""
        self.reads = ["text", "image"]
        """Of the same: what may be put into it."""
        self.has_edits = True
        """Of a compatible address."""
        self.shut_on: str | None = None
        """Of OpenAI's model: the day it is shut down."""
        self.wants_key = True
        self.is_good_key = True
        """Of Pollinations' key, by what its page says."""

    def fail(self, *faults: str) -> None:
        self.faults.extend(faults)

    async def handle(self, request: Request, closing: asyncio.Event, send: Send) -> Response | None:
        """The answer, or None when the connection was used up."""
        path = request.url.path.removeprefix(f"/{self.kind}")
        if path == "/drawn.png":
            return Response(self.picture, media_type="image/png")
        if path == "/slow.png":
            return await self._answer("hang", request, closing, send)
        draws = request.method == "POST" or (path.startswith(("/image/", "/prompt/")) and path != "/image/models")
        self.calls += draws
        if not self._lets_in(request.headers):
            return self._problem("bad_key", why=f"Not a key of ours: {dict(request.headers)}")
        if not draws:
            return self._checked(path)
        try:
            if (asked := await self._read(request, path)) is None:
                return self._problem("no_model")
        except WrongRequest as error:
            self.wrong.append(str(error))
            return self._problem("refused")
        self.asked.append(asked)
        if asked.model != MODEL and self.kind not in ("pollinations", "keyless"):
            return self._problem("no_model")
        return await self._answer(self.faults.popleft() if self.faults else "", request, closing, send)

    async def _answer(self, fault: str, request: Request, closing: asyncio.Event, send: Send) -> Response | None:
        if fault == "hang":
            gone = asyncio.create_task(until_disconnected(request.receive))
            closed = asyncio.create_task(closing.wait())
            await asyncio.wait({gone, closed}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            closed.cancel()
        if fault in ("hang", "cut"):
            cut(send)
            return None
        if fault == "drip":
            await _drip(request.receive, send)
            return None
        if fault == "garbage":
            return Response(b'{"data": [', media_type="application/json")
        if fault == "odd":
            return JSONResponse({"data": 5, "candidates": 5})
        if fault == "nothing":
            return self._without_a_picture()
        if fault == "blocked" and self.kind == "gemini":
            return JSONResponse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
        content = {
            "": self.picture,
            "text": b"<html>Sorry, try again later</html>",
            "empty": b"",
            "huge": self.picture + bytes(1),
        }.get(fault)
        if content is None:
            return self._problem(fault)
        if request.method == "GET":
            return Response(content, media_type="image/png", headers={"x-model-used": MODEL})
        return self._drawn(content)

    def _lets_in(self, headers: Mapping[str, str]) -> bool:
        if self.kind == "keyless" or not self.wants_key:
            return "authorization" not in headers
        if self.kind == "gemini":
            return headers.get("x-goog-api-key") == KEY
        return headers.get("authorization") == f"Bearer {KEY}"

    def _checked(self, path: str) -> Response:
        model = {"id": MODEL, "object": "model", "created": 1, "owned_by": "us", "shutdown_date": self.shut_on}
        listed = {
            "id": MODEL,
            "architecture": {"input_modalities": self.reads, "output_modalities": ["image"]},
            "supported_parameters": self.takes,
        }
        known: dict[str, Any] = {
            f"openai/models/{MODEL}": model,
            f"gemini/v1beta/models/{MODEL}": {"name": MODEL, "supportedGenerationMethods": ["generateContent"]},
            "openrouter/key": {"data": {"label": "sk-or-v1-…", "usage": 0}},
            "openrouter/images/models": {"data": [{"id": "another", "supported_parameters": {}}, listed]},
            "pollinations/account/key": {"valid": self.is_good_key, "type": "secret"},
            "pollinations/image/models": [{"name": "flux", "aliases": []}, {"name": MODEL}],
            "compatible/models": {"object": "list", "data": [model]},
            "keyless/models": ["flux"],
        }
        answer = known.get(self.kind + path)
        return self._problem("no_model") if answer is None else JSONResponse(answer)

    async def _read(self, request: Request, path: str) -> Asked | None:
        """What is asked; None where there is nothing at the path."""
        if self.kind == "gemini":
            _require(re.fullmatch(r"/v1beta/models/[^/]+:generateContent", path) is not None, f"no method {path}")
            return self._read_gemini(await request.json(), path)
        if self.kind in ("pollinations", "keyless") and request.method == "GET":
            begins = "/image/" if self.kind == "pollinations" else "/prompt/"
            _require(path.startswith(begins), f"no method {path}")
            return self._read_words(request, begins)
        if self.kind == "openrouter":
            _require(path == "/images", f"no method {path}")
            return self._read_openrouter(await request.json())
        path = path.removeprefix("/v1") if self.kind == "pollinations" else path
        if path == "/images/edits":
            return await self._read_edits(request) if self.has_edits else None
        _require(path == "/images/generations", f"no method {path}")
        body = _fitting(_COMPATIBLE if self.kind == "compatible" else _OPENAI, await request.json())
        return Asked(body.pop("prompt"), body.pop("model"), told=body)

    async def _read_edits(self, request: Request) -> Asked:
        async with request.form() as form:
            words = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
            _require(len(words) + len(files) == len(form.multi_items()), "a field that is given twice")
            _require(0 < len(files) <= 16 and {name for name, _ in files} == {"image"}, "image: 1 to 16 files")
            for _, file in files:
                _require(file.content_type in ("image/png", "image/jpeg", "image/webp"), f"{file.content_type}")
                _require(re.fullmatch(r".+\.(png|jpg|webp)", file.filename or "") is not None, f"{file.filename}")
            body: dict[str, Any] = dict(_fitting(_EDITS[self.kind], words))
            return Asked(
                body.pop("prompt"),
                body.pop("model"),
                [(file.content_type or "", await file.read()) for _, file in files],
                body,
            )

    def _read_gemini(self, body: Any, path: str) -> Asked:
        (content,) = _fitting(_GEMINI, body)["contents"]
        words = [part["text"] for part in content["parts"] if "text" in part]
        inside = [part["inlineData"] for part in content["parts"] if "inlineData" in part]
        blobs = [(one["mimeType"], base64.b64decode(one["data"])) for one in inside]
        model = path.removeprefix("/v1beta/models/").removesuffix(":generateContent")
        return Asked("\n".join(words), model, blobs, body["generationConfig"])

    def _read_openrouter(self, body: Any) -> Asked:
        rest = dict(_fitting(_OPENROUTER, body))
        for name in ("seed", "aspect_ratio"):
            _require(name not in rest or name in self.takes, f"unsupported parameter: {name}")
        references = rest.pop("input_references", [])
        _require(not references or "image" in self.reads, "unsupported parameter: input_references")
        urls = [one["image_url"]["url"].removeprefix("data:").split(";base64,") for one in references]
        blobs = [(kind, base64.b64decode(written)) for kind, written in urls]
        return Asked(rest.pop("prompt"), rest.pop("model"), blobs, rest)

    def _read_words(self, request: Request, begins: str) -> Asked:
        told = _fitting(_FROM_WORDS, dict(request.query_params))
        raw = request.scope["raw_path"].decode().partition("?")[0].removeprefix(f"/{self.kind}{begins}")
        _require("/" not in raw, "the prompt is not encoded")
        return Asked(unquote(raw), told.pop("model"), told=told)

    def _drawn(self, content: bytes) -> Response:
        written = base64.b64encode(content).decode()
        if self.kind == "gemini":
            parts = [
                {"inlineData": {"mimeType": "image/png", "data": "c2tldGNo"}, "thought": True},
                {"text": "Here it is."},
                {"inlineData": {"mimeType": "image/png", "data": written}},
            ]
            return JSONResponse(
                {
                    "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
                    "usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 1290, "totalTokenCount": 1340},
                    "modelVersion": MODEL,
                }
            )
        if self.kind == "openrouter":
            usage = {"prompt_tokens": 50, "completion_tokens": 1290, "total_tokens": 1340, "cost": 0.04}
            return JSONResponse({"created": 1, "data": [{"b64_json": written}], "usage": usage})
        details = {"text_tokens": 10, "image_tokens": 40}
        usage = {"input_tokens": 50, "output_tokens": 1290, "total_tokens": 1340, "input_tokens_details": details}
        image = {"url": self.link} if self.link else {"b64_json": written}
        return JSONResponse({"created": 1, "data": [image], "usage": usage})

    def _without_a_picture(self) -> Response:
        if self.kind == "gemini":
            sketch = {"inlineData": {"mimeType": "image/png", "data": "c2tldGNo"}, "thought": True}
            content = {"role": "model", "parts": [sketch, {"text": "I would rather not."}]}
            return JSONResponse({"candidates": [{"content": content, "finishReason": "IMAGE_SAFETY", "index": 0}]})
        return JSONResponse({"created": 1, "data": []})

    def _problem(self, fault: str, why: str = "") -> Response:
        if self.kind in ("pollinations", "keyless"):
            status, code, message = _ENVELOPED[fault]
            error = {"code": code, "message": why or message, "timestamp": "2026-11-28T00:00:00Z", "details": {}}
            return JSONResponse(
                {"status": status, "success": False, "error": error},
                status,
                {"retry-after": str(self.retry_after)} if status == 429 else {},
            )
        if fault == "blocked":
            return JSONResponse(*_BLOCKED[self.kind])
        known = "openai" if self.kind == "compatible" else self.kind
        status, body, headers = problem(known, fault, model=MODEL, retry_after=self.retry_after)
        if why:
            body["error"]["message"] = why
        return JSONResponse(body, status, headers)


_REJECTED = "Your request was rejected by the safety system. safety_violations=[violence]."
_BY_RULES = {"message": _REJECTED, "type": "image_generation_user_error", "param": None, "code": "moderation_blocked"}
_FLAGGED = "Your chosen model requires moderation and your input was flagged for violence."
_BLOCKED: dict[str, tuple[dict[str, Any], int]] = {
    "openai": ({"error": _BY_RULES}, 400),
    "compatible": ({"error": _BY_RULES}, 400),
    "openrouter": ({"error": {"code": 403, "message": _FLAGGED, "metadata": {"reasons": ["violence"]}}}, 403),
}
_ENVELOPED = {
    "refused": (400, "BAD_REQUEST", "Something was wrong with the input data, check the details for more info."),
    "bad_key": (401, "UNAUTHORIZED", WANTED_KEY),
    "quota": (402, "PAYMENT_REQUIRED", "Insufficient pollen balance or API key budget exhausted."),
    "forbidden": (403, "FORBIDDEN", "Access denied! You don't have the required permissions for this model."),
    "no_model": (404, "NOT_FOUND", "Oh no, there's nothing here."),
    "blocked": (422, "content_policy_violation", "Your request was rejected by content moderation."),
    "rate_limit": (429, "RATE_LIMITED", "You're making requests too quickly. Please slow down a bit."),
    "server": (500, "INTERNAL_ERROR", "Oh snap, something went wrong on our end. We're on it!"),
    "overloaded": (503, "SERVICE_UNAVAILABLE", "The service is overloaded."),
}


async def _drip(receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    gone = asyncio.create_task(until_disconnected(receive))
    while not gone.done():
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.wait({gone}, timeout=0.02)


class FakePainters:
    """All of them on one server."""

    def __init__(self) -> None:
        self.openai = Vendor("openai")
        self.gemini = Vendor("gemini")
        self.openrouter = Vendor("openrouter")
        self.pollinations = Vendor("pollinations")
        self.keyless = Vendor("keyless")
        self.compatible = Vendor("compatible")
        self.address = ""
        self._closing = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "FakePainters":
        self.address = await self._stack.enter_async_context(served(self))
        for vendor in self._vendors():
            vendor.base_url = f"{self.address}/{vendor.kind}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        vendor = getattr(self, scope["path"].split("/")[1])
        response = await vendor.handle(request, self._closing, send)
        if response is None:
            return await until_disconnected(receive)
        return await response(scope, receive, send)

    def _vendors(self) -> list[Vendor]:
        return [self.openai, self.gemini, self.openrouter, self.pollinations, self.keyless, self.compatible]


def _fitting(schema: dict[str, Any], body: Any) -> dict[str, Any]:
    """The body, if it is as the schema says."""
    errors = [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(body)]
    _require(not errors, json.dumps(errors))
    fitting: dict[str, Any] = body
    return fitting


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WrongRequest(otherwise)
