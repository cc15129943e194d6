"""The benches a merchant's engineer can run: every promised figure is there, beside a floor of the same run."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from saudager.cli import main
from tests import servers
from tests.fakes.serving import refused_url

pytestmark = pytest.mark.slow

CPU = {"calls", "cpu_ms_per_reply", "cpu_ms_per_structured", "rss_mb"}
SEARCHED = {
    *("passages", "index_s", "rss_mb", "questions", "p50_ms", "p99_ms", "cpu_ms", "recall_at_5"),
    *("typo_questions", "typo_p50_ms", "typo_p99_ms", "typo_cpu_ms", "typo_recall_at_5"),
}
SENT = {
    *("passages", "questions", "tokens_rules", "tokens_found", "tokens_whole", "tokens_files"),
    *("ratio", "ratio_to_files", "recall_at_10", "recall_of_whole"),
}
CARRIED = {
    *("messages_per_s", "cpu_ms_per_message", "rate_per_s", "p50_ms", "p99_ms"),
    *("asleep", "all_done_s", "rss_mb"),
}
ANSWERED = {"messages_per_s", "cpu_ms_per_message", "rate_per_s", "p50_ms", "p99_ms", "rss_mb"}
SHOWN = {"contacts", "messages", "fill_s", "count_day_ms", "slowest", "slowest_p50_ms", "by_page", "rss_mb"}
INSERTED = {"orders", "rows", "seconds", "rows_per_s", "orders_per_s"}
CARRIED_AWAY = {"letters", "kb_each", "seconds", "letters_per_s", "cpu_ms_per_letter"}
DRAWN = {"pictures", "vendor_s", "times", "seconds", "cpu_ms_per_picture", "peak_rss_mb"}
COUNTED = {"companies", "lines", "all_s", "parts_s", "orm_s", "orm_companies", "one_ms", "same"}
LOOKED = {"open", "added", "changed", "requests", "minimum", "seconds", "cpu_ms"}
MIRRORED = {"pipelines", "fields", "contacts", "leads", "requests", "seconds", "cpu_s", "rows_per_s", "rss_mb"}
SHARE = {"of", "percent", "percent_low", "percent_high"}
COST = {"conversations", "calls", "counted_by", "tokens_in", "tokens_cached", "tokens_out", "usd_gpt_5_4_mini"}
WAITED = {"messages", "model_s", "calls", "p50_ms", "p50_ms_low", "p50_ms_high", "p95_ms"}
STARTED = {"starts", "health_s", "slowest_s", "cpu_s", "processes", "idle_mb"}
PROMISED = {
    "conversations": {
        "cost_product": COST,
        "cost_product_passages": COST,
        "cost_bare_agno": COST,
        "followups_product": SHARE | {"wrong", "undecided", "undecided_reached"},
        "followups_24h_rule": SHARE | {"wrong", "undecided", "undecided_reached"},
        "calls_product": SHARE | {"booked"},
        "figures_product": SHARE | {"wrong", "lies", "lies_stopped", "true_drafts", "true_stopped", "with_figures"},
        "figures_no_guard": SHARE | {"wrong", "lies", "with_figures"},
        "answer_product": WAITED,
        "answer_product_no_patience": WAITED,
        "answer_bare_agno": WAITED,
        "times_product": SHARE | {"understood", "kept_of", "kept_percent"},
        "times_pattern": SHARE | {"understood", "kept_of", "kept_percent"},
        "times_dateparser": SHARE | {"understood", "kept_of", "kept_percent"},
        "hosted": {"conversations", "calls", "tokens_in", "tokens_out", "usd", "followups_percent", "calls_percent"},
    },
    "turns": {
        "product_burst": {"messages_per_s", "cpu_ms_per_message", "p50_ms", "p99_ms", "rss_mb"},
        "product_burst_with_documents": {"messages_per_s", "cpu_ms_per_message", "p50_ms", "p99_ms", "rss_mb"},
        "product_steady": {"rate_per_s", "p50_ms", "p99_ms", "rss_mb"},
        "product_slow_model": {"extra_p50_ms", "extra_p99_ms", "rss_mb"},
        "tables_plain": {"messages_per_s", "cpu_ms_per_message", "rss_mb"},
        "tables_errands": {"messages_per_s", "cpu_ms_per_message", "rss_mb"},
        "floor_sqlite3": {"messages_per_s"},
        "floor_sqlalchemy_async": {"messages_per_s"},
        "idle": {"rss_mb", "cpu_percent"},
        "import_cli": {"import_ms"},
    },
    "knowledge": {
        "reading": {"documents", "pages", "passages", "pages_per_s", "cpu_ms_per_page", "peak_rss_growth_mb"},
        "floor_plain_text": {"documents", "pages", "pages_per_s", "cpu_ms_per_page", "peak_rss_growth_mb"},
        "search": SEARCHED,
        "floor_fts5": SEARCHED,
        "floor_fts5_lemmas": SEARCHED,
        "tokens_catalogue": SENT,
        "tokens_exam": SENT,
    },
    "models": {
        "port": CPU,
        "engines": CPU,
        "bare_agno": CPU,
        "floor_httpx": CPU,
        "many_calls": {"early_calls", "rss_mb_early", "calls", "rss_mb"},
        "offline": {"questions", "cpu_ms_per_decision", "cpu_ms_per_reply"},
    },
    "queues": dict.fromkeys(
        (
            *("ours_sqlite", "bare_sqlite3", "ours_postgresql"),
            *("ours_rabbitmq", "bare_aio_pika", "celery_rabbitmq"),
            *("ours_redis", "bare_redis_py", "celery_redis"),
        ),
        CARRIED,
    ),
    "engines": {
        **dict.fromkeys(
            (
                *("embedded", "rabbitmq_postgresql", "pipeline_rabbitmq_postgresql"),
                *("redis_postgresql", "redis_postgresql_two_agents", "pipeline_redis_postgresql"),
            ),
            ANSWERED,
        ),
        "slow_model": {"messages_per_s", "cpu_ms_per_message", "rss_mb"},
        "slow_model_two_agents": {"messages_per_s", "cpu_ms_per_message", "rss_mb"},
    },
    "starting": {
        "saudager_up": STARTED | {"first_s"},
        "saudager_up_model": STARTED | {"first_s"},
        "bare_agno": STARTED,
        "celery_stack": STARTED | {"working_s"},
    },
    "console": {"sqlite": SHOWN, "postgresql": SHOWN},
    "orders": {
        "intake_sqlite": {*INSERTED, "again_s", "cpu_ms_per_order", "rss_mb"},
        "floor_sqlite3": INSERTED,
        "intake_postgresql": {*INSERTED, "again_s", "cpu_ms_per_order", "rss_mb"},
        "floor_psycopg": INSERTED,
        "first_read": {"orders", "requests", "minimum", "seconds", "orders_per_s", "cpu_s", "rss_mb"},
        "look_busy": LOOKED,
        "look_idle": LOOKED,
        "deliveries": {"deliveries", "sent_by_day", "most_a_minute", "most_for_one_buyer", "cpu_ms_per_delivery"},
    },
    "crm": {
        "paced": MIRRORED | {"minimum", "minimum_s", "look_changed", "look_requests", "look_minimum", "look_s"},
        "unpaced": MIRRORED,
    },
    "images": {
        "one": DRAWN,
        "floor_httpx": {"pictures", "vendor_s", "times", "seconds"},
        "one_after_another": DRAWN,
        "at_once_seeds": DRAWN,
        "at_once_photo": DRAWN,
        "first_then_rest": DRAWN,
        "twelve": DRAWN | {"at_once", "bound_s"},
    },
    "letters": {
        "companies_sqlite": COUNTED,
        "companies_postgresql": COUNTED,
        "render": {"letters", "ms_without_chart", "ms_with_chart", "html_bytes"},
        "charts": {"charts", "ms", "charts_per_s", "largest_bytes"},
        "send_1000": CARRIED_AWAY | {"before_mb", "peak_mb"},
        "send_10000": CARRIED_AWAY | {"before_mb", "peak_mb"},
        "send_postgresql": CARRIED_AWAY | {"before_mb", "peak_mb"},
        "floor_aiosmtplib": CARRIED_AWAY,
    },
}


CARRIERS = PROMISED["queues"].items()


def quick(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]], str]:
    """The ratios, the rows and the page of a run that does a small part of the work."""
    page = folder / "benchmarks.md"
    asked = ["bench", name, "--quick", "--json", "--write", str(page)]
    done = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    return report["ratios"], {row["variant"]: row for row in report["rows"]}, page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in PROMISED if name not in ("queues", "knowledge")])
def test_a_quick_run_gives_every_promised_figure_and_a_page(name: str, tmp_path: Path) -> None:
    keeps_its_promises(name, *quick(name, tmp_path))


def keeps_its_promises(name: str, ratios: dict[str, Any], rows: dict[str, dict[str, Any]], page: str) -> None:
    assert list(rows) == list(PROMISED[name])
    for variant, promised in PROMISED[name].items():
        assert "left_out" in rows[variant] or promised <= set(rows[variant]), variant
    assert ratios
    assert all(ratio > 0 for ratio in ratios.values())
    assert f"## {name}" in page
    assert all(f"| {variant} | " in page for variant in rows)


def test_passages_are_found_in_other_word_forms_and_cost_a_fraction_of_the_whole_base(tmp_path: Path) -> None:
    ratios, rows, page = quick("knowledge", tmp_path)
    keeps_its_promises("knowledge", ratios, rows, page)
    assert rows["search"]["recall_at_5"] > rows["floor_fts5"]["recall_at_5"]
    assert rows["search"]["typo_recall_at_5"] > rows["floor_fts5"]["typo_recall_at_5"]
    assert rows["reading"]["pages"] == rows["floor_plain_text"]["pages"] == 100
    assert rows["tokens_catalogue"]["recall_at_10"] > 0.9
    assert ratios["tokens_vs_whole_catalogue"] < 0.15


@pytest.mark.servers
def test_a_bench_leaves_out_what_finds_no_server_and_leaves_nothing_on_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_POSTGRESQL_URL", refused_url().replace("http", "postgresql"))
    monkeypatch.setenv("BENCH_RABBITMQ_URL", "amqp://broker.example:5672/")
    with servers.own_redis(tmp_path) as redis_url:
        monkeypatch.setenv("BENCH_REDIS_URL", redis_url)
        ratios, rows, page = quick("queues", tmp_path)
        with Redis.from_url(redis_url) as redis:
            assert redis.keys() == []
    assert list(rows) == list(PROMISED["queues"])
    assert all("left_out" in rows[variant] or promised <= set(rows[variant]) for variant, promised in CARRIERS)
    assert rows["ours_sqlite"]["asleep"] == rows["ours_redis"]["asleep"] == 20
    assert "no postgresql server answers on 127.0.0.1:" in rows["ours_postgresql"]["left_out"]
    assert "broker.example is another machine" in rows["ours_rabbitmq"]["left_out"]
    assert {"sqlite_vs_bare_sqlite3", "redis_vs_bare_redis_py"} <= set(ratios)
    assert not any(name.startswith("rabbitmq") for name in ratios)
    assert "| ours_postgresql | left_out no postgresql server answers" in page
