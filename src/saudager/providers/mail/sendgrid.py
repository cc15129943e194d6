"""Letters carried by SendGrid.

Vendor facts: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send and
/docs/sendgrid/for-developers/tracking-events (read 2026-11). An accepted letter is queued, not delivered; what becomes
of it its event webhook tells. It knows no idempotency keys.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator

from saudager import __version__
from saudager.clock import Clock
from saudager.contracts import DeliveryState
from saudager.errors import BadCredentials, NotFound, OutsideError, RateLimited, Unreachable, UnrecognisedPayload
from saudager.providers.http_client import TIMEOUT, Answer, HeaderSecret, HttpClient
from saudager.providers.mail import (
    Address,
    Enclosure,
    Letter,
    MailerStatus,
    MailEvent,
    MailNews,
    ReceivedLetter,
    sendgrid_inbound,
)
from saudager.providers.mail.allowance import Allowance, number_in, until_midnight
from saudager.providers.mail.mime import check, headers
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import httpx

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_SIGNED_AT = "x-twilio-email-event-webhook-timestamp"
_LETTER = "letter"
_AROUND_A_KEY = re.compile(r"-----[A-Z ]+-----|\s")
_NOT_AVAILABLE = 503
"""The API is away as a whole; of other answers of 5xx nobody knows what became of the letter."""
_USED_UP = "maximum credits exceeded"
"""Told with 401, as if the key were wrong: https://github.com/sendgrid/sendgrid-nodejs/issues/1032 (2026-11)."""


