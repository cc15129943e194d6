"""The four kinds of vendor as Agno knows them, opened so that nothing they answer is lost on the way.

Imported only when an engine is opened: Agno, an SDK and httpx2 take half a second or more, and 33 to 47 MB.
"""

import asyncio
import copy
import gc
import logging
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

os.environ["AGNO_TELEMETRY"] = "false"  # the environment beats every argument of Agno, so it is set before the import

import httpx2
from agno.models.message import Message
from agno.models.response import ModelResponse
from agno.utils.log import agent_logger
from pydantic import BaseModel

from saudager.providers.llm import Decision, FaultKind
from saudager.providers.llm.agno.faults import ErrorInAnswer, Trouble
from saudager.providers.llm.agno.messages import Line
from saudager.providers.llm.agno.schemas import hint, response_format

if TYPE_CHECKING:
    from saudager.providers.llm.agno import Kind

_MAY_NOT_ENFORCE = ("openrouter", "compatible")
_LIMITS = {
    "openrouter": "max_tokens",
    "compatible": "max_tokens",
    "openai": "max_completion_tokens",
    "gemini": "max_output_tokens",
}
"""What Agno calls the most tokens of an answer."""
_USUAL_ENDS = {None, "", "stop", "tool_calls", "function_call", "STOP", "FINISH_REASON_UNSPECIFIED"}
_CUT_ENDS = {"length", "MAX_TOKENS"}

_CANNED = {
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}],
    "candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "{}"}]}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1},
}
"""An answer in either vendor's words."""
_NOBODY = httpx2.MockTransport(lambda request: httpx2.Response(200, json=_CANNED))

