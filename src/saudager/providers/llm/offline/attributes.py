"""What a question wants to know of a thing, and whether a passage holds that kind of answer."""

import re

from saudager.languages.russian import part_of_speech
from saudager.providers.llm.offline.likeness import base

TOPICS: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    name: (re.compile(asked), re.compile(held))
    for name, asked, held in (
        (
            "delivery",
            r"доста[вл]|приве[зс]|привоз|отправ(?:ите|ит|ля|ить|ка|ку)|отве[зс]|дове[зс]|везете|возите|пересыл"
            r"|пришлете|курьер",
            r"достав|привоз|привез|отправ|вез[её]м|возим|курьер",
        ),
        ("warranty", r"гаранти", r"гаранти"),
        ("discount", r"скид|скин(?:ете|уть)|дисконт|уступ(?:ите|ка|ить)|акци[яию]|промокод|дешевле\s+(?:сдела"
        r"|отда|будет)",
         r"скидк|скидок|минус|дисконт|акци"),
        ("instalment", r"рассроч|кредит|по частям|частями", r"рассроч|кредит|частями"),
        ("prepayment", r"предоплат|аванс|задат", r"предоплат|аванс|задат|взнос|оплачивает|(?<!д)оплата"),
        (
            "payment",
            r"(?<!ред)(?<!д)оплат(?!ы труда)|налич(?:ка|ны[ме]|кой)|картой|безнал|плат(?:ить|им|ите)|по\s?qr|заплат",
            r"(?<!д)оплат|налич|карт|безнал|перевод|сч[её]т|qr|плат",
        ),
        ("return", r"верну|возврат|возвращ|сдать\s+(?:\w+\s+)?(?:обратно|назад)|обмен|поменять\s+(?:товар|если)",
         r"верн|возвр|обмен|обратно|замен"),
        ("pickup", r"самовывоз|забрать|заберу", r"самовывоз|забрать|забира|получ"),
    )
}  # fmt: skip
"""Topics: how a question names one, and how a passage about it does."""

WANTS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in (
        ("hours", r"до\s+сколь?к|до\s+котор|во\s+скольк|со?\s+скольки\s+(?:работ|открыт|принима)|график|режим"
        r"|час[ыо]в?\s+работ|"
                  r"открыт|закры(?:ва|т)|работа(?:ете|ет|ют)\b|когда\s+(?:\w+\s+)?принима|"
                  r"(?:суббот|воскрес|понедельн|пятниц|выходн|праздник|сегодня|завтра)\w*\W(?:.{0,30}\W)?принима|"
                  r"принима\w+\W(?:.{0,30}\W)?(?:суббот|воскрес|понедельн|пятниц|выходн|праздник|сегодня|завтра)|выходн|круглосуточ|время\s+работ"),
        ("days", r"(?:каки[ем]|каким|в\s+какие)\s+дн|по\s+каким\s+дням"),
        ("address", r"(?<!\w)где(?!\s+(?:то|нибудь))|адрес|находит|расположен|как\s+(?:проехать|добраться"
        r"|доехать)|куда\s+(?:ехать|подъех)"),
        ("term", r"сколько\s+(?:дн|времен|ждать|час|минут|недел|месяц|по\s+времен|длит|занима|идет|дела|нос"
                 r"|держ|хран|действ|сохн|служ|хвата)"
        r"|срок|как\s+долго|"
                 r"(?:за|через)\s+сколько|(?<!\w)ждать|когда\s+(?:будет|приве|готов|прид|достав)|долго|длит"
                 r"|как\s+быстро|(?<!\d )(?<!\w)дней"),
        ("price", r"сколько\s+(?:\w+\s+)?(?:стои|будет|выйд|обойд|возьм|берет|сто[ия]т|надо"
        r"|всего|плат|денег)|почем|(?<!\w)цен|"
                  r"стоимост|прайс|стоит(?!е)|стоят|какая\s+сумма|тариф|по\s+деньгам|бюджет|дешев|дорог|от\s+скольк|"
                  r"от\s+как\w+\s+сумм|итого|(?<!\w)плат[нюя]|(?<!\w)(?:до|над)плат|бесплатн"),
        ("stock", r"есть\s+(?:сейчас|щас)|в\s+налич|налич(?:ие|ия)(?!\w)|остал(?:ось|ся|ись)|на\s+складе"),
        ("age", r"(?:скольк\w*|каких|какого|какой)\s+(?:лет|возраст|года)|возраст"),
        ("percent", r"процент|(?<!\w)%|наценк|переплат"),
        ("who", r"(?<!\w)кто(?!\w)|как(?:ой|ая)\s+(?:врач|доктор|мастер|специалист|менеджер|тренер)"),
    )
}  # fmt: skip
_COUNTED = re.compile(r"(?<!\w)сколько\s+(?:максимум|минимум|всего|надо|нужно)?\s*([^\W\d_]+)")
_MONEY_WORDS = re.compile(r"цен|стоим|сто[ия]|денег|плат|тенге|тысяч|стоит|времен|дн|час|минут|недел|месяц|лет")
_SEVERAL = re.compile(r"[^аяуюеыиоэ]$")
_ONE_FORM = ("человек", "раз")
_EXPLICIT_PRICE = re.compile(r"сто[ия]т|(?<!\w)цен|почем|стоимост|плат|сумм|бесплатн|тариф|денег")
_BARE_HOW_MUCH = re.compile(r"(?<!\w)(?:сколько|ск)(?!\w)(?!\s+(?:лет|человек|раз))")
MONEY = re.compile(
    r"\d\s*(?:тыс\.?|млн)?\s*(?:₸|тг(?!\w)|тенге|теңге|kzt)"
    r"|(?<![\d+])(?<!\d )\d{1,3} \d[05]0(?![\d-])(?!\s?(?:кг|км|мм|м\b|г\b|мл|л\b|шт|час|человек|ма))"
)
"""An amount with its currency, or a round one as papers write it whose first line names the currency."""
FREE = re.compile(r"бесплатн|вход(?:ит|ят) в (?:цену|стоимость)|тегін")
CLOCK = re.compile(r"(?<![\d:])\d{1,2}[:.]\d{2}(?!\d)")
_CLOSED = re.compile(r"выходн|круглосуточ|закрыт|не работа|ежедневно")
_TERM = re.compile(
    r"\d\s*(?:рабоч\w+\s|раб\.?\s?|календарн\w+\s)?(?:дн|день|час|недел|мес|минут|мин\b|сут|ноч|лет|год)"
    r"|дн(?:ей|я|и)[^;]{0,12}: ?\d|"
    r"в тот же день|следующ\w+ (?:рабочий )?день|сразу|за один|раз в|срок[^;]*: ?\d|сутки|полгода|год\b"
)
_ADDRESS = re.compile(
    r"(?<!\w)(?:ул\.|улица|пр\.|пр-т|проспект|мкр|микрорайон|шоссе|бульвар|адрес|тц|тд|здание|дом \d)|филиал:|где:"
)
_HOLDS: dict[str, re.Pattern[str]] = {
    "hours": re.compile(f"{CLOCK.pattern}|{_CLOSED.pattern}"),
    "days": re.compile(
        r"(?<!\w)(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред[аыу]|четверг|пятниц|суббот|воскресень"
        r"|ежедневно|дн[яи])"
    ),
    "address": _ADDRESS,
    "age": re.compile(r"\d\s?(?:лет|год)|возраст"),
    "count": re.compile(r"\d"),
    "term": _TERM,
    "percent": re.compile(r"\d\s*%|без (?:переплат|наценк)"),
    "stock": re.compile(r"налич|остат|склад|имеется|есть"),
}


