"""The wire formats of the model vendors, as their published specifications have them: what they take, what they give.

Chat completions: openai-openapi ``CreateChatCompletionRequest`` and OpenRouter's ``ChatRequest``. Gemini: the v1beta
``GenerateContentRequest``. Error bodies: each vendor's page on errors, and what users pasted into public issues.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_CHAT_FIELDS = {
    "messages", "model", "max_completion_tokens", "max_tokens", "response_format", "temperature", "top_p", "seed",
    "stop", "stream", "metadata", "user", "reasoning_effort", "service_tier", "tools", "tool_choice",
}  # fmt: skip
_GEMINI_FIELDS = {"systemInstruction", "contents", "generationConfig", "safetySettings", "tools", "toolConfig"}
_GEMINI_CONFIG = {"maxOutputTokens", "temperature", "topP", "topK", "seed", "responseMimeType", "responseSchema"}
_GEMINI_SCHEMA = {
    "type", "format", "title", "description", "nullable", "enum", "items", "maxItems", "minItems", "properties",
    "required", "minProperties", "maxProperties", "minimum", "maximum", "minLength", "maxLength", "pattern", "example",
    "anyOf", "propertyOrdering", "property_ordering", "default",
}  # fmt: skip
_ROLES = {
    "openai": {"developer", "user", "assistant"},
    "openrouter": {"system", "user", "assistant"},
    "compatible": {"system", "user", "assistant"},
}

Problem = tuple[int, dict[str, Any], dict[str, str]]
"""Status, body and headers of an answer that is an error."""


class WrongRequest(Exception):
    """The vendor would refuse this request."""


@dataclass(frozen=True)
class Asked:
    """One request, in one form for all vendors."""

    kind: str
    model: str
    instructions: str
    """The system prompt."""
    lines: list[tuple[str, str]]
    """(user or assistant, text) of everything after it; parts of one message are joined by a newline."""
    schema: dict[str, Any] | None
    max_tokens: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def last(self) -> str:
        return self.lines[-1][1]


@dataclass(frozen=True)
class Reply:
    """What a model gives. ``finish``: stop, length, filter (withheld), tools, error (half-way). None: no such field."""

    text: str | None = ""
    finish: str = "stop"
    model: str | None = None
    tokens_in: int = 120
    tokens_out: int = 30
    tokens_cached: int = 0
    tokens_thought: int = 0
    cost: float | None = None
    refusal: str | None = None
    tool_calls: tuple[tuple[str, dict[str, Any]], ...] = ()


def read_chat(kind: str, headers: Mapping[str, str], body: Any) -> Asked:
    """A chat completion request; raises WrongRequest."""
    known = _CHAT_FIELDS | ({"usage"} if kind == "openrouter" else set())
    _require(not set(body) - known, f"Unknown parameter: {sorted(set(body) - known)}")
    limit = "max_completion_tokens" if kind == "openai" else "max_tokens"
    _require(isinstance(body.get(limit), int), f"{limit} is missing")
    _require("max_tokens" not in body or kind != "openai", "Unsupported parameter: 'max_tokens'")
    messages = body.get("messages") or []
    _require(bool(messages), "messages must not be empty")
    for message in messages:
        _require(message.get("role") in _ROLES[kind], f"role {message.get('role')!r} is not supported")
        _require(isinstance(message.get("content"), str) and message["content"] != "", "content must be a text")
    schema = None
    if wanted := body.get("response_format"):
        _require(wanted.get("type") == "json_schema", "response_format: expected a json_schema")
        described = wanted["json_schema"]
        _require(set(described) <= {"name", "description", "schema", "strict"}, "json_schema: unknown parameter")
        schema = described["schema"]
        if described.get("strict"):
            _check_strict(schema)
    first, *rest = messages
    _require(first["role"] in ("system", "developer"), "the instructions come first")
    lines = [(message["role"], message["content"]) for message in rest]
    return Asked(kind, body["model"], first["content"], lines, schema, body[limit], dict(headers), body)


def read_gemini(model: str, headers: Mapping[str, str], body: Any) -> Asked:
    """A generateContent request; raises WrongRequest."""
    _require(not set(body) - _GEMINI_FIELDS, f"Unknown name {sorted(set(body) - _GEMINI_FIELDS)}")
    config = body.get("generationConfig", {})
    _require(not set(config) - _GEMINI_CONFIG, f"Unknown name {sorted(set(config) - _GEMINI_CONFIG)}")
    _require(isinstance(config.get("maxOutputTokens"), int), "maxOutputTokens is missing")
    lines = []
    for content in body.get("contents") or []:
        _require(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
        _require(all(set(part) == {"text"} and part["text"] for part in content["parts"]), "empty text parameter")
        text = "\n".join(part["text"] for part in content["parts"])
        lines.append(("assistant" if content["role"] == "model" else "user", text))
    _require(bool(lines), "contents are required")
    _require(lines[-1][0] == "user", "Please ensure that multiturn requests end with a user role.")
    turns = pairwise(lines)
    _require(all(one[0] != two[0] for one, two in turns), "multiturn requests alternate between user and model")
    schema = config.get("responseSchema")
    if schema is not None:
        _require(config.get("responseMimeType") == "application/json", "responseSchema needs application/json")
        for node in _nodes(schema):
            _require(not set(node) - _GEMINI_SCHEMA, f"schema: Unknown name {sorted(set(node) - _GEMINI_SCHEMA)}")
    instructions = "\n".join(part["text"] for part in body["systemInstruction"]["parts"])
    return Asked("gemini", model, instructions, lines, schema, config["maxOutputTokens"], dict(headers), body)


def chat_answer(asked: Asked, reply: Reply) -> dict[str, Any]:
    """A ``CreateChatCompletionResponse``."""
    ends = {"filter": "content_filter", "tools": "tool_calls"}
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.refusal is not None:
        message["refusal"] = reply.refusal
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": json.dumps(values)}}
            for place, (name, values) in enumerate(reply.tool_calls)
        ]
    choice: dict[str, Any] = {"index": 0, "finish_reason": ends.get(reply.finish, reply.finish), "message": message}
    if reply.finish == "error":
        choice["error"] = {"code": 502, "message": "Upstream error"}
    usage: dict[str, Any] = {
        "prompt_tokens": reply.tokens_in,
        "completion_tokens": reply.tokens_out + reply.tokens_thought,
        "total_tokens": reply.tokens_in + reply.tokens_out + reply.tokens_thought,
        "prompt_tokens_details": {"cached_tokens": reply.tokens_cached},
        "completion_tokens_details": {"reasoning_tokens": reply.tokens_thought},
    }
    if reply.cost is not None:
        usage["cost"] = reply.cost
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": reply.model or asked.model,
        "choices": [choice],
        "usage": usage,
    }


def gemini_answer(asked: Asked, reply: Reply) -> dict[str, Any]:
    """A ``GenerateContentResponse``; a refusal is a blocked prompt, which has no candidates."""
    usage = {
        "promptTokenCount": reply.tokens_in,
        "candidatesTokenCount": reply.tokens_out,
        "thoughtsTokenCount": reply.tokens_thought,
        "cachedContentTokenCount": reply.tokens_cached,
        "totalTokenCount": reply.tokens_in + reply.tokens_out + reply.tokens_thought,
    }
    common = {"usageMetadata": usage, "modelVersion": reply.model or asked.model, "responseId": "r1"}
    if reply.refusal is not None:
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **common}
    ends = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY", "tools": "STOP", "error": "OTHER"}
    parts: list[dict[str, Any]] = [{"text": reply.text}] if reply.text else []
    parts += [{"functionCall": {"name": name, "args": values}} for name, values in reply.tool_calls]
    candidate: dict[str, Any] = {"index": 0, "finishReason": ends[reply.finish]}
    if parts:
        candidate["content"] = {"role": "model", "parts": parts}
    return {"candidates": [candidate], **common}


def problem(kind: str, fault: str, *, model: str, retry_after: int) -> Problem:
    """The vendor's own words for a fault; raises KeyError where it does not occur."""
    if kind == "gemini":
        return _gemini_problems(model, retry_after)[fault]
    if kind == "openrouter":
        return _openrouter_problems(model, retry_after)[fault]
    return _openai_problems(model, retry_after)[fault]


