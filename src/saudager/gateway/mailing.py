"""Send the letters the agent asks for: once, by the first carrier that takes them, with their fate recorded."""

import asyncio
import base64
import binascii
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, cast

from saudager import tracing
from saudager.app import App
from saudager.contracts import MessageClass, OutgoingMail
from saudager.errors import BadCredentials, OutsideError, Rejected, SaudagerError, Unanswered, UnrecognisedPayload
from saudager.gateway import accounts, mail_log, showing
from saudager.gateway.carriers import Rests
from saudager.gateway.mail_log import Permit
from saudager.gateway.mail_turns import Turn
from saudager.providers.channels import OutgoingPicture
from saudager.providers.mail import Address, CopyingMailer, Enclosure, Letter, Mailbox, Mailer
from saudager.queues import table
from saudager.queues.table import Lease

_log = logging.getLogger(__name__)
_SILENT_FOR_LONG = 10
"""Failures in a row of every carrier, with the pauses between them some half an hour."""
_ABREAST = 8
"""Letters of an unpaced mailbox that are claimed at once, though they leave one after another."""
_NO_CARRIER = "Письма из ящика {account} не уходят: {error}"


def abreast(app: App) -> int:
    """How many letters of a mailbox are claimed at once; where there is a pace, no more than may leave."""
    return 1 if app.settings.mail_per_minute else _ABREAST


@dataclass(frozen=True, slots=True)
class _Carried:
    """What is left to do for a letter when the next one's turn has come."""

    stored: "asyncio.Future[None]"
    mailbox: Mailbox
    copy: bytes | None


async def deliver(app: App, rests: Rests, turns: dict[str, Turn], lease: Lease) -> None:
    """Send one letter when its turn comes in its mailbox, unless it was sent, withdrawn or forbidden meanwhile."""
    outgoing = OutgoingMail.model_validate(lease.messages[0].body)
    with tracing.span("send letter", account=outgoing.account, outgoing_id=outgoing.id):
        turn = turns.setdefault(outgoing.account, Turn(app.db))
        async with turn.taken():
            carried = await _deliver(app, rests, turn, lease, outgoing)
        if carried is not None:
            await carried.stored
            await _keep_copy(carried)


async def _deliver(app: App, rests: Rests, turn: Turn, lease: Lease, outgoing: OutgoingMail) -> _Carried | None:
    now = app.clock.now()
    mailbox = app.mailboxes.get(outgoing.account)
    if mailbox is None:
        await app.db.run(mail_log.is_disconnected, lease, now=now)
        return None
    names = rests.awake(mailbox, now=now)
    if not names:
        until = rests.next_awake(list(mailbox.mailers.values()), now=now)
        await app.db.run(mail_log.wait, lease, outgoing, until=until, now=now)
        return None
    try:
        pictures = [await showing.read(app, file) for file in outgoing.files or ()]
    except Rejected as error:
        await app.db.run(mail_log.was_refused, lease, outgoing, error, now=now)
        return None
    permit = await turn.begin(
        partial(
            mail_log.permit,
            lease=lease,
            outgoing=outgoing,
            carrier=names[0],
            repeating=[name for name in mailbox.mailers if _repeats(app, name)],
            pace=_pace(app.settings.mail_per_minute),
            now=now,
        )
    )
    if permit is None:
        return None
    if permit.only is not None and permit.only not in names:
        until = rests.next_awake([mailbox.mailers[permit.only]], now=now)
        await app.db.run(table.put_back, lease, until=until)
        return None
    try:
        letter = compose(outgoing, mailbox, permit, pictures)
    except Rejected as error:
        await app.db.run(mail_log.was_refused, lease, outgoing, error, now=app.clock.now())
        return None
    tried = names if permit.only is None else [permit.only]
    return await _carry(app, rests, turn, lease, outgoing, permit, letter, mailbox, tried)


