"""``saudager sales``: companies, people and invoices from files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saudager.cli.columns import named
from saudager.cli.running import example, load_settings, run_to_its_end, with_app

if TYPE_CHECKING:
    from saudager.app import App
    from saudager.sales.importing.taking import Outcome

_KINDS = click.Choice(["invoices", "people"])


@click.group()
def sales() -> None:
    """What companies bought, and the people in them."""


@example("saudager sales import invoices.xlsx --kind invoices")
@sales.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=_KINDS, default="invoices", show_default=True)
@click.option("--column", "chosen", multiple=True, metavar="FIELD=HEADING", help="A column we do not know by itself.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of the file as JSON.")
def sales_import(file: Path, kind: str, chosen: tuple[str, ...], as_json: bool) -> None:
    """Take in a CSV or XLSX file of invoices or of people: all of it, or nothing and what is wrong by line."""
    from saudager.bootstrap import bootstrap
    from saudager.importing import rows, uploads
    from saudager.sales.importing import taking
    from saudager.sales.importing.layouts import Kind

    async def run(app: "App") -> "Outcome":
        data, columns = file.read_bytes(), None
        if chosen:
            found = rows.read(data, Kind(kind).layout, first=1).headings
            columns = named(chosen, found, Kind(kind).layout)
        wish = taking.Wish(uploads.new_ticket(app.clock.now()), Kind(kind), "saudager sales import", columns)
        return await taking.take_in(app, file.name, data, wish)

    settings = load_settings()
    outcome = run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    if as_json:
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)
    if not outcome.is_taken:
        raise SystemExit(1)


@example("saudager sales template --kind people > people.csv")
@sales.command("template")
@click.option("--kind", type=_KINDS, default="invoices", show_default=True)
def sales_template(kind: str) -> None:
    """Print a file to fill in, with an example in it."""
    from saudager.sales.importing.layouts import Kind

    click.echo(Kind(kind).template.read_bytes(), nl=False)


def _tell(outcome: "Outcome") -> None:
    if outcome.refused:
        click.echo(outcome.refused, err=True)
    for line in (*outcome.faults, *outcome.warnings):
        click.echo(line, err=True)
    if not outcome.is_taken:
        told = f" ({outcome.faults_in_all} faults)" if outcome.faults_in_all else ""
        click.echo(f"Nothing of {outcome.file} was taken in{told}.", err=True)
        return
    click.echo(
        f"{outcome.file}: {outcome.rows} rows, new {outcome.added}, changed {outcome.changed}, "
        f"unchanged {outcome.unchanged}, new companies {outcome.companies}"
    )
