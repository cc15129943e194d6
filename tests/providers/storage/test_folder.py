"""Files in a folder of this machine."""

import asyncio
import os
from pathlib import Path

import pytest

from saudager.clock import MovableClock
from saudager.errors import Unreachable
from saudager.providers.storage.folder import Folder
from saudager.rehearsal import OPENING
from tests.providers.storage.storage_contract import PATH, StorageContract, listed


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(OPENING)


@pytest.fixture
def storage(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "media")


class TestFolder(StorageContract):
    """What the port promises."""


async def test_what_a_killed_process_left_of_a_file_is_no_file_and_is_found(storage: Folder, tmp_path: Path):
    half = tmp_path / "media" / "ab" / "1.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"ha")
    os.utime(half, (OPENING.timestamp() - 60,) * 2)
    assert await listed(storage.below("ab/")) == []
    assert await listed(storage.halves("ab/", before=OPENING)) == ["ab/1.part"]
    await storage.delete("ab/1.part")
    assert await listed(storage.halves("")) == []


async def test_two_on_their_way_to_one_place_do_not_mix(storage: Folder, clock: MovableClock):
    ways = [bytes([number]) * 1_000_000 for number in range(30)]
    await asyncio.gather(*(storage.put(PATH, way, mime_type="image/jpeg", now=clock.now()) for way in ways))
    assert await storage.get(PATH) in ways
    assert await listed(storage.halves("")) == []


async def test_a_folder_that_cannot_be_had_is_told(tmp_path: Path, clock: MovableClock):
    (tmp_path / "media").write_bytes(b"no folder")
    storage = Folder(tmp_path / "media")
    with pytest.raises(Unreachable, match="media"):
        await storage.put(PATH, b"1", mime_type="image/jpeg", now=clock.now())
    with pytest.raises(Unreachable, match="media"):
        await storage.get(PATH)
