"""What every hosted engine that draws must do: a vendor's test class subclasses ``PainterContract``."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from saudager.clock import SystemClock
from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.images import Drawing, ImageModel, NoPicture, Photo, taking
from tests.fakes.painters import KEY, MODEL, PICTURE, FakePainters, Vendor, flat
from tests.fakes.serving import refused_url

PROMPT = "White Toyota Camry 2021, вид спереди / front? 100% #1\nSame vehicle (Session: CAR-3f8a9b2c, Seed: 42)"
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
FILES = [(kind, flat(colour, name)) for colour in ("#f4f4f2", "#101010") for name, kind in KINDS.items()]
PHOTOS = tuple(Photo(content) for _, content in FILES)
ASKED = Drawing(prompt=PROMPT, seed=42, angle="front")

Open = Callable[..., ImageModel]


class PainterContract:
    """Subclasses say which vendor it is and how its engine is opened."""

    kind: str
    has_key = True
    sends_seed = True
    tells_tokens = True

    def make(self, **options: Any) -> ImageModel:
        """An engine with the options ``base_url``, ``model``, ``api_key``, ``deadline`` and ``clock``."""
        raise NotImplementedError

    @pytest.fixture
    async def vendor(self) -> AsyncIterator[Vendor]:
        async with FakePainters() as vendors:
            yield getattr(vendors, self.kind)

    @pytest.fixture
    async def open_it(self, vendor: Vendor) -> AsyncIterator[Open]:
        opened: list[ImageModel] = []

        def open_one(**options: Any) -> ImageModel:
            usual = {"base_url": vendor.base_url, "model": MODEL, "deadline": 10.0, "clock": SystemClock()}
            opened.append(self.make(**(usual | ({"api_key": KEY} if self.has_key else {}) | options)))
            return opened[-1]

        yield open_one
        for engine in opened:
            await engine.close()

    async def test_it_is_asked_in_these_words_and_its_picture_comes_as_it_drew_it(
        self, open_it: Open, vendor: Vendor
    ) -> None:
        drawn = await open_it().draw(ASKED)
        assert vendor.wrong == []
        assert drawn.content == PICTURE
        assert drawn.model == MODEL
        assert (drawn.tokens_in, drawn.tokens_out) == ((50, 1290) if self.tells_tokens else (0, 0))
        (asked,) = vendor.asked
        assert (asked.prompt, asked.model, asked.references) == (PROMPT, MODEL, [])
        assert (str(asked.told.get("seed")) == "42") == self.sends_seed

    async def test_the_pictures_to_keep_to_go_with_it_whole_and_in_their_order(
        self, open_it: Open, vendor: Vendor
    ) -> None:
        engine = open_it()
        drawn = await engine.draw(Drawing(prompt=PROMPT, seed=42, angle="front", references=PHOTOS))
        assert vendor.wrong == []
        assert drawn.content == PICTURE
        (asked,) = vendor.asked
        assert asked.prompt == PROMPT
        assert asked.references == FILES[: engine.most_references]

    async def test_it_names_its_model_and_how_many_pictures_it_keeps_to(self, open_it: Open) -> None:
        engine = open_it()
        assert engine.model_id == MODEL
        assert engine.most_references >= 0
        assert engine.reads_prompts

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("blocked", NoPicture),
            ("refused", Rejected),
            ("no_model", Rejected),
            ("rate_limit", RateLimited),
            ("bad_key", BadCredentials),
            ("forbidden", BadCredentials),
            ("server", Unanswered),
            ("overloaded", Unanswered),
            ("cut", Unanswered),
            ("text", UnrecognisedPayload),
            ("empty", NoPicture),
        ],
    )
    async def test_a_failure_is_sorted_by_what_to_do_about_it_and_a_picture_is_never_asked_for_twice(
        self, open_it: Open, vendor: Vendor, fault: str, error: type[OutsideError]
    ) -> None:
        vendor.fail(fault)
        caught = await self.fails(open_it(), error)
        assert vendor.calls == 1
        if isinstance(caught, RateLimited):
            assert caught.retry_after == vendor.retry_after

    async def test_a_picture_that_is_too_large_is_rejected(
        self, open_it: Open, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(taking, "LARGEST", len(vendor.picture))
        assert (await open_it().draw(ASKED)).content == vendor.picture
        vendor.fail("huge")
        await self.fails(open_it(), Rejected)

    async def test_one_that_is_silent_is_left_at_the_deadline(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("hang")
        await self.fails(open_it(deadline=0.2), Unanswered)

    async def test_one_whose_answer_drips_in_is_left_at_the_deadline(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("drip")
        await self.fails(open_it(deadline=0.2), Unanswered)

    async def test_one_nobody_serves_is_unreachable(self, open_it: Open) -> None:
        await self.fails(open_it(base_url=refused_url()), Unreachable)

    async def test_a_check_asks_for_no_picture(self, open_it: Open, vendor: Vendor) -> None:
        assert await open_it().check() is None
        assert vendor.calls == 0

    async def test_a_check_of_one_nobody_serves_says_so(self, open_it: Open) -> None:
        with pytest.raises(OutsideError):
            await open_it(base_url=refused_url()).check()

    async def fails(self, engine: ImageModel, kind: type[OutsideError]) -> OutsideError:
        with pytest.raises(OutsideError) as caught:
            await engine.draw(ASKED)
        assert type(caught.value) is kind
        return caught.value


class WithJson(PainterContract):
    """Whose answers are JSON."""

    @pytest.mark.parametrize("fault", ["garbage", "odd"])
    async def test_an_answer_that_is_not_as_documented_is_told_so(
        self, open_it: Open, vendor: Vendor, fault: str
    ) -> None:
        vendor.fail(fault)
        await self.fails(open_it(), UnrecognisedPayload)

    async def test_an_answer_without_a_picture_is_none(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("nothing")
        await self.fails(open_it(), NoPicture)


class WithKey(PainterContract):
    """Who wants a key."""

    spent: tuple[str, ...] = ("quota",)

    async def test_money_that_is_spent_stops_it(self, open_it: Open, vendor: Vendor) -> None:
        for fault in self.spent:
            vendor.fail(fault)
            await self.fails(open_it(), BadCredentials)

    async def test_no_key_stands_in_an_error_or_in_the_log(
        self, open_it: Open, vendor: Vendor, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = "wrong-painters-key"
        with caplog.at_level(logging.DEBUG):
            error = await self.fails(open_it(api_key=wrong), BadCredentials)
            await open_it().draw(ASKED)
        assert "Not a key of ours" in str(error)
        assert wrong not in str(error)
        assert wrong not in caplog.text
        assert KEY not in caplog.text

    async def test_a_check_tells_of_a_wrong_key(self, open_it: Open, vendor: Vendor) -> None:
        with pytest.raises(BadCredentials):
            await open_it(api_key="wrong-painters-key").check()


class WithModels(PainterContract):
    """Who tells which models there are."""

    async def test_a_check_tells_of_a_model_that_is_not_there(self, open_it: Open, vendor: Vendor) -> None:
        with pytest.raises(Rejected):
            await open_it(model="drawing-0").check()
        assert vendor.calls == 0
