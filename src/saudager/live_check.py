"""Try a real account on the merchant's own phone: what no documentation of a messenger tells is measured there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from saudager.clock import Clock
from saudager.contracts import DeliveryState
from saudager.errors import OutsideError, SaudagerError
from saudager.providers.channels import Channel, Line

_LONG = 5000
_LINES = 20
_LOOK_EVERY = timedelta(seconds=3)
_DELIVERED_WITHIN, _ANSWERED_WITHIN = timedelta(minutes=1), timedelta(minutes=3)
_ARRIVED = (DeliveryState.DELIVERED, DeliveryState.READ)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing tried; ``asks`` is what the person at the phone should do now."""

    about: str
    good: bool
    says: str
    asks: bool = False


async def try_out(channel: Channel, chat: str, clock: Clock) -> AsyncIterator[Step]:
    """Send a few messages to the chat, which must be the merchant's own, and watch what becomes of them; ends by itself
    within eight minutes. Each step that fails is told and the next one tried."""
    status = await channel.status()
    yield Step("linked", status.ready, status.reason or f"ready, number {status.phone_number or 'not told'}")
    if not status.ready:
        return
    began = clock.now()
    first = await _sent(channel, chat, f"Проверка связи, {began:%H:%M:%S} UTC")
    yield first
    if not first.good:
        return
    yield await _typing(channel, chat)
    yield await _sent(channel, chat, "Ответ с цитатой", reply_to=first.says)
    long = await _sent(channel, chat, "Длинное сообщение. " * (_LONG // 19) + "Конец.")
    yield long
    try:
        yield await _found_again(channel, chat, first.says)
        yield await _arrives(channel, chat, first.says, clock)
        if long.good:
            yield await _whole(channel, chat, long.says)
        yield Step("your turn", True, "answer on that phone with one word, then with a voice note", asks=True)
        async for step in _hears(channel, chat, clock, since=began):
            yield step
    except SaudagerError as error:
        yield Step("reading the chat", False, str(error))


async def _sent(channel: Channel, chat: str, text: str, *, reply_to: str | None = None) -> Step:
    """``says`` is the messenger's id of the message."""
    about = "quoted text" if reply_to else f"text of {len(text)} characters"
    try:
        return Step(about, True, await channel.send(chat, text, reply_to=reply_to))
    except OutsideError as error:
        return Step(about, False, f"{type(error).__name__}: {error}")


async def _typing(channel: Channel, chat: str) -> Step:
    try:
        await channel.show_typing(chat)
    except OutsideError as error:
        return Step("typing", False, f"{type(error).__name__}: {error}")
    return Step("typing", True, "accepted")


async def _found_again(channel: Channel, chat: str, message_id: str) -> Step:
    line = await _line(channel, chat, message_id)
    if line is None:
        return Step("found again", False, "the messenger does not list what it has just sent under the id it gave")
    own = line.from_us and line.from_api is not False
    return Step("found again", own, "known as ours, sent by an API" if own else "not known as sent by an API")


async def _arrives(channel: Channel, chat: str, message_id: str, clock: Clock) -> Step:
    until, state = clock.now() + _DELIVERED_WITHIN, None
    while clock.now() < until:
        line = await _line(channel, chat, message_id)
        state = line.delivery if line else None
        if state in _ARRIVED:
            return Step("delivered", True, str(state))
        await clock.sleep_until(clock.now() + _LOOK_EVERY)
    return Step("delivered", False, f"after a minute its state is {state or 'not told'}")


async def _whole(channel: Channel, chat: str, message_id: str) -> Step:
    line = await _line(channel, chat, message_id)
    kept = len(line.text or "") if line else 0
    return Step("long text", kept >= _LONG - 19, f"{kept} characters are kept")


async def _hears(channel: Channel, chat: str, clock: Clock, *, since: datetime) -> AsyncIterator[Step]:
    """A word and a voice note of the person, as they come."""
    until = clock.now() + _ANSWERED_WITHIN
    missing = {"an answer", "a voice note"}
    while missing and clock.now() < until:
        for line in await channel.lines(chat, limit=_LINES, offset=0):
            about = "a voice note" if line.is_voice else "an answer"
            if line.from_us or line.sent_at < since.replace(microsecond=0) or about not in missing:
                continue
            missing.remove(about)
            yield await (_listened(channel, line) if line.is_voice else _read(channel, chat, line, clock))
        await clock.sleep_until(clock.now() + _LOOK_EVERY)
    for about in sorted(missing):
        yield Step(about, False, "none came within three minutes")


async def _read(channel: Channel, chat: str, line: Line, clock: Clock) -> Step:
    await channel.mark_read(chat, line.message_id)
    late = round((clock.now() - line.sent_at).total_seconds())
    hidden = f", hidden id {line.contact.lid}" if line.contact.lid else ""
    return Step("an answer", True, f"seen {late} s after it was written, from {line.chat}{hidden}; marked read")


async def _listened(channel: Channel, line: Line) -> Step:
    content, mime_type = await channel.fetch_media(line.file or line.message_id)
    return Step("a voice note", bool(content), f"{len(content)} bytes of {mime_type}")


async def _line(channel: Channel, chat: str, message_id: str) -> Line | None:
    lines = await channel.lines(chat, limit=_LINES, offset=0)
    return next((line for line in lines if line.message_id == message_id), None)
