"""The documents Kaspi answers with (JSON:API), turned into orders and their lines.

Shapes: Kaspi's guide for sellers, https://guide.kaspi.kz/partner/ru/shop/api, and what clients in production have seen
beside it (read 2026-11).
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from saudager.errors import UnrecognisedPayload
from saudager.phones import normalise_phone
from saudager.providers.marketplace import EARLIEST, LATEST, LONGEST_CODE, MOST_MONEY, Buyer, Line, MarketOrder, Stage

Row = Mapping[str, Any]

CURRENCY = "KZT"
NEW, ACCEPTED, COMPLETED, CANCELLED = "APPROVED_BY_BANK", "ACCEPTED_BY_MERCHANT", "COMPLETED", "CANCELLED"
_ENDED = {
    COMPLETED: Stage.DELIVERED,
    CANCELLED: Stage.CANCELLED,
    "CANCELLING": Stage.CANCELLED,
    "RETURNED": Stage.RETURNED,
    "RETURN_ACCEPTED_BY_MERCHANT": Stage.RETURNED,
    "KASPI_DELIVERY_RETURN_REQUESTED": Stage.RETURNED,
}
_WITH_THE_SHOP = ("PICKUP", "DELIVERY")
_MASKED = re.compile(r"[^\d\s()+-]|0{7}$")
"""A number Kaspi hides: stars or letters in it, or noughts in place of the subscriber's."""


def read_document(document: Row, read_at: datetime) -> list[MarketOrder]:
    """Every order of an answer of ``/orders`` or ``/orders/{id}``; raises UnrecognisedPayload for the first that cannot
    be read: ``data[3].attributes.totalPrice: expected an amount``."""
    data = document.get("data")
    rows = data if isinstance(data, list) else [data]
    included = entries_in(document)
    orders = []
    for number, row in enumerate(rows):
        try:
            orders.append(read_order(row, included, read_at, alone=len(rows) == 1))
        except ValueError as error:
            raise UnrecognisedPayload(f"data[{number}].{error}") from None
    return orders


def entries_in(document: Row) -> dict[str, Row]:
    """The lines an answer includes, by their ids."""
    rows = document.get("included")
    return {
        row["id"]: row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and row.get("type") == "orderentries" and isinstance(row.get("id"), str)
    }


def read_order(row: object, included: Mapping[str, Row], read_at: datetime, *, alone: bool = False) -> MarketOrder:
    """One element of ``data``; raises ValueError that names the field. ``alone``: what is included is all its own."""
    if not isinstance(row, dict):
        raise ValueError("attributes: expected an order")
    told = _object(row.get("attributes"))
    code, status, state = (_needed(told, name) for name in ("code", "status", "state"))
    if len(code) > LONGEST_CODE or not code.isprintable():
        raise ValueError(f"attributes.code: expected a number of up to {LONGEST_CODE} signs")
    placed_at = _moment(told, "creationDate")
    if placed_at is None:
        raise ValueError("attributes.creationDate: expected milliseconds since 1970")
    handed_over_at = _moment(_object(told.get("kaspiDelivery")), "courierTransmissionDate")
    if handed_over_at is not None and handed_over_at > read_at:
        handed_over_at = None
    entries = _entries_of(row, included, alone=alone)
    return MarketOrder(
        code=code,
        id=_text(row.get("id")) or code,
        status=status,
        state=state,
        stage=stage_of(status, state, handed_over=handed_over_at is not None, waits=told.get("preOrder") is True),
        total=_amount(told, "totalPrice"),
        currency=CURRENCY,
        placed_at=placed_at,
        buyer=_buyer(_object(told.get("customer"))),
        lines=None if entries is None else read_lines(entries),
        approved_at=_moment(told, "approvedByBankDate"),
        planned_delivery_at=_moment(told, "plannedDeliveryDate"),
        handed_over_at=handed_over_at,
        delivery=_text(told.get("deliveryMode")),
        payment=_text(told.get("paymentMode")),
        city=_city(told),
        cancellation_reason=_text(told.get("cancellationReason")),
    )


def stage_of(status: str, state: str, *, handed_over: bool, waits: bool) -> Stage:
    """How far an order is: by its status, as the state is but the seller's tab.

    One that waits for the buyer's signature (SIGN_REQUIRED) is not approved by it. An accepted one is ready when it
    lies in the shop or goes out with the shop's courier, but for a pre-order (``waits``) whose goods have not come; and
    with Kaspi's delivery once the courier has it. A status that does not fit an archived order is as good as unknown.
    """
    if status in _ENDED:
        return _ENDED[status]
    if state == "ARCHIVE" or status not in (NEW, ACCEPTED):
        return Stage.UNKNOWN
    if status == NEW:
        return Stage.PLACED if state == "SIGN_REQUIRED" else Stage.APPROVED
    is_ready = handed_over if state == "KASPI_DELIVERY" else state in _WITH_THE_SHOP and not waits
    return Stage.READY if is_ready else Stage.APPROVED