agent_logger.disabled = True  # it prints failures to stdout; here every failure is raised
for _talkative in ("httpx2", "openai", "google_genai"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One answer in our words. ``trouble`` is set when it ended as it should not; its tokens are paid all the same."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost: Decimal | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class Engine:
    """One of Agno's models and the one HTTP client under it."""

    kind: "Kind"
    model: Any
    http: httpx2.AsyncClient

    async def ask(
        self,
        lines: Sequence[Line],
        into: type[BaseModel] | None,
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> Arrived:
        """One request. Raises what Agno raises; ``faults.trouble_of`` reads it."""
        wanted: Any = into
        if into is not None and self.kind != "gemini":
            wanted = response_format(into)
        if into is not None and self.kind in _MAY_NOT_ENFORCE:
            lines = [Line("system", f"{lines[0].text}\n\n{hint(into)}"), *lines[1:]]
        model = self.model
        if temperature is not None or max_tokens is not None:
            model = copy.copy(model)  # others are asking the same one meanwhile
            model.temperature = temperature
            if max_tokens is not None:
                setattr(model, _LIMITS[self.kind], max_tokens)
        parsed = await model.ainvoke(
            messages=[Message(role=line.role, content=line.text) for line in lines],
            assistant_message=Message(role="assistant"),
            response_format=wanted,
        )
        return _arrived(self.kind, parsed)

    async def close(self) -> None:
        await self.http.aclose()


def open_engine(kind: "Kind", *, base_url: str, model: str, api_key: str, max_tokens: int) -> Engine:
    """For a worker thread: it takes its time, and the first time runs an event loop of its own."""
    _rehearse(kind)
    http = httpx2.AsyncClient(timeout=None, verify=_trusted())  # the caller holds the deadline
    make = _gemini if kind == "gemini" else _chat
    return Engine(kind, make(kind, base_url, model, api_key, max_tokens, http), http)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates of this machine, read once for all engines: 20 ms."""
    return httpx2.create_ssl_context()


@cache
def _rehearse(kind: "Kind") -> None:
    """Ask once without a network: what the SDK imports and builds at its first request would stop the event loop."""

    async def ask() -> None:
        async with httpx2.AsyncClient(transport=_NOBODY) as http:
            make = _gemini if kind == "gemini" else _chat
            engine = Engine(kind, make(kind, "http://localhost", "none", "none", 1, http), http)
            await engine.ask([Line("system", "."), Line("user", ".")], Decision)

    asyncio.run(ask())
    gc.collect()  # after so many imports a full pass is due, and would stop the event loop for 50 ms in an answer


def _chat(kind: "Kind", base_url: str, model: str, api_key: str, max_tokens: int, http: httpx2.AsyncClient) -> Any:
    from agno.models.openai import OpenAIChat
    from agno.models.openai.like import OpenAILike
    from agno.models.openrouter import OpenRouter
    from openai import AsyncOpenAI

    vendor = {"openrouter": OpenRouter, "openai": OpenAIChat, "compatible": OpenAILike}[kind]
    limit = {_LIMITS[kind]: max_tokens}
    told = {"extra_body": {"usage": {"include": True}}} if kind == "openrouter" else {}
    key = api_key or "none"
    # clients are made here, not by Agno, which would take addresses and accounts from the environment
    client = AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=None, http_client=http)
    return _keeping(vendor)(id=model, api_key=key, async_client=client, **limit, **told)


def _gemini(kind: "Kind", base_url: str, model: str, api_key: str, max_tokens: int, http: httpx2.AsyncClient) -> Any:
    from agno.models.google import Gemini
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=base_url,
        api_version="v1beta",
        httpx_async_client=http,
        httpx_client=httpx2.Client(transport=_NOBODY),  # never asked; of its own it would open one to the network
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    client = genai.Client(vertexai=False, api_key=api_key, http_options=options)
    return _keeping(Gemini)(
        id=model, api_key=api_key, client=client, max_output_tokens=max_tokens, retry_with_guidance=False
    )


def _keeping(vendor: Any) -> Any:
    """The vendor's class that keeps the answer as it came: Agno drops the finish reason and the model's true name."""

    class Keeping(vendor):  # type: ignore[misc]
        def _parse_provider_response(self, response: Any, **circumstances: Any) -> ModelResponse:
            if error := getattr(response, "error", None):
                raise ErrorInAnswer(error)
            parsed: ModelResponse = super()._parse_provider_response(response, **circumstances)
            parsed.extra = {"answer": response}
            return parsed

    return Keeping


def _arrived(kind: "Kind", parsed: ModelResponse) -> Arrived:
    assert parsed.extra is not None
    answer, used = parsed.extra["answer"], parsed.response_usage
    ended, refusal, model = _gemini_end(answer) if kind == "gemini" else _chat_end(answer)
    thought = used.reasoning_tokens if used and kind == "gemini" else 0  # Google counts them apart, OpenAI within
    cost = used.cost if used and kind == "openrouter" else None
    return Arrived(
        text=parsed.content if isinstance(parsed.content, str) else "",
        model=model or "",
        tokens_in=used.input_tokens if used else 0,
        tokens_out=used.output_tokens + thought if used else 0,
        tokens_cached=used.cache_read_tokens if used else 0,
        cost=None if cost is None else Decimal(str(cost)),
        trouble=_trouble_of_end(ended, refusal),
    )


def _chat_end(answer: Any) -> tuple[str | None, str | None, str | None]:
    """(finish reason, words of refusal, model) of a ChatCompletion, which the SDK does not validate."""
    choice = answer.choices[0]
    if error := getattr(choice, "error", None):
        raise ErrorInAnswer(error)
    return choice.finish_reason, getattr(choice.message, "refusal", None), getattr(answer, "model", None)


def _gemini_end(answer: Any) -> tuple[str | None, str | None, str | None]:
    feedback = answer.prompt_feedback
    if feedback and feedback.block_reason:
        return None, f"the prompt was blocked ({feedback.block_reason.name})", answer.model_version
    reason = answer.candidates[0].finish_reason if answer.candidates else None
    return (reason.name if reason else None), None, answer.model_version


def _trouble_of_end(ended: str | None, refusal: str | None) -> Trouble | None:
    if refusal:
        return Trouble(FaultKind.BAD_OUTPUT, f"the model refused: {refusal[:300]}")
    if ended in _CUT_ENDS:
        return Trouble(FaultKind.TRUNCATED, "the answer was cut at the token limit")
    if ended == "error":
        return Trouble(FaultKind.SERVER, "the model failed half-way")
    if ended not in _USUAL_ENDS:
        return Trouble(FaultKind.BAD_OUTPUT, f"the vendor withheld the answer ({ended})")
    return None
