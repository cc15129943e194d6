"""How an answer must look: short, few emoji, no marks a messenger would show raw."""

import re

from saudager.words import sentences

SENTENCES = 5
CHARACTERS = 900
EMOJI = 2

_EMOJI = re.compile(r"[\U0001F1E6-\U0001FAFF☀-➿⬀-⯿]️?(?:‍[\U0001F1E6-\U0001FAFF☀-➿]️?)*")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_HEADING = re.compile(r"(?m)^\s{0,3}#{1,6}\s+")
_BULLET = re.compile(r"(?m)^\s*[-*•]\s+")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_CODE = re.compile(r"`+")
_TABLE = re.compile(r"(?m)^\s*\|.*\|\s*$")


def complaints(draft: str) -> list[str]:
    """Russian sentences about everything in the draft that does not look right."""
    found = []
    if not re.search(r"\w", draft):
        found.append("Ответ пуст.")
    if (count := len(sentences(draft))) > SENTENCES:
        found.append(f"Слишком длинно: предложений {count}, можно не больше {SENTENCES}.")
    if len(draft) > CHARACTERS:
        found.append(f"Слишком длинно: знаков {len(draft)}, можно не больше {CHARACTERS}.")
    if (count := len(_EMOJI.findall(draft))) > EMOJI:
        found.append(f"Эмодзи: {count}, можно не больше {EMOJI}.")
    if any(mark.search(draft) for mark in (_BOLD, _HEADING, _LINK, _CODE, _TABLE)):
        found.append("Разметка, которую мессенджер покажет как есть.")
    return found


def tidy(draft: str) -> str:
    """The draft without Markdown and spare blank lines; its words and figures stay."""
    text = _LINK.sub(r"\1: \2", draft)
    text = _BOLD.sub(r"\2", text)
    text = _CODE.sub("", _HEADING.sub("", _BULLET.sub("", text)))
    return re.sub(r"\n\s*\n+", "\n", text).strip()
