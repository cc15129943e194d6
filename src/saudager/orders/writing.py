"""The words of one message to a buyer: a model writes them from the order's rows, the guard looks, or they are ours."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager import promises, prompts
from saudager.app import App
from saudager.contracts import MessageClass
from saudager.errors import OutsideError, Refused
from saudager.knowledge import search
from saudager.moments import spoken_day, spoken_now
from saudager.orders import proofs, words
from saudager.orders.delivery import Way
from saudager.orders.models import Trigger
from saudager.orders.naming import short
from saudager.orders.proofs import MOST_CHARACTERS
from saudager.orders.subjects import Subject, subject
from saudager.prompts import Prompt
from saudager.providers.llm import Fact, Task
from saudager.settings import Settings
from saudager.truth.style import tidy

__all__ = ["FALLBACK", "Subject", "Written", "subject", "write"]

FALLBACK = "fallback"
"""The engine of a message that no model wrote."""
_ROUNDS = 2
_PASSAGES = 10
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Written:
    """A message that may go, with its opt-out line; ``offered`` are skus of the products it names."""

    text: str
    engine: str
    offered: list[str]


async def write(app: App, subject: Subject, *, now: datetime) -> Written:
    """A model's words when one writes what may be said, else a line of our own; raises Refused for an offer of nothing.

    Every figure in it stands in the order, in the catalogue's row of a recommended product, or in what the shop's
    documents and promises say.
    """
    if subject.is_pointless:
        raise Refused("Предложить нечего: в каталоге нет подходящего товара с ценой и остатком.")
    tail = f"\n{words.OPT_OUT[subject.language]}" if subject.message_class is MessageClass.MARKETING else ""
    room = MOST_CHARACTERS[subject.first_contact] - len(tail)
    text, engine = await _by_model(app, subject, room, now=now) or (_by_us(app, subject, room, now=now), FALLBACK)
    return Written(f"{text}{tail}", engine, proofs.offered(subject, text))


async def _by_model(app: App, subject: Subject, room: int, *, now: datetime) -> tuple[str, str] | None:
    prompt = await app.db.read(prompts.in_force, "order_message", app.settings.prompts_dir)
    remarks: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        try:
            answered = await app.model.write(_task(app, subject, prompt, room, remarks, now=now))
        except OutsideError:
            return None
        text = tidy(answered.value)
        passages = await app.db.read(_passages, text, app.settings, now=now) if _FIGURE.search(text) else []
        local = now.astimezone(app.settings.zone)
        problems = proofs.problems(subject, text, passages=passages, room=room, now=local)
        if not problems:
            return text, answered.engine
        remarks = tuple(f"Так написать нельзя: {problem}" for problem in problems)
    return None


def _by_us(app: App, subject: Subject, room: int, *, now: datetime) -> str:
    """The fullest line of ours that passes; an odd title or name leaves the barest."""
    ours = list(words.lines(subject))
    local = now.astimezone(app.settings.zone)
    return next((one for one in ours if not proofs.problems(subject, one, room=room, now=local)), ours[-1])


def _passages(session: Session, asked: str, settings: Settings, *, now: datetime) -> list[Fact]:
    today = now.astimezone(settings.zone).date()
    promised = promises.facts(session, asked, today=today, currency=settings.currency)
    return [*search.search(session, asked, limit=_PASSAGES), *promised]


def _task(app: App, subject: Subject, prompt: Prompt, room: int, remarks: Sequence[str], *, now: datetime) -> Task:
    return Task(
        instructions=prompt.fill(
            occasion=_OCCASIONS[subject.trigger],
            shop_name=subject.shop_name,
            buyer_name=subject.buyer_name or "неизвестно, обращайся без имени",
            message_language=_LANGUAGES[subject.language],
            order_facts=_told(subject),
            recommended_products=_recommended(subject),
            most_characters=str(room),
            conversation_history="(в сообщениях ниже)" if subject.history else "Он ещё ничего не писал.",
            current_datetime=spoken_now(now.astimezone(app.settings.zone)),
        ),
        lines=list(subject.history),
        remarks=tuple(remarks),
        contact_id=subject.contact_id,
        until=time.monotonic() + app.settings.engine_deadline,
    )


def _told(subject: Subject) -> str:
    """The order as a model reads it."""
    told = [f"Номер заказа: {subject.code}", f"Заказан: {spoken_day(subject.placed_on)}"]
    told += [
        f"Товар: {item.name or 'без названия'} — {item.quantity.normalize():f} шт. по "
        f"{words.money(item.price, subject.currency)}, такой была цена в заказе"
        for item in subject.lines
    ]
    told.append(f"Сумма заказа: {words.money(subject.total, subject.currency)}")
    if subject.trigger in (Trigger.POST_PURCHASE, Trigger.ORDER_READY):
        told.append(f"Как получит: {_WAYS[subject.way]}")
        day = spoken_day(subject.planned_on) if subject.planned_on else "не назначен, день не называй"
        told.append(f"Назначенный день: {day}")
    return "\n".join(told)


def _recommended(subject: Subject) -> str:
    return (
        "\n".join(
            f"{short(one.name)} — {words.money(one.price, one.currency)} ({_WHY[one.why]})"
            for one in subject.recommended
        )
        or "Ничего не предлагай."
    )


_OCCASIONS = {
    Trigger.POST_PURCHASE: "Заказ принят. Поблагодари; если ниже есть товар для предложения, коротко предложи его.",
    Trigger.ORDER_READY: "Заказ готов к выдаче или к доставке: скажи, что с ним сейчас, точно как в сведениях.",
    Trigger.ORDER_DELIVERED: "Заказ получен. Поблагодари и попроси написать сюда, если что-то не так.",
    Trigger.REVIEW_REQUEST: "Заказ получен несколько дней назад. Попроси отзыв там, где он заказывал; ничего за "
    "него не обещай.",
    Trigger.CROSS_SELL: "Заказ давно получен. Предложи товар из списка ниже с его ценой: он подходит к покупке.",
    Trigger.REPLENISHMENT: "Заказ давно получен. Спроси, не закончилось ли купленное, и предложи написать, если "
    "нужно ещё.",
}
_LANGUAGES = {"ru": "русский", "kk": "казахский", "en": "английский"}
_WAYS = {
    Way.FETCHED: "забирает сам",
    Way.BROUGHT: "доставка; передан ли заказ курьеру, неизвестно, не говори об этом",
    Way.SENT: "доставка; заказ уже передан курьеру",
    Way.UNKNOWN: "неизвестно, не говори об этом",
}
_WHY = {"together": "часто берут вместе", "category": "из той же категории"}
