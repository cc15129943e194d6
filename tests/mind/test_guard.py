"""The guard stops every lie of the list and lets honest drafts through."""

import re
import time
from decimal import Decimal
from functools import cache

import pytest

from saudager.providers.llm import Fact
from saudager.providers.llm.offline import phrases
from saudager.truth.figures import FigureKind, figures
from saudager.truth.guard import examine
from saudager.truth.named import NamedFact
from saudager.truth.style import tidy
from tests.mind.conftest import NOW, Find
from tests.mind.drafts import LIES, honest_drafts, lies

pytestmark = pytest.mark.slow

WINDOW = Fact(
    "Изделие: Окно двустворчатое; Размер, мм: 1500×1500; Стандарт 60: 94 500 ₸; Премиум 76: 131 000 ₸",
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


def test_of_over_two_hundred_honest_drafts_at_most_one_in_twenty_is_stopped(find: Find, whole: list[Fact]) -> None:
    drafts = honest_drafts(whole)
    assert len(drafts) >= 200
    for facts in (cache(find), lambda _: whole):
        stopped = [draft for asked, draft in drafts if not _passes(asked, draft, facts(asked))]
        assert len(stopped) <= len(drafts) * 0.05, stopped


def test_of_a_thousand_lies_none_gets_through(find: Find, whole: list[Fact]) -> None:
    told, facts = lies(whole, seed=7, count=1000), cache(find)
    assert [draft for asked, draft in told if _passes(asked, draft, facts(asked))] == []
    assert [draft for asked, draft in told[:300] if _passes(asked, draft, whole)] == []


def _passes(asked: str, draft: str, facts: list[Fact]) -> bool:
    return examine(draft, facts=facts, earlier=[asked], now=NOW).passed


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_what_the_offline_salesperson_always_says_is_never_stopped(language: phrases.Language, find: Find) -> None:
    said = [getattr(phrases, name)[language] for name in dir(phrases) if re.fullmatch(r"[A-Z][A-Z_]+", name)]
    lines = [line for one in said for line in ([one] if isinstance(one, str) else one)]
    assert len(lines) >= 15
    proved = [*find("окно"), NamedFact("pictured", "true")]  # what is said of a picture is said with the picture
    stopped = [line for line in lines if not examine(line, facts=proved, now=NOW).passed]
    assert stopped == []


def test_a_follow_up_rests_on_what_was_spoken_of_before(whole: list[Fact]) -> None:
    earlier = ["Какая гарантия на профиль Стандарт 60?", "На профиль «Стандарт 60» — 5 лет.", "а на фурнитуру?"]
    assert examine("На фурнитуру — 3 года.", facts=whole, earlier=earlier, now=NOW).passed
    assert not examine("На фурнитуру — 5 лет.", facts=whole, earlier=earlier, now=NOW).passed


def test_one_price_for_two_named_variants_is_stopped(whole: list[Fact]) -> None:
    draft = "Стандарт 60 и Премиум 76, окно двустворчатое 1500×1500, стоят по 94 500 ₸."
    assert not examine(draft, facts=whole, now=NOW).passed


def test_a_price_with_its_product_spelled_out_passes_and_a_false_product_does_not() -> None:
    for true, false in (
        ("4 × 94 500 = 378 000 ₸", "4 × 94 500 = 387 000 ₸"),
        ("4 шт. по 94 500 ₸ — 378 000 ₸", "4 шт. по 94 500 ₸ — 283 500 ₸"),
    ):
        assert examine(f"Стандарт 60, 1500×1500: {true}.", facts=[WINDOW], now=NOW).passed, true
        assert not examine(f"Стандарт 60, 1500×1500: {false}.", facts=[WINDOW], now=NOW).passed, false


def test_the_customers_own_size_may_be_asked_back_but_not_his_discount() -> None:
    asked = ["Нужно окно 1600×1400, дадите скидку 15 %?"]
    assert examine("Вам на 1600×1400?", facts=[WINDOW], earlier=asked, now=NOW).passed
    assert not examine("Скидка 15 %, оформляем?", facts=[WINDOW], earlier=asked, now=NOW).passed
    assert examine("Скидку 15 % дать не могу.", facts=[WINDOW], earlier=asked, now=NOW).passed


def test_a_draft_in_another_language_than_the_customers_is_stopped() -> None:
    asked = ["Сәлеметсіз бе! Терезенің бағасы қанша болады екен?"]
    assert not examine("Подскажите, пожалуйста, какой размер вам нужен?", facts=[], earlier=asked, now=NOW).passed
    assert examine("Сәлеметсіз бе! Сізге қандай өлшем керек?", facts=[], earlier=asked, now=NOW).passed


def test_a_draft_is_examined_in_a_few_milliseconds(find: Find, whole: list[Fact]) -> None:
    draft = (
        "Здравствуйте! Окно двустворчатое 1500×1500, Премиум 76 — 131 000 ₸. "
        "Доставка по Астане 5 000 ₸, гарантия на монтаж 2 года. Когда вам удобно?"
    )
    for facts, most in ((find(draft) + find("доставка"), 0.02), (whole, 0.1)):
        examine(draft, facts=facts, now=NOW)
        began = time.process_time()
        for _ in range(20):
            examine(draft, facts=facts, now=NOW)
        assert (time.process_time() - began) / 20 < most


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
