"""What the product has is documented: settings, commands, jobs, calls, queues, vendors, scopes, figures."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from fastapi.routing import iter_route_contexts
from tests.docs.reading import DOCS, ROOT, spans, text_of, words

from saudager import duties, keys, services
from saudager.api.answers import OPEN
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.cli import main
from saudager.cli.site import site
from saudager.contracts import CONTRACT
from saudager.keys import Scope
from saudager.settings import Settings
from scripts import api_reference

VENDOR = re.compile(r"saudager\.providers\.(\w+)\.(\w+)")


@pytest.fixture
async def app(settings: Callable[..., Settings]) -> Any:
    opened = bootstrap(settings(), hosted=False, poll=None)
    yield opened
    await opened.close()


def said_in(page: str) -> set[str]:
    """What stands in backticks on a page."""
    return {span for _, span in spans(text_of(DOCS / page))}


def test_every_setting_says_what_it_means():
    page = said_in("settings.md")
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert [name.upper() for name in Settings.model_fields if name.upper() not in page] == []


def test_every_variable_of_the_example_is_a_setting():
    named = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    known = {name.upper() for name in Settings.model_fields}
    of_compose = "".join((ROOT / file).read_text(encoding="utf-8") for file in ("compose.yaml", "compose.single.yaml"))
    assert [name for name in named if name not in known and f"${{{name}" not in of_compose] == []


def commands(command: click.Command, *words: str) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from commands(one, *words, name)


def test_every_command_and_option_says_what_it_is_for():
    page = text_of(DOCS / "commands.md")
    for told, command in commands(main):
        assert command.help, f"{told} says nothing"
        assert not told or re.search(rf"^##+ {re.escape(told)}$", page, re.MULTILINE), f"docs/commands.md: {told}"
        assert isinstance(command, click.Group) or command.epilog, f"{told} shows no example"
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{told} {option.opts[-1]} says nothing"
                assert f"`{option.opts[-1]}" in page, f"docs/commands.md: {told} {option.opts[-1]}"


def test_every_task_of_the_services_stands_among_the_jobs():
    page = said_in("jobs.md")
    assert [one.task for one in duties.EVERY if one.task not in page] == []


def test_every_queue_is_described():
    contract, own = said_in("queues.md"), said_in("architecture.md")
    assert [name for name in CONTRACT if name not in contract] == []
    queues = {*services.GATEWAY_QUEUES, *services.AGENT_QUEUES} - set(CONTRACT)
    assert queues - own == set()


def test_every_vendor_that_can_be_put_in_is_described():
    page, named = said_in("providers.md"), set[str]()
    for file in sorted((ROOT / "src" / "saudager" / "bootstrap").glob("*.py")):
        named |= {"/".join(("providers", *one)) for one in VENDOR.findall(file.read_text(encoding="utf-8"))}
    parts = tuple(f"{one}_" for one in named)
    vendors = {one for one in named if _is_module(one) and not one.startswith(parts)}
    assert len(vendors) > 20
    assert vendors - page == set()


def _is_module(path: str) -> bool:
    """Whether it is a module, and not a name of the port."""
    folder = ROOT / "src" / "saudager" / Path(path)
    return folder.with_suffix(".py").exists() or (folder / "__init__.py").exists()


def test_every_scope_is_named_with_what_it_opens():
    assert set(Scope) - said_in("api-reference/README.md") == set()


async def test_every_figure_of_metrics_is_explained_and_no_other(app: App):
    key = keys.new()
    await app.db.run(keys.keep, key, "board", [Scope.WATCH], now=app.clock.now())
    shown = set[str]()
    for app.service in ("gateway", "agent"):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site(app)), base_url="http://shop") as http:
            answer = await http.get("/metrics", headers={"x-api-key": key})
        shown |= set(re.findall(r"^# TYPE (saudager_\w+)", answer.text, re.MULTILINE))
    assert len(shown) > 10
    page = said_in("monitoring.md")
    endings = tuple(span.removeprefix("…") for span in page if span.startswith("…_"))
    assert [name for name in shown if name not in page and not name.endswith(endings)] == []
    told = {span.removeprefix("saudager_") for span in page if re.fullmatch(r"saudager_\w+", span)}
    assert {one for one in told if f"saudager_{one}" not in shown} - words() == set()


def test_every_call_is_described_and_says_who_may_make_it(app: App):
    for app.service in api_reference.SERVICES:
        web = site(app)
        document = api_reference.describe(web.routes)
        for route in iter_route_contexts(web.routes):
            path = route.path_format or route.path or ""
            if path == "/" or path.startswith("/console") or not route.methods:
                continue
            for method in route.methods - {"HEAD"}:
                operation = document["paths"].get(path.replace(":path}", "}"), {}).get(method.lower())
                where = f"{method} {path}"
                assert operation is not None, f"{where} is not in the OpenAPI document: it has no tag"
                assert operation.get("description"), f"{where} has no docstring"
                assert ("security" in operation) != (OPEN in operation), f"{where}: who may call it?"
                assert "security" not in operation or "401" in operation["responses"], where
                for status, answer in operation["responses"].items():
                    shown = api_reference.example_of_answer(answer, document)
                    kinds = set(answer.get("content", {})) - {"application/json", "text/plain", "text/html"}
                    empty = (
                        status == "204" or kinds or answer.get("content", {}).get("application/json") == {"schema": {}}
                    )
                    assert shown is not None or empty, f"{where} {status} shows nothing"
