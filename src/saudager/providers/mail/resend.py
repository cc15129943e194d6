"""Letters carried by Resend.

Vendor facts: https://resend.com/docs/api-reference/emails/send-email, /docs/dashboard/emails/idempotency-keys,
/docs/api-reference/errors, /docs/api-reference/rate-limit and /docs/webhooks (read 2026-11). It counts five requests a
second for a whole team and tells in ``ratelimit-*`` how many are left.
"""

import base64
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from saudager import __version__
from saudager.clock import Clock
from saudager.contracts import DeliveryState
from saudager.errors import BadCredentials, OutsideError, RateLimited, Unanswered, UnrecognisedPayload
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient
from saudager.providers.mail import Enclosure, Letter, MailerStatus, MailEvent, MailNews, ReceivedLetter, resend_inbound
from saudager.providers.mail.allowance import Allowance, number_in, until_midnight
from saudager.providers.mail.mime import check, display, headers
from saudager.providers.mail.svix import verify
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

_SENDS_ONLY = "restricted_api_key"
"""What a key that may do nothing but send is told everywhere else."""
_QUOTAS = ("daily_quota_exceeded", "monthly_quota_exceeded")
_SAME_KEY = ("concurrent_idempotent_requests", "invalid_idempotent_request")
_LETTER = "letter"


