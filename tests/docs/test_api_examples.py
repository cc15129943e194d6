"""The examples of docs/api-reference are what its schemas allow, and what a shop answers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from tests.docs.reading import DOCS
from tests.orders import rows

from saudager import keys
from saudager.cli.site import site
from saudager.keys import Scope
from saudager.rehearsal import Shop
from scripts import api_reference
from scripts.api_reference import example_of_answer, example_of_body

pytestmark = pytest.mark.slow

AGENT = json.loads((DOCS / api_reference.FOLDER / "agent.json").read_text(encoding="utf-8"))
GATEWAY = json.loads((DOCS / api_reference.FOLDER / "gateway.json").read_text(encoding="utf-8"))
LEFT_OUT = "…"


def examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Each body and answer with its schema and what it looks like."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method.upper()} {path}"
            if (body := operation.get("requestBody", {}).get("content", {}).get("application/json")) is not None:
                yield where, body["schema"], example_of_body(operation, document)
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                if schema:
                    yield f"{where} {status}", schema, example_of_answer(answer, document)


@pytest.mark.parametrize("document", [GATEWAY, AGENT], ids=["gateway", "agent"])
def test_every_example_is_one_its_schema_allows(document):
    wrong = []
    for where, schema, shown in examples(document):
        whole = {"allOf": [schema], "components": document["components"]}
        wrong += [f"{where}: {error}" for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(shown)]
    assert wrong == []


Ask = Callable[..., Any]


@pytest.fixture
async def shop(open_shop: Any) -> Shop:
    opened: Shop = await open_shop(holdout_share=0.2)
    return opened


@pytest.fixture
async def answered(shop: Shop) -> Any:
    """Make a call as the reference shows it, and compare what comes with what stands there."""
    shop.app.service = "agent"
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "program", [Scope.ALL], now=shop.clock.now())
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)), base_url="http://shop", headers=headers
    ) as http:

        async def as_written(
            method: str, path: str, status: int, *, query: str = "", varies: tuple[str, ...] = ()
        ) -> Any:
            operation = AGENT["paths"][path][method.lower()]
            body = example_of_body(operation, AGENT)
            address = path.replace("{id}", "1").replace("{case_id}", "1") + query
            told = await http.request(method, address, **({} if body is None else {"json": body}))
            assert told.status_code == status, told.text
            written = example_of_answer(operation["responses"][str(status)], AGENT)
            got = told.json() if told.content else None
            for name in varies:
                assert type(got.pop(name)) is type(written.pop(name))
            assert got == written, f"{method} {path}"

        yield as_written


async def test_sales_data_are_told_and_read_as_the_reference_shows(answered):
    sales = "/api/v1/sales"
    await answered("POST", f"{sales}/companies/", 200)
    await answered("POST", f"{sales}/persons/", 200)
    await answered("POST", f"{sales}/invoices/", 200)
    await answered("GET", f"{sales}/companies/", 200)
    await answered("GET", f"{sales}/companies/{{id}}/", 200)
    await answered("GET", f"{sales}/persons/{{id}}/", 200)
    await answered("GET", f"{sales}/invoices/", 200, query="?company_id=1")


async def test_orders_are_posted_as_the_reference_shows(answered, shop):
    await shop.app.db.run(lambda session: rows.shop(session, at=shop.clock.now(), name="Kaspi", marketplace="kaspi"))
    await answered("POST", "/kaspi/orders", 200, query="?shop_id=1")
    await answered("POST", "/ai-seller/reset-metrics", 200)


async def test_a_series_of_pictures_is_asked_for_as_the_reference_shows(answered):
    await answered("POST", "/api/v1/pictures/series/", 202, varies=("task_id",))


async def test_a_program_without_a_key_is_told_so_as_the_reference_shows(shop):
    shop.app.service = "agent"
    wrong = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(shop.app)), base_url="http://shop") as http:
        for path, methods in AGENT["paths"].items():
            for method, operation in methods.items():
                if "security" in operation:
                    told = await http.request(method, path.replace("{", "").replace("}", ""))
                    written = example_of_answer(operation["responses"]["401"], AGENT)
                    if (told.status_code, told.json()) != (401, written):
                        wrong.append(f"{method} {path}: {told.status_code} {told.text}")
    assert wrong == []
