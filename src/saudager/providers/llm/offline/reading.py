"""What the customer's new lines ask for: the questions in them, the tone, and the language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from saudager.providers.llm.offline.phrases import Language
from saudager.words import PRICING, clean, normalise, stem, stems

_LINE_LIMIT = 700
_LINES_LIMIT = 10
_PIECES_LIMIT = 12

_GREETING = re.compile(
    r"^\W*(здравствуй\w*|здрасте|добр(?:ый|ое|ого)\s+(?:день|дня|вечер\w*|утро|утра|времени\s+суток)|"
    r"привет\w*|доброго\s+дня"
    r"|сәлем\w*(?:\s+бе)?|салем\w*(?:\s+бе)?|салам\w*(?:\s+алейкум)?|ассал\w*(?:\s+\w*лейкум)?"
    r"|hello|hi|hey|good\s+(?:day|morning|evening|afternoon))\b[\s,.!)]*"
)
_THANKS = re.compile(r"\b(спасибо\w*|спс|благодарю|рахмет|рақмет|thanks|thank you|thx)\b")
_YES = re.compile(
    r"^\W*(да|ага|угу|ок|окей|оке|хорошо|ладно|понятно|понял\w*|ясно|договорились|давайте|иә|жарайды|"
    r"yes|ok|okay|sure)\W*$"
)
_NO = re.compile(r"^\W*(нет|не надо|не нужно|пока не|жоқ|no|nope|я подумаю|подумаю|позже)\W*$")
_DISCOUNT = re.compile(
    r"скид\w*|скин\w*|дешевле|уступ\w*|торг\b|поторг\w*|подешевле|жеңілдік\w*|арзан\w*|discount\w*|cheaper"
    r"|(?<!\d)\d{1,3}\s*(?:%|процент)\s*(?:off|скид\w*)?"
)
_INJECTION = re.compile(
    r"(?:игнор\w*|забудь\w*|забыть|отмени\w*|наруш\w*|обойди\w*)\W+(?:\w+\W+){0,4}?(?:инструкц|правил|"
    r"указан|промпт|ограничен|все,? что)"
    r"|(?:ignore|forget|disregard|override|bypass)\W+(?:\w+\W+){0,4}?(?:instruction|rule|prompt|previous|above)"
    r"|систем\w*\s+(?:промпт|инструкц|сообщени)|system\s*(?:prompt|message|:)|\bprompt\b|\bпромпт\w*|"
    r"\[/?inst|</?(?:system|admin)"
    r"|(?:покажи|выведи|повтори|раскрой|напечатай|перескажи|назови)\w*\W+(?:\w+\W+){0,3}?(?:инструкц|"
    r"настройк|правила)"
    r"|(?:ты|вы)\s+(?:теперь|больше\s+не)\b|представь\w*,?\s+что\s+ты|притвори\w*|act as|you are now|"
    r"pretend|developer mode"
    r"|режим\w*\s+(?:разработчик|отладк|админ)|jailbreak|\bdan\b|я\s+(?:твой\s+)?(?:разработчик|"
    r"создатель|администратор|директор)"
    r"|(?:скажи|напиши|ответь|подтверди|повтори)\w*\W+(?:\w+\W+){0,4}?(?:что\s+цена|бесплатн|за\s+1\s|"
    r"цена\s+\d|слово\s+в\s+слово)"
)
_PERSON = re.compile(
    r"\b(?:позов\w*|соедини\w*|переключи\w*|пригласи\w*|жив\w+|свяжите)\W+(?:\w+\W+){0,3}?(?:челов\w*|"
    r"менеджер\w*|оператор\w*|директор\w*|консультант\w*)"
    r"|с\s+(?:менеджером|человеком|оператором|директором)\s+(?:можно|поговорить|связаться)|"
    r"адамме?н\s+сөйлес|\bhuman\b|real person"
)
_ASKS = re.compile(
    r"\?|\b(сколько|скока|почем|какой|какая|какие|какую|какое|каков\w*|где|когда|куда|кто|чей|чем|"
    r"есть ли|есть|можно|как|что|цен\w*|стоит"
    r"|стоимост\w*|прайс\w*|нуж\w*|хо(?:чу|тел\w*|тим)|надо|интересу\w*|ищ(?:у|ем)|подскаж\w*|"
    r"посчита\w*|рассчита\w*|закаж\w*|заказа\w*"
    r"|куп\w*|бер[уе]\w*|а если|а|қанша|бағас\w*|бар ма|қай\w*|қашан|how|what|where|when|which|do you|"
    r"is there|can|price|need|want)\b"
)
_FOLLOW_UP = re.compile(
    r"^\W*(?:ну\s+)?(?:а|и|and|ал)\s+(?!.*\b(?:есть|скольк\w*|как\w*|можно|где|когда|how|what)\b)\w"
)
_PRICE = re.compile(
    r"сколько\s+(?:это\s+|будет\s+)?(?:сто|вый|обой)|скока|цен\w*|сто[ия]т|стоимост|почем|прайс|"
    r"по деньгам|қанша|бағас|how much|price"
)
_SIZE = re.compile(r"(?<!\d)(\d+(?:[.,]\d+)?)\s*(?:мм|см|м)?\s*(?:[x×хx*]|на)\s*(\d+(?:[.,]\d+)?)")
_VERB = re.compile(r"\w+(?:ете|ите|йдет|ешь|ишь|ает|яет|ует|еет|ают|яют|уют|ят|ть|ться|тся|аем|уем|буду|ется)\b")
_PARTS = re.compile(r"[?!;\n]+|(?<!\d)\.\s+|\.\s+(?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])|\.\s*$")
_KAZAKH = re.compile(r"[әғқңөұүһі]")
_DICTIONARY = """
delivery:доставка deliver:доставка warranty:гарантия guarantee:гарантия window:окно windows:окно door:дверь
doors:дверь instalment:рассрочка installment:рассрочка installments:рассрочка hours:график open:график
address:адрес payment:оплата pay:оплата installation:монтаж measurement:замер discount:скидка жеткізу:доставка
жеткізесіз:доставка кепілдік:гарантия терезе:окно терезенің:окно есік:дверь есіктің:дверь бөліп:рассрочка
мекенжай:адрес мекенжайыңыз:адрес төлем:оплата орнату:монтаж жеңілдік:скидка
"""
_TRANSLATED = {
    stem(foreign): stem(russian) for foreign, _, russian in (pair.partition(":") for pair in _DICTIONARY.split())
}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing the customer wants to know."""

    text: str
    about: frozenset[str]
    """Stems of what it is about, price words left out."""
    names: frozenset[str] = frozenset()
    """Stems of words written with a capital inside the sentence: places and brands."""
    verbs: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    size: tuple[float, float] | None = None
    wants_price: bool = False
    follows_up: bool = False
    about_discount: bool = False


