"""A product that runs nothing by itself, in which somebody tells of sales."""

from collections.abc import AsyncIterator, Callable

import pytest

from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.rehearsal import OPENING
from saudager.settings import Settings


@pytest.fixture
async def app(settings: Callable[..., Settings]) -> AsyncIterator[App]:
    """The product with nothing running, its clock standing still."""
    opened = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)
    yield opened
    await opened.close()
