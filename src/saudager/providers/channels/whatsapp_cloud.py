"""WhatsApp through Meta's own Cloud API.

Vendor facts: Meta's OpenAPI document of v23.0 and https://developers.facebook.com/documentation/business-messaging/whatsapp
(pages of 2025-10 to 2026-06, read 2026-11-26). The API keeps no lines that could be asked for: everything comes by the
webhook, and whether a message of ours arrived is told by its statuses alone.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from saudager.clock import Clock
from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.channels import ChannelStatus, Line, News, OutgoingPicture
from saudager.providers.channels.whatsapp_cloud_rows import read_news
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

_VENDOR = "WhatsApp Cloud API"
_LARGEST_FILE = 20 * 1024 * 1024
_LONGEST_OWN_ID = 512
_ANY_FILE = "application/octet-stream"
_FILE_HOSTS = ("graph.facebook.com", "lookaside.fbsbx.com")
_STATUS_FIELDS = "display_phone_number,code_verification_status,status"
_CONNECTED = {"CONNECTED", "FLAGGED", "RESTRICTED", "RATE_LIMITED"}
_NOT_VERIFIED = {"UNVERIFIED", "NOT_VERIFIED"}

_WINDOW_CLOSED = 131047
_ONE_CUSTOMER_TOO_FAST, _A_MESSAGE_EVERY = 131056, 6.0
_TOO_MUCH = {4, 80007, 130429, 131048}
_NEEDS_A_PERSON = {0, 3, 10, 33, 190, *range(200, 300), 368, 131005, 131031, 131042, 133010}
"""A key that ended or lacks a permission; a number or an account that is deleted, locked, unpaid or not registered.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read 2026-11-26).
"""


class Config(BaseModel):
    """What a merchant enters to connect a number of the Cloud API."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: HttpUrl = Field(
        HttpUrl("https://graph.facebook.com/v23.0"),
        title="Адрес API",
        description="С версией Graph API. Обычно менять не нужно.",
    )
    token: HeaderSecret = Field(
        title="Токен доступа",
        description="Постоянный токен системного пользователя с правами whatsapp_business_messaging и "
        "whatsapp_business_management.",
    )
    phone_number_id: str = Field(
        pattern=r"^\d+$",
        title="ID номера телефона",
        description="Phone number ID в приложении Meta, раздел «WhatsApp → Настройка API»; это не сам номер.",
    )
    app_secret: SecretStr = Field(
        min_length=1,
        title="Секрет приложения",
        description="App Secret, раздел «Настройки приложения → Основное»: им подписаны вебхуки.",
    )


class WhatsAppCloud:
    """One phone number of the Cloud API as a ``PushedChannel``.

    A customer's chat is ``{phone}@c.us``, or ``{BSUID}@bsuid`` when Meta does not tell us the number.
    """

    vendor = "whatsapp_cloud"
    window: timedelta | None = timedelta(hours=24)
    signs = True

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        token, self._app_secret = config.token.get_secret_value(), config.app_secret.get_secret_value()
        self._number = config.phone_number_id
        self._base_url = str(config.base_url)
        self._key = {"Authorization": f"Bearer {token}"}
        self._http = HttpClient(
            _VENDOR,
            self._base_url,
            clock=clock,
            headers=self._key,
            secrets=[token, self._app_secret],
            timeout=timeout,
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
        """Send the template, or else the text, and return the id Meta gives it.

        ``own_id`` comes back with the statuses (``biz_opaque_callback_data``, at most 512 characters:
        https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages, read 2026-11-26). An answer we
        cannot read raises Unanswered: the message may well be on its way. A text outside the 24 hours is Rejected with
        ``window_closed``.
        """
        said: dict[str, Any] = {"type": "text", "text": {"body": text, "preview_url": False}}
        if template is not None:
            said = {"type": "template", "template": _template(template)}
        if reply_to is not None:
            said["context"] = {"message_id": reply_to}
        return await self._sent(chat, said, own_id=own_id, asked="send a message")

    async def send_picture(
        self, chat: str, picture: OutgoingPicture, caption: str, *, own_id: str | None = None
    ) -> str:
        """Hand Meta the file and send it by the id it gets, which is good for 30 days; raises like ``send``. What goes
        wrong with the file itself raises Unreachable: no message of it is on its way yet."""
        asked = "hand over a picture"
        try:
            told = await self._http.call_json(
                "POST",
                f"/{self._number}/media",
                asked=asked,
                form={"messaging_product": "whatsapp", "type": picture.mime_type},
                files={"file": (picture.name, picture.content, picture.mime_type)},
            )
        except (Unanswered, UnrecognisedPayload) as error:
            raise Unreachable(str(error)) from error
        media = told.get("id")
        if not isinstance(media, str) or not media:
            raise Unreachable(f"{_VENDOR}: {asked}: taken, but without an id")
        image = {"type": "image", "image": {"id": media, "caption": caption}}
        return await self._sent(chat, image, own_id=own_id, asked="send a picture")

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        raise Unreachable(f"{_VENDOR} keeps no lines: what became of a message is told by its statuses")

    async def mark_read(self, chat: str, message_id: str) -> None:
        """Mark the line read and, in the same call, show us typing for 25 seconds or until our message."""
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            "typing_indicator": {"type": "text"},
        }
        await self._post(body, asked="mark read")

    async def show_typing(self, chat: str) -> None:
        """Nothing by itself: Meta shows typing only together with a line that is marked read."""

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        """The file of a media id, at most 20 MB. The link Meta gives works for five minutes and wants our token, which
        goes to Meta's own hosts (or those of the configured address) and nowhere else."""
        asked = "fetch a file"
        told = await self._http.call_json(
            "GET", f"/{quote(file, safe='')}", asked=asked, params={"phone_number_id": self._number}
        )
        link = str(told.get("url") or "")
        if not self._is_metas(link):
            raise Rejected(f"{_VENDOR}: {asked}: the link does not lead to Meta")
        answer = await self._http.fetch(link, asked=asked, max_bytes=_LARGEST_FILE, headers=self._key)
        if (digest := told.get("sha256")) and not _is_digest_of(str(digest), answer.body):
            raise UnrecognisedPayload(f"{_VENDOR}: {asked}: what came is not the file, its SHA-256 differs")
        return answer.body, str(told.get("mime_type") or answer.headers.get("content-type") or _ANY_FILE)

    async def with_numbers(self, lines: Sequence[Line]) -> Sequence[Line]:
        return lines

    async def subscribe(self, url: str) -> None:
        """Only the merchant can, on the app's own page."""

    async def status(self) -> ChannelStatus:
        """Ready means the token is accepted and the number connected; a flag or a limit does not stop replies."""
        try:
            number = await self._http.call_json(
                "GET", f"/{self._number}", asked="number status", params={"fields": _STATUS_FIELDS}
            )
        except BadCredentials as error:
            return ChannelStatus(
                ready=False,
                reason="Meta не принимает токен (он истёк, отозван или без нужных прав): выпустите постоянный токен "
                f"системного пользователя. Ответ Meta: {error}",
            )
        phone = "".join(filter(str.isdigit, str(number.get("display_phone_number") or ""))) or None
        reason = _reason(number)
        return ChannelStatus(ready=reason is None, phone_number=phone, reason=reason)

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """One webhook call, its signature looked at before its words; what is of another number is left out."""
        expected = hmac.new(self._app_secret.encode(), body, hashlib.sha256).hexdigest()
        shown = headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(shown.encode(), f"sha256={expected}".encode()):
            raise BadCredentials("the signature is not Meta's")
        try:
            told = read_json(body)
        except ValueError:
            told = None
        if not isinstance(told, dict) or told.get("object") != "whatsapp_business_account":
            raise UnrecognisedPayload("a webhook that is not of a WhatsApp Business account")
        return read_news(told, self._number)

    def skew(self) -> timedelta | None:
        return self._http.skew

    async def close(self) -> None:
        await self._http.close()

    async def _sent(self, chat: str, said: Mapping[str, Any], *, own_id: str | None, asked: str) -> str:
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(chat), **said}
        if own_id is not None and len(own_id) <= _LONGEST_OWN_ID:
            body["biz_opaque_callback_data"] = own_id
        try:
            return _id_in(await self._post(body, asked=asked))
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread

    async def _post(self, body: Mapping[str, Any], *, asked: str) -> dict[str, Any]:
        return await self._http.call_json("POST", f"/{self._number}/messages", asked=asked, body=body)

    def _is_metas(self, link: str) -> bool:
        import httpx

        try:
            url, base = httpx.URL(link), httpx.URL(self._base_url)
        except httpx.InvalidURL:
            return False
        if (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port):
            return True
        return url.scheme == "https" and url.host in _FILE_HOSTS and url.port is None


