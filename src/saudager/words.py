"""Words as plain rules compare them: normalised text, crude stems, sentences, and the cells of a table row."""

import re
from functools import lru_cache

_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[\"«“(]?[^\W_a-zа-яёәғқңөұүһі])|\s*\n\s*|(?<=[!?…])\s+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:г|ул|пр|д|им|тел|кв|мкр|пр-т|т|стр|st|шир|выс|дл|гл|кат|разм|арт|макс|рис)\.$", re.IGNORECASE
)
_ODD_SIGNS = {
    **dict.fromkeys((0xA0, 0x202F, 0x2007, 0x2009, 0x200A, 0x2008, 0x3000), " "),
    **dict.fromkeys((*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F), " "),
    **dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF), " "),
    ord("ё"): "е",
    ord("Ё"): "Е",
    ord("−"): "-",
    ord("‑"): "-",
}


def clean(text: str, limit: int = 4000) -> str:
    """The first ``limit`` characters, ё as е, with plain spaces for control, zero-width and direction marks."""
    return text[:limit].translate(_ODD_SIGNS).strip()


def storable(text: str) -> str:
    """Without what databases and messengers do not agree on: null bytes and halves of a character."""
    if text.isprintable():
        return text
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def normalise(text: str) -> str:
    """Lower case, plain spaces, е for ё; every character keeps its place, so offsets stay valid."""
    plain = text.translate(_ODD_SIGNS)
    lowered = plain.lower()
    return lowered if len(lowered) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A crude stem of a normalised word: its first five letters without vowels and signs at the end."""
    return word[:3] + word[3:5].rstrip("аеиоуыэюяйьәіөүұ")


_COMMON_WORDS = """
время времени идет идут займет
без будет бы был вам вас ваш ваши вашей ваших вот все всего всем где для есть еще или как какая какие каких
какой какую когда кого кто куда либо меня мне мной может можно мою наш наши наших нас над него нет нужен нужна
нужно нужны нужные они она оно откуда очень под пожалуйста подскажите подскажи при про раз сам себе себя
сегодня сейчас сколько скажите скажи там так также такой такая такие тебя тогда тоже только тот тут уже хочу
хотел хотела хотелось хотите хотим чего чем что чтобы это этот эта эти этого этом этой вообще ведь интересует
интересуют интересно узнать знать дайте могу могли можете здравствуйте добрый день дня привет надо имеется
имеются бывает делаете даете даёте расскажите напишите ответьте получить который которая которые если этим the
and for you are how what our your with can have does cost much there any please want need much per бар қанша
керек мен сіз үшін және қалай болады бола қандай
"""
COMMON = frozenset(stem(word) for word in _COMMON_WORDS.split())
"""Stems that say nothing about what a sentence is about."""

_PRICING_WORDS = """
цена цену стоит стоить стоят стоимость почем прайс сумма тенге теңге тысяч млн бағасы баға price
"""
PRICING = frozenset(stem(word) for word in _PRICING_WORDS.split())
"""Stems of asking for a price; they do not tell one thing from another."""


def stems(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning, three letters and longer; figures are left out."""
    found = (stem(word) for word in _LETTERS.findall(normalise(text)) if len(word) > 2)
    return frozenset(one for one in found if one not in COMMON)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence; «г. Алматы» and «ул. Абая» do not end one."""
    spans: list[tuple[int, int]] = []
    start = 0
    for gap in [*_SENTENCE_END.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if gap and "\n" not in gap.group() and _ABBREVIATION.search(text[start:end]):
            continue
        if text[start:end].strip():
            spans.append((start, end))
        start = gap.end() if gap else end
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without the spaces around them."""
    return [text[start:end].strip() for start, end in sentence_spans(text)]


def cells(row: str) -> list[tuple[str, str]]:
    """``Изделие: Окно; Размер, мм: 1500×1500`` as pairs of heading and content; contents may hold semicolons."""
    pairs: list[tuple[str, str]] = []
    for part in row.split("; "):
        heading, colon, content = part.partition(": ")
        if colon or not pairs:
            pairs.append((heading.strip(), content.strip()) if colon else ("", part.strip()))
        else:
            before, begun = pairs[-1]
            pairs[-1] = (before, f"{begun}; {part.strip()}")
    return pairs
