"""Pictures by OpenAI's images API, and by any address that speaks it.

GPT image models know no seed and always answer in base64; ``response_format`` is refused by them
(https://developers.openai.com/api/reference/resources/images, read 2026-11).
"""

import logging
import re
from collections.abc import Callable
from datetime import date
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ValidationError

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, UnrecognisedPayload
from saudager.providers.file_links import fetch_linked
from saudager.providers.http_client import Answer
from saudager.providers.images import LARGEST, Drawing, Drawn, NoPicture, openai_wire
from saudager.providers.images.openai_wire import Image
from saudager.providers.images.taking import CHECK, CHECKED_WITHIN, DRAW, client, decoded, picture, refuses, within

_log = logging.getLogger(__name__)
_MOST_REFERENCES = 16
_SPENT = re.compile(rb"insufficient_quota|billing_hard_limit_reached")
_OPENAIS_OWN = re.compile(r"gpt-image|chatgpt-image|dall-e")
_NO_SUCH_PATH = (404, 405)


class _Model(BaseModel):
    shutdown_date: date | None = None


class OpenAIImageModel:
    """OpenAI itself. ``deadline``: seconds for one picture; ``quality``: ``low`` … ``max``, ``auto`` leaves it to the
    model."""

    reads_prompts = True
    vendor = "OpenAI"

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str,
        deadline: float,
        clock: Clock,
        name: str = "openai",
        quality: str = "auto",
    ) -> None:
        self.name = name
        self.model_id = model
        self.most_references = _MOST_REFERENCES
        self._quality = {} if quality == "auto" else {"quality": quality}
        self._deadline = deadline
        self._http = client(self.vendor, base_url, api_key, deadline=deadline, clock=clock, sort=_sorted)

    async def draw(self, asked: Drawing) -> Drawn:
        async with within(self._deadline, self.vendor):
            image, usage = openai_wire.read(await self._asked(asked), self.vendor)
            return Drawn(
                await self._content(image),
                self.model_id,
                tokens_in=usage.input_tokens or 0,
                tokens_out=usage.output_tokens or 0,
            )

    async def check(self) -> date | None:
        async with within(CHECKED_WITHIN, self.vendor, CHECK):
            path = f"/models/{quote(self.model_id, safe='')}"
            answer = await self._http.call("GET", path, asked=CHECK, read=False)
            try:
                return _Model.model_validate_json(answer.body).shutdown_date
            except ValidationError:
                raise UnrecognisedPayload(f"{self.vendor}: {CHECK}: the answer is no model") from None

    async def close(self) -> None:
        await self._http.close()

    async def _asked(self, asked: Drawing) -> Answer:
        if references := asked.references[: self.most_references]:
            return await self._http.call(
                "POST",
                "/images/edits",
                asked=DRAW,
                form=self._wanted(asked),
                files=openai_wire.parts_of(references),
            )
        return await self._from_words(asked)

    async def _from_words(self, asked: Drawing) -> Answer:
        return await self._http.call("POST", "/images/generations", asked=DRAW, body=self._wanted(asked))

    def _wanted(self, asked: Drawing) -> dict[str, str]:
        return {"model": self.model_id, "prompt": asked.prompt, "size": openai_wire.size_of(asked)} | self._quality

    async def _content(self, image: Image) -> bytes:
        if image.b64_json:
            return decoded(image.b64_json, self.vendor)
        linked = await fetch_linked(self._http, image.url or "", asked=DRAW, max_bytes=LARGEST)
        return picture(linked.body, self.vendor)


class CompatibleImageModel(OpenAIImageModel):
    """Any address that speaks OpenAI's images API. It gets a seed unless a model of OpenAI's stands behind it, and goes
    on from words alone once it has shown that it has no edits."""

    vendor = "Свой рисовальщик"

    def __init__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> None:
        super().__init__(
            base_url=base_url, model=model, api_key=api_key, deadline=deadline, clock=clock, name="compatible"
        )
        self._its_own = _origin(base_url)
        self._takes_seeds = _OPENAIS_OWN.search(model.lower()) is None

    async def check(self) -> date | None:
        """Tells of the key and of whether anybody is there; of the model such addresses tell what they like."""
        async with within(CHECKED_WITHIN, self.vendor, CHECK):
            await self._http.call("GET", "/models", asked=CHECK, read=False, accept=_NO_SUCH_PATH)
            return None

    async def _asked(self, asked: Drawing) -> Answer:
        if references := asked.references[: self.most_references]:
            answer = await self._http.call(
                "POST",
                "/images/edits",
                asked=DRAW,
                form={name: str(value) for name, value in self._with_seed(asked).items()},
                files=openai_wire.parts_of(references),
                accept=_NO_SUCH_PATH,
            )
            if answer.status not in _NO_SUCH_PATH:
                return answer
            _log.warning("%s has no /images/edits: from now on it draws from words alone", self.vendor)
            self.most_references = 0
        return await self._from_words(asked)

    async def _from_words(self, asked: Drawing) -> Answer:
        return await self._http.call("POST", "/images/generations", asked=DRAW, body=self._with_seed(asked))

    def _with_seed(self, asked: Drawing) -> dict[str, str | int]:
        seed = {"seed": asked.seed} if self._takes_seeds else {}
        return self._wanted(asked) | seed

    async def _content(self, image: Image) -> bytes:
        """A link back to the very address the merchant has set is followed wherever that is; any other one only into
        the open internet."""
        if image.url and not image.b64_json and _origin(image.url) == self._its_own:
            fetched = await self._http.fetch(image.url, asked=DRAW, max_bytes=LARGEST)
            return picture(fetched.body, self.vendor)
        return await super()._content(image)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _sorted(answer: Answer) -> Callable[[str], OutsideError] | None:
    """Money that is spent is a 429 like too many requests, or a 400."""
    if _SPENT.search(answer.body):
        return BadCredentials
    return NoPicture if refuses(answer) else None
