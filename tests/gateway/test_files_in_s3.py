"""Customers' files in storage that speaks S3 are kept, shown, tidied and erased like those in a folder."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from saudager.bootstrap import SIMULATOR
from saudager.clock import MovableClock
from saudager.contracts import Kind
from saudager.duties import EVERY
from saudager.errors import NotFound, Unreachable
from saudager.gateway import media
from saudager.rehearsal import CUSTOMER, OPENING, Shop
from tests.conftest import OpenShop
from tests.fakes.s3 import FakeS3
from tests.fakes.serving import served

pytestmark = pytest.mark.slow

OTHERS = "pictures/abc.png"


@pytest.fixture
def fake() -> FakeS3:
    return FakeS3(MovableClock(OPENING))


@pytest.fixture
async def shop(fake: FakeS3, open_shop: OpenShop) -> AsyncIterator[Shop]:
    async with served(fake) as url:
        settings: dict[str, Any] = {
            "s3_endpoint": url,
            "s3_bucket": fake.bucket,
            "s3_region": fake.region,
            "s3_access_key": fake.access_key,
            "s3_secret_key": fake.secret_key,
        }
        yield await open_shop(clock=fake.clock, media_kept_days=2, **settings)


async def photo(shop: Shop, fake: FakeS3) -> str:
    """The path of a photo a customer sent."""
    await shop.customer_says("Вот такое", kind=Kind.IMAGE, file=(b"\xff\xd8photo", "image/jpeg"))
    await shop.time_passes(seconds=30)
    (path,) = {line.media["path"] for line in await shop.messages() if line.media}
    assert fake.files[path].content == b"\xff\xd8photo"
    return str(path)


async def test_a_photo_is_kept_in_the_bucket_and_shown_from_there(shop: Shop, fake: FakeS3):
    path = await photo(shop, fake)
    assert fake.files[path].mime_type == "image/jpeg"
    assert await shop.app.gateway.media(SIMULATOR, path) == (b"\xff\xd8photo", "image/jpeg")
    assert not shop.app.settings.media_folder.exists()


async def test_old_ones_go_and_other_files_of_the_bucket_stay(shop: Shop, fake: FakeS3):
    path = await photo(shop, fake)
    await shop.app.media.put(OTHERS, b"1", mime_type="image/png", now=shop.clock.now())
    await shop.time_passes(days=3, hours=6)
    assert fake.files.keys() == {OTHERS}
    with pytest.raises(NotFound):
        await shop.app.gateway.media(SIMULATOR, path)
    (duty,) = [one for one in EVERY if one.task == "forget_old_files"]
    assert await duty.work(shop.app, task_id="test") == 0


async def test_a_person_who_is_forgotten_leaves_no_file_there(shop: Shop, fake: FakeS3):
    await photo(shop, fake)
    other = f"ab/{'0' * 64}.jpg"
    for path in (OTHERS, other):
        await shop.app.media.put(path, b"1", mime_type="image/png", now=shop.clock.now())
    await shop.app.gateway.erase([], [CUSTOMER])
    assert fake.files.keys() == {OTHERS, other}


async def test_a_key_the_storage_does_not_take_is_no_fault_of_the_account(shop: Shop, fake: FakeS3):
    fake.always = 403
    with pytest.raises(Unreachable, match="ключ не подходит"):
        await media.put_down(shop.app, f"ab/{'0' * 64}.jpg", b"1")
    await shop.customer_says("Вот такое", kind=Kind.IMAGE, file=(b"\xff\xd8photo", "image/jpeg"))
    await shop.time_passes(seconds=30)
    assert fake.files == {}
    fake.always = None
    await shop.time_passes(minutes=10)  # it is asked for again
    assert len(fake.files) == 1
