"""The chats in Kommo's leads, whatever messenger they come from: read by its webhook, answered through its API.

Vendor facts: https://developers.kommo.com/reference/send-message-to-conversation, /docs/webhooks-general and
/docs/limitations (read 2026-11). Sending is a metered add-on of Kommo's. The API gives no lines that could be asked
for: that a message of ours arrived is told by the webhook, which shows it like any other that left Kommo.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

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
from saudager.providers.channels import ChannelStatus, Line, News
from saudager.providers.channels.kommo_talks_rows import customer_of, phone_in, read_lines, talk_of, webhook_to
from saudager.providers.file_links import fetch_linked
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
_VENDOR = "Kommo"
_NEWS = ("add_message", "add_outgoing_message")
_LARGEST_FILE = 20 * 1024 * 1024
_ANY_FILE = "application/octet-stream"
_TOO_MUCH, _CALM_AFTER = 429, 5.0
_NOT_ALLOWED_STATUSES, _GONE = (402, 403), (204, 404, 422)
_MOST_REMEMBERED = 1000
_KNOWN_FOR, _SHOWN_WITHIN = timedelta(hours=1), timedelta(minutes=5)
_ANSWERED_WITHIN = 1.0
"""Kommo waits two seconds for our answer to a webhook: https://www.amocrm.ru/developers/content/crm_platform/webhooks-format"""
_NOT_ALLOWED = (
    "Kommo не даёт отправлять сообщения через API: проверьте, что у интеграции есть право «Отправка во внешние чаты», "
    "а пакет сообщений Chats API в тарифе не закончился"
)
_TALK_IS_GONE = "Беседа в Kommo закрыта или удалена: новая начнётся, когда покупатель напишет снова"

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Config(BaseModel):
    """What a merchant enters to connect the chats of a Kommo account."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    domain: str = Field(
        pattern=r"^([a-z0-9-]+\.(kommo\.com|amocrm\.ru|amocrm\.com)|(localhost|127\.0\.0\.1)(:\d+)?)$",
        title="Адрес аккаунта",
        description="Как в строке браузера, без https:// и косой черты: shop.kommo.com или shop.amocrm.ru.",
    )
    token: HeaderSecret = Field(
        title="Долгосрочный токен",
        description="В Kommo: «Настройки → Интеграции → ваша интеграция → Ключи и доступы». Интеграции нужно право "
        "«Отправка во внешние чаты».",
    )

    @property
    def base_url(self) -> str:
        return f"{'http' if _is_loopback(self.domain) else 'https'}://{self.domain}"


class KommoTalks:
    """The talks of one Kommo account as a ``PushedChannel``. A customer's chat is ``{talk}@talk``."""

    vendor = "kommo_talks"
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
        self._account = config.domain
        self._beside_us = _is_loopback(config.domain)
        self._clock = clock
        self._people: dict[str, _Person] = {}
        self._sent: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._http = HttpClient(
            _VENDOR,
            config.base_url,
            clock=clock,
            headers={"Authorization": f"Bearer {token}"},
            secrets=[token],
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
        """Send a text into a talk and return Kommo's id of it; Kommo has no quotes here.

        An answer we cannot read raises Unanswered: the message may well be on its way.
        """
        talk, asked = talk_of(chat), "send a message"
        if talk is None:
            raise Rejected(f"{_VENDOR}: {asked}: only a talk a customer began can be written to")
        answer = await self._http.call(
            "POST",
            f"/api/v4/talks/{talk}/send_message",
            asked=asked,
            body={"text": text},
            accept=_NOT_ALLOWED_STATUSES + _GONE,
        )
        if answer.status in _NOT_ALLOWED_STATUSES:
            raise Rejected(f"{_NOT_ALLOWED}. {self._http.describe(answer, asked=asked)}")
        if answer.status in _GONE:
            raise Rejected(f"{_TALK_IS_GONE}. {self._http.describe(answer, asked=asked)}")
        try:
            sent = _id_in(self._http.json_object(answer, asked=asked))
        except UnrecognisedPayload as unread:
            raise Unanswered(str(unread)) from unread
        _keep(self._sent, (chat, text.strip()), (sent, self._clock.now()))
        return sent

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        raise Unreachable(f"{_VENDOR} gives no lines of a talk: what became of a message is told by its webhook")

    async def show_typing(self, chat: str) -> None:
        """Nothing: Kommo does not pass it on."""

    async def mark_read(self, chat: str, message_id: str) -> None:
        """Nothing: a talk counts as read when somebody opens the lead, and managers go by that."""

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        """The file behind the link of a line, at most 20 MB, without our token: whoever the link leads to."""
        answer = await fetch_linked(
            self._http, file, asked="fetch a file", max_bytes=_LARGEST_FILE, loopback_too=self._beside_us
        )
        return answer.body, answer.headers.get("content-type") or _ANY_FILE

    async def with_numbers(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Kommo is asked for the phone and the name of a contact once an hour. A line whose contact it does not tell in
        a second comes without them: the next one will have them."""
        people = {person: None for line in lines if (person := customer_of(line.contact)) is not None}
        now = self._clock.now()
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN):
                for person in people:
                    if person not in self._people or self._people[person].asked_at + _KNOWN_FOR < now:
                        _keep(self._people, person, await self._ask_for(person))
        except (TimeoutError, OutsideError) as error:
            _log.info("Kommo did not tell whose line it is: %r", error)
        return [self._with_number(line) for line in lines]

    async def subscribe(self, url: str) -> None:
        """Wants a token of the account's administrator, and a tariff with webhooks."""
        asked, path = "webhooks", "/api/v4/webhooks"
        answer = await self._http.call("GET", path, asked=asked, params={"filter[destination]": url})
        known = {} if answer.status == 204 else webhook_to(url, self._http.json_object(answer, asked=asked))
        told = known.get("settings")
        settings = [str(event) for event in told] if isinstance(told, list) else []
        if known.get("disabled") or any(event not in settings for event in _NEWS):
            wanted = list(dict.fromkeys([*settings, *_NEWS]))
            body = {"destination": url, "settings": wanted, "sort": 10}
            await self._http.call("POST", path, asked="set the webhook", body=body)

    async def status(self) -> ChannelStatus:
        """Ready means the token is accepted. Whether messages may be sent Kommo tells only when one is."""
        try:
            await self._http.call_json("GET", "/api/v4/account", asked="account")
        except BadCredentials as error:
            return ChannelStatus(
                ready=False,
                reason="Kommo не принимает токен (он истёк, отозван или без нужных прав) или аккаунт не оплачен: "
                f"выпустите новый долгосрочный токен. Ответ Kommo: {error}",
            )
        return ChannelStatus(ready=True)

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """One webhook call; Kommo signs nothing, the secret in its address is looked at before."""
        return News(lines=[self._known(line) for line in read_lines(body, self._account)])

    def skew(self) -> timedelta | None:
        return self._http.skew

    async def close(self) -> None:
        await self._http.close()

    def _known(self, line: Line) -> Line:
        """A message of ours is known once, for some minutes, by the words it was sent with, whatever Kommo calls it."""
        sent = self._sent.pop((line.chat, (line.text or "").strip()), None) if line.from_us else None
        if sent is None or sent[1] + _SHOWN_WITHIN < self._clock.now():
            return line
        return replace(line, message_id=sent[0])

    async def _ask_for(self, person: str) -> "_Person":
        asked = "a contact"
        answer = await self._http.call("GET", f"/api/v4/contacts/{person}", asked=asked, accept=(404,))
        told = {} if answer.status in (204, 404) else self._http.json_object(answer, asked=asked)
        name = told.get("name")
        return _Person(phone_in(told), name if isinstance(name, str) and name else None, self._clock.now())

    def _with_number(self, line: Line) -> Line:
        person = self._people.get(customer_of(line.contact) or "")
        if person is None:
            return line
        contact = line.contact.model_copy(update={"full_name": person.name}) if person.name else line.contact
        return replace(line, phone_number=person.phone, contact=contact)


@dataclass(frozen=True, slots=True)
class _Person:
    """What Kommo has of a contact."""

    phone: str | None
    name: str | None
    asked_at: datetime


def _sort(answer: Answer) -> Callable[[str], OutsideError] | None:
    """Seven requests a second are too many, and Kommo need not say how long to wait."""
    is_unsaid = answer.status == _TOO_MUCH and "retry-after" not in answer.headers
    return partial(RateLimited, retry_after=_CALM_AFTER) if is_unsaid else None


def _id_in(answer: Mapping[str, Any]) -> str:
    sent = answer.get("id")
    if not isinstance(sent, str | int) or not sent:
        raise UnrecognisedPayload(f"{_VENDOR}: send a message: accepted, but without a message id")
    return str(sent)


def _keep(remembered: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """The newest thousand; the rest is forgotten."""
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > _MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def _is_loopback(domain: str) -> bool:
    return domain.partition(":")[0] in ("localhost", "127.0.0.1")