def read_lines(entries: Sequence[Row]) -> tuple[Line, ...]:
    """Lines in the order of their numbers; raises ValueError that names the field.

    Numbers Kaspi does not tell, or tells twice, are counted.
    """
    lines = [_line(entry, number) for number, entry in enumerate(entries)]
    if len({line.number for line in lines}) < len(lines):
        lines = [replace(line, number=number) for number, line in enumerate(lines)]
    return tuple(sorted(lines, key=lambda line: line.number))


def names_all(entries: Sequence[Row]) -> bool:
    """Whether every line tells the seller's own code and name of its product."""
    return all(_text(offer.get("code")) and _text(offer.get("name")) for offer in map(_offer, entries))


def product_of(entry: Row) -> str | None:
    """The id of the product a line is about."""
    product = _object(_object(entry.get("relationships")).get("product"))
    return _text(_object(product.get("data")).get("id"))


def named(entry: Row, code: str | None, name: str | None) -> Row:
    """The line with what its product told in place of what it does not tell itself."""
    told = _object(entry.get("attributes"))
    known = {key: value for key, value in _offer(entry).items() if value}
    return {**entry, "attributes": {**told, "offer": {"code": code, "name": name} | known}}


def _entries_of(row: Row, included: Mapping[str, Row], *, alone: bool) -> list[Row] | None:
    """The order's own lines among the included ones: by name, else by id. None when one of them is missing, or one does
    not tell what it is about."""
    named = _object(_object(row.get("relationships")).get("entries")).get("data")
    if isinstance(named, list):
        found = [included.get(str(_object(one).get("id"))) for one in named]
    elif alone:
        found = list(included.values())
    else:
        own = f"{_decoded(str(row.get('id')))}##"
        found = [entry for entry_id, entry in included.items() if _decoded(entry_id).startswith(own)]
    entries = [entry for entry in found if entry is not None]
    return entries if entries and len(entries) == len(found) and names_all(entries) else None


def _line(entry: Row, number: int) -> Line:
    told, offer = _object(entry.get("attributes")), _offer(entry)
    category = told.get("category")
    known = _object(category)
    written = told.get("entryNumber")
    return Line(
        number=written if isinstance(written, int) and written >= 0 else number,
        sku=_text(offer.get("code")),
        name=_text(offer.get("name")),
        category=_text(known.get("title")) or _text(category),
        category_code=_text(known.get("code")),
        quantity=_amount(told, "quantity"),
        price=_amount(told, "basePrice"),
        total=_amount(told, "totalPrice"),
    )


def _buyer(customer: Row) -> Buyer:
    names = [_name(customer.get(part)) for part in ("firstName", "lastName")]
    name = " ".join(filter(None, names)) or _name(customer.get("name"))
    return Buyer(name=name, phone=_phone(customer.get("cellPhone")), key=_text(customer.get("id")))


def _name(written: object) -> str | None:
    name = _text(written)
    return None if name is None or "*" in name else name


def _phone(written: object) -> str | None:
    """Ten digits in the guide, eleven in the field."""
    text = str(written).strip() if isinstance(written, str | int) else ""
    return None if _MASKED.search(text) else normalise_phone(text)


def _city(told: Row) -> str | None:
    """Where it is delivered to, or fetched from the shop itself."""
    town = _text(_object(told.get("deliveryAddress")).get("town"))
    if town is None and told.get("deliveryMode") == "DELIVERY_PICKUP" and not told.get("isKaspiDelivery"):
        town = _text(_object(_object(told.get("originAddress")).get("city")).get("name"))
    return None if town is None else town.removeprefix("г.").strip() or None


def _amount(told: Row, name: str) -> Decimal:
    """A number exactly as it was written: the shortest one that is this float."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"attributes.{name}: expected an amount")
    amount = Decimal(str(value))
    if not amount.is_finite() or abs(amount) > MOST_MONEY:
        raise ValueError(f"attributes.{name}: expected an amount")
    return amount


def _moment(told: Row, name: str) -> datetime | None:
    """None for none, and for one no order has, such as the year 9999."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        at = datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if EARLIEST <= at < LATEST else None


def _needed(told: Row, name: str) -> str:
    value = _text(told.get(name))
    if value is None:
        raise ValueError(f"attributes.{name}: expected a text")
    return value


def _offer(entry: Row) -> Row:
    return _object(_object(entry.get("attributes")).get("offer"))


def _object(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _decoded(opaque: str) -> str:
    """In the guide's samples a line's id is the order's, ``##`` and its number, in base64 with or without padding."""
    try:
        return base64.b64decode(opaque.rstrip("=") + "=" * (-len(opaque.rstrip("=")) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return opaque
