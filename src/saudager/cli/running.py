"""What every command does: read the settings, open the product, run to the end, close."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from saudager.app import App, Service
    from saudager.settings import Settings


COMMAND_LINE = "command line"
"""Who did what is done by a command."""


def example(text: str) -> Callable[[click.Command], click.Command]:
    def add(command: click.Command) -> click.Command:
        command.epilog = f"Example: {text}"
        return command

    return add


def load_settings(**overrides: Any) -> "Settings":
    """The settings of the environment; a name in it that is only like a setting's is told on the error stream."""
    from saudager import settings

    _tell_misspelt()
    return settings.load(**overrides)


@cache
def _tell_misspelt() -> None:
    from saudager import settings

    for name, meant in settings.misspelt().items():
        click.echo(f"{name} is no setting and is ignored; is {meant} meant?", err=True)


async def with_app(make: "Callable[[], App]", work: "Callable[[App], Coroutine[Any, Any, Any]]") -> Any:
    app = make()
    try:
        return await work(app)
    finally:
        await app.close()


async def read_documents(app: "App") -> bool:
    """Read what changed in the knowledge folder, with a progress bar for a person; False when a file was no use."""
    from saudager.knowledge import library

    with click.progressbar(
        length=1,
        label="Reading documents",
        file=sys.stderr,
        item_show_func=lambda file: file,
        hidden=not sys.stderr.isatty(),
    ) as bar:

        def show(done: int, total: int, file: str) -> None:
            bar.length = total
            bar.update(done - bar.pos, file)

        refreshed = await library.refresh(app.db, app.settings.knowledge_folder, now=app.clock.now(), on_progress=show)
    for problem in refreshed.problems:
        click.echo(problem.problem, err=True)
    for conflict in refreshed.conflicts:
        click.echo(conflict, err=True)
    return not any(problem.page is None for problem in refreshed.problems)


def log_to(settings: "Settings", file: str | None = None) -> None:
    """Log to the error stream, and a service to its own file of ``DATA_DIR/logs`` too: a command that runs for a moment
    turns no service's file."""
    from saudager import logs

    path = None if file is None else settings.data_dir / "logs" / file
    as_json = settings.log_format == "json"
    try:
        logs.setup(settings.log_level, path, days_kept=settings.logs_kept_days, as_json=as_json)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR holds {str(settings.data_dir)!r}: expected a folder that can be written ({error.strerror})"
        ) from None


def run_to_its_end(
    work: Callable[[], Coroutine[Any, Any, Any]], settings: "Settings", *, log: str | None = None
) -> Any:
    """``log``: the file of a service's log."""
    log_to(settings, log)
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        return None


def each_service(ask: Callable[["App"], Awaitable[Any]], tell: Callable[[Any], Any]) -> None:
    """Ask the database of each service, or the one they share."""
    from saudager.bootstrap import bootstrap, connect_accounts

    async def run(app: "App") -> Any:
        if app.service != "agent":
            await connect_accounts(app)
        return await ask(app)

    settings = load_settings()
    parts: tuple[Service, ...] = ("gateway", "agent") if settings.has_wire else ("both",)
    for part in parts:
        tell(run_to_its_end(lambda part=part: with_app(lambda: bootstrap(settings, service=part), run), settings))  # type: ignore[misc]


def in_the_agent(work: "Callable[[App], Coroutine[Any, Any, None]]") -> None:
    """Do something in the agent's database, or in the one both services share."""
    from saudager.bootstrap import bootstrap

    settings = load_settings()
    service: Service = "agent" if settings.has_wire else "both"
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service=service), work), settings)
