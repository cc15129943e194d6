"""Everything the shop has stored about a contact, as one ZIP: a JSON file a table, what was said, his files."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.conversations import merging, transcript
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.errors import NotFound, SaudagerError
from saudager.people import belongings, contents
from saudager.people.belongings import AT_ONCE, BELONGINGS, Belonging, Whose

_Rows = Sequence[Mapping[str, Any]]
_LOG = "message_log"
_SPEAKERS = {Author.CUSTOMER: "Клиент", Author.HUMAN: "Сотрудник", Author.BOT: "Продавец"}


class _Outlet(io.RawIOBase):
    """A file that can only be written to and is carried away as it grows."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        return len(data)

    def carry_away(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written


async def export(app: App, contact_id: int) -> AsyncIterator[bytes]:
    """The ZIP piece by piece. ``transcript.txt`` is what was said, ``media/`` the files he sent and was shown; a file
    nobody has any more is named in ``media/missing.txt``. ``data/<table>.json`` holds rows as they are stored, of the
    gateway's log too, and ``README.txt`` says in Russian what is what, and how many there are.

    Raises NotFound when there is no such contact; an error of the gateway when it does not answer.
    """
    whose = await app.db.read(_whose, contact_id)
    counted: dict[str, int] = {}
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for belonging in BELONGINGS:
            with archive.open(_entry(app, f"data/{belonging.name}.json"), "w") as file:
                async for piece in _json(_rows_of(app, belonging, whose), belonging.name, counted):
                    file.write(piece.encode())
                    yield outlet.carry_away()
        with archive.open(_entry(app, f"data/{_LOG}.json"), "w") as file:
            async for piece in _json(_logged_of(app, whose), _LOG, counted):
                file.write(piece.encode())
                yield outlet.carry_away()
        with archive.open(_entry(app, "transcript.txt"), "w") as file:
            async for piece in _words_of(app, whose):
                file.write(piece.encode())
                yield outlet.carry_away()
        missing = []
        async for name, content in _files_of(app, whose):
            if content is None:
                missing.append(name)
                continue
            archive.writestr(_entry(app, f"media/{name}"), content)
            yield outlet.carry_away()
        if missing:
            archive.writestr(_entry(app, "media/missing.txt"), "\n".join(missing))
        at = app.clock.now().astimezone(app.settings.zone)
        archive.writestr(_entry(app, "README.txt"), contents.read_me(app.settings.shop_name, contact_id, counted, at))
    yield outlet.carry_away()


def _whose(session: Session, contact_id: int) -> Whose:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound(f"Контакта {contact_id} нет.")
    return belongings.whose(session, merging.everybody(session, contact_id))


def _entry(app: App, name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, app.clock.now().astimezone(app.settings.zone).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


async def _json(batches: AsyncIterator[_Rows], name: str, counted: dict[str, int]) -> AsyncIterator[str]:
    """A JSON array written batch by batch; how many there were is put under ``name``."""
    counted[name] = 0
    yield "["
    async for rows in batches:
        lines = (json.dumps(row, ensure_ascii=False, default=_plain) for row in rows)
        yield (",\n" if counted[name] else "\n") + ",\n".join(lines)
        counted[name] += len(rows)
    yield "\n]\n"


async def _rows_of(app: App, belonging: Belonging, whose: Whose) -> AsyncIterator[_Rows]:
    after: list[Any] = []
    while rows := await app.db.read(belongings.rows, belonging, whose, after=after):
        yield rows
        after = belongings.key_of(belonging, rows[-1])
        if len(rows) < AT_ONCE:
            break


async def _logged_of(app: App, whose: Whose) -> AsyncIterator[_Rows]:
    """What the gateway noted of his numbers and chats, also what never came to the salesperson."""
    phones, chats = await app.db.read(belongings.reached_at, whose)
    after = 0
    while rows := await app.gateway.logged(phones, chats, after=after):
        yield rows
        after = rows[-1]["id"]


async def _words_of(app: App, whose: Whose) -> AsyncIterator[str]:
    for conversation_id in whose.conversations:
        yield await app.db.read(_heading, conversation_id)
        async for lines in _lines_of(app, [conversation_id]):
            yield "".join(_spoken(app, line) for line in lines)
        yield "\n\n"


async def _files_of(app: App, whose: Whose) -> AsyncIterator[tuple[str, bytes | None]]:
    async for lines in _lines_of(app, whose.conversations):
        for line in lines:
            path = (line.media or {}).get("path")
            if path is None:
                continue
            try:
                content, _ = await app.gateway.media(line.account, path)
            except SaudagerError as error:
                yield f"{path}: {error}", None
            else:
                yield path.replace("/", "-"), content


async def _lines_of(app: App, conversations: Iterable[int]) -> AsyncIterator[list[Message]]:
    for conversation_id in conversations:
        after = 0
        while lines := await app.db.read(_lines, conversation_id, after):
            yield lines
            after = lines[-1].id


def _heading(session: Session, conversation_id: int) -> str:
    conversation = session.get_one(Conversation, conversation_id)
    return f"{conversation.account}, {conversation.chat}\n\n"


def _lines(session: Session, conversation_id: int, after: int) -> list[Message]:
    found = select(Message).where(Message.conversation_id == conversation_id, Message.id > after)
    return list(session.scalars(found.order_by(Message.id).limit(AT_ONCE)).all())


def _spoken(app: App, line: Message) -> str:
    at = line.sent_at.astimezone(app.settings.zone)
    return f"{at:%d.%m.%Y %H:%M} {_SPEAKERS[Author(line.author)]}: {transcript.words(line)}\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be exported")
