"""The doctor keeps, reads, finds and deletes a file, and says where and what is wrong."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from saudager import doctor
from saudager.clock import MovableClock
from saudager.providers.gateway import Finding
from saudager.rehearsal import OPENING, Shop
from tests.conftest import OpenShop
from tests.fakes.s3 import FakeS3
from tests.fakes.serving import served


@pytest.fixture
def fake() -> FakeS3:
    return FakeS3(MovableClock(OPENING))


@pytest.fixture
async def bucket(fake: FakeS3) -> AsyncIterator[dict[str, Any]]:
    async with served(fake) as url:
        yield {
            "s3_endpoint": url,
            "s3_bucket": fake.bucket,
            "s3_region": fake.region,
            "s3_access_key": fake.access_key,
            "s3_secret_key": fake.secret_key,
        }


async def examined(shop: Shop) -> Finding:
    (finding,) = [one async for one in doctor.examine(shop.app) if one.about == "файлы"]
    return finding


async def test_a_folder_that_works_is_told_and_nothing_stays_in_it(open_shop: OpenShop):
    shop = await open_shop()
    assert await examined(shop) == Finding(
        True, "файлы", f"пишутся, читаются и удаляются: папка {shop.app.settings.media_folder}"
    )
    assert [path async for path in shop.app.media.below("")] == []


async def test_a_folder_that_cannot_be_written_is_told(open_shop: OpenShop):
    shop = await open_shop()
    shop.app.settings.media_folder.rmdir()
    shop.app.settings.media_folder.write_bytes(b"no folder")
    finding = await examined(shop)
    assert not finding.good and finding.says.startswith(f"папка {shop.app.settings.media_folder}: ")


async def test_a_bucket_that_works_is_told(open_shop: OpenShop, fake: FakeS3, bucket: dict[str, Any]):
    shop = await open_shop(clock=fake.clock, **bucket)
    assert await examined(shop) == Finding(True, "файлы", "пишутся, читаются и удаляются: бакет shop-files")
    assert fake.files == {}


async def test_a_bucket_that_is_spoken_to_without_encryption_is_told(
    open_shop: OpenShop, fake: FakeS3, bucket: dict[str, Any]
):
    bucket["s3_endpoint"] = bucket["s3_endpoint"].replace("127.0.0.1", "0.0.0.0")
    shop = await open_shop(clock=fake.clock, **bucket)
    assert (await examined(shop)).says.endswith("бакет shop-files, без шифрования")


@pytest.mark.parametrize(
    ("fault", "says"), [(403, "ключ не подходит или прав не хватает: HTTP 403"), (500, "не отвечает: HTTP 500")]
)
async def test_a_bucket_that_refuses_us_is_told(
    open_shop: OpenShop, fake: FakeS3, bucket: dict[str, Any], fault: int, says: str
):
    shop = await open_shop(clock=fake.clock, **bucket)
    fake.always = fault
    finding = await examined(shop)
    assert not finding.good and says in finding.says


async def test_a_key_that_may_write_and_not_delete_is_told(open_shop: OpenShop, fake: FakeS3, bucket: dict[str, Any]):
    shop = await open_shop(clock=fake.clock, **bucket)

    class Undeletable(dict[str, Any]):
        def pop(self, *key: Any) -> None:
            return None

    fake.files = Undeletable()
    assert await examined(shop) == Finding(False, "файлы", "бакет shop-files: удалённый файл остаётся")
