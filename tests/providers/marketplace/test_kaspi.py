"""Kaspi: the port's contract over real HTTP, its payloads, and what is peculiar to it."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from saudager import forms
from saudager.bench.kaspi_orders import STATES, Item
from saudager.bench.kaspi_shop import MASKED, TOKEN, KaspiShop
from saudager.errors import BadCredentials, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.marketplace import MarketOrder, Stage
from saudager.providers.marketplace.kaspi import Kaspi
from saudager.providers.marketplace.kaspi_form import Config
from saudager.providers.marketplace.kaspi_rows import read_document
from saudager.providers.marketplace.kaspi_words import CANCELLATION_REASONS
from saudager.settings import Settings
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import served
from tests.providers.marketplace.marketplace_contract import NOW, YESTERDAY, MarketplaceContract

_KINDS = {"page": "list", "order": "code", "lines": "entries", "write": "write"}
_STAGES: dict[Stage, dict[str, Any]] = {
    Stage.PLACED: {"state": "SIGN_REQUIRED", "status": "APPROVED_BY_BANK"},
    Stage.APPROVED: {"state": "NEW", "status": "APPROVED_BY_BANK"},
    Stage.READY: {"state": "PICKUP", "status": "ACCEPTED_BY_MERCHANT"},
    Stage.DELIVERED: {"state": "ARCHIVE", "status": "COMPLETED"},
    Stage.CANCELLED: {"state": "ARCHIVE", "status": "CANCELLED"},
    Stage.RETURNED: {"state": "ARCHIVE", "status": "RETURNED"},
}
KEY = "Q1VTVC1zZWNyZXQ="
ENTRY: dict[str, Any] = {
    "type": "orderentries",
    "id": "T1JERVItMSMjMA",
    "attributes": {
        "unitType": "PIECES",
        "offer": {"code": "SKU-259204", "name": "Линейка"},
        "quantity": 2,
        "totalPrice": 2000.5,
        "weight": 0.0,
        "entryNumber": 0,
        "category": {"code": "Master - Rulers", "title": "Линейки"},
        "deliveryCost": 0.0,
        "basePrice": 1000.25,
        "isImeiRequired": False,
    },
    "relationships": {"product": {"data": {"type": "masterproducts", "id": "TVAtMQ"}}},
}
ORDER: dict[str, Any] = {
    "type": "orders",
    "id": "T1JERVItMQ",
    "attributes": {
        "code": "496000001",
        "totalPrice": 2000.5,
        "paymentMode": "PAY_WITH_CREDIT",
        "plannedDeliveryDate": 1739897300000,
        "creationDate": 1739349620761,
        "deliveryCostForSeller": 0.0,
        "reservationDate": 1739797300000,
        "isKaspiDelivery": False,
        "deliveryMode": "DELIVERY_PICKUP",
        "signatureRequired": False,
        "creditTerm": 3,
        "preOrder": False,
        "pickupPointId": "Merchant_PP1",
        "state": "PICKUP",
        "approvedByBankDate": 1739349626600,
        "status": "ACCEPTED_BY_MERCHANT",
        "customer": {
            "id": KEY,
            "name": None,
            "cellPhone": "7010000001",
            "firstName": "Имя",
            "lastName": "Фамилия",
        },
        "deliveryCost": 0.0,
    },
    "relationships": {
        "entries": {"data": [{"type": "orderentries", "id": "T1JERVItMSMjMA"}]},
        "user": {"data": {"type": "customers", "id": KEY}},
    },
}


def connected(base_url: str, clock: InstantClock | None = None, **options: Any) -> Kaspi:
    form = {"base_url": base_url, "token": TOKEN, "requests_per_second": 1000} | options.pop("form", {})
    return Kaspi(Config(**form), clock=clock or InstantClock(NOW), **options)


def answering(*answers: object, status: int = 200, asked: list[httpx.Request] | None = None) -> Kaspi:
    """A shop whose calls get these answers in turn, the last one for ever: an object as JSON, bytes as they are."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        answer = left.pop(0) if len(left) > 1 else left[0]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return httpx.Response(status, content=body)

    return connected("https://kaspi.example/v2", transport=httpx.MockTransport(handle))


