"""Take a file in: every row is checked first, then all of it is stored in one transaction, or nothing is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import NotFound, Refused
from saudager.importing import background, headings, rows
from saudager.importing.background import Tell
from saudager.importing.faults import Faults
from saudager.queues import tasks
from saudager.sales import companies, invoices, people
from saudager.sales.importing import invoice_rows, people_rows
from saudager.sales.importing.company_cells import CompaniesSeen
from saudager.sales.importing.layouts import Kind
from saudager.sales.models import SalesImport
from saudager.sales.stored import Stored, batches
from saudager.settings import Settings

TASK = "import_sales"
_TELL_EVERY = 5_000
"""Invoices or people, as they are stored."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take in, and how: ``columns`` are a person's choice of columns, counted from 0; None: by the headings."""

    ticket: str
    kind: Kind
    by: str
    columns: Mapping[str, int] | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a file: ``refused`` or ``faults`` say why nothing of it was taken in. What is counted are invoices
    or people, and companies that were new."""

    file: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    companies: int = 0
    refused: str | None = None
    faults: list[str] = field(default_factory=list)
    faults_in_all: int = 0
    warnings: list[str] = field(default_factory=list)
    """What was taken in and looks wrong all the same."""

    @property
    def is_taken(self) -> bool:
        return self.refused is None and not self.faults_in_all


_Checked = invoice_rows.Checked | people_rows.Checked


def ask(session: Session, wish: Wish, *, now: datetime) -> str:
    """Have a kept file taken in in the background; what the wish goes by. Asked for twice it is done once, with other
    columns again."""
    run = background.run_of(wish.ticket, asdict(wish))
    tasks.enqueue(session, TASK, task_id=task_of(run), now=now, wish=asdict(wish))
    return run


def task_of(run: str) -> str:
    return f"{TASK}:{run}"


async def work(app: App, task_id: str, wish: dict[str, Any]) -> dict[str, Any]:
    """The task: take the kept file in, once however often it begins; gives back the Outcome."""
    wanted = Wish(**wish | {"kind": Kind(wish["kind"])})

    async def take(file: str, data: bytes, tell: Tell) -> Outcome:
        return await take_in(app, file, data, wanted, on_progress=tell)

    try:
        return asdict(await background.take(app, task_id, wanted.ticket, take))
    except NotFound as gone:
        done = await app.db.read(_done, wanted.ticket)
        return asdict(done or Outcome("", refused=str(gone)))


async def take_in(app: App, file: str, data: bytes, wish: Wish, *, on_progress: Tell = lambda words: None) -> Outcome:
    """Check a file and store what it tells; ``on_progress`` is told in Russian how far it is, from another thread."""
    now = app.clock.now()
    try:
        checked = await asyncio.to_thread(_check, data, wish, app.settings, now, on_progress)
        if checked.faults.total:
            return _faulty(file, checked.rows, checked.faults)
        return await app.db.run(_store, file, wish, checked, on_progress=on_progress, now=now)
    except Refused as refusal:
        return Outcome(file, refused=str(refusal))


def history(session: Session, *, most: int) -> list[SalesImport]:
    """Files that were taken in, newest first."""
    return list(session.scalars(select(SalesImport).order_by(SalesImport.id.desc()).limit(most)))


def _check(data: bytes, wish: Wish, settings: Settings, now: datetime, on_progress: Tell) -> _Checked:
    on_progress("читаем файл")
    sheet = rows.read(data, wish.kind.layout)
    columns = headings.settle(wish.columns, sheet.headings, wish.kind.layout)
    on_progress(f"проверяем строки: {len(sheet.rows)}")
    read = invoice_rows.check if wish.kind is Kind.INVOICES else people_rows.check
    return read(sheet, columns, zone=settings.zone, now=now, on_progress=on_progress)


def _faulty(file: str, read: int, faults: Faults) -> Outcome:
    told = sorted(faults.told, key=lambda fault: fault.line)
    return Outcome(file, rows=read, faults=[str(fault) for fault in told], faults_in_all=faults.total)


def _store(session: Session, file: str, wish: Wish, checked: _Checked, *, on_progress: Tell, now: datetime) -> Outcome:
    if done := _done(session, wish.ticket):
        return done
    on_progress("записываем")
    outcome = Outcome(file, rows=checked.rows, warnings=checked.seen.warnings)
    ids = _store_companies(session, checked.seen, outcome, now=now)
    if isinstance(checked, invoice_rows.Checked):
        stored = _store_invoices(session, checked, ids, on_progress, now=now)
    else:
        told = [replace(person, company_id=ids[company]) for company, person in checked.persons]
        stored = _in_batches(people.store, session, told, on_progress, now=now)
    outcome.added, outcome.changed, outcome.unchanged = stored.added, stored.changed, stored.unchanged
    session.add(
        SalesImport(
            ticket=wish.ticket,
            kind=wish.kind,
            file_name=file,
            rows=outcome.rows,
            added=outcome.added,
            changed=outcome.changed,
            unchanged=outcome.unchanged,
            imported_at=now,
            imported_by=wish.by,
        )
    )
    return outcome


def _store_companies(session: Session, seen: CompaniesSeen, outcome: Outcome, *, now: datetime) -> dict[str, int]:
    stored = companies.store(session, list(seen.by_key.values()), now=now)
    outcome.companies = stored.added
    return dict(zip(seen.by_key, stored.ids, strict=True))


def _store_invoices(
    session: Session, checked: invoice_rows.Checked, ids: Mapping[str, int], on_progress: Tell, *, now: datetime
) -> Stored:
    told = [replace(person, company_id=ids[company]) for (company, _), person in checked.persons.items()]
    persons = dict(zip(checked.persons, people.store(session, told, now=now).ids, strict=True))
    sold = [
        replace(one, company_id=ids[company], person_id=persons.get((company, person or "")))
        for company, person, one in checked.sold
    ]
    return _in_batches(invoices.store, session, invoices.of_their_years(session, sold), on_progress, now=now)


def _in_batches(
    store: Callable[..., Stored], session: Session, told: list[Any], on_progress: Tell, *, now: datetime
) -> Stored:
    stored = Stored()
    for batch in batches(told, _TELL_EVERY):
        stored.add(store(session, batch, now=now))
        on_progress(f"записываем: {len(stored.ids)} из {len(told)}")
    return stored


def _done(session: Session, ticket: str) -> Outcome | None:
    """What was stored under a ticket, when a task begins again after its work was done."""
    row = session.scalar(select(SalesImport).where(SalesImport.ticket == ticket))
    if row is None:
        return None
    return Outcome(row.file_name, row.rows, row.added, row.changed, row.unchanged)
