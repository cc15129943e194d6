"""What rules may speak of: every name with its kind, in words, and what each event tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from saudager.events import Happened


class Kind(StrEnum):
    """What a name stands for, and so what it can be compared with."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    ANY = "any"
    """A field the merchant has made: texts, of which there may be several, compared as numbers with a number."""


@dataclass(frozen=True, slots=True)
class Name:
    kind: Kind
    says: str


NUMBER, TEXT, TRUTH = Kind.NUMBER, Kind.TEXT, Kind.TRUTH
LEAD_FIELD = "lead.field:"
"""Before the name of a field of the CRM: ``lead.field:Город``."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LEAD_FACTS = {
    "lead": Name(NUMBER, "номер сделки в CRM"),
    "name": Name(TEXT, "название сделки"),
    "price": Name(NUMBER, "сумма сделки"),
    "pipeline": Name(TEXT, "воронка"),
    "stage": Name(TEXT, "этап, на котором сделка стоит"),
    "old_stage": Name(TEXT, "этап, с которого она пришла"),
    "responsible": Name(TEXT, "ответственный"),
}
_ORDER_FACTS = {
    "code": Name(TEXT, "номер заказа"),
    "total": Name(NUMBER, "сумма заказа"),
    "currency": Name(TEXT, "валюта заказа"),
    "shop": Name(TEXT, "магазин"),
    "stage": Name(TEXT, "шаг заказа"),
}
TOLD: Mapping[Happened, Mapping[str, Name]] = {
    Happened.CUSTOMER_WROTE: {
        "text": Name(TEXT, "что написал клиент"),
        "is_first": Name(TRUTH, "это его первое сообщение в этом чате"),
        "account": Name(TEXT, "наш номер или почтовый ящик"),
        "is_client": Name(TRUTH, "это клиент, а не поставщик или знакомый"),
    },
    Happened.CUSTOMER_STOPPED: {"wish": Name(TEXT, "чего он не хочет: everything (ничего) или offers (рекламы)")},
    Happened.HANDED_OVER: {"reason": Name(TEXT, "почему позвали человека")},
    Happened.CALL_BOOKED: {"at": Name(TEXT, "день и время созвона")},
    Happened.CALL_CANCELLED: {"at": Name(TEXT, "день и время отменённого созвона")},
    Happened.FOLLOW_UPS_ENDED: {"reason": Name(TEXT, "чем кончились напоминания")},
    Happened.ORDER_PLACED: _ORDER_FACTS,
    Happened.ORDER_READY: _ORDER_FACTS,
    Happened.ORDER_DELIVERED: _ORDER_FACTS,
    Happened.ORDER_CANCELLED: _ORDER_FACTS,
    Happened.LETTER_ANSWERED: {
        "subject": Name(TEXT, "тема письма"),
        "text": Name(TEXT, "что ответил клиент"),
    },
    Happened.LETTER_BOUNCED: {
        "address": Name(TEXT, "адрес, на который письмо не дошло"),
        "reason": Name(TEXT, "почему: bounced (не дошло) или complained (жалоба)"),
    },
    Happened.LEAD_ADDED: _LEAD_FACTS,
    Happened.LEAD_STAGE_CHANGED: _LEAD_FACTS,
    Happened.LEAD_WON: _LEAD_FACTS,
    Happened.LEAD_LOST: _LEAD_FACTS,
    Happened.LEAD_CHANGED: _LEAD_FACTS,
    Happened.SCHEDULED: {},
}
"""The facts each event brings, without ``event.`` before them."""

SAYS: Mapping[Happened, str] = {
    Happened.CUSTOMER_WROTE: "клиент написал",
    Happened.CUSTOMER_STOPPED: "клиент попросил ему не писать",
    Happened.HANDED_OVER: "разговор передан человеку",
    Happened.CALL_BOOKED: "назначен созвон",
    Happened.CALL_CANCELLED: "созвон отменён",
    Happened.FOLLOW_UPS_ENDED: "напоминания клиенту кончились",
    Happened.ORDER_PLACED: "сделан заказ",
    Happened.ORDER_READY: "заказ готов к выдаче",
    Happened.ORDER_DELIVERED: "заказ выдан",
    Happened.ORDER_CANCELLED: "заказ отменён или возвращён",
    Happened.LETTER_ANSWERED: "клиент ответил на наше письмо",
    Happened.LETTER_BOUNCED: "письмо не дошло или на него пожаловались",
    Happened.LEAD_ADDED: "в CRM появилась сделка",
    Happened.LEAD_STAGE_CHANGED: "сделка перешла на другой этап",
    Happened.LEAD_WON: "сделка выиграна",
    Happened.LEAD_LOST: "сделка проиграна",
    Happened.LEAD_CHANGED: "в сделке что-то изменили",
    Happened.SCHEDULED: "подошло время правила",
}

CAME = "wait.came"
ON_THE_WAY: Mapping[str, Name] = {CAME: Name(TRUTH, "событие, которого ждали последним, пришло вовремя")}
"""Names that stand for something in a sequence alone."""

NAMES: Mapping[str, Name] = {
    "contact.name": Name(TEXT, "имя клиента"),
    "contact.first_name": Name(TEXT, "имя без фамилии"),
    "contact.phone": Name(TEXT, "его телефон, одними цифрами"),
    "contact.email": Name(TEXT, "его адрес почты"),
    "contact.is_client": Name(TRUTH, "это клиент, а не поставщик или знакомый"),
    "contact.wish": Name(TEXT, "чего он не хочет: everything (ничего) или offers (рекламы)"),
    "contact.days_silent": Name(NUMBER, "сколько дней от него нет ни слова"),
    "contact.days_since_purchase": Name(NUMBER, "сколько дней назад он купил в последний раз"),
    "lead.name": Name(TEXT, "название сделки"),
    "lead.price": Name(NUMBER, "сумма сделки"),
    "lead.pipeline": Name(TEXT, "воронка"),
    "lead.stage": Name(TEXT, "этап"),
    "lead.responsible": Name(TEXT, "ответственный"),
    "lead.days_in_stage": Name(NUMBER, "сколько дней сделка стоит на этом этапе"),
    "lead.is_open": Name(TRUTH, "сделка ещё не выиграна и не проиграна"),
    "order.code": Name(TEXT, "номер заказа"),
    "order.total": Name(NUMBER, "сумма заказа"),
    "order.currency": Name(TEXT, "валюта заказа"),
    "order.shop": Name(TEXT, "магазин"),
    "order.stage": Name(TEXT, "шаг заказа: placed, approved, ready, delivered, cancelled, returned"),
    "order.days_since": Name(NUMBER, "сколько дней назад заказ сделан"),
    "conversation.account": Name(TEXT, "наш номер или почтовый ящик"),
    "conversation.is_with_person": Name(TRUTH, "разговор сейчас ведёт человек"),
    "now.hour": Name(NUMBER, "час дня в часовом поясе магазина, 0–23"),
    "now.weekday": Name(TEXT, "день недели: mon, tue, wed, thu, fri, sat, sun"),
}


def known(name: str, heard: Happened | None, *, on_the_way: bool) -> Name | None:
    """The name, where this event is what is heard (None: it begins by hand), in a sequence or in a rule."""
    if name.startswith(LEAD_FIELD):
        return Name(Kind.ANY, "поле сделки в CRM") if name != LEAD_FIELD else None
    return _all(heard, on_the_way).get(name)


def is_told_by_any(name: str) -> bool:
    """Whether some event tells it."""
    return any(name.removeprefix("event.") in facts for facts in TOLD.values())


def nearest(word: str, words: list[str]) -> str | None:
    """The word that was probably meant."""
    found = get_close_matches(word, words, n=1, cutoff=0.6)
    return found[0] if found else None


def names_for(heard: Happened | None, *, on_the_way: bool) -> list[str]:
    """All names that may stand there."""
    return list(_all(heard, on_the_way))


def _all(heard: Happened | None, on_the_way: bool) -> Mapping[str, Name]:
    told = {} if heard is None else {f"event.{fact}": name for fact, name in TOLD[heard].items()}
    return {**NAMES, **told, **(ON_THE_WAY if on_the_way else {})}
