"""A shop's older orders, read once when it is connected: newest first, from where it was left when it was cut off."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import ConfigurationError, DatabaseFault, LeaseLost, NotFound, OutsideError
from saudager.orders import reading, shops, sync
from saudager.orders.models import Shop
from saudager.orders.reading import LOOK_EVERY, AlsoStore, Reader
from saudager.orders.windows import Span, cut
from saudager.providers.marketplace import Marketplace, Page
from saudager.queues import tasks

_log = logging.getLogger(__name__)
Cursor = dict[str, Any]


async def backfill_orders(app: App, task_id: str, shop_id: int) -> int:
    """Read the shop's older orders, which call for no messages; how many there were, 0 when it was cut off.

    The first page of every state and window is read before the rest, and tells how many orders there are. Where it
    stands is stored with every page, so that a run begun again goes on; a run that fails, or finds the shop being
    read, leaves the rest to another one. New orders are looked for meanwhile.
    """
    try:
        shop = await app.db.read(shops.one, shop_id)
    except NotFound:  # disconnected meanwhile
        return 0
    now = app.clock.now()
    if not await app.db.run(reading.claim, shop_id, task_id, now=now):
        await app.db.run(_go_on_later, shop_id, due=now + LOOK_EVERY / 5, now=now)
        return 0
    try:
        return await _read(Reader(app, shop, shops.open_market(app, shop), task_id), task_id)
    except DatabaseFault:
        raise
    except (OutsideError, ConfigurationError) as error:
        _log.warning("older orders of shop %s: %s", shop_id, error)
        now = app.clock.now()
        due = await app.db.run(reading.went_wrong, shop_id, task_id, error, now=now)
        await app.db.run(_go_on_later, shop_id, due=due, now=now)
    except LeaseLost:
        now = app.clock.now()
        await app.db.run(reading.release, shop_id, task_id, now=now)
        await app.db.run(_go_on_later, shop_id, due=now + LOOK_EVERY, now=now)
    except NotFound:  # disconnected meanwhile
        _log.info("older orders of shop %s: it was disconnected", shop_id)
    return 0


def words(cursor: Cursor) -> str:
    """``заказы: 1 200 из 9 800``; how many there are is known once every list was begun."""
    read = _grouped(cursor.get("read", 0))
    if any(number == 0 for _, _, number in cursor.get("left", [[0, "", 0]])):
        return f"заказы: {read}, считаем остальные"
    return f"заказы: {read} из {_grouped(cursor['total'])}"


async def _read(reader: Reader, task_id: str) -> int:
    app, shop_id = reader.app, reader.shop.id
    shop = await app.db.read(shops.one, shop_id)
    looked_at = shop.synced_at or shop.connected_at
    cursor = await app.db.run(_begin, shop_id, reader.market)
    windows = _windows(cursor, reader.market)
    while cursor["left"]:
        if app.clock.now() >= looked_at + LOOK_EVERY:
            looked_at = app.clock.now()
            await sync.look_round(reader)
        window, state, number = cursor["left"][0]

        def moved_on(page: Page, before: Cursor = cursor) -> AlsoStore:
            return _stored(shop_id, task_id, _after(before, page))

        page = await reader.page(state, windows[window], number, also=moved_on)
        cursor = _after(cursor, page)
    await app.db.run(_done, shop_id, task_id, now=app.clock.now())
    return int(cursor["read"])


def _begin(session: Session, shop_id: int, market: Marketplace) -> Cursor:
    """Where to go on; the first time with every state and window."""
    shop = shops.one(session, shop_id)
    cursor: Cursor = dict(shop.backfill or {})
    if "left" not in cursor:
        states = (*market.open_states, *market.closed_states)
        left = [[window, state, 0] for window in range(len(_windows(cursor, market))) for state in states]
        shop.backfill = cursor = cursor | {"left": left, "read": 0, "total": 0}
    return cursor


def _after(cursor: Cursor, page: Page) -> Cursor:
    """Where it stands when the page of the first list is read: all lists are begun before one is gone on with."""
    (window, state, number), *rest = cursor["left"]
    following = [[window, state, number + 1]] if page.more else []
    return cursor | {
        "left": [*rest, *following] if number == 0 else [*following, *rest],
        "read": cursor["read"] + len(page.orders),
        "total": cursor["total"] + (page.total if number == 0 else 0),
    }


def _stored(shop_id: int, task_id: str, cursor: Cursor) -> AlsoStore:
    def store(session: Session) -> None:
        shop = session.get_one(Shop, shop_id)
        if not _is_of(shop.backfill, cursor):
            raise LeaseLost(f"the older orders of shop {shop_id} were asked for anew")
        shop.backfill = cursor
        tasks.report_progress(session, task_id, words(cursor))

    return store


def _is_of(stored: Cursor | None, cursor: Cursor) -> bool:
    return stored is not None and all(stored[name] == cursor[name] for name in ("since", "until"))


def _done(session: Session, shop_id: int, task_id: str, *, now: datetime) -> None:
    shops.one(session, shop_id).backfilled_at = now
    shops.is_well(session, shop_id, now=now)
    reading.release(session, shop_id, task_id, now=now)


def _windows(cursor: Cursor, market: Marketplace) -> list[Span]:
    return cut(datetime.fromisoformat(cursor["since"]), datetime.fromisoformat(cursor["until"]), market.window)


def _go_on_later(session: Session, shop_id: int, *, due: datetime, now: datetime) -> None:
    task_id = f"{shops.BACKFILL}:{shop_id}:{due.isoformat()}"
    tasks.enqueue(session, shops.BACKFILL, task_id=task_id, now=now, due=due, shop_id=shop_id)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
