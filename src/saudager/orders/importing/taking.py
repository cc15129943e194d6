"""Take a file of orders or of a catalogue in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import Refused
from saudager.importing import taking
from saudager.importing.rows import Sheet
from saudager.importing.taking import Importer, Tell
from saudager.orders import intake, shops
from saudager.orders.importing import catalogue, order_rows
from saudager.orders.importing.layouts import Kind
from saudager.orders.models import OrderImport, Shop

_AT_ONCE = 500
"""Orders whose stored ones are looked up together."""
_Checked = order_rows.Checked | catalogue.CheckedCatalogue


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take in, and how; see ``importing.taking.Wish``."""

    ticket: str
    shop_id: int
    kind: Kind
    by: str
    columns: Mapping[str, int] | None = None
    is_whole: bool = False
    """The catalogue names everything there is: what it does not name is out of stock."""


@dataclass(slots=True)
class Outcome(taking.Outcome):
    """What became of a file; ``sold_out`` are products a whole catalogue no longer names."""

    sold_out: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    """Statuses we do not know, with how many orders have them: they are kept as they are."""


def fitting(session: Session, shop_id: int, kind: Kind) -> Shop:
    """The shop a file is for. Raises NotFound, and Refused for orders of a shop whose marketplace tells them better."""
    shop = shops.one(session, shop_id)
    if kind is Kind.ORDERS and shop.marketplace is not None:
        raise Refused(f"Заказы магазина «{shop.name}» мы читаем сами; файлом для него загружают только каталог.")
    return shop


def _check(wish: Wish, sheet: Sheet, columns: Mapping[str, int], zone: ZoneInfo, now: datetime, tell: Tell) -> _Checked:
    if wish.kind is Kind.ORDERS:
        return order_rows.check(sheet, columns, zone=zone, now=now)
    return catalogue.check(sheet, columns)


def _store(
    session: Session, app: App, wish: Wish, checked: _Checked, outcome: Outcome, now: datetime, tell: Tell
) -> Mapping[str, Any]:
    shop = fitting(session, wish.shop_id, wish.kind)
    if isinstance(checked, order_rows.Checked):
        _store_orders(session, app, shop, checked, outcome, now=now)
    else:
        stocked = catalogue.take(session, shop.id, checked.offers, is_whole=wish.is_whole, now=now)
        for name, count in asdict(stocked).items():
            setattr(outcome, name, count)
    return {"shop_id": shop.id, "changed": outcome.changed + outcome.sold_out}


def _store_orders(
    session: Session, app: App, shop: Shop, checked: order_rows.Checked, outcome: Outcome, *, now: datetime
) -> None:
    outcome.unknown = dict(checked.unknown)
    for begin in range(0, len(checked.orders), _AT_ONCE):
        taken = intake.take(
            session,
            shop,
            checked.orders[begin : begin + _AT_ONCE],
            read_at=now,
            came_from=intake.FROM_FILE,
            vault=app.vault,
            settings=app.settings,
            now=now,
        )
        outcome.added += len(taken.added)
        outcome.changed += len(taken.changed)
        outcome.unchanged += taken.unchanged + taken.stale


IMPORTER = Importer(
    task="import_orders", kinds=Kind, wish=Wish, outcome=Outcome, table=OrderImport, check=_check, store=_store
)
