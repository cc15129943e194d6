"""Words that mean something only together: «двадцать пятого», «не смогу», «таң ертең», «добрый день»."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from saudager.calls.figures import with_form
from saudager.calls.line import Word
from saudager.calls.spelling import number_form
from saudager.calls.talk_words import POLITE, UNABLE

_SHORTENED = frozenset(">WSIHMEY")
_LONGEST_SHORTENED = 5
_LOOSE_ENDINGS = frozenset({"де", "ге", "ке", "ға", "қа", "дан", "ден", "тан", "тен", "нан", "нен"})
_LEISURE = frozenset({"времени", "возможности", "уақытым", "уакытым", "уақыт", "уакыт", "time"})
_NONE = Word("", ",")


def joined(words: Sequence[Word]) -> Iterator[Word]:
    """The words of a line, those that belong together as one."""
    words = _without_greetings(words)
    before, at = _NONE, 0
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else _NONE
        both = _both(word, after, before)
        word, at = (both, at + 2) if both else (_alone(word, after, before), at + 1)
        yield word
        before = word
        if word.kind in _SHORTENED and len(word.text) <= _LONGEST_SHORTENED and words[at : at + 1]:
            at += words[at].text == "."  # «пн. в 3»


def _both(word: Word, after: Word, before: Word) -> Word | None:
    """Two words as one, None when they are two."""
    if word.text in ("если", "if") and after.text in ("нет", "не", "not", "no"):
        return Word(word.text, "o")
    if word.text in ("не", "ne"):
        return _refusal(after)
    if word.text == "так" and after.text in ("что", "чо"):
        return Word("так что", "w")
    if word.kind == "N" and word.text.isdigit() and after.text in _LOOSE_ENDINGS:
        return with_form(word, number_form(after.text) or "")
    if _adds_up(word, after) and not (after.kind == "O" and before.kind == "I"):
        return Word(after.text, after.kind, word.value + after.value, after.form)
    if word.text in ("таң", "тан") and (after.kind, after.value) == ("R", 1):
        return Word("таңертең", "P", 0)
    if word.text in ("арғы", "аргы") and after.kind == "K":
        return Word("бүрсігүні", "R", 2)
    if word.text in ("после", "posle", "after") and (after.kind, after.value) == ("R", 1):
        return Word("послезавтра", "R", 2)
    return None


def _alone(word: Word, after: Word, before: Word) -> Word:
    """A word whose meaning its neighbours decide."""
    if word.text in ("не", "ne"):
        return Word("не", "^" if after.kind == "," else "!" if after.kind in "vkiNCXWRPMs" else "x")
    if word.kind == "^" and {after.text, before.text} & _LEISURE:
        return Word(word.text, "!")
    if word.kind == "^" and "?" in (after.kind, before.kind):  # «нет машины», «машина жоқ»
        return Word(word.text, "x")
    if word.text == "он" and before.kind != "S" and after.kind not in "jMSIKE":
        return Word(word.text, "x")
    return word


def _refusal(after: Word) -> Word | None:
    """What «не» makes of the word after it: a refusal, a bound («не раньше»), or nothing."""
    if after.text.startswith(("раньше", "ранее", "ранше")):
        return Word("не раньше", "p")
    if after.text.startswith(("позже", "поздн")):
        return Word("не позже", "e")
    if after.text.startswith(POLITE):
        return Word(f"не {after.text}", "x")
    return Word(f"не {after.text}", "!") if after.text.startswith(UNABLE) else None


def _adds_up(word: Word, after: Word) -> bool:
    """«Двадцать пять», «он бір», «ноль ноль»."""
    if not (word.kind == "N" and word.form and after.kind in "NO" and after.form):
        return False
    if word.value == 0:
        return after.kind == "N" and after.value < 10
    spoken = word.form in ("word", "kk") and after.form not in ("digits", "many") and not after.text[:1].isdigit()
    tens = 10 if word.form == "kk" else 20
    return spoken and word.value >= tens and word.value % 10 == 0 and 0 < after.value < 10


def _without_greetings(words: Sequence[Word]) -> Sequence[Word]:
    """«Добрый день» and «good evening» name no time."""
    for before, word in pairwise(words):
        if "D" in (before.kind, word.kind) and {before.kind, word.kind} & set("PKJ"):
            before.kind = word.kind = "x"
    for word in words:
        word.kind = "x" if word.kind == "D" else word.kind
    return words
