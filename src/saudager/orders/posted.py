"""Orders a merchant's own parser posts: in our plain form, or in the marketplace's own."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from saudager.errors import UnrecognisedPayload
from saudager.phones import normalise_phone
from saudager.providers.marketplace import (
    EARLIEST,
    LATEST,
    LONGEST_CODE,
    MOST_MONEY,
    MOST_PIECES,
    Buyer,
    Line,
    MarketOrder,
    MarketplaceKind,
    Stage,
)

MOST = 1000
"""Orders in one post."""

_Amount = Annotated[Decimal, Field(ge=0, le=MOST_MONEY, max_digits=15)]
_Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
_Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Word = Annotated[str, Field(min_length=1, max_length=200)]
_Text = Annotated[str, Field(max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PostedLine(_Strict):
    """A line of an order; ``price`` is of one piece, without ``total`` it is that of all."""

    name: _Text
    price: _Amount
    quantity: Annotated[Decimal, Field(gt=0, le=MOST_PIECES, max_digits=12)] = Decimal(1)
    sku: _Text | None = None
    category: _Text | None = None
    category_code: _Text | None = None
    total: _Amount | None = None

    @property
    def all_together(self) -> Decimal:
        return self.price * self.quantity if self.total is None else self.total

    @model_validator(mode="after")
    def _is_an_amount(self) -> Self:
        if self.all_together > MOST_MONEY:
            raise PydanticCustomError("too_much", "price times quantity is more than anything costs")
        return self


class PostedOrder(_Strict):
    """An order in plain form.

    ``status`` and ``state`` are the marketplace's own words; ``stage`` is ours, and without it the marketplace's status
    tells how far the order is. A phone that is none, or is hidden, counts as not told.
    """

    code: _Code
    status: _Word
    total: _Amount
    placed_at: _Moment
    state: Annotated[str, Field(max_length=200)] = ""
    stage: Stage | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "KZT"
    name: _Text | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    lines: Annotated[tuple[PostedLine, ...], Field(max_length=1000)] | None = None
    approved_at: _Moment | None = None
    planned_delivery_at: _Moment | None = None
    handed_over_at: _Moment | None = None
    delivery: _Text | None = None
    payment: _Text | None = None
    city: _Text | None = None
    cancellation_reason: _Text | None = None


def read(document: object, kind: MarketplaceKind, *, read_at: datetime) -> list[MarketOrder]:
    """The orders of a posted document: ``{"orders": […]}`` in our form, ``{"data": […]}`` in the marketplace's.

    Raises UnrecognisedPayload that names the first wrong entry and its field, ``orders[3].total: …``.
    """
    if isinstance(document, Mapping) and isinstance(document.get("orders"), list):
        return [_order(number, entry, kind) for number, entry in enumerate(_few(document["orders"]))]
    if isinstance(document, Mapping) and isinstance(document.get("data"), list):
        _few(document["data"])
        return kind.read(document, read_at)
    raise UnrecognisedPayload('ожидается {"orders": […]} или {"data": […]}: список заказов')


def _few(entries: list[Any]) -> list[Any]:
    if len(entries) > MOST:
        raise UnrecognisedPayload(f"заказов {len(entries)}: за один раз не больше {MOST}, разделите их на части")
    return entries


def _order(number: int, entry: object, kind: MarketplaceKind) -> MarketOrder:
    try:
        posted = PostedOrder.model_validate(entry)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong["loc"])
        raise UnrecognisedPayload(f"orders[{number}]{where}: {wrong['msg']}") from None
    told = {
        name: getattr(posted, name)
        for name in (
            *("code", "status", "state", "total", "currency", "placed_at", "approved_at", "planned_delivery_at"),
            *("handed_over_at", "delivery", "payment", "city", "cancellation_reason"),
        )
    }
    phone = normalise_phone(posted.phone) if posted.phone else None
    return MarketOrder(
        **told,
        id="",
        stage=posted.stage or kind.stage(posted.status, posted.state),
        buyer=Buyer(name=posted.name or None, phone=phone),
        lines=None if posted.lines is None else tuple(_line(n, line) for n, line in enumerate(posted.lines)),
    )


def _line(number: int, line: PostedLine) -> Line:
    return Line(
        number=number,
        sku=line.sku or None,
        name=line.name or None,
        category=line.category or None,
        category_code=line.category_code or None,
        quantity=line.quantity,
        price=line.price,
        total=line.all_together,
    )
