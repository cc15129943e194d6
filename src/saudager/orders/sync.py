"""Keep up with the shops' orders: what is new and what moved, with the fewest requests the marketplace allows.

A marketplace lists orders by state and by when they were placed, never by when they changed. So a look asks for

* every open state over the newest window (a listing takes at most so long a span): what is new, and what moved among
  the open states. A narrower span would take as many requests; a wider one is asked for only after a long pause.
* an open state over an older window, where at least two of the open orders we know stand in it.
* the closed states over the time since the last look, for an order may be placed and closed between two looks.
* what became of the open orders we know and have not met so far: they left. Each is read by its number, or the closed
  states are listed over their windows, whichever takes fewer requests.

An idle look at a shop without old open orders takes a request for each state. What is placed while we look is met by
the next look, whose spans begin a while before this one began, so that clocks may differ. A page is a transaction: a
look that was cut off has stored what it saw, and the next one begins from the last whole look.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.statements import Statement, moment
from saudager.errors import ConfigurationError, DatabaseFault, LeaseLost, NotFound, OutsideError
from saudager.orders import intake, reading, shops
from saudager.orders.models import Order, Shop
from saudager.orders.reading import Reader
from saudager.orders.windows import Known, Reread, cut, listings, rereads
from saudager.providers.marketplace import MarketOrder, Marketplace
from saudager.queues import tasks

_log = logging.getLogger(__name__)
_OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a shop brought, and the requests it took; ``problem``: why it was not a whole one."""

    shop_id: int
    added: int = 0
    changed: int = 0
    requests: int = 0
    problem: str | None = None


def next_due(session: Session) -> datetime | None:
    """When the next shop is to be looked at."""
    return moment(_NEXT_DUE(session).fetchone()[0])


async def sync_orders(app: App, task_id: str) -> dict[str, int]:
    """Look at every shop that is due, all at once, for each keeps a pace of its own, and ask for the next look; the
    failure of one is noted with it and stops no other."""
    due = await app.db.read(_due, now=app.clock.now())
    looked = await asyncio.gather(*(look(app, shop_id, owner=task_id) for shop_id in due), return_exceptions=True)
    await app.db.run(_ask_for_next, now=app.clock.now())
    for failed in looked:
        if isinstance(failed, BaseException):
            raise failed
    done = [one for one in looked if isinstance(one, Looked)]
    return {
        "shops": len(done),
        "added": sum(one.added for one in done),
        "changed": sum(one.changed for one in done),
        "requests": sum(one.requests for one in done),
    }


async def look(app: App, shop_id: int, *, owner: str) -> Looked | None:
    """Look at one shop for what is new; None while another task reads it. Raises Refused for a shop elsewhere."""
    shop = await app.db.read(shops.one, shop_id)
    shops.at_a_marketplace(shop)
    if not await app.db.run(reading.claim, shop_id, owner, now=app.clock.now()):
        return None
    reader, problem = None, None
    try:
        reader = Reader(app, shop, shops.open_market(app, shop), owner)
        await look_round(reader)
        await app.db.run(reading.release, shop_id, owner, now=app.clock.now())
    except DatabaseFault:
        raise
    except (OutsideError, ConfigurationError) as error:
        problem = str(error)
        _log.warning("orders of shop %s: %s", shop_id, error)
        await app.db.run(reading.went_wrong, shop_id, owner, error, now=app.clock.now())
    except (LeaseLost, NotFound) as error:  # another reads it, or it was disconnected meanwhile
        problem = str(error)
        _log.info("orders of shop %s: %s", shop_id, error)
    if reader is None:
        return Looked(shop_id, problem=problem)
    return Looked(shop_id, reader.added, reader.changed, reader.requests, problem)


async def look_round(reader: Reader) -> None:
    """A whole look by somebody who has the turn."""
    app, shop, market, began = reader.app, reader.shop, reader.market, reader.app.clock.now()
    known: list[Known] = await app.db.read(_open_orders, shop.id)
    last: datetime = (await app.db.read(shops.one, shop.id)).synced_at or shop.connected_at
    missed = cut(min(last - _OVERLAP, began), began, market.window)
    newest = cut(min(last - _OVERLAP, began - market.window), began, market.window)
    reader.seen.clear()
    for state, span in listings(known, market.open_states, newest, market.window):
        await reader.listing(state, span)
    for span in missed:
        for state in market.closed_states:
            await reader.listing(state, span)
    left = [order for order in known if order.code not in reader.seen]
    closed = await app.db.read(_closed_between, shop.id, left) if len(left) > 1 else []
    for reread in rereads(left, closed, market.window, market.page_size, len(market.closed_states)):
        await _read_left(reader, reread)
    await app.db.run(reading.went_well, shop.id, began=began, closed_states=market.closed_states, now=app.clock.now())