def listing(*rows: dict[str, Any], included: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    meta = {"pageCount": 1, "totalCount": len(rows)}
    return {"data": list(rows), "included": [ENTRY] if included is None else included, "meta": meta}


def told(**changes: Any) -> MarketOrder:
    """The captured order with other attributes."""
    row = ORDER | {"attributes": ORDER["attributes"] | changes}
    (order,) = read_document(listing(row), NOW)
    return order


class KaspiRig:
    cancellation_reasons: Mapping[str, str] = CANCELLATION_REASONS
    retry_after = 7

    def __init__(self, fake: KaspiShop, clock: InstantClock, open_another: Callable[[Kaspi], None]) -> None:
        self.fake = fake
        self.clock = clock
        self._keep = open_another
        self.market = self.opened()

    def opened(
        self,
        *,
        token: str | None = None,
        base_url: str | None = None,
        per_second: float = 1000,
        impatient: bool = False,
    ) -> Kaspi:
        form = {"token": token or TOKEN, "requests_per_second": per_second}
        timeout = 0.25 if impatient else 20
        market = connected(base_url or self.fake.base_url, self.clock, timeout=timeout, form=form)
        self._keep(market)
        return market

    def place(
        self,
        *,
        at: datetime,
        phone: str | None = "7015550101",
        items: list[tuple[str, str, int, Decimal]] | None = None,
    ) -> str:
        lines = [Item(*item) for item in items] if items else [Item()]
        return self.fake.place(at=at, phone=phone, items=lines)

    def at_stage(self, stage: Stage) -> str:
        return self.fake.place(at=YESTERDAY, **_STAGES[stage])

    def tell_no_lines(self) -> None:
        self.fake.tells_lines = False

    def code_sent_for(self, code: str) -> str | None:
        return self.fake.code_sent_for(code)

    def stage_of(self, code: str) -> Stage:
        attributes = self.fake.orders.by_code[code].attributes
        known = {(told["state"], told["status"]): stage for stage, told in _STAGES.items()}
        return known[attributes["state"], attributes["status"]]

    def fail(self, what: str, *faults: str) -> None:
        self.fake.fail(_KINDS[what], *faults)

    def fail_always(self, what: str, fault: str) -> None:
        self.fake.fail_always(_KINDS[what], fault)

    def calls(self, what: str) -> int:
        return self.fake.requests[_KINDS[what]]

    def asked_at(self) -> list[datetime]:
        return [asked.at for asked in self.fake.asked]


@pytest.fixture
async def rig() -> AsyncIterator[KaspiRig]:
    clock = InstantClock(NOW)
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(KaspiShop(now=clock.now))
        yield KaspiRig(fake, clock, lambda market: stack.push_async_callback(market.close) and None)


class TestKaspi(MarketplaceContract):
    async def test_every_request_carries_what_kaspi_wants_to_see(self, rig: KaspiRig) -> None:
        code = rig.place(at=NOW)
        await rig.market.page("NEW", since=YESTERDAY, until=NOW, number=0)
        await rig.market.accept(code)
        for asked in rig.fake.asked:
            assert asked.headers["x-auth-token"] == TOKEN
            assert asked.headers["content-type"] == asked.headers["accept"] == "application/vnd.api+json"
            assert asked.headers["user-agent"].startswith("Mozilla/5.0")
        assert rig.fake.asked[0].query == {
            "page[number]": "0",
            "page[size]": "100",
            "filter[orders][state]": "NEW",
            "filter[orders][creationDate][$ge]": "1774101600000",
            "filter[orders][creationDate][$le]": "1774188000000",
            "include[orders]": "entries",
        }

    async def test_all_six_states_are_looked_at(self, rig: KaspiRig) -> None:
        assert sorted(rig.market.open_states + rig.market.closed_states) == sorted(STATES)

    async def test_silence_says_what_to_look_at(self, rig: KaspiRig) -> None:
        rig.place(at=NOW)
        program = connected(rig.fake.base_url, rig.clock, timeout=0.25, form={"user_agent": "python"})
        with pytest.raises(
            Unreachable, match=r"Kaspi: проверка связи: не отвечает 0\.25 с: проверьте User-Agent .*KASPI_PROXY"
        ):
            await program.check()
        await program.close()

    async def test_a_token_that_is_not_accepted_says_where_the_right_one_is(self, rig: KaspiRig) -> None:
        with pytest.raises(
            BadCredentials, match="HTTP 401: токен не принят: возьмите его в кабинете продавца"
        ) as refused:
            await rig.opened(token="another-token").check()
        assert "another-token" not in str(refused.value)

    async def test_a_refusal_is_told_in_kaspis_own_words(self, rig: KaspiRig) -> None:
        with pytest.raises(Rejected, match="HTTP 400: Period between creation dates must not be more than 14 days"):
            await rig.market.page("NEW", since=NOW - timedelta(days=15), until=NOW, number=0)

    async def test_a_wrong_code_is_told_in_russian_and_in_kaspis_own_words(self, rig: KaspiRig) -> None:
        code = rig.at_stage(Stage.READY)
        with pytest.raises(Rejected, match=r"код неверный, заказ не выдан \(Security code is not valid"):
            await rig.market.complete(code, security_code="0000")

    async def test_both_steps_of_completion_send_the_headers_of_the_guide(self, rig: KaspiRig) -> None:
        code = rig.at_stage(Stage.READY)
        await rig.market.send_code(code)
        sent = rig.code_sent_for(code) or ""
        await rig.market.complete(code, security_code=f" {sent} ")
        steps = [asked.headers for asked in rig.fake.asked if asked.kind == "write"]
        assert [(step["x-send-code"], step["x-security-code"]) for step in steps] == [("true", ""), ("true", sent)]

    async def test_a_lost_code_was_sent_once(self, rig: KaspiRig) -> None:
        code = rig.at_stage(Stage.READY)
        rig.fail("write", "cut_after")
        with pytest.raises(Unanswered):
            await rig.market.send_code(code)
        assert rig.calls("write") == 1
        assert rig.code_sent_for(code)

    async def test_a_cancelled_order_has_its_reason_and_comment(self, rig: KaspiRig) -> None:
        code = rig.place(at=NOW)
        order = await rig.market.cancel(code, reason="MERCHANT_OUT_OF_STOCK", comment="нет в наличии")
        (written,) = rig.fake.written
        assert (written.reason, written.comment) == ("MERCHANT_OUT_OF_STOCK", "нет в наличии")
        assert order.cancellation_reason == "MERCHANT_OUT_OF_STOCK"

    async def test_a_change_made_before_its_answer_was_lost_is_seen_by_looking(self, rig: KaspiRig) -> None:
        code = rig.place(at=NOW)
        rig.fail("write", "cut_after")
        with pytest.raises(Unanswered):
            await rig.market.accept(code)
        order = await rig.market.order(code)
        assert order is not None and order.status == "ACCEPTED_BY_MERCHANT"
        assert len(rig.fake.written) == 1

    async def test_products_that_lines_do_not_name_are_asked_for_once(self, rig: KaspiRig) -> None:
        items = [("SKU-1", "Чайник", 2, Decimal(9990)), ("SKU-2", "Ложка", 1, Decimal(150))]
        codes = [rig.place(at=NOW, items=items) for _ in range(2)]
        rig.fake.tells_offers = False
        for code in codes:
            order = await rig.market.order(code)
            assert order is not None and order.lines is None
            lines = await rig.market.lines(order)
            assert [(line.sku, line.name, line.quantity) for line in lines] == [
                ("SKU-1", "Чайник", 2),
                ("SKU-2", "Ложка", 1),
            ]
        assert rig.fake.requests == {"code": 2, "entries": 2, "merchant_product": 2}

    async def test_a_number_told_late_is_told_by_the_same_order(self, rig: KaspiRig) -> None:
        code = rig.place(at=NOW, phone=MASKED)
        masked = await rig.market.order(code)
        rig.fake.move(code, customer={"id": "Q1VTVC0x", "firstName": "Имя", "cellPhone": "77015550101"})
        shown = await rig.market.order(code)
        assert masked is not None and shown is not None
        assert (masked.buyer.phone, shown.buyer.phone) == (None, "77015550101")


def test_a_captured_order_is_read_to_the_last_field() -> None:
    (order,) = read_document(listing(ORDER), NOW)
    assert order == MarketOrder(
        code="496000001",
        id="T1JERVItMQ",
        status="ACCEPTED_BY_MERCHANT",
        state="PICKUP",
        stage=Stage.READY,
        total=Decimal("2000.5"),
        currency="KZT",
        placed_at=datetime(2025, 2, 12, 8, 40, 20, 761000, UTC),
        buyer=replace(order.buyer, name="Имя Фамилия", phone="77010000001", key=KEY),
        lines=order.lines,
        approved_at=datetime(2025, 2, 12, 8, 40, 26, 600000, UTC),
        planned_delivery_at=datetime(2025, 2, 18, 16, 48, 20, tzinfo=UTC),
        delivery="DELIVERY_PICKUP",
        payment="PAY_WITH_CREDIT",
    )
    (line,) = order.lines or ()
    assert (line.sku, line.name, line.category, line.category_code) == (
        "SKU-259204", "Линейка", "Линейки", "Master - Rulers",
    )  # fmt: skip
    assert (line.number, line.quantity, line.price, line.total) == (0, 2, Decimal("1000.25"), Decimal("2000.5"))


@pytest.mark.parametrize(
    ("state", "status", "more", "stage"),
    [
        ("NEW", "APPROVED_BY_BANK", {}, Stage.APPROVED),
        ("SIGN_REQUIRED", "APPROVED_BY_BANK", {}, Stage.PLACED),
        ("SIGN_REQUIRED", "ACCEPTED_BY_MERCHANT", {}, Stage.APPROVED),
        ("PICKUP", "ACCEPTED_BY_MERCHANT", {}, Stage.READY),
        ("PICKUP", "ACCEPTED_BY_MERCHANT", {"preOrder": True}, Stage.APPROVED),
        ("DELIVERY", "ACCEPTED_BY_MERCHANT", {}, Stage.READY),
        ("DELIVERY", "ACCEPTED_BY_MERCHANT", {"preOrder": True}, Stage.APPROVED),
        ("KASPI_DELIVERY", "ACCEPTED_BY_MERCHANT", {}, Stage.APPROVED),
        (
            "KASPI_DELIVERY",
            "ACCEPTED_BY_MERCHANT",
            {"kaspiDelivery": {"courierTransmissionDate": None}},
            Stage.APPROVED,
        ),
        ("KASPI_DELIVERY", "ACCEPTED_BY_MERCHANT", {"kaspiDelivery": {"courierTransmissionDate": 1e12}}, Stage.READY),
        ("KASPI_DELIVERY", "CANCELLING", {"kaspiDelivery": {"courierTransmissionDate": 1e12}}, Stage.CANCELLED),
        ("ARCHIVE", "CANCELLED", {}, Stage.CANCELLED),
        ("ARCHIVE", "COMPLETED", {}, Stage.DELIVERED),
        ("KASPI_DELIVERY", "KASPI_DELIVERY_RETURN_REQUESTED", {}, Stage.RETURNED),
        ("ARCHIVE", "RETURN_ACCEPTED_BY_MERCHANT", {}, Stage.RETURNED),
        ("ARCHIVE", "RETURNED", {}, Stage.RETURNED),
        ("ARCHIVE", "ACCEPTED_BY_MERCHANT", {}, Stage.UNKNOWN),
        ("A_NEW_TAB", "ACCEPTED_BY_MERCHANT", {}, Stage.APPROVED),
        ("PICKUP", "ARRIVED", {}, Stage.UNKNOWN),
        ("NEW", "SOMETHING_NEW", {}, Stage.UNKNOWN),
    ],
)
def test_how_far_an_order_is_follows_from_its_status(
    state: str, status: str, more: dict[str, Any], stage: Stage
) -> None:
    order = told(state=state, status=status, **more)
    assert (order.state, order.status, order.stage) == (state, status, stage)


def test_an_order_the_courier_is_to_get_tomorrow_is_not_under_way() -> None:
    tomorrow = int((NOW + timedelta(days=1)).timestamp() * 1000)
    waits = told(state="KASPI_DELIVERY", kaspiDelivery={"courierTransmissionDate": tomorrow})
    assert (waits.stage, waits.handed_over_at) == (Stage.APPROVED, None)
    gone = told(state="KASPI_DELIVERY", kaspiDelivery={"courierTransmissionDate": 1745755274000})
    assert (gone.stage, gone.handed_over_at) == (Stage.READY, datetime(2025, 4, 27, 12, 1, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("7015550101", "77015550101"),
        ("77015550101", "77015550101"),
        ("+7 701 555-01-01", "77015550101"),
        ("87015550101", "77015550101"),
        (7015550101, "77015550101"),
        ("0000000000", None),
        ("7010000000", None),
        ("70155***01", None),
        ("7015550XXX", None),
        ("701555", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_a_phone_is_digits_with_the_country_code_or_nothing(written: object, read: str | None) -> None:
    assert told(customer={"id": KEY, "cellPhone": written}).buyer.phone == read


def test_a_buyer_may_have_no_name_no_phone_and_no_card() -> None:
    assert told(customer={"id": KEY, "name": "Имя", "firstName": None}).buyer.name == "Имя"
    assert told(customer={"id": KEY, "name": None, "firstName": "И***", "lastName": "Ф"}).buyer.name == "Ф"
    assert told(customer=None).buyer == told(customer={}).buyer


@pytest.mark.parametrize(
    ("written", "read"),
    [(5990.0, "5990"), (0.1, "0.1"), (1234567.89, "1234567.89"), (29990, "29990"), (99999999.99, "99999999.99")],
)
def test_an_amount_is_exactly_what_was_written(written: float, read: str) -> None:
    assert told(totalPrice=written).total == Decimal(read)


def test_the_city_is_where_it_is_delivered_to_or_fetched() -> None:
    origin = {"city": {"name": "Талдыкорган"}}
    assert told(deliveryAddress={"town": "г. Алматы"}, originAddress=origin).city == "Алматы"
    assert told(originAddress=origin).city == "Талдыкорган"
    assert told(originAddress=origin, isKaspiDelivery=True).city is None
    assert told(deliveryAddress={"town": None}).city is None


def test_lines_are_found_by_name_or_by_id_and_never_by_half() -> None:
    nameless = ORDER | {"relationships": {"entries": {"links": {}}}}
    other = ORDER | {"id": "T1JERVItMg", "attributes": ORDER["attributes"] | {"code": "2"}, "relationships": {}}
    both = ORDER | {"relationships": {"entries": {"data": [{"id": "T1JERVItMSMjMA"}, {"id": "T1JERVItMSMjMQ"}]}}}
    second = ENTRY | {"id": "T1JERVItMSMjMQ==", "attributes": ENTRY["attributes"] | {"entryNumber": 1}}
    lines = [order.lines for order in read_document(listing(nameless, other, included=[second, ENTRY]), NOW)]
    assert [line.number for line in lines[0] or ()] == [0, 1]
    assert lines[1] is None
    assert read_document(listing(nameless), NOW)[0].lines == read_document(listing(ORDER), NOW)[0].lines
    assert read_document(listing(both), NOW)[0].lines is None
    assert read_document(listing(ORDER, included=[]), NOW)[0].lines is None
    assert read_document({"data": ORDER}, NOW)[0].lines is None


def test_lines_without_numbers_of_their_own_are_counted() -> None:
    entries = [{"type": "orderentries", "id": name} for name in ("A", "B")]
    row = ORDER | {"relationships": {"entries": {"data": entries}}}
    (order,) = read_document(listing(row, included=[ENTRY | entry for entry in entries]), NOW)
    assert [line.number for line in order.lines or ()] == [0, 1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", None), ("code", ""), ("code", 496), ("status", None), ("state", " "),
        ("totalPrice", None), ("totalPrice", "5990"), ("totalPrice", True), ("totalPrice", float("nan")),
        ("creationDate", None), ("creationDate", 0), ("creationDate", "2025-02-12"), ("creationDate", 1e30),
    ],
)  # fmt: skip
async def test_an_order_that_cannot_be_read_is_named_and_does_not_hide_the_others(
    field: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    broken = ORDER | {"attributes": ORDER["attributes"] | {field: value}}
    with pytest.raises(UnrecognisedPayload, match=rf"^data\[1\]\.attributes\.{field}: expected"):
        read_document(listing(ORDER, broken), NOW)
    with caplog.at_level(logging.WARNING):
        page = await answering(listing(broken, ORDER)).page("PICKUP", since=YESTERDAY, until=NOW, number=0)
    assert ([order.code for order in page.orders], page.total) == (["496000001"], 2)
    assert f"attributes.{field}" in caplog.text
    assert KEY not in caplog.text and "7010000001" not in caplog.text


@pytest.mark.parametrize("document", [{}, {"data": None}, {"data": [None]}, {"data": "orders"}, {"data": [[]]}])
async def test_what_is_no_list_of_orders_is_an_unrecognised_payload(document: dict[str, Any]) -> None:
    with pytest.raises(UnrecognisedPayload, match=r"^data\[0\]\.attributes: expected an order"):
        read_document(document, NOW)


async def test_without_a_count_of_pages_a_full_page_is_followed_by_another() -> None:
    full = {"data": [ORDER] * 100}
    pages = [
        await answering(answer).page("NEW", since=YESTERDAY, until=NOW, number=1) for answer in (full, {"data": []})
    ]
    assert [(page.more, page.total) for page in pages] == [(True, 200), (False, 100)]


async def test_an_empty_page_is_the_last_whatever_the_count_says() -> None:
    emptied = {"data": [], "meta": {"pageCount": 5, "totalCount": 401}}
    page = await answering(emptied).page("NEW", since=YESTERDAY, until=NOW, number=1)
    assert (page.orders, page.more, page.total) == ((), False, 401)


async def test_an_order_is_told_by_its_own_number_only() -> None:
    assert await answering(listing(ORDER)).order("496000002") is None


async def test_ids_are_opaque_and_quoted() -> None:
    asked: list[httpx.Request] = []
    order = replace(told(), id="a/b+c==")
    assert await answering({"data": []}, asked=asked).lines(order) == ()
    assert asked[0].url.raw_path == b"/v2/orders/a%2Fb%2Bc%3D%3D/entries"


async def test_a_product_the_shop_has_not_listed_keeps_kaspis_name() -> None:
    entry = ENTRY | {"attributes": ENTRY["attributes"] | {"offer": None}}
    card = {"data": {"id": "TVAtMQ", "type": "masterproducts", "attributes": {"code": "12705127", "name": "Товар"}}}
    own = {"data": {"id": "TUVSLTE", "attributes": {"code": "SKU-1", "name": "Мой товар"}}}
    (line,) = await answering({"data": [entry]}, {"data": None}, card).lines(told())
    assert (line.sku, line.name) == (None, "Товар")
    unrelated = entry | {"relationships": {}}
    (line,) = await answering({"data": [unrelated]}, card, own).lines(told())
    assert (line.sku, line.name) == ("SKU-1", "Мой товар")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"id": "another", "attributes": {"code": "496000001", "status": "CANCELLED"}},
        {"id": "T1JERVItMQ", "attributes": {"code": "496000001", "status": "ACCEPTED_BY_MERCHANT"}},
        {"id": "T1JERVItMQ", "attributes": {"code": "496000002", "status": "CANCELLED"}},
        {"id": "T1JERVItMQ"},
    ],
)
async def test_an_answer_that_does_not_confirm_the_change_leaves_it_open(data: dict[str, Any] | None) -> None:
    asked: list[httpx.Request] = []
    market = answering(listing(ORDER), {"data": data}, asked=asked)
    with pytest.raises(Unanswered, match="посмотрите"):
        await market.cancel("496000001", reason="BUYER_NOT_REACHABLE", comment="")
    assert [request.method for request in asked] == ["GET", "POST"]


async def test_a_change_kaspi_has_confirmed_but_does_not_show_yet_is_told_as_made() -> None:
    reply = {"data": {"type": "orders", "id": "T1JERVItMQ", "attributes": {"code": "496000001", "status": "CANCELLED"}}}
    order = await answering(listing(ORDER), reply, listing(ORDER)).cancel(
        "496000001", reason="BUYER_NOT_REACHABLE", comment="не берёт трубку"
    )
    assert (order.status, order.stage) == ("CANCELLED", Stage.CANCELLED)


@pytest.mark.parametrize(
    "body", [{"data": [ORDER]}, {"customer": {"id": KEY}}, json.dumps(listing(ORDER)).encode()[:700]]
)
async def test_an_error_never_tells_who_bought(body: object) -> None:
    for status in (200, 400):
        with pytest.raises((Rejected, UnrecognisedPayload)) as failed:
            await answering({"data": {"id": KEY}} if status == 200 else body, status=status).order("1")
        assert KEY not in str(failed.value) and "701" not in str(failed.value)


async def test_title_and_detail_of_an_error_are_shown() -> None:
    errors = {"errors": [{"title": "Order is not may complete allowed"}, {"title": "Плохо", "detail": "очень"}]}
    with pytest.raises(Rejected) as failed:
        await answering(errors, status=400).order("1")
    assert str(failed.value) == (
        "Kaspi: заказ 1: HTTP 400: этот заказ сейчас выдать нельзя (Order is not may complete allowed); Плохо; очень"
    )


async def test_requests_go_through_the_proxy_and_its_password_stands_nowhere() -> None:
    seen: list[bytes] = []

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"])[b"proxy-authorization"])
        await send({"type": "http.response.start", "status": 407, "headers": []})
        await send({"type": "http.response.body", "body": b"who are you"})

    async with served(proxy) as address:
        url = address.replace("http://", "http://shop:s3cret@")
        market = connected("http://kaspi.example/v2", form={"proxy": url})
        with pytest.raises(Rejected) as refused:
            await market.check()
        await market.close()
    assert seen == [b"Basic c2hvcDpzM2NyZXQ="]
    assert "s3cret" not in f"{refused.value}{Config(token=TOKEN, proxy=url)!r}"


def test_the_form_is_russian_and_as_strict_as_the_settings() -> None:
    schema = Config.model_json_schema()
    assert {name for name, field in schema["properties"].items() if field.get("writeOnly")} == {"token", "proxy"}
    assert all(field["title"] and field["description"] for field in schema["properties"].values())
    settings = Settings(_env_file=None)
    form = Config(token=TOKEN)
    assert (str(form.base_url), form.user_agent, form.requests_per_second, form.proxy.get_secret_value()) == (
        settings.kaspi_base_url, settings.kaspi_user_agent, settings.kaspi_requests_per_second, settings.kaspi_proxy,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", ""), ("token", "токен"), ("token", "a\nb"), ("user_agent", " "), ("user_agent", "Браузер"),
        ("proxy", "10.0.0.1:3128"), ("proxy", "socks5://10.0.0.1"), ("proxy", "http://"), ("proxy", "http://a:99999"),
        ("requests_per_second", 0), ("requests_per_second", 1001), ("base_url", "kaspi.kz"), ("pace", 1),
    ],
)  # fmt: skip
def test_a_form_that_cannot_work_is_refused_with_its_field(field: str, value: object) -> None:
    assert list(forms.problems(Config, {"token": TOKEN, field: value})) == [field]


