"""Rules that go by the clock: at their moment every lead or contact they hold for becomes an event of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager import events
from saudager.app import App
from saudager.automation import conditions, facts
from saudager.automation.definitions import Every, Rule
from saudager.automation.reading import read_kept
from saudager.db.statements import Statement, moment
from saudager.events import Happened
from saudager.queues import tasks
from saudager.queues.schedule import Job, next_tick

TASK = "run_scheduled_rules"
LOOKED_AT = timedelta(minutes=30)
_AT_ONCE = 200


def next_due(session: Session) -> datetime | None:
    """When the next rule of the kind runs."""
    return moment(_NEXT_DUE(session).fetchone()[0])


def wake(session: Session, *, now: datetime) -> None:
    """Have the next rule run at its moment when nobody would look before. Named as ``schedule.keep_due`` does, so that
    one of the two asks."""
    due = next_due(session)
    if due is not None and due <= now + LOOKED_AT:
        tasks.enqueue(session, TASK, task_id=f"due:{TASK}:{due:%Y-%m-%dT%H:%MZ}", now=now, due=due)


async def run_scheduled_rules(app: App, task_id: str) -> int:
    """Go through the subjects of every rule whose moment has come; how many it holds for. Interrupted, it goes on
    behind those it has seen; a moment that was missed is made up for once."""
    matched = 0
    while (rule := await app.db.read(_due, now=app.clock.now())) is not None:
        matched += await app.db.run(_walk_on, rule, app.settings.zone, now=app.clock.now())
    await app.db.run(wake, now=app.clock.now())
    return matched


def _due(session: Session, *, now: datetime) -> int | None:
    row = _DUE(session, now=now).fetchone()
    return None if row is None else int(row[0])


def _walk_on(session: Session, automation_id: int, zone: ZoneInfo, *, now: datetime) -> int:
    """The next subjects of one rule, each told of once a moment; behind the last of them its next moment is set."""
    row = _HOLD(session, id=automation_id, now=now).fetchone()
    if row is None:
        return 0
    next_at, walked_to, source = moment(row[0]), row[1], row[2]
    assert next_at is not None
    rule = read_kept(source)
    if not isinstance(rule, Rule) or not isinstance(rule.when, Every):
        _OVER(session, id=automation_id, next=None)
        return 0
    subjects = abouts(session, rule.when.each, after=walked_to, limit=_AT_ONCE)
    matched = 0
    for _, about in subjects:
        subject = facts.subject(session, about, event=Happened.SCHEDULED)
        if not holds(session, rule, subject, zone, now=now):
            continue
        matched += 1
        events.tell(
            session,
            Happened.SCHEDULED,
            about,
            contact_id=subject.contact_id,
            conversation_id=subject.conversation_id,
            facts={"rule": rule.name},
            once=f"rule:{automation_id}:{next_at:%Y-%m-%dT%H:%MZ}:{about}",
            now=now,
        )
    if len(subjects) == _AT_ONCE:
        _WALKED(session, id=automation_id, to=subjects[-1][0])
    else:
        _OVER(session, id=automation_id, next=next_tick(Job(rule.name, rule.when.every), now, zone))
    return matched


def holds(session: Session, rule: Rule, subject: facts.Subject, zone: ZoneInfo, *, now: datetime) -> bool:
    """Whether the rule's conditions hold for it now."""
    names = set(conditions.names_of(rule.conditions))
    return conditions.judge(rule.conditions, facts.values(session, subject, names, now=now, zone=zone))[0]


def abouts(session: Session, each: str, *, after: int, limit: int) -> Sequence[tuple[int, str]]:
    """Whom or what such a rule goes through: open leads, or contacts who are not known to be no clients."""
    rows: list[Any] = (_LEADS if each == "leads" else _CONTACTS)(session, after=after, limit=limit).fetchall()
    word = "lead" if each == "leads" else "contact"
    return [(id, f"{word}:{id}") for (id,) in rows]


_NEXT_DUE = Statement("select min(next_at) from automations where is_on and next_at is not null")
_DUE = Statement("select id from automations where is_on and next_at <= :now order by next_at, id limit 1")
_HOLD = Statement("""
    select a.next_at, a.walked_to, v.source
    from automations a join automation_versions v on v.automation_id = a.id and v.number = a.live
    where a.id = :id and a.is_on and a.next_at <= :now for update of a""")
_WALKED = Statement("update automations set walked_to = :to where id = :id")
_OVER = Statement("update automations set walked_to = 0, next_at = :next where id = :id")
_LEADS = Statement("""
    select l.id from crm_leads l join crm_connections c on c.id = l.connection_id and c.disconnected_at is null
    where l.id > :after and not l.is_deleted and l.closed_at is null order by l.id limit :limit""")
_CONTACTS = Statement("""
    select id from contacts
    where id > :after and merged_into_id is null and erased_at is null and coalesce(is_client, true)
    order by id limit :limit""")
