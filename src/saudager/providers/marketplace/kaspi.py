"""A shop at Kaspi («Магазин на Kaspi.kz»), through the seller's API.

Vendor facts: Kaspi's guide for sellers, https://guide.kaspi.kz/partner/ru/shop/api, and what clients in production have
seen beside it (read 2026-11). There are no webhooks, no test stand and no filter by change; the rate limit is written
down nowhere. Requests of unusual programs and from outside Kazakhstan stay without an answer.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from saudager.clock import Clock
from saudager.errors import OutsideError, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.http_client import HttpClient
from saudager.providers.marketplace import Line, MarketOrder, Page
from saudager.providers.marketplace.kaspi_form import Config
from saudager.providers.marketplace.kaspi_rows import (
    ACCEPTED,
    CANCELLED,
    COMPLETED,
    Row,
    entries_in,
    named,
    names_all,
    product_of,
    read_lines,
    read_order,
    stage_of,
)
from saudager.providers.marketplace.kaspi_words import CANCELLATION_REASONS, DEEDS, SILENCE, STATUSES, words_of
from saudager.providers.marketplace.pace import Pace

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

_JSON_API = "application/vnd.api+json"
_PATIENCE = 20.0
_LONGEST_COMMENT = 1000
_NOT_FOUND = 404
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class Kaspi:
    """One shop as a ``Marketplace``.

    Nothing it raises or logs tells who bought: of an answer only Kaspi's own words for an error are shown.
    """

    open_states: tuple[str, ...] = ("NEW", "SIGN_REQUIRED", "PICKUP", "DELIVERY", "KASPI_DELIVERY")
    closed_states: tuple[str, ...] = ("ARCHIVE",)
    window = timedelta(days=14)
    page_size = 100

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = _PATIENCE,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        token, proxy = config.token.get_secret_value(), config.proxy.get_secret_value()
        self._clock = clock
        self._pace = Pace(config.requests_per_second, clock)
        self._products: dict[str, tuple[str | None, str | None]] = {}
        """Code and name by the product's id."""
        self._http = HttpClient(
            "Kaspi",
            str(config.base_url),
            clock=clock,
            headers={
                "X-Auth-Token": token,
                "Content-Type": _JSON_API,
                "Accept": _JSON_API,
                "User-Agent": config.user_agent,
            },
            secrets=[token, proxy],
            timeout=timeout,
            turn=self._pace.turn,
            excerpt=words_of,
            silence=SILENCE,
            proxy=proxy or None,
            transport=transport,
        )

    @property
    def requests(self) -> int:
        return self._pace.requests

    async def page(self, state: str, *, since: datetime, until: datetime, number: int) -> Page:
        """Orders in a state that were placed from ``since`` to ``until``, both included, in no promised order.

        An order that cannot be read is left out, and a developer is told by the log.
        """
        asked = f"заказы {state}"
        document = await self._ask(_listing(state, since, until, number, self.page_size), asked)
        read_at, included, rows = self._clock.now(), entries_in(document), _rows(document, asked)
        orders = []
        for row in rows:
            try:
                orders.append(read_order(row, included, read_at, alone=len(rows) == 1))
            except ValueError as error:
                log.warning("kaspi: an order in %s is left out: %s", state, error)
        told = document.get("meta")
        meta = told if isinstance(told, dict) else {}
        pages, total = meta.get("pageCount"), meta.get("totalCount")
        more = number + 1 < pages if isinstance(pages, int) else len(rows) >= self.page_size
        known = number * self.page_size + len(rows)
        return Page(tuple(orders), more=more and bool(rows), total=total if isinstance(total, int) else known)

    async def order(self, code: str) -> MarketOrder | None:
        return await self._find(code)

    async def _find(self, code: str, *, read: bool = True) -> MarketOrder | None:
        asked = f"заказ {code}"
        params = {"filter[orders][code]": code, "include[orders]": "entries"}
        document = await self._ask(params, asked, read=read)
        included, rows = entries_in(document), _rows(document, asked)
        for row in rows:
            try:
                order = read_order(row, included, self._clock.now(), alone=len(rows) == 1)
            except ValueError as error:
                raise UnrecognisedPayload(f"Kaspi: {asked}: {error}") from None
            if order.code == code:
                return order
        return None

    async def lines(self, order: MarketOrder) -> tuple[Line, ...]:
        """Ask for the lines; for the code and name of each product too, once, where lines do not tell them."""
        asked = f"состав заказа {order.code}"
        document = await self._http.call_json("GET", f"/orders/{_quoted(order.id)}/entries", asked=asked)
        entries: list[Row] = [row for row in _rows(document, asked) if isinstance(row, dict)]
        if not names_all(entries):
            entries = [named(entry, *await self._product(entry, asked)) for entry in entries]
        try:
            return read_lines(entries)
        except ValueError as error:
            raise UnrecognisedPayload(f"Kaspi: {asked}: {error}") from None

    async def accept(self, code: str) -> MarketOrder:
        order = await self._to_be_changed(code, *DEEDS["accept"], what="принять")
        return await self._change(order, f"принять заказ {code}", (ACCEPTED,), {"status": ACCEPTED})

    async def cancel(self, code: str, *, reason: str, comment: str) -> MarketOrder:
        """Cancel it for one of CANCELLATION_REASONS, with at most 1000 characters of comment."""
        if reason not in CANCELLATION_REASONS:
            raise Rejected(
                f"Kaspi не знает причины отмены {reason!r}: выберите одну из {', '.join(CANCELLATION_REASONS)}"
            )
        if len(comment) > _LONGEST_COMMENT:
            raise Rejected(f"Комментарий длиннее {_LONGEST_COMMENT} знаков: сократите его.")
        order = await self._to_be_changed(code, *DEEDS["cancel"], what="отменить")
        attributes = {"status": CANCELLED, "cancellationReason": reason, "cancellationComment": comment}
        return await self._change(order, f"отменить заказ {code}", (CANCELLED, "CANCELLING"), attributes)

    async def send_code(self, code: str) -> None:
        order = await self._to_be_changed(code, *DEEDS["complete"], what="выдать")
        await self._post(order, f"отправить код к заказу {code}", {"status": COMPLETED}, headers=_coded(""))

    async def complete(self, code: str, *, security_code: str) -> MarketOrder:
        if not (security_code := security_code.strip()) or not (
            security_code.isascii() and security_code.isprintable()
        ):
            raise Rejected("Введите код, который покупатель видит в приложении Kaspi.")
        order = await self._to_be_changed(code, *DEEDS["complete"], what="выдать")
        asked, headers = f"выдать заказ {code}", _coded(security_code)
        return await self._change(order, asked, (COMPLETED,), {"status": COMPLETED}, headers=headers)

    async def check(self) -> None:
        """Ask once for one new order: whoever waits for the answer sits before a page."""
        now = self._clock.now()
        params = _listing("NEW", now - timedelta(days=1), now, 0, 1)
        try:
            await self._ask(params, "проверка связи", read=False)
        except Unanswered as lost:
            raise Unreachable(str(lost)) from lost

    async def close(self) -> None:
        await self._http.close()

    async def _ask(self, params: Mapping[str, str | int], asked: str, *, read: bool = True) -> dict[str, Any]:
        return await self._http.call_json("GET", "/orders", asked=asked, params=params, read=read)

    async def _product(self, entry: Row, asked: str) -> tuple[str | None, str | None]:
        """The seller's code and name of what a line is about; where Kaspi has none of his, the name on Kaspi's card."""
        product, card = product_of(entry), None
        if product is None:
            product, card = await self._described(f"/orderentries/{_quoted(entry.get('id'))}/product", asked)
        if product not in self._products:
            _, own = await self._described(f"/masterproducts/{_quoted(product)}/merchantProduct", asked)
            if own.get("code") is None:
                if card is None:
                    _, card = await self._described(f"/orderentries/{_quoted(entry.get('id'))}/product", asked)
                own = {"name": card.get("name")}
            self._products[product] = own.get("code"), own.get("name")
        return self._products[product]

    async def _described(self, path: str, asked: str) -> tuple[str, Row]:
        """The id and attributes of a product; "" and nothing when there is none."""
        answer = await self._http.call("GET", path, asked=asked, accept=(_NOT_FOUND,))
        data = {} if answer.status == _NOT_FOUND else self._http.json_object(answer, asked=asked).get("data")
        told = data if isinstance(data, dict) else {}
        attributes = told.get("attributes")
        return str(told.get("id") or ""), attributes if isinstance(attributes, dict) else {}

    async def _to_be_changed(self, code: str, *statuses: str, what: str) -> MarketOrder:
        """The order as it is now, asked for once, because a person waits; raises Rejected when it is in none of the
        statuses."""
        try:
            order = await self._find(code, read=False)
        except Unanswered as lost:
            raise Unreachable(str(lost)) from lost
        if order is None:
            raise Rejected(f"У Kaspi нет заказа {code}.")
        if order.status not in statuses:
            stands = STATUSES.get(order.status, f"в статусе {order.status}")
            raise Rejected(f"Заказ {code} нельзя {what}: он {stands}.")
        return order

    async def _change(
        self,
        order: MarketOrder,
        asked: str,
        becomes: tuple[str, ...],
        attributes: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> MarketOrder:
        """Send a change once, and give back the order as it stands then; raises Unanswered when the answer does not
        confirm that very change."""
        told = await self._post(order, asked, attributes, headers=headers)
        status = told.get("status")
        if status not in becomes:
            raise Unanswered(f"Kaspi: {asked}: ответ не подтверждает этого, посмотрите заказ, прежде чем повторять")
        try:
            now = await self.order(order.code)
        except OutsideError as unread:
            log.info("kaspi: a changed order cannot be read yet: %s", unread)
            now = None
        if now is not None and now.status != order.status:
            return now
        handed_over = order.handed_over_at is not None
        stage = stage_of(str(status), order.state, handed_over=handed_over, waits=False)
        return replace(order, status=str(status), stage=stage)

    async def _post(
        self,
        order: MarketOrder,
        asked: str,
        attributes: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Row:
        """What the answer says of the order; raises Unanswered for an answer that is not about it."""
        data = {"type": "orders", "id": order.id, "attributes": {"code": order.code, **attributes}}
        answer = await self._http.call("POST", "/orders", asked=asked, body={"data": data}, headers=headers)
        try:
            told = self._http.json_object(answer, asked=asked).get("data")
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread
        row = told.get("attributes") if isinstance(told, dict) and told.get("id") == order.id else None
        if not isinstance(row, dict) or row.get("code", order.code) != order.code:
            raise Unanswered(f"Kaspi: {asked}: ответ не об этом заказе, посмотрите его, прежде чем повторять")
        return row


def _listing(state: str, since: datetime, until: datetime, number: int, size: int) -> dict[str, str | int]:
    return {
        "page[number]": number,
        "page[size]": size,
        "filter[orders][state]": state,
        "filter[orders][creationDate][$ge]": _milliseconds(since),
        "filter[orders][creationDate][$le]": _milliseconds(until),
        "include[orders]": "entries",
    }


def _milliseconds(moment: datetime) -> int:
    return (moment - _LONG_AGO) // timedelta(milliseconds=1)


def _rows(document: Mapping[str, Any], asked: str) -> list[Any]:
    rows = document.get("data")
    if not isinstance(rows, list):
        raise UnrecognisedPayload(f"Kaspi: {asked}: the answer has no list of data")
    return rows


def _coded(security_code: str) -> dict[str, str]:
    """Handing an order over takes two requests: one with an empty code has it sent to the buyer's app."""
    return {"X-Send-Code": "true", "X-Security-Code": security_code}


def _quoted(opaque: object) -> str:
    return quote(str(opaque), safe="")
