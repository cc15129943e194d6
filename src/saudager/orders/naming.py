"""Names as a message says them: the buyer's first name, and a marketplace's long title cut at a word."""

import re
import unicodedata

from saudager.truth.contacts import links

LONGEST = 60
"""Characters of a title that a short message has room for."""
_NAME = re.compile(r"[^\W\d_]{2,20}(?:-[^\W\d_]{2,20})?")
_NO_NAME = frozenset(
    ("null", "none", "undefined", "nan", "unknown", "имя", "покупатель", "клиент", "гость", "аноним", "тест", "test")
)
_QUOTES = str.maketrans(dict.fromkeys("«»“”„\"'`", ""))


def first_name(name: str | None) -> str | None:
    """«АЙГЕРІМ СЕРІКОВА» as «Айгерім»; None for what is no name: «null», a number, a single letter."""
    words = plain(name or "").split()
    found = words[0].strip(",.") if words else ""
    if not _NAME.fullmatch(found) or found.lower() in _NO_NAME:
        return None
    return found.title() if found.isupper() or found.islower() else found


def short(name: str | None, most: int = LONGEST) -> str:
    """The title without control characters and quotation marks; a long one ends at a word, with «…»."""
    said = plain((name or "").translate(_QUOTES))
    if len(said) <= most:
        return said
    whole_words = said[:most].rpartition(" ")[0] or said[: most - 1]
    return f"{whole_words.rstrip(' ,;:.(/+-–—')}…"


def unlinked(name: str) -> str:
    """«Mebel.kz» as «Mebel»: a messenger makes a link of the first."""
    for link in links(name):
        name = name.replace(link, re.sub(r"^(?:https?://)?(?:www\.)?([^./]+).*", r"\1", link))
    return name


def plain(text: str) -> str:
    """The text in one line, without control and invisible characters."""
    seen = (" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join("".join(seen).split())
