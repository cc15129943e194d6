"""A person's hand on an order: accept it, cancel it, hand it over by the buyer's code; nothing here happens by itself.

Each is sent to the marketplace once, and not at all while it does not answer. Whatever it answers, the order is read
again and taken in, so that the page shows what really is. Where the answer was lost and the order stands as before,
nobody knows whether the request arrived.
"""

import contextlib
from collections.abc import Awaitable, Callable

from saudager.app import App
from saudager.errors import OutsideError, Refused, Unanswered, Unreachable
from saudager.orders import shops, sync
from saudager.orders.models import Order, Shop
from saudager.providers.marketplace import MarketOrder, Marketplace, MarketplaceKind, Stage

_LOST = (
    "{market} не ответил, принят ли запрос. Заказ перечитан: его статус сейчас {status}. Подождите минуту и посмотрите "
    "ещё раз; повторяйте, только если ничего не изменится."
)
_LOST_AND_UNREAD = (
    "{market} не ответил, принят ли запрос, и заказ не удалось перечитать. Посмотрите заказ в кабинете продавца, "
    "прежде чем повторять."
)
_LOST_CODE = "{market} не ответил, отправлен ли код. Спросите покупателя; если кода нет, отправьте ещё раз."
_ACCEPTED, _CANCELLED, _HANDED_OVER = {Stage.APPROVED, Stage.READY}, {Stage.CANCELLED}, {Stage.DELIVERED}
Change = Callable[[Marketplace, str], Awaitable[MarketOrder]]


async def accept(app: App, order_id: int) -> Order:
    """Accept a new order; the order as it stands then.

    Like all here it raises NotFound for no such order, Refused for a shop that is elsewhere, what the marketplace
    raises when it says no, and Unanswered, with a sentence that says what to do, when its answer was lost.
    """
    return await _change(app, order_id, lambda market, code: market.accept(code), _ACCEPTED)


async def cancel(app: App, order_id: int, *, reason: str, comment: str = "") -> Order:
    """Cancel it for one of the marketplace's ``cancellation_reasons``."""
    _, _, kind = await _opened(app, order_id)
    if reason not in kind.cancellation_reasons:
        raise Refused(f"Выберите причину отмены, одну из тех, что знает {kind.title}.")
    comment = comment.strip()
    return await _change(
        app, order_id, lambda market, code: market.cancel(code, reason=reason, comment=comment), _CANCELLED
    )


async def send_code(app: App, order_id: int) -> None:
    """Have the buyer sent the code that he shows when he gets the order."""
    order, shop, kind = await _opened(app, order_id)
    try:
        await shops.open_market(app, shop).send_code(order.code)
    except Unanswered as lost:
        raise Unanswered(_LOST_CODE.format(market=kind.title)) from lost
    except Unreachable:
        raise
    except OutsideError:
        await _read_if_possible(app, order_id)
        raise


async def complete(app: App, order_id: int, *, security_code: str) -> Order:
    """Hand the order over by the code the buyer shows."""
    given = security_code.strip()
    if not given:
        raise Refused("Введите код, который назвал покупатель.")
    return await _change(app, order_id, lambda market, code: market.complete(code, security_code=given), _HANDED_OVER)


async def _change(app: App, order_id: int, change: Change, becomes: set[Stage]) -> Order:
    order, shop, kind = await _opened(app, order_id)
    market = shops.open_market(app, shop)
    try:
        told = await change(market, order.code)
    except Unanswered as lost:
        return await _found_out(app, order, kind.title, becomes, lost)
    except Unreachable:
        raise
    except OutsideError:
        await _read_if_possible(app, order_id)
        raise
    await sync.take_one(app, shop, market, told, read_at=app.clock.now())
    return (await app.db.read(sync.with_shop, order_id))[0]


async def _found_out(app: App, order: Order, market: str, becomes: set[Stage], lost: Unanswered) -> Order:
    """The order, when reading it shows that a change whose answer was lost was made."""
    try:
        now = await sync.read_again(app, order.id)
    except OutsideError:
        raise Unanswered(_LOST_AND_UNREAD.format(market=market)) from lost
    if now.status == order.status or Stage(now.stage) not in becomes:
        raise Unanswered(_LOST.format(market=market, status=now.status)) from lost
    return now


async def _opened(app: App, order_id: int) -> tuple[Order, Shop, MarketplaceKind]:
    order, shop = await app.db.read(sync.with_shop, order_id)
    if shop.marketplace is None or shop.config is None:
        raise Refused(f"Магазин «{shop.name}» не на маркетплейсе: измените заказ там, где он ведётся.")
    return order, shop, shops.kind_of(app, shop.marketplace)


async def _read_if_possible(app: App, order_id: int) -> None:
    """Take in what the order is that the marketplace said no to; the next look sees it otherwise."""
    with contextlib.suppress(OutsideError):
        await sync.read_again(app, order_id)
