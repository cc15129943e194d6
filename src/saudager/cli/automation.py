"""``saudager automation``: rules and sequences checked, listed and tried out."""

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import example, load_settings, run_to_its_end, with_app

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from saudager.app import App
    from saudager.automation.reading import Problem
    from saudager.automation.trying import Would

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group()
def automation() -> None:
    """Rules and sequences."""


@example("saudager automation check thanks.yaml")
@automation.command("check")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the mistakes as JSON.")
def automation_check(file: Path, as_json: bool) -> None:
    """Check a rule or sequence against this shop: every mistake with its line and column, and exit code 1."""
    from saudager.automation import checking
    from saudager.automation.reading import Mistaken

    text = _text(file)

    async def check(app: "App") -> list["Problem"]:
        try:
            await app.db.read(checking.check, text)
        except Mistaken as mistaken:
            return list(mistaken.problems)
        return []

    problems = _ask(check)
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{file}:{problem.line}:{problem.column}: {problem.path or '-'}: {problem.says}")
    if problems:
        raise SystemExit(1)


@example("saudager automation list")
@automation.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def automation_list(as_json: bool) -> None:
    """The rules and sequences of this shop, those that are on first."""
    from saudager.automation import versions

    async def everyone(app: "App") -> list[dict[str, Any]]:
        return [
            {
                "kind": one.kind,
                "name": one.name,
                "title": one.title,
                "on": one.is_on,
                "version": one.live,
                "problem": one.problem,
            }
            for one in await app.db.read(versions.everyone)
        ]

    found = _ask(everyone)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        state = "on " if one["on"] else "off"
        problem = f"  ! {one['problem']}" if one["problem"] else ""
        click.echo(f"{state}  {one['kind']:8}  {one['name']}  v{one['version']}  {one['title']}{problem}")


@example("saudager automation try thanks.yaml --days 30")
@automation.command("try")
@click.argument("file", type=_FILE)
@click.option("--days", type=click.IntRange(1, 90), default=30, show_default=True, help="How far back.")
@click.option("--most", type=click.IntRange(1, 2000), default=200, show_default=True, help="Of how many events.")
@click.option("--json", "as_json", is_flag=True, help="Print what would have come of each as JSON, a line an event.")
def automation_try(file: Path, days: int, most: int, as_json: bool) -> None:
    """What a rule or sequence would have done with what has happened here; nothing is written or sent. Conditions are
    judged by what is known now."""
    from saudager.automation import checking, trying

    text = _text(file)

    async def run(app: "App") -> list["Would"]:
        now = app.clock.now()
        definition = await app.db.read(checking.check, text)
        return await app.db.read(
            trying.try_out, definition, since=now - timedelta(days=days), limit=most, settings=app.settings, now=now
        )

    found = _ask(run)
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False, default=str))
        elif one.holds:
            click.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.about}  {one.who or ''}")
            for step in one.steps:
                door = "" if step.may is None else f"  [{step.may}{f': {step.reason}' if step.reason else ''}]"
                click.echo(f"    {step.says}{door}")
    if not as_json:
        click.echo(f"{sum(one.holds for one in found)} of {len(found)} would have run.")


def _text(file: Path) -> str:
    typed = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        return typed.decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{file}: it is no text in UTF-8; save it as such.") from None


def _ask(work: "Callable[[App], Coroutine[Any, Any, Any]]") -> Any:
    from saudager.bootstrap import bootstrap

    settings = load_settings()
    return run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), work), settings)
