"""What a message about an order rests on, as rows the guard reads, and the marks of a message that may go."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from saudager.contracts import MessageClass
from saudager.orders import progress
from saudager.orders.models import Trigger
from saudager.orders.naming import short
from saudager.orders.subjects import Subject
from saudager.providers.llm import Fact
from saudager.truth import guard
from saudager.truth.contacts import links
from saudager.truth.named import NamedFact
from saudager.truth.sentences import sentence_spans

MOST_CHARACTERS = {True: 300, False: 600}
"""Of the whole message, to who never wrote to us and to everybody else. The first is our own caution: a long or a
linked message from an unknown number is what people report as spam."""
_SENTENCES = 5
_LONG_CODE = 6
_DIGITS = re.compile(r"\d")
_AND_MORE = r"(?<!\w)(?:и ещ[её] |және тағы |and (?:another )?)"
_REWARD = re.compile(
    r"(?<!\w)(?:скидк|бонус|подар|кэшб[эе]к|промокод|приз(?!н)|сюрприз|сыйлық|тосынсый|жеңілдік|discount|bonus|gift|reward|promo)",
    re.IGNORECASE,
)
_SELLING = re.compile(
    r"(?<!\w)(?:акци[яиюей]|распродаж|новинк|нов(?:ая|ую|ой) коллекц|полцены|выгодн|скидк|советуем|рекоменду|"
    r"предлагаем|закажите|купите|(?:посмотрите|возьмите) (?:также|ещ[её])|жеңілдік|ұсынамыз|сатып алыңыз|half price|"
    r"on sale|special offer|we recommend|buy )\w*",
    re.IGNORECASE,
)
_NEVER = {
    r"сегодня|завтра|послезавтра|бүгін|ертең|today|tonight|tomorrow": "день называют датой",
    r"предоплат\w*|переведите|перевести|реквизит\w*|kaspi gold|на карту|доплат\w*|верн[её]м деньги|возврат\w* денег|"
    r"аударыңыз|төлеңіз|prepay\w*|transfer|refund\w*": "о деньгах за заказ здесь не пишут",
    r"осталось (?:мало|немного|всего)|успейте|соңғы мүмкіндік|hurry|last chance": "покупателя не торопят",
    r"(?:как )?(?:языковая )?модель ии|языковая модель|as an ai|language model": "о себе как о программе не пишут",
}
"""What no message about an order says, whatever is so, and why."""
_LEAST_CHARACTERS = 30


def rows(subject: Subject) -> list[NamedFact]:
    """The order and the offer as facts; what is done stands only in the rows of what is done."""
    return [
        NamedFact("language", subject.language),
        NamedFact("shop", subject.shop_name),
        NamedFact("order_number", subject.code),
        NamedFact("order_date", subject.placed_on.isoformat()),
        *_of_buyer(subject),
        *_of_goods(subject),
        *_of_progress(subject),
        *(NamedFact("price", amount(offer.price, offer.currency), short(offer.name)) for offer in subject.recommended),
    ]


def problems(subject: Subject, text: str, *, passages: Sequence[Fact] = (), room: int, now: datetime) -> list[str]:
    """Why this text may not go, in Russian sentences; ``room`` is how many characters it may have."""
    examined = guard.examine(_as_claimed(text, subject), facts=[*passages, *rows(subject)], now=now)
    return [*examined.problems, *progress.overstated(subject, text), *_unfit(subject, text, room)]


def amount(value: Decimal, currency: str) -> str:
    """``94500 KZT``: how a row names an amount."""
    return f"{value.normalize():f} {currency}"


def _as_claimed(text: str, subject: Subject) -> str:
    """The text with words for what claims nothing: the order's own number (a short one only behind its sign), how many
    goods are in it beside the one that is named, and the figures of a title that is quoted whole."""
    sign = "(?:№ ?)?" if len(subject.code) >= _LONG_CODE else "№ ?"
    said = re.sub(rf"(?<!\w){sign}{re.escape(subject.code)}(?!\w)", "под своим номером", text)
    said = re.sub(rf"{_AND_MORE}{len(subject.lines) - 1}(?![\d.,]|\s\d)", "ещё несколько", said)
    titles = {one.name for one in subject.lines} - {""} | {short(one.name) for one in subject.recommended}
    bare = {title: _DIGITS.sub("", title) for title in titles}
    alike = Counter(bare.values())
    for title in sorted(titles, key=len, reverse=True):
        if alike[bare[title]] == 1:
            said = said.replace(title, bare[title])
    return said


def _of_buyer(subject: Subject) -> Iterator[NamedFact]:
    if subject.buyer_name:
        yield NamedFact("customer_name", subject.buyer_name)
    if subject.city:
        yield NamedFact("city", subject.city)


def _of_goods(subject: Subject) -> Iterator[NamedFact]:
    yield NamedFact("order_total", amount(subject.total, subject.currency))
    for item in subject.lines:
        yield NamedFact("quantity", f"{item.quantity.normalize():f}", item.name)
        yield NamedFact("order_price", amount(item.price, subject.currency), item.name)
        if item.quantity != 1:
            yield NamedFact("order_sum", amount(item.total, subject.currency), item.name)
    if len(subject.lines) > 1:
        yield NamedFact("positions", str(len(subject.lines)))
        yield NamedFact("other_positions", str(len(subject.lines) - 1))


def _of_progress(subject: Subject) -> Iterator[NamedFact]:
    if subject.planned_on:
        yield NamedFact("planned_delivery_date", subject.planned_on.isoformat())
    for step in sorted(progress.reached(subject)):
        yield NamedFact(step, "true")


def _unfit(subject: Subject, text: str, room: int) -> Iterator[str]:
    if len(text) > room:
        yield f"Слишком длинно: знаков {len(text)}, можно не больше {room}."
    if (count := len(sentence_spans(text))) > _SENTENCES:
        yield f"Слишком длинно: предложений {count}, можно не больше {_SENTENCES}."
    if len(text.strip()) < _LEAST_CHARACTERS:
        yield "Слишком коротко: из этого не понять, что с заказом."
    untitled = _untitled(text, subject)
    for words, why in _NEVER.items():
        if hit := re.search(rf"(?<!\w)(?:{words})(?!\w)", untitled, re.IGNORECASE):
            yield f"«{hit.group()}»: {why}."
    if subject.first_contact:
        yield from _unfit_for_a_stranger(subject, text)
    if subject.message_class is MessageClass.SERVICE and (selling := _SELLING.search(untitled)):
        yield f"«{selling.group()}»: это сообщение о заказе, в нём ничего не предлагают."
    if subject.trigger is Trigger.REVIEW_REQUEST and (reward := _REWARD.search(text)):
        yield f"«{reward.group()}»: за отзыв ничего не обещают."
    if subject.trigger is Trigger.CROSS_SELL and not offered(subject, text):
        yield "Не назван ни один товар из предложенных."


def _unfit_for_a_stranger(subject: Subject, text: str) -> Iterator[str]:
    if links(text):
        yield "В первом сообщении незнакомому покупателю не бывает ссылок."
    if short(subject.shop_name) not in text:
        yield "Не сказано, какой магазин пишет."
    if subject.code not in text:
        yield "Не сказано, о каком заказе, по его номеру."


def _untitled(text: str, subject: Subject) -> str:
    """The text without the shop's name and the titles of goods, which may be called «Акция»."""
    offers = (name for one in subject.recommended for name in (one.name, short(one.name)))
    for name in (short(subject.shop_name), *(one.name for one in subject.lines), *offers):
        text = text.replace(name, "") if name else text
    return text


def offered(subject: Subject, text: str) -> list[str]:
    """Skus of the recommended products the text names."""
    said = _words(text)
    return [one.sku for one in subject.recommended if _words(short(one.name)) & said >= _telling(one.name)]


def _telling(name: str) -> frozenset[str]:
    """The words a product is known by: the first two of its short name."""
    return frozenset(re.findall(r"\w{2,}", short(name).lower())[:2])


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{2,}", text.lower()))
