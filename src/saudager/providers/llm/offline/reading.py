"""What the customer's new lines are: the questions in them, the tone, and the language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from saudager.languages import Language, language_of
from saudager.providers.llm.offline.attributes import topics_of, wants_of
from saudager.providers.llm.offline.questions import Question, in_words_of_the_shop, question
from saudager.words import clean, normalise, stems

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
    r"скид\w*|скин(?:ете|уть|ь)\b|дешевле\s+(?:сдела|отда|будет)\w*|уступ\w*|торг\b|поторг\w*|жеңілдік\w*|арзан\w*"
    r"|discount\w*|cheaper"
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
_MACHINE = re.compile(
    r"(?<!\w)(?:вы|ты|это|сіз|сен)\W+(?:\w+\W+){0,2}?(?:чат.?)?(?:бот|робот|ии|жи|нейросет\w*|автоответчик|"
    r"искусственн\w+ интеллект)(?:сыз|сың)?(?: ба| бе| ме)?(?![\w-])"
    r"|(?<!\w)(?:вы|ты) (?:(?:живой|настоящий|реальный) )?человек(?!\w)"
    r"|(?<!\w)с (?:бот|робот|человек)ом (?:ли )?(?:я )?(?:говор|обща|разговарива|перепис)"
    r"|are you (?:really )?(?:an? )?(?:bot|robot|ai|human|real|machine)(?!\w)"
)
_COMPLAINT = re.compile(
    r"(?<!\w)(?:жал(?:об|у)|претенз|возмут|обманул|безобраз|ужас|хамств|нахам|кошмар|отвратит|суд(?:ом|иться)"
    r"|верните деньги|"
    r"до сих пор не|так и не (?:при|до)|не работает уже|сломал(?:ся|ась|ось)|complain|terrible|awful)"
)
_PARTS = re.compile(r"[?!;\n]+|\)\)+|(?<!\d)\.\s+|\.\s+(?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])|\.\s*$")
_JOINTS = re.compile(r"\s+(?:и|а\s+также|а|and|әрі|және|плюс)\s+|,\s*(?:и\s+|а\s+|and\s+)?")


@dataclass(slots=True)
class Reading:
    """The new lines, understood as far as rules can."""

    language: Language = "ru"
    questions: list[Question] = field(default_factory=list)
    greets: bool = False
    thanks: bool = False
    agrees: bool = False
    declines: bool = False
    wants_discount: bool = False
    tampers: bool = False
    complains: bool = False
    wants_person: bool = False
    asks_if_machine: bool = False
    """«Вы бот?»"""


def read(lines: Sequence[str], *, today: int | None = None) -> Reading:
    """Read the newest lines; of a very long text only the beginning of each line counts."""
    reading = Reading()
    texts = [clean(line, _LINE_LIMIT) for line in lines[-_LINES_LIMIT:]]
    reading.language = language_of(" ".join(texts)) if re.search(r"[^\W\d_]", " ".join(texts)) else "ru"
    for piece in [part for text in texts for part in _split(text)][:_PIECES_LIMIT]:
        _read_piece(piece, reading, today)
    return reading


def _read_piece(piece: str, reading: Reading, today: int | None) -> None:
    lowered = normalise(piece)
    if greeting := _GREETING.match(lowered):
        reading.greets = True
        piece, lowered = piece[greeting.end() :], lowered[greeting.end() :]
    if not re.search(r"\w", lowered):
        return
    if _INJECTION.search(lowered):
        reading.tampers = True
    elif _MACHINE.search(lowered):
        reading.asks_if_machine = True
    elif _PERSON.search(lowered):
        reading.wants_person = True
    elif _YES.match(lowered):
        reading.agrees = True
    elif _NO.match(lowered):
        reading.declines = True
    elif _THANKS.search(lowered) and len(stems(piece)) <= 3 and "?" not in piece:
        reading.thanks = True
    else:
        reading.complains |= bool(_COMPLAINT.search(lowered))
        reading.wants_discount |= bool(_DISCOUNT.search(lowered))
        for part in _halves(piece):
            asked = question(part, today=today)
            before = reading.questions.pop() if reading.questions and _belongs(asked, reading.questions[-1]) else None
            reading.questions.append(question(f"{before.text} {asked.text}", today=today) if before else asked)


def _belongs(asked: Question, before: Question) -> bool:
    """«Старую кухню разберёте? Цена» is one question: what names no thing asks about the one named right before."""
    names_thing = bool(before.terms or before.topics) and not before.wants
    return names_thing and bool(asked.wants) and not asked.terms and not asked.topics and not asked.days


def _split(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for mark in _PARTS.finditer(text):
        pieces.append(text[start : mark.end()])
        start = mark.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if re.search(r"\w", piece)]


_ASKS_ON = re.compile(r"(?:как(?:ой|ая|ое|ие|ую|им)|сколько|где|когда|почему|чем|во\s+сколько|до\s+скольки)(?!\w)")


def _halves(piece: str) -> list[str]:
    """«Сколько стоит и какая гарантия» is two questions: each half wants something of another kind."""
    for joint in _JOINTS.finditer(piece):
        left, right = piece[: joint.start()], piece[joint.end() :]
        kinds = [
            (topics_of(text), wants_of(text)) for text in (in_words_of_the_shop(left), in_words_of_the_shop(right))
        ]
        if _ASKS_ON.match(normalise(right)) and any(kinds[0]) and question(right).terms:
            return [left, *_halves(right)]
        same_kind = kinds[0] == kinds[1] and not (kinds[0][1] and " и " in joint.group())
        if all(any(kind) for kind in kinds) and not same_kind:
            return [left, *_halves(right)]
    return [piece]
