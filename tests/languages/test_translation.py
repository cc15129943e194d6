"""A Kazakh or English question is put into the Russian words the shop's documents use."""

import re
import time

import pytest

from saudager.languages import language_of
from saudager.languages.russian import lemma
from saudager.languages.translation import in_russian
from saudager.words import normalise
from tests.languages.questions import ENGLISH, KAZAKH, pairs

QUESTIONS = [("kk", *pair) for pair in pairs(KAZAKH)] + [("en", *pair) for pair in pairs(ENGLISH)]


def lemmas(text: str) -> set[str]:
    return {lemma(word) for word in re.findall(r"[^\W_]+", normalise(text))}


@pytest.mark.parametrize(("language", "question", "words"), QUESTIONS)
def test_the_words_of_a_question_are_found_in_russian(language: str, question: str, words: str) -> None:
    assert language_of(question) == language
    rendering = in_russian(question, language_of(question))
    assert lemmas(words) <= lemmas(rendering), rendering


@pytest.mark.parametrize(
    ("text", "rendering"),
    [
        ("5 жыл кепілдік", "5 лет гарантия"),
        ("3 күн, 15 қыркүйек", "3 дня, 15 сентября"),
        ("жиырма бес орындық", "25 стул"),
        ("екі жүз елу дана", "250 штук"),
        ("он бес мың теңге", "15 тысяч тенге"),
        ("20 мыңға дейін торт", "до 20 тысяч торт"),
        ("ертең сағат 3-ке", "завтра час 3"),
        ("телевизор қосылмайды", "телевизор не включается"),
        ("тоңазытқыш жеткізбейсіздер", "холодильник не доставка"),
        ("шкафтын багасы", "шкаф цена"),
        ("нортвик R15 керек", "нортвик R15 нужно"),
    ],
)
def test_kazakh_figures_endings_and_names_are_kept_or_taken_off(text: str, rendering: str) -> None:
    assert in_russian(text, "kk") == rendering


@pytest.mark.parametrize(
    ("text", "rendering"),
    [
        ("two wardrobes", "2 шкаф"),
        ("the blue one please", "синий"),
        ("sofa 2 m, 40 kg, 5 pm", "диван 2 м, 40 кг, 5 вечера"),
        ("size M", "размер M"),
        ("5w30 oil for Camry", "5w30 масло для Camry"),
        ("the cheapest two-door wardrobe", "самый дешёвый двухдверный шкаф"),
        ("12 months, 3 days", "12 месяцев, 3 дня"),
        ("double bed in Oskemen", "двуспальная кровать в Усть-Каменогорск"),
    ],
)
def test_english_figures_units_and_names_are_kept(text: str, rendering: str) -> None:
    assert in_russian(text, "en") == rendering


@pytest.mark.parametrize(
    ("text", "rendering"),
    [
        ("skolko stoit okno", "сколько стоит окно"),
        ("est li dostavka v Karagandu?", "есть ли доставка в караганду?"),
        ("Apple Watch Ultra 2", "Apple Watch Ultra 2"),
        ("Сколько стоит окно 1,5 м?", "Сколько стоит окно 1,5 м?"),
        ("доставка в Чимкент", "доставка в Шымкент"),
        ("орал на меня", "орал на меня"),
        ("көрпе есть?", "одеяло есть?"),
    ],
)
def test_a_russian_line_keeps_its_words_but_for_foreign_letters_and_towns(text: str, rendering: str) -> None:
    assert in_russian(text, "ru") == rendering


@pytest.mark.parametrize(
    "spelling", ["Қарағанды", "Караганды", "Karaganda", "Qaraghandy", "қарағандыға", "карагандыдан", "Карагандага"]
)
def test_a_town_is_one_town_in_all_spellings(spelling: str) -> None:
    assert in_russian(f"жеткізу {spelling}", "kk") == "доставка Караганда"


@pytest.mark.parametrize(
    "text",
    ["", " ", "???", "---", "'’'", "a" * 4000, "ма " * 1000, "лар" * 1300, "9" * 5000 + " жыл", "1-", "-ға", "🙏🙏"],
)
def test_odd_text_is_no_trouble(text: str) -> None:
    for language in ("ru", "kk", "en"):
        assert len(in_russian(text, language)) <= 2 * len(text) + 10


def test_a_line_takes_less_than_a_millisecond() -> None:
    in_russian("қанша", "kk"), in_russian("price", "en"), language_of("сколько")
    began = time.process_time()
    for _, question, _ in QUESTIONS:
        in_russian(question, language_of(question))
    assert (time.process_time() - began) / len(QUESTIONS) < 0.001
