"""``saudager exam``: how well the salesperson reads customers, answers them and keeps its word."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from saudager.cli.running import example, load_settings, run_to_its_end
from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from saudager.exam import Report
    from saudager.exam.cases import Case
    from saudager.settings import Settings

_SUITES = ("moderator", "answers", "grounding", "intent", "optout", "callslot", "dialogues")
_IN_A_SHOP_OF_THEIR_OWN = ("dialogues",)


@example("saudager exam answers --cases cases.jsonl --knowledge documents --at-least 0.9 --json")
@click.command()
@click.argument("suite", type=click.Choice([*_SUITES, "all"]))
@click.option("--cases", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: those shipped.")
@click.option(
    "--knowledge",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Documents the answers and the dialogues rest on. Default: those the shipped cases are about.",
)
@click.option("--runs", type=click.IntRange(1, 1000), default=3, show_default=True, help="Dialogues of each persona.")
@click.option(
    "--engine",
    type=click.Choice(["offline", "agno"]),
    default="offline",
    show_default=True,
    help="Who answers: the engine of this machine, or the hosted ones.",
)
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.0, help="Exit with 1 when a suite is below this.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("--progress", is_flag=True, help="Say on standard error how many cases are done.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write the result as one page.")
def exam(
    suite: str,
    cases: Path | None,
    knowledge: Path | None,
    runs: int,
    engine: str,
    at_least: float,
    as_json: bool,
    progress: bool,
    html: Path | None,
) -> None:
    """Examine the salesperson on cases with known answers, in a shop of its own: nothing is sent to anybody.

    In `dialogues` simulated customers talk to the whole shop for weeks of its clock; those that once failed always
    take part. In `all`, `--knowledge` is what the dialogues are about, and every suite has its shipped cases.
    """
    if suite == "all" and cases is not None:
        raise click.UsageError("--cases belongs to one suite; `all` takes the shipped cases.")
    asked = {name: _cases(name, cases, runs) for name in (_SUITES if suite == "all" else (suite,))}
    if progress:
        asked = {name: some if name in _IN_A_SHOP_OF_THEIR_OWN else _Counted(some) for name, some in asked.items()}
    alone = {name: some for name, some in asked.items() if name in _IN_A_SHOP_OF_THEIR_OWN}
    others = {name: some for name, some in asked.items() if name not in alone}
    reports = [
        *_examine(others, None if suite == "all" else knowledge, engine),
        *_examine(alone, knowledge, engine),
    ]
    _tell(reports, suite, as_json=as_json)
    if html is not None:
        _write_page(html, reports, engine)
    if any(report.accuracy < at_least for report in reports):
        raise SystemExit(1)


class _Counted(list["Case"]):
    """Cases that say how many of them have been taken."""

    def __iter__(self) -> "Iterator[Case]":
        from saudager.exam.sitting import PROGRESS

        for done, case in enumerate(super().__iter__()):
            click.echo(f"{PROGRESS} {done} {len(self)}", err=True)
            yield case


def _cases(suite: str, file: Path | None, runs: int) -> "list[Case]":
    from saudager.exam import read_cases, shipped
    from saudager.exam.cast import everybody, pinned

    if suite != "dialogues":
        return read_cases(suite, file or shipped(suite))
    return [*(read_cases(suite, file) if file else everybody(runs)), *pinned()]


def _examine(asked: "dict[str, list[Case]]", knowledge: Path | None, engine: str) -> "Sequence[Report]":
    """Take the suites in one shop of their own, in an empty folder."""
    from saudager import exam as rooms
    from saudager.exam.cases import shipped_knowledge
    from saudager.rehearsal import rehearse
    from saudager.settings import without_a_shop

    async def run(settings: "Settings") -> "Sequence[Report]":
        async with rehearse(settings, hosted=engine == "agno") as shop:
            if engine == "agno" and not shop.app.model.hosted:
                raise ConfigurationError(
                    "no hosted engine is set: expected OPENROUTER_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY, "
                    "or COMPATIBLE_BASE_URL and COMPATIBLE_MODEL"
                )
            return [await getattr(rooms, suite)(shop, cases) for suite, cases in asked.items()]

    if not asked:
        return []
    with TemporaryDirectory() as folder:
        settings = load_settings(
            **without_a_shop(),
            data_dir=Path(folder),
            knowledge_dir=knowledge or shipped_knowledge(),
            reply_hours="",
            disclose_ai=False,
            sends_per_minute=0,
            whitelist_numbers=(),
            alert_numbers=(),
        )
        reports: Sequence[Report] | None = run_to_its_end(lambda: run(settings), settings)
    if reports is None:  # interrupted by the keyboard
        raise SystemExit(130)
    return reports


def _tell(reports: "Sequence[Report]", suite: str, *, as_json: bool) -> None:
    from saudager.exam.report import together

    if as_json:
        result = together(reports) if suite == "all" else reports[0].as_dict()
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        click.echo("\n".join(report.as_text() for report in reports))


def _write_page(file: Path, reports: "Sequence[Report]", engine: str) -> None:
    from saudager.clock import SystemClock
    from saudager.exam.page import as_page

    now = SystemClock().now().astimezone(load_settings().zone)
    try:
        file.write_text(as_page(reports, engine=engine, now=now), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be written ({error.strerror})") from None
