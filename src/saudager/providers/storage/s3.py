"""Files in a bucket of any storage that speaks S3."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from saudager.errors import BadCredentials, NotFound, OutsideError, Rejected, Unreachable

if TYPE_CHECKING:
    from obstore.store import S3Credential

DEADLINE = 30.0
_REPEATS = 2
_FIRST_PAUSE = timedelta(milliseconds=100)
_PAGE = 1000
_LONGEST = 300
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>\s*([\w.]{1,80})\s*</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_NO_BUCKET = "NoSuchBucket"


class S3:
    """One bucket, asked by path (``https://host/bucket/…``), which every such storage understands. A request may take
    ``deadline`` seconds and is repeated twice after a 5xx or a lost connection: putting a file twice does no harm.

    The age of a file counts by the storage's own clock, the only one its lists tell. What ``AWS_…`` variables say in
    the environment is not ours and changes nothing. ``http://`` is spoken only to an ``endpoint`` that begins so.
    """

    def __init__(
        self,
        bucket: str,
        *,
        access_key: str,
        secret_key: str,
        region: str,
        endpoint: str | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        address = endpoint or f"https://s3.{region}.amazonaws.com"
        self._named = f"хранилище S3 ({bucket}, {urlsplit(address).netloc.rpartition('@')[2]})"
        self._secrets = (secret_key, access_key)
        limit = timedelta(seconds=deadline)
        key: S3Credential = {
            "access_key_id": access_key,
            "secret_access_key": secret_key,
            "token": None,
            "expires_at": None,
        }
        self._store = S3Store(
            bucket,
            config={
                "endpoint": address,
                "aws_endpoint_url_s3": address,  # the variable of that name goes before any "endpoint"
                "region": region,
                "skip_signature": False,
                "virtual_hosted_style_request": False,
                "disable_bulk_delete": True,  # not every storage has it
            },
            credential_provider=lambda: key,
            client_options={
                "allow_http": address.startswith("http://"),
                "allow_invalid_certificates": False,
                "timeout": limit,
                "connect_timeout": min(limit, timedelta(seconds=10)),
            },
            retry_config={"max_retries": _REPEATS, "retry_timeout": limit, "backoff": {"init_backoff": _FIRST_PAUSE}},
        )

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        with self._sorted():
            try:
                await self._store.put_async(
                    path, content, attributes={"Content-Type": mime_type}, use_multipart=False, mode="overwrite"
                )
            except FileNotFoundError as error:
                raise self._no_bucket() from error

    async def get(self, path: str) -> bytes:
        with self._sorted():
            try:
                found = await self._store.get_async(path)
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise self._no_bucket() from error
                raise NotFound("файла нет: он ещё не пришёл или уже удалён") from None

    async def has(self, path: str) -> bool:
        with self._sorted():
            try:
                await self._store.head_async(path)
            except FileNotFoundError:
                return False
        return True

    async def delete(self, path: str) -> None:
        with self._sorted():
            try:
                await self._store.delete_async(path)
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise self._no_bucket() from error

    async def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """Buckets list their files in the order of their paths, from any of them on
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, read 2026-11)."""
        folder = prefix.rpartition("/")[0]
        with self._sorted():
            async for page in self._store.list(folder or None, offset=prefix[:-1] or None, chunk_size=_PAGE):
                for one in page:
                    if not (path := one["path"]).startswith(prefix):
                        if path > prefix:
                            return
                    elif before is None or one["last_modified"].astimezone(UTC) < before:
                        yield path

    async def halves(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """A file is put by one request, of which nothing stays when it is cut."""
        nothing: tuple[str, ...] = ()
        for path in nothing:
            yield path

    async def close(self) -> None:
        """Nothing is held that would have to be given back."""

    @contextmanager
    def _sorted(self) -> Iterator[None]:
        try:
            yield
        except BaseError as error:
            raise self._meant(str(error)) from None  # the whole of it quotes the request

    def _meant(self, said: str) -> OutsideError:
        status = _STATUS.search(said)
        number = int(status[1]) if status else 0
        says = self._quoted(said, number)
        if number in (401, 403):
            return BadCredentials(f"{self._named}: ключ не подходит или прав не хватает: {says}")
        if _NO_BUCKET in said:
            return self._no_bucket()
        if 300 <= number < 500 and number not in (408, 429):
            return Rejected(f"{self._named} не делает этого: {says}")
        return Unreachable(f"{self._named} не отвечает: {says}")

    def _no_bucket(self) -> Rejected:
        return Rejected(f"{self._named}: такого бакета нет, создайте его или проверьте S3_BUCKET")

    def _quoted(self, said: str, status: int) -> str:
        """What it said, in short and without a secret."""
        code, message = _CODE.search(said), _MESSAGE.search(said)
        words = [f"HTTP {status}"] if status else ["нет связи или ответа в срок"]
        words += [found[1].strip() for found in (code, message) if found]
        text = " ".join(words)
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text[:_LONGEST]
