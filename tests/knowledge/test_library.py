"""The database stays true to the folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.db.threads import Database
from saudager.errors import NotFound
from saudager.knowledge import library
from saudager.knowledge.search import search
from tests.knowledge import papers
from tests.knowledge.conftest import NOW, SAMPLE_SHOP


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
    assert [fact.text for fact in await db.read(search, "delivery")] == ["Delivery costs 7 000."]
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
    heavy = "{'pypdfium2', 'pdfplumber', 'pdfminer', 'pymorphy3', 'PIL'}"
    asked = f"import sys, saudager.knowledge.search, saudager.knowledge.library; print({heavy} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "set()\n"
