"""A chat channel of one's own in Kommo: the shop's conversations stand in their leads, and managers answer from there.

Vendor facts: https://www.amocrm.ru/developers/content/chats/chat-start, /chat-api-reference and /chat-webhooks (read
2026-11). Requests are signed with the channel's secret, and so are Kommo's calls; a call comes once and never again.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from saudager.clock import Clock
from saudager.contracts import DeliveryState, Kind
from saudager.errors import BadCredentials, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.channels import ChannelStatus, Delivery, Line, News
from saudager.providers.channels.kommo_chat_rows import customer_of, object_in, read_line, words_of
from saudager.providers.http_client import TIMEOUT, Answer, HttpClient
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

_VENDOR = "Kommo's Chats API"
_log = logging.getLogger(__name__)
_JSON = "application/json"
_NOTHING = 204
_LOOKED_AT = 50
_LONGEST_REASON = 200
_STATES = {DeliveryState.DELIVERED: 1, DeliveryState.READ: 2}
_FAILED, _ANOTHER_ERROR = -1, 905
_SELF = {"id": "saudager", "name": "Saudager"}


class Config(BaseModel):
    """What a merchant enters to have his conversations in Kommo's leads."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(
        "amojo.kommo.com",
        pattern=r"^(amojo\.(kommo\.com|amocrm\.ru|amocrm\.com)|(localhost|127\.0\.0\.1)(:\d+)?)$",
        title="Адрес Chats API",
        description="amojo.kommo.com, для аккаунтов amocrm.ru — amojo.amocrm.ru.",
    )
    channel_id: str = Field(
        pattern=r"^[0-9A-Za-z-]+$",
        title="ID канала",
        description="Приходит от поддержки Kommo, когда она зарегистрирует канал. Вебхук для регистрации: ваш "
        "публичный адрес и /webhooks/mirror:kommo_chat/:scope_id.",
    )
    channel_secret: SecretStr = Field(
        min_length=1,
        title="Секретный ключ канала",
        description="Приходит вместе с ID канала: им подписаны запросы и вебхуки.",
    )
    account_id: str = Field(
        pattern=r"^[0-9A-Za-z-]+$",
        title="ID аккаунта в сервисе чатов",
        description="amojo_id: его показывает Kommo по адресу /api/v4/account?with=amojo_id.",
    )
    bot_id: str = Field(
        pattern=r"^[0-9A-Za-z-]+$",
        title="ID бота канала",
        description="Приходит вместе с ID канала: от имени этого бота в сделке видны наши сообщения.",
    )
    title: str = Field(
        "Saudager", min_length=1, title="Название в Kommo", description="Так канал называется в аккаунте."
    )


