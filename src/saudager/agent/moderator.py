"""Who is this? A customer, somebody else, or not clear yet: a hosted engine judges when there is one, or we do."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import log

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.agent import acquaintance
from saudager.agent.acquaintance import Guess
from saudager.agent.acquaintance_marks import said_by
from saudager.attention import Why
from saudager.conversations.models import Contact, Conversation
from saudager.errors import NotFound, Refused
from saudager.prompts import Prompt
from saudager.providers.llm import Answered, FaultKind, LanguageModel, NoEngine, Person, Said, Task, Verdict

_CONVERSATION = "(в сообщениях ниже: user – тот, о ком речь, assistant – магазин)"
_TEMPERATURE = 0.1
_ACTED_ON = 0.8
_SURE_SHARE = 0.5
"""The share of the classifier from which a verdict is acted on. Trained without a file of its data and judged on that
file, such verdicts are right about four times out of five: confidence 0.8."""
_SURE_OF_LITTLE = 0.95
_BUYING, _BUYING_OUTRIGHT = 0.85, 0.97

_GREETING = re.compile(
    r"(?:здравствуй(?:те)?|здрась?те|привет\w{0,5}|добр(?:ый|ое|ого|ой)|день|дня|вечер(?:а|очек)?|утр[оа]|ночи|времени|"
    r"суток|с[аә]лам|с[аеә]лем\w{0,3}|с[аеә]л[ае]м[ае]тс[иі]з|с[иі]з(?:дер)?|бе|ба|[қк]айырлы|к[үу]н|кеш|та[ңн]|ассал\w{0,14}|"
    r"алейкум|hello|hi|hey|good|morning|afternoon|evening|алл?о|ау|спасибо|ра[хқ]мет|thanks)"
)
_INTRODUCTION = re.compile(
    r"(?:(?:это|б[үұу]л|меня зовут|мен[іи]ң атым|this is|my name is|i m|it s) )[^\W\d_]+(?: [^\W\d_]+)?"
)
_LOOKS_LIKE = {
    "family": "похоже на родных",
    "friend": "похоже на знакомого с личным делом",
    "supplier": "похоже на поставщика или предложение услуг",
    "courier": "похоже на курьера или водителя",
    "job": "похоже на соискателя или сотрудника",
    "bank": "похоже на банк или ведомство",
    "school": "похоже на школьный или рабочий чат",
    "spam": "похоже на рассылку",
    "wrong": "похоже, ошиблись номером",
}

BY_PERSON = "person"
_PERSON_SAYS = "Так решил человек."
_UNREADABLE = Verdict(is_client=None, confidence=0, reasoning="Модель ответила неразборчиво.")


async def judge(
    model: LanguageModel, prompt: Prompt, person: Person, *, contact_id: int | None = None, until: float | None = None
) -> Answered[Verdict]:
    """The verdict of a hosted engine, or of the rules when none can be had; null when engines answer unreadably.

    ``contact_id`` and ``until`` are as in ``Briefing``.
    """
    instructions = prompt.fill(
        contact_name=person.name or "",
        full_name=person.full_name or "",
        business_name=person.business_name or "",
        conversation_history=_CONVERSATION,
    )
    try:
        task = Task(instructions, person.lines, contact_id=contact_id, until=until, temperature=_TEMPERATURE)
        return await model.extract(task, Verdict)
    except NoEngine as nobody:
        unreadable = nobody.calls and nobody.calls[-1].fault == FaultKind.BAD_OUTPUT
        return Answered(_UNREADABLE if unreadable else by_rules(person), "offline", nobody.calls)


def acted_on(verdict: Verdict, least_confidence: float) -> bool | None:
    """What the shop does by: the verdict when it is sure enough, otherwise null."""
    return verdict.is_client if verdict.confidence >= least_confidence else None


def overrule(session: Session, contact_id: int, *, is_client: bool, now: datetime) -> None:
    """A person knows better; no engine judges this contact again. What stood before can be restored."""
    contact = _set_aside(session, contact_id)
    contact.is_client, contact.classified_by, contact.classified_at = is_client, BY_PERSON, now
    contact.classification_confidence, contact.classification_reasoning = 1, _PERSON_SAYS
    for about in _conversations(session, contact_id):
        attention.settle(session, Why.UNCLEAR_CONTACT, about, now=now)


def overrule_many(session: Session, contact_ids: Sequence[int], *, is_client: bool, now: datetime) -> None:
    """The same for several contacts."""
    for contact_id in contact_ids:
        overrule(session, contact_id, is_client=is_client, now=now)


def judge_again(session: Session, contact_id: int) -> None:
    """The salesperson judges him by his next line, whatever was thought of him before; that can be restored."""
    contact = _set_aside(session, contact_id)
    contact.is_client = contact.classification_confidence = contact.classification_reasoning = None
    contact.classified_by = contact.classified_at = None


def restore(session: Session, contact_ids: Sequence[int]) -> None:
    """What stood before a person's last word stands again, on the desk too; nothing changes where there was none."""
    for contact_id in contact_ids:
        contact = _contact(session, contact_id)
        if contact.overruled is not None:
            before, contact.overruled = contact.overruled, None
            if contact.classified_at is not None:
                for about in _conversations(session, contact_id):
                    attention.unsettle(session, Why.UNCLEAR_CONTACT, about, settled=contact.classified_at)
            contact.is_client, contact.classified_by = before["is_client"], before["by"]
            contact.classification_confidence = before["confidence"]
            contact.classification_reasoning = before["reasoning"]
            contact.classified_at = None if before["at"] is None else datetime.fromisoformat(before["at"])


