"""``saudager bench``: how fast it is, beside a floor."""

from pathlib import Path

import click

from saudager.cli.running import example


@example("saudager bench turns --json")
@click.command()
@click.argument(
    "name",
    type=click.Choice(
        [
            *("conversations", "starting", "turns", "knowledge", "models", "queues", "engines", "followups"),
            *("orders", "crm", "letters", "console", "images", "all"),
        ]
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--quick", is_flag=True, help="A small part of the work, for a first look.")
@click.option("--write", type=click.Path(path_type=Path), help="Also bring a page, its figures and charts up to date.")
def bench(name: str, as_json: bool, quick: bool, write: Path | None) -> None:
    """Measure the product beside a floor, in the same run.

    `queues`, `engines`, `starting`, `followups`, `orders`, `letters` and `console` use the servers of
    BENCH_POSTGRESQL_URL, BENCH_RABBITMQ_URL and BENCH_REDIS_URL (unset: the usual ports of this machine), and
    libraries of their own (`pip install 'saudager[bench]'`); what is not there is left out. With a hosted model in the
    environment `conversations` also has seven talks with it, which its vendor bills.
    """
    from saudager import bench as benches
    from saudager.bench import page

    reports = [benches.measure(one, quick=quick) for one in (benches.BENCHES if name == "all" else [name])]
    for report in reports:
        click.echo(report.as_json() if as_json else page.as_markdown(report))
    if write is not None:
        page.write(write, reports)
