"""Files in a bucket of any storage that speaks S3, each request signed as AWS Signature Version 4 wants it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and, for lists,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (both read 2026-11).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx
from httpx_auth import AWS4Auth

from saudager.errors import BadCredentials, NotFound, OutsideError, Rejected, Unreachable

DEADLINE = 30.0
_CONNECTED_WITHIN = 10.0
_PAUSES = (0.1, 0.2)
"""Seconds before a request is repeated the first and the second time."""
_LONGEST = 300
_CODE = re.compile(r"<Code>\s*([\w.]{1,80})\s*</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_NO_BUCKET = "NoSuchBucket"
_BUSY = (408, 429)


class S3:
    """One bucket, asked by path (``https://host/bucket/…``), which every such storage understands. A request may take
    ``deadline`` seconds and is repeated twice after a 5xx or a lost connection: putting a file twice does no harm.

    The age of a file counts by the storage's own clock, the only one its lists tell; a signature by this machine's,
    which the storage compares with its own. ``http://`` is spoken only to an ``endpoint`` that begins so.
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
        address = urlsplit(endpoint or f"https://s3.{region}.amazonaws.com")
        host = address.netloc.rpartition("@")[2]
        self._bucket = f"{address.scheme}://{host}{address.path.rstrip('/')}/{_quoted(bucket)}"
        self._named = f"хранилище S3 ({bucket}, {host})"
        self._secrets = (secret_key, access_key)
        self._signature = AWS4Auth(access_id=access_key, secret_key=secret_key, region=region, service="s3")
        self._deadline = deadline
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(deadline, connect=min(deadline, _CONNECTED_WITHIN)))

    async def put(self, path: str, content: bytes, *, mime_type: str, now: datetime) -> None:
        await self._ask("PUT", path, content=content, headers={"content-type": mime_type})

    async def get(self, path: str) -> bytes:
        answer = await self._ask("GET", path, accept=404)
        if answer.status_code == 404:
            raise NotFound("файла нет: он ещё не пришёл или уже удалён")
        return answer.content

    async def has(self, path: str) -> bool:
        return (await self._ask("HEAD", path, accept=404)).status_code != 404

    async def delete(self, path: str) -> None:
        await self._ask("DELETE", path, accept=404)

    async def below(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        page = {"list-type": "2", "prefix": prefix}
        while True:
            listed = self._read(await self._ask("GET", "", query=page))
            for row in listed.iterfind("{*}Contents"):
                put_at = datetime.fromisoformat(row.findtext("{*}LastModified", ""))
                if before is None or put_at < before:
                    yield row.findtext("{*}Key", "")
            if not (token := listed.findtext("{*}NextContinuationToken")):
                return
            page["continuation-token"] = token

    async def halves(self, prefix: str, *, before: datetime | None = None) -> AsyncIterator[str]:
        """A file is put by one request, of which nothing stays when it is cut."""
        nothing: tuple[str, ...] = ()
        for path in nothing:
            yield path

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        accept: int | None = None,
    ) -> httpx.Response:
        """A good answer, or one of the status that is accepted, unless it says that there is no such bucket."""
        where, answer = f"{self._bucket}/{_quoted(path)}" if path else self._bucket, None
        try:
            async with asyncio.timeout(self._deadline):
                for pause in (*_PAUSES, None):
                    try:
                        answer = await self._client.request(
                            method, where, params=query, content=content, headers=headers, auth=self._signature
                        )
                    except httpx.RequestError:
                        answer = None
                    if pause is None or (answer is not None and answer.status_code < 500):
                        break
                    await asyncio.sleep(pause)
        except TimeoutError:
            answer = None
        if answer is None:
            raise Unreachable(f"{self._named} не отвечает: нет связи или ответа в срок")
        if answer.is_success or (answer.status_code == accept and _NO_BUCKET not in answer.text):
            return answer
        raise self._meant(answer)

    def _read(self, answer: httpx.Response) -> ElementTree.Element:
        try:
            return ElementTree.fromstring(answer.content)  # noqa: S314 (the storage is the merchant's own)
        except ElementTree.ParseError:
            raise Unreachable(f"{self._named}: вместо списка файлов пришло другое") from None

    def _meant(self, answer: httpx.Response) -> OutsideError:
        status, says = answer.status_code, self._says(answer)
        if status in (401, 403):
            return BadCredentials(f"{self._named}: ключ не подходит или прав не хватает: {says}")
        if _NO_BUCKET in answer.text:
            return Rejected(f"{self._named}: такого бакета нет, создайте его или проверьте S3_BUCKET")
        if status < 500 and status not in _BUSY:
            return Rejected(f"{self._named} не делает этого: {says}")
        return Unreachable(f"{self._named} не отвечает: {says}")

    def _says(self, answer: httpx.Response) -> str:
        """What it said, in short and without a secret."""
        found = (_CODE.search(answer.text), _MESSAGE.search(answer.text))
        text = " ".join([f"HTTP {answer.status_code}", *(one[1].strip() for one in found if one)])
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text[:_LONGEST]


def _quoted(path: str) -> str:
    return quote(path, safe="/-_.~")
