"""A messenger in memory: the demo's phone, and the double every test and bench talks through."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from saudager.clock import Clock
from saudager.contracts import Contact, DeliveryState, Kind, Media
from saudager.errors import NotFound, OutsideError
from saudager.providers.channels import ChannelStatus, Line, OutgoingPicture


class Config(BaseModel):
    """Nothing is asked of a merchant who only tries it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(slots=True)
class Presence:
    """What the customer sees of us besides messages."""

    typing_at: datetime | None = None
    read: set[str] = field(default_factory=set)


class Simulator:
    """Keeps every chat; ``faults`` are raised by the next sends in turn (None lets one pass). Chats in ``absent`` have
    no account; ``checked`` are those that were asked about, ``templates`` those sent in place of a text."""

    vendor = "simulator"
    window: timedelta | None = None

    def __init__(self, clock: Clock, *, faults: Iterator[OutsideError | None] | None = None) -> None:
        self._clock = clock
        self._chats: dict[str, list[Line]] = {}
        self._presence: dict[str, Presence] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        self._numbers = itertools.count(1)
        self._session = uuid4().hex[:8]
        self.faults = faults or iter(())
        self.absent: set[str] = set()
        self.checked: list[str] = []
        self.templates: list[Mapping[str, Any]] = []
        self.on_sent: Callable[[Line], None] | None = None

    def write(
        self,
        chat: str,
        text: str | None,
        *,
        name: str | None = None,
        kind: Kind = Kind.TEXT,
        by_human: bool = False,
        sent_at: datetime | None = None,
        file: tuple[bytes, str] | None = None,
    ) -> Line:
        """A line typed on a phone: the customer's, or with ``by_human`` the merchant's own."""
        message_id = f"sim-{self._session}-{next(self._numbers)}"
        line = Line(
            chat=chat,
            message_id=message_id,
            sent_at=sent_at or self._clock.now(),
            from_us=by_human,
            from_api=False,
            kind=kind,
            text=text,
            media=Media(mime_type=file[1]) if file else None,
            is_voice=kind is Kind.VOICE,
            phone_number=None if chat.endswith("@lid") else chat.split("@")[0],
            contact=Contact(name=name),
        )
        if file:
            self._files[message_id] = file
        self._chats.setdefault(chat, []).append(line)
        return line

    def change(self, message_id: str, *, text: str | None = None, deleted: bool = False) -> Line:
        """A line edited or deleted by whoever wrote it; returns it as the messenger shows it now."""
        for lines in self._chats.values():
            for place, line in enumerate(lines):
                if line.message_id == message_id:
                    lines[place] = replace(line, text=text, edited=not deleted, deleted=deleted)
                    return lines[place]
        raise NotFound(f"no line {message_id}")

    def chat(self, chat: str) -> Sequence[Line]:
        """Every line of a chat, oldest first."""
        return self._chats.get(chat, [])

    def presence(self, chat: str) -> Presence:
        return self._presence.setdefault(chat, Presence())

    async def send(
        self,
        chat: str,
        text: str,
        *,
        own_id: str | None = None,
        reply_to: str | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> str:
        if (fault := next(self.faults, None)) is not None:
            raise fault
        if template is not None:
            self.templates.append(template)
        return self._take(chat, text, reply_to=reply_to)

    async def send_picture(
        self, chat: str, picture: OutgoingPicture, caption: str, *, own_id: str | None = None
    ) -> str:
        if (fault := next(self.faults, None)) is not None:
            raise fault
        media = Media(mime_type=picture.mime_type, file_name=picture.name, caption=caption)
        message_id = self._take(chat, caption, kind=Kind.IMAGE, media=media)
        self._files[message_id] = (picture.content, picture.mime_type)
        return message_id

    def _take(self, chat: str, text: str, *, kind: Kind = Kind.TEXT, **told: Any) -> str:
        """A line of ours, as the phone shows it."""
        line = Line(
            chat=chat,
            message_id=f"sim-{self._session}-{next(self._numbers)}",
            sent_at=self._clock.now(),
            from_us=True,
            from_api=True,
            kind=kind,
            text=text,
            delivery=DeliveryState.DELIVERED,
            **told,
        )
        self._chats.setdefault(chat, []).append(line)
        self.presence(chat).typing_at = None
        if self.on_sent is not None:
            self.on_sent(line)
        return line.message_id

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        newest_first = self._chats.get(chat, [])[::-1]
        return newest_first[offset : offset + limit]

    async def has_account(self, chat: str) -> bool:
        self.checked.append(chat)
        return chat not in self.absent

    async def show_typing(self, chat: str) -> None:
        self.presence(chat).typing_at = self._clock.now()

    async def mark_read(self, chat: str, message_id: str) -> None:
        self.presence(chat).read.add(message_id)

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        if file not in self._files:
            raise NotFound(f"no file with {file}")
        return self._files[file]

    async def status(self) -> ChannelStatus:
        return ChannelStatus(ready=True)

    def skew(self) -> timedelta | None:
        return None

    async def close(self) -> None:
        """Nothing is held open."""
