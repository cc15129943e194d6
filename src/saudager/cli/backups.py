"""``saudager backup``, ``saudager restore`` and ``saudager upgrade``: copies of everything that is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from saudager.cli.running import example, load_settings, log_to


@example("saudager backup")
@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--without-key", is_flag=True, help="Leave vault.key out: then keep a copy of it elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backup(file: Path | None, *, without_key: bool, as_json: bool) -> None:
    """Copy databases, files, documents, prompts, settings and vault.key into one FILE, while everything runs.

    Without FILE: DATA_DIR/backups, where the newest BACKUPS_KEPT stay. The copy is restored into a temporary place and
    counted before it is said to be good. Who has it reads customers' conversations and, with vault.key, the
    credentials: keep it on another machine, encrypted.
    """
    from saudager.backups import taking, unfinished

    settings = load_settings()
    log_to(settings)
    unfinished.require_none(settings.data_dir)
    taken = taking.take(settings, file, with_key=not without_key, now=datetime.now(UTC))
    manifest = taken.manifest
    if as_json:
        told = {
            "file": str(taken.file),
            "bytes": taken.size,
            "made_at": manifest.made_at,
            "rows": manifest.row_count,
            "files": len(manifest.files),
            "tried": taken.tried,
            "left_out": manifest.left_out,
            "deleted": [str(path) for path in taken.pruned],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(
        f"{taken.file}: {manifest.row_count} rows and {len(manifest.files)} files, {taken.size / 1_000_000:.1f} MB"
    )
    for part, where in taken.tried.items():
        click.echo(f"{part}: restored into {where} and counted, all rows are there")
    for what in manifest.left_out:
        click.echo(f"Not in it: {what}")
    for path in taken.pruned:
        click.echo(f"Deleted: {path}")


@example("saudager restore data/backups/saudager-2026-11-28-030000.zip")
@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put what is there aside and the backup into its place.")
def restore(file: Path, *, replace: bool) -> None:
    """Put a backup back, with every service stopped.

    Nothing that waited in it is sent by itself, and no customer's line from before this moment is answered by itself:
    all of it waits on the desk.
    """
    from saudager.backups import restoring

    settings = load_settings()
    log_to(settings)
    restored = restoring.restore(settings, file, replace=replace, now=datetime.now(UTC))
    manifest = restored.manifest
    click.echo(f"Restored: {manifest.row_count} rows and {len(manifest.files)} files as of {manifest.made_at}")
    if restored.put_aside is not None:
        click.echo(f"What was there is put aside: {restored.put_aside}, in {settings.data_dir} or the database")
    for what in (*restored.to_do, *(f"not in the backup: {left}" for left in manifest.left_out)):
        click.echo(f"To do: {what}")
    click.echo("Next: `saudager doctor`, then start the services and look at the desk.")


@example("saudager upgrade")
@click.command()
def upgrade() -> None:
    """Bring the databases to the newest schema, with every service stopped: back up, migrate, look at what came of it.

    When anything fails, everything is as it was; exit code 1.
    """
    from saudager import bootstrap  # noqa: F401 - with it every table of the program is known
    from saudager.backups import upgrading

    settings = load_settings()
    log_to(settings)
    for step in upgrading.steps(settings):
        click.echo(f"{step.part}: {step.tree} {step.at or 'new'} → {step.to}")
    upgraded = upgrading.upgrade(settings, now=datetime.now(UTC))
    if upgraded.taken is None:
        click.echo("The database is at the newest schema already.")
        return
    click.echo(f"Backup: {upgraded.taken.file}")
    click.echo(f"Upgraded: {upgraded.tables} tables looked at, no row is missing")
