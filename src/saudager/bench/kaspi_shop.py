"""A Kaspi of our own: the seller's API over real HTTP on loopback, with its quirks and, on demand, its failures.

For example::

    async with KaspiShop(now=clock.now) as kaspi:
        code = kaspi.place(phone="7015550101", items=[Item("SKU-1", "Чайник", 2, Decimal(9990))])
        market = App.marketplaces["kaspi"].open(kaspi.form, clock)
        kaspi.move(code, state="PICKUP", status="ACCEPTED_BY_MERCHANT")
        kaspi.fail("list", "429", "cut_before")
        ...
        assert kaspi.requests["list"] == 6

Vendor facts: Kaspi's guide for sellers, https://guide.kaspi.kz/partner/ru/shop/api, and what clients in production have
seen beside it (read 2026-11). The guide gives the four sentences about completing an order; every other error text
here is ours.
"""

import asyncio
import itertools
import json
import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zlib import crc32

from saudager.bench.kaspi_orders import STATES, Item, KaspiOrder, KaspiOrders, milliseconds, opaque, total_of
from saudager.bench.kaspi_writes import Refusal, Written, write
from saudager.bench.serving import Message, Receive, Send, cut, served, until_disconnected

TOKEN = "fake-kaspi-token"  # noqa: S105
PHONE = "7015550101"
MASKED = "0000000000"
LARGEST_PAGE = 100
LONGEST_WINDOW = timedelta(days=14)

