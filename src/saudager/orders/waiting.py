"""The rows of messages to buyers that wait for their moment: claimed when it comes, put off, ended, or written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.contracts import MessageClass
from saudager.db.statements import Statement, moment
from saudager.orders.models import Trigger, TriggerState
from saudager.orders.triggers import LATER, TASK
from saudager.providers.marketplace import Stage
from saudager.queues import tasks

_LEASE = timedelta(minutes=10)
"""How long a claimed message is its worker's; then it is due again."""


@dataclass(frozen=True, slots=True)
class Due:
    """A message that waits, with what is known of its order, its shop and its buyer."""

    id: int
    trigger: Trigger
    about: str
    claimed_until: datetime | None
    late_at: datetime | None
    order_id: int
    code: str
    stage: Stage
    buyer_name: str | None
    read_at: datetime
    shop_id: int
    account: str | None
    """The number its buyers are written to from, when the shop has chosen one."""
    at_marketplace: bool
    shop_writes: bool
    contact_id: int | None
    phone: str | None


def next_due(session: Session) -> datetime | None:
    """When the next message is due."""
    return moment(_NEXT_DUE(session).fetchone()[0])


def is_any_due(session: Session, *, now: datetime) -> bool:
    due = next_due(session)
    return due is not None and due <= now


def claim(session: Session, *, limit: int, now: datetime) -> list[Due]:
    """Take up to ``limit`` due messages, those about the order itself first, then the longest due; for ten minutes
    nobody else gets them."""
    return look(session, [row[0] for row in _CLAIM(session, now=now, limit=limit, until=now + _LEASE).fetchall()])


def look(session: Session, ids: Sequence[int]) -> list[Due]:
    """Those of the messages that still wait, as things stand now, those about the order itself first. Until the
    transaction ends nobody else ends them."""
    rows = _LOOK(session, ids=json.dumps(list(ids))).fetchall() if ids else []
    return sorted(map(_due, rows), key=lambda one: one.trigger in LATER)


def between(session: Session, begins: datetime, ends: datetime, *, limit: int) -> list[tuple[datetime, Due]]:
    """Up to ``limit`` of the messages due in the span, in order of time; nothing is held."""
    found = {row[0]: moment(row[1]) for row in _BETWEEN(session, begins=begins, ends=ends, limit=limit).fetchall()}
    rows = _SEE(session, ids=json.dumps(list(found))).fetchall() if found else []
    due = {one.id: one for one in map(_due, rows)}
    return [(at, due[id]) for id, at in found.items() if at is not None and id in due]


def written_since(session: Session, contact_id: int, since: datetime) -> int:
    """How many messages about orders were written to the buyer from the moment on."""
    count: int = _WRITTEN_SINCE(session, contact=contact_id, since=since).fetchone()[0]
    return count


def put_off(session: Session, due: Due, reason: str, *, until: datetime, now: datetime) -> None:
    """It is looked at again at the moment, or when it would be too late."""
    until = until if due.late_at is None else min(until, due.late_at)
    _PUT_OFF(session, id=due.id, reason=reason, until=until)
    wake(session, at=until, now=now)


def wake(session: Session, *, at: datetime, now: datetime) -> None:
    """Have what is due at the moment written within a minute of it."""
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    tasks.enqueue(session, TASK, task_id=f"{TASK}:{minute:%Y-%m-%dT%H:%MZ}", now=now, due=minute)


def end(session: Session, due: Due, state: TriggerState, reason: str, *, now: datetime) -> None:
    """It is not written, for good."""
    _END(session, id=due.id, state=state, reason=reason, now=now)


def refuse_due(session: Session, reason: str, *, now: datetime) -> int:
    """Nothing that is due is written, for good; how many that were."""
    return _REFUSE_DUE(session, reason=reason, now=now).rowcount