def test_a_wrong_proxy_is_told_that_an_address_is_wanted() -> None:
    problems = forms.problems(Config, {"token": TOKEN, "proxy": "10.0.0.1:3128"})
    assert problems == {"proxy": "Нужен адрес, который начинается с http:// или https://."}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("kaspi_token", "токен"), ("kaspi_user_agent", "Браузер"),
        ("kaspi_proxy", "10.0.0.1:3128"), ("kaspi_proxy", "socks5://10.0.0.1"), ("kaspi_proxy", "http://"),
        ("kaspi_requests_per_second", 0), ("kaspi_requests_per_second", 1001), ("kaspi_base_url", "kaspi.kz"),
    ],
)  # fmt: skip
def test_a_setting_the_form_would_refuse_is_refused_before_anything_starts(setting: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, **{setting: value})
    assert refused.value.errors()[0]["loc"] == (setting,)


@pytest.mark.parametrize("proxy", ["", "http://10.0.0.1", "https://shop:s3cret@proxy.example:65535/"])
def test_a_proxy_is_an_address_with_or_without_a_name_and_password(proxy: str) -> None:
    settings = Settings(_env_file=None, kaspi_proxy=proxy)
    assert Config(token=TOKEN, proxy=settings.kaspi_proxy).proxy.get_secret_value() == proxy
