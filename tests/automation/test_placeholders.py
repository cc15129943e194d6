"""What stands in braces becomes what is known, or its default; without either nothing is sent."""

from decimal import Decimal

import pytest

from saudager.automation import placeholders


@pytest.mark.parametrize(
    ("text", "said", "unknown"),
    [
        ("Здравствуйте, {contact.name|друг}!", "Здравствуйте, Асель!", []),
        ("{contact.email|}", "", []),
        ("{contact.email|нет} и {contact.wish}", "нет и ", ["contact.wish"]),
        ("Сумма {lead.price} ₸, {order.total} ₸", "Сумма 1\xa0250\xa0000 ₸, 199,90 ₸", []),
        ("{contact.is_client}, {lead.field:Город}", "да, Алматы, Астана", []),
        ("{{contact.name}} }}{{", "{contact.name} }{", []),
    ],
)
def test_a_text_is_filled(text: str, said: str, unknown: list[str]):
    known = {
        "contact.name": "Асель",
        "contact.is_client": True,
        "lead.price": 1_250_000,
        "order.total": Decimal("199.90"),
        "lead.field:Город": ["Алматы", "Астана"],
    }
    assert placeholders.fill(text, known) == (said, unknown)


@pytest.mark.parametrize(("text", "at"), [("a {b", 2), ("a } b", 2), ("{}", 0), ("{{a}", 3), ("{a|b}", None)])
def test_a_stray_brace_is_found(text: str, at: int | None):
    assert placeholders.stray_brace(text) == at
