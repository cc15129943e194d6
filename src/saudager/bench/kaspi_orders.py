"""What the Kaspi of ours knows: its orders as Kaspi writes them, found by state and date, by number and by id."""

import base64
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

STATES = ("NEW", "SIGN_REQUIRED", "PICKUP", "DELIVERY", "KASPI_DELIVERY", "ARCHIVE")
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_ORDERS = "https://kaspi.kz/shop/api/v2/orders"
_ENTRIES = "https://kaspi.kz/shop/api/v2/orderentries"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order; prices in tenge."""

    sku: str = "SKU-1001"
    name: str = "Чайник электрический 1,7 л"
    quantity: int = 1
    price: Decimal = Decimal(9990)
    category: str = "Чайники"
    category_code: str = "Master - Kettles"


@dataclass(slots=True)
class KaspiOrder:
    """An order on Kaspi's side."""

    code: str
    id: str
    attributes: dict[str, Any]
    items: tuple[Item, ...]
    security_code: str | None = None
    """What Kaspi sent the buyer for this order, once it was asked to."""

    @property
    def key(self) -> tuple[int, str]:
        return self.attributes["creationDate"], self.code

    def entry_id(self, number: int) -> str:
        """Decodes to order and line, as in the guide's samples."""
        return opaque(f"ORDER-{self.code}##{number}")

    def as_data(self, *, with_lines: bool) -> dict[str, Any]:
        """One element of ``data``; its lines are named only where they are included."""
        entries: dict[str, Any] = {"links": {"related": f"{_ORDERS}/{self.id}/entries"}}
        if with_lines:
            entries["data"] = [{"type": "orderentries", "id": self.entry_id(n)} for n in range(len(self.items))]
        return {
            "type": "orders",
            "id": self.id,
            "attributes": self.attributes,
            "relationships": {
                "entries": entries,
                "user": {"data": {"type": "customers", "id": self.attributes["customer"]["id"]}},
            },
            "links": {"self": f"{_ORDERS}/{self.id}"},
        }

    def entries(self, *, with_offer: bool) -> list[dict[str, Any]]:
        """Its lines as ``orderentries``; older answers of Kaspi have no ``offer``."""
        return [self._entry(number, item, with_offer=with_offer) for number, item in enumerate(self.items)]

    def _entry(self, number: int, item: Item, *, with_offer: bool) -> dict[str, Any]:
        entry_id = self.entry_id(number)
        attributes: dict[str, Any] = {
            "unitType": "PIECES",
            "quantity": item.quantity,
            "totalPrice": float(item.price * item.quantity),
            "weight": 0.0,
            "entryNumber": number,
            "category": {"code": item.category_code, "title": item.category},
            "deliveryCost": 0.0,
            "basePrice": float(item.price),
            "isImeiRequired": False,
        }
        if with_offer:
            attributes["offer"] = {"code": item.sku, "name": item.name}
        return {
            "type": "orderentries",
            "id": entry_id,
            "attributes": attributes,
            "relationships": {"product": {"data": {"type": "masterproducts", "id": opaque(f"MP-{item.sku}")}}},
            "links": {"self": f"{_ENTRIES}/{entry_id}"},
        }


@dataclass
class KaspiOrders:
    """All orders of the shop. Kaspi promises no order inside a listing; here the newest comes first."""

    by_code: dict[str, KaspiOrder] = field(default_factory=dict)
    by_id: dict[str, KaspiOrder] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    """By the id of a line, and by the id of a product."""
    _by_state: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, order: KaspiOrder) -> None:
        self.by_code[order.code] = self.by_id[order.id] = order
        for number, item in enumerate(order.items):
            self.items[order.entry_id(number)] = self.items[opaque(f"MP-{item.sku}")] = item
        insort(self._by_state[order.attributes["state"]], order.key)

    def change(self, order: KaspiOrder, changes: dict[str, Any]) -> None:
        self._unlist(order)
        order.attributes = order.attributes | changes
        insort(self._by_state[order.attributes["state"]], order.key)

    def remove(self, order: KaspiOrder) -> None:
        self._unlist(order)
        del self.by_code[order.code], self.by_id[order.id]

    def between(self, state: str, since: int, until: int) -> Sequence[str]:
        """Numbers of the orders of a state that were made in the span of milliseconds, both ends in it."""
        listed = self._by_state[state]
        return [code for _, code in reversed(listed[bisect_left(listed, (since, "")) : _after(listed, until)])]

    def _unlist(self, order: KaspiOrder) -> None:
        listed = self._by_state[order.attributes["state"]]
        del listed[bisect_left(listed, order.key)]


def opaque(text: str) -> str:
    """Ids look like base64 and may end in ``=``."""
    return base64.b64encode(text.encode()).decode()


def milliseconds(moment: datetime) -> int:
    return (moment - _LONG_AGO) // timedelta(milliseconds=1)


def total_of(items: Iterable[Item]) -> float:
    return float(sum((item.price * item.quantity for item in items), Decimal(0)))


def _after(listed: list[tuple[int, str]], until: int) -> int:
    return bisect_right(listed, (until + 1, ""))
