"""A draft on demand: what the salesperson would answer in a conversation a person holds."""

import time
from dataclasses import replace

from saudager.agent import answering, briefing
from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.conversations.models import Author
from saudager.errors import Refused


async def suggest(app: App, conversation_id: int) -> str:
    """The answer to the customer's open lines, or else to his last ones; nothing is sent, stored or booked.

    Raises Refused when the customer has written nothing yet.
    """
    turn = await app.db.read(briefing.open_turn, conversation_id, app.settings)
    asked = turn if turn.lines else _about_the_last_lines(turn)
    if not asked.lines:
        raise Refused("Клиент ещё ничего не написал: отвечать не на что.")
    until = time.monotonic() + app.settings.engine_deadline
    return (await answering.answer(app, asked, until=until, acts=False)).reply


def _about_the_last_lines(turn: OpenTurn) -> OpenTurn:
    """The turn of the customer's last lines in a row, and of nothing said since."""
    end = next((at for at in range(len(turn.earlier), 0, -1) if turn.earlier[at - 1].author == Author.CUSTOMER), 0)
    start = end
    while start and turn.earlier[start - 1].author == Author.CUSTOMER:
        start -= 1
    return replace(turn, earlier=turn.earlier[:start], lines=turn.earlier[start:end])
