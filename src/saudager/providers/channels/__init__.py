"""The port to a messenger: read chats and lines, send, show that we read and type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import BaseModel

from saudager.clock import Clock
from saudager.contracts import MIRROR, Contact, DeliveryState, Kind, Media


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """One row of the chat list, enough to see whether anything is new without asking for its lines."""

    chat: str
    phone_number: str | None
    contact: Contact
    last_message_id: str | None
    last_at: datetime
    is_customer: bool = True
    """False for groups, statuses, newsletters and the account's own chat."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat, whoever wrote it."""

    chat: str
    message_id: str
    sent_at: datetime
    from_us: bool
    from_api: bool | None
    """True when an API sent it (this product or another), False when a person typed it on the phone; None when the
    messenger does not tell: then it is a person's unless it has the words of a message of ours on its way."""
    kind: Kind
    text: str | None
    media: Media | None = None
    file: str | None = None
    """What ``fetch_media`` is asked for when that is not the line's id."""
    is_voice: bool = False
    reply_to: str | None = None
    edited: bool = False
    deleted: bool = False
    delivery: DeliveryState | None = None
    phone_number: str | None = None
    contact: Contact = field(default_factory=Contact)
    history: bool = False
    """It is context only: a machine wrote it, or it was written before anybody was to answer."""
    subject: str | None = None
    """Of a letter, "" when it has none."""
    thread: str | None = None
    """Of a letter: the ids of those it refers to, oldest first, with blanks between them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message of ours."""

    message_id: str
    state: DeliveryState
    reason: str | None = None
    """Why it failed, in the messenger's words."""
    own_id: str | None = None
    """The id we gave it, when the messenger gives it back."""


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """Whether the account can send; ``reason`` says what to do when it cannot."""

    ready: bool
    phone_number: str | None = None
    reason: str | None = None
    no_first_contacts_until: datetime | None = None
    """Until then the messenger refuses messages to people who have not written to us."""


@dataclass(frozen=True, slots=True)
class News:
    """What a messenger tells by itself in one call."""

    lines: list[Line] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    status: ChannelStatus | None = None


LARGEST_PICTURE = 5 * 1024 * 1024
PICTURE_KINDS = ("image/jpeg", "image/png")
"""What WhatsApp takes as a picture:
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types."""


@dataclass(frozen=True, slots=True)
class OutgoingPicture:
    """A picture to send, of one of ``PICTURE_KINDS`` and at most ``LARGEST_PICTURE`` bytes."""

    content: bytes
    mime_type: str
    name: str
    """As whoever saves it sees it, with its ending."""


class Channel(Protocol):
    """One account of one messenger. Every method raises only OutsideError and its kin (see ``errors``)."""

    vendor: str
    window: timedelta | None
    """How long after a customer's line free text may be sent to him; None: always."""

    async def send(
        self,
        chat: str,
        text: str,
        *,
        own_id: str | None = None,
        reply_to: str | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> str:
        """Send one text and return the messenger's id of it; Unanswered means it may have arrived, FirstContactRefused
        that the account may not begin conversations for a while.

        ``own_id`` is given back with the message's deliveries by a messenger that can; ``template`` is sent instead of
        the text by one that has templates.
        """
        ...

    async def lines(self, chat: str, *, limit: int, offset: int) -> Sequence[Line]:
        """A page of one chat's lines, newest first; never marks anything read. A messenger that keeps no lines raises
        Unreachable: there only its deliveries tell what arrived."""
        ...

    async def show_typing(self, chat: str) -> None: ...

    async def mark_read(self, chat: str, message_id: str) -> None: ...

    async def fetch_media(self, file: str) -> tuple[bytes, str]:
        """The file of a line, named by ``Line.file`` or else the line's id, and its MIME type."""
        ...

    async def status(self) -> ChannelStatus: ...

    def skew(self) -> timedelta | None:
        """How far the messenger's clock is ahead of ours, by its last answer; None when it has not told."""
        ...

    async def close(self) -> None: ...


class KnowingChannel(Channel, Protocol):
    """A messenger that tells whether a number is on it at all."""

    async def has_account(self, chat: str) -> bool:
        """Whether the phone number behind the chat can be written to. To ask for many numbers is held against an
        account as much as to write to them."""
        ...


class PicturingChannel(Channel, Protocol):
    """A messenger that takes pictures."""

    async def send_picture(
        self, chat: str, picture: OutgoingPicture, caption: str, *, own_id: str | None = None
    ) -> str:
        """Send one picture with the words below it and return the messenger's id of it, as ``send`` does: its line has
        the caption for its text."""
        ...


class PolledChannel(Channel, Protocol):
    """A messenger that is asked for news."""

    async def chats(self, *, limit: int, offset: int) -> Sequence[ChatSummary]:
        """A page of the chat list, newest first."""
        ...


class PushedChannel(Channel, Protocol):
    """A messenger that tells its news by itself."""

    signs: bool
    """Whether ``read`` finds out by a signature who calls; otherwise the address of the webhook is secret."""

    def read(self, headers: Mapping[str, str], body: bytes) -> News:
        """Verify and read one call; raises BadCredentials for a signature that is not the messenger's, and
        UnrecognisedPayload for what is no such call. Header names are lower case."""
        ...

    async def with_numbers(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The lines, with the phone numbers the messenger has to be asked for."""
        ...

    async def subscribe(self, url: str) -> None:
        """See to it that the messenger tells its news to this address, changing nothing when it does already. Nothing
        happens where only the merchant can do it, on the messenger's own pages."""
        ...


class MirrorChannel(PushedChannel, Protocol):
    """A place where people read the chats of other accounts and answer them: its lines are what they answered, in chats
    that are called as they were when they were shown, or in none. Nobody is reached by itself."""

    async def show(self, line: Line) -> None:
        """Put a line there; ``chat`` and ``message_id`` are names of ours. Unanswered means it may be there."""
        ...

    async def is_shown(self, line: Line) -> bool: ...

    async def tell(self, delivery: Delivery) -> None:
        """What became of a line that was answered there."""
        ...


class LinkedChannel(Channel, Protocol):
    """A messenger that has to be linked with a phone, and shows the code for it."""

    async def qr(self) -> bytes | None:
        """The picture (PNG) the phone has to scan now; None when there is nothing to scan."""
        ...


class PlayedChannel(Channel, Protocol):
    """A messenger in memory, whose customers are made up."""

    def write(self, chat: str, text: str | None, *, name: str | None = None) -> Line:
        """A line typed on a customer's phone."""
        ...


@dataclass(frozen=True, slots=True)
class Messenger:
    """How a messenger is connected."""

    title: str
    form: Callable[[], type[BaseModel]]
    """What the merchant enters; the titles and descriptions of its fields are his words."""
    open: Callable[[Mapping[str, Any], Clock, str], Channel]
    """A channel from the form as it was filled in, with the secret of its webhook."""
    told_apart_by: str | None = None
    """The field of the form that no two accounts share; None: there is one account."""
    is_linked: bool = False
    is_played: bool = False
    is_in_crm: bool = False
    """Its chats stand in a CRM already and are begun by customers only."""
    is_mirror: bool = False

    def name_of(self, vendor: str, config: Mapping[str, Any]) -> str:
        """What an account with this form is called: ``waha:default``."""
        if self.is_mirror:
            return f"{MIRROR}{vendor}"
        return vendor if self.told_apart_by is None else f"{vendor}:{config[self.told_apart_by]}"
