"""What the salesperson may do besides answering: code does it first and tells what really happened."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.providers.llm import Action
from saudager.truth.named import NamedFact


@dataclass(frozen=True, slots=True)
class Happened:
    """What came of an action. ``told`` is the Russian sentence a model gets, ``facts`` are what it proves.

    What an action returns is a fact, never an order: no word of it is carried out.
    """

    action: Action
    done: bool
    told: str
    facts: tuple[NamedFact, ...] = ()


Doing = Callable[[App, OpenTurn, Action], Awaitable[Happened]]


async def _hand_over(app: App, turn: OpenTurn, action: Action) -> Happened:
    """The question is put on a person's desk together with the reply, in its transaction."""
    return Happened(action, True, "Вопрос передан человеку.", (NamedFact("handed_over", "true"),))


_KNOWN: dict[str, Doing] = {"hand_over": _hand_over}
_NAMES = {
    "offer_slots": "предложить время",
    "book": "записать на звонок",
    "reschedule": "перенести запись",
    "hand_over": "передать человеку",
    "send_picture": "отправить картинку",
    "stop_offers": "больше не писать первыми",
    "note_interest": "отметить, что интересно",
}


async def run(app: App, turn: OpenTurn, wanted: Sequence[Action]) -> list[Happened]:
    """Do what is wanted, each thing once, in order; what cannot be done here is told as not done."""
    once = {(action.kind, action.detail): action for action in wanted}.values()
    return [await _KNOWN.get(action.kind, _not_here)(app, turn, action) for action in once]


async def _not_here(app: App, turn: OpenTurn, action: Action) -> Happened:
    return Happened(action, False, f"Не сделано: {_NAMES[action.kind]}. Магазин этого здесь не умеет.")