def _conversations(session: Session, contact_id: int) -> list[str]:
    """What the desk calls them."""
    ids = session.scalars(select(Conversation.id).where(Conversation.contact_id == contact_id)).all()
    return [f"conversation:{conversation_id}" for conversation_id in ids]


def _set_aside(session: Session, contact_id: int) -> Contact:
    """Keep what stands of him, before a person changes it."""
    contact = _contact(session, contact_id)
    contact.overruled = {
        "is_client": contact.is_client,
        "by": contact.classified_by,
        "confidence": contact.classification_confidence,
        "reasoning": contact.classification_reasoning,
        "at": None if contact.classified_at is None else contact.classified_at.isoformat(),
    }
    return contact


def _contact(session: Session, contact_id: int) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound(f"Контакта {contact_id} нет.")
    if contact.merged_into_id is not None:
        raise Refused(f"Этот контакт объединён с контактом {contact.merged_into_id}: откройте его.")
    return contact


def by_rules(person: Person, goods: frozenset[str] = frozenset()) -> Verdict:
    """Whether the person is a customer; null while there is nothing but a greeting, a name, a photo or a lone word.

    ``goods`` are words of what the shop deals in: a question about them speaks for a customer. The customer's lines
    weigh, ours are context; the last line tells most. Deterministic.
    """
    words = [word for line in person.lines if line.author == "customer" for word in said_by(line)]
    business = [word for word in words if not _GREETING.fullmatch(word)]
    if not business:
        return Verdict(is_client=None, confidence=0.9, reasoning="Пока только приветствие или ни слова по делу.")
    guess = acquaintance.guess(person, goods)
    is_client, share = max(guess.sides.items(), key=lambda side: side[1])
    if share < _SURE_OF_LITTLE and _says_little(person, business):
        return Verdict(
            is_client=None, confidence=0.8, reasoning=f"По словам «{' '.join(business)}» не понять, кто это."
        )
    return Verdict(is_client=is_client, confidence=_confidence(share), reasoning=_reason(is_client, guess))


def has_buying_words(text: str, *, soon: bool = False) -> bool:
    """Whether a line of somebody judged not a customer speaks of buying clearly, so that he is judged again.

    ``soon`` after his other lines one that asks nothing must say it outright: «Ладно, оставляю у консьержа» goes on
    with what a courier was about.
    """
    least = _BUYING_OUTRIGHT if soon and "?" not in text else _BUYING
    return acquaintance.guess(Person(lines=[Said("customer", text)])).sides[True] >= least


def _says_little(person: Person, words: list[str]) -> bool:
    """One word or a name out of nothing; after a line of ours one word may be an answer."""
    asks = any("?" in line.text for line in person.lines if line.author == "customer")
    return (len(words) == 1 and all(line.author == "customer" for line in person.lines)) or (
        not asks and _INTRODUCTION.fullmatch(" ".join(words)) is not None
    )


def _confidence(share: float) -> float:
    return round(float(share ** (log(_ACTED_ON) / log(_SURE_SHARE))), 2)


def _reason(is_client: bool | None, guess: Guess) -> str:
    words = ", ".join(f"«{word}»" for word in guess.words)
    if is_client is None:
        return "Пока непонятно, что нужно: по делу ещё ничего не сказано."
    looks = "Похоже на покупателя" if is_client else f"Не покупатель, {_LOOKS_LIKE[guess.stranger]}"
    return f"{looks}: {words}." if words else f"{looks}."
