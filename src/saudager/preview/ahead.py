"""Run the scheduler's own judgements on a later clock, in a transaction that is undone in the end."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.calls import reminders
from saudager.db.statements import Statement, moment
from saudager.followups import plan, touches
from saudager.orders import judging, opening, waiting
from saudager.orders.judging import Draft, States
from saudager.orders.models import TriggerState
from saudager.orders.opening import Numbers
from saudager.outreach import policy
from saudager.outreach.policy import Verdict
from saudager.settings import Settings

_AT_ONCE = 100
_ROUND_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Planned:
    """One message that would go, would wait, or would not be sent any more."""

    at: datetime
    who: str
    """The contact's name, or the last four digits of his number."""
    contact_id: int
    what: str
    """``touch 2``, ``call reminder``, ``order ORDER_DELIVERED 496000001``."""
    verdict: str
    """write, wait or stop."""
    reason: str | None = None
    until: datetime | None = None


@dataclass
class Ahead:
    """What the days ahead hold, in order of time."""

    now: datetime
    until: datetime
    planned: list[Planned] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """``{"write": 12, "wait": 3, "stop": 1}``."""
        verdicts = [one.verdict for one in self.planned]
        return {verdict: verdicts.count(verdict) for verdict in ("write", "wait", "stop")}

    def as_dict(self) -> dict[str, Any]:
        """``{"now", "until", "counts": {"write", "wait", "stop"}, "planned": [{"at", "who", "contact_id", "what",
        "verdict", "reason", "until"}]}``; moments in ISO 8601."""
        rows = [{name: _shown(value) for name, value in asdict(one).items()} for one in self.planned]
        return {"now": _shown(self.now), "until": _shown(self.until), "counts": self.counts, "planned": rows}


async def look_ahead(app: App, *, days: float) -> Ahead:
    """What would happen from now on if no customer wrote; nothing is stored and nothing is sent.

    On PostgreSQL the chains that are due in that time are held while it runs; the scheduler passes them over. Raises
    Unreachable when messages about orders are due and the gateway does not tell which numbers are connected.
    """
    now = app.clock.now()
    until = now + timedelta(days=days)
    due = await app.db.read(waiting.next_due)
    ours = opening.numbers(await app.gateway.accounts() if due is not None and due <= until else [])
    try:
        await app.db.run(_rehearse, ours, app.settings, now=now, until=until)
    except _Seen as seen:
        return seen.ahead
    raise AssertionError("a rehearsal ends by being undone")


class _Seen(Exception):
    def __init__(self, ahead: Ahead) -> None:
        super().__init__("undone")
        self.ahead = ahead


def _rehearse(session: Session, ours: Numbers, settings: Settings, *, now: datetime, until: datetime) -> NoReturn:
    ahead = Ahead(now, until)
    ahead.planned += [*_touches(session, settings, now=now, until=until), *_reminders(session, settings, now, until)]
    ahead.planned += _orders(session, ours, settings, now=now, until=until)
    ahead.planned.sort(key=lambda one: one.at)
    raise _Seen(ahead)


def _touches(session: Session, settings: Settings, *, now: datetime, until: datetime) -> Iterator[Planned]:
    at, told = now, dict[int, tuple[str, str | None]]()
    for _ in range(_ROUND_MOST):
        due = plan.next_due(session)
        if due is None or (at := max(at, due)) > until:
            return
        for quiet in plan.claim(session, limit=_AT_ONCE, now=at):
            draft = touches.judge(session, quiet, settings, now=at)
            if draft is not None:
                wanted = touches.wanted(quiet, draft.touch, settings)
                policy.note(session, wanted, policy.judge(session, wanted, settings, at), at)
                plan.touched(session, quiet, draft.touch, settings.follow_up_intervals, now=at)
                told.pop(quiet.id, None)
                yield Planned(at, _who(session, quiet.contact_id), quiet.contact_id, f"touch {draft.touch}", "write")
                continue
            verdict, reason, again = _held(session, quiet.id)
            if told.get(quiet.id) != (verdict, reason):
                told[quiet.id] = verdict, reason
                who = _who(session, quiet.contact_id)
                yield Planned(at, who, quiet.contact_id, f"touch {quiet.touch_number}", verdict, reason, again)


def _reminders(session: Session, settings: Settings, now: datetime, until: datetime) -> Iterator[Planned]:
    for at, contact_id, verdict in reminders.ahead(session, settings, now=now, until=until):
        shown = {"write": "write", "wait": "wait", "refuse": "stop"}[verdict.may]
        yield Planned(at, _who(session, contact_id), contact_id, "call reminder", shown, verdict.reason, verdict.until)


def _orders(
    session: Session, ours: Numbers, settings: Settings, *, now: datetime, until: datetime
) -> Iterator[Planned]:
    at, told = now, dict[int, tuple[str, str | None]]()
    for _ in range(_ROUND_MOST):
        moment_due = waiting.next_due(session)
        if moment_due is None or (at := max(at, moment_due)) > until:
            return
        states = States(session, settings, at, hold=False)
        for due in waiting.claim(session, limit=_AT_ONCE, now=at):
            draft = judging.judge(session, due, ours, settings, states, now=at)
            if draft is not None:
                _would_go(session, draft, at=at)
            verdict, reason, again = _became(session, due.id)
            if due.contact_id is not None and told.get(due.id) != (verdict, reason):
                told[due.id] = verdict, reason
                what = f"order {due.trigger} {due.code}"
                yield Planned(at, _who(session, due.contact_id), due.contact_id, what, verdict, reason, again)


def _would_go(session: Session, draft: Draft, *, at: datetime) -> None:
    due = draft.due
    assert due.contact_id is not None
    asked = judging.wanted(due, due.contact_id, draft.place.account, draft.message_class)
    policy.note(session, asked, Verdict("write", first_contact=draft.first_contact), at)
    waiting.end(session, due, TriggerState.WRITTEN, "", now=at)


def _became(session: Session, trigger: int) -> tuple[str, str | None, datetime | None]:
    state, reason, due = _BECAME(session, id=trigger).fetchone()
    if state == TriggerState.WAITING:
        return "wait", reason, moment(due)
    return ("write", None, None) if state == TriggerState.WRITTEN else ("stop", reason, None)


def _held(session: Session, chain: int) -> tuple[str, str | None, datetime | None]:
    completed, stop, held, again = _HELD(session, id=chain).fetchone()
    return ("stop", stop, None) if completed else ("wait", held, moment(again))


def _who(session: Session, contact_id: int) -> str:
    name, phone = _NAME(session, id=contact_id).fetchone()
    return str(name or f"…{(phone or '')[-4:]}")


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


_HELD = Statement("select is_completed, stop_reason, held_reason, next_touch_at from follow_ups where id = :id")
_BECAME = Statement("select state, reason, due_at from order_triggers where id = :id")
_NAME = Statement("select coalesce(name, full_name, business_name), phone_number from contacts where id = :id")
