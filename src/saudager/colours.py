"""Colours as people name them, in Russian, Kazakh and English, and what they look like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_ENDINGS = {
    "nominative": ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие"),
    "others": (
        "ого",
        "его",
        "ому",
        "ему",
        "ыми",
        "ими",
        "ую",
        "юю",
        "ым",
        "им",
        "ых",
        "их",
        "ою",
        "ею",
        "ом",
        "ем",
        "ей",
    ),
}
_WORD = re.compile(r"#[0-9a-f]{6}(?!\w)|#[0-9a-f]{3}(?!\w)|[^\W\d_]+(?:-[^\W\d_]+)*")


class _Vocabulary(Generic[T]):
    """What words mean, written as ``{meaning: "word word* two_words"}``; a star marks a Russian adjective, which is
    known in every gender and case."""

    def __init__(self, written: Mapping[T, str]) -> None:
        pairs = [(word.replace("_", " "), meaning) for meaning, words in written.items() for word in words.split()]
        self._plain = {word: meaning for word, meaning in pairs if not word.endswith("*")}
        self._adjectives = {word[:-3]: (word[:-1], meaning) for word, meaning in pairs if word.endswith("*")}

    def meaning(self, word: str) -> T | None:
        if word in self._plain:
            return self._plain[word]
        adjective = self._adjective(word)
        return adjective and adjective[1]

    def joined(self, word: str) -> T | None:
        """Of an adjective that begins a longer word: «серо», «сине», «темно»."""
        return self._adjectives[word[:-1]][1] if word[-1:] in ("о", "е") and word[:-1] in self._adjectives else None

    def first_case(self, word: str) -> str:
        """The word as it is called: «белого» is «белый», «белая» stays."""
        adjective = self._adjective(word)
        return adjective[0] if adjective and not word.endswith(_ENDINGS["nominative"]) else word

    def _adjective(self, word: str) -> tuple[str, T] | None:
        for ending in (*_ENDINGS["others"], *_ENDINGS["nominative"]):
            if word.endswith(ending) and (known := self._adjectives.get(word[: -len(ending)])) is not None:
                return known
        return None


_SHADES = _Vocabulary(
    {
        "#f4f4f2": "white белый* белоснежный* ақ аппақ",
        "#15161a": "black черный* қара кара",
        "#8d9196": "gray grey серый* сұр сур",
        "#4a4e54": "graphite anthracite charcoal графит графитовый* антрацит антрацитовый* мокрый_асфальт",
        "#c3c7cb": "silver серебристый* серебряный* серебро стальной* күміс кумис",
        "#b3202a": "red красный* алый* қызыл кызыл",
        "#6e1423": "burgundy maroon бордо бордовый* вишневый* гранатовый* рубиновый*",
        "#b3245e": "crimson magenta fuchsia малиновый* пурпурный* фуксия",
        "#1f4fa3": "blue синий* васильковый* электрик көк",
        "#1b2a4f": "navy navy_blue indigo индиго",
        "#7fb2dd": "sky_blue голубой* лазурный* небесный* көгілдір",
        "#2a9d9a": "turquoise teal cyan aqua бирюзовый* морской_волны",
        "#2f7d4f": "green emerald зеленый* изумрудный* жасыл",
        "#8fbf3f": "lime салатовый* салатный* лаймовый*",
        "#6b6b3a": "olive khaki хаки оливковый* болотный*",
        "#e8c22d": "yellow желтый* лимонный* сары",
        "#e2762a": "orange оранжевый* рыжий* қызғылт_сары",
        "#6d4a33": "brown chocolate коричневый* шоколадный* кофейный* қоңыр коныр",
        "#b87346": "copper bronze медный* бронзовый* бронза",
        "#dccfb4": "beige champagne бежевый* беж песочный* шампань",
        "#efe8d8": "ivory off_white кремовый* молочный* слоновая_кость слоновой_кости",
        "#6f3f8f": "purple violet фиолетовый* баклажановый* күлгін кулгин",
        "#b79bd1": "lilac lavender сиреневый* лиловый* лавандовый*",
        "#e39ab5": "pink розовый* қызғылт",
        "#c98f83": "rose_gold розовое_золото",
        "#c9a24b": "gold golden золотой* золотистый* золото алтын",
    }
)
_TONES = _Vocabulary(
    {
        -0.42: "темный* dark deep қою",
        0.45: "светлый* бледный* нежный* light pale ашық ақшыл",
        0.0: "яркий* насыщенный* bright vivid қанық",
    }
)
"""How far a colour goes to black (below zero) or to white."""
_FINISHES = _Vocabulary(
    {
        "#c3c7cb": "metallic металлик металика металлика металик металлический*",
        "#f4f4f2": "pearl pearlescent перламутр перламутра перламутровый* жемчужный* маржан",
        "": "matte mat glossy матовый* глянцевый*",
    }
)
"""How it shines, and what colour is meant when nothing else is said."""
_CALLED_COLOUR = re.compile(r"цвет[ауе]?|color|colour|түсті|түсі|түс")


@dataclass(frozen=True, slots=True)
class Found:
    """A colour in a text: where it stands, how it is called, and ``#rrggbb``."""

    start: int
    end: int
    name: str
    shade: str


