"""Our own Kaspi behaves as the guide says, so that what is proved with it is proved of something."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from saudager.bench.kaspi_orders import milliseconds
from saudager.bench.kaspi_shop import TOKEN, KaspiShop

NOW = datetime(2026, 3, 22, 14, 0, tzinfo=UTC)
HEADERS = {
    "X-Auth-Token": TOKEN,
    "Content-Type": "application/vnd.api+json",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)",
}
LISTING = {
    "page[number]": "0",
    "page[size]": "100",
    "filter[orders][state]": "NEW",
    "filter[orders][creationDate][$ge]": str(milliseconds(NOW - timedelta(days=14))),
}


@pytest.fixture
async def kaspi() -> AsyncIterator[KaspiShop]:
    async with KaspiShop(now=lambda: NOW) as kaspi:
        yield kaspi


@pytest.fixture
async def http(kaspi: KaspiShop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=kaspi.base_url, headers=HEADERS) as http:
        yield http


def change(kaspi: KaspiShop, code: str, **attributes: str) -> dict[str, Any]:
    order_id = kaspi.orders.by_code[code].id
    return {"data": {"type": "orders", "id": order_id, "attributes": {"code": code} | attributes}}


@pytest.mark.parametrize(
    "asked",
    [
        *({key: value for key, value in LISTING.items() if key != left_out} for left_out in LISTING),
        LISTING | {"page[size]": "101"},
        LISTING | {"filter[orders][state]": "ASSEMBLED"},
        LISTING | {"filter[orders][creationDate][$ge]": str(milliseconds(NOW - timedelta(days=14)) - 1)},
    ],
)
async def test_a_listing_without_what_the_guide_demands_is_400_with_a_title(
    http: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    refused = await http.get("/orders", params=asked)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["title"]
    assert (await http.get("/orders", params=LISTING)).status_code == 200


async def test_lines_come_only_when_they_are_asked_for(kaspi: KaspiShop, http: httpx.AsyncClient) -> None:
    code = kaspi.place()
    bare = (await http.get("/orders", params=LISTING)).json()
    assert bare["included"] == []
    assert "data" not in bare["data"][0]["relationships"]["entries"]
    full = (await http.get("/orders", params={"filter[orders][code]": code, "include[orders]": "entries"})).json()
    (entry,) = full["included"]
    assert full["data"][0]["relationships"]["entries"]["data"] == [{"type": "orderentries", "id": entry["id"]}]
    order_id = full["data"][0]["id"]
    assert (await http.get(f"/orders/{order_id}/entries")).json()["data"] == [entry]
    assert (await http.get(f"/orders/{order_id}")).json()["data"]["attributes"]["code"] == code
    product = (await http.get(f"/orderentries/{entry['id']}/product")).json()["data"]
    own = (await http.get(f"/masterproducts/{product['id']}/merchantProduct")).json()["data"]
    assert own["attributes"]["code"] == entry["attributes"]["offer"]["code"] != product["attributes"]["code"]


async def test_a_wrong_token_is_401_and_a_program_that_is_no_browser_hears_nothing(http: httpx.AsyncClient) -> None:
    assert (await http.get("/orders", params=LISTING, headers={"X-Auth-Token": "another"})).status_code == 401
    with pytest.raises(httpx.ReadTimeout):
        await http.get("/orders", params=LISTING, headers={"User-Agent": "python-httpx"}, timeout=0.2)


async def test_a_status_and_a_signature_can_be_asked_for(kaspi: KaspiShop, http: httpx.AsyncClient) -> None:
    kaspi.place(state="ARCHIVE", status="CANCELLED")
    code = kaspi.place(state="ARCHIVE", status="COMPLETED")
    archive = LISTING | {"filter[orders][state]": "ARCHIVE"}
    found = (await http.get("/orders", params=archive | {"filter[orders][status]": "COMPLETED"})).json()
    assert [order["attributes"]["code"] for order in found["data"]] == [code]
    signed = (await http.get("/orders", params=archive | {"filter[orders][signatureRequired]": "true"})).json()
    assert (signed["data"], signed["meta"]) == ([], {"pageCount": 0, "totalCount": 0})


async def test_an_order_is_completed_in_two_steps_and_every_no_has_its_title(
    kaspi: KaspiShop, http: httpx.AsyncClient
) -> None:
    code = kaspi.place(state="PICKUP")

    async def complete(security_code: str | None) -> str:
        headers = {} if security_code is None else {"X-Send-Code": "true", "X-Security-Code": security_code}
        answer = await http.post("/orders", json=change(kaspi, code, status="COMPLETED"), headers=headers)
        return str(answer.json().get("errors", [{"title": answer.status_code}])[0]["title"])

    invalid = "Security code is not valid. And the order cannot be completed without it"
    assert await complete("1234") == await complete(None) == invalid
    assert await complete("") == "200"
    assert (kaspi.status_of(code), kaspi.written) == ("ACCEPTED_BY_MERCHANT", [])
    assert await complete(kaspi.code_sent_for(code)) == "200"
    assert [written.status for written in kaspi.written] == ["COMPLETED"]
    assert await complete("") == "Order already has been completed, so it can't be completed again."
    for state, status, title in (
        ("ARCHIVE", "CANCELLED", "Order is cancelled, so it can't be completed."),
        ("NEW", "APPROVED_BY_BANK", "Order is not may complete allowed"),
    ):
        kaspi.move(code, state=state, status=status)
        assert await complete("") == title


async def test_an_accepted_order_moves_to_the_tab_of_its_delivery(kaspi: KaspiShop, http: httpx.AsyncClient) -> None:
    ways = {
        "PICKUP": {"delivery": "DELIVERY_PICKUP"},
        "KASPI_DELIVERY": {"delivery": "DELIVERY_PICKUP", "by_kaspi": True},
        "DELIVERY": {"delivery": "DELIVERY_LOCAL"},
    }
    for state, way in ways.items():
        code = kaspi.place(**way)
        accept = change(kaspi, code, status="ACCEPTED_BY_MERCHANT")
        assert (await http.post("/orders", json=accept)).status_code == 200
        assert kaspi.orders.by_code[code].attributes["state"] == state
        assert (await http.post("/orders", json=accept)).status_code == 400


async def test_orders_are_listed_where_they_were_moved_to_and_not_after_they_are_gone(
    kaspi: KaspiShop, http: httpx.AsyncClient
) -> None:
    first, second = kaspi.place(at=NOW - timedelta(hours=1)), kaspi.place(at=NOW - timedelta(hours=1))
    kaspi.move(first, state="ARCHIVE", status="COMPLETED")
    assert [kaspi.listed(state, NOW - timedelta(days=1), NOW) for state in ("NEW", "ARCHIVE")] == [1, 1]
    kaspi.remove(second)
    assert (await http.get("/orders", params=LISTING)).json()["data"] == []
    assert (await http.get("/orders", params={"filter[orders][code]": second})).json()["data"] == []


async def test_a_fault_nobody_knows_is_a_mistake_of_the_test(kaspi: KaspiShop) -> None:
    with pytest.raises(ValueError, match="unknown fault 'thunder'"):
        kaspi.fail("list", "thunder")
