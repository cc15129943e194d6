"""The rows of the chains: begun by our last word, moved on by touches, ended by the customer, a person, a purchase."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager import events
from saudager.conversations.models import Author
from saudager.db.statements import Rows, Statement, insert_into, moment
from saudager.events import Happened
from saudager.followups.rules import Quiet, Stop, answered_by, moment_of

TASK = "touch_the_silent"
WINDOW_CLOSED = "window_closed"
PAUSED = "paused"
"""A person holds it; it goes on at its moment, when he says so, or anew after the customer's next line."""
_LEASE = timedelta(minutes=10)
"""How long a claimed touch is its worker's; then it is due again."""


def watch(
    session: Session, contact_id: int, conversation_id: int, intervals: Sequence[float], *, now: datetime
) -> None:
    """Ours is the last word since now: unless the customer speaks, he is written to again."""
    due = moment_of(1, intervals, anchor=now)
    _WATCH(
        session,
        contact_id=contact_id,
        conversation_id=conversation_id,
        touch_number=1,
        anchor_at=now,
        next_touch_at=due,
        is_completed=False,
        created_at=now,
    )


def customer_spoke(session: Session, conversation_id: int, words: str, *, now: datetime) -> Stop | None:
    """End the chain of the conversation's contact; how it ended, or None when none was running.

    Where no touch was made yet nothing is stored: our next answer begins the wait anew.
    """
    row = _RUNNING(session, conversation=conversation_id).fetchone()
    if row is None:
        return None
    chain, offer = row
    stop = answered_by(words, offer or "")
    assert stop is not None
    _ended(session, _END(session, id=chain, reason=stop, now=now), stop, now=now)
    return stop


def stop(session: Session, contact_id: int, reason: Stop, *, now: datetime) -> None:
    """End whatever waits or runs for a contact."""
    _ended(session, _END_OF_CONTACT(session, contact=contact_id, reason=reason, now=now), reason, now=now)


def person_spoke(session: Session, conversation_id: int, *, now: datetime) -> None:
    """A person of the shop has the customer now."""
    ended = _END_OF_CONVERSATION(session, conversation=conversation_id, reason=Stop.TAKEN_OVER, now=now)
    _ended(session, ended, Stop.TAKEN_OVER, now=now)


def purchased(session: Session, contact_id: int, *, at: datetime, now: datetime) -> None:
    """The contact has bought something at the moment."""
    _PURCHASED(session, contact=contact_id, at=at)
    stop(session, contact_id, Stop.PURCHASED, now=now)


def next_due(session: Session) -> datetime | None:
    """When the next touch is due."""
    return moment(_NEXT_DUE(session).fetchone()[0])


def claim(session: Session, *, limit: int, now: datetime) -> list[Quiet]:
    """Take up to ``limit`` due touches, the longest due first; nobody else gets them for ten minutes."""
    due = [row[0] for row in _CLAIM(session, now=now, limit=limit, until=now + _LEASE, paused=PAUSED).fetchall()]
    return situations(session, due)


def situations(session: Session, chains: Sequence[int]) -> list[Quiet]:
    """How things stand with those of the chains that still run."""
    return [_quiet(row) for row in _SITUATIONS(session, ids=json.dumps(chains)).fetchall()] if chains else []


def _quiet(row: Any) -> Quiet:
    (
        chain, contact_id, conversation_id, touch_number, anchor, last_touch, held, is_client, merged_into,
        purchased_at, account, chat, silent_until, booked, spoke, exchanged, undelivered, last_words, line, offer, ours,
        author, latest,
    ) = row  # fmt: skip
    return Quiet(
        id=chain,
        contact_id=contact_id,
        conversation_id=conversation_id,
        account=account,
        chat=chat,
        touch_number=touch_number,
        anchor_at=_known(anchor),
        last_touch_at=moment(last_touch),
        held_reason=held,
        is_client=bool(is_client),
        merged=merged_into is not None,
        purchased_at=moment(purchased_at),
        silent_until=moment(silent_until),
        call_booked=bool(booked),
        spoke_since=bool(spoke),
        person_spoke=author == Author.HUMAN,
        exchanged=bool(exchanged),
        undelivered=bool(undelivered),
        last_words=last_words or "",
        offer=offer or "",
        last_of_ours=ours or "",
        latest=latest or 0,
        last_line_id=line,
    )


