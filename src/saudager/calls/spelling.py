"""Known words about time in whatever spelling they come: other alphabets, missing letters, slips of the finger."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from saudager.calls.calendar_words import CALENDAR, ENGLISH_CALENDAR
from saudager.calls.clock_words import (
    CARDINALS,
    CLOCK,
    ENGLISH_CARDINALS,
    ENGLISH_CLOCK,
    ENGLISH_ORDINALS,
    KAZAKH_CARDINALS,
    ORDINALS,
)  # fmt: skip
from saudager.calls.talk_words import DROPPED, ENGLISH_TALK, TALK
from saudager.languages import english
from saudager.languages.dictionary import fold
from saudager.languages.latin import kazakh_from_latin
from saudager.languages.russian import is_known

_SOUNDS = str.maketrans("оевгдбзж", "аифктпсш")
_FORGIVEN = frozenset("RWP")
_SHORTEST_FORGIVEN = 5
_RUSSIAN_ENDINGS = ("ого", "его", "ое", "ье", "ому", "ьему", "ом", "ьем", "ьего", "иего")
_KAZAKH_FORMS = {
    "loc": (
        *("да", "де", "та", "те"),
        *("лар", "лер", "тер", "дер", "ларда", "лерде", "тарда", "терде", "дерде", "лерге", "терге"),
    ),
    "dat": ("ге", "га", "ке", "ка"),
    "abl": ("ден", "дан", "тен", "тан", "нен", "нан"),
    "gen": ("нің", "ның", "дің", "дың", "тің", "тың"),
}
_KAZAKH_ENDINGS = tuple(fold(one) for one in (
    "де", "ге", "ке", "те", "нің", "дің", "ден", "тен", "сі", "сінде", "сіне", "нде", "да", "та", "ға", "қа", "ның",
    "дың", "дегі", "тегі", "ні", "ді", "ке", "гі", "дан", "тан", "сында", "сына",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word means: its kind (one sign), its value, and the form that matters."""

    kind: str
    value: float = 0
    form: str = ""


def sense_of(word: str) -> Sense | None:
    """What a normalised word means to a talk about time, None for any other word.

    «zavtra» and «завтро» are завтра, «ертен» is ертең; a word the Russian dictionary knows is never taken for a slip.
    """
    if word.isascii() and (word in _english() or (len(word) > 3 and english.meaning(word) is not None)):
        return _english().get(word)
    plain = folded(word)
    return _folded().get(plain) or _with_kazakh_ending(plain) or _forgiven(word, plain)


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """A normalised word in plain Russian letters, each once: Kazakh and Latin ones by the nearest, ц as с."""
    plain = fold(kazakh_from_latin(word) if word.isascii() else word).replace("ц", "с").replace("-", "")
    return "".join(letter for at, letter in enumerate(plain) if at == 0 or plain[at - 1] != letter)


def number_form(ending: str) -> str | None:
    """The form an ending gives to a figure («15-те» loc, «17-го» ord), None for an unknown ending."""
    return _number_endings().get(folded(ending)) if ending else ""


@cache
def _number_endings() -> dict[str, str]:
    found = {folded(end): form for form, ends in _KAZAKH_FORMS.items() for end in ends}
    found[folded("ish")] = "loc"
    found |= dict.fromkeys(map(folded, ("х", "ти", "и", "ми")), "many")
    found |= dict.fromkeys(map(folded, ("го", "е", "ое", "ого", "му", "ому", "st", "nd", "rd", "th")), "ord")
    found |= dict.fromkeys(map(folded, ("сі", "сы", "сінде", "сында", "сіне", "сына", "інде")), "ord")
    return found | dict.fromkeys(map(folded, ("ші", "шы", "нші", "інші", "ншы")), "nth")


@lru_cache(maxsize=5_000)
def _forgiven(word: str, plain: str) -> Sense | None:
    if len(plain) < _SHORTEST_FORGIVEN or is_known(word):
        return None
    sound = plain.translate(_SOUNDS)
    whole = _sounds()
    for slip in (sound, *_one_letter_less(sound), *_two_swapped(sound)):
        if found := whole.get(slip):
            return found
    return next(filter(None, map(_slips().get, (sound, *_one_letter_hidden(sound)))), None)


