"""Figures as a page people read: what matters at one look, charts, then every bench with its machine and its day.

Beside the page lies what it is made of (``benchmarks.json``), so that one bench measured anew replaces its own figures
and leaves those of the others with the day they were measured on.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from saudager.bench import BENCHES, Report
from saudager.bench.at_a_look import LOOKED_AT, charts, table

_HEAD = """# Benchmarks

Made by `make bench`, or for one bench by `saudager bench NAME --write docs/benchmarks.md`;
[benchmarks.json](benchmarks.json) holds the same figures for programs. The machine's own noise is in them, so compare
what stands beside each other in one bench, not two runs. What each variant does is said in the docstrings of
`src/saudager/bench/`. A variant leaves itself out where it finds no server (`BENCH_POSTGRESQL_URL`,
`BENCH_RABBITMQ_URL`, `BENCH_REDIS_URL`), no rival or floor (`pip install 'saudager[bench]'`: Celery, dateparser,
aiosqlite, aiosmtpd, and the vocabulary tokens are counted by) or no key. What `make chaos`
counts stands in [chaos.md](chaos.md).

Nobody in `conversations` is a real customer and its model is on loopback: it says what the offline engine would, and
the request bodies of the real clients are counted. The money is those tokens at list prices. So these figures compare
ways to build a salesperson; they do not foretell a shop's.
"""
_APART = ("measured", "load")
"""Of a report's machine what differs from bench to bench of one run."""


def write(page: Path, reports: Iterable[Report]) -> None:
    """Bring page, figures and charts up to date with these benches; the other benches stay as they were measured."""
    kept = page.with_suffix(".json")
    known = {one["name"]: Report(**one) for one in json.loads(kept.read_text("utf-8"))} if kept.exists() else {}
    known |= {report.name: report for report in reports}
    ordered = [known[name] for name in BENCHES if name in known]
    kept.write_text("[\n" + ",\n".join(report.as_json() for report in ordered) + "\n]\n", encoding="utf-8")
    images = page.parent / "images"
    images.mkdir(exist_ok=True)
    for old in images.glob("bench-*.svg"):
        old.unlink()
    drawn = charts(_rows(ordered))
    for name, (_, svg) in drawn.items():
        (images / f"bench-{name}.svg").write_text(svg, encoding="utf-8")
    page.write_text(as_page(ordered, {name: title for name, (title, _) in drawn.items()}), encoding="utf-8")


def as_page(reports: Sequence[Report], titles: Mapping[str, str]) -> str:
    """The whole of docs/benchmarks.md; ``titles`` are those of the charts, by their names."""
    looked_at = table(_rows(reports))
    parts = [_HEAD, *(["## At a look\n", looked_at, "", _when(reports), ""] if looked_at else [])]
    parts += [f"![{title}](images/bench-{name}.svg)\n" for name, title in titles.items()]
    return "\n".join([*parts, *(as_markdown(report) for report in reports)])


def as_markdown(report: Report) -> str:
    """One bench as a table: a row a variant, its figures with their units in their names."""
    where = _facts(report, [name for name in report.machine if name not in _APART])
    lines = [f"## {report.name}", "", _facts(report, _APART), "", where, "", "| variant | figures |", "|---|---|"]
    for row in report.rows:
        figures = ", ".join(f"{name} {value}" for name, value in row.items() if name not in ("variant", "by_page"))
        lines.append(f"| {row['variant']} | {figures} |")
    for row in report.rows:
        lines += _pages(row["variant"], row.get("by_page", {}))
    lines += ["", *(f"- {name}: {value}" for name, value in report.ratios.items()), ""]
    return "\n".join(lines)


def _when(reports: Iterable[Report]) -> str:
    """When what stands in the table was measured, and how busy the machine was: shares hardly feel that, times do."""
    when = [f"{report.name} {_facts(report, _APART)}" for report in reports if report.name in LOOKED_AT]
    return f"In the table: {'; '.join(when)}. Times grow with the load, shares and tokens do not."


def _facts(report: Report, names: Iterable[str]) -> str:
    return ", ".join(f"{name} {report.machine[name]}" for name in names if name in report.machine)


def _rows(reports: Iterable[Report]) -> dict[str, dict[str, dict[str, object]]]:
    """By bench and variant, without those that were left out."""
    return {report.name: {row["variant"]: row for row in report.rows if "left_out" not in row} for report in reports}


def _pages(variant: str, pages: dict[str, dict[str, float]]) -> list[str]:
    """The figures of single pages, a row each."""
    if not pages:
        return []
    names = list(next(iter(pages.values())))
    lines = ["", f"| {variant} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return lines + [
        f"| `{path}` | {' | '.join(str(figures[name]) for name in names)} |" for path, figures in pages.items()
    ]
