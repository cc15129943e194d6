"""The page of figures: one bench measured anew leaves the others their day, and bars are as long as figures."""

import json
from pathlib import Path
from xml.etree import ElementTree

from saudager.bench import Report, page
from saudager.bench.chart import Bar, draw
from saudager.bench.shares import wilson

SVG = "{http://www.w3.org/2000/svg}"
BURST = {"messages_per_s": 120.0}


def engines(day: str, celery: float) -> Report:
    rows = [
        {"variant": "embedded", **BURST},
        {"variant": "rabbitmq_postgresql", **BURST},
        {"variant": "pipeline_rabbitmq_postgresql", "messages_per_s": celery},
    ]
    return Report("engines", {"measured": day, "load": "0.1 on 2 cores", "cpu": "Made-up 3000"}, rows, {"ours": 1.5})


def test_one_bench_measured_anew_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    written = tmp_path / "benchmarks.md"
    turns = Report("turns", {"measured": "2026-01-01"}, [{"variant": "idle", "rss_mb": 124.0}])
    page.write(written, [turns, engines("2026-01-01", 60.0)])

    page.write(written, [engines("2026-02-02", 80.0)])

    text = written.read_text("utf-8")
    assert text.index("## At a look") < text.index("## turns") < text.index("## engines")
    assert "measured 2026-01-01\n" in text
    assert "| idle | rss_mb 124.0 |" in text
    assert "measured 2026-02-02, load 0.1 on 2 cores\n\ncpu Made-up 3000\n" in text
    assert "Celery pipeline on the same servers, without order, patience or checks: 80 |" in text
    assert "messages_per_s 60.0" not in text
    assert "In the table: engines measured 2026-02-02, load 0.1 on 2 cores." in text
    assert [one["name"] for one in json.loads((tmp_path / "benchmarks.json").read_text("utf-8"))] == [
        "turns",
        "engines",
    ]
    assert "![Customers' lines answered in a burst](images/bench-throughput.svg)" in text
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["bench-throughput.svg"]


def test_why_is_told_only_where_ours_is_worse(tmp_path: Path) -> None:
    why = "a line is stored and confirmed by both services"
    for celery, told in ((200.0, True), (60.0, False)):
        page.write(tmp_path / "benchmarks.md", [engines("2026-01-01", celery)])
        assert (why in (tmp_path / "benchmarks.md").read_text("utf-8")) is told


def test_what_was_left_out_is_told_in_its_section_and_compared_with_nothing(tmp_path: Path) -> None:
    report = engines("2026-01-01", 60.0)
    report.rows[2] = {"variant": "pipeline_rabbitmq_postgresql", "left_out": "Celery is not installed"}

    page.write(tmp_path / "benchmarks.md", [report])

    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "| pipeline_rabbitmq_postgresql | left_out Celery is not installed |" in text
    assert "## At a look" not in text
    assert list((tmp_path / "images").iterdir()) == []


def test_bars_are_as_long_as_their_values_and_nothing_breaks_the_markup() -> None:
    drawn = ElementTree.fromstring(
        draw("Больше < меньше & «так»", 'per "second"', [Bar("ours", 30, ours=True, low=20, high=40), Bar("<b>", 10)])
    )

    first, second = [bar for bar in drawn.iter(f"{SVG}rect") if bar.get("class") != "ground"]
    assert (first.get("class"), second.get("class")) == ("ours", "other")
    assert float(first.get("width", 0)) / float(second.get("width", 1)) == 3
    (reach,) = drawn.iter(f"{SVG}line")
    assert float(reach.get("x2", 0)) - float(reach.get("x1", 0)) == float(second.get("width", 0)) * 2
    assert float(reach.get("x2", 0)) < float(drawn.get("width", 0))
    assert [text.text for text in drawn.iter(f"{SVG}text")][:2] == ["Больше < меньше & «так»", 'per "second"']
    style = next(drawn.iter(f"{SVG}style")).text
    assert style is not None
    assert "prefers-color-scheme:dark" in style


def test_a_share_of_nought_in_few_cases_is_not_called_certain() -> None:
    low, high = wilson(0, 10)
    assert low == 0
    assert round(high, 3) == 0.278  # as the tables have it
    assert wilson(0, 0) == (0, 1)
