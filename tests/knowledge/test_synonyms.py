"""A merchant adds the words his customers use, and they count from the next question on."""

import os
from pathlib import Path

from saudager.db.threads import Database
from saudager.knowledge import library, synonyms
from saudager.knowledge.search import search
from saudager.languages.synonyms import shipped
from tests.knowledge import papers
from tests.knowledge.conftest import NOW


async def found(db: Database, question: str) -> list[str]:
    return [fact.text for fact in await db.read(search, question)]


async def test_own_words_count_without_a_restart_and_are_no_document(db: Database, folder: Path) -> None:
    papers.write(folder / "prices.csv", "Товар;Цена\nДиван Алтай;189000\nШкаф Степь;128000\n")
    await library.refresh(db, folder, now=NOW)
    assert await found(db, "тахта") == []

    own = papers.write(folder / "synonyms.txt", "тахта кушетка > диван\n", "cp1251")
    assert await found(db, "тахту хочу") == ["Товар: Диван Алтай; Цена: 189 000 ₸"]
    assert await found(db, "кушетки есть?") == ["Товар: Диван Алтай; Цена: 189 000 ₸"]

    papers.write(own, "тахта шкаф\n")
    os.utime(own, (1, 1))
    assert await found(db, "тахту хочу") == ["Товар: Шкаф Степь; Цена: 128 000 ₸"]

    own.unlink()
    assert await found(db, "тахта") == []
    assert (await library.refresh(db, folder, now=NOW)).read == []
    assert [one.file for one in await db.read(library.shelf)] == ["prices.csv"]


async def test_own_words_are_added_to_those_that_come_with_the_product(db: Database, folder: Path) -> None:
    papers.write(folder / "terms.md", "# Условия\n\nРассрочка на 12 месяцев.\n")
    papers.write(folder / "synonyms.txt", "помесячно > рассрочка\n")
    await library.refresh(db, folder, now=NOW)

    assert await found(db, "в кредит") == await found(db, "помесячно можно?") == ["Рассрочка на 12 месяцев."]


async def test_a_wrong_line_is_told_and_the_others_count(db: Database, folder: Path) -> None:
    papers.write(folder / "prices.csv", "Товар;Цена\nДиван Алтай;189000\nШкаф Степь;128000\n")
    papers.write(folder / "synonyms.txt", "# мои слова\n\nтахта\nтахта > диван > софа\n> диван\nсофа диван\n")

    refreshed = await library.refresh(db, folder, now=NOW)

    assert [problem.problem.split(" не понятно")[0] for problem in refreshed.problems] == [
        "synonyms.txt, строка 3: «тахта»",
        "synonyms.txt, строка 4: «тахта > диван > софа»",
        "synonyms.txt, строка 5: «> диван»",
    ]
    assert await found(db, "софа") == ["Товар: Диван Алтай; Цена: 189 000 ₸"]


def test_the_lists_that_come_with_the_product_hold_no_wrong_line_and_are_shown_with_the_way_to_add_own(
    folder: Path,
) -> None:
    papers.write(folder / "synonyms.txt", "тахта > диван\n")

    shown = list(synonyms.as_text(folder))

    assert shipped().useless == {}
    assert str(folder / "synonyms.txt") in shown[0]
    assert "тахта > диван" in shown
    assert "доставка доставить доставлять везти возить привезти привозить довезти" in shown
