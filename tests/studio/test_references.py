"""Photos found on the web show an engine the view, and the product stays the merchant's own."""

from collections.abc import Sequence

from saudager.errors import Rejected, Unreachable
from saudager.providers.images import NoPicture, Photo
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.providers.websearch import FoundPhoto, FoundText
from saudager.studio import drawing, files
from saudager.studio.models import Keeping
from tests.conftest import OpenShop
from tests.studio.easel import ANGLES, drawn, engine, fails, flat, painters

WEB = "#1f4fa3"
SECOND = "The second attached picture shows another one and is there for the view only"


class Web:
    """A search engine that knows one photo of every angle."""

    name = "web"

    def __init__(self, fault: Exception | None = None, content: bytes = b"") -> None:
        self.fault = fault
        self.content = content or flat(colour=WEB)
        self.fetched: list[str] = []

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]:
        return []

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]:
        angle = next(angle for angle in ANGLES if angle in query)
        return [FoundPhoto("", f"https://photos.example/{angle}.png", "https://photos.example", 640, 480)]

    async def fetch(self, url: str) -> Photo:
        self.fetched.append(url)
        if self.fault is not None:
            raise self.fault
        return Photo(self.content)

    async def close(self) -> None:
        pass


async def test_the_photo_found_is_the_second_reference_and_is_there_for_the_view_only(open_shop: OpenShop) -> None:
    hand, web = engine(), Web()
    shop = await open_shop(painters=painters(hand), web_search=web)
    result = await drawn(shop, looks_up=True)
    assert [one["reference"] for one in result["images"]] == [
        f"https://photos.example/{angle}.png" for angle in ("front", "side", "rear")
    ]
    first, *others = hand.asked
    assert first.references == ()
    assert "attached" not in first.prompt
    product = await shop.app.media.get(result["images"][0]["url"].removeprefix("https://shop/"))
    for asked in others:
        assert [one.content for one in asked.references] == [product, files.accept(web.content).photo.content]
        assert "draw exactly this one" in asked.prompt
        assert SECOND in asked.prompt
    assert "attached" not in result["images"][1]["prompt"]
    assert sorted(web.fetched) == ["https://photos.example/rear.png", "https://photos.example/side.png"]


async def test_an_engine_that_takes_one_picture_gets_the_product_alone(open_shop: OpenShop) -> None:
    ill = engine(fails(NoPicture("no")), name="openai", most_references=2)
    one, none = engine(fails(NoPicture("no")), name="gemini", most_references=1), engine(most_references=0)
    shop = await open_shop(painters=painters(ill, one, none), web_search=Web())
    photo = await drawing.keep_file(shop.app, files.accept(flat()))
    await drawn(shop, looks_up=True, keeping=Keeping.PHOTO, photo=photo, views=["side"])
    counts = [len(hand.asked[0].references) for hand in (ill, one, none)]
    assert counts == [2, 1, 0]
    prompts = [hand.asked[0].prompt for hand in (ill, one, none)]
    assert [SECOND in prompt for prompt in prompts] == [True, False, False]
    assert ["attached" in prompt for prompt in prompts] == [True, True, False]


async def test_no_photo_is_fetched_for_engines_that_would_not_see_it(open_shop: OpenShop) -> None:
    web = Web()
    shop = await open_shop(painters=painters(engine(most_references=1)), web_search=web)
    await drawn(shop, looks_up=True)
    assert web.fetched == []


async def test_a_photo_that_is_not_had_is_done_without(open_shop: OpenShop) -> None:
    for web in (Web(Rejected("private address")), Web(Unreachable("gone")), Web(content=b"<html>")):
        hand = engine()
        shop = await open_shop(painters=painters(hand), web_search=web)
        assert (await drawn(shop, looks_up=True))["state"] == "done"
        assert web.fetched
        assert [len(asked.references) for asked in hand.asked] == [0, 1, 1]


async def test_the_web_is_not_asked_for_an_engine_that_reads_no_prompts(open_shop: OpenShop) -> None:
    for reads, found in ((False, None), (True, "https://photos.example/front.png")):
        hand = ScriptedImageModel(flat, reads_prompts=reads)
        shop = await open_shop(painters=painters(hand), web_search=Web())
        result = await drawn(shop, views=["front"], looks_up=True)
        assert [one["reference"] for one in result["images"]] == [found]
