"""What customers ask about, told by plain words in Russian, Kazakh and English."""

import re
from collections.abc import Sequence
from enum import StrEnum

from saudager.words import clean, normalise


class Topic(StrEnum):
    """A kind of question a shop may trust its salesperson with, or not yet."""

    ORDER = "order"
    WARRANTY = "warranty"
    PAYMENT = "payment"
    DELIVERY = "delivery"
    CALLS = "calls"
    PRICE = "price"
    AVAILABILITY = "availability"
    OTHER = "other"


_LINE_LIMIT = 1500
_BEGINNINGS: dict[Topic, str] = {
    Topic.ORDER: """мой заказ, моего заказа, моему заказу, моем заказе, наш заказ, нашего заказа, номер заказа,
        где заказ, статус заказа, трек номер, трек-номер, тапсырысым, тапсырыс нөмірі, my order, order status,
        order number, tracking, where is my""",
    Topic.WARRANTY: """гаранти, возврат, вернуть, обмен, брак, сломал, кепілді, қайтар, қайтып бер, сынып, warrant,
        guarant, refund, return, exchange, broken""",
    Topic.PAYMENT: """оплат, оплач, рассроч, кредит, каспи, kaspi, переводом, картой, наличн, выставить счет,
        счет на оплату, предоплат, безнал, төле, бөліп, несие, installment, instalment, pay, credit, invoice, cash""",
    Topic.DELIVERY: """достав, привез, самовывоз, отправ, курьер, жеткіз, deliver, shipping, ship, pick up, pickup,
        courier""",
    Topic.CALLS: """звон, позвон, созвон, перезвон, наберите, встреч, замер, консультаци, қоңырау, хабарлас, call me,
        a call, call back, meeting, appointment""",
    Topic.PRICE: """цен, стоит, стоят, стоимост, почем, сколько будет, сколько за, прайс, скидк, дешевл, дорого,
        тенге, қанша, баға, жеңілдік, арзан, price, how much, cost, discount, cheap, expensive""",
    Topic.AVAILABILITY: """налич, есть ли, есть у вас, у вас есть, имеется, остались, осталось, бывает, бар ма, бар ме,
        барма, қолда, in stock, stock, availab, do you have""",
}


def _pattern(beginnings: str) -> re.Pattern[str]:
    listed = (re.escape(" ".join(normalise(one).split())) for one in beginnings.split(","))
    return re.compile(rf"(?<!\w)(?:{'|'.join(listed)})")


_WORDS = {topic: _pattern(beginnings) for topic, beginnings in _BEGINNINGS.items()}


def topics_of(lines: Sequence[str]) -> list[Topic]:
    """Every topic the lines touch, the weightiest first; ``OTHER`` alone when there is none."""
    said = " ".join(normalise(clean(line, _LINE_LIMIT)) for line in lines)
    return [topic for topic in Topic if topic in _WORDS and _WORDS[topic].search(said)] or [Topic.OTHER]