def topics_of(text: str) -> tuple[str, ...]:
    """The topics a normalised question names, in order."""
    found = ((hit.start(), name) for name, (asked, _) in TOPICS.items() if (hit := asked.search(text)))
    return tuple(name for _, name in sorted(found))


def wants_of(text: str) -> tuple[str, ...]:
    """The kinds of value a normalised question asks for, in order; a bare «сколько» asks for a price."""
    found = sorted((hit.start(), name) for name, pattern in WANTS.items() if (hit := pattern.search(text)))
    names = [name for _, name in found]
    priced = bool(_EXPLICIT_PRICE.search(text))
    if counted_in(text) and not priced:
        names = [name for name in names if name not in ("price", "term")] or ["count"]
    if "age" in names:
        names = [name for name in names if name == "age" or (name == "price" and priced)]
    if not names and _BARE_HOW_MUCH.search(text):
        return ("price",)
    if {"term", "percent"} & set(names) and "price" in names and not priced:
        names.remove("price")
    return tuple(dict.fromkeys(names))


def counted_in(text: str) -> str:
    """What a normalised question counts: «человек» in «сколько максимум человек в группе», else ''."""
    found = _COUNTED.search(text)
    if not found or _MONEY_WORDS.match(found[1]) or part_of_speech(found[1]) != "NOUN":
        return ""
    return found[1] if _SEVERAL.search(found[1]) and (base(found[1]) != found[1] or found[1] in _ONE_FORM) else ""


def speaks_of(topic: str, text: str) -> bool:
    """Whether normalised text is about a topic."""
    return bool(TOPICS[topic][1].search(text))


def topics_held(text: str) -> frozenset[str]:
    """The topics normalised text is about; paying and paying in advance are one."""
    return frozenset(name for name in TOPICS if speaks_of(name, text)) - {"prepayment"}


def holds(want: str, text: str) -> bool:
    """Whether normalised text holds a value of the kind; prices are told by ``MONEY`` and ``FREE``."""
    if want == "price":
        return bool(MONEY.search(text) or FREE.search(text))
    return want not in _HOLDS or bool(_HOLDS[want].search(text))
