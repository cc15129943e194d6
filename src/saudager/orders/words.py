"""What a message to a buyer says when no model writes it: lines for each trigger, made of the order's own facts."""

from collections.abc import Iterator
from decimal import Decimal

from saudager.languages import Language
from saudager.moments import spoken_day
from saudager.orders.delivery import Way
from saudager.orders.models import Trigger
from saudager.orders.naming import LONGEST, short
from saudager.orders.subjects import Subject

OPT_OUT: dict[Language, str] = {
    "ru": "Не хотите таких сообщений — ответьте «стоп».",
    "kk": "Мұндай хабарламалар керек болмаса, «стоп» деп жауап беріңіз.",
    "en": "If you do not want such messages, reply “stop”.",
}
"""The line code puts under every marketing message."""

_TITLES = (LONGEST, 30, 0)
"""Characters of the title that is named; 0: none is."""
_SIGNS = {"KZT": "₸", "RUB": "₽", "USD": "$", "EUR": "€"}
_HELLO: dict[Language, tuple[str, str]] = {
    "ru": ("Здравствуйте, {name}!", "Здравствуйте!"),
    "kk": ("Сәлеметсіз бе, {name}!", "Сәлеметсіз бе!"),
    "en": ("Hello, {name}!", "Hello!"),
}
_WHO: dict[Language, str] = {
    "ru": "Пишет магазин «{shop}».",
    "kk": "Сізге «{shop}» дүкені жазып отыр.",
    "en": "This is the shop “{shop}”.",
}
_ABOUT: dict[Trigger, dict[Language, str]] = {
    Trigger.POST_PURCHASE: {
        "ru": "Спасибо за заказ № {code}{goods}.",
        "kk": "№ {code} тапсырысыңызға{goods} рақмет.",
        "en": "Thank you for your order № {code}{goods}.",
    },
    Trigger.ORDER_DELIVERED: {
        "ru": "Вы получили заказ № {code}{goods}, спасибо за покупку!",
        "kk": "№ {code} тапсырысыңызды{goods} алдыңыз, рақмет!",
        "en": "You have your order № {code}{goods}, thank you for it!",
    },
    Trigger.REVIEW_REQUEST: {
        "ru": "Недавно вы получили заказ № {code}{goods}. Как вам покупка?",
        "kk": "Жақында № {code} тапсырысыңызды{goods} алдыңыз. Сатып алғаныңыз ұнады ма?",
        "en": "You recently got your order № {code}{goods}. How do you like it?",
    },
    Trigger.CROSS_SELL: {
        "ru": "Недавно вы брали у нас заказ № {code}{goods}.",
        "kk": "Жақында сіз бізден № {code} тапсырысын{goods} алдыңыз.",
        "en": "You recently bought from us, order № {code}{goods}.",
    },
    Trigger.REPLENISHMENT: {
        "ru": "Раньше вы брали у нас заказ № {code}{goods}. Ещё не подошло к концу?",
        "kk": "Бұрын сіз бізден № {code} тапсырысын{goods} алдыңыз. Таусылып қалған жоқ па?",
        "en": "You bought from us before, order № {code}{goods}. Has it run out yet?",
    },
}
_READY: dict[Way, dict[Language, str]] = {
    Way.FETCHED: {
        "ru": "Ваш заказ № {code}{goods} готов, его можно забирать.",
        "kk": "№ {code} тапсырысыңыз{goods} дайын, алып кетуге болады.",
        "en": "Your order № {code}{goods} is ready, you can come for it.",
    },
    Way.BROUGHT: {
        "ru": "Готовим к доставке ваш заказ № {code}{goods}.",
        "kk": "№ {code} тапсырысыңызды{goods} жеткізуге дайындап жатырмыз.",
        "en": "We are preparing your order № {code}{goods} for delivery.",
    },
    Way.SENT: {
        "ru": "Ваш заказ № {code}{goods} передан в доставку.",
        "kk": "№ {code} тапсырысыңыз{goods} жеткізуге берілді.",
        "en": "Your order № {code}{goods} is on its way to you.",
    },
    Way.UNKNOWN: {
        "ru": "Ваш заказ № {code}{goods} готов.",
        "kk": "№ {code} тапсырысыңыз{goods} дайын.",
        "en": "Your order № {code}{goods} is ready.",
    },
}
_PLANNED: dict[Language, tuple[str, str]] = {
    "ru": ("Доставка запланирована на {day}.", "Выдача запланирована на {day}."),
    "kk": ("Жеткізу күні — {day}.", "Алу күні — {day}."),
    "en": ("The delivery is planned for {day}.", "You can have it from {day}."),
}
_OFFER: dict[Language, str] = {
    "ru": "К нему подойдёт {offers}. Рассказать подробнее?",
    "kk": "Оған мынау сай келеді: {offers}. Толығырақ айтайын ба?",
    "en": "This goes well with it: {offers}. Shall I tell you more?",
}
_CLOSING: dict[Trigger, dict[Language, str]] = {
    Trigger.POST_PURCHASE: {
        "ru": "Будут вопросы — пишите сюда.",
        "kk": "Сұрағыңыз болса, осында жазыңыз.",
        "en": "If you have questions, write here.",
    },
    Trigger.ORDER_READY: {
        "ru": "Будут вопросы — пишите сюда.",
        "kk": "Сұрағыңыз болса, осында жазыңыз.",
        "en": "If you have questions, write here.",
    },
    Trigger.ORDER_DELIVERED: {
        "ru": "Если что-то не так, напишите сюда — поможем.",
        "kk": "Бірдеңе дұрыс болмаса, осында жазыңыз — көмектесеміз.",
        "en": "If something is wrong, write here and we will help.",
    },
    Trigger.REVIEW_REQUEST: {
        "ru": "Будем благодарны за отзыв там, где вы заказывали.",
        "kk": "Тапсырыс берген жерде пікір қалдырсаңыз, ризамыз.",
        "en": "We would be grateful for a review where you ordered it.",
    },
    Trigger.REPLENISHMENT: {
        "ru": "Понадобится снова — напишите сюда.",
        "kk": "Тағы керек болса, осында жазыңыз.",
        "en": "If you need it again, write here.",
    },
}
_MORE: dict[Language, str] = {
    "ru": " и ещё {count} {goods}",
    "kk": " және тағы {count} тауар",
    "en": " and {count} more",
}


