"""The merchant's shops: connected once their form was tried, changed, paused, renamed, disconnected and opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention, forms
from saudager.app import App
from saudager.attention import Why
from saudager.db.statements import Statement
from saudager.errors import NotFound, Refused, SaudagerError
from saudager.orders import triggers
from saudager.orders.models import Shop
from saudager.providers.marketplace import Marketplace, MarketplaceKind
from saudager.queues import tasks
from saudager.vault import Vault

LOOK, BACKFILL = "sync_orders", "backfill_orders"
"""The tasks that read a shop's new and older orders."""
DISCONNECTED = "shop_disconnected"
"""Why what waited for an order of a disconnected shop was stopped."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a form: whether the marketplace accepts it, its sentence when not, what is wrong field by field."""

    ready: bool
    reason: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    """A sentence for each field that was filled in wrongly; then nothing was tried."""
    shop_id: int | None = None
    """The shop, once it is stored."""


def everyone(session: Session) -> Sequence[Shop]:
    """The connected shops by name."""
    return session.scalars(select(Shop).where(Shop.disconnected_at.is_(None)).order_by(Shop.name, Shop.id)).all()


def one(session: Session, shop_id: int) -> Shop:
    """Raises NotFound when there is no such shop, or it is disconnected."""
    shop = session.get(Shop, shop_id)
    if shop is None or shop.disconnected_at is not None:
        raise NotFound(f"Магазина {shop_id} нет.")
    return shop


def connect(
    session: Session,
    name: str,
    *,
    marketplace: str | None,
    sealed_config: str | None,
    account: str | None,
    writes: bool,
    now: datetime,
    days: int = 0,
) -> int:
    """Connect a shop, or again one that was disconnected; its id. Raises Refused for a name that is taken.

    ``days``: how far back its older orders are read, about which nobody is written to.
    """
    name = _free_name(session, name)
    shop = session.scalars(select(Shop).where(Shop.name == name)).first()
    if shop is None:
        shop = Shop(name=name)
        session.add(shop)
    shop.marketplace, shop.config, shop.account, shop.writes = marketplace, sealed_config, account, writes
    shop.connected_at = shop.writes_since = now
    shop.disconnected_at = shop.synced_at = shop.problem = shop.sync_owner = shop.sync_until = None
    session.flush()
    if marketplace is not None and days:
        read_older(session, shop.id, days=days, now=now)
    elif marketplace is not None:
        tasks.enqueue(session, LOOK, task_id=f"{LOOK}:{shop.id}:{now.isoformat()}", now=now)
    return shop.id


def seed(
    session: Session,
    vault: Vault,
    name: str,
    *,
    marketplace: str,
    config: Mapping[str, Any],
    days: int,
    now: datetime,
) -> None:
    """Connect the shop the environment names, when none at its marketplace is connected or was; else give the one that
    has its form from there the new one."""
    written = json.dumps(config)
    sealed = vault.seal(written, of_environment=True)
    known = session.scalars(select(Shop).where(Shop.marketplace == marketplace)).all()
    for shop in known:
        before = vault.open_if_of_environment(shop.config or "")
        if before is not None and before != written:
            _change(session, shop.id, sealed, works=True, now=now)
    if known:
        return
    connect(
        session,
        name,
        marketplace=marketplace,
        sealed_config=sealed,
        account=None,
        writes=True,
        now=now,
        days=days,
    )


def read_older(session: Session, shop_id: int, *, days: int, now: datetime) -> None:
    """Have the orders of so many days read, from the newest back; begun again from the start when it was done before.

    Raises Refused for a shop that is at no marketplace.
    """
    shop = one(session, shop_id)
    if shop.marketplace is None:
        raise Refused(f"«{shop.name}» не на маркетплейсе: его заказы загружают файлом или через API.")
    shop.backfill = {"since": (now - timedelta(days=days)).isoformat(), "until": now.isoformat()}
    shop.backfilled_at = None
    tasks.enqueue(session, BACKFILL, task_id=f"{BACKFILL}:{shop_id}:{now.isoformat()}", now=now, shop_id=shop_id)


def set_writing(session: Session, shop_id: int, *, writes: bool, now: datetime) -> None:
    """Write to its buyers, or not: then what is written and has not gone yet does not go. About orders that were placed
    while nobody wrote nothing is caught up on."""
    shop = one(session, shop_id)
    if writes and not shop.writes:
        shop.writes_since = now
    shop.writes = writes
    if not writes:
        triggers.take_back(session, shop_id, triggers.SHOP_PAUSED, now=now)


def write_from(session: Session, shop_id: int, account: str | None) -> None:
    """Let its buyers be written to from this number; None: from the default one."""
    one(session, shop_id).account = account


def rename(session: Session, shop_id: int, name: str) -> None:
    """Raises Refused for a name that is taken."""
    shop = one(session, shop_id)
    if name.strip() != shop.name:
        shop.name = _free_name(session, name, is_new=False)


def disconnect(session: Session, shop_id: int, *, now: datetime) -> None:
    """Forget a shop's credentials and stop what waits to be written to its buyers; its orders stay."""
    shop = one(session, shop_id)
    shop.config, shop.disconnected_at, shop.problem = None, now, None
    shop.sync_owner = shop.sync_until = None
    _STOP_WAITING(session, shop=shop_id, reason=DISCONNECTED, now=now)
    triggers.take_back(session, shop_id, DISCONNECTED, now=now)
    attention.settle(session, Why.SHOP, about(shop_id), now=now)


