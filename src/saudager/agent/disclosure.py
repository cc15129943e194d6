"""Saying that an AI writes, where the shop wants it said."""

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.settings import Settings


def disclosed(reply: str, turn: OpenTurn, settings: Settings) -> str:
    """The reply, with one line above the first one of a conversation when DISCLOSE_AI is set."""
    if not settings.disclose_ai or turn.answered:
        return reply
    return f"{courtesy.AI_WRITES[courtesy.of_lines(turn.new_words)]}\n{reply}"
