"""The patterns of ``escalation.txt``: what customers say who want a person, are angry, or speak of money gone wrong."""

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("escalation.txt")
_HEADING = re.compile(r"\[([a-z_]+)\]")
_PIECE = re.compile(r"<([a-z_]+)>")
_WORDS_BETWEEN = re.compile(r"<(\d)>")


def says(what: str, sentence: str) -> bool:
    """Whether a section's pattern stands anywhere in a sentence as ``escalation`` writes it."""
    return _pattern(what).search(sentence) is not None


def says_only(what: str, sentence: str) -> bool:
    """Whether a section's pattern is the whole sentence."""
    return _pattern(what).fullmatch(sentence) is not None


@cache
def _pattern(section: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_alternatives(section)}")


def _alternatives(section: str) -> str:
    """The section's lines as one group; what they refer to stands above them in the file."""
    joined = "|".join(_sections()[section])
    between = _WORDS_BETWEEN.sub(r"(?: \\w+){0,\1}? ", joined)
    return f"(?:{_PIECE.sub(lambda piece: _alternatives(piece[1]), between)})"


@cache
def _sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.fullmatch(line):
            lines = found.setdefault(heading[1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found
