"""``saudager sales``: companies, people and invoices from files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saudager.cli.importing import take_in, takes_a_file
from saudager.cli.running import example

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.sales.importing.taking import Outcome

_KINDS = ("invoices", "people")


@click.group()
def sales() -> None:
    """What companies bought, and the people in them."""


@example("saudager sales import invoices.xlsx --kind invoices")
@sales.command("import")
@takes_a_file(*_KINDS)
def sales_import(file: Path, kind: str, chosen: tuple[str, ...], as_json: bool) -> None:
    """Take in a CSV or XLSX file of invoices or of people: all of it, or nothing and what is wrong by line."""
    from saudager.sales.importing.layouts import Kind
    from saudager.sales.importing.taking import IMPORTER, Wish

    def wish(session: "Session", ticket: str, columns: Mapping[str, int] | None) -> Wish:
        return Wish(ticket, Kind(kind), "saudager sales import", columns)

    take_in(IMPORTER, file, Kind(kind), chosen, wish, besides=_besides, as_json=as_json)


@example("saudager sales template --kind people > people.csv")
@sales.command("template")
@click.option("--kind", type=click.Choice(_KINDS), default="invoices", show_default=True, help="What goes into it.")
def sales_template(kind: str) -> None:
    """Print a file to fill in, with an example in it."""
    from saudager.sales.importing.layouts import Kind

    click.echo(Kind(kind).template.read_bytes(), nl=False)


def _besides(outcome: "Outcome") -> tuple[str, list[str]]:
    return f", new companies {outcome.companies}", outcome.warnings
