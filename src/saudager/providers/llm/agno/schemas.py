"""What a structured answer must look like, told to the vendor, and read back by us whatever he enforces."""

import json
import re
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from saudager.providers.llm import M

_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL | re.IGNORECASE)
_FREE_FORM = ("patternProperties", "prefixItems", "oneOf", "allOf", "not")


@cache
def response_format(into: type[BaseModel]) -> dict[str, Any]:
    """OpenAI's ``response_format``; built here because Agno leaves ``default`` in, which strict mode answers with 400.

    Every property is required and no other allowed; a model with free-form objects is sent without ``strict``.
    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    schema = into.model_json_schema()
    strict = _make_strict(schema)
    return {"type": "json_schema", "json_schema": {"name": into.__name__, "schema": schema, "strict": strict}}


@cache
def hint(into: type[BaseModel]) -> str:
    """The schema in words, for a vendor that may take ``response_format`` and not keep to it."""
    schema = json.dumps(response_format(into)["json_schema"]["schema"], ensure_ascii=False, separators=(",", ":"))
    return f"Ответь только одним объектом JSON по этой схеме, без пояснений и без Markdown:\n{schema}"


def read_into(into: type[M], text: str) -> M:
    """The answer as a model; a Markdown fence around the whole of it is allowed, prose is not.

    Raises ValueError whose message says field by field what is wrong, fit to be told to the model.
    """
    plain = text.strip().removeprefix("\ufeff")
    fenced = _FENCED.fullmatch(plain)
    try:
        return into.model_validate_json(fenced.group(1) if fenced else plain)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, each['loc'])) or 'JSON'}: {each['msg']}" for each in error.errors())
        raise ValueError("; ".join(problems)) from None


def _make_strict(schema: dict[str, Any]) -> bool:
    """Close every object of the schema in place; False when one cannot be closed."""
    schema.pop("default", None)
    is_closed = not any(keyword in schema for keyword in _FREE_FORM)
    if schema.get("type") == "object":
        is_closed = is_closed and "properties" in schema and not isinstance(schema.get("additionalProperties"), dict)
        schema.setdefault("additionalProperties", False)
        schema["required"] = list(schema.get("properties", {}))
    named = (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ()))
    inner = [_make_strict(part) for part in (*named, schema.get("items")) if isinstance(part, dict)]
    return is_closed and all(inner)
