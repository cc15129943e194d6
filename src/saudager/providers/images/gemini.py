"""Pictures by Gemini: the pictures to keep to go inside the request, the new one comes back in some part of the answer.

generateContent (https://ai.google.dev/gemini-api/docs/image-generation, read 2026-11). A seed is taken, and Google
promises nothing of it.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, RateLimited, Rejected, UnrecognisedPayload
from saudager.providers.http_client import Answer, HttpClient
from saudager.providers.images import Drawing, Drawn, NoPicture
from saudager.providers.images.taking import CHECK, CHECKED_WITHIN, DRAW, decoded, nearest_ratio, refuses, within

_VENDOR = "Gemini"
_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
_METHOD = "generateContent"
_NOT_OURS_TO_ASK = re.compile(rb"API_KEY_INVALID|location is not supported|limit: 0\b|credits are depleted")
_DAYS_QUOTA = b"PerDay"
_UNTIL_ASKED_AGAIN = 3600.0
_RETRY = re.compile(rb'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
_SHOWN = 200


class _Told(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Blob(_Told):
    mime_type: str = ""
    data: str = ""


class _Part(_Told):
    text: str = ""
    inline_data: _Blob | None = None
    thought: bool = False


class _Content(_Told):
    parts: list[_Part] = Field(default_factory=list)


class _Candidate(_Told):
    content: _Content = Field(default_factory=_Content)
    finish_reason: str = ""
    finish_message: str = ""


class _Feedback(_Told):
    block_reason: str = ""


class _Usage(_Told):
    prompt_token_count: int = 0
    candidates_token_count: int = 0
    thoughts_token_count: int = 0


class _Generated(_Told):
    candidates: list[_Candidate] = Field(default_factory=list)
    prompt_feedback: _Feedback = Field(default_factory=_Feedback)
    usage_metadata: _Usage = Field(default_factory=_Usage)
    model_version: str = ""


class _Model(_Told):
    supported_generation_methods: list[str] = Field(default_factory=list)


class GeminiImageModel:
    """``deadline``: seconds for one picture."""

    name = "gemini"
    most_references = 3
    """What its oldest model that draws took (https://ai.google.dev/gemini-api/docs/image-generation): newer ones take
    more."""
    reads_prompts = True

    def __init__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> None:
        self.model_id = model
        self._path = f"/v1beta/models/{quote(model, safe='')}"
        self._deadline = deadline
        self._http = HttpClient(
            _VENDOR,
            base_url,
            clock=clock,
            headers={"x-goog-api-key": api_key},
            secrets=[api_key],
            timeout=deadline,
            sort=_sorted,
        )

    async def draw(self, asked: Drawing) -> Drawn:
        async with within(self._deadline, _VENDOR):
            answer = await self._http.call("POST", f"{self._path}:{_METHOD}", asked=DRAW, body=self._wanted(asked))
        try:
            generated = _Generated.model_validate_json(answer.body)
        except ValidationError:
            raise UnrecognisedPayload(f"{_VENDOR}: {DRAW}: the answer is not what is documented") from None
        drawn = [part.inline_data for part in _parts(generated) if part.inline_data and not part.thought]
        if not drawn:
            raise NoPicture(f"{_VENDOR}: {DRAW}: {_why(generated)}")
        usage = generated.usage_metadata
        return Drawn(
            decoded(drawn[-1].data, _VENDOR),
            generated.model_version or self.model_id,
            tokens_in=usage.prompt_token_count,
            tokens_out=usage.candidates_token_count + usage.thoughts_token_count,
        )

    async def check(self) -> date | None:
        async with within(CHECKED_WITHIN, _VENDOR, CHECK):
            answer = await self._http.call("GET", self._path, asked=CHECK, read=False)
        try:
            methods = _Model.model_validate_json(answer.body).supported_generation_methods
        except ValidationError:
            raise UnrecognisedPayload(f"{_VENDOR}: {CHECK}: the answer is no model") from None
        if _METHOD not in methods:
            raise Rejected(f"{_VENDOR}: {CHECK}: {self.model_id} knows no {_METHOD}")
        return None

    async def close(self) -> None:
        await self._http.close()

    def _wanted(self, asked: Drawing) -> dict[str, Any]:
        pictures = [
            {"inlineData": {"mimeType": photo.mime_type, "data": b64encode(photo.content).decode()}}
            for photo in asked.references[: self.most_references]
        ]
        return {
            "contents": [{"role": "user", "parts": [{"text": asked.prompt}, *pictures]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": nearest_ratio(asked.width, asked.height, _RATIOS)},
                "seed": asked.seed,
            },
        }


def _parts(generated: _Generated) -> Iterator[_Part]:
    for candidate in generated.candidates:
        yield from candidate.content.parts


def _why(generated: _Generated) -> str:
    """Why there is no picture: the block, the end, or what it said instead."""
    reasons = [generated.prompt_feedback.block_reason]
    for candidate in generated.candidates:
        reasons += [candidate.finish_reason, candidate.finish_message]
    reasons += [part.text for part in _parts(generated) if not part.thought]
    return f"an answer without a picture: {' '.join(filter(None, reasons))}"[:_SHOWN]


def _sorted(answer: Answer) -> Callable[[str], OutsideError] | None:
    """A wrong key is a 400 here; a plan that draws nothing and a day's quota are 429 like the minute's quota, which
    tells in its body how long to wait."""
    if _NOT_OURS_TO_ASK.search(answer.body):
        return BadCredentials
    if answer.status == 429 and _DAYS_QUOTA in answer.body:
        return partial(RateLimited, retry_after=_UNTIL_ASKED_AGAIN)
    if answer.status == 429 and (wait := _RETRY.search(answer.body)):
        return partial(RateLimited, retry_after=float(wait[1]))
    return NoPicture if refuses(answer) else None
