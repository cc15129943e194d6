"""How a letter begins and ends: the greeting by name and tone, and the signature, always in our own words."""

import re

from saudager.languages import Language
from saudager.letters.subjects import Subject

_GREETINGS: dict[str, dict[Language, str]] = {
    "professional": {"ru": "Добрый день", "kk": "Қайырлы күн", "en": "Good afternoon"},
    "friendly": {"ru": "Здравствуйте", "kk": "Сәлеметсіз бе", "en": "Hello"},
    "formal": {"ru": "Уважаемый", "kk": "Құрметті", "en": "Dear"},
}
_NAMELESS: dict[Language, str] = {"ru": "Уважаемые коллеги!", "kk": "Құрметті әріптестер!", "en": "Dear colleagues,"}
_CLOSINGS: dict[Language, str] = {"ru": "С уважением,", "kk": "Құрметпен,", "en": "Kind regards,"}
_FRIENDLY = re.compile(r"friend|casual|warm|дружеск|дружелюб|неформал|тёпл|тепл|достық", re.IGNORECASE)
_FORMAL = re.compile(r"formal|official|официальн|строг|ресми", re.IGNORECASE)
_HER = re.compile(r"(?:вна|чна|қызы|кызы|гызы)$", re.IGNORECASE)
_HIM = re.compile(r"(?:вич|ьич|мич|кич|ұлы|улы|оглы)$", re.IGNORECASE)
_GREETS = re.compile(
    r"^\W*(?:(?:[\w.'’-]+\s?){0,4},\s)?(?:добр(?:ый|ое|ого)|здравствуй|приветств|привет|уважаем|доброго времени|"
    r"дорог(?:ой|ая|ие)|"
    r"hello|hi|dear|good (?:day|morning|afternoon|evening)|greetings|сәлем|қайырлы|құрметті|ассалау)[^\n]{0,120}$",
    re.IGNORECASE,
)
_GREETS_INLINE = re.compile(
    r"^\W*(?:добрый день|здравствуйте|уважаем\w+|hello|dear|good \w+|сәлеметсіз бе|қайырлы күн|"
    r"құрметті)[^\n!.?]{0,80}[!.]\s+(?=\S)",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\W*(?:с уважением|с наилучшими|с (?:тёплыми|теплыми) пожеланиями|искренне ваш|всего доброго|с благодарностью|"
    r"хорошего дня|ваш менеджер|(?:best|kind|warm)(?:est)? (?:regards|wishes)|regards|sincerely|yours|thanks,|"
    r"thank you,|"
    r"құрметпен|ізгі ниетпен|ілтипатпен)",
    re.IGNORECASE,
)
_RESPECTS = re.compile(
    r"^\W*(?:с (?:глубоким )?уважением|с наилучшими пожеланиями|(?:best|kind|warm) (?:regards|wishes)|құрметпен)"
    r"(?!\w)[\s,.!:;—–-]*",
    re.IGNORECASE,
)
_CLOSES_WITHIN = 8
_LONGEST_GREETING = 100


def tone_of(tone: str) -> str:
    """The one of our three tones that a word for another is nearest to."""
    if _FORMAL.search(tone) and not re.search(r"неформал|informal", tone, re.IGNORECASE):
        return "formal"
    return "friendly" if _FRIENDLY.search(tone) or "informal" in tone.lower() else "professional"


def greeting(subject: Subject) -> str:
    """«Добрый день, Иван Петрович!», «Уважаемая Анна Сергеевна!»; to nobody by name: to colleagues."""
    language, name, tone = subject.language, subject.greeted, tone_of(subject.tone)
    if name is None:
        if tone == "formal" and not subject.is_person:
            return _NAMELESS[language]
        tone = "professional" if tone == "formal" else tone
        return f"{_GREETINGS[tone][language]}!"
    if tone == "formal":
        if language == "ru":
            if _HER.search(name):
                return f"Уважаемая {name}!"
            return f"Уважаемый {name}!" if _HIM.search(name) else f"Здравствуйте, {name}!"
        return f"{_GREETINGS[tone][language]} {name}{',' if language == 'en' else '!'}"
    return f"{_GREETINGS[tone][language]}, {name}{',' if language == 'en' else '!'}"


def closing(subject: Subject) -> str:
    """«С уважением,» and who signs, said once though the signature says it too."""
    return f"{_CLOSINGS[subject.language]}\n{_RESPECTS.sub('', subject.signature)}".strip().removesuffix(",")


def dressed(subject: Subject, text: str) -> str:
    """A model's text between our greeting and our signature, whatever it greeted and signed with itself."""
    lines = text.strip().split("\n")
    while lines and (not lines[0].strip() or (_GREETS.match(lines[0].strip()) and len(lines[0]) <= _LONGEST_GREETING
                                              and lines[0].strip()[-1:] in "!,.:")):  # fmt: skip
        lines.pop(0)
    if lines and (inline := _GREETS_INLINE.match(lines[0])):
        lines[0] = lines[0][inline.end() :]
    at = next((at for at in range(max(1, len(lines) - _CLOSES_WITHIN), len(lines)) if _CLOSES.match(lines[at])), None)
    middle = "\n".join(lines[:at]).strip()
    return "\n\n".join([greeting(subject), middle, closing(subject)])