async def _carry(
    app: App,
    rests: Rests,
    turn: Turn,
    lease: Lease,
    outgoing: OutgoingMail,
    permit: Permit,
    letter: Letter,
    mailbox: Mailbox,
    names: Sequence[str],
) -> _Carried | None:
    """Hand it to the carriers in their order, until one takes it or one may have it."""
    errors: dict[str, OutsideError] = {}
    for name in names:
        mailer = mailbox.mailers[name]
        if errors:
            await app.db.run(mail_log.hand_to, outgoing, name)
        try:
            carrier_id = await mailer.send(letter)
        except (Unanswered, UnrecognisedPayload) as error:
            rests.note(mailer, error, now=app.clock.now())
            if _repeats(app, name):
                raise
            await app.db.run(mail_log.nobody_knows, lease, error, now=app.clock.now())
            return None
        except Rejected as error:
            if permit.only is not None:  # of the attempt that was left unanswered this tells nothing
                await app.db.run(mail_log.nobody_knows, lease, error, now=app.clock.now())
                return None
            await app.db.run(mail_log.was_refused, lease, outgoing, error, now=app.clock.now())
            return None
        except OutsideError as error:
            _log.info("%s: %s did not take a letter: %s", outgoing.account, name, error)
            rests.note(mailer, error, now=app.clock.now())
            errors[name] = error
            continue
        rests.works(mailer)
        broken = {other: error for other, error in errors.items() if isinstance(error, BadCredentials)}
        record = partial(
            mail_log.record,
            lease=lease,
            outgoing=outgoing,
            permit=permit,
            carrier=name,
            carrier_id=carrier_id,
            broken=broken,
            now=app.clock.now(),
        )
        copy = None if outgoing.secret else _copy(mailbox, mailer, letter)
        return _Carried(turn.leave(record), mailbox, copy)
    await _wait(app, rests, lease, outgoing, permit, mailbox, list(errors.values()))
    return None


async def _wait(
    app: App,
    rests: Rests,
    lease: Lease,
    outgoing: OutgoingMail,
    permit: Permit,
    mailbox: Mailbox,
    errors: Sequence[OutsideError],
) -> None:
    now = app.clock.now()
    mailers = mailbox.mailers if permit.only is None else {permit.only: mailbox.mailers[permit.only]}
    until = rests.next_awake(list(mailers.values()), now=now)
    nobody_accepts = len(errors) == len(mailbox.mailers) and all(isinstance(one, BadCredentials) for one in errors)
    if nobody_accepts:
        rests.end(mailbox)
    await app.db.run(
        mail_log.did_not_leave, lease, outgoing, permit, errors, nobody_accepts=nobody_accepts, until=until, now=now
    )
    if rests.failures(mailbox) == _SILENT_FOR_LONG:
        says = _NO_CARRIER.format(account=outgoing.account, error=errors[-1])
        await app.db.run(accounts.ask_for_a_person, outgoing.account, says, now=now)


def compose(
    outgoing: OutgoingMail, mailbox: Mailbox, permit: Permit, pictures: Sequence[OutgoingPicture] = ()
) -> Letter:
    """The letter as it is handed to a carrier, with pictures beside its text; raises Rejected for a picture of its HTML
    that is none."""
    shown = (
        Enclosure(picture.name, picture.mime_type, _decoded(picture.data), content_id=picture.name)
        for picture in outgoing.pictures
    )
    beside = (Enclosure(picture.name, picture.mime_type, picture.content) for picture in pictures)
    return Letter(
        own_id=permit.message_id,
        message_id=permit.message_id,
        sender=mailbox.address,
        recipient=Address(outgoing.recipient, outgoing.recipient_name or ""),
        subject=permit.thread.subject or mailbox.address.name or mailbox.address.email,
        text=outgoing.text,
        html=outgoing.html,
        enclosures=(*shown, *beside),
        in_reply_to=permit.thread.in_reply_to,
        references=permit.thread.references,
        unsubscribe=outgoing.unsubscribe,
        automatic=_automatic(outgoing),
    )


def _automatic(outgoing: OutgoingMail) -> Literal["auto-generated", "auto-replied"] | None:
    if outgoing.author == "human":
        return None
    return "auto-replied" if outgoing.message_class is MessageClass.REPLY else "auto-generated"


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Rejected("a picture of the letter is not base64") from None


def _copy(mailbox: Mailbox, mailer: Mailer, letter: Letter) -> bytes | None:
    if mailbox.reader is None or not hasattr(mailer, "copy"):
        return None
    return cast(CopyingMailer, mailer).copy(letter)


async def _keep_copy(carried: _Carried) -> None:
    """Among the sent letters of the mailbox, where whoever reads it there expects it."""
    reader = carried.mailbox.reader
    if reader is None or carried.copy is None:
        return
    try:
        if (folder := (await reader.folders()).sent) is not None:
            await reader.keep(folder, carried.copy)
    except SaudagerError as error:
        _log.warning("%s: no copy of a sent letter was kept: %s", carried.mailbox.address.email, error)


def _repeats(app: App, name: str) -> bool:
    return name in app.mailers and app.mailers[name].repeats_safely


def _pace(per_minute: float) -> timedelta:
    return timedelta(seconds=60 / per_minute) if per_minute else timedelta(0)
