"""What a stage of an order calls for: messages to its buyer are noted, due now or days later, and stopped again."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import restorations
from saudager.db.statements import Statement, insert_into
from saudager.errors import Refused
from saudager.orders import happenings
from saudager.orders.models import Order, Shop, Trigger, TriggerState
from saudager.outreach import door
from saudager.providers.marketplace import Stage
from saudager.queues import tasks
from saudager.settings import Settings

TASK = "write_order_messages"
FRESH_FOR, LATER_FRESH_FOR = timedelta(hours=48), timedelta(days=7)
"""How long after its moment somebody wants to hear of a step of his order, and of what comes days later."""

OFF, SHOP_PAUSED, NO_PHONE, OLD, BY_HAND = "off", "shop_paused", "no_phone", "old", "by_hand"
OVERTAKEN, TOO_LATE = "overtaken", "too_late"
"""Why nothing is written; a cancelled or returned order's reason is its stage."""
ENDED = frozenset({Stage.CANCELLED, Stage.RETURNED})

_STEPS = (Stage.PLACED, Stage.APPROVED, Stage.READY, Stage.DELIVERED)
_CALLS_FOR = {
    Stage.APPROVED: Trigger.POST_PURCHASE,
    Stage.READY: Trigger.ORDER_READY,
    Stage.DELIVERED: Trigger.ORDER_DELIVERED,
}
LATER = {
    Trigger.REVIEW_REQUEST: "ai_seller_review_days",
    Trigger.CROSS_SELL: "ai_seller_cross_sell_days",
    Trigger.REPLENISHMENT: "ai_seller_replenishment_days",
}
"""What comes days after delivery, and the setting that says how many."""


def follow(
    session: Session, order: Order, *, shop: Shop, before: Stage | None, settings: Settings, now: datetime
) -> None:
    """Note what the order's stage calls for and stop what it overtakes. ``before``: the stage it had, None when it is
    seen for the first time.

    Also what is not to be written is noted, refused with the reason. With the stage it had before only a buyer whose
    number was unknown is looked for: what waited for his number is due once more.
    """
    stage = Stage(order.stage)
    happenings.moved(session, order, shop, before, now=now)
    if before is not None and order.contact_id is not None:
        _buyer_known(session, order, now=now)
    if stage in ENDED:
        stop(session, order.id, stage, now=now)
    elif stage in _CALLS_FOR and (before not in _STEPS or _STEPS.index(before) < _STEPS.index(stage)):
        happened = _happened(order, stage, before, now)
        is_old = _is_old(order, shop, before) or now - happened > FRESH_FOR
        is_restored = restorations.is_before_last(session, happened)
        is_past = before is not None and _is_past(session, order, stage)
        if before is not None:
            _overtake(session, order, stage, now=now)
        for trigger, due in _called_for(stage, happened, settings, now=now):
            late = due + LATER_FRESH_FOR if trigger in LATER else happened + FRESH_FOR
            refused = OLD if is_old else OVERTAKEN if is_past else why_not(trigger, shop, settings) or _no_phone(order)
            if is_restored and due <= now:
                refused = restorations.RESTORED
            if not (is_old and trigger in LATER):
                _note(session, order, trigger, refused, happened=happened, due=due, late=late, now=now)


def deliver_now(session: Session, order: Order, *, shop: Shop, settings: Settings, now: datetime) -> bool:
    """The order was delivered, says somebody who knows before the marketplace tells; False when its delivery was noted
    before. Raises Refused for an order that was cancelled or returned."""
    if order.stage in ENDED:
        raise Refused(f"Заказ {order.code} отменён или возвращён: о доставке не пишем.")
    refused = why_not(Trigger.ORDER_DELIVERED, shop, settings) or _no_phone(order)
    is_new = _note(
        session, order, Trigger.ORDER_DELIVERED, refused, happened=now, due=now, late=now + FRESH_FOR, now=now
    )
    if is_new:
        happenings.delivered(session, order, shop, now=now)
        _overtake(session, order, Stage.DELIVERED, now=now)
    return is_new