def _openai_problems(model: str, retry_after: int) -> dict[str, Problem]:
    def body(message: str, type_: str, code: str | None) -> dict[str, Any]:
        return {"error": {"message": message, "type": type_, "param": None, "code": code}}

    spent = "You exceeded your current quota, please check your plan and billing details."
    long = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."
    gone = f"The model `{model}` does not exist or you do not have access to it."
    abroad = "Country, region, or territory not supported"
    limit = f"Rate limit reached for {model} on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000."
    header = {"Retry-After": str(retry_after)}
    return {
        "rate_limit": (429, body(limit, "tokens", "rate_limit_exceeded"), header),
        "quota": (429, body(spent, "insufficient_quota", "insufficient_quota"), {}),
        "no_credits": (402, body("Payment required", "billing_error", None), {}),
        "bad_key": (401, body("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"), {}),
        "forbidden": (403, body(abroad, "request_forbidden", "unsupported_country_region_territory"), {}),
        "no_model": (404, body(gone, "invalid_request_error", "model_not_found"), {}),
        "too_long": (400, body(long, "invalid_request_error", "context_length_exceeded"), {}),
        "too_large": (413, body("Request body is too large.", "invalid_request_error", None), {}),
        "refused": (400, body("Invalid value.", "invalid_request_error", "invalid_value"), {}),
        "server": (500, body("The server had an error while processing your request.", "server_error", None), {}),
        "overloaded": (503, body("The engine is currently overloaded.", "server_error", None), header),
    }


