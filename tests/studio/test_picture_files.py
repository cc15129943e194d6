"""Whoever was given a picture's address sees the picture, and nobody sees anything else by it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from saudager.api import picture_files
from saudager.rehearsal import Shop
from saudager.studio import drawing
from saudager.web import make_web
from tests.conftest import OpenShop
from tests.studio import easel

OTHERS = f"ab/{'0' * 64}.jpg"


@pytest.fixture
async def shop(open_shop: OpenShop) -> Shop:
    opened: Shop = await open_shop(painters=easel.painters(easel.engine()))
    await opened.app.media.put(OTHERS, b"a customer's", mime_type="image/jpeg", now=opened.clock.now())
    return opened


@pytest.fixture
async def browser(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    site = make_web("Saudager")
    site.include_router(picture_files.router(shop.app))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="https://shop") as client:
        yield client


async def test_a_picture_and_its_thumbnail_are_shown_by_their_addresses_without_a_key(
    shop: Shop, browser: httpx.AsyncClient
):
    for image in (await easel.drawn(shop))["images"]:
        for address, kind in ((image["url"], "image/png"), (drawing.thumbnail_of(image["url"]), "image/webp")):
            answer = await browser.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert answer.content == await shop.app.media.get(address.removeprefix("https://shop/"))
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-robots-tag"] == "noindex"
            asked = await browser.head(address)
            assert (asked.status_code, asked.content) == (200, b"")


async def test_a_picture_that_is_gone_is_not_found(shop: Shop, browser: httpx.AsyncClient):
    address: Any = (await easel.drawn(shop))["images"][0]["url"]
    (number,) = await easel.numbers(shop)
    await drawing.remove(shop.app, number)
    answer = await browser.get(address)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


async def test_an_address_of_a_picture_leads_to_no_other_file(shop: Shop, browser: httpx.AsyncClient):
    (shop.app.settings.media_folder / "pictures").mkdir(exist_ok=True)
    (shop.app.settings.media_folder / "pictures" / "notes.txt").write_text("private")
    (shop.app.settings.media_folder / "pictures" / f"{'a' * 32}.part").write_text("half")
    for name in (
        "",
        "notes.txt",
        f"{'a' * 32}.part",
        f"{'a' * 32}.png",
        f"{'a' * 33}.png",
        f"{'а' * 32}.png",
        OTHERS,
        f"../{OTHERS}",
        f"..%2f{OTHERS.replace('/', '%2f')}",
        f"%2e%2e/{OTHERS}",
        "..%2f..%2fvault.key",
        "..%5c..%5cvault.key",
        "%00",
        f"{'a' * 32}.png%0a",
        f"{'a' * 32}.png/",
    ):
        answer = await browser.get(f"https://shop/pictures/{name}")
        assert answer.status_code in (404, 307), name
        assert b"private" not in answer.content and b"customer" not in answer.content


async def test_storage_that_is_away_is_told_as_such(shop: Shop, browser: httpx.AsyncClient):
    address: Any = (await easel.drawn(shop))["images"][0]["url"]
    folder = shop.app.settings.media_folder / "pictures"
    folder.rename(folder.with_name("elsewhere"))
    folder.write_bytes(b"no folder")
    assert (await browser.get(address)).status_code == 503
