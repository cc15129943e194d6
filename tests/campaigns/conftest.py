"""A product that runs nothing by itself, with a mailbox connected."""

from collections.abc import AsyncIterator, Callable

import pytest

from saudager.app import App
from saudager.bootstrap import bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.rehearsal import OPENING
from saudager.settings import Settings


@pytest.fixture
async def app(settings: Callable[..., Settings]) -> AsyncIterator[App]:
    opened = bootstrap(
        settings(public_url="https://shop.example"), clock=MovableClock(OPENING), hosted=False, poll=None
    )
    await connect_accounts(opened, simulator=True)
    yield opened
    await opened.close()
