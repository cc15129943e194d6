"""Send what the agent asked for: paced, once, with its fate recorded; what cannot be settled is shown to a person."""

import logging
from datetime import timedelta
from random import SystemRandom
from typing import cast

from sqlalchemy.orm import Session

from saudager import tracing
from saudager.app import App
from saudager.contracts import MessageClass, OutgoingMessage
from saudager.errors import BadCredentials, OutsideError, RateLimited, Rejected, Unanswered, UnrecognisedPayload
from saudager.gateway import outgoing_log, showing
from saudager.gateway.outgoing_log import Permit
from saudager.providers.channels import Channel, KnowingChannel, PicturingChannel
from saudager.queues import table
from saudager.queues.table import Lease

_log = logging.getLogger(__name__)
_random = SystemRandom()
_LOOK_BACK = timedelta(minutes=2)
_LOOK_AGAIN_AFTER, _LOOKED_FOR = timedelta(seconds=15), timedelta(minutes=5)
_LINES_LOOKED_AT = 30
_TYPING_AT_MOST = 8.0
_CHARACTERS_A_SECOND = 40


async def deliver(app: App, lease: Lease) -> None:
    """Send one message, unless it was sent, withdrawn or forbidden meanwhile."""
    outgoing = OutgoingMessage.model_validate(lease.messages[0].body)
    with tracing.span("send", account=outgoing.account, outgoing_id=outgoing.id):
        await _deliver(app, lease, outgoing)


async def _deliver(app: App, lease: Lease, outgoing: OutgoingMessage) -> None:
    channel = app.channels.get(outgoing.account)
    if channel is None:
        await app.db.run(outgoing_log.is_disconnected, lease, outgoing, now=app.clock.now())
        return
    outgoing = showing.as_it_can_go(channel, outgoing)
    if not await _is_there(app, channel, lease, outgoing):
        return
    if app.settings.sends_per_minute and await app.db.read(
        outgoing_log.may_go, outgoing, window=channel.window, now=app.clock.now()
    ):
        await _show_presence(app, channel, outgoing)
    pace = _pause_after_a_send(app.settings.sends_per_minute)
    permit = await app.db.run(
        outgoing_log.permit, lease, outgoing, pace=pace, window=channel.window, now=app.clock.now()
    )
    if permit is None:
        return
    sent_id = None
    if permit.look_first:
        try:
            sent_id = await _find_sent(app, channel, outgoing, permit)
        except (RateLimited, BadCredentials) as error:
            await app.db.run(outgoing_log.wait_for_account, lease, outgoing, error, now=app.clock.now())
            return
        except OutsideError as error:  # nothing was sent, so no attempt is counted at first
            if app.clock.now() - permit.since > _LOOKED_FOR:
                raise
            _log.info("cannot see yet whether a message of %s arrived: %s", outgoing.account, error)
            await app.db.run(table.put_back, lease, until=app.clock.now() + _LOOK_AGAIN_AFTER)
            return
    if sent_id is None:
        sent_id = await _send(app, channel, lease, outgoing, permit)
    if sent_id is not None:
        recorded = app.db.run(outgoing_log.record, lease, outgoing, sent_id, now=app.clock.now())
        app.queues.look_behind(lease)
        await recorded


async def _is_there(app: App, channel: Channel, lease: Lease, outgoing: OutgoingMessage) -> bool:
    """Whether there is somebody to write to. The messenger is asked once about a number nothing is known of; when it
    cannot tell, sending will."""
    if outgoing.message_class is MessageClass.REPLY or not hasattr(channel, "has_account"):
        return True
    known = await app.db.read(outgoing_log.is_reachable, outgoing, now=app.clock.now())
    if known is None:
        try:
            known = await cast(KnowingChannel, channel).has_account(outgoing_log.chat_of(outgoing))
        except (RateLimited, BadCredentials) as error:
            await app.db.run(outgoing_log.wait_for_account, lease, outgoing, error, now=app.clock.now())
            return False
        except Rejected as error:
            _log.info("%s cannot tell whether a number is on it: %s", outgoing.account, error)
            known = True
    if not known:
        await app.db.run(outgoing_log.is_nobody, lease, outgoing, now=app.clock.now())
    return known


async def _send(app: App, channel: Channel, lease: Lease, outgoing: OutgoingMessage, permit: Permit) -> str | None:
    """The messenger's id of the message, or None when it was settled otherwise.

    Raises Unanswered when it may have arrived (the next attempt looks first) and Unreachable when it certainly did not.
    """
    chat = outgoing_log.chat_of(outgoing)
    try:
        if outgoing.media is not None:
            picture = await showing.picture_of(app, channel, outgoing.media)
            shows = cast(PicturingChannel, channel)
            return await shows.send_picture(chat, picture, outgoing.message_text, own_id=outgoing.id)
        return await channel.send(
            chat,
            outgoing.message_text,
            own_id=outgoing.id,
            reply_to=outgoing.reply_to_message_id,
            template=outgoing.template,
        )
    except (Unanswered, UnrecognisedPayload):
        raise
    except OutsideError as error:
        await app.db.run(outgoing_log.did_not_leave, lease, outgoing, permit, error, now=app.clock.now())
        if not lease.settled:
            raise
        return None


async def _show_presence(app: App, channel: Channel, outgoing: OutgoingMessage) -> None:
    """Seen, typing, and a moment by length; a messenger that fails at these courtesies does not stop the message."""
    chat = outgoing_log.chat_of(outgoing)
    try:
        if outgoing.mark_as_read and outgoing.based_on:
            await channel.mark_read(chat, outgoing.based_on)
        await channel.show_typing(chat)
    except OutsideError as error:
        _log.info("no presence shown in a chat of %s: %s", outgoing.account, error)
    seconds = min(_TYPING_AT_MOST, 1 + len(outgoing.message_text) / _CHARACTERS_A_SECOND)
    await app.clock.sleep_until(app.clock.now() + timedelta(seconds=seconds))


def _pause_after_a_send(sends_per_minute: float) -> timedelta:
    """Never shorter than the pace allows, up to half as long again."""
    if not sends_per_minute:
        return timedelta(0)
    return timedelta(seconds=60 / sends_per_minute * _random.uniform(1.0, 1.5))


async def _find_sent(app: App, channel: Channel, outgoing: OutgoingMessage, permit: Permit) -> str | None:
    """The messenger's id of an earlier attempt that did arrive, or None when it certainly did not; a picture is known
    by its caption."""
    lines = await channel.lines(outgoing_log.chat_of(outgoing), limit=_LINES_LOOKED_AT, offset=0)
    candidates = [
        line.message_id
        for line in lines
        if line.from_us
        and (line.text or "").strip() == outgoing.message_text.strip()
        and line.sent_at >= permit.since - _LOOK_BACK
    ]
    return await app.db.read(_first_of_this, outgoing, candidates)


def _first_of_this(session: Session, outgoing: OutgoingMessage, ids: list[str]) -> str | None:
    return next((id for id in ids if not outgoing_log.is_another_of_ours(session, outgoing, id)), None)
