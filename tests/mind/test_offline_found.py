"""What a stranger found wrong when he asked the offline salesperson about shops of his own."""

from datetime import UTC, datetime

import pytest

from saudager.providers.llm import Briefing, Fact
from saudager.providers.llm.offline import OfflineModel

NOW = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
REPAIR, BOUQUETS, BETON = "Ремонт телефонов", "Букеты", "Бетон › Доставка"
ROWS = [
    ("Модель: iPhone 12; Экран, оригинал: 62 000 ₸; Экран, копия: 31 000 ₸; Батарея: 21 000 ₸", REPAIR),
    ("Модель: iPhone 12 Pro; Экран, оригинал: 69 000 ₸; Экран, копия: 36 000 ₸; Батарея: 24 000 ₸", REPAIR),
    ("Букет: «Нежность»; S (15 роз): 12 500 ₸; M (25 роз): 19 900 ₸; L (51 роза): 38 900 ₸", BOUQUETS),
    ("Город: Каскелен; До 6 м3: 24 000 ₸; 6–10 м3: 32 000 ₸", BETON),
    ("Город: Конаев; До 6 м3: 38 000 ₸; 6–10 м3: 49 000 ₸", BETON),
]
FACTS = [Fact(text, "price.md", 1, section, number) for number, (text, section) in enumerate(ROWS, 1)]


async def reply(line: str, **more: object) -> str:
    return (await OfflineModel().decide(Briefing("Лавка", "", [], [line], FACTS, NOW, **more))).value.reply  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("айфон 12 про экран оригинал цена", "69 000 ₸", "62 000"),
        ("скок стоит нежность 25 роз", "19 900 ₸", "312 500"),
        ("доставка в каскелен 5 кубов", "24 000 ₸", "120 000"),
        ("доставка в конаев 8 кубов", "49 000 ₸", "304 000"),
    ],
)
async def test_a_number_that_names_a_variant_multiplies_nothing(line: str, wanted: str, unwanted: str) -> None:
    said = await reply(line)
    assert wanted in said
    assert unwanted not in said


async def test_an_original_and_a_copy_of_one_thing_are_not_added_up() -> None:
    assert "вместе" not in await reply("айфон 12 экран и батарея вместе сколько")


async def test_the_words_of_the_merchants_own_list_find_the_thing() -> None:
    assert "12 500 ₸" not in await reply("почем веник")
    assert "12 500 ₸" in await reply("почем веник", synonyms={"веник": ("нежность",)})
