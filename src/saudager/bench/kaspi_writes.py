"""How the Kaspi of ours changes an order, or says why it does not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saudager.bench.kaspi_orders import KaspiOrder, KaspiOrders

REASONS = ("BUYER_CANCELLATION_BY_MERCHANT", "BUYER_NOT_REACHABLE", "MERCHANT_OUT_OF_STOCK")
_LONGEST_COMMENT = 1000
_ACCEPTED_INTO = {"DELIVERY_PICKUP": "PICKUP", "DELIVERY_LOCAL": "DELIVERY"}


class Refusal(Exception):
    """The title of an error; ``http`` is the status it comes with."""

    def __init__(self, title: str, *, http: int = 400) -> None:
        super().__init__(title)
        self.http = http


@dataclass(frozen=True, slots=True)
class Written:
    """A change of an order: the status it has then, and what was told with it."""

    code: str
    id: str
    status: str
    at: datetime
    took_effect: bool = True
    """False: the buyer was sent his code, nothing else."""
    reason: str | None = None
    comment: str | None = None


def write(orders: KaspiOrders, body: bytes, headers: Mapping[str, str], *, at: datetime) -> Written:
    """Accept, cancel or complete an order; raises Refusal."""
    try:
        data = json.loads(body)["data"]
        asked: dict[str, Any] = data["attributes"]
        order = orders.by_id.get(data["id"])
    except (ValueError, KeyError, TypeError):
        raise Refusal("Bad Request") from None
    if order is None or data.get("type") != "orders" or asked.get("code", order.code) != order.code:
        raise Refusal("Order not found", http=404)
    acts = {"ACCEPTED_BY_MERCHANT": _accept, "CANCELLED": _cancel, "COMPLETED": _complete}
    if asked.get("status") not in acts:
        raise Refusal("Status is not valid")
    changes = acts[asked["status"]](order, asked, headers)
    if changes:
        orders.change(order, changes)
    return Written(
        order.code,
        order.id,
        str(order.attributes["status"]),
        at,
        took_effect=bool(changes),
        reason=asked.get("cancellationReason"),
        comment=asked.get("cancellationComment"),
    )


def _accept(order: KaspiOrder, asked: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    if order.attributes["status"] != "APPROVED_BY_BANK":
        raise Refusal("Order can't be accepted")
    by_kaspi = order.attributes["isKaspiDelivery"]
    state = "KASPI_DELIVERY" if by_kaspi else _ACCEPTED_INTO.get(order.attributes["deliveryMode"], "KASPI_DELIVERY")
    if order.attributes["signatureRequired"]:
        state = "SIGN_REQUIRED"
    return {"status": "ACCEPTED_BY_MERCHANT", "state": state}


def _cancel(order: KaspiOrder, asked: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    if order.attributes["status"] not in ("APPROVED_BY_BANK", "ACCEPTED_BY_MERCHANT"):
        raise Refusal("Order can't be cancelled")
    if asked.get("cancellationReason") not in REASONS:
        raise Refusal("Cancellation reason is not valid")
    if len(asked.get("cancellationComment") or "") > _LONGEST_COMMENT:
        raise Refusal("Cancellation comment is too long")
    return {"status": "CANCELLED", "state": "ARCHIVE", "cancellationReason": asked["cancellationReason"]}


def _complete(order: KaspiOrder, asked: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """First with an empty code: the buyer gets one in his app; then with what he reads out."""
    status = order.attributes["status"]
    if status in ("CANCELLED", "CANCELLING"):
        raise Refusal("Order is cancelled, so it can't be completed.")
    if status == "COMPLETED":
        raise Refusal("Order already has been completed, so it can't be completed again.")
    if status != "ACCEPTED_BY_MERCHANT" or order.attributes["preOrder"]:
        raise Refusal("Order is not may complete allowed")
    if headers.get("x-send-code") == "true" and headers.get("x-security-code") == "":
        order.security_code = f"{int(order.code) % 9000 + 1000 if order.code.isdigit() else 1234}"
        return {}
    if order.security_code is None or headers.get("x-security-code") != order.security_code:
        raise Refusal("Security code is not valid. And the order cannot be completed without it")
    return {"status": "COMPLETED", "state": "ARCHIVE"}
