"""What is still to be answered of a turn when code has settled a part of it."""

from collections.abc import Callable
from dataclasses import replace

from saudager.agent.briefing import OpenTurn
from saudager.contracts import Kind
from saudager.conversations.models import Message
from saudager.words import sentences


def questions_left(turn: OpenTurn, is_settled: Callable[[str], bool]) -> OpenTurn | None:
    """The turn with only the questions of its lines that are not settled yet; None when there is none."""
    lines = []
    for line in turn.lines:
        asked = [one for one in sentences(line.text or "") if one.endswith("?") and not is_settled(one)]
        if asked:
            lines.append(_saying(line, " ".join(asked)))
    return replace(turn, lines=lines, overlooked=frozenset()) if lines else None


def _saying(line: Message, text: str) -> Message:
    return Message(
        id=line.id,
        conversation_id=line.conversation_id,
        account=line.account,
        message_id=line.message_id,
        author=line.author,
        kind=Kind.TEXT,
        text=text,
        is_voice=False,
        history=False,
        sent_at=line.sent_at,
        received_at=line.received_at,
        deleted=False,
    )
