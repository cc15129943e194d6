"""Find rows of different documents that name different prices for the same thing, and say which one is answered by.

A false alarm would hide a true price, so two rows are one thing only when all words and figures that describe them
agree, no unit or condition tells them apart, and the headings above them do not speak of different things.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment
from saudager.knowledge import lemmas
from saudager.knowledge.models import Conflict as Stored
from saudager.knowledge.models import Shelf
from saudager.providers.llm import Fact
from saudager.words import cells, normalise

_MONEY = re.compile(r"₸|\bтг\b|тенге", re.IGNORECASE)
_SUM = re.compile(r"(\d{1,3}(?: \d{3})+|\d+)(?:[.,]0{1,2})?\s*(?:₸|тг\.?|тенге|kzt)?", re.IGNORECASE)
_SENTENCE = re.compile(
    r"([^\d;:.,—–][^;:.—–]{2,80}?)\s*[—–:-]\s*(\d{1,3}(?: \d{3})+|\d+)\s*(?:₸|тг|тенге|kzt)\.?", re.IGNORECASE
)
_UNIT_HEADING = re.compile(r"единиц|ед\.|unit", re.IGNORECASE)
_UNITS = re.compile(
    r"(?:\bза|/|,|^)\s*\d*\s*(шт|м²|м2|кв|пог|компл|упак|пар|этаж|час|день|сут|мес|кг|г|л|м|ч)\b", re.IGNORECASE
)
_ASIDE = re.compile(
    r"артикул|код|sku|№|номер|налич|остат|срок|гаранти|врем|длительн|примечан|коммент|фото|ссылк|штрих|дата|обновл",
    re.IGNORECASE,
)
_WORDS = {
    "plain": "цена стоимость тенге тг за в kzt price единица розница розничный мм см",
    "work": "монтаж установка демонтаж сборка собирать ремонт замена доставка подъем услуга работа аренда прокат "
    "доплата наценка скидка акция уценка обслуживание диагностика замер хранение",
    "general": "прайс лист цена каталог товар ассортимент магазин розница наш",
}
_PLAIN, _WORK, _GENERAL = (frozenset(words.split()) for words in _WORDS.values())
_MOST_APART = 1.6
_SPECIFIC = 3

_ROWS = Statement(
    "select p.id, p.text, p.section, p.row, p.page, d.file, d.modified_at "
    "from passages p join documents d on d.id = p.document_id order by p.id"
)

_SIDES = Statement("""
    select c.says, k.text, kept.file, k.page, k.section, k.row, a.text, against.file, a.page, a.section, a.row
    from conflicts c
    join passages k on k.id = c.kept_id join documents kept on kept.id = k.document_id
    join passages a on a.id = c.against_id join documents against on against.id = a.document_id
    order by c.id limit :limit""")


@dataclass(frozen=True, slots=True)
class Conflict:
    """``kept`` is what customers are told, ``against`` is not found any more, ``says`` names both in Russian."""

    kept: Fact
    against: Fact
    says: str
    kept_id: int
    against_id: int


@dataclass(frozen=True, slots=True)
class _Offer:
    id: int
    fact: Fact
    price: int
    thing: frozenset[str]
    unit: str
    around: frozenset[str]
    """What the nearest heading says, or the file's name where there is none."""
    modified_at: datetime


def find(session: Session) -> list[Conflict]:
    """All prices that disagree now, by the ranking the shelf holds: listed files first in their order, then rows of
    tables before prose, then the file written to last."""
    ranking = session.get_one(Shelf, 1).ranking
    alike: dict[tuple[frozenset[str], str], list[_Offer]] = defaultdict(list)
    for offer in _offers(session):
        alike[offer.thing, offer.unit].append(offer)
    found = (conflict for offers in alike.values() for conflict in _among(offers, ranking))
    return sorted(found, key=lambda conflict: conflict.against_id)


def keep(session: Session) -> list[Conflict]:
    """Find them and remember them, so that the search leaves the losing rows out."""
    session.execute(delete(Stored))
    found = find(session)
    if found:
        rows = [{"kept_id": one.kept_id, "against_id": one.against_id, "says": one.says} for one in found]
        session.execute(insert(Stored), rows)
    return found


@dataclass(frozen=True, slots=True)
class Sides:
    """A disagreement as it is shown: the sentence on it, and both places."""

    says: str
    kept: Fact
    against: Fact


def sides(session: Session, *, limit: int = 100) -> list[Sides]:
    """Those found at the last refresh, with both places."""
    return [Sides(says, Fact(*place[:5]), Fact(*place[5:])) for says, *place in _SIDES(session, limit=limit).fetchall()]


