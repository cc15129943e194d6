"""What part a word plays in a Russian sentence: who acts, who is told; other tongues by their letters only."""

import re
from functools import lru_cache

from saudager.languages.russian import analyser

_RUSSIAN = re.compile(r"[а-я]+")
_KAZAKH = re.compile(r"[әіңғүұқөһ]")
_LATIN = re.compile(r"[a-z]")
_LITTLE_WORDS = frozenset({"PREP", "CONJ", "PRCL", "INTJ", "PRED"})
_NAMES = ("Name", "Surn", "Geox")


@lru_cache(maxsize=20_000)
def grammar(word: str) -> tuple[str, str, str]:
    """The first form of a normalised word, its part in full («VERB impr sing») and in short, from the OpenCorpora tags.

    Nouns keep their case and whether they are alive or a name in full only; verbs keep mood, tense, person and number.
    """
    if not _RUSSIAN.fullmatch(word):
        kind = "LATN" if _LATIN.search(word) else "KAZA" if _KAZAKH.search(word) else "SIGN"
        return word, kind, kind
    reading = analyser().parse(word)[0]
    tag = reading.tag
    if not reading.is_known:
        return word, "UNKN", "UNKN"
    part = str(tag.POS)
    if part == "NOUN":
        name = next((one for one in _NAMES if one in tag), "")
        return reading.normal_form, f"NOUN{name} {tag.animacy} {tag.case}", f"NOUN{name}"
    if part == "VERB":
        part = " ".join(filter(None, (part, tag.mood, tag.tense, tag.person, tag.number)))
    elif part == "NPRO":
        part = f"NPRO {reading.normal_form} {tag.case}"
    elif part in _LITTLE_WORDS:
        part = f"{part} {word}"
    return reading.normal_form, part, part
