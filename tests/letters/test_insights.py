"""Insights: code computes each value and trend, a model may only phrase them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused, Unreachable
from saudager.letters import insights, words
from saudager.letters.insights import FALLBACK
from saudager.letters.schemas import PersonalizationData, SalesInsight
from saudager.sales import companies, people
from saudager.sales.models import Invoice
from tests.letters.conftest import Room
from tests.letters.subject import FIGURES, ROUBLES, techcom
from tests.sales.techcom import NOW


def told(**other: Any) -> PersonalizationData:
    """What the model hands in: the computed fields, with what it says otherwise."""
    return insights.computed(techcom()).model_copy(update=other)


def test_they_have_the_fields_of_the_document() -> None:
    assert list(SalesInsight.model_fields) == ["metric_name", "value", "trend", "description"]
    assert list(PersonalizationData.model_fields) == [
        *("company_name", "person_name", "person_position", "total_purchases", "last_purchase_date"),
        *("top_products", "sales_insights", "recommendations"),
    ]


async def test_values_and_trends_are_computed(room: Room) -> None:
    found = await room.insights()
    data = found.data
    assert (data.company_name, data.person_name, data.person_position) == (
        "ТехКом",
        "Иван Петрович Соколов",
        "Директор по IT",
    )
    assert (data.total_purchases, data.last_purchase_date) == ("2 450 000 ₽", "2024-12-18")
    assert data.top_products[0] == "Серверное оборудование HP — 45 %"
    said = {one.metric_name: (one.value, one.trend) for one in data.sales_insights}
    assert said["Сумма покупок"] == ("2 450 000 ₽", "рост")
    assert said["Количество заказов"] == ("18", "рост")
    assert said["Средний чек"] == ("136 111 ₽", "стабильно")
    assert said["Доля категории: Серверы"] == ("45 %", "рост")
    assert found.engine == FALLBACK
    assert found.figures.company_id == room.techcom.company_id


def test_in_two_currencies_no_share_is_told_of_everything() -> None:
    dollars = replace(ROUBLES, currency="USD", total=Decimal(200), orders=2, growth=None, orders_before=0)
    subject = techcom(figures=replace(FIGURES, currencies=(dollars, ROUBLES)))
    data = insights.computed(subject)
    assert data.total_purchases == "200 $ и 2 450 000 ₽"
    assert [(one.metric_name, one.value) for one in data.sales_insights[:2]] == [
        ("Сумма покупок, USD", "200 $"),
        ("Сумма покупок, RUB", "2 450 000 ₽"),
    ]
    for letter in words.letters(subject):
        assert "%" not in letter.body + " ".join(letter.key_points)
    assert not [one for one in [*data.top_products, *data.recommendations] if "%" in one]
    assert not [row for row in subject.rows if "share" in row.name]


async def test_a_model_phrases_them_and_changes_no_figure(room: Room) -> None:
    lying = [
        one.model_copy(update={"value": "9 999 999 ₽", "trend": "снижение", "description": "Закупки выросли на 15 %."})
        for one in told().sales_insights
    ]
    room.writer.insights = [
        told(total_purchases="9 999 999 ₽", top_products=["Чай"], sales_insights=lying, recommendations=["Позвонить."])
    ]
    found = await room.insights()
    assert found.engine == "scripted"
    assert found.data.total_purchases == "2 450 000 ₽"
    assert "9 999 999" not in str(found.data)
    assert {one.description for one in found.data.sales_insights} == {"Закупки выросли на 15 %."}
    assert found.data.sales_insights[0].trend == "рост"
    assert found.data.recommendations == ["Позвонить."]


async def test_a_description_that_lies_is_asked_for_once_more_and_then_ours(room: Room) -> None:
    ours = told().sales_insights
    lie = ours[0].model_copy(update={"description": "Закупки выросли на 51 %."})
    room.writer.insights = [
        told(sales_insights=[lie, *ours[1:]], recommendations=["Обещать скидку 20 %.", "Позвонить."])
    ]
    found = await room.insights()
    assert found.data.sales_insights[0].description == ours[0].description
    assert found.data.recommendations == ["Позвонить."]
    assert len(room.writer.asked) == 2
    assert any("51 %" in remark for remark in room.writer.asked[1].remarks)


async def test_without_a_model_they_are_in_our_words(room: Room) -> None:
    room.writer.trouble = Unreachable("no route")
    found = await room.insights()
    assert found.engine == FALLBACK
    assert "на 15 % больше, чем год назад" in found.data.sales_insights[0].description


@pytest.mark.parametrize("months", [1, 3, 6, 24, 60])
async def test_the_period_may_be_another(room: Room, months: int) -> None:
    found = await room.insights(months_back=months)
    assert found.figures.months_back == months
    assert found.data.total_purchases


async def test_a_company_that_bought_nothing_is_an_honest_empty_answer(room: Room) -> None:
    company_id, person_id = await room.app.db.run(_newcomer)
    found = await insights.find(room.app, company_id, person_id, now=NOW)
    assert found.data.total_purchases == "Покупок за 2024 год не было."
    assert (found.data.last_purchase_date, found.data.top_products, found.data.sales_insights) == (None, [], [])
    assert found.engine == FALLBACK
    assert room.writer.asked == []


async def test_purchases_that_fell_are_said_to_have_fallen(room: Room) -> None:
    await room.app.db.run(_fewer)
    found = await room.insights()
    assert found.data.sales_insights[0].trend == "снижение"
    assert any("снизились" in one for one in found.data.recommendations)


async def test_unknown_ones_and_people_of_another_company_are_refused(room: Room) -> None:
    company_id, person_id = await room.app.db.run(_newcomer)
    with pytest.raises(NotFound):
        await insights.find(room.app, 999, person_id, now=NOW)
    with pytest.raises(NotFound):
        await insights.find(room.app, company_id, 999, now=NOW)
    with pytest.raises(Refused):
        await insights.find(room.app, room.techcom.company_id, person_id, now=NOW)
    with pytest.raises(Refused):
        await room.insights(months_back=61)


def _newcomer(session: Session) -> tuple[int, int]:
    (company_id,) = companies.store(session, [companies.Told("Новичок")], now=NOW).ids
    (person_id,) = people.store(session, [people.Told(company_id, "Анна Ким", email="kim@new.example")], now=NOW).ids
    return company_id, person_id


def _fewer(session: Session) -> None:
    """All but the last order of the year are moved out of sight."""
    session.execute(
        update(Invoice)
        .where(Invoice.issued_on >= NOW.date().replace(month=1, day=1), Invoice.issued_on < NOW.date().replace(day=10))
        .values(issued_on=NOW.date().replace(year=2020))
    )
