"""The calls below /api/v1/pictures: good, bad and repeated input, pictures that appear as they come."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from saudager import keys
from saudager.api import openapi, pictures
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.keys import Scope
from saudager.orders.models import Product, Shop
from saudager.providers.images import Drawing, NoPicture
from saudager.rehearsal import OPENING, rehearse
from saudager.studio import asking, series
from saudager.studio.asking import Commission
from saudager.studio.subjects import Car
from saudager.web import make_web
from tests.letters.tasks.test_openapi import BAD, GOOD, judge, operations
from tests.studio.easel import engine, flat, painters

SERIES = "/api/v1/pictures/series/"
CAMRY = {"kind": "car", "brand": "Toyota", "model": "Camry", "year": 2021, "color": "white", "body_type": "sedan"}


class Easel:
    """An engine that waits with an angle or refuses it where it is told to."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.waits: dict[str, asyncio.Event] = {}
        self.engine = engine(self._draw)
        self.asked = self.engine.asked

    async def _draw(self, asked: Drawing) -> bytes:
        if asked.angle in self.waits:
            await self.waits[asked.angle].wait()
        if asked.angle in self.fails:
            raise NoPicture("такого не рисую")
        return flat()


@pytest.fixture
def easel() -> Easel:
    return Easel()


@pytest.fixture
async def shop(settings: Any, easel: Easel) -> AsyncIterator[Any]:
    made = settings(images_per_minute=0, console_url="https://shop.example.kz/")
    async with rehearse(made, painters=painters(easel.engine)) as shop:
        await shop.app.db.run(_catalogue)
        yield shop


def _catalogue(session: Any) -> None:
    shop = Shop(name="Kaspi", marketplace="kaspi", writes=False, connected_at=OPENING)
    session.add(shop)
    session.flush()
    session.add(Product(id=7, shop_id=shop.id, sku="k-1", name="Чайник  стальной", currency="KZT", updated_at=OPENING))


def site(app: App) -> Any:
    web = make_web("test")
    web.include_router(pictures.router(app))
    web.state.uploads |= pictures.longest_bodies()
    web.include_router(openapi.router(app))
    return web


@pytest.fixture
async def key(shop: Any) -> str:
    made = keys.new()
    await shop.app.db.run(keys.keep, made, "program", [Scope.PICTURES], now=OPENING)
    return made


@pytest.fixture
async def http(shop: Any, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)),
        base_url="http://shop",
        headers={"authorization": f"Bearer {key}"},
    ) as client:
        yield client


async def begun(http: httpx.AsyncClient, *, key: str | None = None, **body: Any) -> dict[str, Any]:
    headers = {} if key is None else {"idempotency-key": key}
    answer = await http.post(SERIES, json={"subject": CAMRY, "look_up": False} | body, headers=headers)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def read(http: httpx.AsyncClient, number: int) -> dict[str, Any]:
    answer = await http.get(f"{SERIES}{number}/")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.both_kinds
async def test_a_series_is_asked_for_and_told_as_the_document_has_it(shop, http):
    asked = await begun(http, session_id="CAR-3f8a9b2c")
    assert asked["session_id"] == "CAR-3f8a9b2c"
    assert asked["message"] == "Серия картинок рисуется"
    await shop.settles()
    told = await read(http, asked["series_id"])
    assert (told["state"], told["title"], told["progress"]) == ("done", "Toyota Camry 2021 white sedan", None)
    assert [one["angle"] for one in told["images"]] == ["front", "side", "rear"]
    assert told["images"][0]["seed"] == 283736830
    for prompt, image in zip(told["prompts"], told["images"], strict=True):
        assert set(prompt) == {"angle", "prompt", "seed", "session_id", "reference"}
        assert prompt.items() <= image.items()
        assert "(Session: CAR-3f8a9b2c, Seed: " in image["prompt"]
        assert image["url"].startswith("https://shop.example.kz/pictures/")
        stored = image["url"].removeprefix("https://shop.example.kz/")
        assert await shop.app.media.has(stored)
        assert await shop.app.media.has(image["thumbnail"].removeprefix("https://shop.example.kz/"))


