"""Sorts whatever Agno, an SDK or the network raised by what the order of engines should do about it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from saudager.providers.llm import FaultKind

_EXCERPT = 300
_LONGEST_BODY = 20_000
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|window|size)|prompt is too long|input is too long"
    r"|token count[^.]{0,40} exceeds|exceeds the maximum number of tokens",
    re.IGNORECASE,
)
_SPENT = re.compile(r"insufficient_quota|per[-_ ]?day|credits are depleted|limit: 0\b", re.IGNORECASE)
_KEY_LIMIT = re.compile(r"limit exceeded", re.IGNORECASE)
_BAD_KEY = re.compile(r"api_key_invalid|api key (not valid|expired|not found)", re.IGNORECASE)
_FLAGGED = re.compile(r"content_policy_violation|content_filter|content management policy", re.IGNORECASE)
_FLAGGED_METADATA = ("reasons", "flagged_input", "patterns")
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d+)?)s?")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no usable answer; ``retry_after`` in seconds."""

    kind: FaultKind
    message: str
    retry_after: float | None = None
    may_have_cost: bool = False
    """The request went out and nobody said what became of it."""


class ErrorInAnswer(Exception):
    """HTTP 200 with an error instead of an answer, as OpenRouter sends when a model fails half-way."""

    def __init__(self, error: object) -> None:
        super().__init__(str(error))
        self.error = error


def trouble_of(error: Exception) -> Trouble:
    """Agno keeps the SDK's exception as the cause of its own, and the SDKs keep the HTTP answer or httpx2's error."""
    import httpx2

    for link in _chain(error):
        if isinstance(link, ErrorInAnswer):
            detail = link.error if isinstance(link.error, dict) else {"message": str(link.error)}
            return _by_status(_number(detail.get("code")), detail, {})
        response = getattr(link, "response", None)
        if isinstance(response, httpx2.Response):
            if response.status_code < 400:
                break
            return _by_status(response.status_code, _error_of(response.text), response.headers)
        if isinstance(link, httpx2.TimeoutException):
            is_out = not isinstance(link, httpx2.ConnectTimeout | httpx2.PoolTimeout)
            return Trouble(FaultKind.TIMEOUT, f"no answer ({type(link).__name__})", may_have_cost=is_out)
        if isinstance(link, httpx2.TransportError):
            is_out = not isinstance(link, httpx2.ConnectError)
            return Trouble(FaultKind.CONNECT, _cut(f"the connection failed: {link!r}"), may_have_cost=is_out)
    return Trouble(FaultKind.SERVER, _cut(f"the answer is not what the vendor documents: {error}"))


def _by_status(status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> Trouble:
    whole = json.dumps(error, ensure_ascii=False)[:_LONGEST_BODY]
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    said = f"{error.get('message') or whole} {raw or ''}".strip()
    kind = _kind(status, whole, metadata if isinstance(metadata, dict) else {})
    return Trouble(kind, _cut(f"HTTP {status}: {said}"), _retry_after(error, headers))


def _kind(status: int, error: str, metadata: Mapping[str, Any]) -> FaultKind:
    """Codes: openrouter.ai/docs/errors, platform.openai.com/docs/guides/error-codes, ai.google.dev troubleshooting.

    A 404 is a model that is gone or not ours to use, and like a bad key only a person can mend it. OpenRouter's 403
    with the patterns or reasons found is about the customer's words; it must not stop the engine for everybody.
    """
    if status == 402 or (status == 429 and _SPENT.search(error)):
        return FaultKind.QUOTA
    if status == 429:
        return FaultKind.RATE_LIMIT
    if any(name in metadata for name in _FLAGGED_METADATA) or _FLAGGED.search(error):
        return FaultKind.BAD_OUTPUT
    if status == 403 and _KEY_LIMIT.search(error):
        return FaultKind.QUOTA
    if status in (401, 403, 404) or (status == 400 and _BAD_KEY.search(error)):
        return FaultKind.AUTH
    if status == 408:
        return FaultKind.TIMEOUT
    if status == 413 or _TOO_LONG.search(error):
        return FaultKind.CONTEXT
    return FaultKind.SERVER


def _retry_after(error: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """Seconds of the header, or of google.rpc.RetryInfo in Gemini's details (``"retryDelay": "37s"``)."""
    details = error.get("details")
    delays = [each.get("retryDelay") for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    for written in (headers.get("retry-after"), *delays):
        if isinstance(written, str) and (seconds := _SECONDS.fullmatch(written.strip())):
            return float(seconds.group(1))
    return None


def _error_of(body: str) -> Mapping[str, Any]:
    """The ``error`` object of a body; OpenAI, OpenRouter and Google all wrap it so, Google sometimes in a list."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return {"message": " ".join(body[:_LONGEST_BODY].split())}
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else parsed
    return error if isinstance(error, dict) else {"message": str(error)}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__  # not the context: that may be the fault of an earlier call this one is made after


def _number(code: object) -> int:
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 502


def _cut(text: str) -> str:
    return " ".join(text.split())[:_EXCERPT]