def written(
    session: Session,
    due: Due,
    *,
    contact_id: int,
    conversation_id: int,
    message_class: MessageClass,
    text: str,
    engine: str,
    offered: Sequence[str],
    now: datetime,
) -> None:
    """It is the door's now, whose ledger tells what becomes of it."""
    _WRITTEN(
        session,
        id=due.id,
        contact=contact_id,
        conversation=conversation_id,
        message_class=message_class,
        text=text,
        engine=engine,
        offered=json.dumps(list(offered)),
        now=now,
    )


def _due(row: Any) -> Due:
    (
        id, trigger, about, claimed, late, order_id, code, stage, buyer_name, read_at, shop_id, account, marketplace,
        writes, contact_id, phone,
    ) = row  # fmt: skip
    read = moment(read_at)
    assert read is not None
    return Due(
        id=id,
        trigger=Trigger(trigger),
        about=about,
        claimed_until=moment(claimed),
        late_at=moment(late),
        order_id=order_id,
        code=code,
        stage=Stage(stage),
        buyer_name=buyer_name,
        read_at=read,
        shop_id=shop_id,
        account=account,
        at_marketplace=marketplace is not None,
        shop_writes=bool(writes),
        contact_id=contact_id,
        phone=phone,
    )


_NEXT_DUE = Statement("select min(due_at) from order_triggers where state = 'waiting'")
_CLAIM = Statement("""
    update order_triggers set due_at = :until, claimed_until = :until where id in (
        select id from order_triggers where state = 'waiting' and due_at <= :now
        order by trigger in ('REVIEW_REQUEST', 'CROSS_SELL', 'REPLENISHMENT'), due_at, id
        limit :limit for update skip locked)
    returning id""")
_LOOK_SQL = """
    select t.id, t.trigger, t.about, t.claimed_until, t.late_at, o.id, o.code, o.stage, o.buyer_name, o.read_at, s.id,
        s.account, s.marketplace, s.writes and s.disconnected_at is null,
        case when c.erased_at is null then c.id end, case when c.erased_at is null then c.phone_number end
    from order_triggers t
    join orders o on o.id = t.order_id
    join shops s on s.id = o.shop_id
    left join contacts c on c.id = t.contact_id
    where t.id in ({ids}) and t.state = 'waiting'
    order by t.id for update of t"""
_LOOK = Statement(
    _LOOK_SQL.format(ids="select value from json_each(:ids)"),
    postgresql=_LOOK_SQL.format(ids="select value::bigint from json_array_elements_text(cast(:ids as json))"),
)
_SEE = Statement(
    _LOOK_SQL.format(ids="select value from json_each(:ids)").removesuffix(" for update of t"),
    postgresql=_LOOK_SQL.format(
        ids="select value::bigint from json_array_elements_text(cast(:ids as json))"
    ).removesuffix(" for update of t"),
)
_BETWEEN = Statement("""
    select id, due_at from order_triggers
    where state = 'waiting' and due_at >= :begins and due_at < :ends order by due_at, id limit :limit""")
_WRITTEN_SINCE = Statement("""
    select count(*) from order_triggers
    where contact_id = :contact and state = 'written' and decided_at >= :since""")
_PUT_OFF = Statement("""
    update order_triggers set due_at = :until, reason = :reason, claimed_until = null
    where id = :id and state = 'waiting'""")
_END = Statement("""
    update order_triggers set state = :state, reason = :reason, decided_at = :now, due_at = :now, claimed_until = null
    where id = :id and state = 'waiting'""")
_REFUSE_DUE = Statement("""
    update order_triggers set state = 'refused', reason = :reason, decided_at = :now, claimed_until = null
    where state = 'waiting' and due_at <= :now""")
_WRITTEN = Statement("""
    update order_triggers set state = 'written', reason = null, decided_at = :now, due_at = :now, claimed_until = null,
        contact_id = :contact, conversation_id = :conversation, message_class = :message_class, text = :text,
        engine = :engine, offered = :offered
    where id = :id and state = 'waiting'""")
