"""The rule engine: what has happened is held against every rule that listens for it; each hears it once, and its run
is kept step by step."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention, events
from saudager.app import App
from saudager.attention import Why
from saudager.automation import actions, became, conditions, facts, hearing, journeys, sending, versions
from saudager.automation.became import Became, Outcome
from saudager.automation.definitions import AnyAction, Rule, SendLetter, SendMessage, names_spoken_of
from saudager.automation.facts import Subject, Told
from saudager.automation.models import RunOutcome
from saudager.automation.reading import read_kept
from saudager.automation.sending import Carriers, Post
from saudager.db.statements import Statement, insert_into
from saudager.errors import OutsideError
from saudager.events import Cause, Happened
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy
from saudager.settings import Settings

MOST_RUNS, WITHIN = 5, timedelta(hours=24)
"""How often a rule acts on one and the same thing. What goes in a circle by way of somebody else's system comes back
as news of nobody's making; this ends it."""

_log = logging.getLogger(__name__)
_CIRCLE = "правила вызывают друг друга по кругу, поэтому оно выключено"
_TOO_OFTEN = "за сутки сработало {most} раз на одном и том же ({about}): больше пока не срабатывает"
_NOT_DONE = "не сделано «{do}»: {says}"


@dataclass(frozen=True, slots=True)
class Live:
    """A rule that is on, in the version in force."""

    id: int
    version: int
    title: str
    definition: Rule


async def listen(app: App, lease: Lease) -> None:
    """Take one lane of the queue of events, in one transaction. While the gateway does not answer, messages and letters
    wait, and everything else is done."""
    ids = [message.body["event"] for message in lease.messages]
    ours = None
    if await app.db.read(_sends, ids):
        try:
            ours = await sending.carriers(app)
        except OutsideError as error:
            _log.warning("nobody tells which numbers are connected, so messages of rules wait: %s", error)
    await app.db.run(_hear_all, lease, ids, ours, app.settings, now=app.clock.now())


def _hear_all(
    session: Session, lease: Lease, ids: Sequence[int], ours: Carriers | None, settings: Settings, *, now: datetime
) -> None:
    for event_id in ids:
        hear(session, event_id, ours, settings=settings, now=now)
    table.finish(session, lease, now=now)


def _sends(session: Session, ids: Sequence[int]) -> bool:
    """Whether a rule that hears one of the events may have to send something."""
    found = [event for event_id in ids if (event := facts.told(session, event_id)) is not None]
    actions_of = (rule.definition.then for event in found for rule in listening(session, event))
    return any(isinstance(action, SendMessage | SendLetter) for actions in actions_of for action in actions)


def hear(session: Session, event_id: int, ours: Carriers | None, *, settings: Settings, now: datetime) -> None:
    """An event has its effect: rules run, journeys begin, go on or end; heard again it has none."""
    event = facts.told(session, event_id)
    if event is None:
        return
    post = None if ours is None else ours.post(session, settings, now)
    for rule in listening(session, event):
        _run(session, rule, event, post, settings=settings, now=now)
    hearing.heard(session, event, settings=settings, now=now)


def not_heard(session: Session, message: Message, reason: str, now: datetime) -> None:
    """An event that died in the queue: a person is asked, and may put it back."""
    attention.ask(session, Why.AUTOMATION, f"event:{message.id}", f"Правила не выполнены: {reason}", now=now)


POLICY = Policy(events.QUEUE, lease=15, on_dead=not_heard)


def forget(session: Session, *, before: datetime, limit: int) -> int:
    """Delete the oldest runs from before the moment, up to so many; how many."""
    return _FORGET(session, before=before, limit=limit).rowcount


def listening(session: Session, event: Told) -> Iterator[Live]:
    """The rules that are on and listen for it, oldest first."""
    for id, number, title, source in _LIVE(session).fetchall():
        rule = read_kept(source)
        if not isinstance(rule, Rule):
            _log.error("rule %s is not understood any more and does not run", title)
            continue
        is_meant = event.kind is not Happened.SCHEDULED or event.facts.get("rule") == rule.name
        if event.kind in rule.hears and is_meant:
            yield Live(id, number, title, rule)


