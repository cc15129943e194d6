"""A mailbox read by IMAP (RFC 3501) with imap-tools, in a thread of its own; nothing in it is marked or moved.

Response codes of refusals: RFC 5530. The folder of sent letters is known by its flag (RFC 6154), else by its name.
"""

import asyncio
import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn, TypeVar

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailboxLoginError, MailBoxUnencrypted
from imap_tools.errors import MailboxFolderSelectError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, RateLimited, Rejected, Unreachable, UnrecognisedPayload
from saudager.providers.mail import Batch, Cursor, Folders, ReceivedLetter, parsing

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_TIMEOUT = 30.0
_AT_ONCE = 64 * 1024 * 1024
"""Bytes of letters held in memory together; the next look takes the rest."""
_THROTTLED_FOR = 600.0
_SENT_NAMES = ("sent", "sent items", "sent messages", "sent mail", "отправленные", "жіберілген", "жіберілгендер")
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_BUSY = re.compile(r"\[(UNAVAILABLE|INUSE|SERVERBUG)\]|temporar|try again", re.IGNORECASE)
_THROTTLED = re.compile(r"\[(LIMIT|THROTTLED|OVERQUOTA)\]|too many|bandwidth limits", re.IGNORECASE)


class Config(BaseModel):
    """What a merchant enters so that his mailbox is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(
        pattern=r"^[^\s/@]{1,253}$",
        title="Сервер IMAP",
        description="Например imap.yandex.ru, imap.mail.ru, imap.gmail.com.",
    )
    port: int = Field(993, ge=1, le=65535, title="Порт", description="Обычно 993.")
    user: str = Field(min_length=1, max_length=320, title="Логин", description="Чаще всего сам адрес ящика.")
    password: SecretStr = Field(
        title="Пароль", description="У Яндекса, Mail.ru и Gmail нужен пароль приложения, а не обычный."
    )
    security: Literal["tls", "none"] = Field(
        "tls", title="Защита", description="tls; none читает без шифрования, только с сервера на этой же машине."
    )
    sent_folder: str = Field(
        "auto", max_length=200, title="Папка отправленных", description="auto находит её сама; пусто: не читать её."
    )

    @field_validator("security")
    @classmethod
    def _in_the_clear_at_home_only(cls, value: str, told: ValidationInfo) -> str:
        """A name without a dot is a neighbour's, such as another container of this machine."""
        host = str(told.data.get("host", ""))
        if value == "none" and not (host.startswith("127.") or host == "::1" or not set(host) & set(".:")):
            raise PydanticCustomError("in_the_clear", "without encryption a password is sent to no other machine")
        return value

    @field_validator("user", "sent_folder")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("expected one line")
        return value.strip()

    @field_validator("password")
    @classmethod
    def _one_secret_line(cls, value: SecretStr) -> SecretStr:
        if not (value.get_secret_value() and value.get_secret_value().isprintable()):
            raise ValueError("expected one line")
        return value


