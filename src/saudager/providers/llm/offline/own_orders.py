"""Questions a customer asks about what he has ordered: where it is, when it comes, what is in it, what he paid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from saudager.providers.llm import OwnOrder
from saudager.providers.llm.offline.answers import Answer
from saudager.words import normalise, stems

_ORDER = re.compile(
    r"(?<!\w)(?:заказ(?:а|у|ом|е|ы|ов|ик\w*)?|посылк\w+|покупк\w+|тапсырыс\w*|zakaz\w*|tapsyrys\w*|orders?"
    r"|parcel|package)(?!\w)"
)
_NEW = re.compile(
    r"(?<!\w)(?:заказать|закажу|закажем|заказыва(?:ть|ю|ем|ете)|оформ\w+|сделать (?:\w+ )?заказ|как (?:\w+ )?заказ"
    r"|под заказ|на заказ|новый заказ|(?:хочу|хотел\w*)(?! (?:бы )?(?:узнать|понять|спросить))|принима\w+"
    r"|можно ли|если|условия|минимальн\w+|услуг\w*"
    r"|тапсырыс (?:беру|берсе|бергім)\w*|жаңа тапсырыс|place|to order|if i|new order|would like)(?!\w)"
)
_WRONG = re.compile(
    r"(?<!\w)(?:не (?:тот|та|то|те)|не хвата\w+|недо\w+|брак\w*|слома\w+|разби\w+|верну\w+|возвра\w+|отмен\w+|измен\w+"
    r"|помен\w+|почему|дұрыс емес|қайтар\w*|бас тарт\w*|wrong|broken|missing|cancel\w*|return\w*|refund\w*"
    r"|change|why)(?!\w)"
)
"""Something to put right, or to do: a person's matter, or the documents'."""
_PRICE = re.compile(
    r"(?<!\w)(?:цен[аыу]\w*|по ?чем|стоит|стоимость|прайс|бағасы|қанша тұрады|қанша болады|price|costs?"
    r"|how much is)(?!\w)"
)
_PAID = re.compile(
    r"(?<!\w)(?:(?:сколько|какую сумму)[^.?]*(?:заплатил\w*|оплатил\w*|вышел|вышло|потратил\w*|стоил\w*)"
    r"|сумм\w+ (?:\w+ )?заказ\w*|тапсырыс\w* сомас\w*"
    r"|қанша төледім|how much (?:did|have) i (?:pay|paid|spen[dt])|total of my order)(?!\w)"
)
_WHERE = re.compile(
    r"(?<!\w)(?:где(?![^.?]*(?:забрать|забирать|получить))|gde|qayda|kaida|келді|можно (?:уже )?забира?ть"
    r"|статус\w*|что с|как (?:там )?(?:мо\w+|дела)|дош[её]л|пришел|отправ\w+|отгруз\w+|готов\w*|едет"
    r"|состояни\w+|қайда|қай жерде|не болды|дайын\w*|жіберіл\w+|where|status|ready|shipped|what happened)(?!\w)"
)
_WHEN = re.compile(
    r"(?<!\w)(?:когда|во сколько|как(?:ого числа|ой день)|скоро|сколько ждать|kogda|қашан|qashan|when|how soon)(?!\w)"
)
_COMES = re.compile(
    r"(?<!\w)(?:привез\w+|достав\w+|приед\w+|прид[её]т|приходит|получ\w+|забрать|забирать|жеткіз\w+|келе\w+"
    r"|әкел\w+|аламын"
    r"|deliver\w*|arriv\w+|come|get|ready|готов\w*|дайын\w*)(?!\w)"
)
_WHAT = re.compile(
    r"(?<!\w)(?:(?:что|какие|какой|чего)[^.?]*(?:заказ(?:ал\w*|ывал\w*)|купил\w*|покупал\w*|брал\w*)"
    r"|что входит в (?:\w+ )?заказ|(?:что|состав\w*)[^.?]*заказ(?:е|а)|не (?:тапсырыс бер(?:дім|ген\w*)"
    r"|сатып алдым|алдым)|тапсырыс\w*да не бар"
    r"|what (?:did|have|had) i (?:\w+ )?(?:order|buy|bought|get)\w*|what(?:'s| is) in my order)(?!\w)"
)
_SAYS_NOTHING = re.compile(
    r"(?<!\w)(?:мне|мой|мо[её]|моего|нам|наш\w*|его|е[её]|уже|вы|там|ну|а|и|же|примерно|подскажите|скажите"
    r"|пожалуйста|здравствуйте|добрый день|номер\w*|маған|менің|сіз|my|me|it|will|you|the|is|does|do"
    r"|i|please|hello|can|for|of|be|no|in)(?!\w)"
)
_NUMBER = re.compile(r"(?<!\w)[\w-]*\d[\w-]{3,}(?!\w)")


@dataclass(frozen=True, slots=True)
class OfOrders:
    """What the orders answer; ``is_whole`` when that is all that was asked."""

    answers: list[Answer]
    is_whole: bool


def of_orders(asked: str, orders: Sequence[OwnOrder]) -> OfOrders | None:
    """The answer to a question about the customer's own orders; None for every other one, of prices above all: what he
    once paid is no price of today."""
    plain = normalise(asked)
    if not orders or _NEW.search(plain) or _WRONG.search(plain) or (_PRICE.search(plain) and not _PAID.search(plain)):
        return None
    meant = _meant(plain, orders)
    if not meant:
        return None
    if _PAID.search(plain):
        return _said([meant[0].total])
    if _WHAT.search(plain):
        return _said([one.contents for one in meant[:2]])
    if _WHEN.search(plain) and (_COMES.search(plain) or _ORDER.search(plain)):
        first = meant[0]
        return _said([first.arrival or first.state], is_whole=bool(first.arrival) or not first.is_open)
    if _WHERE.search(plain) and _ORDER.search(plain):
        return _said([said for one in meant[:2] for said in (one.state, one.arrival) if said])
    return None


def _said(sentences: Sequence[str], *, is_whole: bool = True) -> OfOrders | None:
    known = [Answer(said.rstrip("."), (), in_his_language=True) for said in sentences if said]
    return OfOrders(known, is_whole) if known else None


def _meant(plain: str, orders: Sequence[OwnOrder]) -> list[OwnOrder]:
    """Those the question is about: the one whose number it names, those with the thing it names, those still to come,
    or the newest; none when it names another number, or a thing without a word of an order."""
    numbers = {normalise(one.number): one for one in orders}
    named = [numbers[number] for number in _NUMBER.findall(plain) if number in numbers]
    if named or _NUMBER.search(plain):
        return named
    is_own = _ORDER.search(plain) or _WHAT.search(plain) or _PAID.search(plain)
    things = stems(_bare(plain))
    if things and not is_own:
        return [one for one in orders if one.is_open and things <= stems(one.contents)]
    waiting = [one for one in orders if one.is_open]
    return waiting or (list(orders[:1]) if is_own else [])


def _bare(plain: str) -> str:
    """The question without the words of asking."""
    for words in (_SAYS_NOTHING, _WHEN, _COMES, _WHERE, _ORDER):
        plain = words.sub(" ", plain)
    return plain
