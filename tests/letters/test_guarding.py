"""No letter says more than its facts: lies are found in three languages, and the truth is let through."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from saudager.letters import subjects, words
from saudager.letters.guarding import Guard
from saudager.letters.subjects import Offer, Subject
from saudager.sales.metrics import Bought, Lapsed
from tests.letters.lies import (
    ENGLISH_LIES,
    ENGLISH_TRUTHS,
    KAZAKH_LIES,
    KAZAKH_TRUTHS,
    LIES,
    SUPPLY_LIES,
    SUPPLY_TRUTHS,
    TRUTHS,
)
from tests.letters.subject import FIGURES, ROUBLES, supply, techcom
from tests.sales.techcom import NOW

AROUND = {
    "ru": "Добрый день, Иван Петрович!\n\nСпасибо, что покупаете у нас. {}\n\nБудем рады вашему ответу.",
    "kk": "Қайырлы күн, Иван Петрович!\n\nБізден сатып алғаныңызға рақмет. {}\n\nЖауабыңызды күтеміз.",
    "en": "Good afternoon, Иван Петрович,\n\nThank you for buying from us. {}\n\nWe look forward to your reply.",
}


def problems(said: str, subject: Subject | None = None) -> list[str]:
    subject = subject or techcom()
    return Guard(subject.rows, NOW).problems(AROUND[subject.language].format(said))


@pytest.mark.parametrize("lie", LIES, ids=LIES.values())
def test_a_lie_is_found(lie: str) -> None:
    assert problems(lie)


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_truth_passes(truth: str) -> None:
    assert problems(truth) == []


@pytest.mark.parametrize(
    ("language", "lie"), [*(("kk", lie) for lie in KAZAKH_LIES), *(("en", lie) for lie in ENGLISH_LIES)]
)
def test_a_lie_is_found_in_another_language(language: str, lie: str) -> None:
    assert problems(lie, techcom(language=language))


@pytest.mark.parametrize(
    ("language", "truth"), [*(("kk", said) for said in KAZAKH_TRUTHS), *(("en", said) for said in ENGLISH_TRUTHS)]
)
def test_the_truth_passes_in_another_language(language: str, truth: str) -> None:
    assert problems(truth, techcom(language=language)) == []


SUPPLY = "Добрый день, Айгерім Сериковна!\n\nПишу вам по поводу наших поставок. {}\n\nЖду вашего ответа."
LATER = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize("lie", SUPPLY_LIES)
def test_a_lie_about_a_firm_that_buys_less_is_found(lie: str) -> None:
    assert Guard(supply().rows, LATER).problems(SUPPLY.format(lie))


@pytest.mark.parametrize("truth", SUPPLY_TRUTHS)
def test_the_truth_about_it_passes(truth: str) -> None:
    assert Guard(supply().rows, LATER).problems(SUPPLY.format(truth)) == []


def _lapsed() -> Subject:
    lapsed = Lapsed("ИБП APC 1500", date(2024, 6, 3), 60, 5)
    return techcom(figures=replace(FIGURES, currencies=(replace(ROUBLES, lapsed=(lapsed,)),)))


@pytest.mark.parametrize(
    "truth",
    [
        "Раньше вы примерно раз в 60 дней брали ИБП APC 1500, последний раз — 3 июня 2024 года.",
        "ИБП APC 1500 вы покупали 5 раз, последний раз — 3 июня.",
    ],
)
def test_what_was_bought_steadily_and_no_more_may_be_reminded_of(truth: str) -> None:
    assert problems(truth, _lapsed()) == []


@pytest.mark.parametrize(
    "lie",
    [
        "ИБП APC 1500 вы брали каждые 30 дней.",
        "ИБП APC 1500 вы брали 18 раз.",
        "ИБП APC 3000 вы брали 5 раз.",
        "Последняя покупка у нас была 3 июня 2024 года.",
    ],
)
def test_but_not_otherwise_than_it_was(lie: str) -> None:
    assert problems(lie, _lapsed())


def test_products_that_differ_by_their_digits_alone_keep_their_own_shares() -> None:
    thin = Bought("1", "Окно 60 мм", None, Decimal(1470000), Decimal(10), Decimal("0.6"))
    thick = Bought("2", "Окно 76 мм", None, Decimal(980000), Decimal(5), Decimal("0.4"))
    windows = techcom(figures=replace(FIGURES, currencies=(replace(ROUBLES, top=(thin, thick), categories=()),)))
    assert problems("На «Окно 60 мм» приходится 60 % покупок, на «Окно 76 мм» — 40 %.", windows) == []
    assert problems("На «Окно 60 мм» приходится 40 % покупок.", windows)
    assert problems("На «Окно 66 мм» приходится 60 % покупок.", windows)


def test_where_nothing_was_bought_before_no_growth_may_be_told() -> None:
    new = replace(ROUBLES, total_before=Decimal(0), orders_before=0, growth=None)
    fresh = techcom(figures=replace(FIGURES, currencies=(new,)))
    assert problems("Ваши закупки растут.", fresh)
    assert problems("За 2024 год вы закупили на 2 450 000 ₽.", fresh) == []


def test_without_sales_no_figure_of_purchases_may_be_told() -> None:
    assert problems("За 2024 год вы закупили на 2 450 000 ₽.", techcom(figures=None))
    assert problems("Предлагаю HP ProLiant Gen11 за 890 000 ₽.", techcom(figures=None)) == []


def test_currencies_are_not_taken_for_each_other() -> None:
    dollars = replace(ROUBLES, currency="USD", total=Decimal(1200), orders=2, average=Decimal(600), growth=None,
                      total_before=Decimal(0), orders_before=0, top=(), categories=(), months=())  # fmt: skip
    both = techcom(figures=replace(FIGURES, currencies=(ROUBLES, dollars)))
    assert problems("За 2024 год вы закупили на 2 450 000 ₽ и на 1 200 $.", both) == []
    assert problems("За 2024 год вы закупили на 2 450 000 $.", both)
    assert problems("За 2024 год вы закупили на 1 200 ₽.", both)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_company_buys_our_own_letter_is_true_and_a_changed_digit_in_it_is_found(seed: int) -> None:
    dice = random.Random(seed)
    subject, today = _anybody(dice)
    guard = Guard(subject.rows, NOW.replace(year=today.year, month=today.month, day=today.day))
    letter = next(words.letters(subject))
    assert guard.problems(letter.subject) == []
    assert guard.problems(letter.body) == []
    assert [point for point in letter.key_points if guard.problems(point)] == []
    for changed in _misprints(letter.body, [(one.start, one.end) for one in guard.figures(letter.body)], dice):
        assert guard.problems(changed), changed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_and_so_for_many_companies(seed: int) -> None:
    test_whatever_a_company_buys_our_own_letter_is_true_and_a_changed_digit_in_it_is_found(seed)


def _misprints(body: str, spans: list[tuple[int, int]], dice: random.Random) -> Iterator[str]:
    """The letter with one digit of one figure changed, for every figure."""
    for start, end in spans:
        at = dice.choice([place for place in range(start, end) if body[place].isdigit()])
        other = dice.choice([digit for digit in "123456789" if digit != body[at]])
        yield f"{body[:at]}{other}{body[at + 1 :]}"


_NAMES = ("Кабель ВВГ 3x1.5", "Кабель ВВГ 3x2.5", "Окно 60 мм", "Окно 76 мм", "Бумага А4 «Снегурочка» 500 л", "Чай",
          "Ноутбук Lenovo T14 Gen 3", "Доставка по городу", "SSD 1,92 ТБ", "Услуги связи 2024")  # fmt: skip


def _anybody(dice: random.Random) -> tuple[Subject, date]:
    """A letter about purchases nobody thought out, and the day of it."""
    today = date(2026, 11, 27) - timedelta(days=dice.randrange(400))
    total, before = (
        Decimal(dice.randrange(10_000, 90_000_000)),
        Decimal(dice.choice((0, dice.randrange(10_000, 9_000_000)))),
    )
    names = dice.sample(_NAMES, dice.randrange(1, 6))
    parts = sorted((Decimal(dice.randrange(1, 999)) for _ in names), reverse=True)
    shares = [(part / sum(parts)).quantize(Decimal("0.0001")) for part in parts]
    orders = dice.randrange(1, 60)
    figures = replace(
        ROUBLES,
        currency=dice.choice(("KZT", "RUB", "USD")),
        total=total,
        orders=orders,
        average=total / orders,
        total_before=before,
        orders_before=dice.randrange(1, 60) if before else 0,
        growth=((total - before) / before).quantize(Decimal("0.0001")) if before else None,
        top=tuple(
            Bought(name, name, None, total * share, Decimal(dice.randrange(1, 500)), share)
            for name, share in zip(names, shares, strict=True)
        ),
        categories=(),
        months=tuple((f"{today.year}-{month:02}", Decimal(dice.randrange(9_000_000))) for month in range(1, 13)),
        lapsed=(Lapsed(dice.choice(_NAMES), today - timedelta(days=dice.randrange(60, 300)), 30, 5),),
    )
    whole = replace(
        FIGURES,
        since=today.replace(year=today.year - 1) + timedelta(days=1),
        until=today,
        currencies=(figures,),
        last_purchase_on=today - timedelta(days=dice.randrange(100)),
        expected_next_on=None,
    )
    offered = dice.sample(_NAMES, dice.randrange(3))
    subject = techcom(
        figures=whole,
        language=dice.choice(("ru", "kk", "en")),
        purpose=dice.choice(subjects.PURPOSES),
        tone=dice.choice(("professional", "formal", "friendly")),
        company="Альфа 24",
        offers=tuple(
            Offer(n, name, Decimal(dice.randrange(1_000, 900_000)), "KZT", True) for n, name in enumerate(offered)
        ),
    )
    return subject, today
