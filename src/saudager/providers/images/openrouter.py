"""Pictures by OpenRouter's images API: POST /images (its OpenAPI document of 2026-08-22).

What a model takes beside words is listed at /images/models; a field it does not take may be refused there, so each is
sent only to a model that is listed with it
(https://openrouter.ai/docs/guides/overview/multimodal/image-generation, read 2026-11).
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, RateLimited, Rejected, Unanswered, UnrecognisedPayload
from saudager.providers.http_client import Answer
from saudager.providers.images import Drawing, Drawn, NoPicture, Photo
from saudager.providers.images.taking import (
    CHECK,
    CHECKED_WITHIN,
    DRAW,
    client,
    decoded,
    nearest_ratio,
    refuses,
    within,
)

_log = logging.getLogger(__name__)
_VENDOR = "OpenRouter"
_MOST_REFERENCES = 16
_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


class _Architecture(BaseModel):
    input_modalities: list[str] = Field(default_factory=list)


class _Model(BaseModel):
    id: str
    architecture: _Architecture = Field(default_factory=_Architecture)
    supported_parameters: dict[str, Any] = Field(default_factory=dict)


class _Models(BaseModel):
    data: list[_Model]


class _Image(BaseModel):
    b64_json: str


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None


class _Error(BaseModel):
    code: int = 0
    message: str = ""


class _Answered(BaseModel):
    data: list[_Image] = Field(default_factory=list)
    usage: _Usage | None = None
    error: _Error | None = None


class OpenRouterImageModel:
    """``deadline``: seconds for one picture, with the look at what the model takes before the first one."""

    name = "openrouter"
    reads_prompts = True

    def __init__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> None:
        self.model_id = model
        self.most_references = _MOST_REFERENCES
        self._deadline = deadline
        self._listed: _Model | None = None
        self._is_found = False
        self._looking = asyncio.Lock()
        self._http = client(_VENDOR, base_url, api_key, deadline=deadline, clock=clock, sort=_sorted)

    async def draw(self, asked: Drawing) -> Drawn:
        async with within(self._deadline, _VENDOR):
            body = self._wanted(asked, await self._taken())
            answer = await self._http.call("POST", "/images", asked=DRAW, body=body)
        try:
            answered = _Answered.model_validate_json(answer.body)
        except ValidationError:
            raise UnrecognisedPayload(f"{_VENDOR}: {DRAW}: the answer is no list of pictures") from None
        if answered.error is not None:
            raise self._failed(answer, answered.error)
        if not answered.data or not answered.data[0].b64_json:
            raise NoPicture(f"{_VENDOR}: {DRAW}: an answer without a picture")
        usage = answered.usage or _Usage()
        return Drawn(
            decoded(answered.data[0].b64_json, _VENDOR),
            self.model_id,
            cost=usage.cost,
            tokens_in=usage.prompt_tokens or 0,
            tokens_out=usage.completion_tokens or 0,
        )

    async def check(self) -> date | None:
        async with within(CHECKED_WITHIN, _VENDOR, CHECK):
            await self._http.call("GET", "/key", asked=CHECK, read=False)
            await self._find()
            if self._listed is None:
                raise Rejected(f"{_VENDOR}: {CHECK}: {self.model_id} is not among the models that draw")
            return None

    async def close(self) -> None:
        await self._http.close()

    async def _taken(self) -> Mapping[str, Any]:
        """The fields the model takes beside words; none when the list cannot be had."""
        async with self._looking:
            if not self._is_found:
                try:
                    async with within(CHECKED_WITHIN, _VENDOR, CHECK):
                        await self._find()
                except OutsideError as error:
                    _log.warning("what %s takes is not known: %s", self.model_id, error)
            return self._listed.supported_parameters if self._listed else {}

    async def _find(self) -> None:
        answer = await self._http.call("GET", "/images/models", asked=CHECK, read=False)
        try:
            listed = _Models.model_validate_json(answer.body).data
        except ValidationError:
            raise UnrecognisedPayload(f"{_VENDOR}: {CHECK}: the answer is no list of models") from None
        self._listed = next((one for one in listed if one.id == self.model_id.partition(":")[0]), None)
        self._is_found = True
        if self._listed is not None and "image" not in self._listed.architecture.input_modalities:
            self.most_references = 0

    def _wanted(self, asked: Drawing, taken: Mapping[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model_id, "prompt": asked.prompt}
        if references := asked.references[: self.most_references]:
            body["input_references"] = [
                {"type": "image_url", "image_url": {"url": _data_url(photo)}} for photo in references
            ]
        if "seed" in taken:
            body["seed"] = asked.seed
        if "aspect_ratio" in taken:
            body["aspect_ratio"] = nearest_ratio(asked.width, asked.height, _RATIOS)
        return body

    def _failed(self, answer: Answer, error: _Error) -> OutsideError:
        """A provider's failure that comes inside a 200."""
        as_status = Answer(error.code, answer.headers, answer.body)
        kind = _sorted(as_status) or _BY_CODE.get(error.code) or (Unanswered if error.code >= 500 else Rejected)
        return kind(self._http.describe(as_status, asked=DRAW))


def _data_url(photo: Photo) -> str:
    return f"data:{photo.mime_type};base64,{b64encode(photo.content).decode()}"


_BY_CODE: dict[int, Callable[[str], OutsideError]] = {
    401: BadCredentials,
    402: BadCredentials,
    403: BadCredentials,
    429: partial(RateLimited, retry_after=60.0),
}


def _sorted(answer: Answer) -> Callable[[str], OutsideError] | None:
    return NoPicture if refuses(answer) else None
