"""An office for every test that wants one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from saudager.settings import Settings
from tests.crm_letters import office as offices
from tests.crm_letters.office import Office
from tests.test_answering import PRICES, TRUE


@pytest.fixture
async def open_office(settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Open an office (``await open_office(notes_talks=False)``) whose only document is a price list of tables; values
    that are no settings are the connection's."""
    async with AsyncExitStack() as stack:

        async def open_one(**values: Any) -> Office:
            folder = tmp_path / "knowledge_base"
            folder.mkdir(exist_ok=True)
            (folder / "prices.md").write_text(PRICES, encoding="utf-8")
            own = {name: value for name, value in values.items() if name in Settings.model_fields}
            office = await stack.enter_async_context(offices.opened(settings, [TRUE] * 20, **own))
            await office.changes(**{name: value for name, value in values.items() if name not in own})
            return office

        yield open_one
