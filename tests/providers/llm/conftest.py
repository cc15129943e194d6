"""No test of a model may speak to anything but this machine; an audit hook watches every socket of the process."""

import ipaddress
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.models import FakeModels

_WATCHED = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")


class Watchman:
    """Refuses connections and name look-ups beyond loopback while ``awake``, and remembers them in ``caught``."""

    def __init__(self) -> None:
        self.awake = False
        self.caught: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.awake or event not in _WATCHED:
            return
        target = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
        host = target[0] if isinstance(target, tuple) else target
        host = host.decode() if isinstance(host, bytes) else host
        if not _is_here(host):
            self.caught.append(f"{event} {host}")
            raise PermissionError(f"{event} to {host} from a test")


def _is_here(host: str | None) -> bool:
    if host is None or host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_WATCHMAN = Watchman()


@pytest.fixture(autouse=True)
def watchman() -> Iterator[Watchman]:
    _WATCHMAN.caught.clear()
    _WATCHMAN.awake = True
    yield _WATCHMAN
    _WATCHMAN.awake = False
    assert _WATCHMAN.caught == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models() -> AsyncIterator[FakeModels]:
    """One server for a module, whose tests share an event loop; a test resets the vendor it uses."""
    async with FakeModels() as running:
        yield running
