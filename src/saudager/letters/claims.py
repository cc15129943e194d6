"""What a letter claims without a figure: deeds, promises, ranks, competitors, models, and which way purchases went."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from saudager.letters import meanings
from saudager.letters.facts import DOWN, UP
from saudager.letters.proofs import NAMING, OFFERED
from saudager.providers.llm import Fact
from saudager.truth.contacts import hide_contacts, strangers
from saudager.truth.deeds import false_deeds
from saudager.truth.known import Known
from saudager.truth.language import wrong_language
from saudager.truth.matching import Place
from saudager.truth.moments import wrong_moments
from saudager.truth.named import NamedFact
from saudager.truth.promises import promises
from saudager.truth.sentences import statement_spans
from saudager.truth.terms import wrong_terms
from saudager.words import normalise

_NEVER = {
    r"конкурент\w*|(?:друг|ин)\w+ (?:поставщик|магазин|продав)\w*|рыночн\w+ (?:цен|средн)\w*|competitor\w*|"
    r"other (?:suppliers?|vendors?|shops?)|market (?:price|average)s?|бәсекелес\w*|басқа (?:жеткізуші|дүкен)\w*":
    "сравнение с другими, которого факты не доказывают",
    r"(?:крупнейш|лучш|самы\w+ (?:крупн|активн|больш|ценн|важн|лояльн))\w* (?:\w+ )?(?:клиент|покупател|заказчик|"
    r"партн[её]р)\w*|"
    r"топ[- ]?\d+|(?:клиент|партн[её]р|покупател|заказчик)\w* (?:№|номер) ?(?:1|один)|number one (?:customer|client|"
    r"partner)|"
    r"(?:в|из|числе|среди) (?:\w+ )?(?:десятк|сотн|тройк|пят[её]рк|двадцатк)\w*|"
    r"(?:our |the )?(?:best|largest|biggest|top|most valued) (?:\w+ )?(?:customer|client|buyer)s?|top[- ]\d+|"
    r"ең (?:ірі|үлкен|жақсы|белсенді) (?:\w+ )?(?:клиент|сатып алушы|серіктес)\w*":
    "место среди клиентов, которого нет в фактах",
    r"(?:наши|другие|многие|большинство(?: наших)?|остальн\w+|похожие) (?:\w+ )?(?:клиент|покупател|компани|"
    r"заказчик)\w*|"
    r"(?:our|other|many|most) (?:of our )?(?:customer|client|compan)\w*|"
    r"(?:біздің|басқа|көптеген) (?:клиент|сатып алушы|компания)\w*":
    "слова о других клиентах, о которых фактов нет",
    r"в разы|кратно|многократно|в несколько раз|в десятки раз|many ?fold|many times over|several times|бірнеше есе":
    "во сколько раз, факты не говорят",
    r"(?:(?:втор|четв[её]рт|пят|шест|седьм|восьм|девят|десят|одиннадцат|двенадцат|\w+надцат|двадцат|тридцат|сорок|"
    r"сот)"
    r"(?:ый|ой|ая|ую|ое|ого|ому|ым)|трет(?:ий|ья|ью|ье|ьего)|юбилейн\w+|\d+-?(?:й|ый|ой|ая|я|ю|го|му|"
    r"е))\s(?:по счету )?"
    r"(?:заказ|покупк|поставк|раз|год|клиент|сч[её]т)\w*|(?:год|раз|квартал|месяц) подряд|\w*(?:лет|"
    r"год)и?ем? сотрудничеств\w*|"
    r"(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|tenth|\w+teenth|twentieth) (?:order|purchase|time|year)|"
    r"in a row|"
    r"\w+(?:ншы|нші|шы|ші) (?:тапсырыс|рет|жыл)\w*":
    "который по счёту, факты не говорят",
    r"никогда не|всегда (?:в срок|вовремя|на складе)|ни разу не|always (?:on time|in stock)|never (?:late|fail)":
    "обещание без оговорок, которого факты не доказывают",
}  # fmt: skip
"""What no letter says, and why; a passage that says the very words proves them."""
_CLAIMED = [(re.compile(rf"(?<!\w)(?:{words})(?!\w)"), why) for words, why in _NEVER.items()]
_MODEL = re.compile(r"(?<![\w/-])(?=[\w/-]*\d)(?=[\w/-]*[^\W\d_])\w+(?:[/-]\w+)*")
_NO_MODEL = re.compile(
    r"\d+(?:-?(?:й|я|е|го|му|м|х|ти|ми|ый|ой|ая|ое|ую|ых|летн\w*|процентн\w*|дневн\w*|месячн\w*|st|nd|rd|th|k|к|м|m|"
    r"тыс|млн|шт|"
    r"ч|мин|дн|г|кг|см|мм|л|ден|тен|нан|нен|дан|тан|ға|ге|да|де|та|те|ші|шы|ыншы|інші))"
    r"|b2b|b2c|[2345]g|[23]d|[48]k|1[сc]|20\d\d-?\w{0,2}|\d+[-–]\d+\w*|\d+[хx×]\d+\w*",
    re.IGNORECASE,
)
_NAMES_OF_WHOM = NAMING - {"language", "position", "offered_product"}
_LONGEST_NAME = 60
_SENTENCE = re.compile(r"%|[.!?:]\s")
_IN_STOCK = re.compile(r"(?<!\w)(?:в наличии|на складе|in stock|available|қоймада|қолда бар)(?!\w)")
_PURCHASES = re.compile(
    r"(?<!\w)(?:закуп|покуп|заказ|объ[её]м|оборот|сегмент|динамик|дол[яюие]|сумм|чек|purchas|order|spend|volume|"
    r"share|"
    r"сатып ал|тапсырыс|көлем|үлес)"
)
_SUPPOSED = re.compile(
    r"(?<!\w)(?:помо[гж]|позвол|может|могут|можно|смож|чтобы|если|когда|дал[ье]ш|план|буд|ожид|хот|предлаг|готов|"
    r"для|при|"
    r"надеем|жела|help|allow|may\b|might|can\b|could|would|will|if\b|when|to\s(?:grow|reduce|increase|cut)|plan|hope|"
    r"мүмкін|көмек|үшін|болса|болады|ұсын)"
)
_BASED_ON = re.compile(r"(?<!\w)(?:заказ|тапсырыс|orders?)")
_SUMMED = re.compile(r"(?<!\w)(?:закуп|объ[её]м|оборот|сумм|покуп|purchas|spend|volume|сатып|көлем)")
_MOST_MONTH = re.compile(
    r"(?:сам\w+ (?:активн|больш|крупн|удачн|сильн|высок|насыщенн)\w*|пик(?:ов\w*)?|рекордн\w*|максим\w*|больше всего|"
    r"busiest|most active|record|peak|highest|ең (?:көп|белсенді|жоғары))(?!\w)"
)
_LEAST_MONTH = re.compile(
    r"(?:сам\w+ (?:слаб|тих|низк|мал|спокойн)\w*|миним\w*|меньше всего|lowest|quietest|ең (?:аз|төмен))(?!\w)"
)
_MOST_THING = re.compile(
    r"(?<!\w)(?:больше всего|чаще всего|лидер\w*|на первом месте|перв\w+ место|основн\w+ (?:част|дол|объ[её]м|"
    r"направлен|позици)\w*|"
    r"главн\w+ (?:позици|направлени|категори)\w*|most of (?:your|all)|mostly|top (?:product|category|position)|"
    r"ең көп)(?!\w)"
)


def problems(
    text: str, rows: Sequence[NamedFact], passages: Sequence[Fact], *, labels: frozenset[str], today: date
) -> list[str]:
    """Russian sentences about everything of the sort that neither a row nor a passage holds."""
    known = Known([*passages, *(row for row in rows if row.name in NAMING | OFFERED)], today)
    hidden = hide_contacts(text)
    found = [*strangers(text, known), *false_deeds(hidden, known), *promises(hidden, known)]
    found += [*wrong_language(_untitled(text, rows), (), known), *_strange_models(hidden, rows, known)]
    plain, quiet = normalise(hidden), normalise(_nameless(hidden, rows))
    for start, end in statement_spans(hidden):
        place = Place(hidden, plain, (start, end), (), ())
        found += [*wrong_moments(place, known), *wrong_terms(place, known)]
        said = quiet[start:end]
        found += [*_wrong_month(said, rows, labels), *_not_in_stock(said, rows)]
        found += [*_never(said, known), *_wrong_way(said, rows, labels), *_wrong_most(said, rows, labels)]
    return list(dict.fromkeys(found))


@lru_cache(maxsize=8192)
def is_odd(name: str) -> bool:
    """Whether a name is no name but a promise or an advertisement: «Скидка 90 % на всё: evil.example»."""
    nothing = Known((), date.min)
    if strangers(name, nothing):
        return True
    said = [*promises(name, nothing), *false_deeds(name, nothing), *_never(normalise(name), nothing)]
    return bool(said) and bool(len(name) > _LONGEST_NAME or _SENTENCE.search(name))


def _untitled(text: str, rows: Sequence[NamedFact]) -> str:
    """The text without names of goods and people, which keep their own language."""
    names = {row.label for row in rows} | {row.value for row in rows if row.name in NAMING - {"language"}} - {""}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ") if len(name) > 2 else text
    return text


def _nameless(text: str, rows: Sequence[NamedFact]) -> str:
    """The text with names of people and firms blanked: «Сервер Плюс» says nothing of growth."""
    for row in rows:
        if row.name in _NAMES_OF_WHOM and len(row.value) > 2:
            text = re.sub(re.escape(row.value), lambda hit: "·" * len(hit.group()), text, flags=re.IGNORECASE)
    return text


def _never(plain: str, known: Known) -> Iterator[str]:
    texts = [text for text, _ in known.texts]
    for pattern, why in _CLAIMED:
        if (hit := pattern.search(plain)) and not any(hit.group() in text for text in texts):
            yield f"«{hit.group()}»: {why}."


def _strange_models(text: str, rows: Sequence[NamedFact], known: Known) -> Iterator[str]:
    """«Gen12» where facts know Gen11 only."""
    held = normalise(" ".join([*(f"{row.label} {row.value}" for row in rows), *(said for said, _ in known.texts)]))
    for hit in _MODEL.finditer(text):
        model = normalise(hit.group())
        if _NO_MODEL.fullmatch(model) or re.search(rf"(?<!\w){re.escape(model)}(?!\w)", held):
            continue
        yield f"«{hit.group()}»: такого названия в фактах нет."


def _wrong_month(plain: str, rows: Sequence[NamedFact], labels: frozenset[str]) -> Iterator[str]:
    """«Последняя покупка была в ноябре» where it was in October."""
    months = meanings.period(plain).months
    name = meanings.stands_out(plain)
    if not months or name is None:
        return
    things = meanings.named(plain, labels)
    held = [row for row in rows if row.name == name or (row.name == "last_bought" and row.label in things)]
    if not months & {int(row.value[5:7]) for row in held}:
        yield f"«{plain.strip()[:80]}»: факты называют другой месяц."


def _not_in_stock(plain: str, rows: Sequence[NamedFact]) -> Iterator[str]:
    """Each thing that is said to be there is there."""
    hit = _IN_STOCK.search(plain)
    if hit is None or plain.endswith("?"):
        return
    there = {row.label for row in rows if row.name == "available"}
    offered = {row.value for row in rows if row.name == "offered_product"} | there
    if not meanings.named(plain, offered) <= there:
        yield f"«{hit.group()}»: наличия этого товара в фактах нет."


def _wrong_way(plain: str, rows: Sequence[NamedFact], labels: frozenset[str]) -> Iterator[str]:
    """«Закупки растут» where they fell, and where nothing tells."""
    way = meanings.direction(
        re.sub(r"больше всего|более того|не более|не менее|больше не|more than|no more|\+", " ", plain)
    )
    if not way or plain.endswith("?") or not _PURCHASES.search(plain) or _SUPPOSED.search(plain):
        return
    things = meanings.named(plain, labels)
    if things:
        if way not in {_way_of(label, rows, of_share=bool(meanings.OF_SHARE.search(plain))) for label in things}:
            yield f"«{plain.strip()[:80]}»: факты не говорят, что это так менялось."
        return
    about = "orders" if _BASED_ON.search(plain) and not _SUMMED.search(plain) else "total"
    grown = [
        Decimal(row.value.removesuffix(" %")) for row in rows if row.name == "growth" and row.label.startswith(about)
    ]
    if not any((one > 0) == (way > 0) and one for one in grown):
        yield f"«{plain.strip()[:80]}»: направление неверно или факты о нём молчат."


def _way_of(label: str, rows: Sequence[NamedFact], *, of_share: bool) -> int:
    """1 where a category's share, or what is spent on it, has grown, -1 where it fell, 0 where nothing tells."""
    told = {row.name: row.value for row in rows if row.label == label}
    if not of_share:
        return {UP: 1, DOWN: -1}.get(told.get("category_trend", ""), 0)
    if "category_share" not in told or "category_share_before" not in told:
        return 0
    moved = Decimal(told["category_share"]) - Decimal(told["category_share_before"])
    return (moved > 0) - (moved < 0)


def _wrong_most(plain: str, rows: Sequence[NamedFact], labels: frozenset[str]) -> Iterator[str]:
    """The best month is the best one, and what is bought most is what has the largest share."""
    months = {row.label: Decimal(row.value.partition(" ")[0]) for row in rows if row.name == "month_total"}
    said = meanings.period(plain).months
    for pattern, pick in ((_MOST_MONTH, max), (_LEAST_MONTH, min)):
        if said and len(said) == 1 and pattern.search(plain):
            best = {int(label[5:]) for label, total in months.items() if total == pick(months.values())}
            if not said & best:
                yield f"«{plain.strip()[:80]}»: по фактам это другой месяц."
    things = meanings.named(plain, labels)
    if (hit := _MOST_THING.search(plain)) and things:
        for name in ("share", "category_share"):
            shares = {row.label: Decimal(row.value) for row in rows if row.name == name}
            if shares and things & shares.keys() and not any(shares.get(one) == max(shares.values()) for one in things):
                yield f"«{hit.group()}»: по фактам это другая позиция."
