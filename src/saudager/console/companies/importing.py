"""Files of invoices and of people."""

from collections.abc import Mapping
from functools import partial

from saudager.console import importing
from saudager.console.importing import Area, Asked
from saudager.sales.importing.layouts import Kind
from saudager.sales.importing.taking import IMPORTER, Wish


class _Asked(Asked):
    kind: Kind

    @property
    def about(self) -> str:
        return "sales"

    def wish(self, ticket: str, by: str, columns: Mapping[str, int]) -> Wish:
        return Wish(ticket, self.kind, by, columns)


_AREA = Area(
    page="/console/companies/import",
    topic="sales_import",
    deed="sales.imported",
    tabs="companies_tabs.html",
    words="sales_import_words.html",
    importer=IMPORTER,
    asked=_Asked,
)
UPLOADS = {_AREA.page: importing.LARGEST_UPLOAD}
mark = _AREA.mark
router = partial(importing.router, area=_AREA)