def end(session: Session, chain: int, reason: Stop, *, now: datetime) -> None:
    """The chain is over; one that never made a touch keeps the reason too."""
    _ended(session, _END(session, id=chain, reason=reason, now=now), reason, now=now)


def hold(session: Session, chain: int, reason: str, *, until: datetime) -> None:
    """The touch keeps its place and is judged again at the moment."""
    _HOLD(session, id=chain, reason=reason, until=until)


def still_standing(session: Session, claimed: Sequence[Quiet], *, since: datetime) -> set[int]:
    """The chains to which nothing has happened since they were claimed: no line, no wish, no pause, no other message
    of ours.
    Until the transaction ends nobody else moves them."""
    ids = json.dumps([quiet.id for quiet in claimed])
    latest = {quiet.id: (quiet.touch_number, quiet.latest) for quiet in claimed}
    rows = _STANDING(session, ids=ids, since=since, paused=PAUSED).fetchall()
    return {chain for chain, touch, newest in rows if latest[chain] == (touch, newest or 0)}


def window_closed(session: Session, chain: int, touch: int, *, until: datetime) -> None:
    """The messenger did not take the touch, because the customer wrote too long ago: it is held."""
    _GIVE_BACK(session, id=chain, touch=touch, reason=WINDOW_CLOSED, until=until, completed=Stop.COMPLETED)


def touched(session: Session, quiet: Quiet, touch: int, intervals: Sequence[float], *, now: datetime) -> None:
    """A touch is written: the next one gets its moment, or the chain is complete."""
    if touch >= len(intervals):
        ended = _LAST_TOUCH(session, id=quiet.id, touch=touch, now=now, reason=Stop.COMPLETED)
        _ended(session, ended, Stop.COMPLETED, now=now)
        return
    due = moment_of(touch + 1, intervals, anchor=quiet.anchor_at, last=now)
    _TOUCHED(session, id=quiet.id, touch=touch + 1, due=due, now=now)


def _ended(session: Session, chains: Rows, reason: Stop, *, now: datetime) -> None:
    """Tell whoever listens of the chains that ended."""
    for contact_id, conversation_id in chains.fetchall():
        events.tell(
            session,
            Happened.FOLLOW_UPS_ENDED,
            f"conversation:{conversation_id}",
            contact_id=contact_id,
            conversation_id=conversation_id,
            facts={"reason": reason.value},
            now=now,
        )


def _known(stored: object) -> datetime:
    known = moment(stored)
    assert known is not None
    return known


_WATCH = insert_into(
    "follow_ups",
    (
        "contact_id",
        "conversation_id",
        "touch_number",
        "anchor_at",
        "next_touch_at",
        "is_completed",
        "created_at",
    ),
    """on conflict (contact_id) where not is_completed do update set
        conversation_id = excluded.conversation_id, touch_number = 1, anchor_at = excluded.anchor_at,
        next_touch_at = excluded.next_touch_at, last_touch_at = null, held_reason = null, note = null,
        created_at = excluded.created_at""",
)
_RUNNING = Statement("""
    select f.id, (select m.text from messages m where m.conversation_id = f.conversation_id and m.author = 'bot'
        and m.kind <> 'image' order by m.id desc limit 1)
    from follow_ups f join conversations c on c.contact_id = f.contact_id
    where c.id = :conversation and not f.is_completed and f.last_touch_at is not null""")
_END = Statement("""
    update follow_ups set is_completed = true, stop_reason = :reason, completed_at = :now
    where id = :id and not is_completed
    returning contact_id, conversation_id""")
_END_OF_CONTACT = Statement("""
    update follow_ups set is_completed = true, stop_reason = :reason, completed_at = :now
    where contact_id = :contact and not is_completed
    returning contact_id, conversation_id""")
_END_OF_CONVERSATION = Statement("""
    update follow_ups set is_completed = true, stop_reason = :reason, completed_at = :now
    where contact_id = (select contact_id from conversations where id = :conversation) and not is_completed
    returning contact_id, conversation_id""")
_PURCHASED = Statement("""
    update contacts set last_purchase_at = greatest(coalesce(last_purchase_at, :at), :at) where id = :contact""")
