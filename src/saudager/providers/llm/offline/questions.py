"""One question of a customer, taken apart: the things it names, what it wants to know of them, and how."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from saudager.languages import language_of
from saudager.languages.browsing import browses
from saudager.languages.translation import in_russian
from saudager.providers.llm.offline.attributes import topics_of, wants_of
from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.numbers import in_digits
from saudager.providers.llm.offline.schedule import days_in
from saudager.providers.llm.offline.terms import Term
from saudager.providers.llm.offline.wording import wording
from saudager.words import normalise

_HOW_MUCH = re.compile(r"(?<!\w)(?:ск[оа]ль?к[оа]|ск[оа]кк?[оа]?|скольк)(?!\w)")
_PRO = re.compile(r"(?<=\d )про(?!\w)")
"""«Айфон 12 про»: behind a number it is a model, no preposition."""
_CHEAPEST = re.compile(r"дешев|бюджет|недорог|доступн|(?:минимальн|(?<!\w)низк)\w+ (?:цен|стоим|тариф|сумм)")
_DEAREST = re.compile(r"дорож|дорог(?:ой|ая|ие|ое)|премиальн\w+ самый|максимальн\w+ (?:цен|стоим)")
_FROM_SUM = re.compile(
    r"(?<!\w)(?:от|с|при)\s+(?:как\w+|скольк\w+)(?:\s+сумм|\s+тысяч|\s+тенге|\s+чек)|минимальн\w+ (?:сумм|заказ)"
)
_MEANS_OF_PAYING = re.compile(r"налич|карт|безнал|qr|перевод|рассроч|част|счет")
_RELATIVE = re.compile(r"(?:по)?дешевле|(?:по)?дороже|бюджетнее|cheaper")
_OF_MONEY = re.compile(r"сто[ия]т|цен|почем|стоимост|плат")
_TOTAL = re.compile(
    r"(?<!\w)(?:итого?|всего|все|вместе|в сумме|общ\w+|за все|плюс|оба|обе|обоих|обеих|вый(?:дет|ти)|обойд\w+|встанет"
    r"|посчита\w+|total|together|both)(?!\w)|\+"
)
_LEANS = re.compile(r"^\W*(?:ну\s+)?(?:а|и|and|ал|тогда|то есть|or|или)\s")
_YES_NO = re.compile(
    r"(?<!\w)(?:можно|ли|есть|делаете|продаете|принимаете|бывает|имеется|нужно ли|даете|возможно|do|can|is|are"
    r"|does)(?!\w)"
)
_CAPITALS = re.compile(r"(?<!\w)[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]{2,5}(?!\w)")
_EITHER = re.compile(r"[^\W\d_]+(?:/[^\W\d_]+)+")
"""A word of another language with several meanings: it may name a topic or not."""
_OR = re.compile(r"\s+(?:или|либо|or)\s+")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing the customer wants to know."""

    text: str
    plain: str = ""
    """Normalised, in Russian words and digits."""
    terms: tuple[Term, ...] = ()
    topics: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    days: frozenset[int] = frozenset()
    extreme: str = ""
    """'cheapest' or 'dearest' when one end of the list is asked for."""
    is_relative: bool = False
    wants_total: bool = False
    leans: bool = False
    is_yes_no: bool = False
    from_sum: bool = False
    """From which sum on something holds."""
    budget: float | None = None
    excluded: tuple[str, ...] = ()
    """Words it must not be («обычный, не плюс»)."""
    browses: bool = False
    """It says what is wanted, or asks what there is."""

    @property
    def firm(self) -> tuple[Term, ...]:
        """The terms that must stand in what answers."""
        return tuple(term for term in self.terms if term.firm)


def in_words_of_the_shop(text: str) -> str:
    """A question normalised, in Russian words and digits."""
    plain = in_digits(normalise(in_russian(text, language_of(text))))
    return _PRO.sub("pro", _HOW_MUCH.sub("сколько", plain))


def question(text: str, *, today: int | None = None) -> Question:
    """Take a question apart; ``today`` is the day of the week for «сегодня» and «завтра», Monday is 0."""
    lowered = normalise(text)
    plain = in_words_of_the_shop(text)
    days = days_in(plain)
    if today is not None:
        days |= {today} if re.search(r"(?<!\w)сегодня", plain) else frozenset()
        days |= {(today + 1) % 7} if re.search(r"(?<!\w)завтра", plain) else frozenset()
    topics, wants = topics_of(_EITHER.sub(" ", plain)), wants_of(plain)
    if "discount" in topics and not _OF_MONEY.search(plain):
        wants = tuple(want for want in wants if want != "price")
    if "payment" in topics and "price" in wants and not _MEANS_OF_PAYING.search(plain):
        topics = tuple(topic for topic in topics if topic != "payment")
    worded = wording(plain, topics, _abbreviations(text))
    relative = bool(_RELATIVE.search(plain))
    if "warranty" in topics and "price" in wants and not _OF_MONEY.search(plain):
        wants = tuple("term" if want == "price" else want for want in wants)
    return Question(
        text=text.strip(),
        plain=plain,
        terms=worded.terms,
        topics=topics,
        wants=wants,
        days=days,
        extreme=""
        if "discount" in topics
        else "cheapest"
        if _CHEAPEST.search(plain)
        else "dearest"
        if _DEAREST.search(plain)
        else "",
        is_relative=relative,
        wants_total=bool(_TOTAL.search(plain)),
        leans=bool(_LEANS.match(lowered)),
        from_sum=bool(_FROM_SUM.search(plain)),
        is_yes_no=bool(_YES_NO.search(plain)),
        budget=worded.budget,
        excluded=worded.excluded,
        browses=browses(text) or browses(plain),
    )


def _abbreviations(text: str) -> frozenset[str]:
    """Words in capitals among others that are not: «ЕНТ», «КТ»."""
    if not re.search(r"[^\W\d_][^\W\d_A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]", text):
        return frozenset()
    return frozenset(normalise(word) for word in _CAPITALS.findall(text))


def also_called(asked: Question, synonyms: Mapping[str, Sequence[str]]) -> Question:
    """The question whose words also stand for what the merchant's list says they mean."""
    terms = tuple(
        replace(term, others=(*term.others, *synonyms[key])) if (key := base(term.word)) in synonyms else term
        for term in asked.terms
    )
    return replace(asked, terms=terms) if terms != asked.terms else asked


def alternatives(asked: Question) -> list[str]:
    """«Ультразвуком или AirFlow» as two questions that share what stands before; one when there is no choice."""
    parts = _OR.split(asked.text)
    return parts if len(parts) == 2 else [asked.text]
