"""``saudager preview``: who would be written to in the days ahead, and who is held back and why."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from saudager.cli.running import example, load_settings, run_to_its_end, with_app

if TYPE_CHECKING:
    from saudager.app import App, Service
    from saudager.preview import Ahead
    from saudager.settings import Settings

_SQLITE = "sqlite:///"
_VERDICTS = {"write": "напишем", "wait": "ждёт", "stop": "не пишем"}


@example("saudager preview --days 30 --json")
@click.command()
@click.option("--days", type=click.FloatRange(0, 366), default=30.0, show_default=True, help="How far ahead.")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
def preview(days: float, as_json: bool) -> None:
    """Show who would be written to in the days ahead if nobody wrote, when, and who is held back and why.

    The scheduler's own judgements run on a later clock over the real database. Nothing is stored and nothing is sent.
    """
    from saudager.bootstrap import bootstrap
    from saudager.preview import look_ahead

    settings = load_settings()

    async def look(app: "App") -> "Ahead":
        return await look_ahead(app, days=days)

    with _beside_the_shop(settings) as beside:
        service: Service = "agent" if settings.has_wire else "both"
        ahead = run_to_its_end(lambda: with_app(lambda: bootstrap(beside, service=service), look), settings)
    if as_json:
        click.echo(json.dumps(ahead.as_dict(), ensure_ascii=False))
        return
    for one in ahead.planned:
        at = one.at.astimezone(settings.zone)
        why = f" ({one.reason})" if one.reason else ""
        click.echo(f"{at:%d.%m %H:%M}  {one.who}  {one.what}  {_VERDICTS[one.verdict]}{why}")
    click.echo(", ".join(f"{_VERDICTS[verdict]}: {count}" for verdict, count in ahead.counts.items()))


@contextmanager
def _beside_the_shop(settings: "Settings") -> "Iterator[Settings]":
    """The settings on a copy of an SQLite database, so that the running shop need not wait; a server's as they are."""
    path = Path(settings.agent_database.removeprefix(_SQLITE))
    if not settings.agent_database.startswith(_SQLITE) or not path.exists():
        yield settings
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        with closing(sqlite3.connect(path)) as real, closing(sqlite3.connect(copy)) as taken:
            real.backup(taken)
        url = f"{_SQLITE}{copy}"
        only = {"database_url": None, "agent_database_url": url} if settings.has_wire else {"database_url": url}
        alone = {} if settings.has_wire else {"gateway_database_url": None, "agent_database_url": None}
        yield settings.model_copy(update={**only, **alone})
