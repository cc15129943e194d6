"""How the seller who writes to buyers about their orders is doing; behind a key with the scope ``orders``."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from saudager.api.guard import needs
from saudager.api.sold import done
from saudager.app import App
from saudager.engines.order import Engines
from saudager.keys import Scope
from saudager.orders import metrics, results, seller
from saudager.orders.metrics import Tally
from saudager.orders.models import Shop
from saudager.orders.results import Comparison, Group
from saudager.outreach.intervals import Interval

Code = Annotated[str, Path(min_length=1, max_length=100)]
ShopId = Annotated[int | None, Query(ge=1, lt=2**63)]
_BY_PROGRAM = "api"
_FALLBACK = "fallback"


def router(app: App) -> APIRouter:
    """Answers as docs/orders.md shows them.

    ``GET /ai-seller/status``: whether and when it writes, its shops, what waits, who finds the words.
    ``GET /ai-seller/metrics``: what became of its messages since the last reset, and what buyers did after them.
    ``POST /ai-seller/reset-metrics``: count anew from now on, ``{"reset_at": "…"}``.
    ``GET /ai-seller/results``: whether marketing messages help, by the buyers who get none (HOLDOUT_SHARE).
    ``POST /ai-seller/trigger-delivered/{order_id}``: an order was delivered, tell its buyer now; said again, it answers
    what was done the first time (``"repeated": true``). 404 for an unknown order, 409 for a cancelled or returned one,
    and when two shops have the number and no ``?shop_id=`` says which.
    """
    routes = APIRouter(prefix="/ai-seller", dependencies=[needs(app, Scope.ORDERS)])

    @routes.get("/status")
    async def status() -> dict[str, Any]:
        settings = app.settings
        stands = await app.db.read(seller.standing, settings)
        return {
            "enabled": settings.ai_seller_enabled,
            "triggers": list(settings.ai_seller_triggers),
            "writer": _writer(app),
            "shops": [_shop(one) for one in stands.shops],
            "waiting": stands.waiting,
            "next_due_at": stands.next_due_at,
            "holdout": {"share": settings.holdout_share, "suggested": stands.suggests_holdout},
            "counted_since": stands.counted_since,
        }

    @routes.get("/metrics")
    async def figures() -> dict[str, Any]:
        counted = await app.db.read(metrics.counted, now=app.clock.now())
        by_trigger = {trigger: _tally(one) for trigger, one in counted.by_trigger.items()}
        return {"since": counted.since, **_tally(counted.total), "by_trigger": by_trigger}

    @routes.post("/reset-metrics")
    async def reset() -> dict[str, Any]:
        return {"reset_at": await app.db.run(metrics.reset, _BY_PROGRAM, app.clock.now())}

    @routes.get("/results")
    async def compared() -> dict[str, Any]:
        return _comparison(await app.db.read(results.compare, now=app.clock.now()))

    @routes.post("/trigger-delivered/{order_id:path}")
    async def delivered(order_id: Code, shop_id: ShopId = None) -> dict[str, Any]:
        deed, repeated = await app.db.run(
            seller.delivered, order_id, shop_id=shop_id, settings=app.settings, now=app.clock.now()
        )
        return {"order_id": order_id, **done(deed), "repeated": repeated}

    return routes


def _writer(app: App) -> str:
    """The engine that is asked first as things stand, or ``fallback`` when the lines are ours."""
    if not isinstance(app.model, Engines):
        return _FALLBACK if app.model is app.offline else app.model.name
    now = app.clock.now()
    well = (one.name for one in app.model.engines if not one.health.stopped and not one.health.is_resting(now))
    return next(well, _FALLBACK)


def _shop(shop: Shop) -> dict[str, Any]:
    return {
        "id": shop.id,
        "name": shop.name,
        "marketplace": shop.marketplace,
        "writes": shop.writes,
        "synced_at": shop.synced_at,
        "problem": shop.problem,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "sent": tally.sent,
        "on_the_way": tally.on_the_way,
        "unsettled": tally.unsettled,
        "failed": tally.failed,
        "blocked": tally.blocked,
        "waiting": tally.waiting,
        "fallback_used": tally.fallback_used,
        "success_rate": None if tally.success_rate is None else round(tally.success_rate, 4),
        "answers": tally.answers,
        "opt_outs": tally.opt_outs,
        "later_purchases": tally.later_purchases,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "seen": found.seen,
        "says": results.in_words(found),
        "share": found.share,
        "since": found.since,
        "written_to": _group(found.written_to),
        "held_out": _group(found.held_out),
        "difference": {
            "repeat_share": _interval(found.repeat_share, 4),
            "revenue_per_buyer": _interval(found.revenue, 2),
        },
        "currency": found.currency,
        "buyers_needed": found.needed,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "buyers": group.buyers,
        "repeat_buyers": group.repeat_buyers,
        "repeat_share": None if group.repeat_share is None else round(group.repeat_share, 4),
        "revenue": f"{group.revenue:.2f}",
        "revenue_per_buyer": None if group.revenue_per_buyer is None else f"{group.revenue_per_buyer:.2f}",
    }


def _interval(interval: Interval | None, places: int) -> dict[str, float] | None:
    if interval is None:
        return None
    return {name: round(getattr(interval, name), places) for name in ("value", "low", "high")}
