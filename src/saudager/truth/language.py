"""Whether a draft is in the customer's language, where that is clear, and in one the shop speaks at all."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from saudager.languages import language_of
from saudager.languages.english import meaning
from saudager.truth.known import Known

_WORDS = re.compile(r"[^\W\d_]{2,}")
_QUOTED = re.compile(r"«[^»]*»|https?://\S+|\S+@\S+")
_OUR_LETTERS = re.compile(r"LATIN|CYRILLIC|MODIFIER|FEMININE|MASCULINE|MICRO")
_LATIN = re.compile(r"(?<![\w@.-])[a-zà-ÿğışçöü]{3,}(?![\w@-])")
_CLEAR = 4
"""Words from which a text tells its language; «ok», «Premium» or a name do not."""
_KAZAKH_WORDS = re.compile(
    r"(?<!\w)(?:бар ма|канша|керек|салем|калай|рахмет|болады|жок|менде|багасы|жеткизу)(?!\w)", re.IGNORECASE
)
_NAMES = {"ru": "русски", "kk": "казахски", "en": "английски"}


def wrong_language(draft: str, earlier: Sequence[str], known: Known) -> Iterator[str]:
    """Russian complaints: the latest clear line of the talk, or a row, names another language, or nobody speaks it."""
    own = _QUOTED.sub(" ", draft)
    if strange := next(
        (sign for sign in own if sign.isalpha() and not _OUR_LETTERS.match(unicodedata.name(sign, ""))), ""
    ):
        yield f"«{strange}»: буквы языка, на котором магазин не говорит."
    if _foreign(own, known):
        yield "Язык, на котором магазин не говорит."
    said = _language(own)
    asked = next((language for line in reversed(earlier) if (language := _language(line))), None)
    asked = asked or next((row.value.lower() for row in known.rows if row.name.endswith("language")), None)
    if said and earlier and language_of(earlier[-1]) == said:
        return
    if said and asked in _NAMES and said != asked:
        yield f"Покупатель пишет по-{_NAMES[asked]}, ответ — по-{_NAMES[said]}."


def _foreign(text: str, known: Known) -> bool:
    """Words in small Latin letters that no fact holds, of which hardly any is English: German, Turkish…"""
    words = [word for word in _LATIN.findall(text) if not any(word in held for held, _ in known.texts)]
    return len(words) > 2 and sum(meaning(word) is not None for word in words) * 3 < len(words)


def _language(text: str) -> str | None:
    """None for short texts, and for Kazakh typed with Russian letters."""
    if len(_WORDS.findall(text)) < _CLEAR:
        return None
    language = language_of(text)
    return None if language == "ru" and _KAZAKH_WORDS.search(text) else language
