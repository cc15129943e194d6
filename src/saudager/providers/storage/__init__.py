"""The port to where files are kept: a folder, or storage that speaks S3; both services read the same one."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol


class Storage(Protocol):
    """Files by path (``ab/abcd….jpg``, ``pictures/…``), each whole or not there. Paths are ours: nothing a stranger
    says is ever one. Raises Unreachable when the storage cannot be had, BadCredentials for a key it does not take."""

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        """Keep a file; what lies there already is replaced. Its age counts from ``now``."""
        ...

    async def get(self, path: str) -> bytes:
        """Raises NotFound."""
        ...

    async def has(self, path: str) -> bool: ...

    async def delete(self, path: str) -> None:
        """Nothing happens when it is not there."""
        ...

    def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """The paths that begin with ``prefix``, those put there before the moment if one is named."""
        ...

    async def close(self) -> None: ...
