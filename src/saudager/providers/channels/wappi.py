"""WhatsApp through Wappi.pro, a gateway that drives a linked phone.

Vendor facts: https://wappi.pro/api-documentation (read 2026-07-12). It documents no errors and no limits, so an answer
counts as done only when it says so.
"""

import asyncio
import base64
import ipaddress
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from saudager.clock import Clock
from saudager.errors import BadCredentials, NotFound, OutsideError, Rejected, Unanswered, UnrecognisedPayload
from saudager.providers.channels import ChannelStatus, ChatSummary, Line, News, OutgoingPicture
from saudager.providers.channels.wappi_rows import (
    TEMPORARY_BAN,
    Row,
    chats_of,
    moment_of,
    read_chat,
    read_line,
    read_pushed,
)
from saudager.providers.channels.whatsapp_chats import canonical_chat
from saudager.providers.file_links import fetch_linked
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

_NEWS = ("incoming_message", "outgoing_message_phone", "delivery_status", "incoming_call")

_DONE = {"done", "success", "ok", "sent", "queued", "delivered", "processing"}
_LARGEST_FILE = 20 * 1024 * 1024
_PAGES_WITHOUT_LINES = 10
_BANNED_FOR = timedelta(days=1)
"""Wappi does not tell how long a temporary ban lasts; the next one prolongs this."""
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()

_Read = TypeVar("_Read", ChatSummary, Line)