def _recipient(chat: str) -> dict[str, str]:
    """A BSUID is written to as ``recipient``, without ``to``:
    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (2026-03-31, read
    2026-11-26). Version 23.0's own document does not have the field yet."""
    user, _, server = chat.partition("@")
    if server == "bsuid":
        return {"recipient": user}
    if server == "c.us" and user.isascii() and user.isdigit():
        return {"to": user}
    raise Rejected(f"{_VENDOR} writes to phone numbers and BSUIDs, not to {server or 'this chat'}")


def _template(written: Mapping[str, Any]) -> dict[str, Any]:
    """With its language as version 23.0 wants it: a policy, of which there is one, and a code."""
    language = written.get("language")
    named = {"code": language} if isinstance(language, str) else dict(language or {})
    return {**written, "language": {"policy": "deterministic", **named}}


def _sort(answer: Answer) -> Callable[[str], OutsideError] | None:
    code = _code(answer)
    if code == _WINDOW_CLOSED:
        return lambda sentence: Rejected(f"window_closed: {sentence}")
    if code == _ONE_CUSTOMER_TOO_FAST:
        return partial(RateLimited, retry_after=_A_MESSAGE_EVERY)
    if code in _NEEDS_A_PERSON:
        return BadCredentials
    return RateLimited if code in _TOO_MUCH and answer.status != 429 else None


def _code(answer: Answer) -> int | None:
    """Meta asks to go by ``error.code``, not by the HTTP status."""
    try:
        code = json.loads(answer.body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _id_in(answer: dict[str, Any]) -> str:
    try:
        message_id = answer["messages"][0]["id"]
    except (KeyError, IndexError, TypeError):
        message_id = None
    if not isinstance(message_id, str) or not message_id:
        raise UnrecognisedPayload(f"{_VENDOR}: send a message: accepted, but without a message id")
    return message_id


def _reason(number: dict[str, Any]) -> str | None:
    connection = number.get("status")
    if connection is not None and connection not in _CONNECTED:
        return f"Номер не подключён к Cloud API ({connection}): зарегистрируйте его в WhatsApp Manager."
    if connection is None and number.get("code_verification_status") in _NOT_VERIFIED:
        return "Номер не подтверждён: подтвердите его кодом в WhatsApp Manager."
    return None


def _is_digest_of(told: str, content: bytes) -> bool:
    """Written in hex by the media call, in base64 by webhooks."""
    digest = hashlib.sha256(content).digest()
    try:
        return told.lower() == digest.hex() or base64.b64decode(told, validate=True) == digest
    except (binascii.Error, ValueError):
        return False
