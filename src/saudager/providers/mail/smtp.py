"""Letters carried by a mail server of the merchant's (SMTP), several over one connection that is kept open.

Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (login).
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from contextlib import suppress
from contextvars import Context
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from saudager.clock import Clock
from saudager.errors import (
    BadCredentials,
    OutsideError,
    Unanswered,
    Unreachable,
)
from saudager.providers.mail import Letter, MailerStatus
from saudager.providers.mail.mime import in_latin, to_bytes
from saudager.providers.mail.smtp_replies import Stage, refusal

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_log = logging.getLogger(__name__)
_TIMEOUT = 30.0
_DATA_TIMEOUT = 300.0
"""Seconds a server may think about a letter it has got: to give up earlier means not to know what became of it."""
_IDLE = timedelta(seconds=30)
_TLS_PORT = 465
_GREETS_AS = "[127.0.0.1]"
"""An address literal, as mail programs without a name of their own say (RFC 5321, 4.1.3)."""


class Config(BaseModel):
    """What a merchant enters to send letters by his own mail server."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(
        min_length=1,
        pattern=r"^[A-Za-z0-9.:_-]+$",
        title="Сервер исходящей почты",
        description="Например smtp.gmail.com, smtp.yandex.ru или smtp.mail.ru.",
    )
    port: int = Field(587, ge=1, le=65535, title="Порт", description="587 со STARTTLS, 465 с TLS, 25 без шифрования.")
    user: str | None = Field(None, title="Логин", description="Обычно сам адрес ящика. Пусто: без входа.")
    password: SecretStr | None = Field(
        None, title="Пароль", description="У Gmail, Яндекса и Mail.ru — отдельный «пароль приложения»."
    )
    security: Literal["auto", "tls", "starttls", "none"] = Field(
        "auto",
        title="Шифрование",
        description="auto: TLS на порту 465, иначе STARTTLS; без шифрования пароль не отправляется. "
        "none: пароль идёт открытым текстом.",
    )
    server_keeps_copies: bool = Field(
        False,
        title="Сервер сам складывает отправленное",
        description="Gmail сам кладёт письма в «Отправленные»: включите, чтобы они не удваивались.",
    )


