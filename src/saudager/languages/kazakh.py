"""Kazakh words down to what the dictionary knows: endings taken off, verbs back to their dictionary form.

All letters here are folded (see ``dictionary.fold``): ы, і and й are и, қ is к, ғ is г, ң is н.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from saudager.languages import russian
from saudager.languages.dictionary import fold, kazakh

_SHORTEST_BORROWED = 3
_NUMBER = "лар лер дар дер тар тер"
_POSSESSION = "м им н ин и си миз имиз низ иниз дики тики ники син"
_CASE = (
    "нин дин тин га ге ка ке на не а е ни ди ти н да де та те нда нде дан ден тан тен нан нен мен бен пен "
    "даги деги таги теги ндаги ндеги дай дей тай тей ша ше"
)
_QUESTION = "ма ме ба бе па пе ши"
_MADE = "ли лик лики дик тик лиги дар ги ки сиздар сиздер"
_NOUN_ENDINGS = tuple(sorted({*f"{_NUMBER} {_POSSESSION} {_CASE} {_QUESTION} {_MADE}".split()}, key=len, reverse=True))

_BORROWED_ENDINGS = tuple(
    one for one in f"{_NUMBER} {_POSSESSION} {_CASE} {_QUESTION}".split() if len(one) > 1 or one in "аи"
)

_PERSONS = ("", "м", "мин", "н", "к", "миз", "низ", "низдар", "низдер", "син", "сиз", "сиздар", "сиздер", "ди", "т")
_TENSES = ("а", "е", "и", "ди", "ти", "са", "се", "ган", "ген", "кан", "кен", "п", "ип", "атин", "етин", "итин")
_ORDERS = (
    "иниз инизши низ низши низдер низдар иниздер иниздар индер индар инши шиниз синшы син аиин еиин иин аиик еиик иик "
    "сам сем сак сек у уга уге уди удин удан уден уи уим уимиз улери улари ушин гали гели кали кели"
)
_VERB_ENDINGS = frozenset(f"{tense}{person}" for tense, person in product(_TENSES, _PERSONS)) | frozenset(
    _ORDERS.split()
)
_LONGEST_ENDING = max(map(len, _VERB_ENDINGS))
_DENIALS = ("ма", "ме", "ба", "бе", "па", "пе")
_VOICES = ("ил", "ин", "л", "н", "тир", "дир", "из", "т")
_DEEPEST = 5
_SOFTENED = {"г": "к", "б": "п"}


@lru_cache(maxsize=20_000)
def meaning(word: str, *, shortest_stem: int = 2) -> str | None:
    """The Russian of a lower-case Kazakh word in either spelling with any endings, '' to drop it, None if unknown."""
    known = kazakh()
    if (found := known.find(word)) is not None:
        return found
    folded = fold(word)
    if (found := known.folded.get(folded)) is not None:
        return found
    for stem, denied in _stems(folded):
        if len(stem) >= shortest_stem and (found := _of_stem(stem)) is not None:
            return f"не {found}" if denied and found else found
    return None


@lru_cache(maxsize=20_000)
def phrase_meaning(words: tuple[str, ...]) -> str | None:
    """The Russian of a phrase of two words or more, the last one with any endings."""
    known = kazakh()
    start = fold(words[0])
    if start not in known.beginnings:
        return None
    if (found := known.find(" ".join(words))) is not None:
        return found
    start = " ".join(map(fold, words[:-1]))
    last = fold(words[-1])
    for stem in (last, *(stem for stem, denied in _stems(last) if not denied)):
        for form in (stem, f"{stem}у", f"{stem}и", f"{stem}си"):
            if (found := known.folded.get(f"{start} {form}")) is not None:
                return found
    return None


def is_case_ending(word: str) -> bool:
    """Whether this is what a Kazakh writes after a hyphen: 3-ке, УЗИ-ге."""
    return fold(word) in _NOUN_ENDINGS


@lru_cache(maxsize=20_000)
def russian_root(word: str) -> str | None:
    """The Russian word in a borrowed one with Kazakh endings («шкафтын», «рассрочкаға»), None where there is none."""
    stems = [word]
    for _ in range(_DEEPEST):
        stems = [stem[: -len(end)] for stem in stems for end in _BORROWED_ENDINGS if fold(stem).endswith(end)]
        stems = [stem for stem in stems if len(stem) > _SHORTEST_BORROWED]
        if found := next((stem for stem in stems if russian.is_known(stem)), None):
            return russian.lemma(found)
    return None


def _of_stem(stem: str) -> str | None:
    folded = kazakh().folded
    for form in (stem, stem[:-1] + _SOFTENED.get(stem[-1], stem[-1]), f"{stem[:-1]}и{stem[-1]}"):
        if (found := folded.get(form)) is not None:
            return found
    return None


def _stems(word: str) -> Iterator[tuple[str, bool]]:
    """What a folded word may be a form of, the longest stem first, and whether it is a denied verb."""
    nouns = [(len(stem), stem, False) for stem in _nouns(word)]
    verbs = [(len(verb) - 1, verb, denied) for denied, of in ((False, _verbs), (True, _denied)) for verb in of(word)]
    for _, stem, denied in sorted(dict.fromkeys((*nouns, *verbs)), key=lambda one: -one[0]):
        yield stem, denied


def _nouns(word: str) -> Iterator[str]:
    seen = {word}
    for _ in range(_DEEPEST):
        seen = {one[: -len(end)] for one in seen for end in _NOUN_ENDINGS if one.endswith(end) and _may_end(one, end)}
        yield from seen


def _may_end(word: str, ending: str) -> bool:
    """At least two letters stay, and a stem of soft vowels takes no hard ending."""
    stem = word[: -len(ending)]
    last_vowel = next((letter for letter in reversed(stem) if letter in "аеиоу"), "")
    return len(stem) >= 2 and bool(last_vowel) and not (last_vowel == "е" and "а" in ending)


def _verbs(word: str) -> Iterator[str]:
    """Infinitives of the verbs a word may be a form of: жеткізесіз is жеткізу."""
    for root in _roots(word):
        yield f"{root}у"
        for voice in _VOICES:
            if root.endswith(voice) and len(root) - len(voice) >= 2:
                yield f"{root.removesuffix(voice)}у"


def _denied(word: str) -> Iterator[str]:
    for root in _roots(word):
        if root[-2:] in _DENIALS and len(root) > 3:
            yield f"{root[:-2]}у"


def _roots(word: str) -> Iterator[str]:
    for asked in ("", *_QUESTION.split()):
        if word.endswith(asked):
            bare = word.removesuffix(asked)
            for size in range(1, min(_LONGEST_ENDING, len(bare) - 2) + 1):
                if bare[-size:] in _VERB_ENDINGS:
                    yield bare[:-size]
