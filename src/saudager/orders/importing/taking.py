"""Take a file in: every row is checked first, then all of it is stored in one transaction, or nothing is."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import NotFound, Refused
from saudager.importing import background, headings, rows
from saudager.importing.background import Tell
from saudager.importing.faults import Faults
from saudager.orders import intake, shops
from saudager.orders.importing import catalogue, order_rows
from saudager.orders.importing.layouts import Kind
from saudager.orders.models import OrderImport, Shop
from saudager.queues import tasks
from saudager.settings import Settings
from saudager.vault import Vault

TASK = "import_orders"
_AT_ONCE = 500
"""Orders whose stored ones are looked up together."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take in, and how: ``columns`` are a person's choice of columns, counted from 0; None: by the headings."""

    ticket: str
    shop_id: int
    kind: Kind
    by: str
    columns: Mapping[str, int] | None = None
    is_whole: bool = False
    """The catalogue names everything there is: what it does not name is out of stock."""


@dataclass(slots=True)
class Outcome:
    """What became of a file: ``refused`` or ``faults`` say why nothing of it was taken in."""

    file: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    sold_out: int = 0
    refused: str | None = None
    faults: list[str] = field(default_factory=list)
    faults_in_all: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    """Statuses we do not know, with how many orders have them: they are kept as they are."""

    @property
    def is_taken(self) -> bool:
        return self.refused is None and not self.faults_in_all


def ask(session: Session, wish: Wish, *, now: datetime) -> str:
    """Have a kept file taken in in the background; what the wish goes by. Asked for twice it is done once, with other
    columns again."""
    run = background.run_of(wish.ticket, asdict(wish))
    tasks.enqueue(session, TASK, task_id=task_of(run), now=now, wish=asdict(wish))
    return run


def fitting(session: Session, shop_id: int, kind: Kind) -> Shop:
    """The shop a file is for. Raises NotFound, and Refused for orders of a shop whose marketplace tells them better."""
    shop = shops.one(session, shop_id)
    if kind is Kind.ORDERS and shop.marketplace is not None:
        raise Refused(f"Заказы магазина «{shop.name}» мы читаем сами; файлом для него загружают только каталог.")
    return shop


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
    except Refused as refusal:
        return Outcome(file, refused=str(refusal))
    if checked.faults.total:
        return _faulty(file, checked.rows, checked.faults)
    on_progress("записываем")
    try:
        if isinstance(checked, order_rows.Checked):
            return await app.db.run(_store_orders, file, wish, checked, vault=app.vault, settings=app.settings, now=now)
        return await app.db.run(_store_catalogue, file, wish, checked, now=now)
    except (Refused, NotFound) as refusal:
        return Outcome(file, refused=str(refusal))


def _check(
    data: bytes, wish: Wish, settings: Settings, now: datetime, on_progress: Tell
) -> order_rows.Checked | catalogue.CheckedCatalogue:
    on_progress("читаем файл")
    sheet = rows.read(data, wish.kind.layout)
    columns = headings.settle(wish.columns, sheet.headings, wish.kind.layout)
    on_progress(f"проверяем строки: {len(sheet.rows)}")
    if wish.kind is Kind.ORDERS:
        return order_rows.check(sheet, columns, zone=settings.zone, now=now)
    return catalogue.check(sheet, columns)


def _faulty(file: str, read: int, faults: Faults) -> Outcome:
    told = sorted(faults.told, key=lambda fault: fault.line)
    return Outcome(file, rows=read, faults=[str(fault) for fault in told], faults_in_all=faults.total)


def _store_orders(
    session: Session,
    file: str,
    wish: Wish,
    checked: order_rows.Checked,
    *,
    vault: Vault,
    settings: Settings,
    now: datetime,
) -> Outcome:
    if done := _done(session, wish.ticket):
        return done
    shop = fitting(session, wish.shop_id, wish.kind)
    outcome = Outcome(file, rows=checked.rows, unknown=dict(checked.unknown))
    for begin in range(0, len(checked.orders), _AT_ONCE):
        taken = intake.take(
            session,
            shop,
            checked.orders[begin : begin + _AT_ONCE],
            read_at=now,
            came_from=intake.FROM_FILE,
            vault=vault,
            settings=settings,
            now=now,
        )
        outcome.added += len(taken.added)
        outcome.changed += len(taken.changed)
        outcome.unchanged += taken.unchanged + taken.stale
    _note(session, wish, outcome, now=now)
    return outcome


def _store_catalogue(
    session: Session, file: str, wish: Wish, checked: catalogue.CheckedCatalogue, *, now: datetime
) -> Outcome:
    if done := _done(session, wish.ticket):
        return done
    shop = fitting(session, wish.shop_id, wish.kind)
    stocked = catalogue.take(session, shop.id, checked.offers, is_whole=wish.is_whole, now=now)
    outcome = Outcome(file, rows=checked.rows, **asdict(stocked))
    _note(session, wish, outcome, now=now)
    return outcome


def _note(session: Session, wish: Wish, outcome: Outcome, *, now: datetime) -> None:
    session.add(
        OrderImport(
            ticket=wish.ticket,
            shop_id=wish.shop_id,
            kind=wish.kind,
            file_name=outcome.file,
            rows=outcome.rows,
            added=outcome.added,
            changed=outcome.changed + outcome.sold_out,
            unchanged=outcome.unchanged,
            imported_at=now,
            imported_by=wish.by,
        )
    )


def _done(session: Session, ticket: str) -> Outcome | None:
    """What was stored under a ticket, when a task begins again after its work was done."""
    row = session.scalar(select(OrderImport).where(OrderImport.ticket == ticket))
    if row is None:
        return None
    return Outcome(row.file_name, row.rows, row.added, row.changed, row.unchanged)


def history(session: Session, *, most: int) -> list[OrderImport]:
    """Files that were taken in, newest first."""
    return list(session.scalars(select(OrderImport).order_by(OrderImport.id.desc()).limit(most)))