def _openrouter_problems(model: str, retry_after: int) -> dict[str, Problem]:
    def body(code: int, message: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"error": {"code": code, "message": message} | ({"metadata": metadata} if metadata else {})}

    long = "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens."
    broke = "Insufficient credits. Add more using https://openrouter.ai/credits"
    daily = "Rate limit exceeded: free-models-per-day"
    injection = {"patterns": ["ignore all previous instructions"]}
    upstream = {"raw": f"{model} is temporarily rate-limited upstream", "provider_name": "Google"}
    header = {"Retry-After": str(retry_after)}
    return {
        "rate_limit": (429, body(429, "Provider returned error", upstream), header),
        "quota": (429, body(429, daily), {}),
        "no_credits": (402, body(402, broke), {}),
        "bad_key": (401, body(401, "User not found."), {}),
        "forbidden": (403, body(403, "Only management keys can perform this operation"), {}),
        "key_limit": (403, body(403, "Key limit exceeded (total limit)"), {}),
        "flagged": (403, body(403, "Request blocked: prompt injection patterns detected", injection), {}),
        "no_model": (404, body(404, f"No endpoints found for {model}."), {}),
        "too_long": (400, body(400, long), {}),
        "too_large": (413, body(413, "Request payload too large"), {}),
        "refused": (400, body(400, "Invalid request parameters"), {}),
        "timed_out": (408, body(408, "Operation timed out. Please try again later."), {}),
        "server": (502, body(502, "Provider returned error", {"provider_name": "Google", "raw": "upstream"}), {}),
        "overloaded": (529, body(529, "Provider returned error"), header),
        "rate_limit_in_200": (200, body(429, "Provider returned error", upstream), {}),
        "server_in_200": (200, body(502, "Provider returned error"), {}),
    }


def _gemini_problems(model: str, retry_after: int) -> dict[str, Problem]:
    def body(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
        return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}

    def quota(quota_id: str) -> dict[str, Any]:
        return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota_id}]}

    spent = "You exceeded your current quota, please check your plan and billing details."
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"}
    minute = quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
    day = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    long = "The input token count (1050000) exceeds the maximum number of tokens allowed (1048576)."
    gone = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
    return {
        "rate_limit": (429, body(429, "RESOURCE_EXHAUSTED", spent, minute, retry), {}),
        "quota": (429, body(429, "RESOURCE_EXHAUSTED", spent, day), {}),
        "no_credits": (429, body(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), {}),
        "bad_key": (400, body(400, "INVALID_ARGUMENT", "API key not valid. Pass a valid API key.", reason), {}),
        "forbidden": (403, body(403, "PERMISSION_DENIED", "Your project has been denied access."), {}),
        "no_model": (404, body(404, "NOT_FOUND", gone), {}),
        "too_long": (400, body(400, "INVALID_ARGUMENT", long), {}),
        "too_large": (413, body(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."), {}),
        "refused": (400, body(400, "INVALID_ARGUMENT", "Request contains an invalid argument."), {}),
        "server": (500, body(500, "INTERNAL", "An internal error has occurred."), {}),
        "overloaded": (503, body(503, "UNAVAILABLE", "The model is overloaded.", retry), {}),
    }


def _check_strict(schema: dict[str, Any]) -> None:
    """OpenAI's strict mode: every object closed, every property required, no default."""
    for node in _nodes(schema):
        _require("default" not in node, "Invalid schema for response_format: 'default' is not permitted.")
        if node.get("type") == "object":
            closed = node.get("additionalProperties") is False
            _require(closed, "Invalid schema for response_format: 'additionalProperties' is required to be false.")
            named = sorted(node.get("required", [])) == sorted(node.get("properties", {}))
            _require(named, "Invalid schema for response_format: 'required' must include every key in properties.")


def _nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and every schema in it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for part in [*inner, schema.get("items")]:
        if isinstance(part, dict):
            yield from _nodes(part)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WrongRequest(otherwise)