async def test_pictures_appear_as_they_come(shop, http, easel):
    easel.waits["rear"] = asyncio.Event()
    number = (await begun(http, keeping="seeds"))["series_id"]
    async with asyncio.timeout(10):
        while (told := await read(http, number))["progress"] != "2 из 3":
            await asyncio.sleep(0.005)
    assert told["state"] == "drawing"
    assert [one["url"] is not None for one in told["images"]] == [True, True, False]
    easel.waits["rear"].set()
    await shop.settles()
    assert all(one["url"] for one in (await read(http, number))["images"])


async def test_what_failed_says_why_and_is_gone_on_with_alone(shop, http, easel):
    easel.fails = {"side"}
    number = (await begun(http))["series_id"]
    await shop.settles()
    told = await read(http, number)
    assert told["state"] == "incomplete"
    assert (told["images"][1]["state"], told["images"][1]["url"]) == ("failed", None)
    assert "такого не рисую" in told["images"][1]["reason"]
    easel.fails, before = set(), len(easel.asked)
    assert (await http.post(f"{SERIES}{number}/resume/")).json()["state"] == "drawing"
    await shop.settles()
    assert [one.angle for one in easel.asked[before:]] == ["side"]
    assert (await read(http, number))["state"] == "done"


async def test_a_series_is_cancelled_once_and_keeps_what_came(shop, http, easel):
    easel.waits["rear"] = asyncio.Event()
    number = (await begun(http, keeping="seeds"))["series_id"]
    async with asyncio.timeout(10):
        while (await read(http, number))["progress"] != "2 из 3":
            await asyncio.sleep(0.005)
    for _ in range(2):
        answer = await http.post(f"{SERIES}{number}/cancel/")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    easel.waits["rear"].set()
    await shop.settles()
    told = await read(http, number)
    assert told["state"] == "cancelled"
    assert all(one["url"] for one in told["images"][:2])


@pytest.mark.both_kinds
async def test_a_picture_is_judged_and_drawn_again(shop, http, easel):
    number = (await begun(http))["series_id"]
    await shop.settles()
    front, side, _ = (await read(http, number))["images"]
    for verdict, deed in (("accepted", "accept"), ("accepted", "accept"), ("refused", "refuse")):
        answer = await http.post(f"{SERIES}{number}/pictures/{side['id']}/{deed}/")
        assert (answer.status_code, answer.json()["images"][1]["verdict"]) == (200, verdict)
    assert (await http.post(f"{SERIES}{number}/pictures/{front['id']}/redraw/")).status_code == 200
    await shop.settles()
    again = (await read(http, number))["images"]
    for one, status in ((front, 409), (again[0], 200)):
        seen = {"seen": one["url"].rpartition("/")[2]}
        accept = f"{SERIES}{number}/pictures/{front['id']}/accept/"
        assert (await http.post(accept, params=seen)).status_code == status
    assert again[0]["state"] == "drawn"
    assert again[1]["url"] == side["url"]
    assert [one.angle for one in easel.asked[3:]] == ["front"]
    other = (await begun(http))["series_id"]
    await shop.settles()
    foreign = await http.post(f"{SERIES}{other}/pictures/{front['id']}/accept/")
    assert (foreign.status_code, foreign.json()["error"]) == (404, "Такой картинки в серии нет.")


@pytest.mark.both_kinds
async def test_a_series_is_deleted_with_its_files(shop, http):
    photo = base64.b64encode(flat()).decode()
    number = (await begun(http, photo=photo))["series_id"]
    await shop.settles()
    kept = [path async for path in shop.app.media.below("pictures/")]
    assert len(kept) == 8
    assert (await http.delete(f"{SERIES}{number}/")).status_code == 204
    assert [path async for path in shop.app.media.below("pictures/")] == []
    assert (await http.delete(f"{SERIES}{number}/")).status_code == 404
    assert (await http.get(f"{SERIES}{number}/")).status_code == 404


async def test_the_merchants_own_photo_goes_to_every_drawing(shop, http, easel):
    photo = base64.b64encode(flat()).decode()
    number = (await begun(http, photo=photo))["series_id"]
    await shop.settles()
    assert (await read(http, number))["keeping"] == "photo"
    assert [len(one.references) for one in easel.asked] == [1, 1, 1]


