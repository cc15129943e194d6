"""Find the words of the documents a misspelt word may have meant: trigrams pick them, likeness decides.

Words are compared by how they sound in Latin letters, so that a brand is found in either script.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.db.statements import Statement

_SHORTEST = 3
_NEAREST, _LOOKED_AT = 3, 24
_ALIKE, _ALIKE_WHEN_SHORT = 0.74, 0.8
_LONG, _TINY = 6, 4
_PAIRS = (
    "аa бb вv гg дd еe жj зz иi йi кk лl мm нn оo пp рr сs тt уu фf хh цc чch шsh щsh ъ ыi ь эe юiu яia "
    "әa іi ңn ғg үu ұu қk өo һh"
)
_LATIN = {pair[0]: pair[1:] for pair in _PAIRS.split()}
_ALIKE_LETTERS = (
    *(("sch", "sh"), ("tch", "ch"), ("zh", "j"), ("kh", "h")),
    *(("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "kv")),
)
_LETTERS = str.maketrans({"w": "v", "y": "i", "q": "k", "x": "ks"})

_NEAR = Statement(
    "select word, sound from passages_words where passages_words match :grams order by rank limit :limit",
    postgresql="select word, sound from passages_words order by sound <-> :heard, word limit :limit",
)
_KNOWN = Statement("select word from passages_words")
_ADD = text("insert into passages_words (sound, word) values (:sound, :word)")
_TIDY = Statement(
    "delete from passages_words where word not in (select term from passages_vocab)",
    postgresql="""
        delete from passages_words where word not in (select word from ts_stat('select words from passages_fts'))""",
)


def learn(session: Session, lines: Iterable[str]) -> None:
    """Add the words of indexed lines to those that are found by their spelling."""
    words = {word for line in lines for word in line.split() if _counts(word)}
    new = words - {row[0] for row in _KNOWN(session).fetchall()} if words else words
    if new:
        session.execute(_ADD, [{"sound": sound(word), "word": word} for word in sorted(new)])


def tidy(session: Session) -> None:
    """Drop words no document uses any more."""
    _TIDY(session)


def meant_by(session: Session, word: str) -> tuple[str, ...]:
    """Words of the documents spelt or sounding like this one, the likest first; empty when none is near enough."""
    if not _counts(word):
        return ()
    heard = sound(word)
    grams = {heard[at : at + 3] for at in range(len(heard) - 2)}
    if not grams:
        return ()
    query = " OR ".join(f'"{gram}"' for gram in sorted(grams))
    rows = _NEAR(session, grams=query, heard=heard, limit=_LOOKED_AT).fetchall()
    near = ((_likeness(heard, other), known) for known, other in rows)
    enough = _ALIKE if len(heard) >= _LONG else _ALIKE_WHEN_SHORT if len(heard) > _TINY else 1.0
    best = sorted((pair for pair in near if pair[0] >= enough), key=lambda pair: (-pair[0], pair[1]))
    return tuple(known for likeness, known in best[:_NEAREST] if likeness >= best[0][0] - 0.1)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """The word in Latin letters, with letters that sound alike made one and doubled ones single."""
    heard = "".join(_LATIN.get(letter, letter) for letter in word)
    for written, meant in _ALIKE_LETTERS:
        heard = heard.replace(written, meant)
    heard = re.sub(r"c(?=[eiy])", "s", heard) if word.isascii() else heard
    return re.sub(r"(.)\1+", r"\1", heard.translate(_LETTERS))


def _counts(word: str) -> bool:
    return len(word) >= _SHORTEST and word.isalpha()


def _likeness(one: str, other: str) -> float:
    """From 0 to 1; a long word that holds the other one whole is like it."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _LONG and shorter[:-1] in longer:
        return max(0.8, SequenceMatcher(None, one, other, autojunk=False).ratio())
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
