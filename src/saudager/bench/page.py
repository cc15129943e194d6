"""Figures as a page people read."""

from collections.abc import Iterable

from saudager.bench import Report

_HEAD = """# Benchmarks

Made by `make bench`; the machine's own noise is in the figures, so compare ratios of one run, not runs. What each
variant does is said in the docstrings of `src/saudager/bench/`. `queues` and `engines` leave out what finds no server
(`BENCH_POSTGRESQL_URL`, `BENCH_RABBITMQ_URL`, `BENCH_REDIS_URL`) or no Celery (`pip install 'saudager[bench]'`).
What `make chaos` counts stands in [chaos.md](chaos.md).
"""


def as_page(reports: Iterable[Report]) -> str:
    """The whole of docs/benchmarks.md."""
    return "\n".join([_HEAD, *(as_markdown(report) for report in reports)])


def as_markdown(report: Report) -> str:
    """One bench as a table: a row a variant, its figures with their units in their names."""
    machine = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    lines = [f"## {report.name}", "", machine, "", "| variant | figures |", "|---|---|"]
    for row in report.rows:
        figures = ", ".join(f"{name} {value}" for name, value in row.items() if name not in ("variant", "by_page"))
        lines.append(f"| {row['variant']} | {figures} |")
    for row in report.rows:
        lines += _pages(row["variant"], row.get("by_page", {}))
    lines += ["", *(f"- {name}: {value}" for name, value in report.ratios.items()), ""]
    return "\n".join(lines)


def _pages(variant: str, pages: dict[str, dict[str, float]]) -> list[str]:
    """The figures of single pages, a row each."""
    if not pages:
        return []
    names = list(next(iter(pages.values())))
    lines = ["", f"| {variant} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return lines + [
        f"| `{path}` | {' | '.join(str(figures[name]) for name in names)} |" for path, figures in pages.items()
    ]
