"""One reader of a shop at a time: what it reads is taken in page by page, and a dead reader's turn runs out."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.db.statements import Statement
from saudager.errors import (
    BadCredentials,
    ConfigurationError,
    LeaseLost,
    RateLimited,
    Rejected,
    SaudagerError,
    UnrecognisedPayload,
)
from saudager.orders import intake, shops
from saudager.orders.models import Order, Shop
from saudager.orders.windows import Span
from saudager.providers.marketplace import MarketOrder, Marketplace, Page

_log = logging.getLogger(__name__)
LOOK_EVERY = timedelta(minutes=5)
_TURN = timedelta(minutes=5)
"""How long a reader may be silent until another takes its place; every page begins it anew."""
_TROUBLE = timedelta(hours=1)
"""A person is asked when nothing could be read for so long."""
_LONGEST_WAIT = timedelta(hours=1)

AlsoStore = Callable[[Session], None]


@dataclass
class Reader:
    """Whoever has the turn to read a shop, under the name of its task."""

    app: App
    shop: Shop
    market: Marketplace
    owner: str
    added: int = 0
    changed: int = 0
    seen: set[str] = field(default_factory=set)
    """Numbers of all orders it has read."""
    _asked_before: int = field(init=False)

    def __post_init__(self) -> None:
        self._asked_before = self.market.requests

    @property
    def requests(self) -> int:
        """Sent since it began."""
        return self.market.requests - self._asked_before

    async def page(
        self, state: str, span: Span, number: int, *, also: Callable[[Page], AlsoStore] | None = None
    ) -> Page:
        """Read a page of a listing and take it in; what is ``also`` to be stored is, in the same transaction."""
        read_at = self.app.clock.now()
        page = await self.market.page(state, since=span.since, until=span.until, number=number)
        await self._take(page.orders, read_at, also(page) if also else None)
        return page

    async def listing(self, state: str, span: Span) -> None:
        """Read all pages of a listing."""
        number = 0
        while (await self.page(state, span, number)).more:
            number += 1

    async def order(self, code: str) -> None:
        """Read one order by its number; one the marketplace does not know any more is not asked for again."""
        read_at = self.app.clock.now()
        try:
            told = await self.market.order(code)
        except UnrecognisedPayload as error:  # the others can be read
            _log.warning("an order of shop %s: %s", self.shop.id, error)
            return
        if told is None:
            await self.app.db.run(forget_open, self.shop.id, code)
        else:
            await self._take([told], read_at, None)

    async def _take(self, orders: Sequence[MarketOrder], read_at: datetime, also: AlsoStore | None) -> None:
        self.seen.update(order.code for order in orders)
        complete = await with_lines(self.app, self.shop.id, self.market, orders)
        taken = await self.app.db.run(_take, self, complete, read_at, also)
        self.added += len(taken.added)
        self.changed += len(taken.changed)


def claim(session: Session, shop_id: int, owner: str, *, now: datetime) -> bool:
    """Take the turn to read a shop; False while another has it."""
    return _CLAIM(session, shop=shop_id, owner=owner, now=now, until=now + _TURN).rowcount > 0


def release(session: Session, shop_id: int, owner: str, *, now: datetime) -> None:
    """Give the turn back; the next look is due in its time."""
    _RELEASE(session, shop=shop_id, owner=owner, due=now + LOOK_EVERY)


def went_well(session: Session, shop_id: int, *, began: datetime, closed_states: Sequence[str], now: datetime) -> None:
    """A whole look is over: nothing placed before it began is unknown."""
    shops.one(session, shop_id).synced_at = began
    for state in closed_states:
        _CLOSE(session, shop=shop_id, state=state)
    shops.is_well(session, shop_id, now=now)


def went_wrong(session: Session, shop_id: int, owner: str, error: SaudagerError, *, now: datetime) -> datetime:
    """Keep why a shop could not be read, ask for a person when he can help, and rest; when it may be tried again.

    Who is asked for patience is left alone for that long.
    """
    shop = session.get_one(Shop, shop_id)
    if shop.disconnected_at is not None:
        return now
    shop.problem = str(error)
    if isinstance(error, BadCredentials | ConfigurationError) or now - (shop.synced_at or shop.connected_at) > _TROUBLE:
        attention.ask(session, Why.SHOP, shops.about(shop_id), f"«{shop.name}»: {error}", now=now)
    if not isinstance(error, RateLimited):
        release(session, shop_id, owner, now=now)
        return now + LOOK_EVERY
    until = now + min(timedelta(seconds=error.retry_after), _LONGEST_WAIT)
    _LENGTHEN(session, shop=shop_id, owner=owner, until=until)
    return until


def forget_open(session: Session, shop_id: int, code: str) -> None:
    """The marketplace knows the order no more: nothing is to come of it."""
    _FORGET_OPEN(session, shop=shop_id, code=code)


async def with_lines(
    app: App, shop_id: int, market: Marketplace, orders: Sequence[MarketOrder]
) -> Sequence[MarketOrder]:
    """The orders with the lines that their listing did not tell, asked for unless we have them."""
    bare = [order.code for order in orders if order.lines is None]
    if not bare:
        return orders
    known = await app.db.read(_with_lines, shop_id, bare)
    complete = []
    for order in orders:
        if order.lines is None and order.code not in known:
            try:
                complete.append(replace(order, lines=await market.lines(order)))
                continue
            except Rejected:  # this order alone has none to tell
                pass
        complete.append(order)
    return complete


def _take(
    session: Session, reader: Reader, orders: Sequence[MarketOrder], read_at: datetime, also: AlsoStore | None
) -> intake.Taken:
    app, now = reader.app, reader.app.clock.now()
    if _LENGTHEN(session, shop=reader.shop.id, owner=reader.owner, until=now + _TURN).rowcount < 1:
        raise LeaseLost(f"shop {reader.shop.id} is read by another task now")
    taken = intake.take(
        session,
        shops.one(session, reader.shop.id),
        orders,
        read_at=read_at,
        came_from=intake.FROM_MARKETPLACE,
        vault=app.vault,
        settings=app.settings,
        now=now,
    )
    if also is not None:
        also(session)
    return taken


def _with_lines(session: Session, shop_id: int, codes: Sequence[str]) -> set[str]:
    found = select(Order.code).where(Order.shop_id == shop_id, Order.code.in_(codes), Order.has_lines)
    return set(session.scalars(found))


_CLAIM = Statement("""
    update shops set sync_owner = :owner, sync_until = :until
    where id = :shop and disconnected_at is null
        and (sync_owner is null or sync_owner = :owner or sync_until <= :now)""")
_LENGTHEN = Statement("update shops set sync_until = :until where id = :shop and sync_owner = :owner")
_RELEASE = Statement("""
    update shops set sync_owner = null, sync_until = :due where id = :shop and sync_owner = :owner""")
_CLOSE = Statement("update orders set is_open = false where shop_id = :shop and is_open and state = :state")
_FORGET_OPEN = Statement("update orders set is_open = false where shop_id = :shop and code = :code and is_open")
