"""The plain JSON that gateway and agent pass each other, and the limits of the queues it travels in."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

VERSION = 1
MAILBOX = "mail:"
"""How the accounts that are mailboxes are called, before their address: ``mail:sales@example.kz``."""
MIRROR = "mirror:"
"""How the accounts are called that show the conversations of the others in a CRM."""


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]


class Kind(StrEnum):
    """What a line of a conversation is, whatever the messenger calls it."""

    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    MISSED_CALL = "missed_call"
    EDIT = "edit"
    DELETION = "deletion"
    OTHER = "other"


class MessageClass(StrEnum):
    """Why we write, most urgent first; ``alert`` goes to the merchant's own number and his own people only."""

    ALERT = "alert"
    REPLY = "reply"
    SERVICE = "service"
    FOLLOW_UP = "follow_up"
    MARKETING = "marketing"

    @property
    def rank(self) -> int:
        """Its place in the order of sending; lower goes first."""
        return list(MessageClass).index(self)


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: str = Field(min_length=1, description="Unique within its queue; a second message with the same id is ignored.")
    version: int = VERSION
    created_at: Moment
    account: str = Field(description="The number or mailbox of the merchant it belongs to.")


class Contact(BaseModel):
    """Who wrote, as far as the messenger tells."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    full_name: str | None = None
    business_name: str | None = None
    lid: str | None = Field(None, description="WhatsApp's hidden user id, `…@lid`.")
    bsuid: str | None = Field(
        None, description="The messenger's id of the person for this business: Meta's `KZ.…`, or `…@shop.kommo.com`."
    )


class Media(BaseModel):
    """A file that came with a line or goes with one: passed by reference, never inside the message."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(
        None,
        description="Where the file is kept, in `MEDIA_DIR` or in the bucket; null until fetched. What is sent is one "
        "of the shop's own pictures, `pictures/…`.",
    )
    mime_type: str | None = None
    file_name: str | None = None
    seconds: float | None = Field(None, description="Length of a recording.")
    caption: str | None = None
    link: str | None = Field(
        None, description="Of a picture to send: where it is seen, for messengers that take no pictures."
    )


class Heard(BaseModel):
    """What a vendor was asked for to put a voice note into words, for the books."""

    model_config = ConfigDict(extra="forbid")

    engine: str = Field(description="`gemini` or `openai`.")
    model: str
    tokens_in: int = Field(0, ge=0)
    tokens_out: int = Field(0, ge=0)


class IncomingMessage(_Envelope):
    """A line we did not send: a customer's, or the merchant's own typed on the phone."""

    author: Literal["customer", "human"] = "customer"
    history: bool = Field(False, description="Written before the account was connected: context, never a turn.")
    phone_number: str | None = Field(None, description="Digits with the country code, or null when it is not known.")
    chat: str = Field(description="The messenger's id of the chat; answers go there.")
    message_id: str = Field(description="The messenger's id of the line; for an edit or a deletion, of the line meant.")
    message_text: str | None = Field(
        None, description="Null while a voice note is being transcribed; empty when it cannot be put into words."
    )
    kind: Kind = Kind.TEXT
    media: Media | None = None
    is_voice: bool = False
    heard: Heard | None = Field(None, description="With the words of a voice note: what they are paid for by.")
    reply_to_message_id: str | None = None
    subject: str | None = Field(None, description="Of a letter.")
    contact: Contact = Field(default_factory=Contact)
    sent_at: Moment


class OutgoingMessage(_Envelope):
    """A chat message to send. A hand publisher needs `phone_number` or `chat`, and `message_text`."""

    phone_number: str | None = None
    chat: str | None = None
    message_text: str = Field(min_length=1)
    media: Media | None = Field(
        None, description="A picture to send, JPEG or PNG of at most 5 MB; `message_text` stands below it."
    )
    template: dict[str, Any] | None = Field(None, description="A template approved by Meta, for the Cloud API.")
    reply_to_message_id: str | None = None
    mark_as_read: bool = True
    message_class: MessageClass = Field(MessageClass.REPLY, alias="class")
    based_on: str | None = Field(None, description="`message_id` of the last line seen when it was written.")
    author: Literal["bot", "human"] = Field(
        "bot", description="`human`: a person wrote it himself; it goes first, and what a bot had to say is withdrawn."
    )

    @property
    def rank(self) -> int:
        """Its place in the order of sending; a person's line goes before every other."""
        return 0 if self.author == "human" else self.message_class.rank

    @model_validator(mode="after")
    def _has_an_address(self) -> "OutgoingMessage":
        if not (self.phone_number or self.chat):
            raise ValueError("phone_number or chat is required")
        return self


class Picture(BaseModel):
    """A picture inside a letter."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$", description="The HTML shows it as `cid:` and this name.")
    mime_type: str = "image/png"
    data: str = Field(description="The file in base64.")


class OutgoingMail(_Envelope):
    """A letter, an answer in a mail thread, or a system mail; `account` is the mailbox it leaves from."""

    recipient: str = Field(min_length=3, description="Address.")
    recipient_name: str | None = None
    subject: str = Field("", description="Empty: that of the letter it answers.")
    text: str = Field(min_length=1)
    html: str | None = None
    pictures: list[Picture] = Field(default_factory=list)
    files: list[Media] | None = Field(
        None, description="Pictures that lie beside the text, read when the letter is sent."
    )
    in_reply_to: str | None = Field(None, description="`message_id` of the letter it answers.")
    unsubscribe: str | None = Field(None, description="Where a POST of the mail program takes the recipient off.")
    message_class: MessageClass = Field(MessageClass.SERVICE, alias="class")
    based_on: str | None = Field(None, description="`message_id` of the last line seen when it was written.")
    author: Literal["bot", "human"] = "bot"
    expires_at: Moment | None = Field(None, description="When it is of no use any more: then it is not sent.")
    secret: bool = Field(
        False,
        description="It holds what gives access, such as a link to a new password: its words are logged nowhere, and "
        "kept nowhere once it is sent, given up or expired.",
    )

    @property
    def rank(self) -> int:
        """Its place in the order of sending; a person's letter goes before every other."""
        return 0 if self.author == "human" else self.message_class.rank