class SmtpMailer:
    """One login at one mail server; one letter at a time."""

    name = "smtp"

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        timeout: float = _TIMEOUT,
        data_timeout: float = _DATA_TIMEOUT,
    ) -> None:
        """``tls``: whom to trust; None: the authorities this machine trusts."""
        self._config = config
        self._clock = clock
        self._tls = tls
        self._timeout = timeout
        self._data_timeout = data_timeout
        self._turn = asyncio.Lock()
        self._client: SMTP | None = None
        self._used_at = clock.now()
        self._idling: asyncio.Task[None] | None = None
        self._carried: tuple[str, bytes] | None = None

    async def send(self, letter: Letter) -> str:
        sender, recipient = in_latin(letter.sender.email), in_latin(letter.recipient.email)
        written = to_bytes(letter, self._clock.now())
        async with self._turn:
            client = await self._announced(sender, recipient, len(written))
            await self._hand_over(client, written)
            self._used_at = self._clock.now()
        self._carried = letter.own_id, written
        return letter.message_id

    def copy(self, letter: Letter) -> bytes | None:
        """The letter as it was carried, to be kept among the sent ones; None where the server does that by itself."""
        if self._config.server_keeps_copies:
            return None
        if self._carried is not None and self._carried[0] == letter.own_id:
            return self._carried[1]
        return to_bytes(letter, self._clock.now())

    async def status(self) -> MailerStatus:
        async with self._turn:
            try:
                await self._open()
            except BadCredentials as error:
                return MailerStatus(ready=False, reason=str(error))
        return MailerStatus(ready=True)

    async def close(self) -> None:
        if self._idling is not None:
            self._idling.cancel()
            self._idling = None
        async with self._turn:
            await self._leave()

    async def _announced(self, sender: str, recipient: str, size: int) -> "SMTP":
        """A connection on which the letter has been announced. One that was open already may have been closed by the
        server meanwhile: then, as nothing was handed over, another is opened."""
        import aiosmtplib

        was_open = self._client is not None
        client = await self._open()
        try:
            await self._announce(client, sender, recipient, size)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            self._drop()
            if not was_open:
                raise Unreachable(self._sentence("announce a letter", error)) from error
            return await self._announced(sender, recipient, size)
        except aiosmtplib.SMTPResponseException as error:
            stage: Stage = "sender" if isinstance(error, aiosmtplib.SMTPSenderRefused) else "recipient"
            if error.code == 421:
                self._drop()
                if was_open:
                    return await self._announced(sender, recipient, size)
            await self._start_over()
            raise self._refused(stage, error) from error
        except BaseException:
            self._drop()
            raise
        return client

    async def _announce(self, client: "SMTP", sender: str, recipient: str, size: int) -> None:
        options = [f"SIZE={size}"] if client.supports_extension("size") else []
        await client.mail(sender, options=options)
        await client.rcpt(recipient)

    async def _hand_over(self, client: "SMTP", written: bytes) -> None:
        """Once this has begun, a connection that is lost takes with it what became of the letter."""
        import aiosmtplib

        try:
            await client.data(written, timeout=self._data_timeout)
        except aiosmtplib.SMTPDataError as error:
            await self._start_over()
            raise self._refused("letter", error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise Unanswered(self._sentence("hand over a letter", error)) from error
        except BaseException:
            self._drop()
            raise

    async def _open(self) -> "SMTP":
        if self._client is not None and not self._client.is_connected:
            self._drop()
        if self._client is None:
            self._client = await self._connected()
            if self._idling is None or self._idling.done():
                # nobody's errand: whoever waits for that one to end need not wait for this
                self._idling = asyncio.create_task(self._close_when_idle(), name="idle SMTP", context=Context())
        self._used_at = self._clock.now()
        return self._client

    async def _connected(self) -> "SMTP":
        """A new connection with the login done; raises BadCredentials for what waiting does not mend."""
        import aiosmtplib

        config = self._config
        implicit = config.security == "tls" or (config.security == "auto" and config.port == _TLS_PORT)
        client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            use_tls=implicit,
            start_tls=False,
            tls_context=self._trusted() if config.security != "none" else None,
            timeout=self._timeout,
            local_hostname=_GREETS_AS,
        )
        try:
            await client.connect()
            await self._greet(client)
            if not implicit and config.security != "none":
                await self._encrypt(client)
            if config.user:
                password = config.password.get_secret_value() if config.password else ""
                await client.login(config.user, password)
        except ssl.SSLCertVerificationError as error:
            client.close()
            raise BadCredentials(self._sentence("check its certificate", error.verify_message)) from error
        except aiosmtplib.SMTPConnectResponseError as error:
            client.close()
            raise Unreachable(self._sentence("connect", error)) from error
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise self._refused("login", error) from error
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError) as error:
            client.close()
            cause = error.__cause__
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise BadCredentials(self._sentence("check its certificate", cause.verify_message)) from error
            raise Unreachable(self._sentence("connect", error)) from error
        except OSError as error:
            client.close()
            raise Unreachable(self._sentence("connect", error)) from error
        except aiosmtplib.SMTPException as error:  # it offers no login, or none we know
            client.close()
            raise BadCredentials(self._sentence("log in", error)) from error
        except BaseException:
            client.close()
            raise
        return client

    async def _greet(self, client: "SMTP") -> None:
        import aiosmtplib

        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()

    async def _encrypt(self, client: "SMTP") -> None:
        if client.supports_extension("starttls"):
            await client.starttls()
            await self._greet(client)
        elif self._config.security == "starttls" or self._config.user:
            raise BadCredentials(
                self._sentence("encrypt", "сервер не предлагает STARTTLS, а без шифрования пароль не отправляется")
            )

    def _trusted(self) -> ssl.SSLContext:
        return self._tls or _authorities()

    async def _start_over(self) -> None:
        """Take back what was announced, so that the next letter can be."""
        if self._client is None:
            return
        try:
            await self._client.rset()
        except Exception as error:
            _log.debug("%s: the connection is of no more use: %r", self._config.host, error)
            self._drop()

    async def _close_when_idle(self) -> None:
        while self._client is not None:
            await self._clock.sleep_until(self._used_at + _IDLE)
            async with self._turn:
                if self._clock.now() - self._used_at >= _IDLE:
                    await self._leave()

    async def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await client.quit(timeout=self._timeout)
            client.close()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _refused(self, stage: Stage, error: Any) -> OutsideError:
        return refusal(stage, error.code, error.message, sentence=self._sentence(_ASKED[stage], error))

    def _sentence(self, asked: str, happened: object) -> str:
        code = getattr(happened, "code", None)
        said = f"{code} {happened.message}" if code is not None else str(happened) or type(happened).__name__  # type: ignore[attr-defined]
        secret = self._config.password.get_secret_value() if self._config.password else ""
        said = " ".join(said.split())[:300]
        return f"SMTP {self._config.host}: {asked}: {said.replace(secret, '…') if secret else said}"


_ASKED: Mapping[Stage, str] = {
    "login": "log in",
    "sender": "announce the sender",
    "recipient": "announce the recipient",
    "letter": "hand over a letter",
}


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context()
