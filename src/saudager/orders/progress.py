"""How far an order is, and the words that say so: nobody is told that it is further than it is."""

import re
from collections.abc import Iterator

from saudager.orders.delivery import Way
from saudager.orders.models import Trigger
from saudager.orders.subjects import Subject
from saudager.words import normalise

APPROVED, READY, SENT, DELIVERED = "order_approved", "ready", "sent_shipped_and_handed_over", "delivered"
RETURNED = "returned"
"""Steps, by the names their facts have for the guard. Of an order that came back or was cancelled nothing is said."""

_SAID = {
    READY: re.compile(
        r"(?<!\w)(?:готов[аоы]?|собран[аоы]?|упакован[аоы]?|(?:можно|можете)\s(?:\w+\s)?забрать|можно забирать|дайын|"
        r"(?:is|it's)\s(?:now\s)?ready|packed)(?!\w)"
    ),
    SENT: re.compile(
        r"(?<!\w)(?:передан[аоы]?|передали|отправлен[аоы]?|отправили|отгружен[аоы]?|отгрузили|выехал[аи]?|едет|в пути|"
        r"у курьера|жолда|жіберілді|жолға шықты|shipped|dispatched|sent|on (?:its|the) way)(?!\w)"
    ),
    DELIVERED: re.compile(
        r"(?<!\w)(?:доставлен[аоы]?|доставили|вручен[аоы]?|вручили|выдан[аоы]?|вы (?:уже )?(?:получили|забрали)|"
        r"жеткізілді|алдыңыз|delivered|arrived|you (?:have )?(?:got|received|picked))(?!\w)"
    ),
    RETURNED: re.compile(
        r"(?<!\w)(?:возвращен[аоы]?|вернули|возврат оформлен|отменен[аоы]?|қайтарылды|returned|refunded|"
        r"cancell?ed)(?!\w)"
    ),
}
_AFTER_DELIVERY = frozenset(Trigger) - {Trigger.POST_PURCHASE, Trigger.ORDER_READY}


def reached(subject: Subject) -> frozenset[str]:
    """The steps that are done; of an order that was delivered all of them."""
    if subject.trigger in _AFTER_DELIVERY:
        return frozenset({APPROVED, READY, SENT, DELIVERED})
    if subject.trigger is Trigger.ORDER_READY:
        return frozenset({APPROVED, *_OF_READY[subject.way]})
    return frozenset({APPROVED})


def overstated(subject: Subject, text: str) -> Iterator[str]:
    """Russian complaints about words for a step that is not done; what is denied or promised counts too."""
    plain = normalise(text)
    for step in _SAID.keys() - reached(subject):
        if hit := _SAID[step].search(plain):
            yield f"«{hit.group()}»: до этого с заказом ещё не дошло."


_OF_READY: dict[Way, frozenset[str]] = {
    Way.FETCHED: frozenset({READY}),
    Way.BROUGHT: frozenset(),
    Way.SENT: frozenset({READY, SENT}),
    Way.UNKNOWN: frozenset({READY}),
}