async def read_again(app: App, order_id: int) -> Order:
    """The order as the marketplace has it now, one request; as it is stored when its shop is elsewhere.

    Raises NotFound when there is no such order, and what the marketplace raises.
    """
    order, shop = await app.db.read(with_shop, order_id)
    if shop.marketplace is None or shop.config is None:
        return order
    market, read_at = shops.open_market(app, shop), app.clock.now()
    told = await market.order(order.code)
    if told is None:
        await app.db.run(reading.forget_open, shop.id, order.code)
    else:
        await take_one(app, shop, market, told, read_at=read_at)
    return (await app.db.read(with_shop, order_id))[0]


async def take_one(app: App, shop: Shop, market: Marketplace, told: MarketOrder, *, read_at: datetime) -> None:
    """Take in an order that was read on its own, whoever has the turn to read the shop."""
    orders = await reading.with_lines(app, shop.id, market, [told])

    def take(session: Session) -> None:
        intake.take(
            session,
            shops.one(session, shop.id),
            orders,
            read_at=read_at,
            came_from=intake.FROM_MARKETPLACE,
            vault=app.vault,
            settings=app.settings,
            now=app.clock.now(),
        )

    await app.db.run(take)


def with_shop(session: Session, order_id: int) -> tuple[Order, Shop]:
    """Raises NotFound when there is no such order."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound(f"Заказа {order_id} нет.")
    return order, session.get_one(Shop, order.shop_id)


async def _read_left(reader: Reader, reread: Reread) -> None:
    """Read orders that left the open states; a list that turns out longer than they are many is not read to its end."""
    left = {order.code for order in reread.orders}
    if reread.span is not None:
        size = reader.market.page_size
        for state in reader.market.closed_states:
            number, more = 0, True
            while more and left - reader.seen:
                page = await reader.page(state, reread.span, number)
                number += 1
                more = page.more and -(-page.total // size) - number <= len(left - reader.seen)
    for order in reread.orders:
        if order.code not in reader.seen:
            await reader.order(order.code)


def _ask_for_next(session: Session, *, now: datetime) -> None:
    """Named as ``schedule.keep_due`` does, so that one of the two asks."""
    due = next_due(session)
    if due is not None and due > now:
        tasks.enqueue(session, shops.LOOK, task_id=f"due:{shops.LOOK}:{due:%Y-%m-%dT%H:%MZ}", now=now, due=due)


def _due(session: Session, *, now: datetime) -> list[int]:
    return [row[0] for row in _DUE(session, now=now).fetchall()]


def _open_orders(session: Session, shop_id: int) -> list[Known]:
    rows = _OPEN_ORDERS(session, shop=shop_id).fetchall()
    return [Known(code, state, _known(placed_at)) for code, state, placed_at in rows]


def _closed_between(session: Session, shop_id: int, left: Sequence[Known]) -> Sequence[datetime]:
    """When the closed orders were placed that the closed states' lists of these orders' time would show."""
    placed = [order.placed_at for order in left]
    query = select(Order.placed_at).where(
        Order.shop_id == shop_id, Order.placed_at.between(min(placed), max(placed)), ~Order.is_open
    )
    return session.scalars(query.order_by(Order.placed_at)).all()


def _known(stored: object) -> datetime:
    known = moment(stored)
    assert known is not None
    return known


_READ = "marketplace is not null and config is not null and disconnected_at is null"
_NEXT_DUE = Statement(f"select min(coalesce(sync_until, connected_at)) from shops where {_READ}")  # noqa: S608
_DUE = Statement(f"""
    select id from shops where {_READ} and coalesce(sync_until, connected_at) <= :now order by id""")  # noqa: S608
_OPEN_ORDERS = Statement("select code, state, placed_at from orders where shop_id = :shop and is_open")
