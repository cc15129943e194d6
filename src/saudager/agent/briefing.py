"""Everything the salesperson must know before he answers: who, what was said, what is asked, what the papers say."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import promises
from saudager.contracts import Kind, is_mailbox
from saudager.conversations import transcript
from saudager.conversations.models import Author, Contact, Conversation, Message, Turn
from saudager.crm import told as told_leads
from saudager.crm.told import OwnLead
from saudager.db.statements import Statement, document, moment
from saudager.knowledge import library, search, synonyms
from saudager.moments import spoken_now
from saudager.orders import told
from saudager.prompts import Prompt
from saudager.providers.llm import Briefing, Fact, OwnOrder, Person, Said
from saudager.settings import Settings
from saudager.truth.named import NamedFact

NOT_A_CLIENT, UNCLEAR_CONTACT, WAITS_FOR_MORE = "not_a_client", "unclear_contact", "waits_for_more"
DELETED = "deleted"
"""Why a turn of somebody who is not, or not yet, known to be a customer ended silent."""

_SHORT_QUESTION = 6
_TEMPERATURE = 0.7
_TALK = timedelta(hours=6)
_FACTS, _FACTS_OF_ITS_OWN, _FACTS_SAID = 10, 6, 4

_BY_MAIL = """

# Почта
Разговор идёт письмами: ответь письмом. Полные предложения, короткие абзацы, до десяти предложений, без эмодзи.
Приветствие и подпись добавит программа, не пиши их."""
_TO_SHOW = """

# Картинки
Покупатель хочет увидеть товар. Действием send_picture можно показать: {}.
Это иллюстрации, не называй их фотографиями."""
_NOTHING_TO_SHOW = """

# Картинки
Покупатель хочет увидеть товар, а проверенной картинки его нет: скажи, что уточнишь, и передай вопрос hand_over."""
_LETTER_SAYS = "\nНаше последнее письмо покупателю опирается на эти данные, их можно называть:\n"

_LETTER = Statement("""
    select facts from letters where conversation_id = :conversation and state = 'sent' order by id desc limit 1""")
_OVERLOOKED = Statement("""
    select m.id from messages m join turns t on t.id = m.turn_id
    where m.conversation_id = :conversation and m.author = 'customer' and m.sent_at >= :since
        and t.outcome = 'silent' and (t.reason in ('draft_waiting', 'draft_overtaken')
            or (:judged and t.reason in ('not_a_client', 'unclear_contact', 'waits_for_more')))
        and m.id > coalesce((select max(id) from messages where conversation_id = :conversation
            and author <> 'customer'), 0)
    order by m.id""")
_WHO = Statement("""
    select c.account, c.chat,
        (select max(o.silent_until) from conversations o where o.contact_id = c.contact_id and o.account = c.account),
        k.id, k.phone_number, k.name, k.full_name, k.business_name, k.is_client,
        k.classification_reasoning, k.classified_at, k.classified_by,
        exists (select 1 from orders where orders.contact_id = k.id)
    from conversations c join contacts k on k.id = c.contact_id where c.id = :conversation""")


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn to take: its lines, and the conversation up to them."""

    conversation: Conversation
    contact: Contact
    lines: list[Message]
    earlier: list[Message]
    overlooked: frozenset[int] = frozenset()
    """Ids of earlier lines that were left without an answer: it was not clear that a customer writes, or the answer to
    them is still a draft."""
    has_orders: bool = False

    @property
    def history(self) -> list[Said]:
        return transcript.as_said([line for line in self.earlier if line.id not in self.overlooked])

    @property
    def new_words(self) -> list[str]:
        late = [line for line in self.earlier if line.id in self.overlooked]
        return [transcript.words(line) for line in (*late, *self.lines)]

    @property
    def person(self) -> Person:
        return self._person([*self.earlier, *self.lines])

    @property
    def person_afresh(self) -> Person:
        """By the new lines alone: somebody judged before, who may have come with something else this time."""
        return self._person(self.lines)

    def _person(self, lines: list[Message]) -> Person:
        contact = self.contact
        return Person(contact.name, contact.full_name, contact.business_name, transcript.as_said(lines))

    @property
    def lines_of_customer(self) -> int:
        return sum(said.author == "customer" for said in self.person.lines)

    @property
    def answered(self) -> bool:
        """Whether the salesperson has answered in this conversation before."""
        return any(line.author == Author.BOT and line.turn_id is not None for line in self.earlier)

    @property
    def said(self) -> list[str]:
        """The customer's new lines without our marks for kinds of lines; those without words are left out."""
        spoken = [transcript.bare_words(line) for line in self.lines]
        return [text for text in spoken if text]

    @property
    def last_of_ours(self) -> Message | None:
        """The last line before the new ones that is not the customer's: the salesperson's or a person's. The pictures
        that went out beside his words say nothing."""
        ours = (line for line in reversed(self.earlier) if line.author != Author.CUSTOMER)
        return next((line for line in ours if line.author != Author.BOT or line.kind != Kind.IMAGE), None)

    @property
    def is_by_mail(self) -> bool:
        """Whether the conversation is one by letters."""
        return is_mailbox(self.conversation.account)

    @property
    def goes_on(self) -> bool:
        """Whether the customer's new lines come within six hours of the ones before."""
        before = max((line.sent_at for line in self.earlier if line.author == Author.CUSTOMER), default=None)
        return before is not None and self.lines[0].sent_at - before < _TALK

    @property
    def goes_on_unanswered(self) -> bool:
        """Whether nobody has said anything since the customer's lines before."""
        return bool(self.earlier) and self.earlier[-1].author == Author.CUSTOMER

    @property
    def greeted(self) -> bool:
        return any(line.author != Author.CUSTOMER for line in self.earlier)