async def test_a_product_of_the_catalogue_is_drawn_by_its_name(shop, http):
    answer = await http.post(SERIES, json={"product_id": 7, "angles": ["front"], "look_up": False})
    assert answer.status_code == 202
    await shop.settles()
    told = await read(http, answer.json()["series_id"])
    assert (told["subject"]["name"], told["product_id"]) == ("Чайник стальной", 7)
    assert told["session_id"].startswith("PRD-")


async def test_a_car_is_drawn_by_the_words_for_it(shop, http):
    answer = await http.post(SERIES, json={"words": "Toyota Camry 2021 white sedan", "look_up": False})
    assert answer.status_code == 202
    await shop.settles()
    told = await read(http, answer.json()["series_id"])
    assert told["subject"] == CAMRY
    assert told["session_id"].startswith("CAR-")


async def test_the_same_key_is_the_same_series_and_another_body_under_it_is_refused(shop, http, easel):
    first, second = [await begun(http, key="spring", angles=["front"]) for _ in range(2)]
    assert first == second
    await shop.settles()
    photo = base64.b64encode(flat()).decode()
    for other in ({"angles": ["side"]}, {"subject": CAMRY | {"color": "red"}}, {"keeping": "seeds"}, {"photo": photo}):
        body = {"subject": CAMRY, "angles": ["front"], "look_up": False} | other
        answer = await http.post(SERIES, json=body, headers={"idempotency-key": "spring"})
        assert (answer.status_code, answer.json()["error"]) == (409, "Этим ключом уже просили о другом.")
    assert len(easel.asked) == 1
    assert len((await http.get(SERIES)).json()["results"]) == 1
    kept = [path async for path in shop.app.media.below("pictures/")]
    assert len(kept) == 2  # the picture and its thumbnail: no photo is left


@pytest.mark.both_kinds
async def test_the_same_key_at_the_same_moment_begins_one_series(shop, http):
    told = await asyncio.gather(*(begun(http, key="twice") for _ in range(5)))
    assert len({one["series_id"] for one in told}) == 1


async def test_a_session_that_is_taken_is_refused_and_keeps_no_photo(shop, http):
    await begun(http, session_id="CAR-3f8a9b2c", angles=["front"])
    await shop.settles()
    photo = base64.b64encode(flat()).decode()
    for other in ({"session_id": "CAR-3f8a9b2c"}, {"keeping": "seeds"}):
        answer = await http.post(SERIES, json={"subject": CAMRY, "photo": photo} | other)
        assert answer.status_code == 409
        assert ("Серия CAR-3f8a9b2c уже есть" in answer.json()["error"]) == ("session_id" in other)
    assert len([path async for path in shop.app.media.below("pictures/")]) == 2  # the picture and its thumbnail


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "subject"),
        ({"subject": None}, 422, "subject"),
        ({"subject": {"kind": "car"}}, 422, "brand"),
        ({"subject": {"kind": "car", "brand": " "}}, 422, "brand"),
        ({"subject": CAMRY | {"year": "2021"}}, 422, "year"),
        ({"subject": CAMRY | {"year": 1800}}, 422, "year"),
        ({"subject": {"kind": "boat", "name": "x"}}, 422, "subject"),
        ({"subject": CAMRY, "angles": []}, 422, "angles"),
        ({"subject": CAMRY, "angles": ["a"] * 25}, 422, "angles"),
        ({"subject": CAMRY, "angles": ["!"]}, 422, "angles"),
        ({"subject": CAMRY, "keeping": "last"}, 422, "keeping"),
        ({"subject": CAMRY, "keeping": "photo"}, 409, "фотографией"),
        ({"subject": CAMRY, "photo": "щ" * 8}, 422, "photo"),
        ({"subject": CAMRY, "photo": "AAAA"}, 409, "Это не картинка"),
        ({"subject": CAMRY, "photo": "R0lGODlhAQABAAAAACw="}, 409, "Это не картинка"),
        ({"subject": CAMRY, "session_id": "../x"}, 422, "session_id"),
        ({"words": "..."}, 422, "words"),
        ({"words": "щ" * 201}, 422, "words"),
        ({"product_id": 99}, 404, "товара"),
        ({"product_id": 0}, 422, "product_id"),
    ],
)
async def test_a_wrong_request_says_what_is_wrong_and_draws_nothing(shop, http, easel, body, status, says):
    answer = await http.post(SERIES, json=body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]
    await shop.settles()
    assert easel.asked == []
    assert [path async for path in shop.app.media.below("pictures/")] == []


