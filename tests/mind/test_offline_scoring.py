"""The learned scorer of the offline salesperson: shops it has not seen, and what no weight may overrule."""

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from saudager.providers.llm import Briefing, Fact
from saudager.providers.llm.offline import OfflineModel
from saudager.providers.llm.offline.scoring import learned

NOW = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
SCRIPT = Path(__file__).parents[2] / "scripts" / "train_offline.py"

PRINTING = "Прайс › Кружки"
FRAMES = (
    "Багет\nдеревянный узкий ........ 2 100\nдеревянный широкий ........ 3 400 (с лаком)\nалюминиевый ........ 4 700"
)
FACTS = [
    Fact("Товар: Кружка белая; 1–9 шт, за шт: 2 800 ₸; 10–49 шт, за шт: 2 350 ₸", "price.md", 1, PRINTING, 1),
    Fact("Товар: Кружка чёрная; 1–9 шт, за шт: 3 100 ₸; 10–49 шт, за шт: 2 600 ₸", "price.md", 1, PRINTING, 2),
    Fact("Товар: Постер; Размер, см: 40×60; Цена: 5 900 ₸", "price.md", 1, "Прайс › Постеры", 1),
    Fact("Товар: Постер; Размер, см: 50×70; Цена: 7 300 ₸", "price.md", 1, "Прайс › Постеры", 2),
    Fact(
        "Комната: Малая; гостей: 2; будни: 14 000 тенге; выходные: 17 500 тенге",
        "price.md",
        2,
        "Аренда студии, тенге",
        1,
    ),
    Fact(FRAMES, "frames.txt", 1, "Рамы"),
    Fact("Можно ли переделать готовый заказ?\nДа, один раз, за 900 ₸.", "faq.md", 1, "Вопросы"),
]


async def reply(line: str) -> str:
    return (await OfflineModel().decide(Briefing("Лавка", "", [], [line], FACTS, NOW))).value.reply


@pytest.fixture(scope="module")
def training() -> ModuleType:
    """The script that trains the scorer."""
    described = importlib.util.spec_from_file_location("train_offline", SCRIPT)
    assert described
    assert described.loader
    script = importlib.util.module_from_spec(described)
    described.loader.exec_module(script)
    return script


def test_the_shipped_weights_were_learned_from_the_data_and_code_beside_them(training: ModuleType) -> None:
    assert learned().fingerprint == training.fingerprint()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("почём белая кружка, надо 12 штук", "2 350 ₸"),
        ("здравствуйте, постер 50 на 70 сколько будет", "7 300 ₸"),
        ("багет деревянный широкий цена", "3 400"),
        ("малая комната в выходные сколько стоит", "17 500"),
        ("а можно потом переделать заказ?", "900 ₸"),
    ],
)
async def test_a_plain_question_at_a_shop_it_has_never_seen_is_answered(line: str, wanted: str) -> None:
    assert wanted in await reply(line)


@pytest.mark.parametrize(
    "line",
    [
        "сколько стоит постер 90 на 120",
        "сколько стоит кружка хамелеон",
        "сколько стоит футболка",
        "малая беседка в выходные сколько стоит",
    ],
)
async def test_no_weight_lends_a_thing_the_price_of_another(line: str) -> None:
    said = await reply(line)
    assert not re.search(r"\d", said)
    assert "уточню" in said
