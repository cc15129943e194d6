"""Questions to the name servers: what a domain tells the world about its mail."""

from collections.abc import Sequence
from typing import Any, Protocol

from saudager.errors import Unreachable

_PATIENCE = 3.0
_PORT = 53


class Names(Protocol):
    """Who answers them. Every method raises Unreachable when no server does."""

    async def texts(self, name: str) -> Sequence[str]:
        """The texts at a name; none when there is no such name."""
        ...

    async def addresses(self, name: str) -> Sequence[str]:
        """The IPv4 addresses of a host."""
        ...


class NameServers:
    """The name servers this machine asks, or the ones given; each question has three seconds."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = _PORT, patience: float = _PATIENCE) -> None:
        self._servers = list(servers)
        self._port = port
        self._patience = patience

    async def texts(self, name: str) -> Sequence[str]:
        return [b"".join(record.strings).decode("utf-8", "replace") for record in await self._ask(name, "TXT")]

    async def addresses(self, name: str) -> Sequence[str]:
        return [str(record.address) for record in await self._ask(name, "A")]

    async def _ask(self, name: str, kind: str) -> Sequence[Any]:
        from dns.asyncresolver import Resolver
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            resolver = Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers, resolver.port = self._servers, self._port
            resolver.cache = None
            return list(await resolver.resolve(name, kind, lifetime=self._patience, search=False))
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, UnicodeError) as error:
            raise Unreachable(f"name servers: {error}") from None