def lines(subject: Subject) -> Iterator[str]:
    """The message in the buyer's language, from the fullest to the barest: two offers or one, titles whole, cut short,
    or left out. The barest holds nothing but the number of the order and, where it must offer, one product."""
    offered = len(subject.recommended)
    offers = range(offered, 0 if subject.trigger is Trigger.CROSS_SELL else -1, -1)
    for offer in offers:
        for most in _TITLES:
            yield " ".join(_sentences(subject, most=most, offers=offer))


def _sentences(subject: Subject, *, most: int, offers: int) -> Iterator[str]:
    language = subject.language
    named, unnamed = _HELLO[language]
    yield named.format(name=subject.buyer_name) if subject.buyer_name else unnamed
    if subject.shop_name:
        yield _WHO[language].format(shop=short(subject.shop_name))
    about = _READY[subject.way] if subject.trigger is Trigger.ORDER_READY else _ABOUT[subject.trigger]
    yield about[language].format(code=subject.code, goods=_goods(subject, most) if most else "")
    if subject.trigger in (Trigger.POST_PURCHASE, Trigger.ORDER_READY) and subject.planned_on and not offers:
        planned = _PLANNED[language][subject.way is Way.FETCHED]
        yield planned.format(day=spoken_day(subject.planned_on, language))
    if offers:
        listed = (f"{quoted(one.name, language)} — {money(one.price, one.currency)}" for one in subject.recommended)
        yield _OFFER[language].format(offers="; ".join(list(listed)[:offers]))
    elif subject.trigger in _CLOSING:
        yield _CLOSING[subject.trigger][language]


def _goods(subject: Subject, most: int) -> str:
    """`` («Чайник» и ещё 2 товара)``; '' when the goods are not known."""
    if not subject.lines or not subject.lines[0].name:
        return ""
    rest = len(subject.lines) - 1
    more = _MORE[subject.language].format(count=rest, goods=goods_counted(rest)) if rest else ""
    return f" ({quoted(short(subject.lines[0].name, most), subject.language)}{more})"


def goods_counted(count: int) -> str:
    """The Russian word behind the number."""
    if count % 10 == 1 and count % 100 != 11:
        return "товар"
    return "товара" if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else "товаров"


def quoted(name: str, language: Language) -> str:
    """A product's name in the quotation marks of the language."""
    return f"“{short(name)}”" if language == "en" else f"«{short(name)}»"


def money(amount: Decimal, currency: str) -> str:
    """``94 500 ₸``, ``94 500,50 ₸``."""
    said = f"{amount:,.2f}".removesuffix(".00").replace(",", " ").replace(".", ",")
    return f"{said} {_SIGNS.get(currency, currency)}"
