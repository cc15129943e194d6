"""The command line: ``saudager COMMAND --help`` shows an example of each."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from saudager import __version__
from saudager.errors import ConfigurationError, SaudagerError

if TYPE_CHECKING:
    from saudager.app import App, Service
    from saudager.settings import Settings


class _Commands(click.Group):
    """Shows our own errors as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SaudagerError as error:
            raise click.ClickException(str(error)) from None


def _example(text: str) -> Callable[[click.Command], click.Command]:
    def add(command: click.Command) -> click.Command:
        command.epilog = f"Example: {text}"
        return command

    return add


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="saudager")
def main() -> None:
    """Saudager: a self-hosted AI salesperson for small and mid-size merchants."""


@_example("saudager demo --port 8000")
@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; it accepts no other.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(host: str, port: int) -> None:
    """Try a made-up shop in the browser: no key, no network."""
    real = _settings()
    settings = _settings(
        data_dir=real.data_dir / "demo",  # never among a real shop's documents and accounts
        database_url=None,
        gateway_database_url=None,
        agent_database_url=None,
        knowledge_dir=None,
        media_dir=None,
        prompts_dir=None,
        shop_name="Тёплый Дом",
        sends_per_minute=0,
        wappi_token=None,
        wappi_profile_id=None,
    )

    async def run() -> None:
        from saudager import demo as page
        from saudager.bootstrap import bootstrap, connect_accounts
        from saudager.clock import MovableClock
        from saudager.services import running

        app = bootstrap(settings, clock=MovableClock(running=True), hosted=False, poll=None)
        try:
            await connect_accounts(app, simulator=True)
            services = running(app, gateway=True, agent=True)
            await page.run(app, services, host=host, port=port, on_ready=lambda url: click.echo(f"Откройте {url}"))
        finally:
            await app.close()

    _run(run, settings)


@_example("WAPPI_TOKEN=… WAPPI_PROFILE_ID=… saudager up")
@main.command()
def up() -> None:
    """Run gateway and agent in one process."""
    _serve(gateway=True, agent=True)


@_example("saudager gateway")
@main.command()
def gateway() -> None:
    """Run only the service that talks to the messengers."""
    _serve(gateway=True, agent=False)


@_example("saudager agent")
@main.command()
def agent() -> None:
    """Run only the service that thinks."""
    _serve(gateway=False, agent=True)


def _serve(*, gateway: bool, agent: bool) -> None:
    settings = _settings()
    port = settings.port if gateway else settings.agent_port
    service: Service = "both" if gateway and agent else "gateway" if gateway else "agent"

    async def run(app: "App") -> None:
        from saudager.api import health, webhooks
        from saudager.bootstrap import connect_accounts
        from saudager.gateway.health import ailments
        from saudager.gateway.webhooks import receive
        from saudager.lifetime import until_told_to_stop
        from saudager.services import running
        from saudager.web import make_web, serve

        if gateway:
            await connect_accounts(app)
            if not app.channels:
                click.echo("No account is connected: set WAPPI_TOKEN and WAPPI_PROFILE_ID.", err=True)
        if agent:
            await _read_documents(app)
        web = make_web("Saudager")
        web.include_router(health.router(app, [partial(ailments, app)] if gateway else []))
        if gateway:
            web.include_router(webhooks.router(partial(receive, app)))
        async with running(app, gateway=gateway, agent=agent):
            address = serve(web, settings.host, port, on_ready=lambda url: click.echo(f"Serving on {url}"))
            await until_told_to_stop(address)

    from saudager.bootstrap import bootstrap

    _run(lambda: _with_app(lambda: bootstrap(settings, service=service), run), settings)