class Config(BaseModel):
    """What a merchant enters to send letters by Resend."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: HeaderSecret = Field(title="Ключ API", description="resend.com, раздел «API Keys», начинается с re_.")
    webhook_secret: HeaderSecret | None = Field(
        None,
        title="Секрет вебхука",
        description="resend.com, раздел «Webhooks», начинается с whsec_. Без него не узнать о возвратах и жалобах.",
    )
    base_url: HttpUrl = Field(
        HttpUrl("https://api.resend.com"), title="Адрес API", description="Обычно менять не нужно."
    )


_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")


class ResendMailer:
    """One key of one Resend team. The same letter, however often handed over within a day, is sent once."""

    name = "resend"

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        key = config.api_key.get_secret_value()
        self._secret = config.webhook_secret.get_secret_value() if config.webhook_secret else None
        self._clock = clock
        self._is_beside_us = config.base_url.host in _THIS_MACHINE
        self._allowance = Allowance("Resend", clock)
        self._http = HttpClient(
            "Resend",
            str(config.base_url),
            clock=clock,
            headers={"Authorization": f"Bearer {key}", "User-Agent": f"Saudager/{__version__}"},
            secrets=(key,),
            timeout=timeout,
            sort=self._sort,
            transport=transport,
        )

    async def send(self, letter: Letter) -> str:
        check(letter)
        await self._allowance.wait()
        answer = await self._http.call(
            "POST",
            "/emails",
            asked="send a letter",
            body=_request(letter),
            headers={"Idempotency-Key": _key(letter.own_id)},
        )
        self._allowance.note(
            answer.headers.get("ratelimit-remaining"), number_in(answer.headers.get("ratelimit-reset"))
        )
        id = self._http.json_object(answer, asked="send a letter").get("id")
        if not isinstance(id, str) or not id:
            raise UnrecognisedPayload("Resend: send a letter: done, but without an id")
        return id

    async def status(self) -> MailerStatus:
        answer = await self._http.call("GET", "/domains", asked="the key", accept=(400, 401, 403))
        if answer.status == 200 or _name_in(answer) == _SENDS_ONLY:
            return MailerStatus(ready=True)
        return MailerStatus(ready=False, reason=self._http.describe(answer, asked="the key"))

    def read(self, headers: Mapping[str, str], body: bytes) -> MailNews:
        """Verify and read one call; raises BadCredentials for one that is not signed by Resend within five minutes."""
        if self._secret is None:
            raise BadCredentials("Resend: no secret of its webhooks is entered")
        id = verify(self._secret, headers, body, now=self._clock.now())
        try:
            told = read_json(body)
            kind, data = told["type"], told["data"]
        except (ValueError, TypeError, KeyError):
            raise UnrecognisedPayload("Resend: a webhook without a type or data") from None
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise UnrecognisedPayload("Resend: a webhook without a type or data")
        if kind == resend_inbound.RECEIVED:
            return MailNews(to_fetch=(resend_inbound.id_of(data),))
        event = _event(id, kind, data)
        return MailNews(events=() if event is None else (event,))

    async def fetch(self, id: str) -> ReceivedLetter:
        """A letter that came, with its files; see ``resend_inbound.fetch``."""
        return await resend_inbound.fetch(
            self._http, id, received_at=self._clock.now(), loopback_too=self._is_beside_us
        )

    async def close(self) -> None:
        await self._http.close()

    def _sort(self, answer: Answer) -> Callable[[str], OutsideError] | None:
        """A quota comes back tomorrow, and who asks twice at once has perhaps been heard."""
        name = _name_in(answer)
        if name in _QUOTAS:
            wait = until_midnight(self._clock.now())
            return lambda sentence: RateLimited(sentence, retry_after=wait)
        if answer.status == 409 and name in _SAME_KEY:
            return Unanswered
        return None


def _request(letter: Letter) -> dict[str, Any]:
    """The same for the same letter, or its idempotency key would be refused."""
    request: dict[str, Any] = {
        "from": display(letter.sender),
        "to": [display(letter.recipient)],
        "subject": letter.subject,
        "text": letter.text,
        "headers": headers(letter),
        "tags": [{"name": _LETTER, "value": _tag(letter.message_id)}],
    }
    if letter.html:
        request["html"] = letter.html
    if letter.enclosures:
        request["attachments"] = [_attachment(file) for file in letter.enclosures]
    return request


def _key(own_id: str) -> str:
    """Up to 256 signs that fit a header."""
    fits = len(own_id) <= 256 and own_id.isascii() and own_id.isprintable()
    return own_id if fits else sha256(own_id.encode("utf-8", "replace")).hexdigest()


def _attachment(file: Enclosure) -> dict[str, str]:
    attachment = {
        "content": base64.b64encode(file.data).decode(),
        "filename": file.name,
        "content_type": file.mime_type,
    }
    return attachment if file.content_id is None else {**attachment, "content_id": file.content_id}


def _tag(message_id: str) -> str:
    """The Message-ID before its ``@``: a tag has Latin letters, digits, ``_`` and ``-`` only."""
    local = message_id.partition("@")[0]
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-") else "_" for sign in local)[:256]


def _event(id: str, kind: str, data: dict[str, Any]) -> MailEvent | None:
    """None for what changes nothing: a letter that is on its way, and kinds that came after these lines."""
    ours: dict[str, Any] = {
        "id": id,
        "carrier_id": _text(data.get("email_id")),
        "message_id": _message_id(data),
        "recipient": _first_of(data.get("to")),
    }
    match kind:
        case "email.sent":
            return MailEvent(state=DeliveryState.SENT, **ours)
        case "email.delivered":
            return MailEvent(state=DeliveryState.DELIVERED, **ours)
        case "email.opened" | "email.clicked":
            return MailEvent(state=DeliveryState.READ, **ours)
        case "email.complained":
            return MailEvent(state=DeliveryState.DELIVERED, reason="complained", suppressed="complained", **ours)
        case "email.bounced":
            bounce = _object(data.get("bounce"))
            if _text(bounce.get("type")) in ("Transient", "Undetermined"):
                return None
            reason = f"bounced: {_text(bounce.get('message')) or _text(bounce.get('subType')) or 'Resend'}"
            return MailEvent(state=DeliveryState.FAILED, reason=reason, suppressed="bounced", **ours)
        case "email.suppressed":
            says = _text(_object(data.get("suppressed")).get("message")) or "Resend"
            return MailEvent(state=DeliveryState.FAILED, reason=f"bounced: {says}", suppressed="bounced", **ours)
        case "email.failed":
            says = _text(_object(data.get("failed")).get("reason")) or "Resend"
            return MailEvent(state=DeliveryState.FAILED, reason=says, **ours)
        case _:
            return None


def _message_id(data: dict[str, Any]) -> str | None:
    """Made of our tag and the domain the letter came from."""
    tags = data.get("tags")
    if isinstance(tags, list):
        tags = {tag.get("name"): tag.get("value") for tag in tags if isinstance(tag, dict)}
    local = _text(_object(tags).get(_LETTER))
    domain = (_text(data.get("from")) or "").rpartition("@")[2].rstrip("> ")
    return f"{local}@{domain}" if local and domain else None


def _name_in(answer: Answer) -> str | None:
    try:
        told = _object(json.loads(answer.body))
    except ValueError:
        return None
    return _text(told.get("name")) or _text(told.get("type"))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _first_of(value: object) -> str | None:
    return _text(value[0]) if isinstance(value, list) and value else _text(value)
