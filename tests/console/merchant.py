"""The product as the merchant starts it: ``saudager up`` in a process of its own, on a folder and a port of its own."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.fakes.serving import refused_url
from tests.product import answers

_PATIENCE = 60.0
_QUICK = {"PATIENCE": "0.3", "PATIENCE_COMPLETE": "0.1", "POLLING_INTERVAL": "0.2", "SENDS_PER_MINUTE": "0"}
_RUN = [sys.executable, "-c", "from saudager.cli import main; main(['up'])"]
_LINK = re.compile(r"http://\S+/console/welcome/\S+")


class MerchantsShop:
    """One process that can be stopped, killed and started again under the same address."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._log = folder / "up.log"
        self._folder = folder
        self.address = f"http://127.0.0.1:{urlsplit(refused_url()).port}"
        port = str(urlsplit(self.address).port)
        self._settings = {"DATA_DIR": str(folder / "data"), "PORT": port, "SHOP_NAME": "Тёплый Дом"} | _QUICK | settings
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220
                _RUN, cwd=self._folder, env=os.environ | self._settings, stdout=log, stderr=log
            )
        async with asyncio.timeout(_PATIENCE):
            while not answers(f"{self.address}/health"):
                assert self._process.poll() is None, self.log()
                await asyncio.sleep(0.1)

    async def first_link(self) -> str:
        """The one-time link that was printed at the first start."""
        async with asyncio.timeout(_PATIENCE):
            while (found := _LINK.search(self.log())) is None:
                await asyncio.sleep(0.1)
        return found[0]

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


@asynccontextmanager
async def merchants_shop(folder: Path, **settings: str) -> AsyncIterator[MerchantsShop]:
    """Started, until the block ends."""
    shop = MerchantsShop(folder, **settings)
    await shop.start()
    try:
        yield shop
    finally:
        shop.stop()
