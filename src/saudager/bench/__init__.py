"""Measure the product beside a floor in the same run, each variant in a fresh process so that memory is its own."""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import click

from saudager.bench import machine
from saudager.clock import SystemClock

BENCHES = {
    "turns": (
        "product_burst",
        "product_burst_with_documents",
        "product_steady",
        "product_slow_model",
        "tables_plain",
        "tables_errands",
        "floor_sqlite3",
        "floor_sqlalchemy_async",
        "idle",
        "import_cli",
    ),
    "knowledge": (
        "reading",
        "floor_plain_text",
        "search",
        "floor_fts5",
        "floor_fts5_lemmas",
        "tokens_catalogue",
        "tokens_exam",
    ),
    "models": (
        "port",
        "engines",
        "bare_agno",
        "floor_httpx",
        "many_calls",
        "offline",
    ),
    "queues": (
        "ours_sqlite",
        "bare_sqlite3",
        "ours_postgresql",
        "ours_rabbitmq",
        "bare_aio_pika",
        "celery_rabbitmq",
        "ours_redis",
        "bare_redis_py",
        "celery_redis",
    ),
    "engines": (
        "embedded",
        "rabbitmq_postgresql",
        "pipeline_rabbitmq_postgresql",
        "redis_postgresql",
        "redis_postgresql_two_agents",
        "pipeline_redis_postgresql",
        "slow_model",
        "slow_model_two_agents",
    ),
    "conversations": (
        "conversations",
        "figures",
        "answers",
        "times",
        "hosted",
    ),
    "starting": (
        "saudager_up",
        "saudager_up_model",
        "bare_agno",
        "celery_stack",
    ),
    "console": (
        "sqlite",
        "postgresql",
    ),
    "followups": (
        "contacts_10000",
        "contacts_100000",
        "contacts_1000000",
        "floor_rows",
    ),
    "orders": (
        "intake_sqlite",
        "floor_sqlite3",
        "intake_postgresql",
        "floor_psycopg",
        "first_read",
        "look_busy",
        "look_idle",
        "deliveries",
    ),
    "crm": (
        "paced",
        "unpaced",
    ),
    "images": (
        "one",
        "floor_httpx",
        "one_after_another",
        "at_once_seeds",
        "at_once_photo",
        "first_then_rest",
        "twelve",
    ),
    "letters": (
        "companies_sqlite",
        "companies_postgresql",
        "render",
        "charts",
        "send_1000",
        "send_10000",
        "send_postgresql",
        "floor_aiosmtplib",
    ),
}
"""Each bench and its variants, in the order they run; one that measures several contenders at once gives a row each."""
QUICK = {"console": 0.1, "knowledge": 0.1, "orders": 0.05}
QUICK_OTHERWISE = 0.02
"""What part of its work a quick run of a bench does: enough for every figure, too little to trust one."""
_AT_MOST = 900


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of one bench, and how they compare."""

    name: str
    machine: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> str:
        body = {"name": self.name, "machine": self.machine, "rows": self.rows, "ratios": self.ratios}
        return json.dumps(body, ensure_ascii=False, indent=2)


def measure(name: str, *, quick: bool = False) -> Report:
    """Run every variant of a bench; ``quick`` does a small part of the work (``QUICK``)."""
    scale = QUICK.get(name, QUICK_OTHERWISE) if quick else 1.0
    before = machine.load()
    report = Report(name, machine.described(SystemClock().now()))
    with click.progressbar(BENCHES[name], label=f"bench {name}", file=sys.stderr, item_show_func=str) as variants:
        for variant in variants:
            measured = _in_own_process(name, variant, scale)
            rows = measured if isinstance(measured, list) else [measured]
            report.rows.extend({"variant": variant, **row} for row in rows)
    report.machine["load"] = f"{before} before and {machine.load()} after, on {os.cpu_count()} cores"
    compare = importlib.import_module(f"saudager.bench.{name}").ratios
    report.ratios.update(compare({row["variant"]: row for row in report.rows}))
    return report


def _in_own_process(name: str, variant: str, scale: float) -> dict[str, Any] | list[dict[str, Any]]:
    command = [sys.executable, "-m", "saudager.bench", name, variant, str(scale)]
    alone = {"AGNO_TELEMETRY": "false", "NO_PROXY": "127.0.0.1"}
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, env=os.environ | alone, timeout=_AT_MOST
        )
    except subprocess.TimeoutExpired:
        raise click.ClickException(f"variant {variant} did not end within {_AT_MOST} s") from None
    if done.returncode:
        raise click.ClickException(f"variant {variant} failed:\n{done.stderr.strip()[-2000:]}")
    measured: dict[str, Any] | list[dict[str, Any]] = json.loads(done.stdout)
    return measured
