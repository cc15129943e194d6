"""Whether two words name the same thing: inflected, derived, misspelt, or written in the other alphabet."""

import re
from functools import lru_cache

from saudager.languages.russian import lemma, part_of_speech
from saudager.languages.synonyms import shipped

_SUFFIX = re.compile(
    r"(?:|[аяоеиыйь]|[иея]й|[ыои]е|ия|ие|ы[йх]|к[аиоу]|[оеё]?к|ик[аи]?|иц[аы]|ни[кц][аи]?|очк[аи]|ечк[аи]"
    r"|н(?:ый|ий|ой|ое|ая)|"
    r"ов(?:ый|ой|ка|ать|ание|очный)?|ев(?:ый|ой|ка|ать|ание|ая)|иев(?:ый|ая)|ин(?:ый|ка)?|"
    r"[оиея]?(?:нн|н|т|ст|ск|льн|тельн|чн|шн|очн|ечн|ичн|ическ|ическ|еск|овск|истск)(?:ый|ий|ой|ое|ая)|"
    r"[аяиеоуы]?(?:ть|ться|ть?ся|чь|нить|нуть)|[ои]?в(?:ать|аться|ывать)|[иы]ва(?:ть|ться|ние)|ирова(?:ть|ться"
    r"|ние|нный)|"
    r"(?:ир|из|ий)?ован(?:ие|ный)|[аяеи]ни?е|[аяеёи]нн?ый|енка|енье|тие|т(?:ый|ь)|ци[яй]|[аи]ци[яй]|[ио]рка"
    r"|ост[ьи]|ств[оа]|[щч]ик|"
    r"тел[ьи]|[еи]р|ер[ка]+|ист|изм|изаци[яй]|ок|ек|ушк[аи]|ница|щик|льщик)"
)
_OF_VERB = re.compile(r"[иае](?:ть|ться|ние)")
_PREFIX = re.compile(r"(?:по|про|вы|от|за|на|при)(?=\w{5})")
_LETTERS = re.compile(r"[a-z]")
_SOUNDS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "j", "з": "s", "и": "i", "й": "i", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
    "ц": "s", "ч": "s", "ш": "s", "щ": "s", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "u", "я": "a", "ә": "a",
    "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i", "w": "v", "y": "i", "q": "k",
    "z": "s",
}  # fmt: skip
_SPELT = (
    ("дж", "j"), ("кс", "x"), ("sch", "s"), ("tch", "s"), ("sh", "s"), ("ch", "s"), ("zh", "j"), ("ph", "f"),
    ("th", "t"), ("kh", "h"), ("ck", "k"), ("rh", "r"), ("qu", "kv"), ("dg", "j"), ("ts", "s"), ("oo", "u"),
    ("ee", "i"), ("gh", "g"),
)  # fmt: skip
_LEAST_PART, _LEAST_FIRST = 5, 3
LIKE = 0.7
"""The least likeness that counts."""


@lru_cache(maxsize=60_000)
def likeness(asked: str, held: str) -> float:
    """From 0 to 1 for two normalised words: 1 the same lemma, 0.9 a synonym, about 0.8 derived,
    misspelt or transliterated."""
    if asked == held or base(asked) == base(held):
        return 1.0
    if base(held) in shipped().others.get(base(asked), ()):
        return 0.9
    if bool(_LETTERS.search(asked)) != bool(_LETTERS.search(held)):
        return 0.85 if _sound_alike(asked, held) else 0.0
    pairs = ((base(asked), base(held)), (_unprefixed(base(asked)), base(held)), (asked, held))
    if any(_derived(one, other) for one, other in pairs) or _compound(base(asked), base(held)):
        return 0.8
    if _misspelt(asked, held) or _misspelt(base(asked), base(held)):
        return 0.75
    return 0.0


@lru_cache(maxsize=20_000)
def base(word: str) -> str:
    """The dictionary form, of a word in Latin letters the word without a plural s."""
    if _LETTERS.search(word):
        return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
    return lemma(word)


def _unprefixed(word: str) -> str:
    """«Почистить» as «чистить»: the prefix says that it shall be done, not what."""
    done = part_of_speech(word) == "INFN" and _PREFIX.match(word)
    return word[done.end() :] if done else word


def _derived(one: str, other: str) -> bool:
    """«цирконий — циркониевый», «удалить — удаление»: the same root with another ending."""
    if one[:2] != other[:2]:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if shared < 3:
        return False
    for root in range(shared, max(2, shared - 3), -1):
        tails = one[root:], other[root:]
        if root < 4 and max(map(len, tails)) > 3 and not all(_OF_VERB.fullmatch(tail) for tail in tails):
            continue
        if all(_SUFFIX.fullmatch(tail) for tail in tails):
            return True
    return shared >= 7 and max(len(one), len(other)) - shared <= 6


def _compound(one: str, other: str) -> bool:
    """«Чайник» and «электрочайник»: the longer word ends with the whole of the shorter."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _LEAST_PART and len(longer) - len(shorter) >= _LEAST_FIRST and longer.endswith(shorter)


def _misspelt(one: str, other: str) -> bool:
    """One letter wrong, left out, doubled or swapped in a word of five letters and more; two in a long one."""
    shorter = min(len(one), len(other))
    if shorter < 5 or abs(len(one) - len(other)) > 2 or one[0] != other[0]:
        return False
    return _distance(one, other, 2 if shorter >= 9 else 1)


def _distance(one: str, other: str, most: int) -> bool:
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most


def _sound_alike(one: str, other: str) -> bool:
    """«нортвик» and Northvik: the same consonants and nearly the same vowels."""
    return any(_same_sound(a, b) for a in _sounds(one) for b in _sounds(other))


def _same_sound(one: str, other: str) -> bool:
    if one[:1] != other[:1] and not (one[:1] in "aeiou" and other[:1] in "aeiou"):
        return False
    if one == other:
        return True
    bones = [re.sub(r"[aeiouh]", "", word) for word in (one, other)]
    if bones[0] == bones[1] and len(bones[0]) >= 2:
        return abs(len(one) - len(other)) <= 2
    return min(len(one), len(other)) >= 6 and _distance(one, other, 1)


@lru_cache(maxsize=20_000)
def _sounds(word: str) -> tuple[str, ...]:
    """How a word may sound, in one alphabet: as it is spelt, and with a silent e at the end («Ice», «Prime»)."""
    spelt = word if _LETTERS.search(word) else (base(word) if part_of_speech(word) == "NOUN" else word)
    forms = [spelt, word]
    if _LETTERS.search(word):
        if silent := re.fullmatch(r"(\w*?)([aeiou])([^aeiou])e", word):
            forms.append(silent[1] + {"a": "ei", "i": "ai", "o": "ou", "u": "iu", "e": "i"}[silent[2]])
            forms[-1] += {"c": "s", "g": "j"}.get(silent[3], silent[3])
        forms.append(f"{word[:-1]}ei" if word.endswith("e") else word)
    return tuple(dict.fromkeys(_sound(form) for form in forms))


def _sound(word: str) -> str:
    for written, sound in _SPELT:
        word = word.replace(written, sound)
    word = re.sub(r"c(?=[eiy])", "s", word).replace("c", "k").replace("x", "ks")
    word = re.sub(r"g(?=[e])", "j", word)
    word = "".join(_SOUNDS.get(letter, letter) for letter in word)
    return re.sub(r"(.)\1", r"\1", word)
