"""Everything the salesperson must know before he answers: who, what was said, what is asked, what the papers say."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.conversations import transcript
from saudager.conversations.models import Author, Contact, Conversation, Message
from saudager.db.statements import Statement, moment
from saudager.knowledge import search
from saudager.prompts import Prompt
from saudager.providers.llm import Briefing, Fact, Person, Said
from saudager.settings import Settings

_SHORT_QUESTION = 6
_FACTS, _FACTS_OF_ITS_OWN = 8, 5
_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()  # noqa: SIM905

_WHO = Statement("""
    select c.account, c.chat, c.silent_until, k.id, k.name, k.full_name, k.business_name, k.is_client,
        k.classification_reasoning, k.classified_at
    from conversations c join contacts k on k.id = c.contact_id where c.id = :conversation""")


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn to take: its lines, and the conversation up to them."""

    conversation: Conversation
    contact: Contact
    lines: list[Message]
    history: list[Said]

    @property
    def new_words(self) -> list[str]:
        return [transcript.words(line) for line in self.lines]

    @property
    def person(self) -> Person:
        contact = self.contact
        lines = [*self.history, *transcript.as_said(self.lines)]
        return Person(contact.name, contact.full_name, contact.business_name, lines)

    @property
    def greeted(self) -> bool:
        return any(said.author == "us" for said in self.history)


def open_turn(session: Session, conversation_id: int, settings: Settings) -> OpenTurn:
    """Read what the turn of this conversation is about; ``lines`` is empty when nothing waits."""
    conversation, contact = _who(session, conversation_id)
    last = transcript.recent(session, conversation_id, limit=settings.max_context_messages)
    lines = [line for line in last if _is_open(line)]
    earlier = [line for line in last if not _is_open(line)]
    return OpenTurn(conversation, contact, lines, transcript.as_said(earlier))


def _is_open(line: Message) -> bool:
    return line.author == Author.CUSTOMER and line.turn_id is None and not line.history


def _who(session: Session, conversation_id: int) -> tuple[Conversation, Contact]:
    row = _WHO(session, conversation=conversation_id).fetchone()
    account, chat, silent_until, contact_id, name, full_name, business_name, is_client, reasoning, judged = row
    conversation = Conversation(
        id=conversation_id, contact_id=contact_id, account=account, chat=chat, silent_until=moment(silent_until)
    )
    contact = Contact(
        id=contact_id,
        name=name,
        full_name=full_name,
        business_name=business_name,
        is_client=None if is_client is None else bool(is_client),
        classification_reasoning=reasoning,
        classified_at=moment(judged),
    )
    return conversation, contact


def find_facts(session: Session, turn: OpenTurn) -> list[Fact]:
    """The passages the new lines ask for; a short question is also read together with the customer's line before."""
    asked = " ".join(turn.new_words)
    found = search.search(session, asked, limit=_FACTS)
    before = [said.text for said in turn.history if said.author == "customer"]
    if not before or len(asked.split()) > _SHORT_QUESTION:
        return found
    found = [*found[:_FACTS_OF_ITS_OWN], *search.search(session, f"{asked} {before[-1]}", limit=_FACTS)]
    return list({(fact.file, fact.page, fact.section, fact.row, fact.text): fact for fact in found}.values())


def brief(turn: OpenTurn, facts: list[Fact], *, prompt: Prompt, settings: Settings, now: datetime) -> Briefing:
    """Put it together for the model."""
    local = now.astimezone(settings.zone)
    instructions = prompt.fill(
        knowledge_base="\n".join(f"[{fact.file}, стр. {fact.page}] {fact.section}: {fact.text}" for fact in facts),
        conversation_history="\n".join(
            f"{'Клиент' if said.author == 'customer' else 'Мы'}: {said.text}" for said in turn.history
        ),
        new_message="\n".join(turn.new_words),
        current_datetime=f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}",
    )
    return Briefing(
        shop_name=settings.shop_name,
        instructions=instructions,
        history=turn.history,
        new_lines=turn.new_words,
        facts=facts,
        now=local,
        customer_name=turn.contact.name,
    )
