"""A shop for every test that wants one, in a folder of its own."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from saudager.rehearsal import Shop, rehearse
from saudager.settings import Settings

OpenShop = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own keys are nothing to a test."""
    for name in [name for name in os.environ if name.endswith("_API_KEY")] + ["COMPATIBLE_BASE_URL", "DAILY_BUDGET"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings on the test's own folder, untouched by the environment."""

    def make(**values: Any) -> Settings:
        usual = {"data_dir": tmp_path, "sends_per_minute": 0, "shop_name": "Тёплый Дом"}
        return Settings(_env_file=None, **usual | values)

    return make


@pytest.fixture
async def open_shop(settings: Callable[..., Settings]) -> AsyncIterator[OpenShop]:
    """Open shops (``await open_shop(model=…, patience=0)``) that close with the test."""
    async with AsyncExitStack() as stack:

        async def open_one(*, model: Any = None, clock: Any = None, **values: Any) -> Shop:
            opened: AbstractAsyncContextManager[Shop] = rehearse(settings(**values), model=model, clock=clock)
            return await stack.enter_async_context(opened)

        yield open_one


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in one line what was left out, and why."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if reasons:
        left_out = "; ".join(f"{count} because {reason}" for reason, count in reasons.items())
        terminalreporter.write_line(f"Left out: {left_out}.")
