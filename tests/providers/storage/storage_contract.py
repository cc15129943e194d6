"""What whoever keeps our files must do: its test class subclasses ``StorageContract``."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from saudager.clock import MovableClock
from saudager.errors import NotFound
from saudager.providers.storage import Storage

PATH = f"ab/{'ab' * 32}.jpg"


async def listed(found: AsyncIterator[str]) -> list[str]:
    return [path async for path in found]


class StorageContract:
    """Subclasses give the fixtures ``storage`` and ``clock``, by which the storage goes."""

    async def put(self, storage: Storage, clock: MovableClock, *paths: str) -> None:
        for path in paths:
            await storage.put(path, path.encode(), mime_type="image/jpeg", now=clock.now())

    async def test_a_file_is_given_back_as_it_was_put(self, storage: Storage, clock: MovableClock):
        content = bytes(range(256)) * 5000
        await storage.put(PATH, content, mime_type="image/jpeg", now=clock.now())
        assert await storage.has(PATH)
        assert await storage.get(PATH) == content

    async def test_a_file_without_a_byte_is_a_file(self, storage: Storage, clock: MovableClock):
        await storage.put(PATH, b"", mime_type="text/plain", now=clock.now())
        assert await storage.get(PATH) == b""

    async def test_what_lies_there_is_replaced(self, storage: Storage, clock: MovableClock):
        await self.put(storage, clock, PATH)
        await storage.put(PATH, b"other", mime_type="image/jpeg", now=clock.now())
        assert await storage.get(PATH) == b"other"

    async def test_what_was_never_put_is_not_there(self, storage: Storage):
        assert not await storage.has(PATH)
        with pytest.raises(NotFound):
            await storage.get(PATH)

    async def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, storage: Storage, clock: MovableClock):
        await self.put(storage, clock, PATH)
        for _ in range(2):
            await storage.delete(PATH)
            assert not await storage.has(PATH)
        assert await listed(storage.below("")) == []

    async def test_files_are_found_by_how_their_paths_begin(self, storage: Storage, clock: MovableClock):
        names = ("ab/1.jpg", "ab/12.jpg", "ab/2.jpg", "abc/1.jpg", "pictures/1.png", "pictures/1.small.webp", "x.txt")
        await self.put(storage, clock, *reversed(names))
        for prefix in ("", "ab/", "ab/1", "ab/1.", "ab/2.jpg", "a", "pictures/", "pictures/1.s", "x", "none/", "ab/3"):
            assert await listed(storage.below(prefix)) == [name for name in names if name.startswith(prefix)], prefix

    async def test_old_files_are_told_from_young_ones(self, storage: Storage, clock: MovableClock):
        await self.put(storage, clock, "ab/old.jpg", "ab/again.jpg")
        clock.move_to(clock.now() + timedelta(hours=1))
        between = clock.now()
        clock.move_to(clock.now() + timedelta(hours=1))
        await self.put(storage, clock, "ab/young.jpg", "ab/again.jpg")
        assert await listed(storage.below("ab/", before=between)) == ["ab/old.jpg"]
        assert len(await listed(storage.below("ab/", before=clock.now() + timedelta(seconds=1)))) == 3

    async def test_what_is_found_may_be_deleted_on_the_way(self, storage: Storage, clock: MovableClock):
        await self.put(storage, clock, *(f"ab/{number}.jpg" for number in range(9)))
        async for path in storage.below("ab/"):
            await storage.delete(path)
        assert await listed(storage.below("")) == []

    async def test_nothing_is_left_of_files_that_came_whole(self, storage: Storage, clock: MovableClock):
        await self.put(storage, clock, PATH)
        assert await listed(storage.halves("")) == []