class ImapReader:
    """One mailbox as a ``MailReader``; its connection is kept between looks and made anew when it is lost."""

    def __init__(self, config: Config, clock: Clock, *, timeout: float = _TIMEOUT) -> None:
        self._config = config
        self._clock = clock
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imap")
        self._box: BaseMailBox | None = None

    async def folders(self) -> Folders:
        """INBOX, and the folder of sent letters when there is one."""
        return await self._ask(self._find_folders)

    async def letters(self, folder: str, *, after: Cursor | None, since: datetime, limit: int) -> Batch:
        """See ``MailReader``. A letter of more than 25 MB comes cut off there."""
        return await self._ask(lambda box: self._read(box, folder, after, since, limit))

    async def keep(self, folder: str, letter: bytes) -> None:
        """Put a letter of ours among the sent ones, as read."""
        await self._ask(lambda box: box.append(letter, folder, dt=self._clock.now(), flag_set="\\Seen"))

    async def close(self) -> None:
        """Say goodbye; no call may follow."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._leave)
        self._thread.shutdown(wait=False)

    async def _ask(self, work: Callable[[BaseMailBox], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._asked, work)

    def _asked(self, work: Callable[[BaseMailBox], _T]) -> _T:
        try:
            return work(self._connected())
        except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
            if not isinstance(error, ImapToolsError) or isinstance(error, MailboxLoginError):
                self._drop()
            self._sorted(error)

    def _connected(self) -> BaseMailBox:
        if self._box is not None:
            try:
                self._box.client.noop()
                return self._box
            except (imaplib.IMAP4.error, OSError):
                self._drop()
        box = self._open()
        self._box = box
        password = self._config.password.get_secret_value()
        enter = box.login if (self._config.user + password).isascii() else box.login_utf8
        enter(self._config.user, password, None)
        return box

    def _open(self) -> BaseMailBox:
        host, port = self._config.host, self._config.port
        if self._config.security == "none":
            return MailBoxUnencrypted(host, port, timeout=self._timeout)
        return MailBox(host, port, timeout=self._timeout, ssl_context=ssl.create_default_context())

    def _sorted(self, error: Exception) -> NoReturn:
        """Raise what the caller is to do about it; nothing of ours stands in what servers say."""
        says = f"{self._config.host}: {_said(error)}"
        kind: type[OutsideError] = UnrecognisedPayload
        if _THROTTLED.search(says):
            raise RateLimited(says, retry_after=_THROTTLED_FOR) from error
        if isinstance(error, OSError | imaplib.IMAP4.abort) or _BUSY.search(says):
            kind = Unreachable
        elif isinstance(error, MailboxLoginError) or "AUTHENTICATIONFAILED" in says:
            kind = BadCredentials
        elif isinstance(error, MailboxFolderSelectError | ImapToolsError):
            kind = Rejected
        raise kind(says) from error

    def _drop(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            try:
                box.client.shutdown()
            except OSError as error:
                _log.debug("a lost connection to %s could not be closed: %r", self._config.host, error)

    def _leave(self) -> None:
        if self._box is not None:
            try:
                self._box.logout()
            except (ImapToolsError, imaplib.IMAP4.error, OSError):
                self._drop()
            self._box = None

    def _find_folders(self, box: BaseMailBox) -> Folders:
        wanted = self._config.sent_folder
        if wanted != "auto":
            return Folders(sent=wanted or None)
        listed = [folder for folder in box.folder.list() if "\\Noselect" not in folder.flags]
        flagged = [folder.name for folder in listed if "\\sent" in {flag.lower() for flag in folder.flags}]
        named = [
            folder.name for folder in listed if folder.name.rpartition(folder.delim or "/")[2].lower() in _SENT_NAMES
        ]
        return Folders(sent=next(iter(flagged or named), None))

    def _read(self, box: BaseMailBox, folder: str, after: Cursor | None, since: datetime, limit: int) -> Batch:
        box.folder.set(folder, readonly=True)
        validity, next_uid = self._numbers(box, folder)
        is_new = after is None or after.uid_validity != validity
        begin = 1 if after is None or is_new else after.last_uid + 1
        uids = self._since(box, since) if is_new else self._behind(box, begin)
        letters: list[ReceivedLetter] = []
        last, held, now = begin - 1, 0, self._clock.now()
        known = self._sizes(box, uids[:limit])
        for uid in uids[:limit]:
            size, arrived = known.get(uid, (0, None))
            held += min(size, parsing.LARGEST)
            if letters and held > _AT_ONCE:
                break
            if size and (raw := self._raw(box, uid, size)) is not None:
                letters.append(parsing.parse(raw, received_at=min(arrived or now, now)))
            last = uid
        more = any(uid > last for uid in uids)
        return Batch(letters, Cursor(validity, last if more else max(last, next_uid - 1)), more)

    def _numbers(self, box: BaseMailBox, folder: str) -> tuple[int, int]:
        """The folder's UIDVALIDITY, and the number its next letter will have."""
        told = [_number(box.client.response(name)) for name in ("UIDVALIDITY", "UIDNEXT")]
        if None in told:
            status = box.folder.status(folder, ["UIDVALIDITY", "UIDNEXT"])
            told = [status.get("UIDVALIDITY"), status.get("UIDNEXT")]
        if told[0] is None:
            raise UnrecognisedPayload(f"{self._config.host} tells no UIDVALIDITY")
        return told[0], told[1] or 1

    def _since(self, box: BaseMailBox, since: datetime) -> list[int]:
        """Servers compare days in their own zone: a day more does no harm."""
        day = since.astimezone(UTC) - timedelta(days=1)
        return self._found(box, f"SINCE {day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}")

    def _behind(self, box: BaseMailBox, begin: int) -> list[int]:
        """``n:*`` names the last letter too when its number is smaller (RFC 3501, 6.4.8)."""
        return [uid for uid in self._found(box, f"UID {begin}:*") if uid >= begin]

    def _found(self, box: BaseMailBox, criteria: str) -> list[int]:
        return sorted(int(uid) for uid in box.uids(criteria))

    def _sizes(self, box: BaseMailBox, uids: Sequence[int]) -> dict[int, tuple[int, datetime | None]]:
        """How big each letter is and when it came; those that are gone meanwhile are left out."""
        if not uids:
            return {}
        _, rows = box.client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
        told: dict[int, tuple[int, datetime | None]] = {}
        for row in rows:
            written = row if isinstance(row, bytes) else b""
            uid, size = _UID.search(written), _SIZE.search(written)
            if uid and size:
                told[int(uid[1])] = int(size[1]), _arrived(written)
        return told

    def _raw(self, box: BaseMailBox, uid: int, size: int) -> bytes | None:
        """The letter's bytes, one more than are read of it at most; None when it is gone."""
        part = "BODY.PEEK[]" if size <= parsing.LARGEST else f"BODY.PEEK[]<0.{parsing.LARGEST + 1}>"
        _, rows = box.client.uid("FETCH", str(uid), f"({part})")
        return next((row[1] for row in rows if isinstance(row, tuple)), None)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _number(response: tuple[str, Sequence[bytes | None]]) -> int | None:
    told = response[1][-1] if response[1] else None
    return int(told) if told and told.isdigit() else None


def _arrived(row: bytes) -> datetime | None:
    found = _ARRIVED.search(row)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC) if found else None
    except ValueError:
        return None


def _said(error: Exception) -> str:
    """What went wrong in the server's words, without the command that was sent."""
    result = getattr(error, "command_result", None)
    words = result[1][0] if result and result[1] else None
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(error) or type(error).__name__
