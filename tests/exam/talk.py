"""A dialogue written by hand, with the rows a shop would have stored of it, to be judged by a rule."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from saudager.calls.hours import working_hours
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.contracts import Kind
from saudager.conversations.models import Author, Case, Contact, Conversation, Message, Outcome, Turn
from saudager.exam.cast import CAST
from saudager.exam.customers import Customer, Means
from saudager.exam.goods import Goods
from saudager.exam.manners import FOR_SOME
from saudager.exam.rules import EVERYBODY
from saudager.exam.seen import House, Rows, Seen, Spoken, unasked
from saudager.outreach.models import Consent
from saudager.providers.channels import Line
from saudager.providers.llm import Fact
from saudager.settings import Settings

NOON = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
"""Wednesday, 12:00 in Almaty."""
PAPERS = [
    Fact("Товар: Чайник «Булак»; Цена: 12 500 ₸", "prices.csv", 1, "", 2),
    Fact("Товар: Термос «Булак»; Цена: 9 300 ₸", "prices.csv", 1, "", 3),
    Fact("Доставка по городу — 1 500 ₸.", "about.txt", 1, "Доставка"),
]
SETTINGS = Settings(_env_file=None)
RULES = {rule.key: rule for rule in (*EVERYBODY, *FOR_SOME)}
CHAT = "77010000001@c.us"


class Talk:
    """Lines in turn, a minute apart; every answer of the shop closes the turn of the lines before it."""

    def __init__(self, persona: str = "buyer") -> None:
        self.now = NOON
        self.persona = CAST[persona]
        self.customer_himself = Customer(
            name="Дана",
            seed=1,
            language=self.persona.language,
            random=Random(1),
            goods=Goods(["Чайник «Булак»"], ["Доставка"]),
            local_now=lambda: self.now.astimezone(SETTINGS.zone),
            hours=working_hours(SETTINGS, NOON),
        )
        self.spoken: list[Spoken] = []
        self.phone: list[Line] = []
        self.messages: list[Message] = []
        self.turns: dict[int, Turn] = {}
        self.calls: list[ScheduledCall] = []
        self.consents: list[Consent] = []
        self.cases: list[Case] = []
        self.number = "77010000001"

    def passes(self, **span: float) -> "Talk":
        self.now += timedelta(**span)
        return self

    def customer(self, text: str, means: Means = Means.TALKS, bait: list[str] | None = None) -> "Talk":
        self.passes(minutes=1)
        self.spoken.append(Spoken(self.now, text, means, bait or []))
        self._on_phone(text, from_us=False)
        self._store(text, Author.CUSTOMER)
        return self

    def shop(self, text: str, *, stored: bool = True, arrives: bool = True, **trace: Any) -> "Talk":
        """An answer."""
        self.passes(seconds=5)
        turn = self._close(Outcome.ANSWERED, None, trace)
        if stored:
            self._store(text, Author.BOT, turn=turn)
        if arrives:
            self._on_phone(text, from_us=True)
        return self

    def is_silent(self, reason: str) -> "Talk":
        """The turn is closed without an answer."""
        self._close(Outcome.SILENT, reason, {})
        return self

    def touch(self, text: str, **after: float) -> "Talk":
        """A message nobody asked for."""
        self.passes(**after)
        self._store(text, Author.BOT)
        self._on_phone(text, from_us=True)
        return self

    def books(self, **at: int) -> "Talk":
        """A call on the shop's clock: ``books(day=12, hour=15)``."""
        moment = self.now.astimezone(SETTINGS.zone).replace(minute=0, second=0, microsecond=0).replace(**at)
        self.calls.append(
            ScheduledCall(
                contact_id=1, conversation_id=1, scheduled_at=moment.astimezone(UTC), status=CallStatus.BOOKED,
                created_at=self.now, updated_at=self.now,
            )
        )  # fmt: skip
        return self

    def agrees(self, **at: int) -> "Talk":
        moment = self.now.astimezone(SETTINGS.zone).replace(minute=0, second=0, microsecond=0).replace(**at)
        self.customer_himself.agreed.append(moment)
        return self

    def notes(self, wish: str) -> "Talk":
        self.consents.append(Consent(contact_id=1, wish=wish, words="", said_at=self.now))
        return self

    def calls_a_person(self) -> "Talk":
        self.cases.append(Case(contact_id=1, conversation_id=1, reason="complaint", summary="", opened_at=self.now))
        return self

    def breaks(self, rule: str) -> str | None:
        """What broke the rule, None when it was kept."""
        rows = Rows(
            contact=Contact(id=1, phone_number=self.number),
            conversation=Conversation(id=1, chat=CHAT, account="simulator"),
            messages=self.messages,
            turns=self.turns,
            calls=self.calls,
            consents=self.consents,
            cases=self.cases,
        )
        seen = Seen(
            persona=self.persona,
            customer=self.customer_himself,
            chat=CHAT,
            spoken=self.spoken,
            phone=self.phone,
            rows=rows,
            until=self.now,
            house=House(PAPERS, SETTINGS, ["Цены, скидки, сроки и любые цифры бери только из сведений магазина ниже."]),
            unasked=unasked(self.phone, rows),
        )
        return RULES[rule].broken(seen)

    def _close(self, outcome: Outcome, reason: str | None, trace: dict[str, Any]) -> int:
        number = len(self.turns) + 1
        self.turns[number] = Turn(id=number, conversation_id=1, outcome=outcome, reason=reason, trace=trace)
        for line in self.messages:
            if line.author == Author.CUSTOMER and line.turn_id is None:
                line.turn_id = number
        return number

    def _store(self, text: str, author: Author, turn: int | None = None) -> None:
        number = len(self.messages) + 1
        self.messages.append(
            Message(id=number, conversation_id=1, author=author, text=text, turn_id=turn, received_at=self.now)
        )

    def _on_phone(self, text: str, *, from_us: bool) -> None:
        self.phone.append(
            Line(
                chat=CHAT, message_id=str(len(self.phone)), sent_at=self.now, from_us=from_us, from_api=from_us,
                kind=Kind.TEXT, text=text,
            )
        )  # fmt: skip
