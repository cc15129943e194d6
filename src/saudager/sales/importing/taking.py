"""Take a file of invoices or of people in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.importing import taking
from saudager.importing.rows import Sheet
from saudager.importing.taking import Importer, Tell
from saudager.sales import companies, invoices, people
from saudager.sales.importing import invoice_rows, people_rows
from saudager.sales.importing.company_cells import CompaniesSeen
from saudager.sales.importing.layouts import Kind
from saudager.sales.models import SalesImport
from saudager.sales.stored import Stored, batches

_TELL_EVERY = 5_000
"""Invoices or people, as they are stored."""
_Checked = invoice_rows.Checked | people_rows.Checked


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take in, and how; see ``importing.taking.Wish``."""

    ticket: str
    kind: Kind
    by: str
    columns: Mapping[str, int] | None = None


@dataclass(slots=True)
class Outcome(taking.Outcome):
    """What became of a file: what is counted are invoices or people, and companies that were new."""

    companies: int = 0
    warnings: list[str] = field(default_factory=list)
    """What was taken in and looks wrong all the same."""


def _check(wish: Wish, sheet: Sheet, columns: Mapping[str, int], zone: ZoneInfo, now: datetime, tell: Tell) -> _Checked:
    read = invoice_rows.check if wish.kind is Kind.INVOICES else people_rows.check
    return read(sheet, columns, zone=zone, now=now, on_progress=tell)


def _store(
    session: Session, app: App, wish: Wish, checked: _Checked, outcome: Outcome, now: datetime, tell: Tell
) -> Mapping[str, Any]:
    outcome.warnings = checked.seen.warnings
    ids = _store_companies(session, checked.seen, outcome, now=now)
    if isinstance(checked, invoice_rows.Checked):
        stored = _store_invoices(session, checked, ids, tell, now=now)
    else:
        told = [replace(person, company_id=ids[company]) for company, person in checked.persons]
        stored = _in_batches(people.store, session, told, tell, now=now)
    outcome.added, outcome.changed, outcome.unchanged = stored.added, stored.changed, stored.unchanged
    return {}


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


IMPORTER = Importer(
    task="import_sales", kinds=Kind, wish=Wish, outcome=Outcome, table=SalesImport, check=_check, store=_store
)
