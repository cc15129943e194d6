"""Take a file in: every row is checked first, then all of it is stored in one transaction, or nothing is."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import NotFound, Refused
from saudager.importing import headings, rows, uploads
from saudager.importing.faults import Checked
from saudager.importing.headings import Kind
from saudager.importing.models import TakenFile
from saudager.importing.rows import Sheet
from saudager.queues import tasks

Tell = Callable[[str], None]
"""Is told in Russian how far it is, from any thread."""


class Wish(Protocol):
    """What to take in, and how: ``columns`` are a person's choice of columns, counted from 0; None: by the headings."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def ticket(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def by(self) -> str: ...
    @property
    def columns(self) -> Mapping[str, int] | None: ...


@dataclass(slots=True)
class Outcome:
    """What became of a file: ``refused`` or ``faults`` say why nothing of it was taken in."""

    file: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: str | None = None
    faults: list[str] = field(default_factory=list)
    faults_in_all: int = 0

    @property
    def is_taken(self) -> bool:
        return self.refused is None and not self.faults_in_all


W = TypeVar("W", bound=Wish)
C = TypeVar("C", bound=Checked)
R = TypeVar("R", bound=Outcome)


@dataclass(frozen=True, slots=True)
class Importer(Generic[W, C, R]):
    """How a room takes its files in: ``check`` reads the rows of a file, in a thread; ``store`` stores what was read,
    counts it in the outcome, and gives what the row in ``table`` tells besides. It may raise NotFound and Refused."""

    task: str
    kinds: type[Kind]
    wish: type[W]
    outcome: type[R]
    table: type[TakenFile]
    check: Callable[[W, Sheet, Mapping[str, int], ZoneInfo, datetime, Tell], C]
    store: Callable[[Session, App, W, C, R, datetime, Tell], Mapping[str, Any]]

    def ask(self, session: Session, wish: W, *, now: datetime) -> str:
        """Have a kept file taken in in the background; what the wish goes by. Asked for twice it is done once, with
        other columns again."""
        words = repr(sorted(asdict(wish).items()))
        run = f"{wish.ticket}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
        tasks.enqueue(session, self.task, task_id=self.task_of(run), now=now, wish=asdict(wish))
        return run

    def task_of(self, run: str) -> str:
        return f"{self.task}:{run}"

    async def work(self, app: App, task_id: str, wish: dict[str, Any]) -> dict[str, Any]:
        """The task: take the kept file in, once however often it begins, and keep it no longer; gives the outcome."""
        wanted = self.wish(**wish | {"kind": self.kinds(wish["kind"])})
        told: list[Awaitable[None]] = []
        loop = asyncio.get_running_loop()

        def tell(words: str) -> None:
            loop.call_soon_threadsafe(lambda: told.append(app.db.run(tasks.report_progress, task_id, words)))

        try:
            kept = await asyncio.to_thread(uploads.find, app.settings, wanted.ticket)
        except NotFound as gone:
            done = await app.db.read(self._done, wanted.ticket)
            return asdict(done or self.outcome("", refused=str(gone)))
        data = await asyncio.to_thread(kept.path.read_bytes)
        outcome = await self.take_in(app, kept.name, data, wanted, on_progress=tell)
        await asyncio.gather(*told)
        if outcome.is_taken:
            await asyncio.to_thread(uploads.drop, app.settings, wanted.ticket)
        return asdict(outcome)

    async def take_in(self, app: App, file: str, data: bytes, wish: W, *, on_progress: Tell = lambda words: None) -> R:
        """Check a file and store what it tells; ``on_progress`` is told how far it is, from another thread."""
        now = app.clock.now()
        try:
            checked = await asyncio.to_thread(self._check, data, wish, app.settings.zone, now, on_progress)
            if checked.faults.total:
                told = sorted(checked.faults.told, key=lambda fault: fault.line)
                faults = [str(fault) for fault in told]
                return self.outcome(file, rows=checked.rows, faults=faults, faults_in_all=checked.faults.total)
            on_progress("записываем")
            return await app.db.run(self._store, app, file, wish, checked, now, on_progress)
        except (Refused, NotFound) as refusal:
            return self.outcome(file, refused=str(refusal))

    def history(self, session: Session, *, most: int) -> list[TakenFile]:
        """Files that were taken in, newest first."""
        return list(session.scalars(select(self.table).order_by(self.table.id.desc()).limit(most)))

    def _check(self, data: bytes, wish: W, zone: ZoneInfo, now: datetime, tell: Tell) -> C:
        tell("читаем файл")
        sheet = rows.read(data, wish.kind.layout)
        columns = headings.settle(wish.columns, sheet.headings, wish.kind.layout)
        tell(f"проверяем строки: {len(sheet.rows)}")
        return self.check(wish, sheet, columns, zone, now, tell)

    def _store(self, session: Session, app: App, file: str, wish: W, checked: C, now: datetime, tell: Tell) -> R:
        if done := self._done(session, wish.ticket):
            return done
        outcome = self.outcome(file, rows=checked.rows)
        besides = self.store(session, app, wish, checked, outcome, now, tell)
        row = {
            "ticket": wish.ticket,
            "kind": wish.kind,
            "file_name": file,
            "rows": outcome.rows,
            "added": outcome.added,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "imported_at": now,
            "imported_by": wish.by,
        }
        session.execute(insert(self.table).values({**row, **besides}))
        return outcome

    def _done(self, session: Session, ticket: str) -> R | None:
        """What was stored under a ticket, when a task begins again after its work was done."""
        row = session.scalar(select(self.table).where(self.table.ticket == ticket))
        if row is None:
            return None
        return self.outcome(row.file_name, row.rows, row.added, row.changed, row.unchanged)


def ticket_of(run: str) -> str:
    return run.rpartition("-")[0]
