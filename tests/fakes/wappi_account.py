"""The phone behind a fake Wappi profile: its chats and lines, in the shapes of Wappi's rows."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OWN_PHONE = "77750000001"
Row = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A message that went out through the API; ``at`` in unix seconds."""

    id: str
    chat: str
    text: str
    reply_to: str | None
    at: float


@dataclass(frozen=True)
class File:
    content: bytes
    mime_type: str
    name: str


@dataclass
class Chat:
    id: str
    number: int
    name: str = ""
    contact: Row = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    unread: int = 0
    last_order: int = 0

    @property
    def is_group(self) -> bool:
        return self.id.endswith("@g.us")


def chat_id(written: str) -> str:
    """``+7 775 000 00 02``, ``7775…@s.whatsapp.net`` and ``7775…@c.us`` are one chat; lids and groups stay."""
    user, _, server = written.partition("@")
    if server in ("", "c.us", "s.whatsapp.net"):
        return "".join(digit for digit in user if digit.isdigit()) + "@c.us"
    return written


class Account:
    """What the phone holds. Everything said gets the next id, and is said now unless ``at`` tells another moment."""

    def __init__(self, *, now: Callable[[], float] = time.time, journal: Path | None = None) -> None:
        self.own_phone = OWN_PHONE
        self.chats: dict[str, Chat] = {}
        self.rows: dict[str, Row] = {}
        self.files: dict[str, File] = {}
        self.sent: list[Sent] = []
        self.typing: list[tuple[str, str]] = []
        self.reads: list[tuple[str, bool]] = []
        self._now = now
        self._journal = journal
        self._order = 0

    def customer_writes(
        self,
        chat: str,
        text: str = "",
        *,
        at: datetime | float | None = None,
        type: str = "chat",
        name: str | None = None,
        reply_to: str | None = None,
        file: bytes | None = None,
        mime_type: str = "",
        **row: Any,
    ) -> str:
        """A customer's line, and its id. With ``file`` the text is the caption; ``row`` overrides fields of the row."""
        there = self._chat(chat, name)
        told: Row = {"type": type, "senderName": name or there.name, "contact_name": there.name}
        if file is not None:
            told |= {"body": "", "caption": text, "mimetype": mime_type, "file_name": f"{self._order}.bin"}
        else:
            told["body"] = text
        if reply_to:
            told |= {"isReply": True, "stanzaId": reply_to}
        there.unread += 1
        message_id = self._add(there, told | row, at, from_us=False)
        if file is not None:
            self.files[message_id] = File(file, mime_type, told["file_name"])
        return message_id

    def human_writes(self, chat: str, text: str, *, at: datetime | float | None = None, **row: Any) -> str:
        """A line the merchant typed on the phone."""
        return self._add(self._chat(chat), {"type": "chat", "body": text} | row, at, from_us=True)

    def api_sends(self, chat: str, text: str, *, reply_to: str | None = None, picture: File | None = None) -> str:
        """A line that came through the API; it is journalled before it is answered. Of a ``picture`` the text is the
        caption."""
        told: Row = {"type": "chat", "body": text, "isFromAPI": True, "from_where": "api"}
        if reply_to:
            told |= {"isReply": True, "stanzaId": reply_to}
        if picture is not None:
            file = {"mimetype": picture.mime_type, "file_name": picture.name}
            told |= {"type": "image", "body": "", "caption": text, **file}
        there = self._chat(chat)
        message_id = self._add(there, told, None, from_us=True)
        if picture is not None:
            self.files[message_id] = picture
        sent = Sent(message_id, there.id, text, reply_to, self.rows[message_id]["time"])
        self.sent.append(sent)
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(asdict(sent), ensure_ascii=False) + "\n")
        return message_id

    def edit(self, message_id: str, text: str) -> None:
        self.rows[message_id] |= {"body": text, "isEdited": True}

    def delete(self, message_id: str) -> None:
        self.rows[message_id] |= {"body": "", "isDeleted": True}

    def mark_read(self, message_id: str, *, all_of_chat: bool) -> None:
        self.reads.append((message_id, all_of_chat))
        there = self.chats[chat_id(self.rows[message_id]["chatId"])]
        there.unread = 0 if all_of_chat else max(0, there.unread - 1)

    def dialogs(self) -> list[Row]:
        """The chat list, newest first."""
        return [_dialog(chat) for chat in sorted(self.chats.values(), key=lambda chat: chat.last_order, reverse=True)]

    def page(self, chat: str, *, limit: int, offset: int, ascending: bool = False) -> tuple[list[Row], int]:
        """Rows of a chat; ``offset`` 0 is the newest. Returns the page and how many rows there are."""
        there = self.chats.get(chat_id(chat))
        rows = [] if there is None else there.rows[::-1]
        taken = rows[offset : offset + limit]
        return taken[::-1] if ascending else taken, len(rows)

    def _chat(self, written: str, name: str | None = None) -> Chat:
        wanted = chat_id(written)
        there = self.chats.setdefault(wanted, Chat(wanted, len(self.chats)))
        there.name = name or there.name
        return there

    def _add(self, there: Chat, told: Row, at: datetime | float | None, *, from_us: bool) -> str:
        self._order += 1
        moment = at.timestamp() if isinstance(at, datetime) else self._now() if at is None else at
        own, theirs = f"{self.own_phone}@c.us", there.id
        row = _EMPTY_ROW | {
            "id": f"3EB0{self._order:016X}",
            "from": own if from_us else theirs,
            "to": theirs if from_us else own,
            "fromMe": from_us,
            "time": int(moment),
            "chatId": theirs,
            "delivery_status": "delivered" if from_us else "",
            "senderName": "Shop" if from_us else there.name,
        }
        row |= told
        there.rows.append(row)
        there.rows.sort(key=lambda one: one["time"])
        there.last_order = self._order
        self.rows[row["id"]] = row
        return str(row["id"])


