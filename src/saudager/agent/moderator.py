"""Who is this? Plain rules that tell customers from family, couriers, suppliers, banks, schools and spam."""

import re

from saudager.agent.moderator_signs import BUYING, CONTACTS, OTHER, Sign
from saudager.providers.llm import Person, Verdict
from saudager.words import clean, normalise

_LINES = 20
_LINE_LIMIT = 600
_TRUE_AT = 0.8
_LEAST_LEAD = 0.5

_ASKING = re.compile(
    r"\?|^\W*(?:\w+\W+){0,3}?(?:как\w*|где|когда|почему|зачем|чем|что|можно|есть ли|подскажите|"
    r"скажите|реквизит\w*|скиньте|пришлите|қалай|қандай|қашан|what|how|where|when|is|are|can)\b"
)
_NAMELESS = "Задаёт магазину вопрос, и ничто не говорит, что это не покупатель."

_GREETING = re.compile(
    r"(?:здравствуй\w*|здрасте|добр\w+(?:\s+(?:день|дня|вечер\w*|утро|утра|ночи|времени|суток))*|"
    r"привет\w*|сәлем\w*(?:\s+бе)?|салам\w*|ассал\w+(?:\s+\w*лейкум)?"
    r"|hello|hi|hey|алло|ок|окей|ok|да|нет|вы\s+(?:тут|здесь|на\s+месте)|можно\s+(?:задать\s+)?вопрос|"
    r"доброго\s+времени\s+суток|есть\s+кто|спасибо|рахмет|good\s+\w+|\[[^\]]*\]|[\W\d_])+"
)


def judge(person: Person) -> Verdict:
    """Whether the person is a customer; null while there is nothing but a greeting or the signs are even.

    Customer's lines weigh, ours do not. Confidence grows with how far the stronger side leads.
    """
    lines = [clean(line.text, _LINE_LIMIT) for line in person.lines if line.author == "customer"][-_LINES:]
    text = normalise("\n".join(lines)).strip()
    if not text or _GREETING.fullmatch(text):
        return Verdict(is_client=None, confidence=0.5, reasoning="Пока только приветствие или ни слова по делу.")
    for_, against = _weigh(text, BUYING), _weigh(text, OTHER)
    if not (for_ and for_[0][0] >= _TRUE_AT):
        names = normalise(" ".join(filter(None, (person.name, person.full_name, person.business_name))))
        against += _weigh(names, CONTACTS)
    if not for_ and not against and _ASKING.search(text) and len(text.split()) > 2:
        return Verdict(is_client=True, confidence=0.8, reasoning=_NAMELESS)
    return _verdict(for_, against)


def has_buying_words(text: str) -> bool:
    """Whether a line of somebody judged not a customer speaks of buying, so that he is judged again."""
    plain = normalise(clean(text, _LINE_LIMIT))
    buying = _total(_weigh(plain, BUYING))
    return buying >= _TRUE_AT and buying - _total(_weigh(plain, OTHER)) >= _LEAST_LEAD


def _weigh(text: str, signs: tuple[Sign, ...]) -> list[tuple[float, str]]:
    found = [(sign.weight, sign.reason) for sign in signs if sign.words.search(text)]
    return sorted(found, reverse=True)


def _total(found: list[tuple[float, str]]) -> float:
    """The strongest sign whole, every further one by a third, so that many weak ones do not outvote a clear one."""
    return sum(weight if place == 0 else weight / 3 for place, (weight, _) in enumerate(found))


def _verdict(for_: list[tuple[float, str]], against: list[tuple[float, str]]) -> Verdict:
    lead = _total(for_) - _total(against)
    reasons = ", ".join(dict.fromkeys(reason for _, reason in (for_ if lead > 0 else against)[:3]))
    if abs(lead) < _LEAST_LEAD:
        return Verdict(
            is_client=None, confidence=0.5, reasoning="Признаков покупателя и не покупателя поровну или нет."
        )
    confidence = round(min(0.97, 0.72 + 0.13 * abs(lead)), 2)
    if lead > 0:
        return Verdict(is_client=True, confidence=confidence, reasoning=f"Похоже на покупателя: {reasons}.")
    return Verdict(is_client=False, confidence=confidence, reasoning=f"Не покупатель: {reasons}.")
