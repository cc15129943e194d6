"""Conditions compare and do nothing else: numbers as numbers, texts in any case, and nothing unknown satisfies them."""

from decimal import Decimal
from typing import Any

import pytest

from saudager.automation.conditions import AnyOf, judge, parse

KNOWN: dict[str, Any] = {
    "lead.price": 50_000,
    "order.total": Decimal("199.90"),
    "lead.stage": " Думает ",
    "contact.is_client": False,
    "contact.name": None,
    "lead.field:Город": ["Алматы", "Астана"],
    "lead.field:Бюджет": ["1 200,50"],
    "lead.field:Пусто": [],
    "now.weekday": "mon",
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("lead.price == 50000", True),
        ("lead.price > 50000", False),
        ("lead.price >= 50_000", True),
        ("lead.price < 50000.5", True),
        ("lead.price in [1, 50000]", True),
        ("lead.price != 50000", False),
        ("order.total == 199.9", True),
        ("lead.stage == 'думает'", True),
        ("lead.stage != 'ДУМАЕТ'", False),
        ("lead.stage contains «ума»", True),
        ('lead.stage in ["Новый", "Думает"]', True),
        ("contact.is_client", False),
        ("not contact.is_client", True),
        ("contact.is_client == false", True),
        ("contact.name == 'x'", False),
        ("contact.name != 'x'", False),
        ("contact.name is set", False),
        ("contact.name is not set", True),
        ("not contact.wish", False),
        ("lead.stage is set", True),
        ("lead.field:Город == 'астана'", True),
        ("lead.field:Город != 'Астана'", False),
        ("lead.field:Город != 'Тараз'", True),
        ("lead.field:Город contains 'лмат'", True),
        ("lead.field:Бюджет > 1200", True),
        ("lead.field:Город > 5", False),
        ("lead.field:Пусто is not set", True),
        ("lead.field:Нет такого is set", False),
        ("now.weekday in ['mon', 'tue']", True),
    ],
)
def test_a_comparison_holds_or_not(condition: str, holds: bool):
    assert judge([parse(condition)], KNOWN)[0] is holds


def test_all_must_hold_or_one_of_any_and_each_tells_what_it_saw():
    either = AnyOf((parse("lead.price > 100000"), parse("lead.stage == 'Думает'")))
    holds, seen = judge([either, parse("contact.is_client"), parse("contact.name is set")], KNOWN)
    assert not holds
    assert [one.told() for one in seen] == [
        {"if": "lead.price > 100000 или lead.stage == 'Думает'", "saw": "50000;  Думает ", "holds": True},
        {"if": "contact.is_client", "saw": "нет", "holds": False},
        {"if": "contact.name is set", "saw": "неизвестно", "holds": False},
    ]
    assert judge([], KNOWN) == (True, [])
