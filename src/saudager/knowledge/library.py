"""Keep what the database knows true to a folder of documents: changed files are read again, removed ones forgotten."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.knowledge import conflicts, documents, lemmas, spelling, synonyms
from saudager.knowledge import folder as folders
from saudager.knowledge.models import Conflict, Document, Passage, Shelf
from saudager.knowledge.passages import Excerpt, cut
from saudager.knowledge.reading import Problem, Reading
from saudager.providers.llm import Fact
from saudager.queues import tasks

TASK = "read_knowledge"
_INDEX = text("insert into passages_fts(rowid, lemmas) values (:id, :lemmas)")
_UNINDEX = text("delete from passages_fts where rowid in (select id from passages where document_id = :document)")
_CHANGED = Statement("update shelf set version = version + 1")
_VERSION = Statement("select version from shelf")
_WHOLE = Statement(
    "select p.text, d.file, p.page, p.section, p.row from passages p join documents d on d.id = p.document_id "
    "where p.id not in (select against_id from conflicts) order by d.file, p.id"
)
_LETTERS_A_TOKEN = 3
"""Of Russian text with tables; an estimate on the safe side, as the hosted models count each in its own way."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read, cut and lemmatised, ready to be stored."""

    reading: Reading
    excerpts: list[tuple[Excerpt, str]]
    modified_at: datetime | None = None


@dataclass(slots=True)
class Refreshed:
    """What a refresh did; ``problems`` are those of the files it read and of the merchant's synonyms, ``conflicts``
    the sentences on prices that disagree now and did not before."""

    read: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A document as the list of the knowledge base shows it."""

    file: str
    pages: int
    passages: int
    problems: list[Problem]
    read_at: datetime
    conflicts: list[str] = field(default_factory=list)
    """Sentences on its prices that another document overrules."""


async def refresh(
    db: Database,
    folder: Path,
    *,
    now: datetime,
    on_progress: Callable[[int, int, str], None] = lambda done, total, file: None,
) -> Refreshed:
    """Read what changed since last time and forget what is gone; ``on_progress(done, total, file)`` after each file.

    Files are read in a worker thread, each is stored in one short transaction of its own: whoever asks meanwhile
    finds the old passages of a file or the new ones, never none. Raises NotFound when there is no such folder.
    """
    plan = await db.read(folders.plan, folder)
    done = Refreshed(problems=list(synonyms.in_force(folder).problems))
    for file in plan.forget:
        await db.run(forget, file)
        done.forgotten.append(file)
    for number, file in enumerate(plan.read, 1):
        ready = await asyncio.to_thread(read, folder, file)
        await db.run(store, ready, now=now)
        done.read.append(file)
        done.problems += ready.reading.problems
        on_progress(number, len(plan.read), file)
    about = (str(folder.absolute()), folders.ranking(folder))
    if done.read or done.forgotten or await db.read(_about) != about:
        done.conflicts = await db.run(_settle, *about)
    return done


def ask_to_read(session: Session, *, once: str, now: datetime) -> None:
    """Have the folder read in the background; ``once`` names the wish."""
    tasks.enqueue(session, TASK, task_id=f"{TASK}:{once}", now=now)


def read(folder: Path, file: str) -> Read:
    """Read one file of the folder; touches no database and takes from 5 ms to 100 ms a page."""
    path = folder / file
    reading = documents.read(path, file)
    lines = [(piece, lemmas.of_passage(piece.section, piece.text, file)) for piece in cut(reading)]
    return Read(reading, lines, folders.modified(path))


def store(session: Session, ready: Read, *, now: datetime) -> None:
    """Put the passages of a file in place of its former ones."""
    reading = ready.reading
    forget(session, reading.file)
    document = Document(
        file=reading.file,
        sha256=reading.sha256,
        reader=documents.READER,
        pages=reading.pages,
        problems=[asdict(problem) for problem in reading.problems],
        read_at=now,
        modified_at=ready.modified_at,
    )
    session.add(document)
    session.flush()
    rows = [asdict(excerpt) | {"document_id": document.id} for excerpt, _ in ready.excerpts]
    if rows:
        ids = session.scalars(insert(Passage).returning(Passage.id, sort_by_parameter_order=True), rows)
        lines = [line for _, line in ready.excerpts]
        session.execute(_INDEX, [{"id": id_, "lemmas": line} for id_, line in zip(ids, lines, strict=True)])
        spelling.learn(session, lines)
    _CHANGED(session)


def forget(session: Session, file: str) -> None:
    """Remove a document with its passages; nothing happens when it is not known."""
    document = session.scalar(select(Document.id).where(Document.file == file))
    if document is not None:
        its_own = select(Passage.id).where(Passage.document_id == document)
        session.execute(delete(Conflict).where(or_(Conflict.kept_id.in_(its_own), Conflict.against_id.in_(its_own))))
        session.execute(_UNINDEX, {"document": document})
        session.execute(delete(Passage).where(Passage.document_id == document))
        session.execute(delete(Document).where(Document.id == document))
        _CHANGED(session)


def version(session: Session) -> int:
    """Grows with every change of what can be found."""
    number: int = _VERSION(session).fetchone()[0]
    return number


def shelf(session: Session) -> list[Shelved]:
    """Every document with the number of its passages and what is wrong with it, by name."""
    overruled: dict[int, list[str]] = {}
    lost = select(Passage.document_id, Conflict.says).join(Passage, Passage.id == Conflict.against_id)
    for document_id, says in session.execute(lost.order_by(Conflict.id)):
        overruled.setdefault(document_id, []).append(says)
    counted = (
        select(Document, func.count(Passage.id))
        .outerjoin(Passage, Passage.document_id == Document.id)
        .group_by(Document.id)
        .order_by(Document.file)
    )
    return [
        Shelved(
            document.file,
            document.pages,
            passages,
            [Problem(**problem) for problem in document.problems],
            document.read_at,
            overruled.get(document.id, []),
        )
        for document, passages in session.execute(counted)
    ]


def whole(session: Session, most_tokens: int) -> list[Fact] | None:
    """All passages in document order, or None when they have more tokens than that (estimated: 3 characters each).

    Prices another document overrules are left out. Kept in memory until a document changes.
    """
    newest = version(session)
    known: tuple[int, int, list[Fact]] | None = session.info.get("whole_knowledge")
    if known is None or known[0] != newest:
        names = ("text", "file", "page", "section", "row")
        facts = [Fact(**dict(zip(names, row, strict=True))) for row in _WHOLE(session).fetchall()]
        letters = sum(len(fact.text) + len(fact.section) + len(fact.file) for fact in facts)
        known = session.info["whole_knowledge"] = (newest, letters // _LETTERS_A_TOKEN, facts)
    _, tokens, facts = known
    return facts if tokens <= most_tokens else None


def _about(session: Session) -> tuple[str | None, list[str]]:
    stored = session.get_one(Shelf, 1)
    return stored.folder, stored.ranking


def _settle(session: Session, folder: str, ranking: list[str]) -> list[str]:
    """Bring what rests on all documents together up to date; gives back the conflicts that are new."""
    session.execute(update(Shelf).values(folder=folder, ranking=ranking))
    spelling.tidy(session)
    before = {conflict.says for conflict in conflicts.known(session)}
    found = conflicts.keep(session)
    _CHANGED(session)
    return [conflict.says for conflict in found if conflict.says not in before]