class Config(BaseModel):
    """What a merchant enters to connect a number through Wappi."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: HttpUrl = Field(HttpUrl("https://wappi.pro"), title="Адрес API", description="Обычно менять не нужно.")
    token: HeaderSecret = Field(title="Токен API", description="Личный кабинет wappi.pro, раздел «API».")
    profile_id: str = Field(
        min_length=1, title="ID профиля", description="Указан рядом с номером в кабинете, например 71ad40e9-b023."
    )


class WhatsAppWappi:
    """One Wappi profile as a ``PolledChannel``.

    Answers to simultaneous calls are known to cross (another chat's lines, another message's file), so one token makes
    one call at a time, however many profiles it serves, and lines of a chat that was not asked for are thrown away.
    """

    vendor = "wappi"
    window: timedelta | None = None
    signs = False

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        token = config.token.get_secret_value()
        self._clock = clock
        self._profile = config.profile_id
        self._beside_us = _is_loopback(config.base_url.host or "")
        self._chats_method = "POST"
        self._own_phone: str | None = None
        self._asked_own_phone = False
        self._http = HttpClient(
            "Wappi",
            str(config.base_url),
            clock=clock,
            headers={"Authorization": token},
            secrets=[token],
            timeout=timeout,
            turn=lambda: _turn_of(token),
            sort=_sort,
            transport=transport,
        )

    async def send(
        self,
        chat: str,
        text: str,
        *,
        own_id: str | None = None,
        reply_to: str | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a text, quoting ``reply_to`` when given, and return its message id.

        An answer we cannot read raises Unanswered, not UnrecognisedPayload: the message may well be on its way.
        """
        path, body = "/api/sync/message/send", {"recipient": chat, "body": text}
        if reply_to is not None:
            path, body = "/api/sync/message/reply", {"message_id": reply_to, "body": text}
        return await self._sent(path, body, asked="send a message")

    async def send_picture(
        self, chat: str, picture: OutgoingPicture, caption: str, *, own_id: str | None = None
    ) -> str:
        """Send a picture as Wappi wants it, in base64; raises like ``send``."""
        encoded = base64.b64encode(picture.content).decode()
        body = {"recipient": chat, "b64_file": encoded, "caption": caption, "file_name": picture.name}
        return await self._sent("/api/sync/message/img/send", body, asked="send a picture")

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """One webhook call; Wappi signs nothing, the secret in its address is looked at before. What is of another
        profile or cannot be read is left out: polling brings it."""
        try:
            told = read_json(body)["messages"]
        except (ValueError, KeyError, TypeError):
            raise UnrecognisedPayload("a webhook of Wappi without messages") from None
        news = News()
        for row in told if isinstance(told, list) else [told]:
            if not isinstance(row, dict) or row.get("profile_id") != self._profile:
                continue
            try:
                one = read_pushed(row)
            except ValueError as error:
                log.warning("Wappi pushed a row that cannot be read: %s", error)
                continue
            if isinstance(one, Line):
                news.lines.append(one)
            elif one is not None:
                news.deliveries.append(one)
        if any(delivery.reason == TEMPORARY_BAN for delivery in news.deliveries):
            until = self._clock.now() + _BANNED_FOR
            return replace(news, status=ChannelStatus(ready=False, no_first_contacts_until=until))
        return news

    async def with_numbers(self, lines: Sequence[Line]) -> Sequence[Line]:
        return lines

    async def subscribe(self, url: str) -> None:
        """Enter the address and the types of news we read in the profile's settings, each only when it is not there."""
        asked = "profile status"
        profile = self._http.json_object(await self._call("GET", "/api/sync/get/status", asked), asked=asked)
        if profile.get("webhook_url") != url:
            await self._ask("POST", "/api/webhook/url/set", asked="set the webhook", params={"url": url})
        told = profile.get("webhook_types")
        known = [str(type) for type in told] if isinstance(told, list) else []
        if missing := [type for type in _NEWS if type not in known]:
            types = [*known, *missing]
            await self._ask("POST", "/api/webhook/types/set", asked="set the types of news", body=types)

    async def has_account(self, chat: str) -> bool:
        phone = {"phone": chat.partition("@")[0]}
        told = await self._ask("GET", "/api/sync/contact/check", asked="number check", params=phone)
        if not isinstance(told.get("on_whatsapp"), bool):
            raise UnrecognisedPayload("Wappi: number check: the answer does not say whether the number is on WhatsApp")
        if canonical_chat(str(told.get("phone") or chat)) != canonical_chat(chat):
            raise UnrecognisedPayload("Wappi: number check: the answer is about another number")
        return bool(told["on_whatsapp"])

    async def show_typing(self, chat: str) -> None:
        """The customer sees us type for 20 seconds, or until a message of ours or ``stop_typing``."""
        await self._ask("POST", "/api/sync/chat/typing/start", asked="show typing", body={"recipient": chat})

    async def stop_typing(self, chat: str) -> None:
        await self._ask("POST", "/api/sync/chat/typing/stop", asked="stop typing", body={"recipient": chat})

    async def mark_read(self, chat: str, message_id: str) -> None:
        await self._ask("POST", "/api/sync/message/mark/read", asked="mark read", body={"message_id": message_id})

    async def mark_all_read(self, message_id: str) -> None:
        """Mark every line of the chat the message belongs to."""
        await self._ask(
            "POST",
            "/api/sync/message/mark/read",
            asked="mark a chat read",
            params={"mark_all": "true"},
            body={"message_id": message_id},
        )

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        """The file, at most 20 MB; raises NotFound when Wappi no longer has it (it keeps files about 20 days)."""
        asked = "fetch a file"
        answer = await self._call("GET", "/api/sync/message/media/download", asked, params={"message_id": file})
        found = self._done(answer, asked) if answer.body.strip() else {}
        mime_type = found.get("mime_type") or found.get("mimetype")
        encoded = found.get("file_b64")
        if link := found.get("file_link"):
            try:
                linked = await fetch_linked(
                    self._http, str(link), asked=asked, max_bytes=_LARGEST_FILE, loopback_too=self._beside_us
                )
            except (OutsideError, NotFound) as failure:
                if not encoded:
                    raise
                log.info("wappi: the link to a file failed (%s), taking the copy in the answer", type(failure).__name__)
            else:
                return linked.body, str(mime_type or linked.headers.get("content-type") or "application/octet-stream")
        if not encoded:
            raise NotFound("Wappi has no file for this message")
        return _decoded(encoded), str(mime_type or "application/octet-stream")

    async def status(self) -> ChannelStatus:
        """Ready means linked and connected; drops of half a minute that mend themselves are normal."""
        asked = "profile status"
        answer = await self._call("GET", "/api/sync/get/status", asked)
        profile = self._http.json_object(answer, asked=asked)
        if "authorized" not in profile:
            self._done(answer, asked)
            raise UnrecognisedPayload("Wappi: profile status: the answer does not say whether the number is linked")
        self._asked_own_phone = True
        self._own_phone = str(profile.get("phone") or "").lstrip("+") or None
        reason = self._reason(profile)
        return ChannelStatus(ready=reason is None, phone_number=self._own_phone, reason=reason)

    async def chats(self, *, limit: int, offset: int) -> Sequence[ChatSummary]:
        if not self._asked_own_phone:
            await self._learn_own_phone()
        path, asked, page = "/api/sync/chats/get", "chat list", {"limit": limit, "offset": offset}
        accept = (404, 405) if self._chats_method == "POST" else ()
        answer = await self._call(self._chats_method, path, asked, read=True, params=page, accept=accept)
        if answer.status in accept:
            answer = await self._call("GET", path, asked, params=page)
            self._chats_method = "GET"
        rows = _rows(self._done(answer, asked), "dialogs")
        found = _readable(rows, lambda row: read_chat(row, own_phone=self._own_phone))
        return sorted(found, key=lambda chat: chat.last_at, reverse=True)

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        """A page, newest first; ``offset`` counts rows of Wappi, of which reactions are left out.

        A page may be shorter than ``limit``; only an empty one means there is nothing older.
        Raises UnrecognisedPayload when the answer belongs to another chat altogether.
        """
        for page in range(_PAGES_WITHOUT_LINES):
            rows = await self._rows_of(chat, limit=limit, offset=offset + page * limit)
            if found := _readable(rows, read_line):
                return _newest_first(found)
            if len(rows) < limit:
                break
        return []

    async def line(self, message_id: str) -> Line:
        """One line by its id; raises NotFound for an unknown id and for a reaction."""
        asked = "one message"
        answer = await self._ask("GET", "/api/sync/messages/id/get", asked=asked, params={"message_id": message_id})
        row = answer.get("message")
        if not row:
            raise NotFound("Wappi does not know this message")
        if not isinstance(row, dict) or row.get("id") != message_id:
            raise UnrecognisedPayload("Wappi: one message: the answer is another message")
        try:
            line = read_line(row)
        except (ValueError, TypeError) as error:
            raise UnrecognisedPayload(f"Wappi: one message: {type(error).__name__}") from error
        if line is None:
            raise NotFound("this message is a reaction, not a line")
        return line

    def skew(self) -> timedelta | None:
        return self._http.skew

    async def close(self) -> None:
        await self._http.close()

    async def _rows_of(self, chat: str, *, limit: int, offset: int) -> list[Row]:
        page = {"chat_id": chat, "limit": limit, "offset": offset, "order": "desc"}
        answer = await self._ask("GET", "/api/sync/messages/get", asked="lines of a chat", params=page)
        rows = _rows(answer, "messages")
        own = [row for row in rows if canonical_chat(chat) in chats_of(row)]
        if rows and not own:
            raise UnrecognisedPayload("Wappi: lines of a chat: the answer belongs to another chat")
        if len(own) < len(rows):
            log.warning("wappi: %d of %d rows belong to another chat and are dropped", len(rows) - len(own), len(rows))
        return own

    async def _learn_own_phone(self) -> None:
        try:
            await self.status()
        except (Rejected, UnrecognisedPayload) as failure:
            self._asked_own_phone = True
            log.warning("wappi: own number unknown, its chat with itself counts as a customer: %s", failure)

    async def _ask(self, method: str, path: str, *, asked: str, **call: Any) -> dict[str, Any]:
        return self._done(await self._call(method, path, asked, **call), asked)

    async def _sent(self, path: str, body: dict[str, str], *, asked: str) -> str:
        try:
            return _id_in(await self._ask("POST", path, asked=asked, body=body))
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread

    async def _call(self, method: str, path: str, asked: str, *, params: Any = None, **call: Any) -> Answer:
        query = {"profile_id": self._profile, **(params or {})}
        return await self._http.call(method, path, asked=asked, params=query, **call)

    def _done(self, answer: Answer, asked: str) -> dict[str, Any]:
        """The answer's object; raises Rejected when it says 200 and means no."""
        body = self._http.json_object(answer, asked=asked)
        status = body.get("status")
        if not isinstance(status, str):
            raise UnrecognisedPayload(f"Wappi: {asked}: the answer does not say whether it is done")
        if status.lower() not in _DONE:
            raise Rejected(self._http.describe(answer, asked=asked))
        return body

    def _reason(self, profile: dict[str, Any]) -> str | None:
        if profile.get("authorized") is True and profile.get("app_status") == "open":
            return None
        if (paid_until := moment_of(profile.get("payment_expired_at"))) and paid_until < self._clock.now():
            return "Оплата профиля в Wappi закончилась: продлите её в личном кабинете wappi.pro."
        if profile.get("authorized") is not True:
            return "Номер отвязан от Wappi: отсканируйте QR-код в личном кабинете wappi.pro телефоном магазина."
        return "Связь с WhatsApp восстанавливается сама, обычно за полминуты; если нет — проверьте телефон магазина."


