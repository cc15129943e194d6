"""Files in a folder of this machine."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from saudager.errors import NotFound

PARTIAL = ".part"
"""The ending of a file that is not here whole."""


class Folder:
    """``folder`` and the folders below it are made as they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        await asyncio.to_thread(_put, self._folder / path, content, now)

    async def get(self, path: str) -> bytes:
        try:
            return await asyncio.to_thread((self._folder / path).read_bytes)
        except FileNotFoundError:
            raise NotFound("файла нет: он ещё не пришёл или уже удалён") from None

    async def has(self, path: str) -> bool:
        return (self._folder / path).is_file()

    async def delete(self, path: str) -> None:
        await asyncio.to_thread((self._folder / path).unlink, missing_ok=True)

    async def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        for path in await asyncio.to_thread(_below, self._folder, prefix, before):
            yield path

    async def close(self) -> None:
        """Nothing is held."""


def _put(target: Path, content: bytes, now: datetime) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(PARTIAL)
    partial.write_bytes(content)
    os.utime(partial, (now.timestamp(), now.timestamp()))
    partial.replace(target)


def _below(folder: Path, prefix: str, before: datetime | None) -> list[str]:
    found = []
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if not path.startswith(prefix) or file.suffix == PARTIAL or not file.is_file():
            continue
        if before is None or file.stat().st_mtime < before.timestamp():
            found.append(path)
    return found
