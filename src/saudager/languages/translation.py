"""Kazakh and English questions, and Russian ones in Latin letters, in the Russian words the shop's documents use."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from saudager.languages import english, kazakh, numerals, russian
from saudager.languages.dictionary import fold, places
from saudager.languages.latin import is_russian_line, kazakh_from_latin, russian_from_latin
from saudager.languages.recognition import Language
from saudager.words import normalise

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[а-яёәіңғүұқөһ]", re.IGNORECASE)
_KAZAKH_LETTER = re.compile(r"[әіңғүұқөһ]")
_FIGURE_BEFORE = re.compile(r"(?<![\w.,:/])(\d{1,9})\W{0,2}$")
_LIMIT_BEHIND = re.compile(r"(\d+(?:\s\w+)?) (до|от)\b")
_SPACES = re.compile(r"\s+(?=[\s?!.,;:)])")
_LONGEST_PHRASE = 6
_LONGEST_WORD = 40
_UNITS = {
    **{"m": "м", "cm": "см", "mm": "мм", "km": "км", "kg": "кг", "g": "г", "gr": "г", "t": "т", "l": "л", "ml": "мл"},
    **{"h": "ч", "hr": "ч", "hrs": "ч", "min": "мин", "sqm": "м²", "pcs": "шт", "pc": "шт", "tg": "тг", "am": "утра"},
    **dict.fromkeys(("st", "nd", "rd", "th"), ""),
    **{"pm": "вечера", "w": "Вт", "kw": "кВт", "v": "В", "ah": "Ач", "yo": "лет", "k": "тысяч"},
}
_ONE_STANDS_ALONE = frozenset({"is", "for", "in", "on", "with", "of", "please", "pls", "to", "and", "or", "at"})


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int


def in_russian(text: str, language: Language) -> str:
    """The text with the words the dictionary knows put into Russian, for matching and not for reading.

    Names, figures, unknown words and punctuation stay; function words may be gone. Two meanings of one word stand with
    a slash: «запись/бронь». A Russian text keeps its words, but for Latin letters, Kazakh letters and towns.
    """
    tokens = [_Token(found.group().lower(), *found.span()) for found in _WORD.finditer(text)]
    in_latin = len(_LATIN.findall(text)) > len(_CYRILLIC.findall(text))
    if language == "ru":
        in_latin = in_latin and is_russian_line(token.word for token in tokens)
    pieces: list[str] = []
    done = at = 0
    while at < len(tokens):
        taken, rendering = _rendered(tokens[at:], text, language, in_latin)
        first, last = tokens[at], tokens[at + taken - 1]
        gap = text[done : first.start]
        pieces.append(gap.removesuffix("-") if rendering == "" else gap)
        if rendering is None:
            pieces.append(text[first.start : last.end])
        else:
            pieces.append(_beside_figure("".join(pieces[-3:]), rendering))
        done = last.end
        at += taken
    whole = _SPACES.sub("", "".join((*pieces, text[done:]))).strip()
    return _LIMIT_BEHIND.sub(r"\2 \1", whole) if language == "kk" else whole


def _rendered(tokens: Sequence[_Token], text: str, language: Language, in_latin: bool) -> tuple[int, str | None]:
    """How many of the words at the head of ``tokens`` go together, and their Russian; None leaves them."""
    first = tokens[0]
    if len(first.word) > _LONGEST_WORD:
        return 1, None
    if _touches_figure(first, text):
        return 1, _unit(first, text)
    if language == "ru":
        return 1, _in_a_russian_line(text[first.start : first.end], in_latin)
    if _behind_figure(first, text):
        if (unit := _UNITS.get(first.word)) and first.word == text[first.start : first.end]:
            return 1, unit
        if language == "kk" and len(first.word) > 1 and kazakh.is_case_ending(first.word):
            return 1, ""
    words = tuple(_spelled(one.word, language, in_latin) for one in _together(tokens, text))
    for size in range(len(words), 1, -1):
        if (found := _phrase(words[:size], language)) is not None:
            return size, found
    if numbers := _numbers(words, language):
        return len(numbers), " ".join(map(str, numerals.together(numbers)))
    return 1, _one(words[0], language, is_name=text[first.start].isupper() and first.start > 0)


def _together(tokens: Sequence[_Token], text: str) -> Iterator[_Token]:
    """The words that stand in one phrase with the first: nothing but spaces between them."""
    yield tokens[0]
    for before, one in pairwise(tokens[:_LONGEST_PHRASE]):
        if text[before.end : one.start].strip() or len(one.word) > _LONGEST_WORD:
            return
        yield one


def _touches_figure(token: _Token, text: str) -> bool:
    """R15, 5w30, 2kg and 3-ке, but neither «5 kg» nor «5-қабат»."""
    before = text[: token.start]
    hyphened = before.endswith("-") and before[-2:-1].isdigit() and kazakh.is_case_ending(token.word)
    return hyphened or before[-1:].isdigit() or text[token.end : token.end + 1].isdigit()


def _unit(token: _Token, text: str) -> str | None:
    """A unit or a Kazakh ending right behind a figure; None for part of an article number."""
    if text[token.end : token.end + 2].lstrip("-")[:1].isdigit() or token.start == 0:
        return None
    return "" if text[token.start - 1] == "-" else _UNITS.get(token.word)


def _behind_figure(token: _Token, text: str) -> bool:
    """Whether nothing but a space stands between a figure and the word."""
    return text[: token.start].rstrip()[-1:].isdigit()


def _spelled(word: str, language: Language, in_latin: bool) -> str:
    """The word in the alphabet of its dictionary."""
    return kazakh_from_latin(word) if language == "kk" and in_latin and _LATIN.search(word) else word


def _phrase(words: tuple[str, ...], language: Language) -> str | None:
    return kazakh.phrase_meaning(words) if language == "kk" else english.phrase_meaning(words)


def _numbers(words: Sequence[str], language: Language) -> list[int]:
    """The numbers the words begin with; the «one» of «the blue one» is none."""
    found: list[int] = []
    for word in words:
        if (number := numerals.value(word)) is None:
            break
        found.append(number)
    alone = len(words) == 1 or words[1] in _ONE_STANDS_ALONE
    return [] if found == [1] and language == "en" and alone else found


def _one(word: str, language: Language, *, is_name: bool) -> str | None:
    found = _kazakh(word, is_name=is_name) if language == "kk" else english.meaning(word)
    if found is None and "-" in word:
        parts = [part for part in word.split("-") if not (language == "kk" and kazakh.is_case_ending(part))]
        meanings = [_one(part, language, is_name=is_name) for part in parts]
        if len(parts) < word.count("-") + 1 or any(meanings):
            return " ".join(part if known is None else known for part, known in zip(parts, meanings, strict=True))
    return found


def _kazakh(word: str, *, is_name: bool) -> str | None:
    """A Kazakh word, or a Russian one with Kazakh endings: «рассрочкаға»."""
    written_in_kazakh = _KAZAKH_LETTER.search(word) is not None
    exact = kazakh.meaning(word, shortest_stem=99)
    if exact is not None or _LATIN.search(word) or (not written_in_kazakh and russian.is_known(normalise(word))):
        return exact
    found = kazakh.meaning(word, shortest_stem=4 if is_name else 2)
    return kazakh.russian_root(word) if found is None else found


def _in_a_russian_line(written: str, in_latin: bool) -> str | None:
    """Russian in Latin letters, a Kazakh word between Russian ones, and another name of a town."""
    word = written.lower()
    if in_latin and _LATIN.search(word):
        return russian_from_latin(word)
    if _KAZAKH_LETTER.search(word):
        return kazakh.meaning(word) or None
    town = places().folded.get(fold(word)) or places().folded.get(fold(russian.lemma(normalise(word))))
    return town if town and written[0].isupper() and fold(town) != fold(word) else None


def _beside_figure(before: str, rendering: str) -> str:
    figure = _FIGURE_BEFORE.search(before)
    return russian.beside(int(figure.group(1)), rendering) if figure and rendering.isalpha() else rendering