class Config(BaseModel):
    """What a merchant enters to send letters by SendGrid."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: HeaderSecret = Field(
        title="Ключ API", description="app.sendgrid.com, Settings → API Keys, с правом «Mail Send», начинается с SG."
    )
    webhook_key: str | None = Field(
        None,
        title="Ключ проверки вебхука",
        description="Settings → Mail Settings → Event Webhook → Signature Verification, «Public Key». "
        "Без него не узнать о возвратах и жалобах.",
    )
    base_url: HttpUrl = Field(
        HttpUrl("https://api.sendgrid.com"),
        title="Адрес API",
        description="Для европейских данных https://api.eu.sendgrid.com.",
    )

    @field_validator("webhook_key")
    @classmethod
    def _is_a_key(cls, key: str | None) -> str | None:
        if key is not None:
            _public_key(key)
        return key


class SendGridMailer:
    """One key of one SendGrid account."""

    name = "sendgrid"

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        key = config.api_key.get_secret_value()
        self._webhook_key = _public_key(config.webhook_key) if config.webhook_key else None
        self._clock = clock
        self._allowance = Allowance("SendGrid", clock)
        self._http = HttpClient(
            "SendGrid",
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
        answer = await self._http.call("POST", "/v3/mail/send", asked="send a letter", body=_request(letter))
        resets_at = number_in(answer.headers.get("x-ratelimit-reset"))  # in seconds since the epoch
        self._allowance.note(
            answer.headers.get("x-ratelimit-remaining"),
            None if resets_at is None else resets_at - self._clock.now().timestamp(),
        )
        return answer.headers.get("x-message-id") or letter.message_id

    async def status(self) -> MailerStatus:
        answer = await self._http.call("GET", "/v3/scopes", asked="the key", accept=(401, 403))
        if answer.status != 200:
            return MailerStatus(ready=False, reason=self._http.describe(answer, asked="the key"))
        scopes = self._http.json_object(answer, asked="the key").get("scopes")
        if isinstance(scopes, list) and "mail.send" in scopes:
            return MailerStatus(ready=True)
        return MailerStatus(ready=False, reason="Ключу SendGrid не дано право «Mail Send».")

    def read(self, headers: Mapping[str, str], body: bytes) -> MailNews:
        """Verify and read one call. To take the same events again changes nothing, so they may be signed long ago; a
        letter that came is not signed at all, and only the address it is told to vouches for it."""
        if sendgrid_inbound.is_letter(headers):
            return MailNews(letters=(sendgrid_inbound.read(headers, body, received_at=self._clock.now()),))
        self._verify(headers, body)
        try:
            told = read_json(body)
        except ValueError:
            raise UnrecognisedPayload("SendGrid: a webhook that is not JSON") from None
        if not isinstance(told, list):
            raise UnrecognisedPayload("SendGrid: a webhook that is no list of events")
        read = (_event(event) for event in told if isinstance(event, dict))
        return MailNews(events=tuple(event for event in read if event is not None))

    async def fetch(self, id: str) -> ReceivedLetter:
        """Nothing is ever to be fetched: letters come whole."""
        raise NotFound(f"SendGrid keeps no letter {id}")

    async def close(self) -> None:
        await self._http.close()

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.hashes import SHA256

        if self._webhook_key is None:
            raise BadCredentials("SendGrid: no key to verify its webhooks with is entered")
        try:
            signature = base64.b64decode(headers.get(_SIGNATURE, ""), validate=True)
            self._webhook_key.verify(signature, headers.get(_SIGNED_AT, "").encode() + body, ECDSA(SHA256()))
        except (ValueError, InvalidSignature):
            raise BadCredentials("SendGrid: the signature of a webhook is not SendGrid's") from None

    def _sort(self, answer: Answer) -> Callable[[str], OutsideError] | None:
        if answer.status == 401 and _USED_UP in answer.text.lower():
            wait = until_midnight(self._clock.now())
            return lambda sentence: RateLimited(sentence, retry_after=wait)
        return Unreachable if answer.status == _NOT_AVAILABLE else None


def _request(letter: Letter) -> dict[str, Any]:
    content = [{"type": "text/plain", "value": letter.text}]
    if letter.html:
        content.append({"type": "text/html", "value": letter.html})
    request: dict[str, Any] = {
        "personalizations": [{"to": [_address(letter.recipient)], "custom_args": {_LETTER: letter.message_id}}],
        "from": _address(letter.sender),
        "subject": letter.subject,
        "content": content,
        "headers": headers(letter),
        "tracking_settings": {"subscription_tracking": {"enable": False}},
    }
    if letter.enclosures:
        request["attachments"] = [_attachment(file) for file in letter.enclosures]
    return request


def _address(address: Address) -> dict[str, str]:
    return {"email": address.email, "name": address.name} if address.name else {"email": address.email}


def _attachment(file: Enclosure) -> dict[str, str]:
    attachment = {
        "content": base64.b64encode(file.data).decode(),
        "filename": file.name,
        "type": file.mime_type,
        "disposition": "inline" if file.content_id else "attachment",
    }
    return attachment if file.content_id is None else {**attachment, "content_id": file.content_id}


def _event(told: dict[str, Any]) -> MailEvent | None:
    """None for what changes nothing: a letter that is on its way, a picture loaded by a machine, kinds that came after
    these lines."""
    message_id = _text(told.get(_LETTER)) or (_text(told.get("smtp-id")) or "").strip("<>") or None
    carrier_id = (_text(told.get("sg_message_id")) or "").partition(".filter")[0].partition(".recvd")[0] or None
    ours: dict[str, Any] = {
        "id": _text(told.get("sg_event_id")) or f"{told.get('event')}:{carrier_id or message_id}",
        "carrier_id": carrier_id,
        "message_id": message_id,
        "recipient": _text(told.get("email")),
    }
    reason = _text(told.get("reason")) or _text(told.get("response")) or "SendGrid"
    match told.get("event"):
        case "delivered":
            return MailEvent(state=DeliveryState.DELIVERED, **ours)
        case "open" if told.get("sg_machine_open") is True:
            return MailEvent(state=DeliveryState.DELIVERED, **ours)
        case "open" | "click":
            return MailEvent(state=DeliveryState.READ, **ours)
        case "spamreport":
            return MailEvent(state=DeliveryState.DELIVERED, reason="complained", suppressed="complained", **ours)
        case "bounce":
            for_good = told.get("type") != "blocked"
            return MailEvent(
                state=DeliveryState.FAILED,
                reason=f"bounced: {reason}",
                suppressed="bounced" if for_good else None,
                **ours,
            )
        case "dropped":
            return _dropped(reason, ours)
        case _:
            return None


def _dropped(reason: str, ours: dict[str, Any]) -> MailEvent:
    """Not sent at all, because of what the account knows of the address."""
    known = reason.lower()
    if "spam report" in known:
        return MailEvent(state=DeliveryState.FAILED, reason="complained", suppressed="complained", **ours)
    if "bounced" in known or known == "invalid":
        return MailEvent(state=DeliveryState.FAILED, reason=f"bounced: {reason}", suppressed="bounced", **ours)
    return MailEvent(state=DeliveryState.FAILED, reason=reason, **ours)


def _public_key(written: str) -> Any:
    """The key as SendGrid shows it (base64 without the lines of PEM); raises ValueError when it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(_AROUND_A_KEY.sub("", written), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("expected the public key as SendGrid shows it") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("expected the public key as SendGrid shows it")
    return key


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
