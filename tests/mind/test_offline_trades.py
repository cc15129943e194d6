"""The offline salesperson on papers nobody tuned it for: flowers, tyres, a gym and a tailor."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from saudager.providers.llm import Briefing, Fact, Said
from saudager.providers.llm.offline import OfflineModel

NOW = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)

BOUQUETS = "Прайс › Букеты"
TYRES = "Каталог › Шины"
WORKS = "Каталог › Работы"
ROWS = [
    ("Букет: «Айгуль» (розы); Цветов: 15; Цена: 12 500 ₸; Срок: 1 день", BOUQUETS),
    ("Букет: «Айгуль Гранд» (розы); Цветов: 51; Цена: 39 000 ₸; Срок: 2 дня", BOUQUETS),
    ("Букет: «Дала» (ромашки); Цветов: 9; Цена: 7 400 ₸*; Срок: 1 день", BOUQUETS),
    ("Букет: «Полярис» (тюльпаны); Маленький: 6 900 ₸; Большой: 15 300 ₸", BOUQUETS),
    ("Модель: Borvik Frost; Размер: 205/55 R16; Сезон: зима; Цена: 31 200 ₸; Остаток: 0", TYRES),
    ("Модель: Borvik Frost; Размер: 195/65 R15; Сезон: зима; Цена: 26 700 ₸; Остаток: 12", TYRES),
    ("Модель: Borvik Sun; Размер: 195/65 R15; Сезон: лето; Цена: 19 900 ₸; Остаток: 8", TYRES),
    ("Работа: Ремонт шины; Цена: 2 500 ₸; Время: 30 минут", WORKS),
    ("Город: Балхаш; Доставка: 7 000 ₸; Срок: 2 дня", "Условия › Доставка"),
    ("Город: Тараз; Доставка: 9 000 ₸; Срок: 4 дня", "Условия › Доставка"),
    ("Абонемент: Йога; 1 месяц: 14 000 ₸; 6 месяцев: 66 000 ₸; 12 месяцев: 110 000 ₸", "Зал › Абонементы"),
    ("Изделие: Костюм; Пошив: 85 000 ₸; Гарантия: 6 месяцев", "Ателье › Цены"),
    ("Пирог: Тыквенный; Цена за 1 кг: 4 200 ₸; Минимальный вес: 1,5 кг", "Пекарня › Пироги"),
    ("Что: Торт в два яруса; Срок: за 5 дней", "Пекарня › Заказ"),
    ("Что: Торт в три яруса; Срок: за 10 дней", "Пекарня › Заказ"),
    ("Курс: Гончарный для взрослых; Мест: 8; Цена за месяц: 18 000 ₸; Цена за весь курс сразу: 49 000 ₸", "Студия"),
]
PROSE = [
    ("Внимание: «Дала» подорожала, в таблице старая цена. Новая цена — 8 100 ₸.", BOUQUETS),
    ("На розы — 3 дня, на тюльпаны — 5 дней.", "Условия › Гарантия свежести"),
    ("Подшив брюк — 2 000 ₸, юбки — 2 600 ₸.", "Ателье › Цены"),
    (
        "Зал на Абая: пр. Абая, 900. Понедельник – пятница с 7:00 до 22:00, суббота с 9:00 до 18:00, "
        "воскресенье — выходной.",
        "Зал › Часы",
    ),
    ("Рассрочка без переплаты: на 3 месяца — от 40 000 ₸, на 6 месяцев — от 90 000 ₸.", "Условия › Рассрочка"),
    ("Можно ли прийти с ребёнком?\nДа, детская комната бесплатная, с 3 лет.", "Вопросы"),
    ("Вернуть товар можно в течение 14 дней с чеком.", "Условия › Возврат"),
    ("Со скольких лет можно на каток?\nС 4 лет, до 10 лет вместе со взрослым.", "Вопросы"),
    ("Прокат коньков — 1 300 за час. Заточка коньков — 2 100 ₸, для своих — бесплатно.", "Каток › Цены"),
    ("При заказе от 25 000 привозим бесплатно.", "Условия › Доставка"),
    ("При покупке от трёх венков — 10 %.", "Условия › Скидки"),
]
FACTS = [
    *(Fact(text, "price.md", 1, section, number) for number, (text, section) in enumerate(ROWS, 1)),
    *(Fact(text, "terms.md", 1, section) for text, section in PROSE),
]


async def reply(*lines: str, before: Sequence[str] = ()) -> str:
    """The answer to the last lines of a conversation; ``before`` were asked and answered one by one."""
    history: list[Said] = []
    for line in before:
        said = (await OfflineModel().decide(Briefing("Лавка", "", list(history), [line], FACTS, NOW))).value.reply
        history += [Said("customer", line), Said("us", said)]
    return (await OfflineModel().decide(Briefing("Лавка", "", history, list(lines), FACTS, NOW))).value.reply


def refuses(said: str) -> bool:
    return not re.search(r"\d", said) and bool(re.search(r"уточню|анықтап|find out", said))


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("почем айгуль", "12 500 ₸", "39 000"),
        ("айгуль гранд сколько стоит", "39 000 ₸", "12 500"),
        ("полярис большой цена", "15 300 ₸", "6 900"),
        ("йога на полгода сколько", "66 000 ₸", "110 000"),
        ("абонемент йога на год цена", "110 000 ₸", "14 000"),
        ("зимние 195/65р15 цена", "26 700 ₸", "19 900"),
        ("подшить юбку сколько", "2 600 ₸", None),
        ("рассрочка на 6 месяцев от какой суммы", "90 000 ₸", "40 000"),
        ("доставка в тараз сколько", "9 000 ₸", "7 000"),
    ],
)
async def test_the_figure_is_of_the_thing_named_and_of_no_other(line: str, wanted: str, unwanted: str | None) -> None:
    said = await reply(line)
    assert wanted in said
    assert unwanted is None or unwanted not in said


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("гончарный курс сколько в месяц", "18 000", "49 000"),
        ("гончарный если сразу за весь курс", "49 000", "18 000"),
        ("тыквенный пирог на 3 кг сколько выйдет", "3 × 4 200 ₸ = 12 600 ₸", None),
        ("какой минимальный вес у тыквенного пирога", "1,5 кг", "4 200"),
        ("за сколько дней заказывать трёхъярусный торт", "10 дней", "5 дней"),
        ("прокат коньков на 2 часа сколько стоит", "2 600", None),
        ("заточить коньки сколько стоит", "2 100", None),
        ("от какой суммы бесплатная доставка", "25 000", "9 000"),
        ("возьму 4 венка, какая скидка", "10 %", None),
        ("со скольки лет пускаете детей на каток", "4 лет", None),
        ("где вы находитесь", "пр. Абая, 900", None),
    ],
)
async def test_what_is_asked_of_a_thing_is_told_of_it(line: str, wanted: str, unwanted: str | None) -> None:
    said = await reply(line)
    assert wanted in said
    assert unwanted is None or unwanted not in said


@pytest.mark.parametrize(
    "line",
    [
        "айгуль престиж сколько стоит",
        "зимние 185/60 r14 цена",
        "доставка в Атырау сколько",
        "абонемент йога на 9 месяцев цена",
        "рассрочка на 24 месяца есть?",
        "пошив пальто цена",
        "ремонт телефона сколько стоит",
        "Do you sell sofas?",
        "какая гарантия на йогу",
        "гончарный курс для детей сколько стоит",
        "липучка 195/65 r15 цена",
        "воздушные шары привезёте?",
        "сколько стоит подготовка к ЕНТ",
    ],
)
async def test_what_the_papers_do_not_hold_gets_no_figure_at_all(line: str) -> None:
    assert refuses(await reply(line))


async def test_a_note_that_changes_a_price_beats_the_row() -> None:
    said = await reply("букет дала почем")
    assert "8 100 ₸" in said
    assert "7 400" not in said


@pytest.mark.parametrize("line", ["борвик фрост 195/65 r15 почем", "Borvic Frost 195/65 R15 цена"])
async def test_a_name_is_known_in_the_other_alphabet_and_with_a_wrong_letter(line: str) -> None:
    assert "26 700 ₸" in await reply(line)


async def test_a_quantity_is_counted_with_its_factors() -> None:
    assert "4 × 26 700 ₸ = 106 800 ₸" in await reply("borvik frost 195/65 r15 4 штуки сколько выйдет")


async def test_the_cheapest_of_those_that_fit_is_named() -> None:
    said = await reply("195/65 r15 самая дешевая какая")
    assert "19 900 ₸" in said
    assert "26 700" not in said


async def test_only_the_day_asked_for_is_told() -> None:
    said = await reply("до скольки работаете в субботу")
    assert "18:00" in said
    assert "22:00" not in said


async def test_a_part_of_an_enumeration_is_told_alone() -> None:
    said = await reply("гарантия свежести на тюльпаны какая")
    assert "5 дней" in said
    assert "3 дня" not in said


async def test_two_questions_in_one_line_are_both_answered() -> None:
    said = await reply("костюм пошив сколько стоит и какая гарантия")
    assert "85 000 ₸" in said
    assert "6 месяцев" in said


async def test_out_of_stock_is_said() -> None:
    assert "нет в наличии" in await reply("borvik frost 205/55 r16 в наличии?")


@pytest.mark.parametrize(
    ("before", "line", "wanted"),
    [
        (["доставка в балхаш сколько"], "а в тараз?", "9 000 ₸"),
        (["доставка в балхаш сколько"], "а в атырау?", ""),
        (["йога на месяц цена"], "а на полгода?", "66 000 ₸"),
        (["айгуль почем"], "а гранд?", "39 000 ₸"),
        (["borvik frost 195/65 r15 цена"], "4 штуки сколько выйдет", "106 800 ₸"),
    ],
)
async def test_a_follow_up_replaces_what_it_names_and_keeps_the_rest(before: list[str], line: str, wanted: str) -> None:
    said = await reply(line, before=before)
    assert wanted in said
    assert wanted or refuses(said)


async def test_a_complaint_is_handed_to_a_person_without_a_question() -> None:
    said = await reply("букет завял через час, это безобразие")
    assert "коллеге" in said
    assert "?" not in said


async def test_papers_are_quoted_to_who_writes_another_language() -> None:
    assert "Our papers say: «" in await reply("can I return a product?")
