"""Pictures by Pollinations: a GET from words, and OpenAI's edits for models that keep to pictures.

https://gen.pollinations.ai/docs and the sources behind it, read 2026-11. A picture is kept there by its prompt and its
settings, so the seed is always among them: models that know none pass it over, and a second drawing would otherwise be
the first one again. Edits take no seed in a form.
"""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, Rejected, UnrecognisedPayload
from saudager.providers.http_client import Answer, HttpClient
from saudager.providers.images import Drawing, Drawn, NoPicture, openai_wire
from saudager.providers.images.taking import CHECK, CHECKED_WITHIN, DRAW, client, decoded, picture, refuses, within

KEYLESS = "https://image.pollinations.ai"
"""The old address, kept alive without a promise (https://github.com/pollinations/pollinations/issues/6409)."""
_VENDOR = "Pollinations"
_WANTS_A_KEY = (
    f"{_VENDOR}: старый адрес без ключа больше не рисует. Заведите ключ на enter.pollinations.ai и впишите его в "
    "POLLINATIONS_API_KEY или в «Подключения → Модели»"
)
# By https://gen.pollinations.ai/docs of 2026-11: the list changes every month, and of others nothing is promised.
_KEEP_TO_ONE = re.compile(r"kontext|qwen-image|p-image-edit|nova-canvas")
_KEEP_TO_SEVERAL = re.compile(r"(nanobanana|seedream|gptimage|gpt-image|klein)[\w.-]*")
_SEVERAL = 3


class _Key(BaseModel):
    valid: bool


class PollinationsImageModel:
    """With a key. ``deadline``: seconds for one picture."""

    name = "pollinations"
    reads_prompts = True

    def __init__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> None:
        self.model_id = model
        self.most_references = _most_references(model)
        self._deadline = deadline
        self._http = client(_VENDOR, base_url, api_key, deadline=deadline, clock=clock, sort=_sorted)

    async def draw(self, asked: Drawing) -> Drawn:
        async with within(self._deadline, _VENDOR):
            if references := asked.references[: self.most_references]:
                answer = await self._http.call(
                    "POST",
                    "/v1/images/edits",
                    asked=DRAW,
                    form={"model": self.model_id, "prompt": asked.prompt, "size": openai_wire.size_of(asked)},
                    files=openai_wire.parts_of(references),
                )
                image, usage = openai_wire.read(answer, _VENDOR)
                return Drawn(
                    decoded(image.b64_json or "", _VENDOR),
                    _drew(answer, self.model_id),
                    tokens_in=usage.input_tokens or 0,
                    tokens_out=usage.output_tokens or 0,
                )
            answer = await _from_words(self._http, "/image", asked, self.model_id)
            return Drawn(picture(answer.body, _VENDOR), _drew(answer, self.model_id))

    async def check(self) -> date | None:
        async with within(CHECKED_WITHIN, _VENDOR, CHECK):
            key = await self._http.call("GET", "/account/key", asked=CHECK, read=False)
            try:
                is_valid = _Key.model_validate_json(key.body).valid
            except ValidationError:
                raise UnrecognisedPayload(f"{_VENDOR}: {CHECK}: the answer does not tell of the key") from None
            if not is_valid:
                raise BadCredentials(f"{_VENDOR}: {CHECK}: the key is not valid")
            models = await self._http.call("GET", "/image/models", asked=CHECK, read=False)
            if f'"{self.model_id}"' not in models.text:
                raise Rejected(f"{_VENDOR}: {CHECK}: {self.model_id} is not among its models")
            return None

    async def close(self) -> None:
        await self._http.close()


class KeylessPollinations:
    """The old address that wants no key; it draws from words alone."""

    name = "pollinations"
    most_references = 0
    reads_prompts = True

    def __init__(self, *, base_url: str, model: str, deadline: float, clock: Clock) -> None:
        self.model_id = model
        self._deadline = deadline
        self._http = HttpClient(_VENDOR, base_url, clock=clock, timeout=deadline, sort=_sorted_without_key)

    async def draw(self, asked: Drawing) -> Drawn:
        async with within(self._deadline, _VENDOR):
            answer = await _from_words(self._http, "/prompt", asked, self.model_id)
            return Drawn(picture(answer.body, _VENDOR), self.model_id)

    async def check(self) -> date | None:
        async with within(CHECKED_WITHIN, _VENDOR, CHECK):
            await self._http.call("GET", "/models", asked=CHECK, read=False)
            return None

    async def close(self) -> None:
        await self._http.close()


async def _from_words(http: HttpClient, path: str, asked: Drawing, model: str) -> Answer:
    """A GET that costs money: it is not repeated as other reads are."""
    return await http.call(
        "GET",
        f"{path}/{quote(asked.prompt, safe='')}",
        asked=DRAW,
        read=False,
        params={"model": model, "width": asked.width, "height": asked.height, "seed": asked.seed},
    )


def _most_references(model: str) -> int:
    bare = model.lower().rpartition("/")[2]
    return 1 if _KEEP_TO_ONE.fullmatch(bare) else _SEVERAL if _KEEP_TO_SEVERAL.fullmatch(bare) else 0


def _drew(answer: Answer, model: str) -> str:
    return answer.headers.get("x-model-used") or model


def _sorted(answer: Answer) -> Callable[[str], OutsideError] | None:
    return NoPicture if refuses(answer) else None


def _sorted_without_key(answer: Answer) -> Callable[[str], OutsideError] | None:
    if answer.status in (401, 402, 403):
        return lambda said: BadCredentials(_WANTS_A_KEY)
    return _sorted(answer)
