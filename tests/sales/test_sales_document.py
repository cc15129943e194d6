"""Every example of docs/sales.md is what the routes answer."""

import json
import re
from pathlib import Path

from tests.sales.test_sales_api import _program

DOCUMENT = Path(__file__).parents[2] / "docs" / "sales.md"
_EXAMPLE = re.compile(
    r"```http\n(?P<method>\w+) /api/v1/sales(?P<path>\S+)\n(?P<body>.*?)```\n+```json\n(?P<answer>.*?)```", re.S
)


async def test_every_example_is_what_is_answered(app):
    examples = list(_EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")))
    assert len(examples) == 4
    async with _program(app) as http:
        for one in examples:
            body = json.loads(one["body"]) if one["body"].strip() else None
            answer = await http.request(one["method"], one["path"], json=body)
            assert (answer.status_code, answer.json()) == (200, json.loads(one["answer"]))