@dataclass(frozen=True, slots=True)
class Papers:
    """What the shop's documents say to a turn: the passages found, and all of them when they are few enough; and what
    the customer has ordered."""

    found: list[Fact]
    whole: list[Fact]
    orders: list[OwnOrder] = field(default_factory=list)
    letter: list[NamedFact] = field(default_factory=list)
    """What the shop's last letter to him rests on."""
    lead: OwnLead | None = None
    """His open lead in the CRM."""
    pictures: list[str] | None = None
    """What can be shown of what he wants to see; None: he wants to see nothing."""

    @property
    def text(self) -> str:
        """As a model reads them; the whole base stands in its own order, so that every prompt begins alike."""
        read = [*(self.whole or self.found), *self.of_orders]
        return "\n".join(f"[{place(fact)}] {fact.section}: {fact.text}" for fact in read)

    @property
    def of_orders(self) -> list[Fact]:
        """His orders as passages."""
        return told.facts(self.orders)


def place(fact: Fact) -> str:
    """Where it stands; the shop's promises have no page."""
    return f"{fact.file}, стр. {fact.page}" if fact.page else fact.file


def open_turn(session: Session, conversation_id: int, settings: Settings) -> OpenTurn:
    """Read what the turn of this conversation is about; ``lines`` is empty when nothing waits."""
    conversation, contact, has_orders = _who(session, conversation_id)
    last = transcript.recent(session, conversation_id, limit=settings.max_context_messages)
    lines = [line for line in last if _is_open(line)]
    earlier = [line for line in last if not _is_open(line)]
    return OpenTurn(conversation, contact, lines, earlier, has_orders=has_orders)


def drafted_turn(session: Session, turn_id: int, settings: Settings) -> OpenTurn:
    """The turn as it was when its answer was drafted."""
    drafted = session.get_one(Turn, turn_id)
    conversation, contact, has_orders = _who(session, drafted.conversation_id)
    mine = select(Message).where(Message.turn_id == turn_id, Message.author == Author.CUSTOMER)
    lines = list(session.scalars(mine.order_by(Message.id)))
    before = select(Message).where(Message.conversation_id == conversation.id, Message.id < lines[0].id)
    earlier = session.scalars(before.order_by(Message.id.desc()).limit(settings.max_context_messages))
    return OpenTurn(conversation, contact, lines, list(earlier)[::-1], has_orders=has_orders)


def with_overlooked(session: Session, turn: OpenTurn, *, since: datetime, judged: bool) -> OpenTurn:
    """The turn with the lines before it whose answers are only drafts, and, when its writer was ``judged`` a customer
    just now, with what he asked before that."""
    rows = _OVERLOOKED(session, conversation=turn.conversation.id, since=since, judged=judged).fetchall()
    return replace(turn, overlooked=frozenset(row[0] for row in rows))


def _is_open(line: Message) -> bool:
    return line.author == Author.CUSTOMER and line.turn_id is None and not line.history


