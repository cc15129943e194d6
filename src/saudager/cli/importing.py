"""A file named on the command line is taken in: all of it, or nothing and what is wrong by line."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import load_settings, run_to_its_end, with_app
from saudager.errors import Rejected

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.app import App
    from saudager.importing.headings import Kind, Layout
    from saudager.importing.taking import Importer, Outcome, R, W

Command = Callable[..., Any]


def takes_a_file(*kinds: str) -> Callable[[Command], Command]:
    """What every command that takes a file in is told: ``file``, ``kind``, ``chosen`` columns and ``as_json``."""
    options = (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--kind", type=click.Choice(kinds), default=kinds[0], show_default=True, help="What is in it."),
        click.option(
            "--column", "chosen", multiple=True, metavar="FIELD=HEADING", help="A column we do not know by itself."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print what became of the file as JSON."),
    )

    def with_options(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def take_in(
    importer: "Importer[W, Any, R]",
    file: Path,
    kind: "Kind",
    chosen: Iterable[str],
    wish: "Callable[[Session, str, Mapping[str, int] | None], W]",
    *,
    besides: "Callable[[R], tuple[str, Iterable[str]]]",
    as_json: bool,
) -> None:
    """Take the file in and tell what became of it; the exit code is 1 when nothing was taken in. ``wish`` is made of a
    ticket and columns; ``besides`` are words of what else is counted, and sentences on what looks wrong."""
    from saudager.bootstrap import bootstrap
    from saudager.importing import rows, uploads

    async def run(app: "App") -> "R":
        data, columns = file.read_bytes(), None
        if chosen:
            columns = named(chosen, rows.read(data, kind.layout, first=1).headings, kind.layout)
        wanted = await app.db.read(wish, uploads.new_ticket(app.clock.now()), columns)
        return await importer.take_in(app, file.name, data, wanted)

    settings = load_settings()
    outcome: R = run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    if as_json:
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome, *besides(outcome))
    if not outcome.is_taken:
        raise SystemExit(1)


def _tell(outcome: "Outcome", counted: str, doubts: Iterable[str]) -> None:
    for line in (*filter(None, [outcome.refused]), *outcome.faults, *doubts):
        click.echo(line, err=True)
    if outcome.is_taken:
        click.echo(
            f"{outcome.file}: {outcome.rows} rows, new {outcome.added}, changed {outcome.changed}, "
            f"unchanged {outcome.unchanged}{counted}"
        )
    else:
        told = f" ({outcome.faults_in_all} faults)" if outcome.faults_in_all else ""
        click.echo(f"Nothing of {outcome.file} was taken in{told}.", err=True)


def named(chosen: Iterable[str], found: Sequence[str], layout: "Layout") -> dict[str, int]:
    """The columns of ``found`` headings by our fields: those we know, and those ``--column code="Мой номер"`` names.
    Raises Rejected."""
    from saudager.importing import headings

    fields = [field.name for field in layout.fields]
    columns = dict(headings.recognise(found, layout).of)
    for one in chosen:
        field, _, heading = one.partition("=")
        if field not in fields:
            raise Rejected(f"--column holds {one!r}: expected FIELD=HEADING with a field of {', '.join(fields)}")
        if heading not in found:
            raise Rejected(f"--column holds {one!r}: expected a heading of the file, one of {', '.join(found)}")
        columns[field] = found.index(heading)
    return columns
