"""``saudager orders``: the shops' orders, from files and from the marketplaces."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from saudager.cli.columns import named
from saudager.cli.running import example, load_settings, run_to_its_end, with_app

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.app import App
    from saudager.orders.importing.taking import Outcome
    from saudager.orders.models import Shop


@click.group()
def orders() -> None:
    """The shops' orders and what they sell."""


@example("saudager orders import orders.csv --shop Ozon --kind orders")
@orders.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", "name", required=True, metavar="NAME", help="The shop they are of, as the console calls it.")
@click.option("--kind", type=click.Choice(["orders", "catalogue"]), default="orders", show_default=True)
@click.option("--column", "chosen", multiple=True, metavar="FIELD=HEADING", help="A column we do not know by itself.")
@click.option("--everything", is_flag=True, help="The catalogue is whole: what it does not name is out of stock.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of the file as JSON.")
def orders_import(file: Path, name: str, kind: str, chosen: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Take in a CSV or XLSX file of orders or of the catalogue: all of it, or nothing and what is wrong by line."""
    from saudager.bootstrap import bootstrap
    from saudager.importing import rows, uploads
    from saudager.orders.importing import taking
    from saudager.orders.importing.layouts import Kind

    async def run(app: "App") -> "Outcome":
        shop = await app.db.read(_shop, name)
        data = file.read_bytes()
        columns = None
        if chosen:
            found = rows.read(data, Kind(kind).layout, first=1).headings
            columns = named(chosen, found, Kind(kind).layout)
        ticket = uploads.new_ticket(app.clock.now())
        wish = taking.Wish(ticket, shop.id, Kind(kind), "saudager orders import", columns, everything)
        return await taking.take_in(app, file.name, data, wish)

    settings = load_settings()
    outcome = run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    if as_json:
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)
    if not outcome.is_taken:
        raise SystemExit(1)


@example("saudager orders sync --shop Kaspi")
@orders.command("sync")
@click.option("--shop", "name", metavar="NAME", help="One shop, as the console calls it; every one when not given.")
@click.option("--json", "as_json", is_flag=True, help="Print what each look brought as JSON, a line a shop.")
def orders_sync(name: str | None, as_json: bool) -> None:
    """Look at the marketplaces' shops for new and changed orders now; exit code 1 when a look was not a whole one."""
    from saudager.bootstrap import bootstrap, connect_shops
    from saudager.orders import shops, sync

    async def run(app: "App") -> bool:
        await connect_shops(app)
        if name is None:
            wanted = [shop for shop in await app.db.read(shops.everyone) if shop.marketplace is not None]
        else:
            wanted = [await app.db.read(_shop, name)]
        if not wanted:
            click.echo("No shop at a marketplace is connected: connect one in the console.", err=True)
        whole = True
        for shop in wanted:
            looked = await sync.look(app, shop.id, owner=f"saudager orders sync {uuid4().hex}")
            if looked is None:
                click.echo(f"{shop.name}: another process is reading it now.", err=True)
            elif as_json:
                click.echo(json.dumps({"shop": shop.name} | asdict(looked), ensure_ascii=False))
            else:
                problem = f"; {looked.problem}" if looked.problem else ""
                click.echo(
                    f"{shop.name}: new {looked.added}, changed {looked.changed}, requests {looked.requests}{problem}"
                )
            whole &= looked is not None and looked.problem is None
        return whole

    settings = load_settings()
    if not run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings):
        raise SystemExit(1)


def _shop(session: "Session", name: str) -> "Shop":
    from saudager.errors import NotFound
    from saudager.orders import shops

    known = {shop.name: shop for shop in shops.everyone(session)}
    if name not in known:
        raise NotFound(f"--shop holds {name!r}: expected one of {', '.join(known) or 'the shops added in the console'}")
    return known[name]


def _tell(outcome: "Outcome") -> None:
    if outcome.refused:
        click.echo(outcome.refused, err=True)
    for fault in outcome.faults:
        click.echo(fault, err=True)
    if not outcome.is_taken:
        told = f" ({outcome.faults_in_all} faults)" if outcome.faults_in_all else ""
        click.echo(f"Nothing of {outcome.file} was taken in{told}.", err=True)
        return
    sold_out = f", out of stock {outcome.sold_out}" if outcome.sold_out else ""
    click.echo(
        f"{outcome.file}: {outcome.rows} rows, new {outcome.added}, changed {outcome.changed}, "
        f"unchanged {outcome.unchanged}{sold_out}"
    )
    for status, count in outcome.unknown.items():
        click.echo(f"Nothing follows from the status «{status}» ({count} orders): it is not known.")