def why_not(trigger: Trigger, shop: Shop, settings: Settings) -> str | None:
    """Why nothing of the kind is written to this shop's buyers; None: it is."""
    if not settings.ai_seller_enabled or trigger not in settings.ai_seller_triggers:
        return OFF
    return None if shop.writes and shop.disconnected_at is None else SHOP_PAUSED


def is_overtaken(trigger: Trigger, stage: Stage) -> bool:
    """Whether the order has gone on since the step the message tells of."""
    step = next((step for step, called_for in _CALLS_FOR.items() if called_for == trigger), None)
    return step is not None and stage in _STEPS and _STEPS.index(stage) > _STEPS.index(step)


def stop(session: Session, order_id: int, reason: str, *, now: datetime) -> None:
    """Nothing more is written about the order, and what is written but not handed to the gateway is taken back."""
    _stop(session, order_id, list(Trigger), reason, now=now)


def take_back(session: Session, shop_id: int, reason: str, *, now: datetime) -> None:
    """What is written to the shop's buyers but not handed to the gateway does not go."""
    _take_back(session, _AT_THE_DOOR_OF_SHOP(session, shop=shop_id).fetchall(), reason, now=now)


def take_back_switched_off(session: Session, settings: Settings, *, now: datetime) -> None:
    """The same with what is written on an occasion on which nobody is to be written to any more."""
    on = settings.ai_seller_triggers if settings.ai_seller_enabled else ()
    off = [(id, about) for id, about, trigger in _AT_THE_DOOR(session).fetchall() if trigger not in on]
    _take_back(session, off, OFF, now=now)


def _take_back(session: Session, written: Iterable[tuple[int, str]], reason: str, *, now: datetime) -> None:
    for id, about in written:
        if door.withdraw(session, about, reason, now):
            _STOP(session, id=id, state=TriggerState.WRITTEN, reason=reason, now=now)


def stop_one(session: Session, trigger_id: int, *, now: datetime) -> bool:
    """A person does not want it written; False when it does not wait any more."""
    return _STOP(session, id=trigger_id, state=TriggerState.WAITING, reason=BY_HAND, now=now).rowcount > 0


def forget_buyer(session: Session, contact_id: int, reason: str, *, now: datetime) -> None:
    """Nothing that waits for him is written."""
    _FORGET(session, contact=contact_id, reason=reason, now=now)


def go_on(session: Session, trigger_id: int, *, now: datetime) -> bool:
    """A person wants it written after all; False when none had stopped it, or it is too late."""
    waits = _GO_ON(session, id=trigger_id, now=now).rowcount > 0
    if waits:
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{trigger_id}:{now.isoformat()}", now=now)
    return waits


def _called_for(
    stage: Stage, happened: datetime, settings: Settings, *, now: datetime
) -> Iterator[tuple[Trigger, datetime]]:
    yield _CALLS_FOR[stage], now
    if stage is Stage.DELIVERED:
        for trigger, days in LATER.items():
            yield trigger, happened + timedelta(days=getattr(settings, days))


def _happened(order: Order, stage: Stage, before: Stage | None, now: datetime) -> datetime:
    """When the order came to its stage: as the marketplace tells it, else when we saw it. Of an order never seen
    before that was delivered nobody knows when; it counts from the last that is told."""
    told = {Stage.APPROVED: order.approved_at, Stage.READY: order.handed_over_at}.get(stage)
    if told is None and before is None:
        told = max(filter(None, (order.placed_at, order.approved_at, order.handed_over_at)))
    return now if told is None else min(told, now)


def _is_old(order: Order, shop: Shop, before: Stage | None) -> bool:
    """Whether it is from before we wrote to the shop's buyers, or from a file: that tells what was, and not when."""
    if order.came_from == "file" or before is not None:
        return order.came_from == "file"
    return shop.writes_since is not None and order.placed_at < shop.writes_since


def _no_phone(order: Order) -> str | None:
    return NO_PHONE if order.contact_id is None else None


