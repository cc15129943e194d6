"""``saudager exam`` and ``saudager bench``: how well it answers, and how fast."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import example, load_settings, run_to_its_end
from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from saudager.settings import Settings


@example("saudager exam answers --cases cases.jsonl --knowledge documents --at-least 0.9 --json")
@click.command()
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
        settings = load_settings(
            data_dir=Path(folder),
            database_url=None,
            gateway_database_url=None,
            agent_database_url=None,
            rabbitmq_url=None,
            redis_url=None,
            media_dir=None,
            knowledge_dir=knowledge or shipped_knowledge(),
            reply_hours="",
            disclose_ai=False,
            sends_per_minute=0,
            wappi_token=None,
            wappi_profile_id=None,
            waha_api_endpoint=None,
            waha_api_key=None,
            whatsapp_cloud_token=None,
            whatsapp_cloud_phone_number_id=None,
            whatsapp_cloud_app_secret=None,
        )
        report = run_to_its_end(lambda: run(settings), settings)
    click.echo(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_text())
    if report.accuracy < at_least:
        raise SystemExit(1)


@example("saudager bench turns --json")
@click.command()
@click.argument("name", type=click.Choice(["turns", "knowledge", "models", "queues", "engines", "followups", "all"]))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--quick", is_flag=True, help="A tenth of the work, for a first look.")
@click.option("--write", type=click.Path(path_type=Path), help="Also write the figures as a page, docs/benchmarks.md.")
def bench(name: str, as_json: bool, quick: bool, write: Path | None) -> None:
    """Measure the product beside a floor, in the same run.

    `queues`, `engines` and `followups` use the servers of BENCH_POSTGRESQL_URL, BENCH_RABBITMQ_URL and BENCH_REDIS_URL
    (unset: the usual ports of this machine) and Celery (`pip install 'saudager[bench]'`); what is not there is left
    out.
    """
    from saudager import bench as benches
    from saudager.bench import page

    reports = [benches.measure(one, quick=quick) for one in (benches.BENCHES if name == "all" else [name])]
    for report in reports:
        click.echo(report.as_json() if as_json else page.as_markdown(report))
    if write is not None:
        write.write_text(page.as_page(reports), encoding="utf-8")
