"""Every example of docs/letters.md is what the routes answer."""

import json
import re
from pathlib import Path
from typing import Any

import httpx

from saudager import keys
from saudager.clock import MovableClock
from saudager.keys import Scope
from tests.letters.tasks.conftest import site
from tests.sales import techcom

DOCUMENT = Path(__file__).parents[3] / "docs" / "letters.md"
EXAMPLE = re.compile(
    r"```http\n(?P<method>\w+) (?P<path>\S+)\n(?:Idempotency-Key: (?P<key>\S+)\n)?(?:\n(?P<body>\{.*?)\n)?```\n+"
    r"```json\n(?P<answer>.*?)```",
    re.S,
)
LEFT_OUT = "…"


def shown(written: Any, answered: Any) -> Any:
    """The answer with what the document leaves out left out."""
    if written in (LEFT_OUT, [LEFT_OUT]):
        assert answered, "the document shows something here"
        return written
    if isinstance(written, dict) and isinstance(answered, dict):
        return {name: shown(written.get(name), value) for name, value in answered.items()}
    if isinstance(written, list) and isinstance(answered, list) and len(written) == len(answered):
        return [shown(one, other) for one, other in zip(written, answered, strict=True)]
    return answered


async def test_the_examples_are_what_is_answered(open_shop):
    shop = await open_shop(clock=MovableClock(techcom.NOW))
    await shop.app.db.run(techcom.store)
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "program", [Scope.LETTERS], now=shop.clock.now())
    examples = list(EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")))
    assert len(examples) == 8
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)), base_url="http://shop", headers={"x-api-key": key}
    ) as http:
        for one in examples:
            headers = {"idempotency-key": one["key"]} if one["key"] else {}
            body = {"json": json.loads(one["body"])} if one["body"] else {}
            told = await http.request(one["method"], one["path"], headers=headers, **body)
            written = json.loads(one["answer"])
            assert shown(written, told.json()) == written, f"{one['method']} {one['path']}"
            assert ("error" in written and written.get("error") is not None and told.status_code == 409) or (
                told.status_code in (200, 202)
            )
            await shop.settles()
