"""The orders of a customer who writes, told in his language: where they are, when they come, what is in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment
from saudager.languages import Language, language_of
from saudager.moments import spoken_day
from saudager.orders import progress
from saudager.orders.delivery import Way, way_of
from saudager.orders.naming import plain, short
from saudager.orders.words import goods_counted, money
from saudager.providers.llm import Fact, OwnOrder
from saudager.providers.marketplace import Stage
from saudager.truth.guard import Examination
from saudager.truth.named import NamedFact
from saudager.words import normalise, sentences

SOURCE = "Заказы покупателя"
"""The file an order is quoted from, in the place of a document's name."""

_LINES = 5
_LONG_NUMBER = 6
_ARRIVES = (
    "Заказ привезут, доставят, он приедет, придёт, его можно ждать, забрать, получить. Тапсырысты әкеледі, жеткізеді, "
    "келеді, алуға болады. The order will arrive, come, be delivered, be brought."
)
_ORDERED = "Вы заказали, купили. Сіз тапсырыс бердіңіз, сатып алдыңыз. You ordered, bought."
_PAID = (
    "За заказ вы заплатили, оплатили, он стоил, обошёлся, вышел на сумму, всего, итого. Тапсырыс үшін төледіңіз, "
    "барлығы. You paid for the order, it came to, in total."
)
_DEEDS = {
    Stage.APPROVED: (progress.APPROVED,),
    Stage.DELIVERED: (progress.READY, progress.SENT, progress.DELIVERED),
    Stage.CANCELLED: ("cancelled",),
    Stage.RETURNED: ("returned",),
}
_OF_AN_ORDER = re.compile(
    r"заказ|купил|покупк|оплат|заплат|обош|тапсырыс|төле|алды(?:ңыз|м)|order|paid|bought|purchase"
)
_NEWEST = Statement("""
    with chosen as (
        select o.id, o.code, o.stage, o.state, o.delivery, o.handed_over_at, o.total, o.currency, o.placed_at,
            o.planned_delivery_at, o.delivered_at, o.is_open, s.name as shop
        from orders o join shops s on s.id = o.shop_id
        where o.contact_id = :contact order by o.is_open desc, o.placed_at desc, o.id desc limit 3)
    select chosen.*, l.name, l.quantity from chosen left join order_lines l on l.order_id = chosen.id
    order by chosen.is_open desc, chosen.placed_at desc, chosen.id desc, l.number""")


@dataclass(frozen=True, slots=True)
class _Order:
    """A row of the database, read."""

    code: str
    stage: Stage
    way: Way
    total: Decimal
    currency: str
    placed_on: date
    planned_on: date | None
    delivered_on: date | None
    is_open: bool
    shop: str
    goods: tuple[tuple[str, Decimal], ...]


def orders(session: Session, contact_id: int, asked: str, *, zone: ZoneInfo, now: datetime) -> list[OwnOrder]:
    """His three newest orders, open ones first, in the language of what he asks."""
    rows = _NEWEST(session, contact=contact_id).fetchall()
    today, language = now.astimezone(zone).date(), language_of(asked)
    by_order: dict[int, list[Any]] = {}
    for row in rows:
        by_order.setdefault(row[0], []).append(row)
    return [_told(_read(lines, zone), language, today) for lines in by_order.values()]


def facts(told: Sequence[OwnOrder]) -> list[Fact]:
    """The orders as passages a model reads."""
    return [Fact("\n".join(one.sentences), SOURCE, 0, one.heading) for one in told]


def proofs(told: Sequence[OwnOrder]) -> list[Fact | NamedFact]:
    """The orders as the guard proves by them, each sentence by itself behind the words a model may say it with; the
    orders' numbers are left out, as ``without_numbers`` leaves them out of a reply."""
    found: list[Fact | NamedFact] = [NamedFact(deed, "true") for deed in {deed for one in told for deed in one.done}]
    for one in told:
        said = (("", one.state), (_ARRIVES, one.arrival), (_ORDERED, one.contents), (_PAID, one.total))
        found += [Fact(without_numbers(f"{also} {it}".strip(), told), SOURCE, 0) for also, it in said if it]
    return found


