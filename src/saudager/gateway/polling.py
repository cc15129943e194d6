"""Ask a messenger for news: one look at the chat list, one query to see what changed, then only the changed chats."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.statements import insert_into
from saudager.errors import BadCredentials, RateLimited, SaudagerError
from saudager.gateway import accounts, intake
from saudager.gateway.models import Account, ChatCursor
from saudager.providers.channels import ChatSummary, Line, PolledChannel

_log = logging.getLogger(__name__)
_CHATS = 100
_LINES = 50
_MOST_LINES = 2000
_HISTORIES_A_LOOK = 20
_SWEEP_EVERY = 60
_LONGEST_PAUSE = 60.0
_FAILED_CHATS = 3
_LISTED_BEFORE_SHOWN = timedelta(minutes=1)


async def keep_polling(app: App, name: str, channel: PolledChannel) -> None:
    """Look for new messages for ever, whatever the messenger answers."""
    looks = failures = 0
    while True:
        pause = app.settings.polling_interval
        try:
            if await _look_or_pause(app, name, channel, everything=looks % _SWEEP_EVERY == 0):
                looks += 1
            else:
                pause = max(pause, _LONGEST_PAUSE)
            failures = 0
        except RateLimited as error:
            pause = max(pause, error.retry_after)
        except Exception as error:
            failures += 1
            pause = min(pause * 2**failures, max(_LONGEST_PAUSE, pause))
            _log.warning("polling %s failed %d times: %r", name, failures, error, exc_info=_unexpected(error))
        await app.clock.sleep_until(app.clock.now() + timedelta(seconds=pause))


async def _look_or_pause(app: App, name: str, channel: PolledChannel, *, everything: bool) -> bool:
    """Look, and keep the account paused while the messenger does not accept it; returns whether it does."""
    try:
        await look(app, name, channel, everything=everything)
    except BadCredentials as error:
        await app.db.run(accounts.not_accepted, name, error, now=app.clock.now())
        return False
    return True


async def look(app: App, name: str, channel: PolledChannel, *, everything: bool) -> int:
    """Take in what is new in every chat and return how many lines that was.

    The chat list comes newest first, so a page without changes ends the look, unless ``everything`` is asked for. Old
    conversations of a newly connected account are read a few at a time, after what is new. A chat that cannot be read
    does not hide the others and is read again by the next look; after a few such chats the look is given up.
    """
    account = await app.db.read(_account, name)
    taken, histories, failed, offset = 0, 0, 0, 0
    while True:
        page = await channel.chats(limit=_CHATS, offset=offset)
        changed = await app.db.read(_changed, name, page)
        for chat, cursor in sorted(changed, key=lambda pair: pair[0].last_at, reverse=True):
            is_history = cursor is None and chat.last_at < account.connected_at
            histories += is_history
            if is_history and histories > _HISTORIES_A_LOOK:
                continue
            try:
                taken += await _read_chat(app, account, channel, chat, cursor, is_history=is_history)
            except (BadCredentials, RateLimited):
                raise
            except Exception as error:
                failed += 1
                if failed == _FAILED_CHATS:
                    raise
                _log.warning("polling %s: a chat could not be read: %r", name, error, exc_info=_unexpected(error))
        offset += _CHATS
        if not page or not (changed or everything):
            break
    accepted = account.paused_reason is None or (await channel.status()).ready
    await app.db.run(_note_look, name, accepted=accepted, now=app.clock.now())
    return taken


async def _read_chat(
    app: App,
    account: Account,
    channel: PolledChannel,
    chat: ChatSummary,
    cursor: ChatCursor | None,
    *,
    is_history: bool,
) -> int:
    lines: list[Line] = []
    if is_history:
        lines += await channel.lines(chat.chat, limit=app.settings.max_context_messages, offset=0)
    else:
        since = cursor.last_at if cursor is not None else account.connected_at
        for offset in range(0, _MOST_LINES, _LINES):
            page = await channel.lines(chat.chat, limit=_LINES, offset=offset)
            lines += page
            if not page or min(line.sent_at for line in page) < since:
                break
        else:
            _log.warning("%s: chat read only %d lines back", account.name, _MOST_LINES)
    named = [_with_contact(line, chat) for line in {line.message_id: line for line in reversed(lines)}.values()]
    hears = app.transcriber is not None
    return await app.db.run(_take_chat, account, chat, named, hears=hears, now=app.clock.now())


def _with_contact(line: Line, chat: ChatSummary) -> Line:
    """The chat list knows names the single lines lack."""
    if line.from_us:
        return replace(line, phone_number=chat.phone_number)
    known = chat.contact.model_dump(exclude_none=True) | line.contact.model_dump(exclude_none=True)
    return replace(
        line,
        phone_number=line.phone_number or chat.phone_number,
        contact=chat.contact.model_validate(known),
    )


def _account(session: Session, name: str) -> Account:
    return session.get_one(Account, name)


def _changed(
    session: Session, account: str, page: Sequence[ChatSummary]
) -> list[tuple[ChatSummary, ChatCursor | None]]:
    """The customers' chats of a page that are not where we left them: one query for the page."""
    ours = [chat for chat in page if chat.is_customer and chat.last_message_id is not None]
    query = select(ChatCursor).where(ChatCursor.account == account, ChatCursor.chat.in_([chat.chat for chat in ours]))
    cursors = {cursor.chat: cursor for cursor in session.scalars(query)}
    return [
        (chat, cursors.get(chat.chat))
        for chat in ours
        if (cursor := cursors.get(chat.chat)) is None
        or (cursor.last_message_id, cursor.last_at) != (chat.last_message_id, chat.last_at)
    ]


def _take_chat(
    session: Session, account: Account, chat: ChatSummary, lines: Sequence[Line], *, hears: bool, now: datetime
) -> int:
    """The lines and how far we have read, in one transaction.

    The chat list may tell of a line before the chat shows it: then the chat is read again for a while. (A reaction is
    listed too and never shown.)
    """
    taken = intake.take(session, account, lines, hears=hears, now=now)
    is_shown = any(line.message_id == chat.last_message_id for line in lines)
    if not is_shown and now - chat.last_at < _LISTED_BEFORE_SHOWN:
        return taken.new
    _READ_TO(
        session,
        account=account.name,
        chat=chat.chat,
        last_message_id=chat.last_message_id,
        last_at=chat.last_at,
    )
    return taken.new


def _note_look(session: Session, name: str, *, accepted: bool, now: datetime) -> None:
    session.get_one(Account, name).last_poll_at = now
    if accepted:
        accounts.accepted(session, name)


def _unexpected(error: Exception) -> bool:
    return not isinstance(error, SaudagerError)


_READ_TO = insert_into(
    "chat_cursors",
    ("account", "chat", "last_message_id", "last_at"),
    """on conflict (account, chat) do update set
        last_message_id = excluded.last_message_id, last_at = excluded.last_at""",
)