class VoiceTranscription(_Envelope):
    """A voice note to turn into words."""

    chat: str
    message_id: str
    file: str = Field(description="What the messenger is asked for the recording.")
    media: Media


class EmailTask(_Envelope):
    """Insights or a letter to write. A hand publisher needs `task` and `arguments`; with an `id` of his own he can ask
    how it fares."""

    account: str = Field("", description="Left empty: a letter's mailbox is chosen when it is sent.")
    task: str = Field(
        min_length=1,
        description="`generate_sales_insights`, `generate_personalized_letter` or `regenerate_personalized_letter`.",
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="As the body of the HTTP call of that name; see docs/letters.md."
    )


class DeliveryState(StrEnum):
    """How far a message of ours has come. It only ever moves forward; failed and withdrawn are final, and unsettled
    (nobody knows whether it arrived) gives way to any proof that comes later."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNSETTLED = "unsettled"
    ATTENTION = "attention"


class DeliveryReport(_Envelope):
    """What became of a message we were asked to send, or something of the gateway's that needs a person."""

    for_: str = Field(alias="for", description="`id` of the outgoing message; of the account for `attention`.")
    state: DeliveryState
    vendor_message_id: str | None = None
    reason: str | None = None
    suppressed: Literal["bounced", "complained"] | None = Field(
        None, description="Of a letter: nothing more is sent to its address, because it does not exist or complained."
    )


class QueueContract(BaseModel):
    """One queue of the contract; ``ttl`` in seconds."""

    name: str
    sender: str
    receiver: str
    message: type[_Envelope]
    ttl: float
    max_length: int
    lane: str
    purpose: str
    by_wire: bool = False
    """Whether it travels by the broker though its sender receives it, so that others may publish there."""

    def is_sent_by(self, service: str) -> bool:
        """Whether it leaves the service: for the other one, or by the broker back to itself."""
        return self.sender == service and (self.by_wire or self.receiver != service)


_HOUR = 3600.0
EMAIL_TASKS = "email_tasks"

CONTRACT = {
    queue.name: queue
    for queue in (
        QueueContract(
            name="incoming_messages",
            sender="gateway",
            receiver="agent",
            message=IncomingMessage,
            ttl=24 * _HOUR,
            max_length=10_000,
            lane="account + chat",
            purpose="every line we did not send: customers', and the merchant's own typed on the phone",
        ),
        QueueContract(
            name="outgoing_messages",
            sender="agent",
            receiver="gateway",
            message=OutgoingMessage,
            ttl=1 * _HOUR,
            max_length=5_000,
            lane="account + chat",
            purpose="a chat message to send; a third party may publish here by hand",
        ),
        QueueContract(
            name="outgoing_mail",
            sender="agent",
            receiver="gateway",
            message=OutgoingMail,
            ttl=24 * _HOUR,
            max_length=50_000,
            lane="account + recipient",
            purpose="a letter, an answer in a mail thread, a system mail",
        ),
        QueueContract(
            name="voice_transcription",
            sender="gateway",
            receiver="gateway",
            message=VoiceTranscription,
            ttl=2 * _HOUR,
            max_length=1_000,
            lane="account + line",
            purpose="a voice note to turn into words",
        ),
        QueueContract(
            name="delivery_reports",
            sender="gateway",
            receiver="agent",
            message=DeliveryReport,
            ttl=24 * _HOUR,
            max_length=10_000,
            lane="account + chat",
            purpose="sent, delivered, read, failed, withdrawn; mail bounces; what needs a person",
        ),
        QueueContract(
            name=EMAIL_TASKS,
            sender="agent",
            receiver="agent",
            message=EmailTask,
            ttl=7 * 24 * _HOUR,
            max_length=10_000,
            lane="the task's id",
            purpose="insights and letters to write, with a status that can be asked for; in the broker its name is "
            "`RABBITMQ_EMAIL_QUEUE`, and a third party may publish there by hand",
            by_wire=True,
        ),
    )
}


def in_broker(queues: Iterable[str], called: Mapping[str, str]) -> list[QueueContract]:
    """The queues' contracts, with the names some of them have in the broker instead of their own."""
    return [CONTRACT[queue].model_copy(update={"name": called.get(queue, queue)}) for queue in queues]


def is_mailbox(account: str) -> bool:
    """Whether the account is a mailbox and no number; its chats are the addresses of those it corresponds with."""
    return account.startswith(MAILBOX)


def lane_key(account: str, chat: str) -> str:
    """The lane of a conversation in every chat queue."""
    return f"{account}|{chat}"


def account_of(body: Mapping[str, Any]) -> str | None:
    """The account whose pace a queue's message keeps; None when it keeps none."""
    told: Mapping[str, Any] = body.get("outgoing", body)
    return told.get("account")