def without_numbers(text: str, told: Sequence[OwnOrder]) -> str:
    """The text without the numbers of these orders, which claim nothing."""
    for one in told:
        sign = "(?:№ ?)?" if len(one.number) >= _LONG_NUMBER else "№ ?"
        text = re.sub(rf"(?<!\w){sign}{re.escape(one.number)}(?!\w)", "", text)
    return text


def is_priced_by_orders(reply: str, examined: Examination) -> bool:
    """Whether the reply takes what the customer once paid for today's price: an amount that only an order proves, in a
    sentence that does not speak of an order."""
    paid = [one.text for one in examined.figures if one.source and one.source.file == SOURCE and _is_money(one.unit)]
    about_goods = [said for said in sentences(reply) if not _OF_AN_ORDER.search(normalise(said))]
    return any(amount in said for amount in paid for said in about_goods)


def _is_money(unit: str) -> bool:
    """Currencies are the only units written large."""
    return unit.isupper()


def _read(lines: Sequence[Any], zone: ZoneInfo) -> _Order:
    _, code, stage, state, delivery, handed_over, total, currency, placed, planned, delivered, is_open, shop, *_ = (
        lines[0]
    )
    return _Order(
        code=plain(code),
        stage=Stage(stage),
        way=way_of(state, delivery, moment(handed_over)),
        total=Decimal(total).scaleb(-2),
        currency=currency,
        placed_on=_day(placed, zone) or date.min,
        planned_on=_day(planned, zone),
        delivered_on=_day(delivered, zone),
        is_open=bool(is_open),
        shop=plain(shop),
        goods=tuple((short(row[13]), Decimal(row[14]).scaleb(-3)) for row in lines if row[13]),
    )


def _day(stored: Any, zone: ZoneInfo) -> date | None:
    when = moment(stored)
    return when.astimezone(zone).date() if when else None


def _told(order: _Order, language: Language, today: date) -> OwnOrder:
    say = _SAYINGS[language]
    state = say.states.get((order.stage, order.way)) or say.states.get((order.stage, None), "")
    if order.stage is Stage.DELIVERED and order.delivered_on:
        state = say.delivered_on.format(state=state, day=_said(order.delivered_on, language, today))
    named = {"code": order.code, "day": _said(order.placed_on, language, today), "state": state}
    planned = order.planned_on if order.is_open and order.planned_on and order.planned_on >= today else None
    arrival = say.fetched if order.way is Way.FETCHED else say.brought
    return OwnOrder(
        number=order.code,
        heading=say.heading.format(code=order.code, shop=order.shop),
        is_open=order.is_open,
        state=say.state.format(**named) if state else "",
        arrival=arrival.format(code=order.code, day=_said(planned, language, today)) if planned else "",
        contents=say.contents.format(**named, goods=_goods(order, language)) if order.goods else "",
        total=say.total.format(code=order.code, total=money(order.total, order.currency)),
        done=_done(order),
    )


def _done(order: _Order) -> tuple[str, ...]:
    if order.stage is not Stage.READY:
        return _DEEDS.get(order.stage, ())
    return {Way.SENT: (progress.READY, progress.SENT), Way.BROUGHT: ()}.get(order.way, (progress.READY,))


def _goods(order: _Order, language: Language) -> str:
    say = _SAYINGS[language]
    listed = [f"{name} — {quantity.normalize():f} {say.pieces}" for name, quantity in order.goods[:_LINES]]
    rest = len(order.goods) - _LINES
    more = f" {say.more.format(count=rest, goods=goods_counted(rest))}" if rest > 0 else ""
    return f"{', '.join(listed)}{more}"


