"""What Prometheus is told, and that the rules and the dashboard in ``deploy/monitoring`` ask for nothing else."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from saudager import attention, keys, logs
from saudager.api import watch
from saudager.cli import watching
from saudager.conversations import counts as said
from saudager.engines import spend
from saudager.errors import DatabaseFault
from saudager.keys import Scope
from saudager.providers.llm import Call
from saudager.rehearsal import Shop
from saudager.web import make_web
from tests.conftest import OpenShop
from tests.servers import program

FILES = Path(__file__).parents[1] / "deploy" / "monitoring"
RULES = yaml.safe_load((FILES / "alerts.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((FILES / "grafana" / "saudager.json").read_text(encoding="utf-8"))
_NAMED = re.compile(r"\b(saudager_\w+|process_\w+)")
_SELECTED = re.compile(r"\b(saudager_\w+)\{([^}]*)\}")
_OF_PROMETHEUS = {"job", "service", "instance"}


@asynccontextmanager
async def told(shop: Shop) -> AsyncIterator[Any]:
    """Ask for the figures of the shop as ``saudager up`` tells them; a browser of the same site besides."""
    app = shop.app
    web = make_web("test")
    not_well = watching.not_well(app)
    families = watching.families(app)
    web.include_router(watch.router(app, said.since, not_well, families))
    await app.db.run(keys.keep, key := keys.new(), "prometheus", [Scope.WATCH], now=app.clock.now())

    @web.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:

        async def ask(path: str = "/metrics") -> str:
            return (await http.get(path, headers={"authorization": f"Bearer {key}"})).text

        yield ask


async def test_the_rules_and_the_dashboard_ask_for_figures_the_running_product_prints(open_shop: OpenShop) -> None:
    shop = await open_shop(
        hosted=True, gemini_api_key="key", gemini_base_url="http://127.0.0.1:9", daily_budget="3 USD"
    )
    async with told(shop) as ask:
        text = await ask()
    printed = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    printed |= {f"{name}_total" for name in printed if re.search(rf"^# TYPE {name} counter", text, re.MULTILINE)}
    named = {name for expression in _expressions() for name in _NAMED.findall(expression)}
    assert len(named) > 20
    assert named - printed == set()
    labels = {
        name: set(re.findall(r'(\w+)="', inside))
        for name, inside in re.findall(r"^(saudager_\w+)\{(.*)\} ", text, re.MULTILINE)
    }
    for expression in _expressions():
        for name, inside in _SELECTED.findall(expression):
            if name in labels:
                assert set(re.findall(r'(\w+)[=!]~?"', inside)) <= labels[name] | _OF_PROMETHEUS, expression


@pytest.mark.both_kinds
async def test_money_desk_answers_and_accounts_are_counted(open_shop: OpenShop) -> None:
    shop = await open_shop(
        hosted=True, gemini_api_key="key", gemini_base_url="http://127.0.0.1:9", daily_budget="3 USD"
    )
    now = shop.clock.now()
    call = Call("gemini", "gemini-2.5-flash", 10, 10, cost=Decimal("0.25"))
    await shop.app.db.run(spend.note, [call], None, now.astimezone(shop.app.settings.zone).date())
    await shop.app.db.run(attention.ask, attention.Why.SHOP, "shop:1", "не отвечает", now=now)
    await shop.app.gateway.pause(shop.account.name, "переезжаем")
    shop.app.model.engines[0].health.stopped = True  # type: ignore[attr-defined]
    async with told(shop) as ask:
        lines = (await ask()).splitlines()
    for line in (
        "saudager_spent_today_usd 0.25",
        "saudager_budget_usd 3.0",
        'saudager_engine_resting{engine="gemini"} 1.0',
        'saudager_desk_entries{kind="shop"} 1.0',
        'saudager_desk_entries{kind="crm"} 0.0',
        f'saudager_account_paused{{account="{shop.account.name}"}} 1.0',
        f'saudager_account_needs_attention{{account="{shop.account.name}"}} 0.0',
    ):
        assert line in lines


async def test_how_long_customers_waited_is_told_for_the_last_hour(open_shop: OpenShop) -> None:
    shop = await open_shop(patience=20, patience_complete=20)
    await shop.ask_as_customer("Сколько стоит окно?")
    async with told(shop) as ask:
        lines = (await ask()).splitlines()
        assert 'saudager_answer_seconds{quantile="0.5"} 20.0' in lines
        assert 'saudager_answer_seconds{quantile="0.95"} 20.0' in lines
        shop.clock.move_to(shop.clock.now() + timedelta(hours=2))
        assert "saudager_turns_answered_last_hour 0.0" in (await ask()).splitlines()


async def test_answers_and_lines_of_the_log_are_counted_as_counters(open_shop: OpenShop) -> None:
    shop = await open_shop()
    before = logs.lines_by_level().get("ERROR", 0)
    logs.TALLY.handle(logs.logging.makeLogRecord({"levelname": "ERROR", "levelno": 40, "msg": "it broke"}))
    async with told(shop) as ask:
        for path in ("/stats", "/nothing", "/broken"):
            await ask(path)
        text = await ask()
    lines = text.splitlines()
    assert "# TYPE saudager_http_responses_total counter" in lines
    assert f'saudager_log_lines_total{{level="ERROR"}} {before + 1}.0' in lines
    for status in ("2xx", "4xx", "5xx"):
        assert f'saudager_http_responses_total{{status="{status}"}} 1.0' in lines


async def test_a_database_nothing_can_be_written_into_is_a_reason_though_it_is_read(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await open_shop()
    not_well = watching.not_well(shop.app)
    assert await not_well() == []

    async def refused(*_: Any, **__: Any) -> None:
        raise DatabaseFault("the database could not do it: database or disk is full")

    with monkeypatch.context() as while_full:
        while_full.setattr(shop.app.db, "run", refused)
        assert [one.says for one in await not_well()] == ["the database could not do it: database or disk is full"]
    assert await not_well() == []


def test_every_panel_has_a_place_and_a_number_of_its_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_every_rule_says_what_and_leads_to_a_heading_of_the_runbook() -> None:
    docs = FILES.parents[1]
    headings = re.findall(r"^#+ (.+)$", (docs / "docs" / "operating.md").read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    page = (docs / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for rule in _rules():
        notes = rule["annotations"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert notes["summary"]
        assert notes["summary_en"]
        assert notes["runbook"].removeprefix("docs/operating.md#") in anchors, rule["alert"]
        assert f"`{rule['alert']}`" in page


@pytest.mark.servers
@pytest.mark.parametrize(
    "command", ["check config prometheus.yml", "check rules alerts.yml", "test rules alerts.test.yml"]
)
def test_prometheus_accepts_the_files(tmp_path: Path, command: str) -> None:
    folder = shutil.copytree(FILES, tmp_path / "monitoring")
    (folder / "watch.key").write_text("key")
    done = subprocess.run(
        [program("promtool"), *command.split()], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _rules() -> Iterator[dict[str, Any]]:
    for group in RULES["groups"]:
        yield from group["rules"]


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _rules())
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", []))
