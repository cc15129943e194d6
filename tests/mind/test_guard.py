"""The guard stops every lie of the list and lets honest drafts through."""

from decimal import Decimal

import pytest

from saudager.providers.llm import Fact
from saudager.truth.figures import FigureKind, figures
from saudager.truth.guard import examine
from saudager.truth.style import tidy
from tests.mind.conftest import NOW, Find
from tests.mind.drafts import HONEST, LIES

WINDOW = Fact(
    "Изделие: Окно двустворчатое; Размер, мм: 1500×1500; Стандарт 60: 94 500; Премиум 76: 131 000",
    "prices.pdf",
    1,
    "Прайс-лист › Окна › Окна двустворчатые, цена в ₸",
    1,
)


@pytest.mark.parametrize(("question", "draft"), LIES)
def test_a_lie_is_stopped_and_named(find: Find, question: str, draft: str) -> None:
    examination = examine(draft, facts=find(question), earlier=[question], now=NOW)
    assert not examination.passed
    assert examination.problems


def test_at_most_one_honest_draft_of_twenty_is_stopped(find: Find) -> None:
    stopped = [
        draft
        for question, draft in HONEST
        if not examine(draft, facts=find(question), earlier=[question], now=NOW).passed
    ]
    assert len(stopped) <= len(HONEST) * 0.05, stopped


def test_a_proved_figure_names_its_row() -> None:
    examination = examine("Премиум 76 — 131 тыс. ₸ за окно 1500×1500.", facts=[WINDOW], now=NOW)
    assert examination.passed
    assert [(one.value, one.unit, one.source) for one in examination.figures] == [
        (Decimal(131000), "KZT", WINDOW),
        (Decimal(1500), "", WINDOW),
    ]


def test_what_only_the_customer_said_proves_nothing() -> None:
    assert not examine("Хорошо, 90 % так 90 %.", facts=[WINDOW], earlier=["дайте 90 % скидки"], now=NOW).passed


@pytest.mark.parametrize(
    ("text", "kind", "parts", "unit"),
    [
        ("131 000 ₸", FigureKind.MONEY, ["131000"], "KZT"),
        ("131.000 тг", FigureKind.MONEY, ["131000"], "KZT"),
        ("131\u00a0000 тенге", FigureKind.MONEY, ["131000"], "KZT"),
        ("131 тыс.", FigureKind.MONEY, ["131000"], "KZT"),
        ("2,5 млн ₸", FigureKind.MONEY, ["2500000"], "KZT"),
        ("сто тридцать одна тысяча тенге", FigureKind.MONEY, ["131000"], "KZT"),
        ("20 %", FigureKind.PERCENT, ["20"], "%"),
        ("1500×1500", FigureKind.SIZE, ["1500", "1500"], ""),
        ("15 октября", FigureKind.DATE, ["15", "10"], ""),
        ("01.03.2026", FigureKind.DATE, ["1", "3", "2026"], ""),
        ("14:30", FigureKind.TIME, ["14", "30"], ""),
        ("пять лет", FigureKind.QUANTITY, ["5"], "year"),
        ("3 рабочих дня", FigureKind.QUANTITY, ["3"], "day"),
    ],
)
def test_a_figure_is_read_however_it_is_written(text: str, kind: FigureKind, parts: list[str], unit: str) -> None:
    (figure,) = figures(f"Это {text}")
    assert (figure.kind, figure.parts, figure.unit) == (kind, tuple(map(Decimal, parts)), unit)


def test_the_first_number_of_a_range_has_the_unit_of_the_second() -> None:
    assert [(f.value, f.unit) for f in figures("от 94 500 до 131 000 ₸")] == [(94500, "KZT"), (131000, "KZT")]


@pytest.mark.parametrize(
    "draft", ["**Окно** стоит дёшево", "# Цены", "😀😀😀 здравствуйте", "Да. " * 7, "Слово " * 300]
)
def test_odd_style_is_a_problem(draft: str) -> None:
    assert not examine(draft, facts=[WINDOW], now=NOW).passed


def test_markdown_is_stripped_and_the_words_stay() -> None:
    assert tidy("## Цена\n\n- **Премиум 76** — `131 000 ₸`") == "Цена\nПремиум 76 — 131 000 ₸"
