"""Documents in, passages found, and what a hosted model is sent of them."""

import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from saudager.bench import catalogue, memory, sent
from saudager.bench.catalogue import Goods
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.exam.cases import AnswerCase, read_cases, shipped, shipped_knowledge
from saudager.knowledge import library
from saudager.knowledge.search import search as find
from saudager.languages.russian import lemma
from saudager.words import normalise

_NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
_PAGES, _PASSAGES, _QUESTIONS, _TYPOS = 1000, 10_000, 400, 200
_FOUND, _WARM = 5, 20
_WORD = re.compile(r"\w+")
Row = dict[str, Any]


async def reading(scale: float) -> Row:
    """Pages of documents into the database through the product: text, ruled tables, passages, lemmas, conflicts.

    The growth of memory is that of its peak, from before the first page, and includes the libraries that read.
    """
    with tempfile.TemporaryDirectory() as folder:
        pages = _draw(Path(folder), scale)
        async with _shelf() as db:
            before, began, cpu = memory.now_mb(), time.perf_counter(), time.process_time()
            await library.refresh(db, Path(folder), now=_NOW)
            seconds, used = time.perf_counter() - began, time.process_time() - cpu
            shelf = await db.read(library.shelf)
            return {
                "documents": _kinds(Path(folder)),
                "pages": pages,
                "passages": sum(document.passages for document in shelf),
                "problems": sum(len(document.problems) + len(document.conflicts) for document in shelf),
                "pages_per_s": round(pages / seconds, 1),
                "cpu_ms_per_page": round(used / pages * 1000, 2),
                "peak_rss_growth_mb": round(memory.peak_mb() - before, 1),
            }


async def floor_plain_text(scale: float) -> Row:
    """The text of the same pages and nothing else: no tables, no headings, no passages, nothing stored."""
    with tempfile.TemporaryDirectory() as folder:
        pages = _draw(Path(folder), scale)
        before, began, cpu = memory.now_mb(), time.perf_counter(), time.process_time()
        letters = sum(len(_plain_text(path)) for path in sorted(Path(folder).iterdir()))
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        return {
            "documents": _kinds(Path(folder)),
            "pages": pages,
            "letters": letters,
            "pages_per_s": round(pages / seconds, 1),
            "cpu_ms_per_page": round(used / pages * 1000, 2),
            "peak_rss_growth_mb": round(memory.peak_mb() - before, 1),
        }


async def search(scale: float) -> Row:
    """Questions to a catalogue of near-duplicates in the database, in word forms the catalogue does not use."""
    async with _catalogue(scale) as shop:

        async def look_up(question: str) -> list[str]:
            return [fact.text for fact in await shop.db.read(find, question, limit=_FOUND)]

        return {"index_s": round(shop.seconds, 1), **await _examined(look_up, shop.goods, scale)}


async def floor_fts5(scale: float) -> Row:
    """The same questions to SQLite's full-text search over the words as they are written, any of them, by rank."""
    return await _plain_search(scale, lambda words: words)


async def floor_fts5_lemmas(scale: float) -> Row:
    """The same over dictionary forms, of the catalogue and of the question."""
    return await _plain_search(scale, lambda words: [lemma(normalise(word)) for word in words])


async def _plain_search(scale: float, written: Callable[[list[str]], list[str]]) -> Row:
    goods = catalogue.goods(int(_PASSAGES * scale))
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(f"{folder}/floor.db")) as connection:
        began = time.perf_counter()
        connection.execute("create virtual table words using fts5 (line)")
        lines = ((number, " ".join(written(_WORD.findall(one.row)))) for number, one in enumerate(goods))
        connection.executemany("insert into words (rowid, line) values (?, ?)", lines)
        connection.commit()
        seconds = time.perf_counter() - began

        async def look_up(question: str) -> list[str]:
            query = " OR ".join(f'"{word}"' for word in written(_WORD.findall(question)))
            sql = "select rowid from words where words match ? order by rank limit ?"
            return [goods[row[0]].row for row in connection.execute(sql, (query, _FOUND))]

        return {"index_s": round(seconds, 1), **await _examined(look_up, goods, scale)}


