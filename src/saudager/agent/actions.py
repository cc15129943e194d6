"""What the salesperson may do besides answering: code does it first and tells what really happened."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.agent import picturing
from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.calls import booking
from saudager.calls.booking import Booked, Refusal
from saudager.calls.phrases import read_time
from saudager.contracts import Media
from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.moments import spoken
from saudager.outreach import consent
from saudager.providers.llm import Action
from saudager.settings import Settings
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
    is_news: bool = False
    """Whether the model must hear of it before it can answer."""
    pictures: tuple[tuple[int, Media], ...] = ()
    """What goes out with the reply, each with the picture's id."""


Doing = Callable[[App, OpenTurn, Action], Awaitable[Happened]]
Running = Callable[[App, OpenTurn, Sequence[Action]], Awaitable[list[Happened]]]


async def _hand_over(app: App, turn: OpenTurn, action: Action) -> Happened:
    """The question is put on a person's desk together with the reply, in its transaction."""
    return Happened(action, True, "Вопрос передан человеку.", (NamedFact("handed_over", "true"),))


async def _offer_slots(app: App, turn: OpenTurn, action: Action) -> Happened:
    return await app.db.run(_offer, turn, action, app.settings, now=app.clock.now())


async def _book(app: App, turn: OpenTurn, action: Action) -> Happened:
    """Also moves the call a customer has ahead."""
    return await app.db.run(_agree, turn, action, app.settings, now=app.clock.now())


async def _cancel(app: App, turn: OpenTurn, action: Action) -> Happened:
    return await app.db.run(_call_off, turn, action, app.settings, now=app.clock.now())


async def _send_pictures(app: App, turn: OpenTurn, action: Action) -> Happened:
    """They leave with the reply, in its transaction, or not at all."""
    found = await app.db.read(picturing.fitting, turn, [action.detail], app.settings)
    ready = await picturing.ready(app, turn, found)
    if not ready:
        return _undone(action, "Проверенной картинки этого нет: скажи, что уточнишь, и передай вопрос человеку.")
    titles = "; ".join(dict.fromkeys(one.title for one in found))
    told = f"С ответом уйдут картинки ({len(ready)}): {titles}. Под ними сказано, что это иллюстрации, а не фото."
    return Happened(action, True, told, (NamedFact("pictured", "true", "фото, картинка"),), pictures=tuple(ready))


async def _stop_offers(app: App, turn: OpenTurn, action: Action) -> Happened:
    return await app.db.run(_leave_alone, turn, action, now=app.clock.now())


_KNOWN: dict[str, Doing] = {
    "hand_over": _hand_over,
    "offer_slots": _offer_slots,
    "book": _book,
    "reschedule": _book,
    "cancel": _cancel,
    "send_picture": _send_pictures,
    "stop_offers": _stop_offers,
}
_NAMES = {
    "offer_slots": "предложить время",
    "book": "записать на звонок",
    "reschedule": "перенести запись",
    "cancel": "отменить звонок",
    "hand_over": "передать человеку",
    "send_picture": "отправить картинку",
    "stop_offers": "больше не писать первыми",
    "note_interest": "отметить, что интересно",
}


_WHY_NOT = {
    Refusal.TAKEN: "Это время занято.",
    Refusal.PAST: "Это время прошло.",
    Refusal.TOO_FAR: "Так далеко вперёд не записываем.",
    Refusal.OUT_OF_HOURS: "Это не рабочее время.",
}


async def run(app: App, turn: OpenTurn, wanted: Sequence[Action]) -> list[Happened]:
    """Do what is wanted, each thing once, in order; what cannot be done here is told as not done."""
    once = {(action.kind, action.detail): action for action in wanted}.values()
    return [await _KNOWN.get(action.kind, _not_here)(app, turn, action) for action in once]


async def refuse(app: App, turn: OpenTurn, wanted: Sequence[Action]) -> list[Happened]:
    """Do nothing of it, for an answer a person will read first; a question may still be left to him."""
    return [
        await _hand_over(app, turn, action)
        if action.kind == "hand_over"
        else _undone(action, "Сейчас ничего не делается, отвечает человек.")
        for action in wanted
    ]


async def _not_here(app: App, turn: OpenTurn, action: Action) -> Happened:
    return _undone(action, "Магазин этого здесь не умеет.")


def _undone(action: Action, why: str) -> Happened:
    return Happened(action, False, f"Не сделано: {_NAMES[action.kind]}. {why}")


def _offer(session: Session, turn: OpenTurn, action: Action, settings: Settings, *, now: datetime) -> Happened:
    slots = booking.free(session, settings, now=now)
    if not slots:
        return _undone(action, "Свободного времени нет.")
    booking.offer(session, turn.conversation.id, slots, now=now)
    return Happened(action, True, f"Свободно: {_listed(slots)}.", _proved("free_slot", slots), is_news=True)


def _agree(session: Session, turn: OpenTurn, action: Action, settings: Settings, *, now: datetime) -> Happened:
    local = now.astimezone(settings.zone)
    meant = read_time(action.detail, local, asked=True) or read_time(" ".join(turn.new_words), local)
    if meant is None or meant.at is None:
        return _undone(action, "Точное время не названо: спроси его.")
    done = booking.book(
        session,
        turn.contact.id,
        turn.conversation.id,
        meant.at,
        settings=settings,
        notes=" ".join(turn.new_words)[:500],
        now=now,
    )
    if isinstance(done, Booked):
        at = done.at.astimezone(settings.zone)
        return Happened(action, True, f"Записан звонок {spoken(at)}.", _proved("booked_call", [at]), is_news=True)
    why = _WHY_NOT[done.why]
    booking.offer(session, turn.conversation.id, done.instead, now=now)
    undone = _undone(action, f"{why} Свободно: {_listed(done.instead)}.")
    return Happened(action, False, undone.told, _proved("free_slot", done.instead))


def _call_off(session: Session, turn: OpenTurn, action: Action, settings: Settings, *, now: datetime) -> Happened:
    call = booking.standing(session, turn.contact.id, now=now)
    if call is None:
        return _undone(action, "Звонка не назначено.")
    booking.cancel(session, call, settings=settings, now=now)
    at = call.scheduled_at.astimezone(settings.zone)
    return Happened(action, True, f"Отменён звонок {spoken(at)}.", _proved("cancelled_call", [at]), is_news=True)


def _leave_alone(session: Session, turn: OpenTurn, action: Action, *, now: datetime) -> Happened:
    words = " ".join(turn.new_words)
    consent.note_of_conversation(session, turn.conversation.id, consent.OFFERS, words, now)
    plan.stop(session, turn.contact.id, Stop.OPTED_OUT, now=now)
    return Happened(
        action, True, "Больше не пишем ему первыми с предложениями.", (NamedFact("offers_stopped", "true"),)
    )


def _listed(slots: Sequence[datetime]) -> str:
    return "; ".join(map(spoken, slots))


def _proved(name: str, moments: Sequence[datetime]) -> tuple[NamedFact, ...]:
    return tuple(NamedFact(name, at.isoformat()) for at in moments)
