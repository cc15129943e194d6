"""Files of orders and of a catalogue: each is of a shop."""

from collections.abc import Mapping
from functools import partial

from pydantic import Field
from sqlalchemy.orm import Session

from saudager.console import importing
from saudager.console.importing import Area, Asked
from saudager.console.numbers import Number
from saudager.orders import shops
from saudager.orders.importing.layouts import Kind
from saudager.orders.importing.taking import IMPORTER, Wish, fitting


class _Asked(Asked):
    kind: Kind
    shop: Number
    whole: bool = Field(False, exclude=True)

    @property
    def about(self) -> str:
        return f"shop:{self.shop}"

    def whose(self, session: Session) -> str:
        return fitting(session, self.shop, self.kind).name

    def wish(self, ticket: str, by: str, columns: Mapping[str, int]) -> Wish:
        return Wish(ticket, self.shop, self.kind, by, columns, self.whole)


def _shops(session: Session) -> dict[int, str]:
    return {shop.id: shop.name for shop in shops.everyone(session)}


_AREA = Area(
    page="/console/orders/import",
    topic="order_import",
    deed="orders.imported",
    tabs="orders_tabs.html",
    words="orders_import_words.html",
    importer=IMPORTER,
    asked=_Asked,
    shops=_shops,
)
UPLOADS = {_AREA.page: importing.LARGEST_UPLOAD}
mark = _AREA.mark
router = partial(importing.router, area=_AREA)