def is_well(session: Session, shop_id: int, *, now: datetime) -> None:
    """Its orders can be read: nobody need look any more."""
    one(session, shop_id).problem = None
    attention.settle(session, Why.SHOP, about(shop_id), now=now)


def about(shop_id: int) -> str:
    """What the desk calls a shop."""
    return f"shop:{shop_id}"


def open_market(app: App, shop: Shop) -> Marketplace:
    """The shop's marketplace, opened once in this process, and anew when its form was changed.

    Raises Refused when the shop is elsewhere.
    """
    marketplace, sealed = at_a_marketplace(shop)
    opened = app.markets.get(shop.id)
    if opened is not None and opened[0] == sealed:
        return opened[1]
    market = kind_of(app, marketplace).open(json.loads(app.vault.open(sealed)), app.clock)
    if opened is not None:
        app.retiring.append(opened[1].close())  # somebody may be asking it still: with the program's end
    app.markets[shop.id] = sealed, market
    return market


def at_a_marketplace(shop: Shop) -> tuple[str, str]:
    """Where its orders are read, and its sealed form; raises Refused when it is elsewhere."""
    if shop.marketplace is None or shop.config is None:
        raise Refused(f"«{shop.name}» не на маркетплейсе, который мы читаем.")
    return shop.marketplace, shop.config


def kind_of(app: App, marketplace: str) -> MarketplaceKind:
    """Raises NotFound for a marketplace nobody knows."""
    if marketplace not in app.marketplaces:
        raise NotFound(f"Такого маркетплейса нет: {marketplace}.")
    return app.marketplaces[marketplace]


async def try_out(app: App, marketplace: str, filled: Mapping[str, Any], *, shop_id: int | None = None) -> Trial:
    """Ask the marketplace whether it accepts a form; nothing is stored. Secrets left empty are those of the shop."""
    kind, config = kind_of(app, marketplace), await _completed(app, marketplace, filled, shop_id)
    if problems := forms.problems(kind.form(), config):
        return Trial(ready=False, problems=problems)
    market = kind.open(config, app.clock)
    try:
        await market.check()
    except SaudagerError as error:
        return Trial(ready=False, reason=str(error))
    finally:
        await market.close()
    return Trial(ready=True)


async def take_on(
    app: App,
    name: str,
    marketplace: str,
    filled: Mapping[str, Any],
    *,
    account: str | None = None,
    writes: bool = True,
    untested: bool = False,
) -> Trial:
    """Try a form, connect the shop and have its older orders read; ``untested``: whatever the marketplace says."""
    trial = await try_out(app, marketplace, filled)
    if trial.problems or not (trial.ready or untested):
        return trial
    shop_id = await app.db.run(
        connect,
        name,
        marketplace=marketplace,
        sealed_config=_seal(app, await _completed(app, marketplace, filled, None)),
        account=account,
        writes=writes,
        now=app.clock.now(),
        days=app.settings.kaspi_backfill_days,
    )
    return Trial(trial.ready, trial.reason, shop_id=shop_id)


async def change(app: App, shop_id: int, filled: Mapping[str, Any], *, untested: bool = False) -> Trial:
    """The same with the form of a shop that is connected; its orders are read by the new one from now on."""
    shop = await app.db.read(one, shop_id)
    if shop.marketplace is None:
        raise Refused(f"«{shop.name}» не на маркетплейсе: менять нечего.")
    trial = await try_out(app, shop.marketplace, filled, shop_id=shop_id)
    if trial.problems or not (trial.ready or untested):
        return trial
    config = await _completed(app, shop.marketplace, filled, shop_id)
    await app.db.run(_change, shop_id, _seal(app, config), works=trial.ready, now=app.clock.now())
    return Trial(trial.ready, trial.reason, shop_id=shop_id)


def shown(app: App, shop: Shop) -> tuple[dict[str, Any], list[str]]:
    """A shop's form without its secrets, and which of them are set."""
    if shop.marketplace is None or shop.config is None:
        return {}, []
    config = app.vault.read(shop.config) or {}
    secrets = forms.secrets(kind_of(app, shop.marketplace).form())
    kept = sorted(name for name in secrets if config.get(name))
    return {name: value for name, value in config.items() if name not in secrets}, kept


def _change(session: Session, shop_id: int, sealed_config: str, *, works: bool, now: datetime) -> None:
    one(session, shop_id).config = sealed_config
    if works:
        is_well(session, shop_id, now=now)


def _free_name(session: Session, name: str, *, is_new: bool = True) -> str:
    """A name no connected shop has; a new shop may have that of a disconnected one, which it then is."""
    name = name.strip()
    if not name:
        raise Refused("Назовите магазин.")
    taken = session.scalars(select(Shop).where(Shop.name == name)).first()
    if taken is not None and (taken.disconnected_at is None or not is_new):
        raise Refused(f"Магазин «{name}» уже есть: выберите другое название.")
    return name


async def _completed(app: App, marketplace: str, filled: Mapping[str, Any], shop_id: int | None) -> dict[str, Any]:
    form = kind_of(app, marketplace).form()
    if shop_id is None:
        return forms.completed(form, filled)
    shop = await app.db.read(one, shop_id)
    kept = app.vault.read(shop.config) if shop.config else None
    return forms.completed(form, filled, kept)


def _seal(app: App, config: Mapping[str, Any]) -> str:
    return app.vault.seal(json.dumps(config))


_STOP_WAITING = Statement("""
    update order_triggers set state = 'stopped', reason = :reason, decided_at = :now, claimed_until = null
    where state = 'waiting' and order_id in (select id from orders where shop_id = :shop)""")
