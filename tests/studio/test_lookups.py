"""What the web is asked before a product is drawn, and what of its answers reaches the prompts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from saudager.errors import Unreachable
from saudager.providers.images import Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.providers.websearch import FAILURES, FoundPhoto, FoundText, Manners
from saudager.providers.websearch.scripted import ScriptedWebSearch
from saudager.rehearsal import Shop, rehearse
from saudager.studio import hints, lookups, series
from saudager.studio.models import Keeping, PictureSeries, WebLookup
from saudager.studio.subjects import Car, Thing
from tests.studio.test_series import CAMRY, flat

LOGO = "The Toyota logo consists of three overlapping ovals inside a ring."
Open = Callable[..., Any]


def page(text: str, title: str = "Toyota logo") -> FoundText:
    return FoundText(title, "https://logos.example/", text)


def photo(link: str, width: int = 1600, height: int = 1067) -> FoundPhoto:
    return FoundPhoto("", link, "https://cars.example/", width, height)


def photo_of(query: str) -> Sequence[FoundPhoto]:
    return [photo(f"https://cars.example/{query.replace(' ', '-')}.jpg")]


class Web(ScriptedWebSearch):
    """A search that tells when it was asked, and how many were asking."""

    def __init__(self, **found: Any) -> None:
        super().__init__(**found)
        self.clock: Any = None
        self.moments: list[Any] = []
        self.at_once = self.most_at_once = 0
        self.hangs = False

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]:
        async with self._asking():
            return await super().texts(query, most=most)

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]:
        async with self._asking():
            return await super().photos(query, most=most)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.moments.append(self.clock.now())
        try:
            if self.hangs:
                await asyncio.Event().wait()
            yield
        finally:
            self.at_once -= 1


@pytest.fixture
async def opened(settings: Any) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_one(web: Web) -> Shop:
            painters = [Painter(ScriptedImageModel(flat))]
            running = rehearse(settings(images_per_minute=0), painters=painters, web_search=web)
            shop: Shop = await stack.enter_async_context(running)
            web.clock = shop.clock
            shop.app.web_manners = Manners(random=lambda: 0.5)
            return shop

        yield open_one


async def begin(shop: Shop, subject: Car | Thing = CAMRY, *views: str, looks_up: bool = True) -> int:
    def ask(session: Any) -> int:
        return series.begin(
            session,
            subject,
            views=views or ("front", "side"),
            keeping=Keeping.SEEDS,
            looks_up=looks_up,
            by="test",
            now=shop.clock.now(),
        ).id

    return await shop.app.db.run(ask)


async def drawn(shop: Shop, number: int) -> tuple[PictureSeries, list[dict[str, Any]]]:
    await shop.settles()
    await shop.time_passes(minutes=1)

    def read(session: Any) -> Any:
        one = series.held(session, number)
        return one, series.prompts(one, series.of(session, number))

    one, prompts = await shop.app.db.read(read)
    assert one.state == "done"
    return one, prompts


@pytest.mark.both_kinds
async def test_what_the_web_knows_reaches_the_prompts_as_a_hint(opened):
    web = Web(texts=lambda query: [page(LOGO)], photos=photo_of)
    shop = await opened(web)
    one, prompts = await drawn(shop, await begin(shop))
    assert one.logo == LOGO
    for prompt in prompts:
        assert f"The web says of the logo, which nobody has checked: {LOGO}" in prompt["prompt"]
    assert prompts[0]["reference"] == "https://cars.example/Toyota-Camry-2021-sedan-front-view-photo.jpg"
    assert prompts[1]["reference"] == "https://cars.example/Toyota-Camry-2021-sedan-side-view-profile-photo.jpg"


async def test_nothing_found_is_unknown_and_never_said_to_be_missing(opened):
    shop = await opened(Web())
    one, prompts = await drawn(shop, await begin(shop))
    assert one.logo is None
    for prompt in prompts:
        assert "The web says" not in prompt["prompt"]
        assert "no logo" not in prompt["prompt"].lower()
        assert "If the logo cannot be drawn exactly, leave its place plain." in prompt["prompt"]
        assert prompt["reference"] is None


async def test_a_series_that_does_not_want_it_asks_nobody(opened):
    web = Web(photos=photo_of)
    shop = await opened(web)
    await drawn(shop, await begin(shop, looks_up=False))
    assert web.asked == []


async def test_questions_go_one_at_a_time_with_uneven_pauses_over_all_series(opened):
    web = Web(photos=photo_of, texts=lambda query: [page(LOGO)])
    shop = await opened(web)
    uneven = iter([0.0, 1.0, 0.25] * 9)
    shop.app.web_manners = Manners(random=lambda: next(uneven))
    first = await begin(shop)
    second = await begin(shop, Thing(name="Чайник стальной", brand="Tefal"), "front", "detail")
    await drawn(shop, first)
    await drawn(shop, second)
    assert web.most_at_once == 1
    assert len(web.moments) == 6
    gaps = [(after - before).total_seconds() for before, after in zip(web.moments, web.moments[1:], strict=False)]
    assert gaps == [1.0, 2.5, 1.375, 1.0, 2.5]


@pytest.mark.both_kinds
async def test_two_series_at_once_ask_the_web_once_for_the_same_thing(opened):
    web = Web(texts=lambda query: [page(LOGO)], photos=photo_of)
    shop = await opened(web)
    numbers = [await begin(shop) for _ in range(2)]
    told = [await drawn(shop, number) for number in numbers]
    assert len(web.asked) == 3
    assert len(set(web.asked)) == 3
    assert [one["reference"] for one in told[0][1]] == [one["reference"] for one in told[1][1]]


@pytest.mark.both_kinds
async def test_what_web_says_is_kept_without_signs_a_database_does_not_take(opened):
    odd = page(f"{LOGO}\x00 \ud800 Seen. {'a' * 5000}")
    shop = await opened(Web(texts=lambda query: [odd], photos=lambda query: [photo("https://a/\x00.jpg")]))
    one, prompts = await drawn(shop, await begin(shop, CAMRY, "front"))
    assert one.logo == LOGO
    assert prompts[0]["reference"] is None
    rows = await shop.app.db.read(lambda session: list(session.scalars(select(WebLookup))))
    kept = [value for row in rows for found in row.found for value in found.values() if isinstance(value, str)]
    assert kept
    assert all(value.isprintable() and len(value) <= 2000 for value in kept)


@pytest.mark.parametrize(("found", "kept"), [(True, timedelta(hours=24)), (False, timedelta(hours=1))])
async def test_an_answer_is_kept_for_a_day_and_an_empty_one_for_an_hour(opened, found, kept):
    web = Web(photos=photo_of if found else lambda query: [], texts=lambda query: [page(LOGO)])
    shop = await opened(web)
    subject = Car(brand="Toyota")
    await drawn(shop, await begin(shop, subject, "front"))
    photos = [one for one in web.asked if one[0] == "photos"]
    assert len(photos) == 1
    await shop.time_passes(seconds=kept.total_seconds() - 120)
    await drawn(shop, await begin(shop, subject, "front"))
    assert len([one for one in web.asked if one[0] == "photos"]) == 1
    await shop.time_passes(seconds=120)
    await drawn(shop, await begin(shop, subject, "front"))
    assert len([one for one in web.asked if one[0] == "photos"]) == 2


@pytest.mark.parametrize("empty", [False, True])
async def test_after_failures_in_a_row_nobody_is_asked_for_a_while(opened, empty):
    """An empty answer counts as one: being turned away looks the same."""
    answers: list[Any] = []

    def photos(query: str) -> Sequence[FoundPhoto]:
        if answers:
            return photo_of(query)
        if empty:
            return []
        raise Unreachable("202 Ratelimit")

    web = Web(photos=photos)
    shop = await opened(web)
    await drawn(shop, await begin(shop, Thing(name="Чайник"), "front", "side", "rear", "detail", "interior"))
    assert len(web.asked) == FAILURES
    await drawn(shop, await begin(shop, Thing(name="Ложка"), "front"))
    assert len(web.asked) == FAILURES
    await shop.time_passes(minutes=10)
    await drawn(shop, await begin(shop, Thing(name="Вилка"), "front", "side"))
    assert len(web.asked) == FAILURES + 1  # one failure more, and it rests again
    answers.append("well")
    await shop.time_passes(minutes=10)
    _, prompts = await drawn(shop, await begin(shop, Thing(name="Нож"), "front", "side"))
    assert len(web.asked) == FAILURES + 3
    assert all(prompt["reference"] for prompt in prompts)


async def test_a_search_that_hangs_holds_no_series_longer_than_half_a_minute(opened):
    web = Web()
    shop = await opened(web)
    web.hangs = True
    number = await begin(shop)
    await shop.settles()
    await shop.time_passes(seconds=lookups.LONGEST.total_seconds() - 1)
    assert (await shop.app.db.read(series.held, number)).state == "drawing"
    await shop.time_passes(seconds=1)
    one = await shop.app.db.read(series.held, number)
    assert (one.state, one.logo) == ("done", None)
    assert web.at_once == 0
    web.hangs = False
    await drawn(shop, await begin(shop))


async def test_more_questions_than_there_is_time_for_leave_the_rest_unknown(opened):
    web = Web(photos=photo_of)
    shop = await opened(web)
    views = [f"ракурс {number}" for number in range(24)]
    _, prompts = await drawn(shop, await begin(shop, Thing(name="Чайник"), *views))
    found = [one["reference"] is not None for one in prompts]
    assert found == sorted(found, reverse=True)
    assert 10 < sum(found) < 24


# what of it is of use


@pytest.mark.parametrize(
    ("subject", "view", "asked"),
    [
        (CAMRY, "front", "Toyota Camry 2021 sedan front view photo"),
        (CAMRY, "three_quarter", "Toyota Camry 2021 sedan front three quarter view photo"),
        (CAMRY, "interior", "Toyota Camry 2021 sedan interior dashboard seats photo"),
        (Car(brand="Лада", model="Гранта"), "interior", "Лада Гранта салон торпедо фото"),
        (Thing(name="Чайник", brand="Tefal"), "rear", "Tefal Чайник вид сзади фото"),
        (Thing(name="Kettle"), "interior", "Kettle interior inside photo"),
        (Thing(name="Чайник"), "носик сверху", "Чайник носик сверху фото"),
    ],
)
def test_a_photo_is_asked_for_in_the_language_of_the_product(subject, view, asked):
    assert hints.query(subject, view) == asked


def test_a_brand_is_asked_about_in_its_language():
    assert hints.logo_query("Toyota") == "Toyota logo emblem description"
    assert hints.logo_query("Рахат") == "Рахат логотип описание"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{LOGO} Buy a car at https://toyota.example/cheap now.", LOGO),
        ("Toyota was founded in 1937 by Kiichiro Toyoda in Japan.", None),
        ("Download the Toyota logo as vector PNG for free, any size.", None),
        (
            "The logo\x00 is\n\n<b>three</b> *ovals* `in` {style} a ring\u202e.",
            "The logo is three ovals in style a ring .",
        ),
        (
            "See www.logo.example/a.svg or mail a@b.kz for the emblem, three ovals.",
            "See or mail for the emblem, three ovals.",
        ),
        ("Логотип Toyota — три овала в кольце, серебристые.", "Логотип Toyota — три овала в кольце, серебристые."),
        ("Logo.", None),
        ("The logo is long " + "very " * 100 + "indeed.", None),
    ],
)
def test_what_is_said_of_a_logo_is_cut_to_sentences_in_one_line(text, said):
    assert hints.of_logo([page(text)], "Toyota") == said


def test_a_hint_is_short_however_much_is_said_and_says_nothing_twice():
    pages = [
        page(LOGO),
        page(LOGO),
        *(page(f"The Toyota emblem number {number} is an oval ring.") for number in range(50)),
    ]
    hint = hints.of_logo(pages, "Toyota")
    assert hint is not None
    assert len(hint) <= hints.LONGEST_HINT
    assert hint.count(LOGO) == 1


def test_what_is_said_of_another_brand_is_no_hint():
    assert hints.of_logo([page("The Honda logo is the letter H in a frame.", title="Honda")], "Toyota") is None


@pytest.mark.parametrize(
    "link",
    [
        "http://cars.example/a.jpg",
        "https://cars.example/a.svg",
        "https://cars.example/A.GIF?x=1",
        "https://cars.example/a?format=gif",
        "https://user@cars.example/a.jpg",
        "https://cars.example/a b.jpg",
        "https://cars.example/\x00.jpg",
        "https://[::1/a.jpg",
        "https:///a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https://cars.example/" + "a" * 1000,
    ],
)
def test_an_address_that_is_no_photo_over_https_is_passed_over(link):
    good = photo("https://cars.example/small.jpg", 100, 100)
    assert hints.best([photo(link), good]) == good.image
    assert hints.best([photo(link)]) is None


def test_large_and_well_proportioned_photos_come_first_and_then_the_order_of_the_search():
    small, banner, unknown = photo("https://a/s", 320, 240), photo("https://a/b", 3000, 700), photo("https://a/u", 0, 0)
    first, second = photo("https://a/1", 900, 600), photo("https://a/2", 4000, 3000)
    assert hints.best([small, banner, unknown, first, second]) == first.image
    assert hints.best([banner, small]) == small.image
    assert hints.best([banner, unknown]) == unknown.image
    assert hints.best([]) is None
