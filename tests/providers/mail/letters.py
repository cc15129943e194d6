"""A letter for every test of carriers, with everything a letter can have."""

from datetime import UTC, datetime
from typing import Any

from saudager.providers.mail import Address, Enclosure, Letter

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
CHART = Enclosure("chart.png", "image/png", b"\x89PNG" + bytes(range(256)) * 20, content_id="chart.png")
PRICE_LIST = Enclosure("Прайс на весну.pdf", "application/pdf", b"%PDF-1.7" + b"y" * 300)


def letter(**changed: Any) -> Letter:
    """A letter to Ivan; ``changed`` replaces its fields."""
    usual: dict[str, Any] = {
        "own_id": "letter:12",
        "message_id": "0c4f@shop.kz",
        "sender": Address("sales@shop.kz", "Тёплый Дом, ТОО"),
        "recipient": Address("ivan@client.kz", "Иван Петров"),
        "subject": "Ваши закупки за год",
        "text": "Здравствуйте, Иван!\n\nЗа год вы купили на 1 250 000 ₸.\n",
        "html": '<p>Здравствуйте, Иван!</p><img src="cid:chart.png" alt="Закупки по месяцам">',
        "enclosures": (CHART,),
        "in_reply_to": "question@client.kz",
        "references": ("first@client.kz", "question@client.kz"),
        "unsubscribe": "https://shop.kz/u/abc",
        "automatic": "auto-generated",
    }
    return Letter(**usual | changed)
