"""The port to where files are kept: a folder, or storage that speaks S3; both services read the same one."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol


class Storage(Protocol):
    """Files by path (``ab/abcd….jpg``, ``pictures/…``), each whole or not there. Paths are ours: nothing a stranger
    says is ever one. Raises Unreachable when the storage cannot be had, BadCredentials for a key it does not take, and
    Rejected for what it will not do at all, such as without its bucket."""

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        """Keep a file; what lies there already is replaced. Its age counts from ``now``, or by the storage's own clock
        where it goes by that."""
        ...

    async def get(self, path: str) -> bytes:
        """Raises NotFound."""
        ...

    async def has(self, path: str) -> bool: ...

    async def delete(self, path: str) -> None:
        """Nothing happens when it is not there."""
        ...

    def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """The paths that begin with ``prefix``, those put there before the moment if one is named. Those found may be
        deleted on the way."""
        ...

    def halves(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """What is left there of files that never came whole, each as a path for ``delete``; nothing, where a file that
        did not come whole leaves nothing."""
        ...

    async def close(self) -> None: ...
