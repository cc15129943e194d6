"""A question finds the row or paragraph that answers it."""

from pathlib import Path

import pytest

from saudager.db.threads import Database
from saudager.knowledge import library
from saudager.knowledge.search import search
from tests.knowledge import papers
from tests.knowledge.conftest import NOW

pytestmark = pytest.mark.both_kinds

ANSWERED = [
    ("Сколько стоит окно 1500 на 1500? Премиум", "prices.pdf", 1, "1500×1500; Профиль: Премиум 76; Цена: 131 000 ₸"),
    ("двухстворчатое окно 1300х1400 комфорт цена", "prices.pdf", 1, "1300×1400; Профиль: Комфорт 70; Цена: 94 000 ₸"),
    ("окно 1,2 на 1,2 м стандарт", "prices.pdf", 1, "1200×1200; Профиль: Стандарт 60; Цена: 65 000 ₸"),
    ("Почём глухое окно 60 на 90?", "prices.pdf", 2, "Окно глухое; Размер, мм: 600×900"),
    ("сколько будет трехстворчатое окно 2100*1500", "prices.pdf", 2, "Окно трёхстворчатое; Размер, мм: 2100×1500"),
    ("сколько стоит монтаж окна?", "prices.pdf", 1, "Работа: Монтаж окна; Единица: шт.; Цена: 18 000 ₸"),
    ("а снять старое окно сколько?", "prices.pdf", 1, "Работа: Демонтаж старого окна"),
    ("Цена балконного блока с открывающейся створкой", "prices.pdf", 2, "Балконный блок со створкой"),
    ("металлическая дверь 960 крепость термо", "prices.pdf", 3, "«Крепость Термо»; Размер, мм: 960×2050"),
    ("межкомнатная дверь айдын цена", "prices.pdf", 3, "«Айдын» со стеклом"),
    ("входная дверь пвх двустворчатая премиум", "prices.pdf", 3, "1400×2100; Профиль: Премиум 76; Цена: 299 000 ₸"),
    ("холодное остекление балкона 6 метров", "prices.pdf", 4, "Остекление балкона холодное; Длина, м: 6"),
    ("Тёплое остекление лоджии сколько?", "prices.pdf", 4, "Остекление лоджии тёплое"),
    ("подоконник 300 мм под дуб", "prices.pdf", 5, "Подоконник ПВХ; Ширина, мм: 300"),
    ("доплата за фурнитуру от взлома", "prices.pdf", 5, "две точки против взлома"),
    ("москитная сетка на балконную дверь", "prices.pdf", 5, "Москитная сетка на балконную дверь"),
    ("есть сетка от кошки?", "faq.pdf", 1, "«Антикошка»"),
    ("тонировка стекол есть?", "prices.pdf", 6, "Тонировка стекла"),
    ("регулировка створки цена", "prices.pdf", 6, "Регулировка створки"),
    ("А доставка в Караганду?", "faq.pdf", 2, "15 000 ₸"),
    ("сколько стоит привезти в Кокшетау", "terms.pdf", 1, "Город: Кокшетау; Доставка: 20 000 ₸"),
    ("сколько стоит поднять окно без лифта", "terms.pdf", 1, "1 500 ₸ за этаж"),
    ("за сколько дней сделаете окно комфорт 70", "terms.pdf", 1, "Окна «Комфорт 70»; Срок, рабочих дней: 7"),
    ("Сколько лет гарантия на профиль премиум?", "terms.pdf", 2, "Профиль «Премиум 76»; Срок гарантии: 10 лет"),
    ("какая гарантия на фурнитуру", "terms.pdf", 2, "На что: Фурнитура; Срок гарантии: 3 года"),
    ("где вы находитесь в Караганде, адрес", "terms.pdf", 3, "проспект Примерный, 15"),
    ("как вернуть товар", "terms.pdf", 3, "в течение 14 дней с чеком"),
    ("до скольки салон работает в субботу", "terms.pdf", 3, "сб 10:00–16:00"),
    ("ставите зимой окна?", "faq.pdf", 2, "до −20 °C"),
    ("потеют окна, что делать", "faq.pdf", 3, "влажность выше 55 %"),
    ("дует из окна", "faq.pdf", 3, "Створку нужно отрегулировать"),
    ("какой профиль посоветуете для частного дома", "faq.pdf", 1, "Для частного дома советуем «Премиум 76»"),
]


@pytest.mark.parametrize(("question", "file", "page", "answer"), ANSWERED, ids=[asked for asked, *_ in ANSWERED])
async def test_the_answer_is_among_the_first_five(
    shop: Database, question: str, file: str, page: int, answer: str
) -> None:
    found = await shop.read(search, question, limit=5)

    assert any(fact.file == file and fact.page == page and answer in fact.text for fact in found), found


async def test_nine_questions_in_ten_find_their_answer_first(shop: Database) -> None:
    first = [(await shop.read(search, question, limit=1))[0] for question, *_ in ANSWERED]

    hits = [answer in fact.text for fact, (_, _, _, answer) in zip(first, ANSWERED, strict=True)]
    assert sum(hits) / len(hits) >= 0.9, [asked for hit, (asked, *_) in zip(hits, ANSWERED, strict=True) if not hit]


@pytest.mark.parametrize(
    "written", ["1500х1500", "1500x1500", "1500 Х 1500", "1500*1500", "1500 на 1500", "150×150 см"]
)
async def test_a_size_is_found_however_it_is_written(shop: Database, written: str) -> None:
    found = await shop.read(search, f"окно двустворчатое премиум {written}", limit=1)

    assert "1500×1500; Профиль: Премиум 76" in found[0].text


