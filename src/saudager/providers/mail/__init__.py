"""The port to the mail: who carries a letter away, and who reads the mailbox letters arrive in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from saudager.clock import Clock
from saudager.contracts import DeliveryState


@dataclass(frozen=True, slots=True)
class Address:
    """``email`` in small letters, ``name`` as people read it."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file inside a letter; ``content_id`` is what the HTML shows it by, None of one that lies beside the text."""

    name: str
    mime_type: str
    data: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one recipient, ready to be carried. Ids stand without their angle brackets."""

    own_id: str
    """The same however often it is tried: the idempotency key."""
    message_id: str
    sender: Address
    recipient: Address
    subject: str
    text: str
    html: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    unsubscribe: str | None = None
    """The https address of one-click unsubscription (RFC 8058)."""
    automatic: Literal["auto-generated", "auto-replied"] | None = None
    """What ``Auto-Submitted`` says (RFC 3834); None: a person wrote it."""


@dataclass(frozen=True, slots=True)
class MailerStatus:
    """Whether letters can be carried; ``reason`` says what to do when they cannot."""

    ready: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What a carrier tells of a letter of ours, known by the carrier's id of it or by its Message-ID."""

    id: str
    """The event's own: the same when it is told twice."""
    state: DeliveryState
    carrier_id: str | None = None
    message_id: str | None = None
    recipient: str | None = None
    reason: str | None = None
    suppressed: Literal["bounced", "complained"] | None = None
    """Nothing more is to be sent to the recipient."""


@dataclass(frozen=True, slots=True)
class ReceivedLetter:
    """A letter somebody sent us, or one of ours that lies in the folder of sent letters."""

    message_id: str
    sent_at: datetime
    sender: Address
    recipients: tuple[str, ...]
    """Addresses of To and Cc, in small letters."""
    subject: str
    text: str
    """The body as written, quotes and signature with it; of an HTML letter its text."""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    not_answered: str | None = None
    """Why no automatic answer may go to it (RFC 3834): ``auto_submitted``, ``list``, ``bulk``, ``bounce``, ``robot``;
    None: it may."""
    bounce_of: str | None = None
    """Of a delivery status notification: the Message-ID of the letter it is about."""
    bounce_reason: str | None = None
    bounced_for_good: bool = False


@dataclass(frozen=True, slots=True)
class MailNews:
    """What a carrier tells by itself in one call: events, and letters that came; ``to_fetch`` are ids of letters the
    carrier has to be asked for."""

    events: Sequence[MailEvent] = ()
    letters: Sequence[ReceivedLetter] = ()
    to_fetch: Sequence[str] = ()


class Mailer(Protocol):
    """Who carries letters. Every method raises only OutsideError and its kin (see ``errors``)."""

    name: str

    async def send(self, letter: Letter) -> str:
        """Hand over one letter; the carrier's id of it. Unanswered means it may have been taken."""
        ...

    async def status(self) -> MailerStatus: ...

    async def close(self) -> None: ...


class PushedMailer(Mailer, Protocol):
    """A carrier that tells its news by itself."""

    def read(self, headers: Mapping[str, str], body: bytes) -> MailNews:
        """Verify and read one call; raises BadCredentials for a signature that is not the carrier's, and
        UnrecognisedPayload for what is no such call. Header names are lower case."""
        ...

    async def fetch(self, id: str) -> ReceivedLetter:
        """A letter that came, by the id in ``MailNews.to_fetch``."""
        ...


class CopyingMailer(Mailer, Protocol):
    """A carrier of the mailbox's own, whose letters belong among those it has sent."""

    def copy(self, letter: Letter) -> bytes | None:
        """The letter as it was carried; None where it is kept without our help."""
        ...


@dataclass(frozen=True, slots=True)
class Lying:
    """A letter that lies in a made-up mailbox."""

    id: str
    at: datetime
    recipient: str
    subject: str


class PlayedMailer(Mailer, Protocol):
    """A carrier whose letters go nowhere: whoever tries it out reads them, and answers as their recipient."""

    def lying(self, *, limit: int) -> Sequence[Lying]:
        """The newest letters, newest first; those of earlier runs too."""
        ...

    def raw(self, id: str) -> bytes:
        """A letter as its recipient got it; raises NotFound when it is not there any more."""
        ...

    def write_back(self, id: str, text: str) -> ReceivedLetter:
        """Answer it; raises NotFound likewise."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete letters from before the moment; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder has been read (RFC 3501, 2.3.1.1)."""

    uid_validity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters of a folder, oldest first, and how far it is read with them; ``more`` when others wait."""

    letters: Sequence[ReceivedLetter]
    cursor: Cursor
    more: bool = False


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that are read by their names on the server; None: there is no folder of sent letters."""

    incoming: str = "INBOX"
    sent: str | None = None


class MailReader(Protocol):
    """Who reads a mailbox. Every method raises only OutsideError and its kin."""

    async def folders(self) -> Folders: ...

    async def letters(self, folder: str, *, after: Cursor | None, since: datetime, limit: int) -> Batch:
        """Letters behind the cursor; without one, or with one of another ``uid_validity``, those since the moment.
        Nothing is marked as read."""
        ...

    async def keep(self, folder: str, letter: bytes) -> None:
        """Put a letter of ours among the sent ones."""
        ...

    async def close(self) -> None: ...


class TellingReader(MailReader, Protocol):
    """A mailbox that tells when something has come and need not be looked into again and again."""

    async def news(self) -> None:
        """Wait until something has come since the last call."""
        ...


@dataclass(frozen=True, slots=True)
class MailerKind:
    """How a carrier is set up: its title, its form in the merchant's words, and a Mailer from the filled form."""

    title: str
    form: Callable[[], type[BaseModel]]
    open: Callable[[Mapping[str, Any], Clock], Mailer]
    pushes: bool = False
    """It tells its news by webhook."""
    repeats_safely: bool = False
    """The same letter (by ``own_id``) handed over again within a day is sent once: what was left unanswered may be
    tried again."""
    is_played: bool = False
    """Its letters go nowhere."""


@dataclass(frozen=True, slots=True)
class MailReaderKind:
    """How reading a mailbox is set up."""

    title: str
    form: Callable[[], type[BaseModel]]
    open: Callable[[Mapping[str, Any], Clock], MailReader]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox this process holds open: its carriers in the order they are tried, and its reader if it is read."""

    address: Address
    mailers: Mapping[str, Mailer] = field(default_factory=dict)
    reader: MailReader | None = None

    async def close(self) -> None:
        for mailer in self.mailers.values():
            await mailer.close()
        if self.reader is not None:
            await self.reader.close()
