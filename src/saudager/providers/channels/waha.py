"""WhatsApp through WAHA, a gateway the merchant runs himself, which drives a linked phone.

Vendor facts: https://waha.devlike.pro/docs and its OpenAPI description (version 2026.7.1, read 2026-07).
"""

import asyncio
import base64
import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha512
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from saudager.clock import Clock
from saudager.errors import (
    BadCredentials,
    FirstContactRefused,
    NotFound,
    OutsideError,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.channels import ChannelStatus, ChatSummary, Line, News, OutgoingPicture
from saudager.providers.channels import waha_rows as rows
from saudager.providers.channels import waha_sessions as sessions
from saudager.providers.channels.waha_rows import Row
from saudager.providers.channels.whatsapp_chats import canonical_chat, phone_of
from saudager.providers.file_links import fetch_linked
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

_LARGEST_FILE = 20 * 1024 * 1024
_PAGES_WITHOUT_LINES = 10
_ASK_AGAIN = timedelta(hours=1)
_LATEST = 1e14
"""Milliseconds, in 5138: what claims to be later is no moment."""
_RESTRICTED = re.compile(r"\b463\b")
_NOT_WORKING = "Session status is not as expected"
_NO_SESSION = "a session with name"
_FILES = "/api/files/"

_Read = TypeVar("_Read", ChatSummary, Line)


class Config(BaseModel):
    """What a merchant enters to connect a number through his WAHA."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: HttpUrl = Field(title="Адрес WAHA", description="Например http://127.0.0.1:3000.")
    api_key: HeaderSecret = Field(title="Ключ API", description="Значение WAHA_API_KEY на сервере WAHA.")
    session: str = Field("default", min_length=1, title="Сессия", description="Имя сессии в панели WAHA.")


class WhatsAppWaha:
    """One WAHA session as a ``PolledChannel`` and a ``PushedChannel``; one call at a time, as one phone has one thumb.

    A chat behind a hidden ``@lid`` keeps that id; its phone number is what WAHA says it is, or not known.
    """

    vendor = "waha"
    window: timedelta | None = None
    signs = True

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        secret: str,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._clock = clock
        self._key = config.api_key.get_secret_value()
        self._secret = secret
        self._session = config.session
        self._endpoint = str(config.base_url).rstrip("/")
        self._path = f"/api/{quote(config.session, safe='')}"
        self._lock = asyncio.Lock()
        self._own: set[str] | None = None
        self._phones: dict[str, str] = {}
        self._unknown: dict[str, datetime] = {}
        self._typing: set[str] = set()
        self._newest: dict[str, float] = {}
        self._http = HttpClient(
            "WAHA",
            self._endpoint,
            clock=clock,
            headers={"X-Api-Key": self._key},
            secrets=[self._key, secret],
            timeout=timeout,
            turn=lambda: self._lock,
            sort=_sort,
            excerpt=self._excerpt,
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
        """Send a text, quoting the customer's line ``reply_to`` when given, and return its id.

        An answer we cannot read raises Unanswered, not UnrecognisedPayload: the message may well be on its way.
        """
        body = {"session": self._session, "chatId": chat, "text": text}
        if reply_to is not None:
            body["reply_to"] = rows.full_id(chat, reply_to)
        return await self._sent("sendText", body, asked="send a message")

    async def send_picture(
        self, chat: str, picture: OutgoingPicture, caption: str, *, own_id: str | None = None
    ) -> str:
        """Send a picture as WAHA wants it, in base64; raises like ``send``."""
        file = {
            "mimetype": picture.mime_type,
            "filename": picture.name,
            "data": base64.b64encode(picture.content).decode(),
        }
        body = {"session": self._session, "chatId": chat, "file": file, "caption": caption}
        return await self._sent("sendImage", body, asked="send a picture")

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """One webhook call, signed with HMAC SHA-512 over the raw body. What is of another session, of a kind that
        tells nothing new, or cannot be read is left out: polling brings it."""
        ours = hmac.new(self._secret.encode(), body, sha512).hexdigest()
        if not hmac.compare_digest(ours.encode(), headers.get("x-webhook-hmac", "").strip().lower().encode()):
            raise BadCredentials("its signature is not WAHA's, made with our key")
        try:
            told = read_json(body)
        except ValueError:
            raise UnrecognisedPayload("a webhook of WAHA that is not JSON") from None
        if not isinstance(told, dict) or not isinstance(told.get("event"), str):
            raise UnrecognisedPayload("a webhook of WAHA without an event")
        payload = told.get("payload")
        if told.get("session") != self._session or not isinstance(payload, dict):
            return News()
        try:
            return self._news(told["event"], payload, told)
        except ValueError as error:
            log.warning("WAHA pushed a %s that cannot be read: %s", told["event"], error)
            return News()

    async def with_numbers(self, lines: Sequence[Line]) -> list[Line]:
        """WAHA is asked once for the phone number behind a hidden id, and again in an hour when it knows none."""
        return [replace(line, phone_number=line.phone_number or await self._phone_of(line.chat)) for line in lines]

    async def has_account(self, chat: str) -> bool:
        asked, number = "number check", {"phone": chat.partition("@")[0], "session": self._session}
        told = await self._http.call_json("GET", "/api/contacts/check-exists", asked=asked, params=number)
        if not isinstance(told.get("numberExists"), bool):
            raise UnrecognisedPayload("WAHA: number check: the answer does not say whether the number exists")
        return bool(told["numberExists"])

    async def show_typing(self, chat: str) -> None:
        """The customer sees us type until the next message of ours to him."""
        await self._act("startTyping", chat, asked="show typing")
        self._typing.add(chat)

    async def mark_read(self, chat: str, message_id: str) -> None:
        await self._act("sendSeen", chat, asked="mark read", messageIds=[rows.full_id(chat, message_id)])

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        """The file, at most 20 MB; raises NotFound when WhatsApp no longer has it.

        WAHA keeps a file for three minutes; afterwards it has to get the message anew.
        """
        message_id, _, link = file.partition(" ")
        try:
            if link:
                return await self._file(link, None)
        except NotFound:
            log.info("waha: a file is gone and is asked for again")
        media = (await self._message(message_id)).get("media")
        told = media if isinstance(media, dict) else {}
        if not isinstance(told.get("url"), str) or not told["url"]:
            raise NotFound(f"WAHA has no file for this message: {told.get('error') or 'it does not say why'}")
        return await self._file(told["url"], told.get("mimetype"))

    async def status(self) -> ChannelStatus:
        """Ready means linked and connected, and says what to do when not; STARTING mends itself."""
        found = await self.session()
        if found is None:
            return ChannelStatus(ready=False, reason=self._no_session())
        return sessions.status_of(found.get("status"), _me(found), endpoint=self._endpoint, now=self._clock.now())

    async def session(self) -> Row | None:
        """What WAHA has of the session: status, config and own number; None when there is no such session."""
        answer = await self._http.call("GET", self._session_path(), asked="session", accept=(404,))
        if answer.status == 404:
            return None
        found = self._http.json_object(answer, asked="session")
        self._own = _chats_of(_me(found))
        return found

    async def start(self) -> None:
        """Start a stopped session; a running one is left as it is."""
        await self._http.call("POST", f"{self._session_path()}/start", asked="start the session")

    async def qr(self) -> bytes | None:
        """The picture (PNG) the shop's phone has to scan now, good for some 20 seconds; None when there is none."""
        found = await self.session()
        if found is None or found.get("status") != "SCAN_QR_CODE":
            return None
        picture = {"format": "image"}
        return (await self._http.call("GET", f"{self._path}/auth/qr", asked="QR code", params=picture)).body

    async def subscribe(self, url: str) -> None:
        """Have the session tell its news to the address: created when there is none, started when it is stopped, its
        config written back whole (which restarts it) only when our webhook is not in it."""
        found = await self.session()
        if found is None:
            created = sessions.new_session(self._session, url, self._secret)
            await self._http.call("POST", "/api/sessions", asked="create the session", body=created)
            return
        config = found.get("config")
        wanted = sessions.telling(config if isinstance(config, dict) else {}, url, self._secret)
        if wanted is not None:
            await self._http.call("PUT", self._session_path(), asked="set the webhook", body={"config": wanted})
        if found.get("status") == "STOPPED":
            await self.start()

    async def chats(self, *, limit: int, offset: int) -> Sequence[ChatSummary]:
        own = await self._own_chats()
        page = {"limit": limit, "offset": offset}
        told = await self._list(f"{self._path}/chats/overview", asked="chat list", params=page)
        found = _readable(told, lambda row: rows.read_chat(row, own=own))
        numbered = [replace(chat, phone_number=await self._phone_in_list(chat)) for chat in found]
        return sorted(numbered, key=lambda chat: chat.last_at, reverse=True)

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        """A page, newest first; ``offset`` counts rows of WAHA, of which some are no lines.

        A page may be shorter than ``limit``; only an empty one means there is nothing older.
        """
        for page in range(_PAGES_WITHOUT_LINES):
            window = {"limit": limit, "offset": offset + page * limit}
            how = {"downloadMedia": "false", "sortOrder": "desc"}
            path = f"{self._path}/chats/{quote(chat, safe='')}/messages"
            told = await self._list(path, asked="lines of a chat", params={**window, **how})
            if found := _readable(told, rows.read_line):
                return sorted(await self.with_numbers(found), key=lambda line: line.sent_at, reverse=True)
            if len(told) < limit:
                break
        return []

    def skew(self) -> timedelta | None:
        return self._http.skew

    async def close(self) -> None:
        await self._http.close()

    def _news(self, event: str, payload: Row, told: Row) -> News:
        if event in ("message", "message.any"):
            line = rows.read_line(payload, pushed=True)
        elif event == "message.edited":
            line = rows.read_edit(payload)
            if line and self._is_overtaken(line.message_id, told):
                return News()
        elif event == "message.revoked":
            line = rows.read_deletion(payload)
        elif event == "call.rejected":
            line = rows.read_call(payload)
        elif event == "message.ack":
            delivery = rows.read_ack(payload)
            return News(deliveries=[delivery] if delivery else [])
        elif event == "session.status":
            if self._is_overtaken(event, told):
                return News()
            status, now = payload.get("status"), self._clock.now()
            return News(status=sessions.status_of(status, _me(told), endpoint=self._endpoint, now=now))
        else:
            line = None
        return News(lines=[line] if line and line.chat not in _chats_of(_me(told)) else [])

    def _is_overtaken(self, about: str, told: Row) -> bool:
        """Whether newer news about the same was told before: WAHA repeats what it could not deliver, in any order."""
        moment = told.get("timestamp")
        told_at = float(moment) if isinstance(moment, int | float) and 0 < moment < _LATEST else 0.0
        self._newest[about] = max(told_at, self._newest.get(about, 0.0))
        return told_at < self._newest[about]

    async def _phone_of(self, chat: str) -> str | None:
        if not chat.endswith("@lid"):
            return phone_of(chat)
        now = self._clock.now()
        if chat not in self._phones and self._unknown.get(chat, now) <= now:
            path = f"{self._path}/lids/{quote(chat, safe='')}"
            try:
                known = (await self._http.call_json("GET", path, asked="number behind a hidden id")).get("pn")
            except Rejected:  # an engine that cannot tell
                known = None
            phone = phone_of(canonical_chat(known)) if isinstance(known, str) else None
            if phone is None:
                self._unknown[chat] = now + _ASK_AGAIN
            else:
                self._phones[chat] = phone
        return self._phones.get(chat)

    async def _phone_in_list(self, chat: ChatSummary) -> str | None:
        """A number that cannot be had does not hide the other chats; its lines ask for it again."""
        if not chat.is_customer:
            return chat.phone_number
        try:
            return await self._phone_of(chat.chat)
        except (Unreachable, UnrecognisedPayload) as error:
            log.info("waha: the number behind a hidden id is not known now: %s", error)
            return None

    async def _own_chats(self) -> set[str]:
        if self._own is None and await self.session() is None:
            raise BadCredentials(self._no_session())
        return self._own or set()

    async def _stop_typing(self, chat: str) -> None:
        self._typing.discard(chat)
        try:
            await self._act("stopTyping", chat, asked="stop typing")
        except OutsideError as error:
            log.info("waha: typing was not stopped: %s", error)

    async def _sent(self, what: str, body: Row, *, asked: str) -> str:
        if body["chatId"] in self._typing:
            await self._stop_typing(body["chatId"])
        try:
            answer = await self._http.call_json("POST", f"/api/{what}", asked=asked, body=body)
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread
        if (written := rows.full_id_of(answer)) is None:
            raise Unanswered(f"WAHA: {asked}: done, but without a message id")
        return rows.bare_id(written)

    async def _act(self, what: str, chat: str, *, asked: str, **body: Any) -> None:
        there = {"session": self._session, "chatId": chat}
        await self._http.call("POST", f"/api/{what}", asked=asked, body=there | body)

    async def _list(self, path: str, *, asked: str, params: Mapping[str, str | int]) -> list[Row]:
        answer = await self._http.call("GET", path, asked=asked, params=params)
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise UnrecognisedPayload(self._http.describe(answer, asked=asked))
        return [row for row in found if isinstance(row, dict)]

    async def _message(self, message_id: str) -> Row:
        chat = message_id.split("_")[1]
        path = f"{self._path}/chats/{quote(chat, safe='')}/messages/{quote(message_id, safe='')}"
        asked, whole = "one message", {"downloadMedia": "true"}
        answer = await self._http.call("GET", path, asked=asked, params=whole, accept=(404,))
        if answer.status == 404:
            raise NotFound("WAHA does not know this message")
        return self._http.json_object(answer, asked=asked)

    async def _file(self, link: str, mime_type: object) -> tuple[bytes, str]:
        """A file WAHA keeps itself is fetched from where we know WAHA, whatever host it takes itself for; the key goes
        nowhere else."""
        asked = "fetch a file"
        name = urlsplit(link).path.partition(_FILES)[2]
        if name:
            answer = await self._http.fetch(
                f"{self._endpoint}{_FILES}{name}",
                asked=asked,
                max_bytes=_LARGEST_FILE,
                accept=(404, 410),
                headers={"X-Api-Key": self._key},
            )
            if answer.status in (404, 410):
                raise NotFound("WAHA no longer has this file")
        else:
            answer = await fetch_linked(self._http, link, asked=asked, max_bytes=_LARGEST_FILE)
        found = mime_type if isinstance(mime_type, str) else answer.headers.get("content-type")
        return answer.body, found or "application/octet-stream"

    def _session_path(self) -> str:
        return f"/api/sessions/{quote(self._session, safe='')}"

    def _no_session(self) -> str:
        return (
            f"В WAHA нет сессии «{self._session}»: создайте её в панели WAHA ({self._endpoint}/dashboard) или задайте "
            "PUBLIC_URL, тогда она создаётся сама."
        )

    def _excerpt(self, answer: Answer) -> str:
        """What a failed answer says, without the request it repeats; a session that cannot send says what to do."""
        try:
            told = json.loads(answer.body)
        except ValueError:
            return answer.text
        if not isinstance(told, dict):
            return answer.text
        if str(told.get("error")).startswith(_NOT_WORKING):
            return sessions.to_do(told.get("status"), self._endpoint) or _NOT_WORKING
        said = told.get("message") or told.get("error") or _exception(told)
        return json.dumps(said, ensure_ascii=False) if isinstance(said, dict | list) else str(said)


def _sort(answer: Answer) -> type[OutsideError] | None:
    """What a failed answer means beyond its status: https://waha.devlike.pro/docs, and for 463
    https://github.com/devlikeapro/waha/issues/1904 (read 2026-11)."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return BadCredentials if answer.status == 404 and _NO_SESSION in answer.text else None
    if not isinstance(told, dict):
        return None
    if answer.status == 404 and _NO_SESSION in str(told.get("message")):
        return BadCredentials
    if answer.status == 422 and str(told.get("error")).startswith(_NOT_WORKING):
        return BadCredentials if sessions.to_do(told.get("status"), "") else Unreachable
    if answer.status == 500 and _RESTRICTED.search(_exception(told)):
        return FirstContactRefused
    return None


def _exception(told: Row) -> str:
    exception = told.get("exception")
    return str(exception.get("message")) if isinstance(exception, dict) else ""


def _me(told: Row) -> Row:
    me = told.get("me")
    return me if isinstance(me, dict) else {}


def _chats_of(me: Row) -> set[str]:
    """The account's chats with itself."""
    return {canonical_chat(str(me[key])) for key in ("id", "lid") if me.get(key)}


def _readable(found: Sequence[Row], read: Callable[[Row], _Read | None]) -> list[_Read]:
    readable = []
    for row in found:
        try:
            one = read(row)
        except (ValueError, TypeError) as error:
            log.warning("waha: a row is skipped: %s", error if isinstance(error, ValueError) else type(error).__name__)
            continue
        if one is not None:
            readable.append(one)
    return readable