async def test_e_and_yo_are_one_letter(shop: Database) -> None:
    with_yo = await shop.read(search, "трёхстворчатое окно")

    assert with_yo == await shop.read(search, "трехстворчатое окно")
    assert "трёхстворчатое" in with_yo[0].text


@pytest.mark.parametrize("asked", ["Сколько стоит окно?", "Терезе қанша тұрады?", "How much is a window?"])
async def test_a_price_asked_of_a_bare_thing_is_a_row_of_the_price_list(shop: Database, asked: str) -> None:
    facts = await shop.read(search, asked)
    assert (facts[0].file, facts[0].section.endswith("Двустворчатые окна")) == ("prices.pdf", True)


async def test_facts_come_best_first_and_no_more_than_asked(shop: Database) -> None:
    found = await shop.read(search, "окно премиум", limit=3)

    assert len(found) == 3
    assert [fact.score for fact in found] == sorted((fact.score for fact in found), reverse=True)


@pytest.mark.parametrize(
    "nonsense",
    ["", "   ", "?!", "👍👍", "\x00\u202e", "здравствуйте", "сколько стоит?", "синхрофазотрон", '" OR * NEAR('],
)
async def test_a_line_about_nothing_in_the_documents_finds_nothing(shop: Database, nonsense: str) -> None:
    assert await shop.read(search, nonsense) == []


async def test_a_hundred_thousand_characters_are_searched_as_calmly_as_ten(shop: Database) -> None:
    found = await shop.read(search, "доставка в Караганду " + "бла" * 33_000)

    assert any("Караганд" in fact.text for fact in found[:3])


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("межкомантная дверь айдын", "«Айдын» со стеклом"),
        ("межкомнотная двер айдин", "«Айдын» со стеклом"),
        ("меж комнатная дверь aidyn", "«Айдын» со стеклом"),
        ("дверь крепасть термо", "«Крепость Термо»"),
        ("двухстворчетое окно premium 1500х1500", "1500×1500; Профиль: Премиум 76"),
        ("тонеровка стекла", "Тонировка стекла"),
        ("регулеровка створки", "Регулировка створки"),
        ("москитнаясетка на балконную дверь", "Москитная сетка на балконную дверь"),
        ("доставка в кокшитау", "Город: Кокшетау"),
    ],
)
async def test_a_misspelt_word_counts_as_the_one_it_meant(shop: Database, question: str, answer: str) -> None:
    found = await shop.read(search, question, limit=5)

    assert any(answer in fact.text for fact in found), found


async def test_a_question_of_installments_is_found_though_misspelt(shop: Database) -> None:
    assert "рассрочк" in (await shop.read(search, "расрочка есть?", limit=1))[0].text.lower()


TYRES = "Бренд,Модель,Размер,Цена (тг)\n" + "".join(
    f"{brand},{model},{size},{price}\n"
    for brand, model, size, price in [
        ("Samrau", "Jol", "195/65 R15", "20 900"),
        ("Samrau", "Jol", "205/55 R16", "24 500"),
        ("Haneul", "Prime", "195/65 R15", "28 400"),
        ("Haneul", "Prime", "205/55 R16", "33 700"),
        ("Northvik", "Ice", "195/65 R15", "27 100"),
    ]
)


@pytest.fixture
async def tyres(db: Database, folder: Path) -> Database:
    papers.write(folder / "шины.csv", TYRES)
    papers.write(folder / "terms.md", "# Условия\n\n## Хранение\n\nR15 — 12 000 тг, R16 — 15 000 тг за сезон.\n")
    await library.refresh(db, folder, now=NOW)
    return db


async def test_a_brand_is_found_in_either_script(tyres: Database) -> None:
    for question in ("нортвик почём", "Northvik", "нордвик"):
        assert "Northvik" in (await tyres.read(search, question, limit=1))[0].text


async def test_rows_that_hold_the_figures_asked_for_come_first_and_together(tyres: Database) -> None:
    found = await tyres.read(search, "шины 195 65 15 цена", limit=16)

    assert [fact.row for fact in found[:3]] == [2, 4, 6]


async def test_a_row_is_found_by_the_name_of_its_file(tyres: Database) -> None:
    assert {fact.file for fact in await tyres.read(search, "шины", limit=16)} == {"шины.csv"}


async def test_a_score_tells_how_much_of_the_question_a_passage_speaks_of(shop: Database) -> None:
    full = (await shop.read(search, "окно двустворчатое премиум 1500х1500", limit=1))[0]
    partly = (await shop.read(search, "синхрофазотрон премиум космический", limit=1))[0]

    assert 0 < partly.score < 0.3 < full.score <= 1


async def test_rows_of_one_table_that_match_alike_are_not_torn_apart(db: Database, folder: Path) -> None:
    papers.write(folder / "a.csv", "Товар;Цвет;Цена\nДиван Алтай;синий;9100\nДиван Нура угловой большой;серый;9200\n")
    papers.write(folder / "b.csv", "Товар;Цвет;Цена\nДиван Дала новый;белый;9300\nСтол;белый;9400\n")
    await library.refresh(db, folder, now=NOW)

    found = await db.read(search, "диван")

    assert [(fact.file, fact.row) for fact in found] == [("a.csv", 2), ("a.csv", 3), ("b.csv", 2)]
    assert found[1].score < found[2].score
