"""Where two documents name different prices for one thing, one is answered by and a person is told."""

import os
from pathlib import Path

import pytest

from saudager.db.threads import Database
from saudager.exam.cases import shipped_knowledge
from saudager.knowledge import conflicts, library
from saudager.knowledge.search import search
from tests.knowledge import papers
from tests.knowledge.conftest import NOW

pytestmark = pytest.mark.both_kinds

OLD, NEW = 1_700_000_000, 1_750_000_000
TABLE = "# Прайс\n\n## Окна\n\n| Изделие | Размер, мм | Профиль | Цена, ₸ |\n|---|---|---|---|\n"


def write(folder: Path, name: str, text: str, *, modified: int = OLD) -> None:
    os.utime(papers.write(folder / name, text), (modified, modified))


async def told(db: Database, folder: Path) -> list[str]:
    return (await library.refresh(db, folder, now=NOW)).conflicts


async def prices(db: Database, question: str) -> list[str]:
    return [fact.file for fact in await db.read(search, question)]


async def test_the_row_of_the_newer_file_is_answered_by_and_the_other_is_shown(db: Database, folder: Path) -> None:
    write(folder, "old.md", f"{TABLE}| Окно двустворчатое | 1500×1500 | Премиум 76 | 96 000 |\n")
    write(folder, "prices.csv", "Наименование;Цена\nОкно двустворчатое 1500х1500 Премиум 76;94500\n", modified=NEW)

    shown = await told(db, folder)

    assert shown == ["prices.csv, строка 2: 94 500 ₸, а old.md, стр. 1: 96 000 ₸; отвечаем по prices.csv."]
    assert await prices(db, "окно двустворчатое 1500 на 1500 премиум") == ["prices.csv"]
    assert {one.file: one.conflicts for one in await db.read(library.shelf)} == {"old.md": shown, "prices.csv": []}
    whole = await db.read(library.whole, 10_000)
    assert whole is not None
    assert [fact.file for fact in whole] == ["prices.csv"]


async def test_a_merchant_can_rank_the_files(db: Database, folder: Path) -> None:
    write(folder, "old.csv", "Товар;Цена\nСтол Дастархан 140;96500\n")
    write(folder, "new.csv", "Товар;Цена\nСтол Дастархан 140;99000\n", modified=NEW)
    assert "отвечаем по new.csv" in (await told(db, folder))[0]

    write(folder, "ranking.txt", "# лучший первым\nold.csv\nnew.csv\n")

    assert (await told(db, folder)) == [
        "old.csv, строка 2: 96 500 ₸, а new.csv, строка 2: 99 000 ₸; отвечаем по old.csv."
    ]
    assert await prices(db, "стол дастархан") == ["old.csv"]
    assert [one.file for one in await db.read(library.shelf)] == ["new.csv", "old.csv"]


async def test_a_row_of_a_table_rules_over_a_sentence_even_a_newer_one(db: Database, folder: Path) -> None:
    write(folder, "prices.csv", "Товар;Цена\nПодушка Тыныш мягкая;9800\n")
    write(folder, "about.md", "# О нас\n\n- Подушка «Тыныш» мягкая — 8 900 ₸\n- Матрасы на складе\n", modified=NEW)

    assert await told(db, folder) == [
        "prices.csv, строка 2: 9 800 ₸, а about.md, стр. 1: 8 900 ₸; отвечаем по prices.csv."
    ]


async def test_a_conflict_ends_when_the_price_is_mended(db: Database, folder: Path) -> None:
    write(folder, "a.csv", "Товар;Цена\nСтол Дастархан 140;96500\n")
    write(folder, "b.csv", "Товар;Цена\nСтол Дастархан 140;99000\n", modified=NEW)
    assert len(await told(db, folder)) == 1
    assert await told(db, folder) == []  # known by now

    write(folder, "a.csv", "Товар;Цена\nСтол Дастархан 140;99000\n")
    assert await told(db, folder) == []
    assert sorted(await prices(db, "стол дастархан")) == ["a.csv", "b.csv"]

    (folder / "b.csv").unlink()
    await told(db, folder)
    assert await prices(db, "стол дастархан") == ["a.csv"]


LOOK_ALIKE = {
    "another size": ("Товар;Цена\nСтол Дастархан 140;96500\n", "Товар;Цена\nСтол Дастархан 120;84000\n"),
    "another variant": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена\nСтул Ару жёсткий;17500\n"),
    "one names a colour": ("Товар;Цвет;Цена\nСтул Ару мягкий;синий;21500\n", "Товар;Цена\nСтул Ару мягкий;19500\n"),
    "another unit": ("Товар;Цена за м²\nПлитка Жезды серая;5400\n", "Товар;Цена за упак.\nПлитка Жезды серая;6900\n"),
    "unit in a column": (
        "Товар;Ед.;Цена\nПлитка Жезды серая;м²;5400\n",
        "Товар;Ед.;Цена\nПлитка Жезды серая;шт;4900\n",
    ),
    "wholesale": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена, опт\nСтул Ару мягкий;19000\n"),
    "used": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена\nСтул Ару мягкий б/у;15000\n"),
    "work and goods": (
        "Товар;Цена\nДверь Айдын белая;21500\n",
        "Работа;Цена\nДверь Айдын белая;18500\n",
    ),
    "a section of its own": (
        "# Прайс\n\n## Взрослым\n\n| Услуга | Цена, ₸ |\n|---|---|\n| Удаление зуба простое | 14 000 |\n",
        "# Прайс\n\n## Детям\n\n| Услуга | Цена, ₸ |\n|---|---|\n| Удаление зуба простое | 9 900 |\n",
    ),
    "a price from": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена\nСтул Ару мягкий;от 19000\n"),
    "a surcharge": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена\nСтул Ару мягкий;+ 19000\n"),
    "several prices": (
        "Товар;Цена\nСтул Ару мягкий;21500\n",
        "Товар;Цена;Цена по карте\nСтул Ару мягкий;22000;20000\n",
    ),
    "too far apart": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена\nСтул Ару мягкий;2100\n"),
    "the same price": ("Товар;Цена\nСтул Ару мягкий;21500\n", "Товар;Цена, тг\nСтул «Ару», мягкий;21 500 тг\n"),
    "only a number": ("Размер;Цена\n1500×1500;21500\n", "Размер;Цена\n1500×1500;22500\n"),
}


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKE.values(), ids=LOOK_ALIKE)
async def test_things_that_only_look_alike_are_no_conflict(db: Database, folder: Path, one: str, other: str) -> None:
    suffix = "md" if one.startswith("#") else "csv"
    write(folder, f"a.{suffix}", one)
    write(folder, f"b.{suffix}", other)

    assert await told(db, folder) == []


async def test_a_file_that_names_two_prices_itself_is_left_to_mean_two_things(db: Database, folder: Path) -> None:
    write(folder, "a.csv", "Товар;Склад;Цена\nСтул Ару мягкий;;21500\nСтул Ару мягкий;;19500\n")
    write(folder, "b.csv", "Товар;Цена\nСтул Ару мягкий;20500\n")

    assert await told(db, folder) == []


async def test_the_documents_of_sound_shops_have_no_conflicts(db: Database, shop: Database) -> None:
    assert await shop.run(conflicts.keep) == []
    assert await told(db, shipped_knowledge()) == []
