"""How a message must look: short, few emoji, no marks a messenger would show raw."""

import re

from saudager.truth.sentences import sentence_spans

CHARACTERS = 900
SENTENCES = 5
LETTER_CHARACTERS = 2500
"""A letter about orders and figures may be longer than a line in a chat, yet must fit one screen or two."""
EMOJI = 2

_EMOJI = re.compile(
    r"[\U0001F1E6-\U0001F1FF]{2}|[\U0001F1E6-\U0001FAFF☀-➿⬀-⯿]️?[\U0001F3FB-\U0001F3FF]?"
    r"(?:‍[\U0001F1E6-\U0001FAFF☀-➿]️?[\U0001F3FB-\U0001F3FF]?)*"
)
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_HEADING = re.compile(r"(?m)^\s{0,3}#{1,6}\s+")
_BULLET = re.compile(r"(?m)^\s*[-*•]\s+")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_CODE = re.compile(r"`+")
_TABLE = re.compile(r"(?m)^\s*\|.*\|\s*$")
_RULE = re.compile(r"(?m)^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_STARRED_MARK = re.compile(r"(?m)^[ \t]*[*+–-][ \t]+(?=\S)")
_STARRED = re.compile(r"(?m)^\s*[*+-]\s+\S")


def complaints(draft: str, *, letter: bool = False) -> list[str]:
    """Russian sentences about everything in the draft that does not look right."""
    found = []
    if not re.search(r"\w", draft):
        found.append("Ответ пуст.")
    if not letter and (count := len(sentence_spans(draft))) > SENTENCES:
        found.append(f"Слишком длинно: предложений {count}, можно не больше {SENTENCES}.")
    if len(draft) > (most := LETTER_CHARACTERS if letter else CHARACTERS):
        found.append(f"Слишком длинно: знаков {len(draft)}, можно не больше {most}.")
    if (count := len(_EMOJI.findall(draft))) > EMOJI:
        found.append(f"Эмодзи: {count}, можно не больше {EMOJI}.")
    if any(mark.search(draft) for mark in (_BOLD, _HEADING, _LINK, _CODE, _TABLE, _RULE, _STARRED)):
        found.append("Разметка, которую мессенджер покажет как есть.")
    return found


def tidy_letter(text: str) -> str:
    """A letter without Markdown; its lists keep their marks as «•», its paragraphs their blank lines."""
    text = _BOLD.sub(r"\2", _LINK.sub(r"\1: \2", text.replace("\r\n", "\n")))
    text = _RULE.sub("", _CODE.sub("", _HEADING.sub("", text)))
    lines = (line.rstrip() for line in _STARRED_MARK.sub("• ", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def tidy(draft: str) -> str:
    """The draft without Markdown and spare blank lines; its words and figures stay."""
    text = _LINK.sub(r"\1: \2", draft)
    text = _BOLD.sub(r"\2", text)
    text = _CODE.sub("", _HEADING.sub("", _BULLET.sub("", text)))
    return re.sub(r"\n\s*\n+", "\n", text).strip()
