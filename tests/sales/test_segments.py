"""A campaign's segment has just those persons it tells of, page by page, on either kind of database."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.errors import Refused
from saudager.sales import segments
from tests.sales.books import Books, opened

pytestmark = pytest.mark.both_kinds
TODAY = date(2026, 11, 26)
LONG_AGO, RECENTLY = TODAY - timedelta(days=90), TODAY - timedelta(days=89)


@pytest.fixture
def session(storage: str | None, tmp_path: Path) -> Iterator[Session]:
    with opened(storage, tmp_path) as session:
        yield session


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


def companies(session: Session, told: Mapping[str, Any]) -> set[int]:
    segment = segments.read(told)
    found = segments.members(session, segment, today=TODAY)
    assert segments.count(session, segment, today=TODAY) == len(found)
    return {member.company_id for member in found}


def test_lapsed_bought_before_and_nothing_since(session: Session, books: Books):
    gone, here, new, never, returned = (books.company(name, f"{name}@a.example") for name in "gнhvr")
    books.sold(gone, LONG_AGO, ("Сервер", 1, 100))
    books.sold(here, LONG_AGO, ("Сервер", 1, 100))
    books.sold(here, RECENTLY, ("Сервер", 1, 100))
    books.sold(new, RECENTLY, ("Сервер", 1, 100))
    books.sold(returned, LONG_AGO, ("Сервер", 1, 100))
    books.sold(returned, RECENTLY, ("Сервер", -1, -100))
    assert never
    assert companies(session, {"kind": "lapsed", "days": 90}) == {gone, returned}


def test_who_gave_only_back_never_bought(session: Session, books: Books):
    company = books.company("Вернула", "a@a.example")
    books.sold(company, LONG_AGO, ("Сервер", -1, -100))
    assert companies(session, {"kind": "lapsed", "days": 30}) == set()


def test_the_top_decile_is_a_tenth_rounded_up_with_ties(session: Session, books: Books):
    ids = [books.company(f"ТОО {number}", f"{number}@a.example") for number in range(11)]
    for place, company in enumerate(ids):
        books.sold(company, RECENTLY, ("Сервер", 1, 100 + place))
    told = {"kind": "top_decile", "months": 12}
    assert companies(session, told) == {ids[10], ids[9]}
    books.sold(ids[8], RECENTLY, ("Кабель", 1, 1))
    assert companies(session, told) == {ids[10], ids[9], ids[8]}


def test_the_top_decile_counts_refunds_and_the_period_only(session: Session, books: Books):
    old, returned, best = (books.company(name, f"{name}@a.example") for name in ("old", "returned", "best"))
    books.sold(old, "2025-11-26", ("Сервер", 1, 9000))
    books.sold(old, "2025-11-27", ("Сервер", 1, 1))
    books.sold(returned, RECENTLY, ("Сервер", 1, 5000))
    books.sold(returned, TODAY, ("Сервер", -1, -4990))
    books.sold(best, RECENTLY, ("Сервер", 1, 100))
    assert companies(session, {"kind": "top_decile", "months": 12}) == {best}


def test_the_top_decile_never_compares_currencies(session: Session, books: Books):
    dollars, tenge, both = (books.company(name, f"{name}@a.example") for name in ("usd", "kzt", "both"))
    books.sold(dollars, RECENTLY, ("Сервер", 1, 10), currency="USD")
    books.sold(tenge, RECENTLY, ("Сервер", 1, 9000))
    books.sold(both, RECENTLY, ("Сервер", 1, 99), currency="USD")
    for _ in range(2):
        books.sold(both, RECENTLY, ("Сервер", 1, 100))
    assert companies(session, {"kind": "top_decile", "months": 12}) == {dollars, tenge}


def test_bought_one_and_not_the_other(session: Session, books: Books):
    only, both, neither, long_ago = (books.company(name, f"{name}@a.example") for name in "obnl")
    books.sold(only, RECENTLY, ("Лазерный принтер HP", 1, 100), categories=["Принтеры"])
    books.sold(both, RECENTLY, ("Лазерный принтер HP", 1, 100), ("Тонер", 1, 10), skus=[None, "T-85"])
    books.sold(neither, RECENTLY, ("Кабель", 1, 100))
    books.sold(long_ago, "2024-01-01", ("Лазерный принтер HP", 1, 100))
    for bought, other in (("ПРИНТЕР hp", "тонер"), ("принтер", "t-85"), ("Лазерный принтер HP", "ТОНЕР")):
        told = {"kind": "bought_not", "bought": bought, "not_bought": other, "months": 12}
        assert companies(session, told) == {only}, (bought, other)


def test_a_category_is_meant_by_its_whole_name(session: Session, books: Books):
    company = books.company("Сеть", "a@a.example")
    books.sold(company, RECENTLY, ("Коммутатор", 1, 100), categories=["Сетевое оборудование"])
    told = {"kind": "bought_not", "not_bought": "кабель", "months": 1}
    assert companies(session, told | {"bought": "сетевое ОБОРУДОВАНИЕ", "months": 12}) == {company}
    assert companies(session, told | {"bought": "сетевое", "months": 12}) == set()
    assert companies(session, told | {"bought": "оммутатор", "months": 12}) == set()


def test_only_persons_with_an_address_are_members_page_by_page(session: Session, books: Books):
    with books.at_once():
        books.company("Много", *(f"{number}@a.example" for number in range(7)), None, "")
        books.company("Никого", None)
    segment = segments.read({"kind": "everyone"})
    first = segments.members(session, segment, today=TODAY, limit=4)
    second = segments.members(session, segment, today=TODAY, limit=4, after_person_id=first[-1].person_id)
    assert (len(first), len(second), segments.count(session, segment, today=TODAY)) == (4, 3, 7)
    assert sorted({*first, *second}) == [*first, *second]
    assert segments.members(session, segment, today=TODAY, after_person_id=second[-1].person_id) == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "Такого отбора нет"),
        ({"kind": "vip"}, "Такого отбора нет"),
        ({"kind": ["lapsed"]}, "Такого отбора нет"),
        ({"kind": "lapsed"}, "Дней без покупок"),
        ({"kind": "lapsed", "days": 0}, "от 1 до 3650"),
        ({"kind": "lapsed", "days": True}, "целое число"),
        ({"kind": "lapsed", "days": "9" * 300}, "целое число"),
        ({"kind": "lapsed", "days": 90.5}, "целое число"),
        ({"kind": "top_decile", "months": 61}, "от 1 до 60"),
        ({"kind": "bought_not", "bought": " ", "not_bought": "a", "months": 1}, "что покупали"),
        ({"kind": "bought_not", "bought": "a", "not_bought": 5, "months": 1}, "чего не покупали"),
        ({"kind": "bought_not", "bought": "a" * 201, "not_bought": "b", "months": 1}, "до 200 знаков"),
        ({"kind": "bought_not", "bought": "Тонер", "not_bought": "тонер ", "months": 1}, "одно и то же"),
    ],
)
def test_a_segment_told_wrongly_is_refused_with_what_is_wrong(told: Mapping[str, Any], says: str):
    with pytest.raises(Refused, match=says):
        segments.read(told)


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "lapsed", "days": 90},
        {"kind": "top_decile", "months": 12},
        {"kind": "bought_not", "bought": "HP", "not_bought": "Тонер", "months": 6},
        {"kind": "everyone"},
    ],
)
def test_a_segment_is_told_back_as_it_was_read(told: Mapping[str, Any]):
    segment = segments.read(told)
    assert segments.told(segment) == told and segments.read(segments.told(segment)) == segment
    form = {name: str(value) for name, value in told.items()}
    assert segments.read(form) == segment
