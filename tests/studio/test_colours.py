"""Colours in a merchant's own words, in three languages."""

import pytest

from saudager import colours


def light(shade: str) -> int:
    return sum(int(shade[at : at + 2], 16) for at in (1, 3, 5))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("белая", "white"),
        ("белого цвета", "white"),
        ("ақ түсті", "white"),
        ("чёрными", "black"),
        ("синем", "blue"),
        ("қызыл", "red"),
        ("мокрый асфальт", "графит"),
        ("қызғылт сары", "orange"),
        ("тёмно-синий", "dark blue"),
        ("темно синий металлик", "dark blue"),
        ("темносиний", "қою көк"),
        ("перламутрово-белый", "белый перламутр"),
        ("светло-серого", "light grey"),
        ("#1F4FA3", "#1f4fa3"),
        ("#fff", "#ffffff"),
        ("металлик", "silver"),
    ],
)
def test_the_same_colour_is_called_in_many_ways(one: str, other: str):
    assert colours.hex_of(one) == colours.hex_of(other) is not None


def test_dark_is_darker_and_light_is_lighter():
    for colour in ("blue", "red", "green", "grey"):
        plain = colours.hex_of(colour)
        assert light(colours.hex_of(f"dark {colour}")) < light(plain) < light(colours.hex_of(f"light {colour}"))
    assert (
        light(colours.hex_of("тёмно-зелёный")) < light(colours.hex_of("зелёный")) < light(colours.hex_of("ашық жасыл"))
    )


@pytest.mark.parametrize("text", ["", "Краснодар", "белка", "Сары-Арка", "сервис", "золотник", "—", "Toyota", "#12"])
def test_what_only_looks_like_a_colour_is_none(text: str):
    assert colours.hex_of(text) is None


def test_a_colour_is_found_where_it_stands():
    text = "Диван Ёлка ярко-красного цвета, угловой"
    there = colours.found(text)
    assert text[there.start : there.end] == "ярко-красного цвета"
    assert (there.name, there.shade) == ("ярко-красный", colours.hex_of("red"))