@_example("saudager migrate")
@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from saudager.db.migrate import AGENT, GATEWAY, upgrade

    settings = _settings()
    _log_to(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not settings.has_wire:
        upgrade(settings.gateway_url, (GATEWAY, AGENT))
    else:
        upgrade(settings.gateway_url, (GATEWAY,))
        upgrade(settings.agent_url, (AGENT,))
    click.echo("The database is at the newest schema.")


@_example("saudager doctor")
@main.command()
def doctor() -> None:
    """Test every connection and list what waits for a person; exit code 1 when something needs fixing."""
    from saudager.bootstrap import bootstrap, connect_accounts
    from saudager.doctor import examine

    async def run(app: "App") -> bool:
        if app.service != "agent":
            await connect_accounts(app)
        healthy = True
        async for finding in examine(app):
            click.echo(f"{'ok  ' if finding.good else 'FIX '} {finding.about}: {finding.says}")
            healthy &= finding.good
        return healthy

    settings = _settings()
    parts: tuple[Service, ...] = ("gateway", "agent") if settings.has_wire else ("both",)
    healthy = [
        _run(lambda part=part: _with_app(lambda: bootstrap(settings, service=part), run), settings)  # type: ignore[misc]
        for part in parts
    ]
    if not all(healthy):
        raise SystemExit(1)


@main.group()
def queues() -> None:
    """The messages the services pass each other."""


@_example("saudager queues list --json")
@queues.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
def queues_list(as_json: bool) -> None:
    """Show how many messages wait, are done and could not be handled, in the tables and in the broker."""
    from saudager.services import depths

    counts: dict[str, dict[str, int]] = {}
    _each_service(lambda app: depths(app), lambda found: counts.update(found))
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    for queue, states in sorted(counts.items()):
        click.echo(f"{queue}: " + ", ".join(f"{count} {state}" for state, count in states.items()))


@_example("saudager queues dead --json")
@queues.command("dead")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def queues_dead(as_json: bool) -> None:
    """List what could not be handled, the newest first, with the reason."""
    from saudager.queues import table

    def show(letters: list[dict[str, Any]]) -> None:
        for letter in letters:
            if as_json:
                click.echo(json.dumps(letter, ensure_ascii=False))
            else:
                click.echo(f"{letter['queue']} {letter['row']}: {letter['reason']}\n    {letter['body'][:200]}")

    _each_service(lambda app: app.db.read(table.dead_letters), show)


@_example("saudager queues replay outgoing_messages --row 17")
@queues.command("replay")
@click.argument("queue")
@click.option("--row", type=int, help="Only the letter `queues dead` shows under this number.")
def queues_replay(queue: str, row: int | None) -> None:
    """Put what could not be handled back into its queue, with a fresh time to live."""
    from saudager.services import replay

    revived: list[int] = []
    _each_service(lambda app: replay(app, queue, row), revived.append)
    click.echo(f"{sum(revived)} put back into {queue}")


@_example(
    """saudager queues put outgoing_messages '{"phone_number": "77010000001", "message_text": "Здравствуйте!"}'"""
)
@queues.command("put")
@click.argument("queue")
@click.argument("message")
def queues_put(queue: str, message: str) -> None:
    """Hand a message in as another program would: plain JSON, what may be missing is filled in."""
    from saudager.services import put

    put_in: list[str | None] = []
    _each_service(lambda app: put(app, queue, message.encode()), put_in.append)
    ids = [id for id in put_in if id]
    if not ids:
        raise click.ClickException(f"nothing may be put into {queue!r} by hand")
    click.echo(f"{ids[0]} waits in {queue}")


def _each_service(ask: Callable[["App"], Awaitable[Any]], tell: Callable[[Any], Any]) -> None:
    """Ask the database of each service, or the one they share."""
    from saudager.bootstrap import bootstrap, connect_accounts

    async def run(app: "App") -> Any:
        if app.service != "agent":
            await connect_accounts(app)
        return await ask(app)

    settings = _settings()
    parts: tuple[Service, ...] = ("gateway", "agent") if settings.has_wire else ("both",)
    for part in parts:
        tell(_run(lambda part=part: _with_app(lambda: bootstrap(settings, service=part), run), settings))  # type: ignore[misc]


@main.group()
def knowledge() -> None:
    """The shop's documents."""


@_example("saudager knowledge add prices.xlsx terms.docx")
@knowledge.command("add")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def knowledge_add(files: tuple[Path, ...]) -> None:
    """Copy documents into the knowledge folder and read what changed there."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import folder

    async def run(app: "App") -> bool:
        for file in files:
            folder.add(app.settings.knowledge_folder, file.name, file.read_bytes())
        return await _read_documents(app)

    settings = _settings()
    if not _run(lambda: _with_app(lambda: bootstrap(settings, service="agent"), run), settings):
        raise SystemExit(1)
    click.echo(f"Read into {settings.knowledge_folder}: {', '.join(file.name for file in files)}")


@_example("saudager knowledge forget old-prices.pdf")
@knowledge.command("forget")
@click.argument("file")
def knowledge_forget(file: str) -> None:
    """Delete a document of the knowledge folder and forget what it says."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import folder

    async def run(app: "App") -> None:
        folder.remove(app.settings.knowledge_folder, file)
        await _read_documents(app)

    settings = _settings()
    _run(lambda: _with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    click.echo(f"Forgotten: {file}")


@_example("saudager knowledge list")
@knowledge.command("list")
def knowledge_list() -> None:
    """Show what has been read, and what could not be."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import library

    async def run(app: "App") -> None:
        shelf = await app.db.read(library.shelf)
        if not shelf:
            click.echo(f"Nothing read yet: put documents into {app.settings.knowledge_folder} or use `knowledge add`.")
        for document in shelf:
            click.echo(f"{document.file}: {document.pages} pages, {document.passages} passages")
            for problem in document.problems:
                click.echo(f"  page {problem.page or '–'}: {problem.problem}")
            for conflict in document.conflicts:
                click.echo(f"  {conflict}")

    settings = _settings()
    _run(lambda: _with_app(lambda: bootstrap(settings, service="agent"), run), settings)


@_example("saudager knowledge search 'окно 1500 на 1500'")
@knowledge.command("search")
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
def knowledge_search(question: str, limit: int) -> None:
    """Show the passages a question finds, best first."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge.search import search

    async def run(app: "App") -> None:
        facts = await app.db.read(search, question, limit=limit)
        if not facts:
            click.echo("Nothing found.")
        for fact in facts:
            place = f"{fact.file}, page {fact.page}" + (f", row {fact.row}" if fact.row else "")
            click.echo(f"{fact.score:6.2f}  {place}  [{fact.section}]\n        {fact.text}")

    settings = _settings()
    _run(lambda: _with_app(lambda: bootstrap(settings, service="agent"), run), settings)


@_example("saudager knowledge synonyms")
@knowledge.command("synonyms")
def knowledge_synonyms() -> None:
    """Show the words that count as the same in a search, and where to add your own."""
    from saudager.knowledge import synonyms

    folder = _settings().knowledge_folder
    for line in synonyms.as_text(folder):
        click.echo(line)
    for problem in synonyms.in_force(folder).problems:
        click.echo(problem.problem, err=True)


@_example("saudager knowledge questions --settle 3")
@knowledge.command("questions")
@click.option("--settle", type=int, help="Number of a question that has been dealt with.")
def knowledge_questions(settle: int | None) -> None:
    """List the customers' questions the documents hold no answer to."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import unanswered

    async def run(app: "App") -> None:
        if settle is not None and not await app.db.run(unanswered.settle, settle, app.clock.now()):
            raise click.ClickException(f"No question {settle} waits.")
        questions = await app.db.read(unanswered.waiting)
        if not questions:
            click.echo("No question waits for an answer.")
        for question in questions:
            asked = question.asked_at.astimezone(app.settings.zone)
            click.echo(f"{question.id}  {asked:%d.%m.%Y %H:%M}  {question.question}")

    settings = _settings()
    _run(lambda: _with_app(lambda: bootstrap(settings, service="agent"), run), settings)


@_example("saudager exam answers --cases cases.jsonl --knowledge documents --at-least 0.9 --json")
@main.command()
@click.argument("suite", type=click.Choice(["moderator", "answers", "grounding"]))
@click.option("--cases", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: those shipped.")
@click.option(
    "--knowledge",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Documents the answers rest on. Default: those the shipped cases are about.",
)
@click.option("--engine", type=click.Choice(["offline", "agno"]), default="offline", show_default=True)
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.0, help="Exit with 1 below this accuracy.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def exam(suite: str, cases: Path | None, knowledge: Path | None, engine: str, at_least: float, as_json: bool) -> None:
    """Examine the salesperson on cases with known answers, in a shop of its own: nothing is sent to anybody."""
    from tempfile import TemporaryDirectory

    from saudager import exam as rooms
    from saudager.exam.cases import shipped_knowledge
    from saudager.rehearsal import rehearse

    asked = rooms.read_cases(suite, cases or rooms.shipped(suite))

    async def run(settings: "Settings") -> "rooms.Report":
        async with rehearse(settings, hosted=engine == "agno") as shop:
            if engine == "agno" and not shop.app.model.hosted:
                raise ConfigurationError(
                    "no hosted engine is set: expected OPENROUTER_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY, "
                    "or COMPATIBLE_BASE_URL and COMPATIBLE_MODEL"
                )
            examine: Callable[..., Coroutine[Any, Any, rooms.Report]] = getattr(rooms, suite)
            return await examine(shop, asked)

    with TemporaryDirectory() as folder:
        settings = _settings(
            data_dir=Path(folder),
            database_url=None,
            gateway_database_url=None,
            agent_database_url=None,
            media_dir=None,
            knowledge_dir=knowledge or shipped_knowledge(),
            reply_hours="",
            disclose_ai=False,
            sends_per_minute=0,
            wappi_token=None,
            wappi_profile_id=None,
        )
        report = _run(lambda: run(settings), settings)
    click.echo(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_text())
    if report.accuracy < at_least:
        raise SystemExit(1)


@_example("saudager bench turns --json")
@main.command()
@click.argument("name", type=click.Choice(["turns", "knowledge", "models", "queues", "engines", "all"]))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--quick", is_flag=True, help="A tenth of the work, for a first look.")
@click.option("--write", type=click.Path(path_type=Path), help="Also write the figures as a page, docs/benchmarks.md.")
def bench(name: str, as_json: bool, quick: bool, write: Path | None) -> None:
    """Measure the product beside a floor, in the same run.

    `queues` and `engines` use the servers of BENCH_POSTGRESQL_URL, BENCH_RABBITMQ_URL and BENCH_REDIS_URL (unset: the
    usual ports of this machine) and Celery (`pip install 'saudager[bench]'`); what is not there is left out.
    """
    from saudager import bench as benches
    from saudager.bench import page

    reports = [benches.measure(one, quick=quick) for one in (benches.BENCHES if name == "all" else [name])]
    for report in reports:
        click.echo(report.as_json() if as_json else page.as_markdown(report))
    if write is not None:
        write.write_text(page.as_page(reports), encoding="utf-8")


def _settings(**overrides: Any) -> "Settings":
    from saudager import settings

    return settings.load(**overrides)


async def _with_app(make: "Callable[[], App]", work: "Callable[[App], Coroutine[Any, Any, Any]]") -> Any:
    app = make()
    try:
        return await work(app)
    finally:
        await app.close()


async def _read_documents(app: "App") -> bool:
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


def _log_to(settings: "Settings") -> None:
    from saudager import logs

    try:
        logs.setup(settings.log_level, settings.data_dir / "logs")
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR holds {str(settings.data_dir)!r}: expected a folder that can be written ({error.strerror})"
        ) from None


def _run(work: Callable[[], Coroutine[Any, Any, Any]], settings: "Settings") -> Any:
    _log_to(settings)
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        return None