def hex_of(written: str) -> str | None:
    """``#rrggbb`` of the first colour in the words, or as it stands there; None when nobody knows it."""
    there = found(written)
    return None if there is None else there.shade


def found(text: str) -> Found | None:
    """The first colour of a text with what belongs to it: "dark blue", «белый перламутр», «серого цвета»."""
    words = list(_WORD.finditer(_plain(text)))
    for number, word in enumerate(words):
        if _follow(text, words, number):
            shade = _SHADES.meaning(f"{word.group()} {words[number + 1].group()}")
            if shade is not None:
                return _widened(text, words, number, number + 1, shade)
        if (shade := _shade(word.group())) is not None:
            return _widened(text, words, number, number, shade)
    for number, word in enumerate(words):
        if shade := _FINISHES.meaning(word.group()):
            return _widened(text, words, number, number, shade)
    return None


def _plain(text: str) -> str:
    """Lower case and е for ё, every character in its place."""
    lowered = (sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
    return "".join(lowered).replace("ё", "е")


def _follow(text: str, words: list[re.Match[str]], number: int) -> bool:
    """Whether the next word comes right after this one."""
    return number + 1 < len(words) and not text[words[number].end() : words[number + 1].start()].strip()


def _widened(text: str, words: list[re.Match[str]], first: int, last: int, shade: str) -> Found:
    while first and _follow(text, words, first - 1):
        before = words[first - 1].group()
        tone = _TONES.joined(before) if _TONES.meaning(before) is None else _TONES.meaning(before)
        if tone is None and _FINISHES.meaning(before) is None:
            break
        first, shade = first - 1, _toned(shade, tone or 0.0)
    while _follow(text, words, last) and _FINISHES.meaning(words[last + 1].group()) is not None:
        last += 1
    end = words[last].end()
    if _follow(text, words, last) and _CALLED_COLOUR.fullmatch(words[last + 1].group()):
        end = words[last + 1].end()
    name = " ".join(_called(text[word.start() : word.end()]) for word in words[first : last + 1])
    return Found(words[first].start(), end, name, shade)


def _called(word: str) -> str:
    last = _plain(word).rpartition("-")[2]
    for vocabulary in (_SHADES, _TONES, _FINISHES):
        if (called := vocabulary.first_case(last)) != last:
            return word[: len(word) - len(last)] + called
    return word


def _shade(word: str) -> str | None:
    """Of one word: «синий», «#1f4fa3», «тёмно-синий», «светлосерый», «серо-голубой»."""
    if word.startswith("#"):
        return word if len(word) == 7 else "#" + "".join(sign * 2 for sign in word[1:])
    if (known := _SHADES.meaning(word)) is not None:
        return known
    first, _, rest = word.partition("-")
    if not rest:
        first = next((one for one in ("темно", "светло", "ярко", "бледно", "нежно") if word.startswith(one)), "")
        rest = word[len(first) :]
    shade = _shade(rest) if first and rest else None
    if shade is None:
        return None
    tone = _TONES.joined(first) if _TONES.meaning(first) is None else _TONES.meaning(first)
    if tone is not None:
        return _toned(shade, tone)
    other = _SHADES.joined(first) or _SHADES.meaning(first)
    if other is not None:
        return _mixed(shade, other, 0.5)
    return shade if _FINISHES.joined(first) is not None or _FINISHES.meaning(first) is not None else None


def _toned(shade: str, tone: float) -> str:
    return _mixed(shade, "#000000" if tone < 0 else "#ffffff", abs(tone))


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(ours + (theirs - ours) * share):02x}" for ours, theirs in pairs)