async def _examined(look_up: Callable[[str], Awaitable[list[str]]], goods: list[Goods], scale: float) -> Row:
    """Ask every question, one after the other, and see whether the one row that is meant is among those found."""
    row: Row = {"passages": len(goods)}
    plain, misspelt = _asked(goods, scale)
    for question, _ in plain[:_WARM]:
        await look_up(question)
    for asked, prefix in ((plain, ""), (misspelt, "typo_")):
        took, hits, cpu = [], 0, time.process_time()
        for question, article in asked:
            began = time.perf_counter()
            found = await look_up(question)
            took.append(time.perf_counter() - began)
            hits += any(article in text for text in found)
        cuts = statistics.quantiles(took, n=100)
        row |= {
            f"{prefix}questions": len(asked),
            f"{prefix}p50_ms": round(cuts[49] * 1000, 2),
            f"{prefix}p99_ms": round(cuts[98] * 1000, 2),
            f"{prefix}cpu_ms": round((time.process_time() - cpu) / len(asked) * 1000, 2),
            f"{prefix}recall_at_5": round(hits / len(asked), 3),
        }
    return row | {"rss_mb": memory.now_mb()}


async def tokens_catalogue(scale: float) -> Row:
    """What a hosted model is sent for a question to the catalogue: the rules and the passages found, or all of them."""
    async with _catalogue(scale) as shop:
        plain, _ = _asked(shop.goods, scale)
        return await sent.compared(shop.db, shop.folder, [(question, [article]) for question, article in plain])


async def tokens_exam(scale: float) -> Row:
    """The same for the exam's own documents and questions; so few that the product sends them whole."""
    async with _shelf() as db:
        await library.refresh(db, shipped_knowledge(), now=_NOW)
        cases = [case for case in read_cases("answers", shipped("answers")) if isinstance(case, AnswerCase)]
        asked = [(case.question, case.must_include) for case in cases if case.in_knowledge]
        return await sent.compared(db, shipped_knowledge(), asked)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the floors of the same run; the rules are counted on both sides of a ratio of tokens."""
    tokens, few = rows["tokens_catalogue"], rows["tokens_exam"]
    return {
        "reading_cpu_vs_plain_text": _ratio(rows["reading"], rows["floor_plain_text"], "cpu_ms_per_page"),
        "search_cpu_vs_fts5": _ratio(rows["search"], rows["floor_fts5"], "cpu_ms"),
        "search_cpu_vs_fts5_lemmas": _ratio(rows["search"], rows["floor_fts5_lemmas"], "cpu_ms"),
        "search_recall_vs_fts5": _ratio(rows["search"], rows["floor_fts5"], "recall_at_5"),
        "search_recall_vs_fts5_lemmas": _ratio(rows["search"], rows["floor_fts5_lemmas"], "recall_at_5"),
        "tokens_vs_whole_catalogue": tokens["ratio"],
        "tokens_vs_files_of_catalogue": tokens["ratio_to_files"],
        "tokens_vs_whole_exam": few["ratio"],
        "tokens_vs_files_of_exam": few["ratio_to_files"],
    }


def _ratio(ours: Row, floor: Row, name: str) -> float:
    return round(ours[name] / floor[name], 3) if floor[name] else 0.0


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """Where the catalogue is, what is in it, and how many seconds it took to read it in."""

    db: Database
    folder: Path
    goods: list[Goods]
    seconds: float


@asynccontextmanager
async def _shelf() -> AsyncIterator[Database]:
    """A database with the agent's tables and nothing in them."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/knowledge.db"
        migrate.upgrade(url, (migrate.AGENT,))
        db = Database(url)
        try:
            yield db
        finally:
            await db.close()


@asynccontextmanager
async def _catalogue(scale: float) -> AsyncIterator[_Catalogue]:
    """The catalogue read from a CSV file through the product."""
    goods = catalogue.goods(int(_PASSAGES * scale))
    with tempfile.TemporaryDirectory() as folder:
        lines = [";".join(cells) for cells in (catalogue.HEADINGS, *(one.cells for one in goods))]
        Path(folder, "catalogue.csv").write_text("\n".join(lines), encoding="utf-8")
        async with _shelf() as db:
            began = time.perf_counter()
            await library.refresh(db, Path(folder), now=_NOW)
            yield _Catalogue(db, Path(folder), goods, time.perf_counter() - began)


def _asked(goods: list[Goods], scale: float) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(question, article) pairs as customers ask, and others with a typo in each."""
    plain = catalogue.questions(goods, int(_QUESTIONS * scale), typo=False)
    return plain, catalogue.questions(goods, int(_TYPOS * scale), typo=True)


def _draw(folder: Path, scale: float) -> int:
    """Draw the documents in a process of its own, whose memory is not ours; how many pages."""
    pages = int(_PAGES * scale)
    command = [sys.executable, "-m", "saudager.bench.papers", str(folder), str(pages)]
    subprocess.run(command, check=True)  # noqa: S603
    return pages


def _kinds(folder: Path) -> str:
    return ", ".join(sorted({path.suffix.removeprefix(".") for path in folder.iterdir()}))


def _plain_text(path: Path) -> str:
    from pypdfium2 import PdfDocument

    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8")
    with closing(PdfDocument(path)) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)
