"""Names of brands and models in two alphabets: «нортвик» is Northvik."""

import re

_CYRILLIC = re.compile(r"[а-яёәіңғүұқөһ]")
_SOUNDS_OF_CYRILLIC = {
    **dict(zip("абвгдеёжзийклмнопрстуфхцчшщыэю", "abvgdeejziiklmnoprstufhscwwieu", strict=True)),
    **dict(zip("әіңғүұқөһ", "ainguukoh", strict=True)),
    **{"дж": "j", "кз": "ks", "я": "ia", "ь": "", "ъ": "", "тц": "s"},
}
_SOUNDS_OF_LATIN = {
    **dict(zip("abdefghijklmnopqrstuvwxyz", "abdefghijklmnopkrstuvvxiz", strict=True)),
    **{"sch": "w", "tch": "c", "sh": "w", "ch": "c", "zh": "j", "ph": "f", "th": "t", "kh": "h", "gh": "g", "rh": "r"},
    **{"ck": "k", "qu": "kv", "ts": "s", "tz": "s", "zz": "s", "x": "ks", "c": "k", "yu": "u", "ju": "u", "ya": "ia"},
    **{"oo": "u", "ee": "i", "ight": "ait", "ow": "ou"},
}
_PIECE_OF_CYRILLIC = re.compile("дж|тц|кз|.")
_PIECE_OF_LATIN = re.compile("ight|sch|tch|sh|ch|zh|ph|th|kh|gh|rh|ck|qu|ts|tz|zz|yu|ju|ya|oo|ee|ow$|.")
_LONG_VOWEL = re.compile(r"^([^aeiouy]*)([aiyo])([bcdfgklmnprstvz])e$")
_LONG = {"a": "ei", "i": "ai", "y": "ai", "o": "ou"}
_MUTE_END = re.compile(r"(?<=[aeiouy][bcdfgklmnprstvxz])e$|(?<=ns)e$")
_SOFT_C = re.compile(r"c(?=[eiy])")
_DOUBLED = re.compile(r"(.)\1+")
_VOICELESS_AT_THE_END = str.maketrans("bdgvz", "ptkfs")

_CYRILLIC_LETTERS = {
    **dict(zip("abcdefghijklmnopqrstuvwxyz", "абкдефгхижклмнопкрстуввхиз", strict=True)),
    **{"sch": "ш", "sh": "ш", "ch": "ч", "zh": "ж", "ph": "ф", "th": "т", "kh": "х", "ck": "к", "x": "кс", "qu": "кв"},
    **{
        "yu": "ю",
        "ya": "я",
        "oo": "у",
        "ee": "и",
        "ight": "айт",
        "ai": "ай",
        "ei": "ей",
        "j": "дж",
        "ju": "ю",
        "ts": "ц",
    },
}
_LATIN_LETTERS = {
    **dict(zip("абвгдеёжзийклмнопрстуфхцыэ", "abvgdeejziiklmnoprstufhcye", strict=True)),
    **{"ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya", "ь": "", "ъ": "", "кс": "x", "дж": "j"},
}
_PIECE_TO_CYRILLIC = re.compile("ight|sch|sh|ch|zh|ph|th|kh|ck|qu|yu|ya|oo|ee|ai|ei|ju|ts|.")
_PIECE_TO_LATIN = re.compile("кс|дж|.")


def sound_key(word: str) -> str:
    """One key for a word as it sounds, whichever alphabet it is typed in; digits and other signs stay.

    Two spellings of one name usually share the key («ханеул», Haneul); unlike names seldom do. Compare keys of four
    letters and more: short ones meet by chance.
    """
    word = word.lower()
    if _CYRILLIC.search(word):
        sounds = _PIECE_OF_CYRILLIC.sub(lambda piece: _SOUNDS_OF_CYRILLIC.get(piece.group(), piece.group()), word)
    else:
        sounds = _of_latin(word)
    once = _DOUBLED.sub(lambda run: run.group() if run.group(1).isdigit() else run.group(1), sounds)
    return once[:-1] + once[-1:].translate(_VOICELESS_AT_THE_END)


def transliterations(word: str) -> tuple[str, ...]:
    """Likely spellings of a brand or model name in the other alphabet, in lower case, the plainest first."""
    word = word.lower()
    if _CYRILLIC.search(word):
        plain = _PIECE_TO_LATIN.sub(lambda piece: _LATIN_LETTERS.get(piece.group(), piece.group()), word)
        other = plain.replace("v", "w"), plain.replace("k", "c"), plain.replace("i", "y")
    else:
        plain = _PIECE_TO_CYRILLIC.sub(lambda piece: _CYRILLIC_LETTERS.get(piece.group(), piece.group()), word)
        other = plain.replace("е", "э", 1), _PIECE_TO_CYRILLIC.sub(_as_read, _spoken(word)), plain.replace("в", "у")
    return tuple(dict.fromkeys((plain, *other)))


def _of_latin(word: str) -> str:
    return _PIECE_OF_LATIN.sub(lambda piece: _SOUNDS_OF_LATIN.get(piece.group(), piece.group()), _spoken(word))


def _spoken(word: str) -> str:
    """An English mute e off, the vowel before it as it is read in a word of one syllable: «nike» is naik."""
    soft = _SOFT_C.sub("s", word)
    return _MUTE_END.sub("", _LONG_VOWEL.sub(lambda read: f"{read[1]}{_LONG[read[2]]}{read[3]}", soft))


def _as_read(piece: re.Match[str]) -> str:
    return _CYRILLIC_LETTERS.get(piece.group(), piece.group())
