"""What a figure is by its looks: 15:30 a time, 17.03 two figures, 17-го an ordinal, 45000 a long number."""

import re
from datetime import date

from saudager.calls.line import Word


def figure(kind: str, said: str) -> Word:
    """The word for a ``clock``, a ``pair`` or ``figures`` as they are written."""
    parts = [int(part) for part in re.split(r"\D+", said)]
    if kind == "clock":
        is_clock = parts[0] < 25 and parts[1] < 60
        return Word(said, "C" if is_clock else "U", parts[0], "exact" if said[0] == "0" else "", parts[1])
    if kind == "pair":
        return Word(said, "X", parts[0], "", parts[1])
    if len(said) > 2:
        return Word(said, "B", int(said) if said.isdigit() else 0)
    return Word(said, "N" if parts[0] < 60 else "U", parts[0])


def with_form(word: Word, form: str) -> Word:
    """A figure with an ending, which may make an ordinal of it."""
    if word.kind == "N" and form in ("ord", "nth"):
        return Word(word.text, "O", word.value, "digits" if form == "ord" else "nth")
    word.form = form or word.form
    return word


def full_date(said: str) -> Word:
    """The word for 17.03.2026, 17/03/26 or 2026-03-17."""
    parts = [int(part) for part in re.split(r"\D", said)]
    year, month, day = parts if parts[0] > 31 else reversed(parts)
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return Word(said, "F")
    return Word(said, "F", found.toordinal())
