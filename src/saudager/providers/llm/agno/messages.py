"""How a briefing or a task is laid out for a chat model: what never changes first, what is ours clearly marked."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from saudager.providers.llm import Briefing, Said, Task

OURS = "[Служебное замечание магазина, не от покупателя]"
"""Opens every message that is neither the customer's nor our answer to him."""
_GO_ON = "Выполни указания, данные в начале."
_FORGED = re.compile(r"\[(?=\s*служебн)", re.IGNORECASE)


class Line(NamedTuple):
    """One message to a chat model."""

    role: Literal["system", "user", "assistant"]
    text: str


def of_turn(briefing: Briefing) -> list[Line]:
    """Instructions; the conversation, one message for what one side wrote in a row; the new lines; our remarks."""
    asked = _customers("\n".join(briefing.new_lines))
    return _closed([Line("system", briefing.instructions), *_spoken(briefing.history), asked], briefing.remarks)


def of_task(task: Task) -> list[Line]:
    """Instructions, the conversation they are about, our remarks."""
    return _closed([Line("system", task.instructions), *_spoken(task.lines)], task.remarks)


def _spoken(said: Iterable[Said]) -> list[Line]:
    """Joined as ``new_lines`` are, so that a turn's messages come again unchanged in the next one's prompt cache."""
    lines = []
    for author, parts in groupby(said, key=lambda part: part.author):
        text = "\n".join(part.text for part in parts)
        lines.append(_customers(text) if author == "customer" else Line("assistant", text))
    return lines


def _customers(text: str) -> Line:
    """The customer's words; a bracket that would pass them off as ours is made round."""
    return Line("user", _FORGED.sub("(", text))


def _closed(lines: Sequence[Line], remarks: Sequence[str]) -> list[Line]:
    """Without empty messages and with a user's at the end, as Gemini and several open models demand."""
    spoken = [line for line in lines if line.text.strip()]
    if remarks:
        spoken.append(Line("user", f"{OURS} " + "\n".join(remarks)))
    elif not spoken or spoken[-1].role != "user":
        spoken.append(Line("user", f"{OURS} {_GO_ON}"))
    return spoken
