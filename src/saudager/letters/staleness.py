"""Figures grow old between a letter's writing and its sending: a price was changed, the period has long ended."""

import json
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, document
from saudager.errors import NotFound
from saudager.letters import facts, subjects
from saudager.truth.named import NamedFact

OFFER_CHANGED = "Цена или наличие товара с тех пор изменились. Напишите письмо заново или исправьте его."
PERIOD_OVER = "Цифры о покупках устарели: письмо написано больше месяца назад. Напишите его заново."
_GOOD_FOR = timedelta(days=31)
_OF_OFFERS = frozenset({"price", "available"})


def of(session: Session, letters: Iterable[int], *, today: date) -> dict[int, str]:
    """Of these letters those whose figures are so no longer, and why; what a person wrote into one is his own."""
    rows = _WRITTEN(session, ids=json.dumps(list(letters))).fetchall()
    offered: dict[tuple[int, ...], set[NamedFact] | None] = {}
    stale: dict[int, str] = {}
    for id, told, products in rows:
        known, asked = facts.read(document(told)), tuple(document(products))
        if asked not in offered:
            offered[asked] = _offered(session, asked)
        if {fact for fact in known if fact.name in _OF_OFFERS} != offered[asked]:
            stale[id] = OFFER_CHANGED
        elif any(_is_over(fact, today) for fact in known):
            stale[id] = PERIOD_OVER
    return stale


def _offered(session: Session, products: tuple[int, ...]) -> set[NamedFact] | None:
    """What is so of the products now; None when one is there no longer."""
    try:
        offers = subjects.offers(session, products)
    except NotFound:
        return None
    return {fact for offer in offers for fact in offer.facts if fact.name in _OF_OFFERS}


def _is_over(fact: NamedFact, today: date) -> bool:
    return fact.name == "period_until" and today - date.fromisoformat(fact.value) > _GOOD_FOR


_WRITTEN_SQL = """
    select id, facts, products from letters where id in ({ids}) and coalesce(engine, '') <> 'person'"""
_WRITTEN = Statement(
    _WRITTEN_SQL.format(ids="select value from json_each(:ids)"),
    postgresql=_WRITTEN_SQL.format(ids="select value::bigint from json_array_elements_text(cast(:ids as json))"),
)