@cache
def _sounds() -> dict[str, Sense]:
    """Days, weekdays and parts of the day by their sound."""
    latin = {folded(word): sense for word, sense in _english().items()}
    return {
        word.translate(_SOUNDS): sense
        for word, sense in (_folded() | latin).items()
        if sense.kind in _FORGIVEN and len(word) >= _SHORTEST_FORGIVEN
    }


@cache
def _slips() -> dict[str, Sense | None]:
    """The same with a letter left out or hidden; None for what two of them share."""
    found: dict[str, Sense | None] = {}
    for sound, sense in _sounds().items():
        for slip in (*_one_letter_less(sound), *_one_letter_hidden(sound)):
            found[slip] = sense if found.get(slip, sense) == sense else None
    return found


def _one_letter_less(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _one_letter_hidden(word: str) -> Iterator[str]:
    return (f"{word[:at]}.{word[at + 1 :]}" for at in range(1, len(word)))


def _two_swapped(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))


def _with_kazakh_ending(plain: str) -> Sense | None:
    for ending in _KAZAKH_ENDINGS:
        if plain.endswith(ending) and (found := _folded().get(plain.removesuffix(ending))):
            root = plain.removesuffix(ending)
            if found.kind in "WRM" and root in _kazakh_roots():
                return Sense(found.kind, found.value, "abl" if ending in ("ден", "дан", "тен", "нен") else "")
    return None


@cache
def _kazakh_roots() -> frozenset[str]:
    names = (
        "дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі ертең бүгін қаңтар ақпан наурыз сәуір мамыр маусым "
        "шілде тамыз қыркүйек қазан қараша желтоқсан"
    )
    return frozenset(map(folded, names.split()))


@cache
def _english() -> dict[str, Sense]:
    found = dict(_senses(ENGLISH_CALENDAR + ENGLISH_CLOCK + ENGLISH_TALK))
    found |= {word: Sense("N", sense.value, "word") for word, sense in _cardinals(ENGLISH_CARDINALS)}
    ordinals = [*enumerate(ENGLISH_ORDINALS.split(), start=1), (30, "thirtieth")]
    found |= {word: Sense("O", value, "word") for value, word in ordinals if word not in ("first", "second")}
    return found | dict.fromkeys((word for word in DROPPED.split() if word.isascii()), Sense("_"))


@cache
def _folded() -> dict[str, Sense]:
    found = {folded(word): sense for word, sense in _senses(CALENDAR + CLOCK + TALK)}
    for word, sense in _cardinals(KAZAKH_CARDINALS):
        found[folded(word)] = Sense("N", sense.value, "kk")
        for form, endings in _KAZAKH_FORMS.items():
            found |= {folded(word + ending): Sense("N", sense.value, form) for ending in endings}
        for ending in ("інші", "ыншы", "нші", "ншы"):
            found.setdefault(folded(word + ending), Sense("O", sense.value, "nth"))
        for ending in ("і", "сі", "сы") if word != "он" else ():  # «оны» would be они
            found.setdefault(folded(word + ending), Sense("O", sense.value, "nth"))
        for ending in ("інде", "ында", "сінде", "сында"):
            found.setdefault(folded(word + ending), Sense("O", sense.value, "digits"))
    found |= {folded(word): Sense("N", sense.value, "word") for word, sense in _cardinals(CARDINALS)}
    for value, root in [*enumerate(ORDINALS.split(), start=1), (30, "тридцат")]:
        for ending in _RUSSIAN_ENDINGS:
            found[folded(root.removesuffix("ь") + ending)] = Sense("O", value, "word")
            if value <= 12:
                found[folded("пол" + root.removesuffix("ь") + ending)] = Sense("G", value)
    return found | {folded(word): Sense("_") for word in DROPPED.split() if not word.isascii()}


def _senses(table: str) -> Iterator[tuple[str, Sense]]:
    for line in table.split("\n"):
        key, *words = line.split() or [""]
        said, _, form = key.partition(":")
        for word in words:
            yield word, Sense(said[0], float(said[1:] or 0), form)


def _cardinals(table: str) -> Iterator[tuple[str, Sense]]:
    for line in filter(None, table.split("\n")):
        value, *words = line.split()
        for word in words:
            yield word, Sense("N", int(value))
