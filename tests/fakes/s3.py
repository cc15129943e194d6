"""A fake of storage that speaks S3, over real HTTP: one bucket, one key, and the signature of every request checked.

In a test::

    s3 = FakeS3(clock)
    async with served(s3) as url:
        S3(s3.bucket, endpoint=url, access_key=s3.access_key, secret_key=s3.secret_key, region="kz-1")

The signature: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; the list:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (both read 2026-11).
"""

import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5, sha256
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from saudager.clock import Clock
from tests.fakes.serving import Message, Receive, Send, cut, until_disconnected


@dataclass(frozen=True)
class Kept:
    content: bytes
    mime_type: str
    at: datetime

    @property
    def tag(self) -> str:
        return f'"{md5(self.content).hexdigest()}"'


class FakeS3:
    """``faults`` are for the next requests, one each: a status, "hang" or "cut"; ``always`` is for all of them."""

    bucket, access_key, secret_key, region = "shop-files", "AKFAKE0EXAMPLE", "secret/Key+example", "kz-1"
    page = 2

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.files: dict[str, Kept] = {}
        self.asked: list[str] = []
        """Every request: its method and its path, with the query."""
        self.faults: deque[int | str] = deque()
        self.always: int | str | None = None
        self.says = "no"
        """The message of its errors."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        method, path, query = scope["method"], scope["raw_path"].decode(), scope["query_string"].decode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(f"{method} {path}" + (f"?{query}" if query else ""))
        fault = self.faults.popleft() if self.faults else self.always
        if fault == "hang":
            await until_disconnected(receive)
        elif fault == "cut":
            cut(send)
        elif isinstance(fault, int):
            await self._refuse(send, fault, "Fault")
        elif problem := self._wrong(method, path, query, headers, body):
            await self._refuse(send, 403, problem)
        else:
            await self._answer(send, method, path, dict(parse_qsl(query)), headers, body)

    async def _answer(
        self, send: Send, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> None:
        bucket, _, name = path.removeprefix("/").partition("/")
        if bucket != self.bucket:
            await self._refuse(send, 404, "NoSuchBucket")
        elif not name and method == "GET" and query.get("list-type") == "2":
            await _send(send, 200, self._listed(query).encode(), {"content-type": "application/xml"})
        elif method == "PUT":
            self.files[name] = Kept(body, headers.get("content-type", "binary/octet-stream"), self.clock.now())
            await _send(send, 200, b"", {"etag": self.files[name].tag})
        elif method == "DELETE":
            self.files.pop(name, None)
            await _send(send, 204, b"", {})
        elif name not in self.files:
            await self._refuse(send, 404, "NoSuchKey")
        else:
            kept = self.files[name]
            told = {
                "content-type": kept.mime_type,
                "etag": kept.tag,
                "last-modified": format_datetime(kept.at.astimezone(UTC), usegmt=True),
                "content-length": str(len(kept.content)),
            }
            await _send(send, 200, b"" if method == "HEAD" else kept.content, told)

    def _listed(self, query: Mapping[str, str]) -> str:
        """One page of names in their order, and a token for the next."""
        after = query.get("continuation-token") or query.get("start-after") or ""
        names = sorted(one for one in self.files if one.startswith(query.get("prefix", "")) and one > after)
        page, rest = names[: self.page], names[self.page :]
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{self.files[name].at:%Y-%m-%dT%H:%M:%S.000Z}"
            f"</LastModified><ETag>{escape(self.files[name].tag)}</ETag><Size>{len(self.files[name].content)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.bucket}</Name><KeyCount>{len(page)}</KeyCount><MaxKeys>{self.page}</MaxKeys>"
            f"<IsTruncated>{str(bool(rest)).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        )

    def _wrong(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """The code of what is wrong with a request's signature."""
        written = headers.get("authorization", "").removeprefix("AWS4-HMAC-SHA256 ")
        parts = dict(part.strip().split("=", 1) for part in written.split(",") if "=" in part)
        if not {"Credential", "SignedHeaders", "Signature"} <= parts.keys():
            return "AccessDenied"
        access_key, day, region, service, ending = parts["Credential"].split("/")
        if access_key != self.access_key or "x-amz-security-token" in headers:
            return "InvalidAccessKeyId"
        signed = parts["SignedHeaders"].split(";")
        if not {"host", "x-amz-date", "x-amz-content-sha256"} <= {*signed} or region != self.region:
            return "AuthorizationHeaderMalformed"
        if headers["x-amz-content-sha256"] != sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join(
            (
                method,
                path,
                "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs),
                *(f"{name}:{headers[name].strip()}" for name in signed),
                "",
                ";".join(signed),
                headers["x-amz-content-sha256"],
            )
        )
        scope = f"{day}/{region}/{service}/{ending}"
        to_sign = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, region, service, ending):
            key = hmac.digest(key, part.encode(), "sha256")
        right = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        return None if hmac.compare_digest(right, parts["Signature"]) else "SignatureDoesNotMatch"

    async def _refuse(self, send: Send, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>{escape(self.says)}</Message></Error>"
        await _send(send, status, body.encode(), {"content-type": "application/xml"})


async def _send(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
