"""``saudager orders``: the shops' orders, from files and from the marketplaces."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from saudager.cli.importing import take_in, takes_a_file
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
@takes_a_file("orders", "catalogue")
@click.option("--shop", "name", required=True, metavar="NAME", help="The shop they are of, as the console calls it.")
@click.option("--everything", is_flag=True, help="The catalogue is whole: what it does not name is out of stock.")
def orders_import(file: Path, kind: str, chosen: tuple[str, ...], as_json: bool, name: str, everything: bool) -> None:
    """Take in a CSV or XLSX file of orders or of the catalogue: all of it, or nothing and what is wrong by line."""
    from saudager.orders.importing.layouts import Kind
    from saudager.orders.importing.taking import IMPORTER, Wish

    def wish(session: "Session", ticket: str, columns: Mapping[str, int] | None) -> Wish:
        return Wish(ticket, _shop(session, name).id, Kind(kind), "saudager orders import", columns, everything)

    take_in(IMPORTER, file, Kind(kind), chosen, wish, besides=_besides, as_json=as_json)


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


def _besides(outcome: "Outcome") -> tuple[str, list[str]]:
    unknown = outcome.unknown.items()
    return f", out of stock {outcome.sold_out}" if outcome.sold_out else "", [
        f"Nothing follows from the status «{status}» ({count} orders): it is not known." for status, count in unknown
    ]
