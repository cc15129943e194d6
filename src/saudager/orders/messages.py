"""Write to buyers what is due: claim it, judge it again, find the words, and hand it to the door."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import MessageClass
from saudager.errors import BadCredentials, OutsideError, RateLimited, SaudagerError, Unanswered, Unreachable
from saudager.orders import judging, opening, sync, triggers, waiting, writing
from saudager.orders.judging import Draft, States
from saudager.orders.models import Trigger, TriggerState
from saudager.orders.opening import Numbers
from saudager.orders.waiting import Due
from saudager.orders.writing import Written
from saudager.outreach import door
from saudager.settings import Settings

_log = logging.getLogger(__name__)
BY_TEMPLATE = "template"
"""Who wrote it: the merchant, in the words Meta has approved."""
NOT_READ = "not_read"
"""Why what comes days after delivery waits: the marketplace does not tell how the order stands."""
_BATCH, _WRITTEN_AT_ONCE = 100, 20
_READ_AGAIN_IN, _GATEWAY_AWAITED = timedelta(hours=1), timedelta(minutes=1)


async def write_due(app: App, task_id: str) -> int:
    """Write everything that is due, a hundred at a time; how many were written.

    What a process claims that dies is due again ten minutes later, and so is what could not be put into words: that
    alone, and its error is raised when the others are written. While the gateway does not answer nothing is claimed.
    """
    written = 0
    while await app.db.read(waiting.is_any_due, now=app.clock.now()):
        try:
            ours = opening.numbers(await app.gateway.accounts())
        except OutsideError as error:
            _log.warning("nobody tells which numbers are connected, so buyers are not written to: %s", error)
            now = app.clock.now()
            await app.db.run(waiting.wake, at=now + _GATEWAY_AWAITED, now=now)
            break
        claimed = await app.db.run(waiting.claim, limit=_BATCH, now=app.clock.now())
        drafts = await app.db.run(_judge, await _read_again(app, claimed), ours, app.settings, now=app.clock.now())
        texts, faults = await _in_words(app, drafts)
        if texts:
            written += await app.db.run(_hand_in, texts, app.settings, now=app.clock.now())
        if faults:
            raise faults[0]
    return written


async def _read_again(app: App, claimed: Sequence[Due]) -> list[Due]:
    """Those whose order is known well enough: what was delivered days ago may have come back since, and is asked
    for. Of a marketplace that does not answer no more is asked now."""
    known, silent = list[Due](), set[int]()
    for due in claimed:
        if due.trigger in triggers.LATER and due.at_marketplace:
            try:
                if due.shop_id not in silent:
                    await sync.read_again(app, due.order_id)
            except (Unreachable, Unanswered, RateLimited, BadCredentials):
                silent.add(due.shop_id)
            except SaudagerError as error:
                _log.warning("order %s cannot be read again: %s", due.order_id, error)
                await _not_read(app, due)
                continue
            if due.shop_id in silent:
                await _not_read(app, due)
                continue
        known.append(due)
    return known


async def _not_read(app: App, due: Due) -> None:
    now = app.clock.now()
    await app.db.run(waiting.put_off, due, NOT_READ, until=now + _READ_AGAIN_IN, now=now)


def _judge(
    session: Session, claimed: Sequence[Due], ours: Numbers, settings: Settings, *, now: datetime
) -> list[Draft]:
    states = States(session, settings, now, hold=False)
    standing = _still_ours(session, claimed)
    drafts = (judging.judge(session, due, ours, settings, states, now=now) for due in standing)
    return [draft for draft in drafts if draft is not None]


async def _in_words(app: App, drafts: Sequence[Draft]) -> tuple[list[tuple[Draft, Written]], list[BaseException]]:
    places = asyncio.Semaphore(_WRITTEN_AT_ONCE)

    async def write(draft: Draft) -> Written:
        async with places:
            return await _words_of(app, draft)

    words = await asyncio.gather(*map(write, drafts), return_exceptions=True)
    texts = [(draft, found) for draft, found in zip(drafts, words, strict=True) if isinstance(found, Written)]
    return texts, [found for found in words if isinstance(found, BaseException)]


async def _words_of(app: App, draft: Draft) -> Written:
    if draft.template is not None:
        return Written(draft.template.told(draft.due.buyer_name, draft.due.code), BY_TEMPLATE, [])
    assert draft.subject is not None
    return await writing.write(app, draft.subject, now=app.clock.now())


def _hand_in(session: Session, texts: Sequence[tuple[Draft, Written]], settings: Settings, *, now: datetime) -> int:
    """What of it is still to be written goes to the door; how many it took."""
    states = States(session, settings, now, hold=True)
    standing = {due.id: due for due in _still_ours(session, [draft.due for draft, _ in texts])}
    written = 0
    for draft, words in texts:
        due = standing.get(draft.due.id)
        if due is not None and (due.stage, due.contact_id) == (draft.due.stage, draft.due.contact_id):
            written += _to_the_door(session, replace(draft, due=due), words, settings, states, now=now)
    return written


def _to_the_door(
    session: Session, draft: Draft, words: Written, settings: Settings, states: States, *, now: datetime
) -> bool:
    due = draft.due
    if (stop := judging.stop_of(due, settings, now=now)) is not None:
        waiting.end(session, due, TriggerState.STOPPED, stop, now=now)
        return False
    assert due.contact_id is not None
    contact, conversation = opening.open_conversation(session, due.contact_id, draft.phone, draft.place, now=now)
    asked, state = (
        judging.wanted(due, contact, draft.place.account, _class_of(draft, words)),
        states[draft.place.account],
    )
    if judging.has_enough(session, contact, state, told={}):
        waiting.put_off(session, due, judging.ENOUGH_TODAY, until=state.tomorrow, now=now)
        return False
    verdict = door.write(
        session,
        asked,
        conversation,
        words.text,
        settings=settings,
        template=None if draft.template is None else draft.template.filled(due.buyer_name, due.code),
        state=state,
        now=now,
    )
    if verdict.may != "write":
        judging.not_now(session, due, asked, verdict, now=now)
        return False
    waiting.written(
        session,
        due,
        contact_id=contact,
        conversation_id=conversation,
        message_class=asked.message_class,
        text=words.text,
        engine=words.engine,
        offered=words.offered,
        now=now,
    )
    return True


def _class_of(draft: Draft, words: Written) -> MessageClass:
    """Thanks that came out without the offer they might have carried are no marketing."""
    is_plain = draft.due.trigger is Trigger.POST_PURCHASE and not words.offered
    return MessageClass.SERVICE if is_plain else draft.message_class


def _still_ours(session: Session, claimed: Sequence[Due]) -> list[Due]:
    """Those nobody has stopped or claimed since."""
    until = {due.id: due.claimed_until for due in claimed}
    return [due for due in waiting.look(session, list(until)) if due.claimed_until == until[due.id]]
