"""Files in a bucket: what the port promises, and every way in which such storage fails."""

from collections.abc import AsyncIterator, Callable

import pytest

from saudager.clock import MovableClock
from saudager.errors import BadCredentials, NotFound, OutsideError, Rejected, Unreachable
from saudager.providers.storage import Storage
from saudager.providers.storage.s3 import S3
from saudager.rehearsal import OPENING
from tests.fakes.s3 import FakeS3, Kept
from tests.fakes.serving import refused_url, served
from tests.providers.storage.storage_contract import PATH, StorageContract, listed

Ask = Callable[[S3], object]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(OPENING)


@pytest.fixture
def fake(clock: MovableClock) -> FakeS3:
    return FakeS3(clock)


@pytest.fixture
async def url(fake: FakeS3) -> AsyncIterator[str]:
    async with served(fake) as address:
        yield address


_open: list[S3] = []


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while _open:
        await _open.pop().close()


def opened(url: str, **other: object) -> S3:
    keys = {"access_key": FakeS3.access_key, "secret_key": FakeS3.secret_key, "region": FakeS3.region}
    bucket = str(other.pop("bucket", FakeS3.bucket))
    _open.append(S3(bucket, **{**keys, "endpoint": url, **other}))  # type: ignore[arg-type]
    return _open[-1]


@pytest.fixture
async def storage(url: str) -> S3:
    return opened(url)


async def _put(storage: Storage) -> None:
    await storage.put(PATH, b"1", mime_type="image/jpeg", now=OPENING)


async def _list(storage: Storage) -> None:
    await listed(storage.below("ab/"))


EVERY = {
    "put": _put,
    "get": lambda storage: storage.get(PATH),
    "has": lambda storage: storage.has(PATH),
    "delete": lambda storage: storage.delete(PATH),
    "below": _list,
}
of_every_kind = pytest.mark.parametrize("what", EVERY)


class TestS3(StorageContract):
    """What the port promises; the fake checks every request's signature."""


async def test_a_file_is_kept_under_its_type_by_a_path_below_the_bucket(storage: S3, fake: FakeS3):
    await storage.put(PATH, b"1", mime_type="image/webp", now=OPENING)
    assert fake.files[PATH].mime_type == "image/webp"
    assert fake.asked == [f"PUT /{fake.bucket}/{PATH}"]


async def test_what_is_found_at_the_beginning_of_a_list_needs_no_more_pages(storage: S3, fake: FakeS3):
    fake.page = 1000
    fake.files |= {f"ab/{number:04}.jpg": Kept(b"1", "image/jpeg", OPENING) for number in range(3000)}
    assert await listed(storage.below("ab/0700.")) == ["ab/0700.jpg"]
    assert len(fake.asked) == 1
    assert len(await listed(storage.below("ab/"))) == 3000
    assert len(fake.asked) == 1 + 3


@of_every_kind
@pytest.mark.parametrize("fault", [500, 503, "cut"])
async def test_what_fails_once_is_asked_again(storage: S3, fake: FakeS3, what: str, fault: int | str):
    await _put(storage)
    fake.faults.append(fault)
    fake.asked.clear()
    await EVERY[what](storage)
    assert len(fake.asked) == 2


@of_every_kind
async def test_storage_that_fails_again_and_again_cannot_be_had(storage: S3, fake: FakeS3, what: str):
    fake.always = 500
    with pytest.raises(Unreachable, match=r"хранилище S3 \(shop-files, 127.0.0.1:\d+\) не отвечает: HTTP 500"):
        await EVERY[what](storage)
    assert len(fake.asked) == 3


@of_every_kind
async def test_storage_that_is_silent_cannot_be_had(url: str, fake: FakeS3, what: str):
    fake.always = "hang"
    with pytest.raises(Unreachable, match="нет связи или ответа в срок"):
        await EVERY[what](opened(url, deadline=0.1))


@of_every_kind
async def test_storage_that_is_not_there_cannot_be_had(what: str):
    with pytest.raises(Unreachable, match="нет связи"):
        await EVERY[what](opened(refused_url()))


@of_every_kind
@pytest.mark.parametrize("wrong", [{"secret_key": "another"}, {"access_key": "another"}], ids=["secret", "key"])
async def test_a_key_that_is_not_taken_is_told(url: str, what: str, wrong: dict[str, str]):
    with pytest.raises(BadCredentials, match="HTTP 403"):
        await EVERY[what](opened(url, **wrong))


@pytest.mark.parametrize("what", ["put", "get", "delete", "below"])
async def test_a_bucket_that_does_not_exist_is_no_missing_file(url: str, what: str):
    with pytest.raises(Rejected, match="такого бакета нет"):
        await EVERY[what](opened(url, bucket="another"))


@of_every_kind
async def test_what_it_will_not_do_is_not_asked_again(storage: S3, fake: FakeS3, what: str):
    fake.always = 400
    with pytest.raises(Rejected, match="HTTP 400"):
        await EVERY[what](storage)
    assert len(fake.asked) == 1


@of_every_kind
async def test_no_error_tells_a_secret_even_where_the_storage_does(storage: S3, fake: FakeS3, what: str):
    fake.always, fake.says = 403, f"key {fake.access_key} with {fake.secret_key} is wrong"
    with pytest.raises(OutsideError) as told:
        await EVERY[what](storage)
    said = f"{told.value!r} {told.value.__cause__!r} {told.value.__context__!r}"
    assert fake.secret_key not in said and fake.access_key not in said


async def test_what_the_environment_says_of_another_storage_changes_nothing(
    url: str, fake: FakeS3, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "other",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_SESSION_TOKEN": "other",
        "AWS_ENDPOINT": refused_url(),
        "AWS_ENDPOINT_URL_S3": refused_url(),
        "AWS_REGION": "eu-west-1",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():
        monkeypatch.setenv(name, value)
    storage = opened(url)
    await _put(storage)
    assert await storage.get(PATH) == b"1" == fake.files[PATH].content


async def test_an_address_with_a_path_and_a_slash_at_its_end_is_taken(url: str, fake: FakeS3):
    await _put(opened(f"{url}/"))
    assert PATH in fake.files


async def test_nobody_is_talked_to_without_encryption_unless_the_address_says_so(url: str, fake: FakeS3):
    with pytest.raises(Unreachable):
        await EVERY["put"](opened(url.replace("http://", "https://"), deadline=2))
    assert fake.asked == []


async def test_a_missing_file_is_no_fault(storage: S3):
    with pytest.raises(NotFound, match="файла нет"):
        await storage.get(PATH)
