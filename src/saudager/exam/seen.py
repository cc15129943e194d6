"""What a dialogue is judged by: the lines on the customer's phone, and the rows the shop has stored of him."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.calls.models import ScheduledCall
from saudager.conversations.models import Author, Case, Contact, Conversation, Message, Turn
from saudager.exam.customers import Customer, Means, Persona
from saudager.outreach.models import Consent
from saudager.providers.channels import Line
from saudager.providers.llm import Fact
from saudager.settings import Settings


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line the customer wrote, and what he meant by it."""

    at: datetime
    text: str
    means: Means
    bait: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """All that is stored of one chat, oldest first."""

    contact: Contact
    conversation: Conversation
    messages: Sequence[Message]
    turns: Mapping[int, Turn]
    calls: Sequence[ScheduledCall]
    consents: Sequence[Consent]
    cases: Sequence[Case]

    @property
    def ours(self) -> list[Message]:
        return [line for line in self.messages if line.author == Author.BOT]

    @property
    def theirs(self) -> list[Message]:
        return [line for line in self.messages if line.author == Author.CUSTOMER]


@dataclass(frozen=True, slots=True)
class House:
    """What the shop may say and show, the same for every dialogue."""

    passages: Sequence[Fact]
    settings: Settings
    prompts: Sequence[str]
    """The instructions its models get."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A whole dialogue. ``rows`` is None when the shop has stored nothing of it."""

    persona: Persona
    customer: Customer
    chat: str
    spoken: Sequence[Spoken]
    phone: Sequence[Line]
    rows: Rows | None
    until: datetime
    house: House
    unasked: Sequence[Line] = field(default=())
    """Lines that answer none of the customer's."""

    @property
    def ours(self) -> list[Line]:
        """What reached the customer from the salesperson."""
        return [line for line in self.phone if line.from_us and line.from_api]

    def first(self, means: Means) -> datetime | None:
        """When the customer first meant this."""
        return next((line.at for line in self.spoken if line.means is means), None)

    def since(self, moment: datetime) -> list[Line]:
        return [line for line in self.ours if line.sent_at >= moment]

    def replies_to(self, spoken: Spoken) -> list[Line]:
        """What came before the customer's next line, without touches of later days."""
        following = next((line.at for line in self.spoken if line.at > spoken.at), self.until)
        latest = min(following, spoken.at + timedelta(hours=12))
        return [line for line in self.ours if spoken.at <= line.sent_at <= latest and line not in self.unasked]

    def before(self, moment: datetime) -> list[str]:
        """The words of both sides up to the moment, oldest first."""
        return [line.text or "" for line in self.phone if line.sent_at < moment]


def rows_of(session: Session, chat: str) -> Rows | None:
    """Read everything stored of a chat."""
    conversation = session.scalars(select(Conversation).where(Conversation.chat == chat)).one_or_none()
    if conversation is None:
        return None
    contact = session.get_one(Contact, conversation.contact_id)
    messages = session.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
    ).all()
    turns = session.scalars(select(Turn).where(Turn.id.in_({line.turn_id for line in messages if line.turn_id}))).all()
    return Rows(
        contact=contact,
        conversation=conversation,
        messages=messages,
        turns={turn.id: turn for turn in turns},
        calls=session.scalars(
            select(ScheduledCall).where(ScheduledCall.contact_id == contact.id).order_by(ScheduledCall.id)
        ).all(),
        consents=session.scalars(select(Consent).where(Consent.contact_id == contact.id).order_by(Consent.id)).all(),
        cases=session.scalars(select(Case).where(Case.contact_id == contact.id).order_by(Case.id)).all(),
    )


def unasked(phone: Sequence[Line], rows: Rows | None) -> list[Line]:
    """Those of our lines on the phone that close no turn of the customer's; without rows, all."""
    answers = [] if rows is None else [line.text for line in rows.ours if line.turn_id in rows.turns]
    found = []
    for line in phone:
        if not (line.from_us and line.from_api):
            continue
        if line.text in answers:
            answers.remove(line.text)
        else:
            found.append(line)
    return found