def _run(session: Session, rule: Live, event: Told, post: Post | None, *, settings: Settings, now: datetime) -> None:
    """Judge and act, once for ever; the run's row and all it does are of one transaction."""
    row = _BEGUN(
        session,
        automation_id=rule.id,
        version=rule.version,
        event_id=event.id,
        about=event.about,
        contact_id=event.contact_id,
        outcome=RunOutcome.NOT_MET,
        trace="[]",
        at=now,
    ).fetchone()
    if row is None:
        return
    subject = facts.subject_of(session, event)
    names = set(conditions.names_of(rule.definition.conditions))
    known = facts.values(session, subject, names, now=now, zone=settings.zone)
    holds, seen = conditions.judge(rule.definition.conditions, known)
    outcome, trace = RunOutcome.NOT_MET, [one.told() for one in seen]
    if holds:
        stopped = _why_stopped(session, rule, event, settings=settings, now=now)
        if stopped is not None:
            outcome = RunOutcome.STOPPED
            trace.append({"stopped": stopped})
        else:
            with events.caused_by(session, Cause(f"rule:{rule.id}", event.depth + 1)):
                outcome, done = _act(session, rule, event, subject, post, settings=settings, now=now)
            trace += done
    _ENDED(
        session,
        id=row[0],
        outcome=outcome,
        contact=subject.contact_id,
        trace=json.dumps(trace, ensure_ascii=False, default=str),
    )


def _why_stopped(session: Session, rule: Live, event: Told, *, settings: Settings, now: datetime) -> str | None:
    """Why it does not act though its conditions hold; a person is asked."""
    if event.depth >= events.DEEPEST:
        versions.switch_off_for(session, rule.id, _CIRCLE, zone=settings.zone, now=now)
        return "in_a_circle"
    (acted,) = _ACTED(session, automation=rule.id, about=event.about, since=now - WITHIN).fetchone()
    if acted < MOST_RUNS:
        return None
    _ask(session, rule, _TOO_OFTEN.format(most=MOST_RUNS, about=event.about), now=now)
    return "too_often"


def _act(
    session: Session,
    rule: Live,
    event: Told,
    subject: Subject,
    post: Post | None,
    *,
    settings: Settings,
    now: datetime,
) -> tuple[RunOutcome, list[dict[str, Any]]]:
    """Do all of it in order; what cannot be done ends it, and a person is asked."""
    known = facts.values(session, subject, names_spoken_of(rule.definition), now=now, zone=settings.zone)
    trace: list[dict[str, Any]] = []
    for number, action in enumerate(rule.definition.then):
        once = f"rule:{rule.id}:{event.id}:{number}"
        came_of = _perform(session, action, subject, known, post, once=once, settings=settings, now=now)
        if came_of.until is not None and subject.contact_id is not None:
            journeys.keep(
                session,
                rule.id,
                rule.version,
                str(number),
                once=once,
                contact_id=subject.contact_id,
                conversation_id=subject.conversation_id,
                about=subject.about,
                facts=subject.facts,
                depth=event.depth + 1,
                until=came_of.until,
                now=now,
            )
        trace.append({"do": action.do} | came_of.told())
        if came_of.asks:
            _ask(session, rule, _NOT_DONE.format(do=action.do, says=came_of.asks), now=now)
        if came_of.outcome is Outcome.FAILED:
            return RunOutcome.FAILED, trace
    return RunOutcome.DONE, trace


def _perform(
    session: Session,
    action: AnyAction,
    subject: Subject,
    known: Mapping[str, Any],
    post: Post | None,
    *,
    once: str,
    settings: Settings,
    now: datetime,
) -> Became:
    """The action; what has nobody to be sent to does not wait."""
    came_of = actions.attempt(session, action, subject, known, once=once, settings=settings, now=now, post=post)
    if came_of.outcome is Outcome.WAITS and subject.contact_id is None:
        return became.skipped(sending.NO_CONTACT)
    return came_of


def _ask(session: Session, rule: Live, says: str, *, now: datetime) -> None:
    attention.ask(session, Why.AUTOMATION, versions.subject_of_desk(rule.id), f"{rule.title}: {says}", now=now)


_LIVE = Statement("""
    select a.id, a.live, a.title, v.source
    from automations a join automation_versions v on v.automation_id = a.id and v.number = a.live
    where a.is_on and a.kind = 'rule' order by a.id""")
_BEGUN = insert_into(
    "rule_runs",
    ("automation_id", "version", "event_id", "about", "contact_id", "outcome", "trace", "at"),
    "on conflict (automation_id, event_id) do nothing returning id",
)
_ENDED = Statement("update rule_runs set outcome = :outcome, contact_id = :contact, trace = :trace where id = :id")
_FORGET = Statement("""
    delete from rule_runs where id in (select id from rule_runs where at < :before order by at limit :limit)""")
_ACTED = Statement("""
    select count(*) from rule_runs
    where about = :about and at > :since and automation_id = :automation and outcome in ('done', 'failed')""")