@dataclass(slots=True)
class Reading:
    """The new lines, understood as far as rules can."""

    language: Language = "ru"
    questions: list[Question] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    greets: bool = False
    thanks: bool = False
    agrees: bool = False
    declines: bool = False
    wants_discount: bool = False
    tampers: bool = False
    wants_person: bool = False


def read(lines: Sequence[str]) -> Reading:
    """Read the newest lines; of a very long text only the beginning of each line counts."""
    reading = Reading()
    texts = [clean(line, _LINE_LIMIT) for line in lines[-_LINES_LIMIT:]]
    reading.language = language_of(" ".join(texts))
    for piece in [part for text in texts for part in _split(text)][:_PIECES_LIMIT]:
        _read_piece(piece, reading)
    return reading


def language_of(text: str) -> Language:
    """Kazakh when a Kazakh letter occurs, English when Latin letters prevail, else Russian."""
    lowered = normalise(text)
    if _KAZAKH.search(lowered):
        return "kk"
    latin = sum("a" <= letter <= "z" for letter in lowered)
    cyrillic = sum("а" <= letter <= "я" for letter in lowered)
    return "en" if latin > cyrillic and latin > 2 else "ru"


def question(text: str) -> Question:
    """A question with what the rules need to know about it."""
    lowered = normalise(text)
    about = frozenset(_TRANSLATED.get(one, one) for one in stems(text)) - PRICING
    verbs = stems(" ".join(_VERB.findall(lowered))) & about
    if about == verbs and _PRICE.search(lowered):
        about = frozenset()
    size = _SIZE.search(lowered)
    return Question(
        text=text.strip(),
        about=about,
        names=stems(" ".join(re.findall(r"(?<=[а-яa-z,)] )[А-ЯЁA-ZӘҒҚҢӨҰҮҺІ]\w+", text))) & about,
        verbs=verbs & about,
        numbers=frozenset(re.findall(r"(?<![\d.,])\d{2,4}(?![\d.,])", lowered)),
        size=(_millimetres(size[1]), _millimetres(size[2])) if size else None,
        wants_price=bool(_PRICE.search(lowered)),
        follows_up=bool(_FOLLOW_UP.search(lowered)) or not about,
        about_discount=bool(_DISCOUNT.search(lowered)),
    )


def _read_piece(piece: str, reading: Reading) -> None:
    lowered = normalise(piece)
    if greeting := _GREETING.match(lowered):
        reading.greets = True
        piece, lowered = piece[greeting.end() :], lowered[greeting.end() :]
    if not re.search(r"\w", lowered):
        return
    if _INJECTION.search(lowered):
        reading.tampers = True
    elif _PERSON.search(lowered):
        reading.wants_person = True
    elif _YES.match(lowered):
        reading.agrees = True
    elif _NO.match(lowered):
        reading.declines = True
    elif _THANKS.search(lowered) and len(stems(piece)) <= 3 and "?" not in piece:
        reading.thanks = True
    elif _DISCOUNT.search(lowered):
        reading.wants_discount = True
        reading.questions.append(question(piece))
    elif _ASKS.search(lowered) or _FOLLOW_UP.search(lowered) or _SIZE.search(lowered):
        reading.questions.append(question(piece))
    else:
        reading.statements.append(piece.strip())


def _split(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for mark in _PARTS.finditer(text):
        pieces.append(text[start : mark.end()])
        start = mark.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if re.search(r"\w", piece)]


def _millimetres(written: str) -> float:
    value = float(written.replace(",", "."))
    return value * (1000 if value < 10 else 10 if value < 300 else 1)
