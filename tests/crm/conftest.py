"""A product that runs nothing by itself, and a Kommo of ours."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from saudager.app import App
from saudager.bench.kommo_account import INTEGRATION, KommoAccount
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.rehearsal import OPENING
from saudager.settings import Settings
from tests.crm.merchant import DOMAINS, PUBLIC, Merchant

OpenApp = Callable[[], App]


@pytest.fixture
async def open_app(settings: Callable[..., Settings]) -> AsyncIterator[OpenApp]:
    """Products on one database and one clock, which stands still."""
    opened, clock = list[App](), MovableClock(OPENING)

    def open_one() -> App:
        given = settings(kommo_domains=DOMAINS, public_url=PUBLIC)
        opened.append(bootstrap(given, clock=clock, hosted=False, poll=None))
        return opened[-1]

    yield open_one
    for app in opened:
        await app.close()


@pytest.fixture
async def merchant(open_app: OpenApp) -> AsyncIterator[Merchant]:
    app = open_app()
    integration = replace(INTEGRATION, redirect_uri=f"{PUBLIC}/console/crm/connected")
    async with KommoAccount(now=app.clock.now, integration=integration) as kommo:
        yield Merchant(app, kommo)
