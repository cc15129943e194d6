"""What a figure is said of besides its thing: delivery, warranty, growth… in Russian, Kazakh and English."""

import re
from functools import lru_cache

from saudager.truth.figures import FigureKind
from saudager.words import normalise, stem

_SENSES: dict[str, tuple[str, str]] = {
    # what names of facts say it with → how drafts say it
    "delivery": ("delivery shipping", r"достав|привез[её]|жеткіз|deliver|shipping"),
    "warranty": ("warranty guarantee", r"гаранти[яию]|кепілдік|warranty|guarantee"),
    "discount": ("discount off promo", r"скид|жеңілдік|discount|акци[яию]"),
    "prepayment": (
        "prepayment deposit advance prepay",
        r"предоплат|аванс|задат|депозит|алдын ала|prepay|deposit|advance|upfront",
    ),
    "instalment": ("instalment installment credit", r"рассроч|бөліп төле|instal+ment|кредит"),
    "installation": ("installation mounting install", r"монтаж|установк|орнату|install(?!ment)"),
    "average": ("average avg mean", r"в среднем|средн|орташа|average"),
    "debt": ("debt owed overdue", r"долг|долж|задолж|қарыз|\bowe|debt|overdue"),
    "balance": ("balance", r"баланс|остат[око]|balance"),
    "bonus": ("bonus cashback points", r"бонус|к[еэ]шб[еэ]к|балл|bonus|cashback|points"),
    "stock": ("stock left available quantity", r"налич|остал(?!ись)|на складе|қалды|қоймада|in stock|left"),
    "growth": (
        "growth change increase decrease drop trend",
        r"вырос|рост|увелич|прибав|поднял|сниз|упал|сократ|уменьш|просел|динамик|өсті|"
        r"өскен|өсім|артты|азай|төменде|кеміді"
        r"|gr[eo]w|growth|rose|risen|increas|fell|fall|drop|decreas|declin|went (?:up|down)|(?:up|down) by",
    ),
    "share": (
        "share part fraction conversion",
        r"дол[яюие]|част[ьи]|занима|составля|приход[ия]тся|үлес|share|accounts? for|make up",
    ),
    "count": (
        "orders order_count purchases items visits",
        r"заказ|раз(?:а)?\b|покуп|тапсырыс|рет\b|orders?|times|визит|посещ",
    ),
    "sum": (
        "total revenue sum amount spent turnover sales",
        r"сумм|всего|итого|купил|закуп|заказ|потратил|оборот|жалпы|барлығы|total|spent|bought|purchas|turnover",
    ),
    "last": ("last latest previous", r"послед|крайн|прошл|предыдущ|соңғы|last|latest|previous"),
    "hours": (
        "hours open opens closes opening closing working schedule",
        r"работа|открыт|график|жұмыс|ашық|open|hours|work",
    ),
    "term": (
        "lead time days term production",
        r"срок|готов|изгот|сделаем|занима|займ[её]т|дайын|мерзім|ready|takes?\b|lead time",
    ),
    "minimum": ("min minimum from", r"миним|ең аз|at least|minimum"),
    "booked": (
        "booked slot appointment scheduled reserved booking meeting call visit",
        r"запис|замер|при[её]м|встреч|жд[её]м|свобод|могу предлож|жаз|book|appointment|meet|slot",
    ),
}
_EXCLUSIVE = {
    kind: frozenset(f"§{sense}" for sense in senses.split())
    for kind, senses in {
        FigureKind.MONEY: "delivery warranty discount prepayment instalment installation average debt bonus",
        FigureKind.PERCENT: "growth share discount prepayment bonus instalment warranty",
        FigureKind.QUANTITY: "delivery warranty instalment",
        FigureKind.NUMBER: "stock warranty",
        FigureKind.DATE: "last",
    }.items()
}
_PERIODS = {
    "~prev": ("previous prev before past last old",
        r"прошл|предыдущ|было\b|была\b|раньше|өткен|былтыр|previous|last (?:year|month)"),
    "~this": ("current this now", r"эт(?:от|ом|ого)\b|текущ|нынеш|стало\b|стала\b|теперь|биыл|this (?:year|month)|"
        r"current"),
    "~1": ("january", r"январ|қаңтар|januar"), "~2": ("february", r"феврал|ақпан|februar"),
    "~3": ("march", r"март|наурыз|march"), "~4": ("april", r"апрел|сәуір|april"),
    "~5": ("may", r"ма[йяею]\b|мамыр|may\b"),
    "~6": ("june", r"июн|маусым|june"), "~7": ("july", r"июл|шілде|july"), "~8": ("august", r"август|тамыз|august"),
    "~9": ("september", r"сентябр|қыркүйек|september"), "~10": ("october", r"октябр|қазан|october"),
    "~11": ("november", r"ноябр|қараша|november"), "~12": ("december", r"декабр|желтоқсан|december"),
}  # fmt: skip
"""Which of two periods is meant; like a label, they tell one thing from another."""
_READ = [(f"§{name}", re.compile(rf"\b(?:{said})")) for name, (_, said) in _SENSES.items()]
_READ += [(mark, re.compile(rf"\b(?:{said})")) for mark, (_, said) in _PERIODS.items()]
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_SMALL = re.compile(r"(?<![\d.,])\d{1,4}(?![.,]?\d)")
_WORD_NUMBER = re.compile(r"(?<!\w)([^\W\d]+)\.?[ -](\d{1,4})(?![.,×x/]?\d|\s\d{3})")
_NUMBER_WORD = re.compile(r"(?<![\d.,×x/-])(?<!\d\s)(\d{1,4})\s([^\W\d]{3,})")
_WITH = re.compile(r"(?<!\w)(без|с|со)\s([^\W\d]{3,})")
_WITHOUT = re.compile(r"\b(?:без(?: учета)?|не считая|кроме|without|excluding)\s+\w+|скид\w+[^,.;]*\bнет\b")
_OF_NAME = [(word, f"§{name}") for name, (words, _) in _SENSES.items() for word in words.split()]
_OF_NAME += [(word, mark) for mark, (words, _) in _PERIODS.items() for word in words.split()]