def _who(session: Session, conversation_id: int) -> tuple[Conversation, Contact, bool]:
    """The conversation, its contact, and whether he has ordered anything."""
    row = _WHO(session, conversation=conversation_id).fetchone()
    account, chat, silent_until, contact_id, phone, name, full_name, business_name, *judgement, has_orders = row
    is_client, reasoning, judged, by = judgement
    conversation = Conversation(
        id=conversation_id, contact_id=contact_id, account=account, chat=chat, silent_until=moment(silent_until)
    )
    contact = Contact(
        id=contact_id,
        phone_number=phone,
        name=name,
        full_name=full_name,
        business_name=business_name,
        is_client=None if is_client is None else bool(is_client),
        classification_reasoning=reasoning,
        classified_at=moment(judged),
        classified_by=by,
    )
    return conversation, contact, bool(has_orders)


def find_papers(session: Session, turn: OpenTurn, settings: Settings, *, whole: bool, now: datetime) -> Papers:
    """The passages the new lines ask for, and with ``whole`` every passage when they are few enough; what the shop
    promises today stands behind them.

    A short question is also looked up together with the customer's line before, and with what we said last.
    """
    asked = " ".join(turn.new_words)
    found = search.search(session, asked, limit=_FACTS)
    if turn.history and len(asked.split()) <= _SHORT_QUESTION:
        found = found[:_FACTS_OF_ITS_OWN]
        for author, most in (("customer", _FACTS), ("us", _FACTS_SAID)):
            before = next((said.text for said in reversed(turn.history) if said.author == author), "")
            found += search.search(session, f"{asked} {before}", limit=most) if before else []
        found = list({_same(fact): fact for fact in found}.values())
    today = now.astimezone(settings.zone).date()
    promised = promises.facts(session, asked, today=today, currency=settings.currency)
    everything = library.whole(session, settings.knowledge_whole_tokens) if whole else None
    return Papers(
        [*found, *promised],
        [*everything, *promised] if everything else [],
        told.orders(session, turn.contact.id, asked, zone=settings.zone, now=now) if turn.has_orders else [],
        _facts_of_letter(session, turn) if turn.is_by_mail else [],
        told_leads.open_lead(session, turn.contact.id),
    )


def _facts_of_letter(session: Session, turn: OpenTurn) -> list[NamedFact]:
    row = _LETTER(session, conversation=turn.conversation.id).fetchone()
    told = document(row[0]) if row is not None else []
    return [NamedFact(fact["name"], fact["value"], fact.get("label") or "") for fact in told]


def _same(fact: Fact) -> tuple[str, int, str, int | None, str]:
    return (fact.file, fact.page, fact.section, fact.row, fact.text)


def brief(
    turn: OpenTurn, papers: Papers, *, prompt: Prompt, settings: Settings, now: datetime, until: float | None = None
) -> Briefing:
    """Put it together for the model; the conversation goes as messages of its own, never as part of the rules."""
    local = now.astimezone(settings.zone)
    instructions = prompt.fill(
        knowledge_base=papers.text,
        conversation_history="(в сообщениях ниже)",
        new_message="(последнее сообщение покупателя ниже)",
        current_datetime=spoken_now(local),
    )
    return Briefing(
        shop_name=settings.shop_name,
        instructions=instructions + _besides(turn, papers),
        history=turn.history,
        new_lines=turn.new_words,
        facts=papers.found,
        now=local,
        customer_name=turn.contact.name,
        contact_id=turn.contact.id,
        until=until,
        synonyms=synonyms.in_force(settings.knowledge_folder).own,
        orders=papers.orders,
        pictures=papers.pictures or (),
        temperature=_TEMPERATURE,
    )


def _besides(turn: OpenTurn, papers: Papers) -> str:
    """What stands behind the prompt of every turn."""
    lead = papers.lead.instructions if papers.lead else ""
    return (_by_mail(papers) if turn.is_by_mail else "") + lead + _of_pictures(papers)


def _of_pictures(papers: Papers) -> str:
    if papers.pictures is None:
        return ""
    return _TO_SHOW.format("; ".join(papers.pictures)) if papers.pictures else _NOTHING_TO_SHOW


def _by_mail(papers: Papers) -> str:
    rows = [f"{fact.name}[{fact.label}] = {fact.value}" for fact in papers.letter]
    return _BY_MAIL + (_LETTER_SAYS + "\n".join(rows) if rows else "")
