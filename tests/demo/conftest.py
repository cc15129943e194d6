"""A demo that runs on a free port, with documents that were read once for all tests."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from saudager import console, demo
from saudager.api import picture_files
from saudager.bootstrap import bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.console import walking_in
from saudager.demo.sample_customers import Customer
from saudager.demo.shop import SAMPLE_SHOP
from saudager.providers.images import Painter
from saudager.providers.llm import LanguageModel
from saudager.services import running
from saudager.settings import Settings
from tests.studio.easel import engine
from tests.studio.easel import painters as flat_painters

OpenDemo = Callable[..., AbstractAsyncContextManager[str]]
QUICK = {"patience": 0.3, "patience_complete": 0.1}


@pytest.fixture
def open_demo(settings: Callable[..., Settings], tmp_path: Path, has_read: Path) -> OpenDemo:
    """``async with open_demo() as address``: the demo until the block ends; again, and it is the same shop restarted.

    With ``port`` the same address can be had twice; ``knows=False`` starts on an empty folder, and
    ``model`` answers instead of the offline one. Its ready series is of flat pictures, or ``painters`` draw it; the
    ``customers`` have written when it opens for the first time.
    """

    @asynccontextmanager
    async def open_it(
        *,
        port: int = 0,
        knows: bool = True,
        model: LanguageModel | None = None,
        painters: Sequence[Painter] = (),
        customers: Sequence[Customer] = (),
        **values: object,
    ) -> AsyncIterator[str]:
        folder = tmp_path / "data"
        if knows and not folder.exists():
            shutil.copytree(SAMPLE_SHOP, folder / "knowledge_base")
            shutil.copy(has_read, folder)
        clock = MovableClock(running=True)
        app = bootstrap(
            settings(data_dir=folder, **QUICK | values),
            clock=clock,
            model=model,
            painters=painters or flat_painters(engine()),
            poll=None,
        )
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        try:
            await connect_accounts(app, simulator=True)
            services = running(app, gateway=True, agent=True)

            def open_console(site: FastAPI) -> None:
                console.open_on(site, app)
                site.include_router(walking_in.router(app))
                site.include_router(picture_files.router(app))

            show = asyncio.create_task(
                demo.run(app, services, open_console, customers=customers, port=port, on_ready=address.set_result)
            )
            await asyncio.wait([show, address], return_when=asyncio.FIRST_COMPLETED)
            if show.done():
                show.result()
            yield address.result()
            show.cancel()
            await asyncio.gather(show, return_exceptions=True)
        finally:
            await app.close()

    return open_it
