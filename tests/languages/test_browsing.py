"""Who looks for goods is told from who wants something done."""

import pytest

from saudager.languages.browsing import browses


@pytest.mark.parametrize(
    "line",
    [
        "Хочу окна",
        "хочу купить дверь",
        "Какие у вас двери есть?",
        "Интересуют сетки",
        "Маған терезе керек",
        "I need a door",
    ],
)
def test_who_says_what_he_wants_looks_for_goods(line: str) -> None:
    assert browses(line)


@pytest.mark.parametrize(
    "line",
    ["хочу вернуть окно", "нужно узнать про дверь", "хочу отменить заказ", "Сколько стоит окно?", "Окно разбилось"],
)
def test_who_wants_something_done_or_asks_a_price_does_not(line: str) -> None:
    assert not browses(line)