@lru_cache(maxsize=4096)
def senses_of(text: str) -> frozenset[str]:
    """The senses a text speaks of, each as ``§delivery``; what is named as left out does not count."""
    plain = _WITHOUT.sub(" ", normalise(text))
    years = (f"~{year}" for year in _YEAR.findall(plain))
    return frozenset([*(mark for mark, said in _READ if said.search(plain)), *years])


@lru_cache(maxsize=4096)
def senses_of_name(name: str) -> frozenset[str]:
    """The senses in the name of a fact: ``delivery_price`` → ``§delivery``."""
    words = frozenset(name.lower().split("_"))
    return frozenset(mark for word, mark in _OF_NAME if word in words)


def numbers(text: str) -> frozenset[str]:
    """The small numbers of a label, that tell «25 роз» from «51 роза»."""
    return frozenset(f"{number} #" for number in _SMALL.findall(text))


def paired(text: str) -> frozenset[str]:
    """Pairs that tell «кат. 1» from «кат. 2», «1 челюсть» from «2 челюсти», «без зеркала» from «с зеркалом»."""
    plain = normalise(text)
    before = (f"{stem(hit[1])} {hit[2]} #" for hit in _WORD_NUMBER.finditer(plain))
    behind = (f"{hit[1]} {stem(hit[2])} #" for hit in _NUMBER_WORD.finditer(plain))
    held = (f"{hit[1]} {stem(hit[2])}" for hit in _WITH.finditer(plain))
    return frozenset((*before, *behind, *held))


def periods(senses: frozenset[str]) -> frozenset[str]:
    """Those that are part of a thing: its month, or that it is the year before."""
    return frozenset(sense for sense in senses if sense.startswith("~"))


def exclusive(senses: frozenset[str], kind: FigureKind) -> frozenset[str]:
    """Those that make a figure of this kind another one: the price of a window is not that of its delivery."""
    return senses & _EXCLUSIVE.get(kind, frozenset())


_WORDS = {
    "delivery": "доставка жеткізу",
    "warranty": "гарантия кепілдік",
    "discount": "скидка жеңілдік акция",
    "prepayment": "предоплата аванс",
    "deposit": "предоплата депозит задаток",
    "instalment": "рассрочка бөліп төлеу",
    "installment": "рассрочка бөліп төлеу",
    "free": "бесплатно тегін",
    "gift": "подарок сыйлық",
    "bonus": "бонус",
    "cashback": "кэшбэк",
    "stock": "наличие",
    "refund": "возврат денег",
    "return": "возврат денег",
    "promo": "акция",
    "credit": "кредит",
}


def names_as_words(name: str) -> str:
    """The words of a fact's name, also in Russian and Kazakh: ``delivery_price`` → «delivery price доставка…»."""
    words = name.lower().split("_")
    return " ".join([*words, *(_WORDS[word] for word in words if word in _WORDS)])
