"""Files in a folder of this machine."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from saudager.errors import NotFound, Unreachable

_PARTIAL = ".part"


class Folder:
    """``folder`` and the folders below it are made as they are needed. A file that is on its way lies beside its place
    under a name of its own, so that two on their way to one place do not mix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        with self._reached():
            await asyncio.to_thread(_put, self._folder / path, content, now)

    async def get(self, path: str) -> bytes:
        with self._reached():
            try:
                return await asyncio.to_thread((self._folder / path).read_bytes)
            except FileNotFoundError:
                raise NotFound("файла нет: он ещё не пришёл или уже удалён") from None

    async def has(self, path: str) -> bool:
        return (self._folder / path).is_file()

    async def delete(self, path: str) -> None:
        with self._reached():
            await asyncio.to_thread((self._folder / path).unlink, missing_ok=True)

    async def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        for path in await asyncio.to_thread(_below, self._folder, prefix, before):
            if not path.endswith(_PARTIAL):
                yield path

    async def halves(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        for path in await asyncio.to_thread(_below, self._folder, prefix, before):
            if path.endswith(_PARTIAL):
                yield path

    async def close(self) -> None:
        """Nothing is held."""

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unreachable(f"папка {self._folder}: {error.strerror}") from error


def _put(target: Path, content: bytes, now: datetime) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{secrets.token_hex(4)}{_PARTIAL}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(partial, (now.timestamp(), now.timestamp()))
        partial.replace(target)
        _keep_name(target.parent)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


def _keep_name(folder: Path) -> None:
    """A file's new name outlives a power cut once its folder is on the disk: man 2 fsync."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _below(folder: Path, prefix: str, before: datetime | None) -> list[str]:
    found = []
    for file in (folder / prefix.rpartition("/")[0]).rglob("*"):
        path = file.relative_to(folder).as_posix()
        with suppress(FileNotFoundError):  # somebody deleted it meanwhile
            if path.startswith(prefix) and file.is_file() and (before is None or _put_at(file) < before.timestamp()):
                found.append(path)
    return sorted(found)


def _put_at(file: Path) -> float:
    return file.stat().st_mtime
