"""The hosted engines that draw, over real HTTP."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saudager.clock import SystemClock
from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered
from saudager.providers.images import LARGEST, Drawing, ImageModel, NoPicture
from saudager.providers.images.gemini import GeminiImageModel
from saudager.providers.images.openai import CompatibleImageModel, OpenAIImageModel
from saudager.providers.images.openrouter import OpenRouterImageModel
from saudager.providers.images.pollinations import KeylessPollinations, PollinationsImageModel
from tests.fakes.painters import PICTURE, FakePainters, Vendor
from tests.providers.images.painter_contract import (
    ASKED,
    FILES,
    PHOTOS,
    PROMPT,
    Open,
    PainterContract,
    WithJson,
    WithKey,
    WithModels,
)

KEPT_TO = Drawing(prompt=PROMPT, seed=42, angle="front", references=PHOTOS)


class TestOpenAI(WithKey, WithJson, WithModels):
    kind = "openai"
    sends_seed = False
    spent = ("quota", "no_credits")

    def make(self, **options: Any) -> ImageModel:
        return OpenAIImageModel(**options)

    async def test_it_is_told_the_size_and_how_well_to_draw(self, open_it: Open, vendor: Vendor) -> None:
        engine = open_it(quality="high")
        for references in ((), PHOTOS):
            await engine.draw(Drawing(PROMPT, 42, "front", references=references, width=1540, height=1020))
        assert vendor.wrong == []
        assert [asked.told for asked in vendor.asked] == [{"size": "1536x1024", "quality": "high"}] * 2

    async def test_a_check_tells_the_day_the_model_is_shut_down(self, open_it: Open, vendor: Vendor) -> None:
        vendor.shut_on = "2026-12-01"
        assert await open_it().check() == date(2026, 12, 1)


class TestCompatible(WithKey, WithJson):
    kind = "compatible"

    def make(self, **options: Any) -> ImageModel:
        return CompatibleImageModel(**options)

    async def test_a_model_of_openais_behind_it_gets_no_seed(self, open_it: Open, vendor: Vendor) -> None:
        with pytest.raises(Rejected):  # there is no such model here
            await open_it(model="gpt-image-2").draw(ASKED)
        assert "seed" not in vendor.asked[0].told

    async def test_one_without_edits_draws_from_words_alone(self, open_it: Open, vendor: Vendor) -> None:
        vendor.has_edits = False
        engine = open_it()
        assert (await engine.draw(KEPT_TO)).content == PICTURE
        assert engine.most_references == 0
        assert (await engine.draw(KEPT_TO)).content == PICTURE
        assert vendor.calls == 3
        assert vendor.wrong == []

    async def test_a_link_to_the_same_address_is_followed(self, open_it: Open, vendor: Vendor) -> None:
        vendor.link = f"{vendor.base_url}/drawn.png"
        assert (await open_it().draw(ASKED)).content == PICTURE

    @pytest.mark.parametrize("inside", ["http://127.0.0.1:1/drawn.png", "http://169.254.169.254/latest", "file:///etc"])
    async def test_a_link_into_the_network_of_this_machine_is_not(
        self, open_it: Open, vendor: Vendor, inside: str
    ) -> None:
        vendor.link = inside
        await self.fails(open_it(), Rejected)

    async def test_a_link_that_hangs_is_left_at_the_deadline_of_the_whole(self, open_it: Open, vendor: Vendor) -> None:
        vendor.link = f"{vendor.base_url}/slow.png"
        await self.fails(open_it(deadline=0.2), Unanswered)


class TestGemini(WithKey, WithJson, WithModels):
    kind = "gemini"
    spent = ("no_credits",)

    def make(self, **options: Any) -> ImageModel:
        return GeminiImageModel(**options)

    async def test_it_is_told_to_draw_and_in_which_shape(self, open_it: Open, vendor: Vendor) -> None:
        await open_it().draw(Drawing(PROMPT, 42, "front", width=1600, height=900))
        assert vendor.asked[0].told["responseModalities"] == ["IMAGE"]
        assert vendor.asked[0].told["imageConfig"] == {"aspectRatio": "16:9"}

    async def test_what_it_says_instead_of_drawing_is_told(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("nothing", "blocked")
        assert "IMAGE_SAFETY I would rather not." in str(await self.fails(open_it(), NoPicture))
        assert "PROHIBITED_CONTENT" in str(await self.fails(open_it(), NoPicture))

    async def test_a_days_quota_rests_for_an_hour(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("quota")
        error = await self.fails(open_it(), RateLimited)
        assert isinstance(error, RateLimited)
        assert error.retry_after == 3600


class TestOpenRouter(WithKey, WithJson, WithModels):
    kind = "openrouter"
    spent = ("no_credits", "key_limit")

    def make(self, **options: Any) -> ImageModel:
        return OpenRouterImageModel(**options)

    async def test_what_it_cost_is_told(self, open_it: Open) -> None:
        assert (await open_it().draw(ASKED)).cost == Decimal("0.04")

    async def test_a_model_is_sent_only_what_it_takes(self, open_it: Open, vendor: Vendor) -> None:
        vendor.takes, vendor.reads = {}, ["text"]
        engine = open_it()
        await engine.draw(KEPT_TO)
        await engine.draw(KEPT_TO)
        assert vendor.wrong == []
        assert engine.most_references == 0
        assert [(asked.told, asked.references) for asked in vendor.asked] == [({}, [])] * 2

    @pytest.mark.parametrize(("fault", "error"), [("rate_limit_in_200", RateLimited), ("server_in_200", Unanswered)])
    async def test_a_failure_inside_a_good_answer_is_a_failure(
        self, open_it: Open, vendor: Vendor, fault: str, error: Any
    ) -> None:
        vendor.fail(fault)
        await self.fails(open_it(), error)


class TestPollinations(WithKey, WithModels):
    kind = "pollinations"
    tells_tokens = False

    def make(self, **options: Any) -> ImageModel:
        return PollinationsImageModel(**options)

    @pytest.mark.parametrize(
        ("model", "most"),
        [
            ("flux", 0),
            ("zimage", 0),
            ("seedream-pro", 3),
            ("kontext", 1),
            ("nanobanana-pro", 3),
            ("openai/gpt-image-2", 3),
            ("something-new", 0),
        ],
    )
    async def test_what_a_model_keeps_to_is_known_by_its_name_and_else_not_promised(
        self, open_it: Open, vendor: Vendor, model: str, most: int
    ) -> None:
        engine = open_it(model=model)
        assert engine.most_references == most
        drawn = await engine.draw(KEPT_TO)
        assert vendor.wrong == []
        assert vendor.asked[0].references == FILES[:most]
        assert vendor.asked[0].model == model
        assert (drawn.tokens_out > 0) == (most > 0)

    async def test_a_key_its_page_calls_invalid_is_told(self, open_it: Open, vendor: Vendor) -> None:
        vendor.is_good_key = False
        with pytest.raises(BadCredentials):
            await open_it().check()


class TestPollinationsWithoutAKey(PainterContract):
    kind = "keyless"
    has_key = False
    tells_tokens = False

    def make(self, **options: Any) -> ImageModel:
        return KeylessPollinations(**options)

    @pytest.mark.parametrize("fault", ["quota", "bad_key", "forbidden"])
    async def test_once_it_wants_a_key_it_is_said_where_to_get_one(
        self, open_it: Open, vendor: Vendor, fault: str
    ) -> None:
        vendor.fail(fault)
        error = await self.fails(open_it(), BadCredentials)
        assert "enter.pollinations.ai" in str(error)
        assert "POLLINATIONS_API_KEY" in str(error)


async def test_twenty_megabytes_are_the_most_that_is_taken_from_anybody() -> None:
    async with FakePainters() as vendors:
        engine = KeylessPollinations(base_url=vendors.keyless.base_url, model="flux", deadline=10, clock=SystemClock())
        vendors.keyless.picture = PICTURE + bytes(LARGEST - len(PICTURE))
        assert len((await engine.draw(ASKED)).content) == 20 * 1024 * 1024
        vendors.keyless.fail("huge")
        with pytest.raises(Rejected, match="20 MB"):
            await engine.draw(ASKED)
        await engine.close()