_ROOT = "/shop/api/v2"
_JSON_API = "application/vnd.api+json"
_FIRST_NUMBER = 496_000_001
FAULTS = {
    "429": "too many requests, with Retry-After",
    "500": "broken, without acting",
    "503": "being repaired, with Retry-After, without acting",
    "403": "the token may not",
    "hang": "never answers, without acting",
    "hang_after": "acts, then never answers",
    "cut_before": "the connection is closed before acting",
    "cut_after": "acts, then the connection is closed",
    "garbage": "acts, then answers 200 with something that is not JSON",
    "ok": "no fault: lets one request pass",
}
_PLAIN = {"429": "Too Many Requests", "500": "Internal Server Error", "503": "Service Unavailable", "403": "Forbidden"}
_ACTS = ("hang_after", "cut_after", "garbage")
_STATUSES = {"NEW": "APPROVED_BY_BANK", "SIGN_REQUIRED": "APPROVED_BY_BANK", "ARCHIVE": "COMPLETED"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached it, whatever became of it."""

    kind: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: datetime
    fault: str


@dataclass
class KaspiShop:
    """One shop's orders, and the server that tells them while the ``async with`` block lasts.

    ``requests`` counts by kind: list, code, order, entries, product, merchant_product, write. ``asked`` is all of them
    in order, ``written`` the changes that took effect. Switches: ``latency`` (real seconds each request takes),
    ``retry_after`` (of a 429 and 503; None for none), ``tells_lines`` (False: ``include`` is not heeded),
    ``tells_offers`` (False: lines have no ``offer``, as in older answers).
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    token: str = TOKEN
    latency: float = 0.0
    retry_after: str | None = "7"
    tells_lines: bool = True
    tells_offers: bool = True
    base_url: str = field(init=False, default="")
    orders: KaspiOrders = field(init=False, default_factory=KaspiOrders)
    requests: Counter[str] = field(init=False, default_factory=Counter)
    asked: list[Asked] = field(init=False, default_factory=list)
    written: list[Written] = field(init=False, default_factory=list)
    _numbers: Iterator[int] = field(init=False, default_factory=lambda: itertools.count(_FIRST_NUMBER))
    _faults: dict[str, deque[str]] = field(init=False, default_factory=lambda: defaultdict(deque))
    _lasting: dict[str, str] = field(init=False, default_factory=dict)
    _closing: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _stack: AsyncExitStack = field(init=False, default_factory=AsyncExitStack)

    async def __aenter__(self) -> "KaspiShop":
        self.base_url = await self._stack.enter_async_context(served(self)) + _ROOT
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    @property
    def form(self) -> dict[str, Any]:
        """What a merchant would enter to connect it, without a pace that anybody would feel."""
        return {"base_url": self.base_url, "token": self.token, "requests_per_second": 1000.0}

    def place(
        self,
        code: str | None = None,
        *,
        at: datetime | None = None,
        state: str = "NEW",
        status: str | None = None,
        phone: str | None = PHONE,
        name: str = "Айгерим",
        customer: str | None = None,
        items: Sequence[Item] = (Item(),),
        delivery: str = "DELIVERY_PICKUP",
        by_kaspi: bool = False,
        town: str | None = None,
        **attributes: Any,
    ) -> str:
        """A new order, made ``at`` that moment (now); its number. ``phone`` may be MASKED, or None: it is absent.

        ``customer`` is Kaspi's id of the buyer, by default the same for the same phone. ``attributes`` are Kaspi's own.
        """
        code = code or str(next(self._numbers))
        made = milliseconds(at or self.now())
        hidden = not phone or not phone.strip("0")
        buyer: dict[str, Any] = {"id": customer or opaque(f"CUST-{code if hidden else phone}"), "name": None}
        buyer |= {"firstName": name, "lastName": "С."} | ({} if phone is None else {"cellPhone": phone})
        known = {
            "code": code,
            "totalPrice": total_of(items),
            "paymentMode": "PREPAID",
            "creationDate": made,
            "approvedByBankDate": made + 6000,
            "plannedDeliveryDate": made + 3 * 86_400_000,
            "deliveryCostForSeller": 0.0,
            "deliveryCost": 0.0,
            "isKaspiDelivery": by_kaspi,
            "deliveryMode": delivery,
            "signatureRequired": state == "SIGN_REQUIRED",
            "creditTerm": 3,
            "preOrder": False,
            "pickupPointId": "Merchant_PP1",
            "state": state,
            "status": status or _STATUSES.get(state, "ACCEPTED_BY_MERCHANT"),
            "customer": buyer,
        }
        if town is not None:
            known["deliveryAddress"] = {"town": town, "formattedAddress": f"{town}, улица Примерная, 1"}
        changes = {key: _as_kaspi_writes(value) for key, value in attributes.items()}
        self.orders.add(KaspiOrder(code, opaque(f"ORDER-{code}"), known | changes, tuple(items)))
        return code

    def move(
        self,
        code: str,
        *,
        state: str | None = None,
        status: str | None = None,
        handed_over_at: datetime | None = None,
        **attributes: Any,
    ) -> None:
        """Let an order go on; ``handed_over_at``: when a courier got it. ``attributes`` are Kaspi's own; a moment
        becomes its milliseconds."""
        order = self.orders.by_code[code]
        changes = {key: _as_kaspi_writes(value) for key, value in attributes.items()}
        changes |= {key: value for key, value in (("state", state), ("status", status)) if value is not None}
        if handed_over_at is not None:
            known = order.attributes.get("kaspiDelivery") or {}
            changes["kaspiDelivery"] = known | {"courierTransmissionDate": milliseconds(handed_over_at)}
        self.orders.change(order, changes)

    def remove(self, code: str) -> None:
        self.orders.remove(self.orders.by_code[code])

    def listed(self, state: str, since: datetime, until: datetime) -> int:
        """How many orders of a state were made in the span."""
        return len(self.orders.between(state, milliseconds(since), milliseconds(until)))

    def status_of(self, code: str) -> str:
        return str(self.orders.by_code[code].attributes["status"])

    def code_sent_for(self, code: str) -> str | None:
        """What the buyer would read out when he gets the order, None until it was sent to him."""
        return self.orders.by_code[code].security_code

    def fail(self, kind: str, *faults: str) -> None:
        """The next requests of the kind get these of FAULTS, one each; "" is every kind."""
        self._faults[kind].extend(_known(faults))

    def fail_always(self, kind: str, fault: str) -> None:
        """Until ``heal`` every request of the kind gets it."""
        (self._lasting[kind],) = _known([fault])

    def heal(self) -> None:
        self._faults.clear()
        self._lasting.clear()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _body_of(receive)
        query = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode()).items()}
        headers = {key.decode(): value.decode("latin-1") for key, value in scope["headers"]}
        kind, found = _route(scope["method"], scope["path"].removeprefix(_ROOT), query)
        fault = self._next_fault(kind)
        self.requests[kind] += 1
        self.asked.append(Asked(kind, scope["path"], query, headers, self.now(), fault))
        if "Mozilla/" not in headers.get("user-agent", ""):
            return await self._be_silent(receive, send)
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault in ("hang", "cut_before"):
            return await (self._be_silent(receive, send) if fault == "hang" else _hang_up(receive, send))
        if fault in _PLAIN:
            told = {"Retry-After": self.retry_after} if fault in ("429", "503") and self.retry_after else {}
            return await _answer(send, int(fault), _errors(_PLAIN[fault]), told)
        status, answer = self._act(kind, found, query, headers, body)
        if fault == "hang_after":
            return await self._be_silent(receive, send)
        if fault == "cut_after":
            return await _hang_up(receive, send)
        return await _answer(send, status, b"<html>Bad gateway</html>" if fault == "garbage" else answer)

    def _next_fault(self, kind: str) -> str:
        for waiting in (self._faults[kind], self._faults[""]):
            if waiting:
                return waiting.popleft()
        return self._lasting.get(kind) or self._lasting.get("", "ok")

    async def _be_silent(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(until_disconnected(receive))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        cut(send)
        await gone

    def _act(
        self, kind: str, found: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        if headers.get("x-auth-token") != self.token:
            return 401, _errors("Unauthorized")
        if headers.get("content-type", "").partition(";")[0] != _JSON_API:
            return 415, _errors(f"Content-Type must be {_JSON_API}")
        try:
            return 200, self._tell(kind, found, query, headers, body)
        except Refusal as refusal:
            return refusal.http, _errors(str(refusal))

    def _tell(
        self, kind: str, found: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        with_lines = self.tells_lines and "entries" in query.get("include[orders]", "").split(",")
        if kind == "list":
            return self._page(query, with_lines=with_lines)
        if kind == "code":
            order = self.orders.by_code.get(query["filter[orders][code]"])
            return self._listing([order] if order else [], 1 if order else 0, 1, with_lines=with_lines)
        if kind == "write":
            written = write(self.orders, body, headers, at=self.now())
            if written.took_effect:
                self.written.append(written)
            attributes = {"code": written.code, "status": written.status}
            return {"data": {"type": "orders", "id": written.id, "attributes": attributes}, "included": []}
        if kind in ("order", "entries") and (order := self.orders.by_id.get(found)):
            if kind == "order":
                return {"data": order.as_data(with_lines=False), "included": []}
            return {"data": order.entries(with_offer=self.tells_offers), "included": []}
        if kind in ("product", "merchant_product") and (item := self.orders.items.get(found)):
            return _product(item) if kind == "product" else _merchant_product(item)
        raise Refusal("Not Found", http=404)

    def _page(self, query: dict[str, str], *, with_lines: bool) -> dict[str, Any]:
        number, size = _whole(query, "page[number]"), _whole(query, "page[size]")
        if not 0 < size <= LARGEST_PAGE:
            raise Refusal(f"page[size] must be between 1 and {LARGEST_PAGE}")
        state = query.get("filter[orders][state]")
        if state not in STATES:
            raise Refusal("filter[orders][state] is required")
        since = _whole(query, "filter[orders][creationDate][$ge]")
        until = int(query.get("filter[orders][creationDate][$le]", milliseconds(self.now())))
        if until - since > LONGEST_WINDOW // timedelta(milliseconds=1):
            raise Refusal("Period between creation dates must not be more than 14 days")
        orders = [self.orders.by_code[code] for code in self.orders.between(state, since, until)]
        for name in ("status", "signatureRequired"):
            if wanted := query.get(f"filter[orders][{name}]"):
                orders = [order for order in orders if str(order.attributes[name]).lower() == wanted.lower()]
        page = orders[number * size : (number + 1) * size]
        return self._listing(page, len(orders), size, with_lines=with_lines)

    def _listing(self, orders: list[KaspiOrder], total: int, size: int, *, with_lines: bool) -> dict[str, Any]:
        entries = (order.entries(with_offer=self.tells_offers) for order in orders if with_lines)
        return {
            "data": [order.as_data(with_lines=with_lines) for order in orders],
            "included": list(itertools.chain.from_iterable(entries)),
            "meta": {"pageCount": math.ceil(total / size), "totalCount": total},
        }


def _route(method: str, path: str, query: dict[str, str]) -> tuple[str, str]:
    """What is asked, and about which id."""
    parts = path.strip("/").split("/")
    if parts == ["orders"]:
        return ("write" if method == "POST" else "code" if "filter[orders][code]" in query else "list"), ""
    match parts:
        case ["orders", order_id]:
            return "order", order_id
        case ["orders", order_id, "entries"]:
            return "entries", order_id
        case ["orderentries", entry_id, "product"]:
            return "product", entry_id
        case ["masterproducts", product_id, "merchantProduct"]:
            return "merchant_product", product_id
    return "unknown", ""


def _whole(query: dict[str, str], name: str) -> int:
    try:
        return int(query[name])
    except (KeyError, ValueError):
        raise Refusal(f"{name} is required") from None


def _product(item: Item) -> dict[str, Any]:
    """The card in Kaspi's catalogue: its code is not the seller's."""
    attributes = {"code": f"1{crc32(item.sku.encode()) % 10**7:07}", "name": item.name, "category": item.category}
    return {"data": {"type": "masterproducts", "id": opaque(f"MP-{item.sku}"), "attributes": attributes}}


def _merchant_product(item: Item) -> dict[str, Any]:
    attributes = {"code": item.sku, "name": item.name}
    return {"data": {"type": "merchantproducts", "id": opaque(f"MER-{item.sku}"), "attributes": attributes}}


def _errors(title: str) -> dict[str, Any]:
    return {"errors": [{"title": title}]}


def _known(faults: Iterable[str]) -> list[str]:
    faults = list(faults)
    if unknown := [fault for fault in faults if fault not in FAULTS]:
        raise ValueError(f"unknown fault {unknown[0]!r}: expected one of {', '.join(FAULTS)}")
    return faults


def _as_kaspi_writes(value: Any) -> Any:
    return milliseconds(value) if isinstance(value, datetime) else value


async def _body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def _answer(send: Send, status: int, answer: Any, told: dict[str, str] | None = None) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    headers = {"Content-Type": _JSON_API, "Content-Length": str(len(body))} | (told or {})
    rows = [(key.encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": rows})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(receive: Receive, send: Send) -> None:
    cut(send)
    await until_disconnected(receive)
