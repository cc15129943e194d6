"""The one way to an HTTP vendor: a time limit, reads repeated, every failure sorted by what the caller should do."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, SecretStr

from saudager import hosts
from saudager.clock import Clock
from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.told import read_json

if TYPE_CHECKING:
    import ssl

    import httpx

TIMEOUT = 30.0
REPEATS = 3
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_LONGEST_RETRY_AFTER = 3600.0
_EXCERPT = 300
_MAX_BYTES = 32 * 1024 * 1024
_NOT_ACCEPTED = (401, 402, 403)
_REQUEST_TIMEOUT = 408
_jitter = SystemRandom().random

File = tuple[str, bytes, str]
"""Name, content, MIME type."""


def _fits_a_header(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value().strip()
    if not (value and value.isascii() and value.isprintable()):
        raise ValueError("expected the key as the vendor shows it: Latin letters, digits and signs")
    return SecretStr(value)


HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_a_header)]
"""A key or token of a vendor, fit to be sent in a header; spaces around it are left out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read to the end; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@cache
def _trusted() -> "ssl.SSLContext":
    """The certificates of this machine, read once for all vendors: 30 ms."""
    import httpx

    return httpx.create_ssl_context()


class HttpClient:
    """Calls one vendor with one set of credentials.

    Writes go out once. Reads are repeated up to three times, after 0.5, 1 and 2 seconds give or take half (or after the
    ``Retry-After`` of the answer, when that is at most 30 seconds) if nothing arrived, no answer came, or it was a 429,
    a 408 or a 5xx.

    ``turn`` is entered around every single request: a vendor that cannot do two things at once passes a lock.
    ``secrets`` are blanked in every error message. ``sort`` may name the error a failed answer means at this vendor
    (what makes it of a sentence); None leaves it to the status code. ``excerpt`` is what of an answer may stand in an
    error message, ``silence`` what stands there when none came in time. ``proxy`` is asked in the vendor's place.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        clock: Clock,
        headers: Mapping[str, str] | None = None,
        secrets: Collection[str] = (),
        timeout: float = TIMEOUT,
        turn: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext,
        sort: Callable[[Answer], Callable[[str], OutsideError] | None] = lambda answer: None,
        excerpt: Callable[[Answer], str] = lambda answer: answer.text,
        silence: str = "no answer within {seconds:g} s",
        proxy: str | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        jitter: Callable[[], float] = _jitter,
    ) -> None:
        self._vendor = vendor
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._headers = dict(headers or {})
        self._secrets = [secret for secret in secrets if secret]
        self._timeout = timeout
        self._turn = turn
        self._sort = sort
        self._says = excerpt
        self._silence = silence.format(seconds=timeout)
        self._proxy = proxy
        self._transport = transport
        self._jitter = jitter
        self._opened: httpx.AsyncClient | None = None
        self.skew: timedelta | None = None
        """How far the vendor's clock is ahead of ours, by its last answer; None when it has not told."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        asked: str,
        read: bool | None = None,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | Sequence[tuple[str, File]] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """One request to ``base_url + path`` with an optional JSON body, or with the fields of a form and its files (in
        pairs where several have one field's name), or with these very bytes.

        ``asked`` says in error messages what was wanted. ``read`` declares that repeating does no harm (default: GET).
        Statuses in ``accept`` are returned like a 2xx, every other one is raised: RateLimited (429), BadCredentials
        (401, 402, 403), Rejected (other 3xx and 4xx), and for what was lost or a 5xx: Unreachable for a read or when
        no connection was made, Unanswered for a write.
        """
        request = self._client().build_request(
            method,
            self._base_url + path,
            params=dict(params or {}),
            json=body,
            data=form,
            files=files,
            content=content,
            headers={**self._headers, **(headers or {})},
        )
        is_read = method == "GET" if read is None else read
        return await self._repeating(request, asked, is_read=is_read, accept=accept)

    async def call_json(self, method: str, path: str, *, asked: str, **circumstances: Any) -> dict[str, Any]:
        """Like ``call``, for an answer that must be a JSON object; raises UnrecognisedPayload for anything else."""
        return self.json_object(await self.call(method, path, asked=asked, **circumstances), asked=asked)

    async def fetch(
        self, url: str, *, asked: str, max_bytes: int, accept: Collection[int] = (), **request: Any
    ) -> Answer:
        """Read a file kept anywhere, without this client's credentials and outside its turn.

        ``request`` goes to ``httpx.AsyncClient.build_request`` (headers, extensions). Raises like a read of ``call``,
        and Rejected when there are more than ``max_bytes``.
        """
        prepared = self._client().build_request("GET", url, **request)
        return await self._repeating(
            prepared, asked, is_read=True, accept=accept, max_bytes=max_bytes, turn=nullcontext
        )

    def json_object(self, answer: Answer, *, asked: str) -> dict[str, Any]:
        """The body as a JSON object; raises UnrecognisedPayload when it is none."""
        try:
            parsed = read_json(answer.body)
        except ValueError:
            raise UnrecognisedPayload(self._sentence(asked, f"not JSON: {self._excerpt(answer)}")) from None
        if not isinstance(parsed, dict):
            raise UnrecognisedPayload(self._sentence(asked, f"not a JSON object: {self._excerpt(answer)}"))
        return parsed

    def describe(self, answer: Answer, *, asked: str) -> str:
        """A sentence for an error: who, what was asked, the status and the first 300 characters; never a secret."""
        return self._sentence(asked, f"HTTP {answer.status}: {self._excerpt(answer)}")

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    def _client(self) -> "httpx.AsyncClient":
        if self._opened is None:
            import httpx

            self._opened = httpx.AsyncClient(
                transport=self._transport, proxy=self._proxy, timeout=self._timeout, verify=_trusted()
            )
        return self._opened

    async def _repeating(
        self, request: "httpx.Request", asked: str, *, is_read: bool, accept: Collection[int], **limits: Any
    ) -> Answer:
        repeat = 0
        while True:
            wanted_pause = None
            try:
                answer = await self._exchange(request, asked, is_read=is_read, **limits)
                if 200 <= answer.status < 300 or answer.status in accept:
                    return answer
                wanted_pause = self._retry_after(answer)
                raise self._failure(answer, asked, wanted_pause, is_read=is_read)
            except (Unreachable, Unanswered, RateLimited):
                if not is_read or repeat == REPEATS or (wanted_pause or 0) > _LONGEST_PAUSE:
                    raise
            pause = max(_FIRST_PAUSE * 2**repeat * (0.5 + self._jitter()), wanted_pause or 0)
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))
            repeat += 1

    async def _exchange(
        self,
        request: "httpx.Request",
        asked: str,
        *,
        is_read: bool,
        max_bytes: int = _MAX_BYTES,
        turn: Callable[[], AbstractAsyncContextManager[Any]] | None = None,
    ) -> Answer:
        import httpx

        lost = Unreachable if is_read else Unanswered
        if hosts.tells_secrets(request.url.host):
            raise Rejected(self._sentence(asked, f"{request.url.host} cannot be a vendor's address"))
        try:
            async with (turn or self._turn)(), asyncio.timeout(self._timeout):
                response = await self._client().send(request, stream=True, follow_redirects=False)
                try:
                    return await self._read(response, asked, max_bytes)
                finally:
                    await response.aclose()
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(self._sentence(asked, self._silence)) from error
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise Unreachable(self._sentence(asked, f"no connection: {error}")) from error
        except httpx.UnsupportedProtocol as error:
            raise Rejected(self._sentence(asked, str(error))) from error
        except httpx.DecodingError as error:
            raise UnrecognisedPayload(self._sentence(asked, f"broken compression: {error}")) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise lost(self._sentence(asked, self._silence)) from error
        except httpx.TransportError as error:
            raise lost(self._sentence(asked, f"the connection was cut: {error}")) from error

    async def _read(self, response: "httpx.Response", asked: str, max_bytes: int) -> Answer:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > max_bytes:
                raise Rejected(self._sentence(asked, f"the answer is larger than {max_bytes // 1024 // 1024} MB"))
        self._compare_clocks(response.headers.get("date", ""))
        return Answer(response.status_code, dict(response.headers), bytes(body))

    def _compare_clocks(self, date: str) -> None:
        """By the header every server with a clock sends (RFC 9110, 6.6.1)."""
        with suppress(ValueError):
            self.skew = parsedate_to_datetime(date) - self._clock.now()

    def _failure(self, answer: Answer, asked: str, wanted_pause: float | None, *, is_read: bool) -> OutsideError:
        sentence = self.describe(answer, asked=asked)
        if kind := self._sort(answer):
            return kind(sentence)
        if answer.status == 429:
            return RateLimited(sentence) if wanted_pause is None else RateLimited(sentence, retry_after=wanted_pause)
        if answer.status in _NOT_ACCEPTED:
            return BadCredentials(sentence)
        if answer.status >= 500 or answer.status == _REQUEST_TIMEOUT:
            return Unreachable(sentence) if is_read else Unanswered(sentence)
        return Rejected(sentence)

    def _retry_after(self, answer: Answer) -> float | None:
        """Seconds, from either form of the header (RFC 9110, 10.2.3): a number or a date; never more than an hour."""
        written = answer.headers.get("retry-after", "").strip()
        if written.isascii() and written.isdigit():
            return min(float(written), _LONGEST_RETRY_AFTER)
        try:
            moment = parsedate_to_datetime(written)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        ahead: float = (moment - self._clock.now()).total_seconds()
        return min(max(0.0, ahead), _LONGEST_RETRY_AFTER)

    def _sentence(self, asked: str, happened: str) -> str:
        return self._blank(f"{self._vendor}: {asked}: {happened}")

    def _excerpt(self, answer: Answer) -> str:
        return self._blank(" ".join(self._says(answer)[: 4 * _EXCERPT].split()))[:_EXCERPT]

    def _blank(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text
