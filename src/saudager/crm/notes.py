"""How what was written elsewhere reads in a lead: a letter under its heads, a talk line by line, never too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

LONGEST = 4000
"""Characters of one note."""
_GOES_ON = "(продолжение, часть {part} из {parts})"


@dataclass(frozen=True, slots=True)
class LetterHeads:
    """A letter as its note names it."""

    incoming: bool
    sender: str
    recipient: str
    subject: str
    message_id: str
    at: datetime
    """In the shop's zone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a talk; ``at`` in the shop's zone."""

    by: str
    text: str
    at: datetime


def letter(heads: LetterHeads, text: str) -> list[str]:
    """The notes that hold the whole letter, each under its heads."""
    title = "Входящее письмо" if heads.incoming else "Исходящее письмо"
    head = "\n".join(
        (
            f"{title}, {heads.at:%d.%m.%Y %H:%M}",
            f"От: {heads.sender}",
            f"Кому: {heads.recipient}",
            f"Тема: {heads.subject or '(без темы)'}",
            f"Message-ID: <{heads.message_id}>",
        )
    )
    return in_parts(head, text)


def talk(title: str, lines: Sequence[Said]) -> list[str]:
    """The notes that hold the lines, each day under its date."""
    return in_parts(title, "\n".join(_days(lines)))


def in_parts(head: str, body: str) -> list[str]:
    """The text under its head, in as many notes as it needs: parts end at a line, or within one that is too long."""
    room = max(LONGEST - len(head) - len(_GOES_ON) - 8, 500)
    parts = list(_cut(body.strip(), room))
    if len(parts) == 1:
        return [f"{head}\n\n{parts[0]}".strip()]
    return [
        f"{head}\n{_GOES_ON.format(part=number, parts=len(parts))}\n\n{part}"
        for number, part in enumerate(parts, start=1)
    ]


def _cut(body: str, room: int) -> Iterator[str]:
    while len(body) > room:
        end = body.rfind("\n", 1, room + 1)
        end = end if end > 0 else body.rfind(" ", 1, room + 1)
        end = end if end > 0 else room
        yield body[:end].rstrip()
        body = body[end:].lstrip()
    yield body


def _days(lines: Sequence[Said]) -> Iterator[str]:
    for day, said in groupby(lines, key=lambda line: line.at.date()):
        yield f"{day:%d.%m.%Y}"
        for line in said:
            yield f"{line.at:%H:%M} {line.by}: {line.text}"