def _said(day: date | None, language: Language, today: date) -> str:
    if day is None:
        return ""
    return spoken_day(day, language) if day.year == today.year else f"{day:%d.%m.%Y}"


@dataclass(frozen=True, slots=True)
class _Sayings:
    heading: str
    state: str
    states: dict[tuple[Stage, Way | None], str]
    delivered_on: str
    brought: str
    fetched: str
    contents: str
    pieces: str
    more: str
    total: str


_SAYINGS: dict[Language, _Sayings] = {
    "ru": _Sayings(
        heading="Заказ № {code} в магазине «{shop}»",
        state="Ваш заказ № {code} от {day} {state}.",
        states={
            (Stage.PLACED, None): "ждёт подтверждения",
            (Stage.APPROVED, None): "сейчас в обработке",
            (Stage.READY, Way.FETCHED): "готов, его можно забирать",
            (Stage.READY, Way.BROUGHT): "готовится к доставке",
            (Stage.READY, Way.SENT): "уже в пути",
            (Stage.READY, None): "готов",
            (Stage.DELIVERED, None): "уже у вас",
            (Stage.CANCELLED, None): "отменён",
            (Stage.RETURNED, None): "возвращён",
        },
        delivered_on="{state}, по нашим данным с {day}",
        brought="Доставка заказа № {code} запланирована на {day}.",
        fetched="Выдача заказа № {code} запланирована на {day}.",
        contents="В заказе № {code}: {goods}.",
        pieces="шт.",
        more="и ещё {count} {goods}",
        total="Сумма заказа № {code} — {total} по ценам того дня, сегодня они могут быть другими.",
    ),
    "kk": _Sayings(
        heading="«{shop}» дүкеніндегі № {code} тапсырыс",
        state="{day} берген № {code} тапсырысыңыз {state}.",
        states={
            (Stage.PLACED, None): "растауды күтіп тұр",
            (Stage.APPROVED, None): "қазір өңделіп жатыр",
            (Stage.READY, Way.FETCHED): "дайын, алып кетуге болады",
            (Stage.READY, Way.BROUGHT): "жеткізуге дайындалып жатыр",
            (Stage.READY, Way.SENT): "жолда келе жатыр",
            (Stage.READY, None): "дайын",
            (Stage.DELIVERED, None): "қолыңызға тиді",
            (Stage.CANCELLED, None): "тоқтатылды",
            (Stage.RETURNED, None): "қайтарылды",
        },
        delivered_on="{day} {state}",
        brought="№ {code} тапсырысыңызды жеткізу күні — {day}.",
        fetched="№ {code} тапсырысыңызды алу күні — {day}.",
        contents="№ {code} тапсырысыңызда: {goods}.",
        pieces="дана",
        more="және тағы {count} тауар",
        total="№ {code} тапсырысыңыздың сомасы — {total}, бұл сол күнгі баға, бүгінгісі басқа болуы мүмкін.",
    ),
    "en": _Sayings(
        heading="Order № {code} in the shop «{shop}»",
        state="Your order № {code} of {day} {state}.",
        states={
            (Stage.PLACED, None): "is waiting to be confirmed",
            (Stage.APPROVED, None): "is being processed",
            (Stage.READY, Way.FETCHED): "is ready, you can come for it",
            (Stage.READY, Way.BROUGHT): "is being prepared for delivery",
            (Stage.READY, Way.SENT): "is on its way",
            (Stage.READY, None): "is ready",
            (Stage.DELIVERED, None): "has reached you",
            (Stage.CANCELLED, None): "was cancelled",
            (Stage.RETURNED, None): "was returned",
        },
        delivered_on="{state}, as far as we know on {day}",
        brought="The delivery of your order № {code} is planned for {day}.",
        fetched="You can come for your order № {code} from {day}.",
        contents="In your order № {code}: {goods}.",
        pieces="pcs",
        more="and {count} more",
        total="The total of your order № {code} was {total} at the prices of that day, today's may differ.",
    ),
}