def _note(
    session: Session,
    order: Order,
    trigger: Trigger,
    refused: str | None,
    *,
    happened: datetime,
    due: datetime,
    late: datetime,
    now: datetime,
) -> bool:
    noted = _NOTE(
        session,
        order_id=order.id,
        contact_id=order.contact_id,
        trigger=trigger,
        about=f"order:{order.id}:{trigger}",
        state=TriggerState.REFUSED if refused else TriggerState.WAITING,
        reason=refused,
        happened_at=happened,
        due_at=due,
        late_at=late,
        decided_at=now if refused else None,
    )
    if noted.rowcount < 1:
        return False
    if not refused and due <= now:
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{order.id}:{trigger}", now=now)
    return True


def _buyer_known(session: Session, order: Order, *, now: datetime) -> None:
    """The number was masked, missing or another's, and now it is told."""
    _READDRESS(session, order=order.id, contact=order.contact_id)
    taken_up = _TAKE_UP(session, order=order.id, contact=order.contact_id, now=now).rowcount
    if taken_up > 0:
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{order.id}:{NO_PHONE}", now=now)


def _is_past(session: Session, order: Order, stage: Stage) -> bool:
    """Whether a later step was seen before, or told of by hand: nobody hears that what he has is ready."""
    noted = {row[0] for row in _NOTED(session, order=order.id).fetchall()}
    return any(_CALLS_FOR[step] in noted for step in _STEPS[_STEPS.index(stage) + 1 :])


def _overtake(session: Session, order: Order, stage: Stage, *, now: datetime) -> None:
    """What was to be said of the steps before is not true any more."""
    earlier = [_CALLS_FOR[step] for step in _STEPS[1 : _STEPS.index(stage)]]
    if earlier:
        _stop(session, order.id, earlier, OVERTAKEN, now=now)


def _stop(session: Session, order_id: int, triggers: Iterable[Trigger], reason: str, *, now: datetime) -> None:
    for id, trigger, about, state in _STANDING(session, order=order_id).fetchall():
        if trigger in triggers and (state != TriggerState.WRITTEN or door.withdraw(session, about, reason, now)):
            _STOP(session, id=id, state=state, reason=reason, now=now)


_NOTE = insert_into(
    "order_triggers",
    (
        "order_id",
        "contact_id",
        "trigger",
        "about",
        "state",
        "reason",
        "happened_at",
        "due_at",
        "late_at",
        "decided_at",
    ),
    "on conflict (order_id, trigger) do nothing",
)
_TAKE_UP = Statement("""
    update order_triggers set state = 'waiting', reason = null, decided_at = null, contact_id = :contact,
        due_at = greatest(due_at, :now)
    where order_id = :order and state = 'refused' and reason = 'no_phone' and late_at > :now""")
_READDRESS = Statement("""
    update order_triggers set contact_id = :contact
    where order_id = :order and state = 'waiting' and contact_id <> :contact""")
_NOTED = Statement("select trigger from order_triggers where order_id = :order")
_STANDING = Statement("""
    select id, trigger, about, state from order_triggers
    where order_id = :order and (state in ('waiting', 'written') or (state = 'refused' and reason = 'no_phone'))
    order by id for update""")
_AT_THE_DOOR = Statement("""
    select t.id, t.about, t.trigger from outreach_verdicts v
    join order_triggers t on t.about = v.about and t.state = 'written'
    where v.fate is null and v.counted_at is not null and v.verdict = 'write'""")
_AT_THE_DOOR_OF_SHOP = Statement("""
    select t.id, t.about from orders o
    join order_triggers t on t.order_id = o.id and t.state = 'written'
    join outreach_verdicts v on v.about = t.about and v.verdict = 'write' and v.fate is null
    where o.shop_id = :shop""")
_STOP = Statement("""
    update order_triggers set state = 'stopped', reason = :reason, decided_at = :now, claimed_until = null
    where id = :id and state = :state""")
_FORGET = Statement("""
    update order_triggers set state = 'stopped', reason = :reason, decided_at = :now, claimed_until = null
    where contact_id = :contact and state = 'waiting'""")
_GO_ON = Statement("""
    update order_triggers set state = 'waiting', reason = null, decided_at = null, due_at = greatest(due_at, :now)
    where id = :id and state = 'stopped' and reason = 'by_hand' and (late_at is null or late_at > :now)""")
