"""Sentences as the guard reads them: «кат. 1» does not end one, and what a semicolon parts is said by itself."""

import re

from saudager import words

_SHORTENED = re.compile(r"(?:^|[\s(,:;«])[^\W\d]{1,4}\.$")
_FULL_WORDS = re.compile(
    r"(?<!\w)(?:лет|дн\w+|год|час|раз|нет|вам|вас|нас|там|тут|все|это|дом|торт|цвет|тг|тнг|руб|шт|кг|км|см|мм|м|л|г|мин|мес|ч)\.$",
    re.IGNORECASE,
)
_PARTED = re.compile(r";\s+")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence; a shortened word before a figure does not end one."""
    spans: list[tuple[int, int]] = []
    for start, end in words.sentence_spans(text):
        before = text[spans[-1][0] : spans[-1][1]] if spans else ""
        goes_on = text[start : start + 1].isdigit() and _SHORTENED.search(before) and not _FULL_WORDS.search(before)
        if goes_on:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def statement_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every part of a sentence that stands between semicolons."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        for gap in [*_PARTED.finditer(text, start, end), None]:
            spans.append((start, gap.start() if gap else end))
            start = gap.end() if gap else end
    return spans
