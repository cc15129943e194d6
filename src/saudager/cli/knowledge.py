"""``saudager knowledge``: the shop's documents."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from saudager.cli.running import example, load_settings, read_documents, run_to_its_end, with_app

if TYPE_CHECKING:
    from saudager.app import App


@click.group()
def knowledge() -> None:
    """The shop's documents."""


@example("saudager knowledge add prices.xlsx terms.docx")
@knowledge.command("add")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def knowledge_add(files: tuple[Path, ...]) -> None:
    """Copy documents into the knowledge folder and read what changed there."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import folder

    async def run(app: "App") -> bool:
        for file in files:
            folder.add(app.settings.knowledge_folder, file.name, file.read_bytes())
        return await read_documents(app)

    settings = load_settings()
    if not run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings):
        raise SystemExit(1)
    click.echo(f"Read into {settings.knowledge_folder}: {', '.join(file.name for file in files)}")


@example("saudager knowledge forget old-prices.pdf")
@knowledge.command("forget")
@click.argument("file")
def knowledge_forget(file: str) -> None:
    """Delete a document of the knowledge folder and forget what it says."""
    from saudager.bootstrap import bootstrap
    from saudager.knowledge import folder

    async def run(app: "App") -> None:
        folder.remove(app.settings.knowledge_folder, file)
        await read_documents(app)

    settings = load_settings()
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    click.echo(f"Forgotten: {file}")


@example("saudager knowledge list")
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

    settings = load_settings()
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)


@example("saudager knowledge search 'окно 1500 на 1500'")
@knowledge.command("search")
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="How many at most.")
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

    settings = load_settings()
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)


@example("saudager knowledge synonyms")
@knowledge.command("synonyms")
def knowledge_synonyms() -> None:
    """Show the words that count as the same in a search, and where to add your own."""
    from saudager.knowledge import synonyms

    folder = load_settings().knowledge_folder
    for line in synonyms.as_text(folder):
        click.echo(line)
    for problem in synonyms.in_force(folder).problems:
        click.echo(problem.problem, err=True)


@example("saudager knowledge questions --settle 3")
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

    settings = load_settings()
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