class KommoChat:
    """One channel in one account as a ``MirrorChannel``. A chat is what we call it: Kommo keeps that name of it."""

    vendor = "kommo_chat"
    window: timedelta | None = None
    signs = True

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._secret = config.channel_secret.get_secret_value().encode()
        self._scope: str | None = None
        is_here = config.host.partition(":")[0] in ("localhost", "127.0.0.1")
        self._http = HttpClient(
            _VENDOR,
            f"{'http' if is_here else 'https'}://{config.host}",
            clock=clock,
            secrets=[config.channel_secret.get_secret_value()],
            timeout=timeout,
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
        """Put a message of ours into the chat and return Kommo's id of it: managers see it, the customer does not."""
        line = Line(chat, own_id or str(uuid4()), self._clock.now(), True, True, Kind.TEXT, text)
        return await self._put(line)

    async def show(self, line: Line) -> None:
        await self._put(line)

    async def is_shown(self, line: Line) -> bool:
        """Whether the line stands among the newest fifty of its chat."""
        asked, scope = "lines of a chat", await self._scope_id()
        wanted = {"conversation_id": line.chat, "user": customer_of(line)}
        chat = self._http.json_object(
            await self._call("POST", f"/{scope}/chats", wanted, asked, read=True), asked=asked
        )
        history = f"/{scope}/chats/{quote(str(chat.get('id')), safe='')}/history"
        answer = await self._call("GET", history, None, asked, params={"limit": _LOOKED_AT, "offset": 0})
        told = {} if answer.status == _NOTHING else self._http.json_object(answer, asked=asked)
        rows = told.get("messages")
        shown = [object_in(object_in(row).get("message")) for row in rows] if isinstance(rows, list) else []
        return any(message.get("client_id") == line.message_id for message in shown)

    async def tell(self, delivery: Delivery) -> None:
        """Show a manager what became of his line; that it was sent Kommo shows by itself."""
        if delivery.state is DeliveryState.FAILED:
            body: dict[str, Any] = {"status_code": _FAILED, "error_code": _ANOTHER_ERROR}
            body |= {"error": (delivery.reason or "не доставлено")[:_LONGEST_REASON]}
        elif delivery.state in _STATES:
            body = {"status_code": _STATES[delivery.state]}
        else:
            return
        path = f"/{await self._scope_id()}/{quote(delivery.message_id, safe='')}/delivery_status"
        await self._call("POST", path, body, "tell what became of a line", read=True)

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        raise Unreachable(f"{_VENDOR}: a chat's lines are kept by the account it is of")

    async def show_typing(self, chat: str) -> None:
        """Nothing: the customer is elsewhere."""

    async def mark_read(self, chat: str, message_id: str) -> None:
        """Nothing: the customer is elsewhere."""

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        raise Rejected(f"{_VENDOR}: files are passed on as links")

    async def with_numbers(self, lines: Sequence[Line]) -> Sequence[Line]:
        return lines

    async def subscribe(self, url: str) -> None:
        """Only Kommo's support can, when it registers the channel."""

    async def status(self) -> ChannelStatus:
        """Connect the channel to the account, which Kommo undoes when the integration is switched off; ready means that
        Kommo knows the channel, its secret and the account."""
        try:
            await self._connect()
        except (BadCredentials, Rejected) as error:
            return ChannelStatus(
                ready=False,
                reason="Kommo не подключает канал чатов: сверьте ID канала, секретный ключ и ID аккаунта с письмом "
                f"поддержки и проверьте, что интеграция установлена. Ответ Kommo: {error}",
            )
        return ChannelStatus(ready=True)

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """One webhook call, its signature looked at before its words; what is of another account, and what is no line,
        is left out."""
        expected = hmac.new(self._secret, body, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(headers.get("x-signature", "").lower().encode(), expected.encode()):
            raise BadCredentials("the signature is not Kommo's")
        try:
            told = read_json(body)
        except ValueError:
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("account_id"), str):
            raise UnrecognisedPayload("a webhook that is not of the Chats API")
        message = object_in(told.get("message"))
        if told["account_id"] != self._config.account_id or not object_in(message.get("message")):
            return News()
        try:
            return News(lines=[read_line(message)])
        except ValueError as error:
            _log.warning("Kommo told of %s", error)
            return News()

    def skew(self) -> timedelta | None:
        return self._http.skew

    async def close(self) -> None:
        await self._http.close()

    async def _put(self, line: Line) -> str:
        """Raises Unanswered when the answer cannot be read: the line may well be there."""
        asked, customer = "show a line", customer_of(line)
        payload: dict[str, Any] = {
            "timestamp": int(line.sent_at.timestamp()),
            "msec_timestamp": int(line.sent_at.timestamp() * 1000),
            "msgid": line.message_id,
            "conversation_id": line.chat,
            "sender": customer,
            "message": {"type": "text", "text": words_of(line)},
            "silent": line.from_us,
        }
        if line.from_us:
            payload |= {"sender": _SELF | {"ref_id": self._config.bot_id}, "receiver": customer}
        event = {"event_type": "new_message", "payload": payload}
        try:
            answer = await self._call("POST", f"/{await self._scope_id()}", event, asked)
            shown = object_in(self._http.json_object(answer, asked=asked).get("new_message")).get("msgid")
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread
        if not isinstance(shown, str) or not shown:
            raise Unanswered(f"{_VENDOR}: {asked}: taken, but without an id")
        return shown

    async def _scope_id(self) -> str:
        return self._scope or await self._connect()

    async def _connect(self) -> str:
        asked = "connect the channel"
        wanted = {"account_id": self._config.account_id, "title": self._config.title, "hook_api_version": "v2"}
        answer = await self._call("POST", f"/{self._config.channel_id}/connect", wanted, asked, read=True)
        scope = self._http.json_object(answer, asked=asked).get("scope_id")
        if not isinstance(scope, str) or not scope:
            raise UnrecognisedPayload(f"{_VENDOR}: {asked}: the answer has no scope_id")
        self._scope = quote(scope, safe="")
        return self._scope

    async def _call(
        self, method: str, path: str, body: object, asked: str, *, read: bool | None = None, **call: Any
    ) -> Answer:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        path = f"/v2/origin/custom{path}"
        headers = signed(self._secret, method, path, content, self._clock.now())
        return await self._http.call(
            method, path, asked=asked, read=read, content=content or None, headers=headers, **call
        )


def signed(secret: bytes, method: str, path: str, content: bytes, at: datetime) -> dict[str, str]:
    """The headers Kommo knows us by, for a quarter of an hour."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    date = format_datetime(at.astimezone(UTC))
    told = "\n".join((method, digest, _JSON, date, path))
    signature = hmac.new(secret, told.encode(), hashlib.sha1).hexdigest()
    return {"Date": date, "Content-Type": _JSON, "Content-MD5": digest, "X-Signature": signature}