def _turn_of(token: str) -> asyncio.Lock:
    """The lock every client of this token shares."""
    locks = _turns.setdefault(asyncio.get_running_loop(), {})
    return locks.setdefault(token, asyncio.Lock())


def _sort(answer: Answer) -> type[OutsideError] | None:
    """Some clients saw a bad token answered with another 4xx whose body speaks of the token."""
    blames_token = answer.status in (400, 404, 422) and "token" in answer.text[:1000].lower()
    return BadCredentials if blames_token else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _id_in(answer: dict[str, Any]) -> str:
    message_id = answer.get("message_id")
    if not isinstance(message_id, str) or not message_id:
        raise UnrecognisedPayload("Wappi: send a message: done, but without a message id")
    return message_id


def _rows(answer: dict[str, Any], key: str) -> list[Row]:
    """The list under ``key``; null, as Go writes an empty list, is one too."""
    rows = answer.get(key, ())
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise UnrecognisedPayload(f"Wappi: the answer has no list of {key}")
    return [row for row in rows if isinstance(row, dict)]


def _readable(rows: Sequence[Row], read: Callable[[Row], _Read | None]) -> list[_Read]:
    found = []
    for row in rows:
        try:
            one = read(row)
        except (ValueError, TypeError) as error:
            log.warning("wappi: a row of type %r is skipped: %s", row.get("type"), type(error).__name__)
            continue
        if one is not None:
            found.append(one)
    return found


def _newest_first(found: list[Line]) -> list[Line]:
    """Wappi does not promise an order; lines of the same second keep the one they came in."""
    came_oldest_first = found[0].sent_at < found[-1].sent_at
    return sorted(found[::-1] if came_oldest_first else found, key=lambda line: line.sent_at, reverse=True)


def _decoded(encoded: object) -> bytes:
    """Base64, with or without a ``data:…;base64,`` in front."""
    text = str(encoded).rpartition(",")[2]
    if len(text) * 3 // 4 > _LARGEST_FILE:
        raise Rejected("Wappi: the file is larger than 20 MB")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnrecognisedPayload(f"Wappi: the file is not base64: {error}") from error
