"""Conversations, reasons and records the shop keeps no longer than it says; what is still needed stays."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation.models import Journey, JourneyState
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.conversations import search
from saudager.conversations.models import Author, Case, Conversation, Message
from saudager.db.batches import in_batches, in_order
from saudager.db.statements import Statement
from saudager.followups.models import FollowUp
from saudager.people import belongings
from saudager.people.belongings import BELONGINGS, Whose
from saudager.sales.models import Deal
from saudager.trust.models import Draft, State

_AT_ONCE, _A_NIGHT = 50, 20_000
"""Conversations a transaction empties, and a night."""
_EMPTIED = tuple(one for one in BELONGINGS if one.name in ("turns", "drafts"))


async def forget_conversations(app: App, task_id: str) -> int:
    """The task: of conversations nobody has written in for CONVERSATIONS_KEPT_DAYS (0 keeps them for ever), delete the
    lines, the reasons behind answers and the texts of drafts, and what was written into the CRM as long ago; how many
    lines. Who he is, what he bought and what he does not want to hear stay. Somebody with an open case or deal, a draft
    that waits, a call ahead, a chain or a sequence under way, or a line nobody has answered keeps everything."""
    days = app.settings.conversations_kept_days
    if not days:
        return 0
    now, before = app.clock.now(), app.clock.now() - timedelta(days=days)
    gone = 0
    quiet = await app.db.read(_quiet, before=before, now=now)
    for start in range(0, len(quiet), _AT_ONCE):
        gone += await app.db.run(_forget, quiet[start : start + _AT_ONCE], before=before, now=now)
    await in_batches(app.db, _forget_deeds, before=before)
    is_first = True
    while gone and await app.db.run(search.forget_what_is_gone, begin=is_first):
        is_first = False
    return gone


async def forget_traces(app: App, task_id: str) -> int:
    """The task: delete why the salesperson said something, and the steps of sequences that are over, both after
    TRACES_KEPT_DAYS (0 keeps them for ever); how many."""
    days = app.settings.traces_kept_days
    if not days:
        return 0
    before = app.clock.now() - timedelta(days=days)
    gone = await in_order(app.db, _forget_traces, before=before)
    return gone + await in_batches(app.db, _forget_steps, before=before)


def _quiet(session: Session, *, before: datetime, now: datetime) -> Sequence[int]:
    has_lines = exists().where(Message.conversation_id == Conversation.id)
    found = select(Conversation.id).where(*_is_quiet(before, now), has_lines)
    return session.scalars(found.order_by(Conversation.last_message_at).limit(_A_NIGHT)).all()


def _is_quiet(before: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    talk, his = Conversation.id, Conversation.contact_id
    return (
        Conversation.last_message_at < before,
        ~exists().where(Case.contact_id == his, Case.closed_at.is_(None)),
        ~exists().where(Deal.contact_id == his, Deal.closed_at.is_(None)),
        ~exists().where(FollowUp.contact_id == his, ~FollowUp.is_completed),
        ~exists().where(Journey.contact_id == his, Journey.state == JourneyState.GOING),
        ~exists().where(Draft.conversation_id == talk, Draft.state == State.WAITING),
        ~exists().where(
            ScheduledCall.contact_id == his,
            ScheduledCall.status == CallStatus.BOOKED,
            ScheduledCall.scheduled_at > now,
        ),
        ~exists().where(
            Message.conversation_id == talk,
            Message.turn_id.is_(None),
            Message.author == Author.CUSTOMER,
            ~Message.history,
        ),
    )


def _forget(session: Session, conversations: Sequence[int], *, before: datetime, now: datetime) -> int:
    found = select(Conversation.id).where(Conversation.id.in_(conversations), *_is_quiet(before, now))
    still = session.scalars(found.with_for_update()).all()
    talks = Whose(contacts=(), conversations=still, leads=())
    for belonging in _EMPTIED:
        after: int | None = 0
        while after is not None:
            after = belongings.empty(session, belonging, talks, after=after)
    session.execute(update(Case).where(Case.conversation_id.in_(still)).values(summary=""))
    gone = session.execute(delete(Message).where(Message.conversation_id.in_(still)).returning(Message.id))
    return len(gone.all())


def _forget_deeds(session: Session, *, before: datetime, limit: int) -> int:
    """Their rows stay, by which nothing is done in the CRM twice."""
    return _DEEDS(session, before=before, limit=limit).rowcount


def _forget_traces(session: Session, *, after: int, before: datetime, limit: int) -> tuple[int, int | None]:
    rows = _TURNS(session, after=after, before=before, limit=limit).fetchall()
    told = [id for id, is_told in rows if is_told]
    for id in told:
        _EMPTY_TURN(session, id=id)
    return len(told), rows[-1][0] if len(rows) == limit else None


def _forget_steps(session: Session, *, before: datetime, limit: int) -> int:
    return _STEPS(session, before=before, limit=limit).rowcount


_TURNS = Statement("""
    select t.id, cast(t.trace as text) <> '{}' and not exists (
        select 1 from drafts d where d.turn_id = t.id and d.state = 'waiting')
    from turns t where t.id > :after and t.closed_at < :before order by t.id limit :limit""")
_EMPTY_TURN = Statement("update turns set trace = '{}' where id = :id")
_DEEDS = Statement("""
    update crm_deeds set body = '{}', problem = null where id in (
        select id from crm_deeds
        where state in ('done', 'refused') and created_at < :before and cast(body as text) <> '{}' limit :limit)""")
_STEPS = Statement("""
    delete from journey_steps where id in (
        select s.id from journey_steps s join journeys j on j.id = s.journey_id
        where j.ended_at < :before and j.state <> 'going' limit :limit)""")