def known(session: Session) -> list[Stored]:
    """Those found at the last refresh."""
    return list(session.scalars(select(Stored).order_by(Stored.id)))


def _among(offers: list[_Offer], ranking: list[str]) -> Iterator[Conflict]:
    """Conflicts among offers of one description; a file that names two prices itself means two things by it."""
    prices: dict[str, set[int]] = defaultdict(set)
    for offer in offers:
        prices[offer.fact.file].add(offer.price)
    offers = [offer for offer in offers if len(prices[offer.fact.file]) == 1]
    if len(offers) < 2:
        return
    ranked = sorted(offers, key=lambda offer: _place(offer, ranking))
    best = ranked[0]
    for other in ranked[1:]:
        low, high = sorted((best.price, other.price))
        if other.fact.file != best.fact.file and low != high <= low * _MOST_APART and _about_one_thing(best, other):
            says = (
                f"{_place_of(best.fact)}: {_money(best.price)}, а {_place_of(other.fact)}: {_money(other.price)}; "
                f"отвечаем по {best.fact.file}."
            )
            yield Conflict(best.fact, other.fact, says, best.id, other.id)


def _place(offer: _Offer, ranking: list[str]) -> tuple[int, bool, float]:
    names = [name.lower() for name in ranking]
    name = offer.fact.file.lower()
    listed = names.index(name) if name in names else len(names)
    return listed, offer.fact.row is None, -offer.modified_at.timestamp()


def _about_one_thing(one: _Offer, other: _Offer) -> bool:
    """Whether the headings above allow both rows to be the same thing."""
    here, there = one.around - one.thing, other.around - other.thing
    if here <= there or there <= here:
        return not (here ^ there) or (not (here ^ there) & _WORK and len(one.thing) >= _SPECIFIC)
    return False


def _offers(session: Session) -> Iterator[_Offer]:
    for id_, text, section, row, page, file, modified in _ROWS(session).fetchall():
        read = _row(text) if row is not None else _sentence(text)
        if read is None:
            continue
        described, headings, unit, price = read
        thing = frozenset(lemmas.tokens(described)) - _PLAIN
        if price and any(word.isalpha() and len(word) > 2 for word in thing):
            fact = Fact(text, file, page, section, row)
            above = section.rsplit(" › ", 1)[-1] or re.sub(r"[a-z]+", " ", file, flags=re.IGNORECASE)
            around = {word for word in lemmas.tokens(above) if word.isalpha()} - _GENERAL
            if _WORK & {*lemmas.tokens(headings)}:
                around.add("работа")
            written = moment(modified) or datetime.fromtimestamp(0, UTC)
            yield _Offer(id_, fact, price, thing, unit, frozenset(around), written)


def _row(text: str) -> tuple[str, str, str, int] | None:
    """What the row describes, the headings of that, its unit and its price; None when it has not one firm price."""
    described: list[str] = []
    headings: list[str] = []
    unit, prices = "", []
    for heading, content in cells(text):
        if _MONEY.search(content):
            prices.append(content)
            described += [word for word in lemmas.tokens(heading) if word.isalpha() and len(word) > 2]
            unit = unit or _unit(heading)
        elif _UNIT_HEADING.search(heading):
            unit = _unit(content) or unit
        elif not _ASIDE.search(heading):
            described.append(content)
            headings.append(heading)
    firm = _SUM.fullmatch(prices[0].strip()) if len(prices) == 1 else None
    return (" ".join(described), " ".join(headings), unit, int(firm[1].replace(" ", ""))) if firm else None


def _sentence(text: str) -> tuple[str, str, str, int] | None:
    """The same of a passage that is nothing but «Монтаж окна — 18 000 ₸»."""
    whole = _SENTENCE.fullmatch(" ".join(text.split()))
    return (whole[1], "", "", int(whole[2].replace(" ", ""))) if whole else None


def _unit(text: str) -> str:
    """The unit as one short word; a piece is what is meant when none is named."""
    found = _UNITS.search(normalise(text))
    return "" if found is None or found[1] == "шт" else found[1]


def _place_of(fact: Fact) -> str:
    if fact.row is None:
        return f"{fact.file}, стр. {fact.page}"
    is_sheet = fact.file.lower().endswith((".csv", ".tsv", ".xlsx", ".xlsm"))
    return f"{fact.file}, строка {fact.row}" if is_sheet else f"{fact.file}, стр. {fact.page}"


def _money(price: int) -> str:
    return f"{price:,} ₸".replace(",", " ")
