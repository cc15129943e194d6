"""What a merchant wants pictures of, read from his own words: a car with what he said of it, or any other product."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saudager.errors import Refused
from saudager.studio.reading import LONGEST, read
from saudager.studio.subjects import SUBJECT, Car, Thing

pytestmark = pytest.mark.slow

CARS = {
    "Toyota Camry 2021 white sedan": ("Toyota", "Camry", 2021, "white", "sedan"),
    "белая Тойота Камри 2021 седан": ("Toyota", "Камри", 2021, "белая", "седан"),
    "ақ түсті Toyota Camry 2021 седан": ("Toyota", "Camry", 2021, "ақ", "седан"),
    "Тойоту Камри белого цвета": ("Toyota", "Камри", None, "белый", "седан"),
    "Продаю Kia Rio 2015 года белого цвета": ("Kia", "Rio", 2015, "белый", "седан"),
    "BMW X5 2019 чёрный": ("BMW", "X5", 2019, "чёрный", "внедорожник"),
    "X5 BMW чёрный": ("BMW", "X5", None, "чёрный", "внедорожник"),
    "мокрый асфальт Хендай Акцент": ("Hyundai", "Акцент", None, "мокрый асфальт", "седан"),
    "Mercedes-Benz E 200 2018 серебристый металлик": (
        "Mercedes-Benz",
        "E 200",
        2018,
        "серебристый металлик",
        "",
    ),
    "Range Rover Sport 2020 dark green": ("Land Rover", "Range Rover Sport", 2020, "dark green", "suv"),
    "Лада Granta 2020 серебристая, универсал": ("LADA", "Granta", 2020, "серебристая", "универсал"),
    "#1f4fa3 Kia K5 2022": ("Kia", "K5", 2022, "#1f4fa3", "sedan"),
    "ВАЗ 2107": ("LADA", "2107", None, "", ""),
    "Mazda CX-5, 2.5 л, белая": ("Mazda", "CX-5", None, "белая", "внедорожник"),
}


@pytest.mark.parametrize("text", CARS)
def test_a_car_is_read_with_its_model_year_colour_and_body(text: str):
    read_car = read(text)
    assert isinstance(read_car, Car)
    found = (read_car.brand, read_car.model, read_car.year, read_car.color, read_car.body_type)
    assert found == CARS[text]


def test_a_number_that_is_the_model_is_no_year():
    assert read("Peugeot 2008 blue") == Car(brand="Peugeot", model="2008", color="blue")
    assert read("Peugeot 2008 2015 синий") == Car(brand="Peugeot", model="2008", year=2015, color="синий")
    assert read("Audi 100 1990") == Car(brand="Audi", model="100", year=1990)


def test_a_well_known_model_is_enough():
    assert read("Camry 70 белая") == Car(brand="Toyota", model="Camry 70", color="белая", body_type="седан")
    assert read("Land Cruiser Prado 2017").brand == "Toyota"


@pytest.mark.parametrize(
    ("text", "name", "colour"),
    [
        ("кроссовки белые Nike", "кроссовки Nike", "белые"),
        ("Платье тёмно-синего цвета", "Платье", "тёмно-синий"),
        ("iPhone 15 Pro black", "iPhone 15 Pro", "black"),
        ("Окно белое двустворчатое 1300x1400", "Окно двустворчатое 1300x1400", "белое"),
        ("Колодки Toyota Camry", "Колодки Toyota Camry", ""),
        ("Honda генератор", "Honda генератор", ""),
        ("Mini холодильник", "Mini холодильник", ""),
        ("Кофта Ferrari красная", "Кофта Ferrari", "красная"),
        ("набор ваз белых", "набор ваз", "белый"),
        ("танк игрушечный зелёный", "танк игрушечный", "зелёный"),
        ("красный", "красный", "красный"),
        ("2021", "2021", ""),
    ],
)
def test_what_is_no_car_is_a_product(text: str, name: str, colour: str):
    assert read(text) == Thing(name=name, color=colour)


@pytest.mark.parametrize("text", ["", "  \n", "—!?", "\u200b", "а" * (LONGEST + 1)])
def test_no_words_and_too_many_are_refused(text: str):
    with pytest.raises(Refused):
        read(text)


WORDS = """
Toyota тойоту Камри BMW X5 2008 Peugeot 2021 года белая тёмно - синий ақ қою dark седан купе , . « » #fff Mini ё İ в
колодки продаю кузове
"""
SOME_WORDS = st.lists(st.sampled_from([*WORDS.split(), "\ud800", "\x00"]), max_size=25).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=LONGEST), SOME_WORDS))
def test_any_words_are_a_subject_or_refused(text: str):
    try:
        subject = read(text[:LONGEST])
    except Refused:
        assert not any(sign.isalnum() and sign.isprintable() for sign in text[:LONGEST])
    else:
        assert SUBJECT.validate_python(subject.model_dump()) == subject