async def test_a_photo_of_ten_megabytes_is_taken_and_a_larger_one_is_not(shop, http):
    enough = base64.b64encode(bytes(pictures.LARGEST_PHOTO)).decode()
    answer = await http.post(SERIES, json={"subject": CAMRY, "photo": enough})
    assert (answer.status_code, "не картинка" in answer.json()["error"]) == (409, True)
    assert (await http.post(SERIES, json={"subject": CAMRY, "photo": f"{enough}AAAA"})).status_code == 422
    assert (await http.post(SERIES, content=b" " * (pictures.LONGEST_POST + 1))).status_code == 413


@pytest.mark.both_kinds
async def test_the_list_is_read_in_pages_and_by_product(shop, http, easel):
    numbers = [(await begun(http, angles=["front"]))["series_id"] for _ in range(3)]
    await http.post(SERIES, json={"product_id": 7, "angles": ["side", "front"], "look_up": False})
    easel.fails = {"side"}
    await shop.settles()
    pages = [(await http.get(SERIES, params={"limit": 2, "page": page})).json() for page in (1, 2, 3)]
    assert [one["total"] for one in pages] == [4, 4, 4]
    listed = [one["id"] for page in pages for one in page["results"]]
    assert listed == [numbers[-1] + 1, *reversed(numbers)]
    (teapot,) = (await http.get(SERIES, params={"product_id": 7})).json()["results"]
    assert (teapot["counts"]["drawn"], teapot["counts"]["failed"], teapot["state"]) == (1, 1, "incomplete")
    told = await read(http, teapot["id"])
    assert teapot["cover"] == told["images"][1]["thumbnail"]


async def test_as_many_series_are_drawn_as_may_be_and_others_wait(shop, http, easel, monkeypatch):
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 1)
    easel.waits["front"] = asyncio.Event()
    await begun(http)
    assert (await http.post(SERIES, json={"subject": CAMRY})).status_code == 503
    easel.waits["front"].set()
    await shop.settles()
    await begun(http)


async def test_only_a_key_for_pictures_opens_them(shop, http, key):
    other = keys.new()
    await shop.app.db.run(keys.keep, other, "letters", [Scope.LETTERS], now=OPENING)
    for given, status in ((None, 401), (other, 401), (key, 200)):
        headers = {"authorization": f"Bearer {given}"}
        assert (await http.get(SERIES, headers=headers)).status_code == status
    for given in (other, key):
        document = await http.get("/api/v1/openapi.json", headers={"authorization": f"Bearer {given}"})
        assert document.status_code == 200
    assert "scope `pictures`" in document.json()["info"]["description"]


def about_what_is_there(case: Any) -> None:
    """The same call about a series, a picture and a product that are there, and no web."""
    known = {"id": 1, "picture": 2}
    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict) and case.operation.method == "post":
        case.body |= {"look_up": False} | ({"product_id": 7} if "product_id" in case.body else {})


@pytest.fixture
async def still(settings: Any) -> AsyncIterator[tuple[App, str]]:
    """The product with nothing running, and one series of which a picture is there; and a key."""
    app = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)
    await app.db.run(_catalogue)
    begun = await asking.ask(app, Commission(Car(**CAMRY), ("front", "side", "rear")), by="test")

    def draw(session: Any) -> None:
        side = series.of(session, begun.id)[1]
        side.path, side.state = "pictures/side.png", "drawn"

    await app.db.run(draw)
    made = keys.new()
    await app.db.run(keys.keep, made, "program", [Scope.PICTURES], now=OPENING)
    yield app, made
    await app.close()


@pytest.mark.slow
def test_schemathesis_finds_nothing(still):
    app, made = still
    web, headers = site(app), {"authorization": f"Bearer {made}"}
    seen: dict[str, set[int]] = {}
    for operation in sorted(operations(web), key=lambda one: one.method == "delete"):
        seen[operation.label] = judge(operation, GOOD, headers, about_what_is_there)
        seen[operation.label] |= judge(operation, GOOD, headers, lambda case: None)
        judge(operation, BAD, headers, lambda case: None)
    assert len(seen) == 10
    assert [label for label, statuses in seen.items() if not statuses & {200, 202, 204}] == []