_NEXT_DUE = Statement("select min(next_touch_at) from follow_ups where not is_completed")
_CLAIM = Statement("""
    update follow_ups set next_touch_at = :until, held_reason = nullif(held_reason, :paused) where id in (
        select id from follow_ups where not is_completed and next_touch_at <= :now
        order by next_touch_at limit :limit for update skip locked)
    returning id""")
_HOLD = Statement("""
    update follow_ups set held_reason = :reason, next_touch_at = :until where id = :id and not is_completed""")
_TOUCHED = Statement("""
    update follow_ups set touch_number = :touch, last_touch_at = :now, next_touch_at = :due, held_reason = null
    where id = :id""")
_LAST_TOUCH = Statement("""
    update follow_ups set touch_number = :touch, last_touch_at = :now, held_reason = null, is_completed = true,
        stop_reason = :reason, completed_at = :now
    where id = :id
    returning contact_id, conversation_id""")
_AMONG = "(select value from json_each(:ids))"
_AMONG_ON_A_SERVER = "(select value::bigint from json_array_elements_text(cast(:ids as json)))"


def _of_many(sql: str) -> Statement:
    """A statement about the chains whose ids stand in the JSON list ``:ids``."""
    return Statement(sql.format(ids=_AMONG), postgresql=sql.format(ids=_AMONG_ON_A_SERVER))


_STANDING = _of_many("""
    select f.id, f.touch_number,
        (select m.id from messages m where m.conversation_id = f.conversation_id order by m.id desc limit 1)
    from follow_ups f where f.id in {ids} and not f.is_completed and coalesce(f.held_reason, '') <> :paused
        and not exists (select 1 from consents s where s.contact_id = f.contact_id and s.said_at >= :since)
        and not exists (
            select 1 from outreach_verdicts v where v.contact_id = f.contact_id and v.counted_at >= :since)
    for update of f""")
_GIVE_BACK = Statement("""
    update follow_ups set touch_number = :touch, held_reason = :reason, next_touch_at = :until, is_completed = false,
        stop_reason = null, completed_at = null
    where id = :id and (not is_completed or stop_reason = :completed) and not exists (
        select 1 from follow_ups other
        where other.contact_id = follow_ups.contact_id and other.id <> follow_ups.id and not other.is_completed)""")
_SITUATIONS = _of_many("""
    select f.id, f.contact_id, f.conversation_id, f.touch_number, f.anchor_at, f.last_touch_at, f.held_reason,
        k.is_client, k.merged_into_id, k.last_purchase_at, c.account, c.chat, c.silent_until,
        exists (select 1 from scheduled_calls s
            where s.contact_id = f.contact_id and s.status in ('booked', 'held') and s.scheduled_at > f.anchor_at),
        exists (select 1 from messages m join conversations o on o.id = m.conversation_id
            where o.contact_id = f.contact_id and m.author <> 'bot' and m.sent_at > f.anchor_at and not m.history),
        exists (select 1 from messages m where m.conversation_id = c.id and m.author = 'customer' and not m.history
            and m.turn_id is not null and coalesce(m.text, m.voice_transcription, '') <> ''),
        ours.delivery_state in ('failed', 'withdrawn'),
        coalesce(theirs.text, theirs.voice_transcription), theirs.message_id,
        (select m.text from messages m where m.conversation_id = c.id and m.id < theirs.id and m.author <> 'customer'
            and not (m.author = 'bot' and m.kind = 'image') order by m.id desc limit 1),
        ours.text, latest.author, latest.id
    from follow_ups f
    join contacts k on k.id = f.contact_id
    join conversations c on c.id = f.conversation_id
    left join messages latest on latest.id = (
        select m.id from messages m where m.conversation_id = c.id order by m.id desc limit 1)
    left join messages theirs on theirs.id = (
        select m.id from messages m where m.conversation_id = c.id and m.author = 'customer' and not m.deleted
        order by m.id desc limit 1)
    left join messages ours on ours.id = (
        select m.id from messages m where m.conversation_id = c.id and m.author = 'bot' and m.kind <> 'image'
        order by m.id desc limit 1)
    where f.id in {ids} and not f.is_completed""")
