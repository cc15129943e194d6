"""The database stays true to the folder."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from saudager.db.threads import Database
from saudager.errors import NotFound, Refused
from saudager.knowledge import folder as folders
from saudager.knowledge import library
from saudager.knowledge.models import Document
from saudager.knowledge.search import search
from tests.knowledge import papers
from tests.knowledge.conftest import NOW, SAMPLE_SHOP

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]


def indexed(session: Session) -> tuple[int, int]:
    """Rows of the passages and of their index."""
    count = session.execute(text("select (select count(*) from passages), (select count(*) from passages_fts)"))
    passages, lemmas = count.one()
    return passages, lemmas


async def test_only_a_changed_file_is_read_again(db: Database, folder: Path) -> None:
    papers.draw(folder / "a.pdf", papers.text("Delivery costs 5 000."))
    papers.draw(folder / "b.pdf", papers.text("Returns within 14 days."))
    assert (await library.refresh(db, folder, now=NOW)).read == ["a.pdf", "b.pdf"]
    assert (await library.refresh(db, folder, now=NOW)).read == []

    papers.draw(folder / "a.pdf", papers.text("Delivery costs 7 000."))

    assert (await library.refresh(db, folder, now=NOW)).read == ["a.pdf"]
    assert [fact.text for fact in await db.read(search, "delivery")] == ["Delivery costs 7 000 ₸."]
    assert await db.read(indexed) == (2, 2)


async def test_a_removed_file_is_forgotten(db: Database, folder: Path) -> None:
    papers.draw(folder / "a.pdf", papers.text("Delivery costs 5 000."))
    (folder / "more").mkdir()
    papers.draw(folder / "more" / "b.pdf", papers.text("Returns within 14 days."))
    await library.refresh(db, folder, now=NOW)

    (folder / "more" / "b.pdf").unlink()

    assert (await library.refresh(db, folder, now=NOW)).forgotten == ["more/b.pdf"]
    assert await db.read(search, "returns") == []
    assert [shelved.file for shelved in await db.read(library.shelf)] == ["a.pdf"]
    assert await db.read(indexed) == (1, 1)


async def test_a_folder_that_is_gone_forgets_nothing(db: Database, folder: Path) -> None:
    papers.draw(folder / "a.pdf", papers.text("Delivery costs 5 000."))
    await library.refresh(db, folder, now=NOW)
    shutil.rmtree(folder)

    with pytest.raises(NotFound):
        await library.refresh(db, folder, now=NOW)

    assert len(await db.read(search, "delivery")) == 1


async def test_the_shelf_shows_what_is_wrong_with_a_file_and_keeps_the_rest(db: Database, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"nothing of a PDF")
    papers.draw(folder / "good.pdf", papers.text("Delivery costs 5 000."))
    (folder / ".hidden.pdf").write_bytes(b"")

    refreshed = await library.refresh(db, folder, now=NOW)

    broken, good = await db.read(library.shelf)
    assert (broken.file, broken.passages) == ("broken.pdf", 0)
    assert broken.problems == refreshed.problems
    assert "broken.pdf" in broken.problems[0].problem
    assert (good.file, good.pages, good.passages, good.problems, good.read_at) == ("good.pdf", 1, 1, [], NOW)


async def test_progress_is_told_file_by_file(db: Database, folder: Path) -> None:
    for name in "ab":
        papers.draw(folder / f"{name}.pdf", papers.text(f"File {name}"))
    told: list[tuple[int, int, str]] = []

    await library.refresh(db, folder, now=NOW, on_progress=lambda *progress: told.append(progress))

    assert told == [(1, 2, "a.pdf"), (2, 2, "b.pdf")]


def test_the_sample_shop_on_the_shelf_is_the_one_drawn_from_its_pages(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "scripts" / "make_sample_shop.py"
    drawn = subprocess.run([sys.executable, str(script), "--target", str(tmp_path)], capture_output=True, text=True)
    if "was not found; install the DejaVu fonts" in drawn.stderr:
        pytest.skip("the DejaVu fonts are not installed")

    for path in sorted(SAMPLE_SHOP.glob("*.pdf")):
        again = [excerpt for excerpt, _ in library.read(tmp_path, path.name).excerpts]
        assert again == [excerpt for excerpt, _ in library.read(SAMPLE_SHOP, path.name).excerpts]


def test_searching_loads_no_pdf_library_and_no_morphology_before_the_first_question() -> None:
    heavy = "{'pypdfium2', 'pdfplumber', 'pdfminer', 'pymorphy3', 'PIL', 'docx', 'openpyxl', 'lxml'}"
    asked = f"import sys, saudager.knowledge.search, saudager.knowledge.library; print({heavy} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "set()\n"


async def test_every_kind_of_document_is_read_and_only_the_changed_one_again(db: Database, folder: Path) -> None:
    papers.write(folder / "a.csv", "Товар;Цена\nСтол;100\n")
    papers.write(folder / "b.md", "# Доставка\n\nПо городу 500 ₸.\n")
    papers.write_docx(folder / "c.docx", ("Heading 1", "Возврат"), ("Normal", "В течение 14 дней."))
    papers.write_xlsx(folder / "d.xlsx", {"Прайс": [["Товар", "Цена"], ["Стул", 50]]})
    assert (await library.refresh(db, folder, now=NOW)).read == ["a.csv", "b.md", "c.docx", "d.xlsx"]

    papers.write_xlsx(folder / "d.xlsx", {"Прайс": [["Товар", "Цена"], ["Стул", 70]]})

    assert (await library.refresh(db, folder, now=NOW)).read == ["d.xlsx"]
    assert [fact.text for fact in await db.read(search, "стул")] == ["Товар: Стул; Цена: 70 ₸"]


async def test_what_was_modified_when_is_stored(db: Database, folder: Path) -> None:
    os.utime(papers.write(folder / "a.csv", "Товар;Цена\nСтол;100\n"), (1_750_000_000, 1_750_000_000))
    await library.refresh(db, folder, now=NOW)

    stored = await db.read(lambda session: session.scalar(select(Document.modified_at)))

    assert stored == datetime.fromtimestamp(1_750_000_000, UTC)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Прайс 2026.xlsx", "Прайс 2026.xlsx"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Anna\\прайс.pdf", "прайс.pdf"),
        (".env.md", "env.md"),
        ("~$прайс.docx", "прайс.docx"),
        ("a\x00b\n\u202ec?.csv", "abc .csv"),
        ("ы" * 400 + ".pdf", "ы" * 116 + ".pdf"),
    ],
)
def test_an_upload_gets_a_safe_name_inside_the_folder(folder: Path, sent: str, kept: str) -> None:
    assert folders.add(folder, sent, b"some words") == kept
    assert [path.name for path in folder.iterdir()] == [kept]
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]


@pytest.mark.parametrize("sent", ["", "..", "/", "???", "\u200b"])
def test_an_upload_without_a_name_is_refused(folder: Path, sent: str) -> None:
    with pytest.raises(Refused):
        folders.add(folder, sent, b"some words")

    assert list(folder.iterdir()) == []


async def test_an_upload_replaces_the_file_of_its_name_and_a_removed_one_is_forgotten(
    db: Database, folder: Path
) -> None:
    for price in (100, 200):
        folders.add(folder, "a.csv", f"Товар;Цена\nСтол;{price}\n".encode())
        await library.refresh(db, folder, now=NOW)
        assert [fact.text for fact in await db.read(search, "стол")] == [f"Товар: Стол; Цена: {price} ₸"]

    with pytest.raises(NotFound):
        folders.remove(folder, "../a.csv")
    folders.remove(folder, "a.csv")

    assert (await library.refresh(db, folder, now=NOW)).forgotten == ["a.csv"]
    assert await db.read(search, "стол") == []


async def test_a_small_knowledge_base_is_given_whole_and_anew_after_a_change(db: Database, folder: Path) -> None:
    assert await db.run(library.whole, 100) == []
    papers.write(folder / "b.csv", "Товар;Цена\nСтол;100\nСтул;50\n")
    papers.write(folder / "a.md", "# Доставка\n\nПо городу 500 ₸.\n")
    await library.refresh(db, folder, now=NOW)

    whole = await db.run(library.whole, 100)

    assert whole is not None
    assert [(fact.file, fact.row, fact.text) for fact in whole] == [
        ("a.md", None, "По городу 500 ₸."),
        ("b.csv", 2, "Товар: Стол; Цена: 100 ₸"),
        ("b.csv", 3, "Товар: Стул; Цена: 50 ₸"),
    ]
    assert await db.run(library.whole, 20) is None

    papers.write(folder / "a.md", "# Доставка\n\nПо городу 700 ₸.\n")
    await library.refresh(db, folder, now=NOW)
    again = await db.run(library.whole, 100)
    assert again is not None
    assert again[0].text == "По городу 700 ₸."


async def test_the_whole_base_follows_a_document_stored_or_forgotten_alone(
    db: Database, sample_shop: list[library.Read]
) -> None:
    assert await db.run(library.whole, 100_000) == []

    await db.run(library.store, sample_shop[0], now=NOW)

    assert len(await db.run(library.whole, 100_000) or []) == len(sample_shop[0].excerpts)

    await db.run(library.forget, sample_shop[0].reading.file)
    assert await db.run(library.whole, 100_000) == []


async def test_a_link_that_leads_out_of_the_folder_is_no_document(db: Database, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("The safe opens with 4711.", encoding="utf-8")
    (folder / "note.txt").symlink_to(tmp_path / "secret.txt")
    assert (await library.refresh(db, folder, now=NOW)).read == []


async def test_a_file_that_is_one_endless_line_is_read(db: Database, folder: Path) -> None:
    (folder / "long.txt").write_text("слово " * 200_000, encoding="utf-8")
    assert (await library.refresh(db, folder, now=NOW)).read == ["long.txt"]