def _dialog(chat: Chat) -> Row:
    """Every second chat carries the newer suffix, while its last sender keeps the older one."""
    last = chat.rows[-1]
    user, _, server = chat.id.partition("@")
    newer = server == "c.us" and chat.number % 2 == 1
    body = last["body"] if isinstance(last["body"], str) else ""
    return {
        "id": f"{user}@s.whatsapp.net" if newer else chat.id,
        "contact": {"Found": True, "FirstName": "", "FullName": "", "PushName": chat.name, "BusinessName": ""}
        | chat.contact,
        "chat": {"VerifiedName": None, "Devices": [f"{user}.0:0@c.us"]},
        "group": {"Name": chat.name, "Participants": []} if chat.is_group else None,
        "isGroup": chat.is_group,
        "type": "",
        "last_message_id": last["id"],
        "last_message_type": last["type"],
        "last_message_data": body,
        "last_message_sender": {"id": last["from"], "number": last["from"].split("@")[0], "isMe": last["fromMe"]},
        "last_message_delivery_status": last["delivery_status"],
        "last_timestamp": datetime.fromtimestamp(last["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "last_time": last["time"],
        "name": chat.name or f"\u202a+{user}\u202c",
        "unread_count": chat.unread,
        "isDeleted": False,
        "isArchived": False,
        "phone": user if server == "c.us" else "",
    }


_EMPTY_ROW: Row = {
    "type": "chat",
    "contact_name": "",
    "username": "",
    "phone": "",
    "body": "",
    "stanzaId": "",
    "isForwarded": False,
    "isReply": False,
    "caption": "",
    "file_name": "",
    "mimetype": "",
    "isRead": False,
    "s3Info": {},
    "poll_votes": None,
    "poll_options": None,
    "from_where": "phone",
    "isEdited": False,
    "isGif": False,
    "isFromAPI": False,
    "isDeleted": False,
    "location": None,
    "reactions": None,
    "task_id": "",
    "attaches": None,
}
