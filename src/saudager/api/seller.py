"""How the seller who writes to buyers about their orders is doing; behind a key with the scope ``orders``."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.api.sold import DeedTold, done
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
_COUNTED = {
    "sent": 2,
    "on_the_way": 0,
    "unsettled": 0,
    "failed": 0,
    "blocked": {"opted_out": 1},
    "waiting": 1,
    "fallback_used": 1,
    "success_rate": 0.6667,
    "answers": 1,
    "opt_outs": 0,
    "later_purchases": 0,
}


class ShopOfSeller(BaseModel):
    """A shop whose buyers are written to, or not."""

    id: int
    name: str
    marketplace: str | None
    writes: bool
    synced_at: datetime | None
    problem: str | None


class HoldoutShare(BaseModel):
    """Which part of the buyers gets no marketing."""

    share: float
    suggested: bool


class Standing(BaseModel):
    """Whether and when it writes."""

    model_config = shown(
        {
            "enabled": True,
            "triggers": ["POST_PURCHASE", "ORDER_READY", "ORDER_DELIVERED", "REVIEW_REQUEST"],
            "writer": "fallback",
            "shops": [
                {
                    "id": 1,
                    "name": "Kaspi",
                    "marketplace": "kaspi",
                    "writes": True,
                    "synced_at": "2026-03-11T06:57:00Z",
                    "problem": None,
                }
            ],
            "waiting": 1,
            "next_due_at": "2026-03-12T07:00:00Z",
            "holdout": {"share": 0.2, "suggested": False},
            "counted_since": None,
        }
    )

    enabled: bool
    triggers: list[str]
    writer: str = Field(description="The engine that is asked first; `fallback`: the lines are the product's own.")
    shops: list[ShopOfSeller]
    waiting: int
    next_due_at: datetime | None
    holdout: HoldoutShare
    counted_since: datetime | None = Field(description="The last reset.")


class Tallied(BaseModel):
    """What became of messages, and what buyers did after them: docs/orders.md."""

    sent: int
    on_the_way: int
    unsettled: int
    failed: int
    blocked: dict[str, int] = Field(description="By reason.")
    waiting: int
    fallback_used: int
    success_rate: float | None
    answers: int
    opt_outs: int
    later_purchases: int


class Figures(Tallied):
    """The same, and by trigger."""

    model_config = shown({"since": None, **_COUNTED, "by_trigger": {"POST_PURCHASE": _COUNTED}})

    since: datetime | None = Field(description="The last reset.")
    by_trigger: dict[str, Tallied]


class Reset(BaseModel):
    """From when on it is counted."""

    model_config = shown({"reset_at": "2026-03-11T07:00:00Z"})

    reset_at: datetime


class GroupTold(BaseModel):
    """Buyers, and what they ordered after they were drawn."""

    buyers: int
    repeat_buyers: int
    repeat_share: float | None
    revenue: str
    revenue_per_buyer: str | None


class Difference(BaseModel):
    """A difference with its interval of 95 %."""

    value: float
    low: float
    high: float


class Differences(BaseModel):
    """Buyers written to less those held out; null as long as nothing can be said."""

    repeat_share: Difference | None
    revenue_per_buyer: Difference | None


class Compared(BaseModel):
    """Whether marketing messages help."""

    model_config = shown(
        {
            "seen": "more",
            "says": "Сообщения помогают: снова купили 25,1 % тех, кому писали, и 14,1 % тех, кому не писали.",
            "share": 0.2,
            "since": "2025-12-05T07:00:00Z",
            "written_to": {
                "buyers": 3200,
                "repeat_buyers": 804,
                "repeat_share": 0.2512,
                "revenue": "17905468.87",
                "revenue_per_buyer": "5595.46",
            },
            "held_out": {
                "buyers": 800,
                "repeat_buyers": 113,
                "repeat_share": 0.1412,
                "revenue": "2610100.46",
                "revenue_per_buyer": "3262.63",
            },
            "difference": {
                "repeat_share": {"value": 0.11, "low": 0.0802, "high": 0.1372},
                "revenue_per_buyer": {"value": 2332.83, "low": 1539.76, "high": 3125.9},
            },
            "currency": "KZT",
            "buyers_needed": 2789,
        }
    )

    seen: str = Field(description="more, less, no_effect or too_early.")
    says: str = Field(description="The same in Russian.")
    share: float
    since: datetime | None
    written_to: GroupTold
    held_out: GroupTold
    difference: Differences
    currency: str | None
    buyers_needed: int | None


class Delivered(DeedTold):
    """What was done about an order that was delivered."""

    model_config = shown(
        {
            "order_id": "496000002",
            "trigger": "ORDER_DELIVERED",
            "state": "waiting",
            "verdict": None,
            "reason": None,
            "message": None,
            "engine": None,
            "due_at": "2026-03-11T07:00:00Z",
            "written_at": None,
            "delivery": None,
            "repeated": False,
        }
    )

    order_id: str
    repeated: bool = Field(description="It was told before: nothing was done this time.")


def router(app: App) -> APIRouter:
    """Answers as docs/orders.md shows them."""
    routes = APIRouter(prefix="/ai-seller", **behind(app, Scope.ORDERS), tags=["Orders"])

    @routes.get("/status")
    async def status() -> Standing:
        """Whether and when it writes, its shops, what waits, who finds the words."""
        settings = app.settings
        stands = await app.db.read(seller.standing, settings)
        return Standing(
            enabled=settings.ai_seller_enabled,
            triggers=list(settings.ai_seller_triggers),
            writer=_writer(app),
            shops=[_shop(one) for one in stands.shops],
            waiting=stands.waiting,
            next_due_at=stands.next_due_at,
            holdout=HoldoutShare(share=settings.holdout_share, suggested=stands.suggests_holdout),
            counted_since=stands.counted_since,
        )

    @routes.get("/metrics")
    async def figures() -> Figures:
        """What became of its messages since the last reset, and what buyers did after them."""
        counted = await app.db.read(metrics.counted, now=app.clock.now())
        by_trigger = {trigger: _tally(one) for trigger, one in counted.by_trigger.items()}
        return Figures(since=counted.since, by_trigger=by_trigger, **dict(_tally(counted.total)))

    @routes.post("/reset-metrics")
    async def reset() -> Reset:
        """Count anew from now on. Nothing is deleted."""
        return Reset(reset_at=await app.db.run(metrics.reset, _BY_PROGRAM, app.clock.now()))

    @routes.get("/results")
    async def compared() -> Compared:
        """Whether marketing messages help, by the buyers who get none (HOLDOUT_SHARE)."""
        return _comparison(await app.db.read(results.compare, now=app.clock.now()))

    @routes.post("/trigger-delivered/{order_id:path}", responses=faults(404, 409, 422))
    async def delivered(order_id: Code, shop_id: ShopId = None) -> Delivered:
        """An order was delivered: tell its buyer now. Said again, it answers what was done the first time. 404 for an
        unknown order, 409 for a cancelled or returned one, and for a number two shops have without a `shop_id`."""
        deed, repeated = await app.db.run(
            seller.delivered, order_id, shop_id=shop_id, settings=app.settings, now=app.clock.now()
        )
        return Delivered(order_id=order_id, repeated=repeated, **dict(done(deed)))

    return routes


def _writer(app: App) -> str:
    """The engine that is asked first as things stand, or ``fallback`` when the lines are ours."""
    if not isinstance(app.model, Engines):
        return _FALLBACK if app.model is app.offline else app.model.name
    now = app.clock.now()
    well = (one.name for one in app.model.engines if not one.health.stopped and not one.health.is_resting(now))
    return next(well, _FALLBACK)


def _shop(shop: Shop) -> ShopOfSeller:
    return ShopOfSeller(**{name: getattr(shop, name) for name in ShopOfSeller.model_fields})


def _tally(tally: Tally) -> Tallied:
    rate = None if tally.success_rate is None else round(tally.success_rate, 4)
    counted = {name: getattr(tally, name) for name in Tallied.model_fields if name != "success_rate"}
    return Tallied(success_rate=rate, **counted)


def _comparison(found: Comparison) -> Compared:
    return Compared(
        seen=found.seen,
        says=results.in_words(found),
        share=found.share,
        since=found.since,
        written_to=_group(found.written_to),
        held_out=_group(found.held_out),
        difference=Differences(
            repeat_share=_interval(found.repeat_share, 4), revenue_per_buyer=_interval(found.revenue, 2)
        ),
        currency=found.currency,
        buyers_needed=found.needed,
    )


def _group(group: Group) -> GroupTold:
    return GroupTold(
        buyers=group.buyers,
        repeat_buyers=group.repeat_buyers,
        repeat_share=None if group.repeat_share is None else round(group.repeat_share, 4),
        revenue=f"{group.revenue:.2f}",
        revenue_per_buyer=None if group.revenue_per_buyer is None else f"{group.revenue_per_buyer:.2f}",
    )


def _interval(interval: Interval | None, places: int) -> Difference | None:
    if interval is None:
        return None
    return Difference(**{name: round(getattr(interval, name), places) for name in Difference.model_fields})
