"""Every example of docs/pictures.md is what the routes answer."""

import json
from pathlib import Path

import httpx

from saudager import keys
from saudager.keys import Scope
from tests.letters.tasks.test_letters_document import EXAMPLE, shown
from tests.studio.test_pictures_api import site

DOCUMENT = Path(__file__).parents[2] / "docs" / "pictures.md"


async def test_the_examples_are_what_is_answered(open_shop):
    shop = await open_shop()
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "program", [Scope.PICTURES], now=shop.clock.now())
    examples = list(EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")))
    assert len(examples) == 6
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)), base_url="http://shop", headers={"x-api-key": key}
    ) as http:
        for one in examples:
            headers = {"idempotency-key": one["key"]} if one["key"] else {}
            body = {"json": json.loads(one["body"])} if one["body"] else {}
            told = await http.request(one["method"], one["path"], headers=headers, **body)
            written = json.loads(one["answer"])
            assert shown(written, told.json()) == written, f"{one['method']} {one['path']}"
            assert told.status_code == (409 if "error" in written else 202 if one["body"] else 200)
            await shop.settles()
