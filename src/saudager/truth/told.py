"""Rows whose value is words: the customer's name, the city, what he buys most."""

import re
from collections.abc import Iterator

from saudager.truth.known import Known
from saudager.words import stem, stems

_HELLO = (
    r"(?:здравствуйте|приветствую|добрый (?:день|вечер)|доброе утро|сәлеметсіз бе|қайырлы \w+|hello|hi|dear|good \w+)"
)
_GREETED = re.compile(
    rf"^{_HELLO},? (?:уважаем\w+ )?(?P<after>[^\W\d]{{3,}})(?: [^\W\d]{{3,}})?[!,.]"
    rf"|^(?:уважаем\w+ )?(?P<before>[^\W\d]{{3,}}), {_HELLO}"
)
_NO_NAME = frozenset(("коллеги", "друзья", "партнеры", "клиент", "клиенты", "команда", "colleagues", "friends", "team"))
_NAMED = frozenset(("customer_name", "contact_name", "client_name", "contact"))
_FAVOURITE = re.compile(
    r"сам\w+ (?:популярн|ходов|продаваем|частот|част|востребован)\w+|лидер\w*|чаще всего (?:вы )?(?:бер|покуп|заказ)\w+"
    r"|most (?:popular|bought|ordered)|best[- ]?seller|ең (?:көп|танымал)"
)
_TOP = frozenset(("top", "best", "popular", "favourite", "favorite", "leader", "bestseller"))


_CITIES = re.compile(
    r"(?<!\w)(алмат|астан|шымкент|караганд|актоб|актау|атырау|тараз|павлодар|усть-каменогорск|костана|кызылорд|"
    r"уральск|петропавловск|темиртау|туркестан|кокшетау|талдыкорган|экибастуз|жезказган|конаев)"
)
"""Cities of Kazakhstan by how their names begin."""


def misnamed(plain: str, known: Known) -> Iterator[str]:
    """Russian complaints about one normalised sentence."""
    named = [row.value.lower() for row in known.rows if row.name in _NAMED]
    greeted = _GREETED.match(plain)
    name = (greeted["after"] or greeted["before"]) if greeted else ""
    if named and name and name not in _NO_NAME and not any(stem(name)[:3] in one for one in named):
        yield f"«{name}»: покупателя зовут иначе."
    placed = any("city" in row.name.lower().split("_") for row in known.rows)
    denied = plain.endswith("?") or re.search(r"(?<!\w)(?:не|нет|кроме)(?!\w)", plain)
    for city in _CITIES.findall(plain) if placed and not denied else []:
        if not any(city in text for text, _ in known.texts):
            yield f"«{city}»: строка называет другой город."
    favourite = _FAVOURITE.search(plain)
    tops = [row for row in known.rows if _TOP & frozenset(row.name.lower().split("_")) and stems(row.value)]
    if favourite and tops and not any(stems(row.value) & stems(plain) for row in tops):
        yield f"«{favourite.group()}»: строка называет другое."
