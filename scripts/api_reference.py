"""docs/api-reference: a page for each group of calls, and the OpenAPI documents of both services."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from saudager.api.answers import OPEN
from saudager.api.openapi import describe
from saudager.bootstrap import bootstrap
from saudager.cli.site import site
from saudager.keys import Scope
from saudager.settings import Settings

Json = dict[str, Any]
FOLDER = "api-reference"
SERVICES = ("gateway", "agent")
_LINK = re.compile(r"docs/([\w/-]+\.md)")
_INDEX = """# API reference

Every call of the two services, made by `make docs` from their OpenAPI documents: [gateway.json](gateway.json) and
[agent.json](agent.json). The pages of the console are for people and no interface: they may change with any
version. What passes in the queues: [queues](../queues.md), [asyncapi.json](../asyncapi.json).

`saudager up` serves both on port 8000; as processes of their own the gateway answers on `PORT` (8000) and the agent on
`AGENT_PORT` (8001). The `curl` lines (7.82 or newer) are for `saudager up` on your own machine, with a key in `KEY`.

## Keys

`saudager key create NAME --scope SCOPE` prints a key, once. It is sent as `Authorization: Bearer …` or as `X-API-Key`;
calendar programs may send it as the password of any name. Without one that opens the call the answer is 401. A key with
the scope `all` opens everything but the calls between the services. A call that wants no key says why.

{scopes}

## Errors

A mistake is answered with its status and a sentence in Russian:

```json
{"error": "Слишком много данных в одном запросе."}
```

Below `/api/v1` a 422 names the field that is wrong. Every call may answer 500 (something broke here; the logs say
what), and 404 or 405 for an address or a method that is not there. A browser, which asks for `text/html`, gets a page.

## Calls
"""


class Empty(Settings):
    """Settings of which nothing comes from the environment."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, init_settings: Any, **__: Any) -> tuple[Any]:
        return (init_settings,)


def documents() -> dict[str, Json]:
    """The OpenAPI document of each service, as it would serve itself with nothing set."""
    with TemporaryDirectory() as folder:
        app = bootstrap(Empty(data_dir=Path(folder)), hosted=False, poll=None)
        found = {}
        for app.service in SERVICES:
            found[app.service] = describe(site(app).routes, description=f"What the {app.service} answers.")
        asyncio.run(app.close())
    return found


def pages() -> dict[str, str]:
    """By name: README.md, one page a group, and the documents themselves."""
    both = documents()
    written = {f"{name}.json": json.dumps(one, ensure_ascii=False, indent=2) + "\n" for name, one in both.items()}
    groups: dict[str, Json] = {}
    for service, document in both.items():
        for tag in document["tags"]:
            groups.setdefault(tag["name"], {"says": tag["description"], "calls": {}})
        for call in _calls(document):
            calls = groups[call["tag"]]["calls"]
            calls.setdefault((call["method"], call["path"]), call | {"services": []})["services"].append(service)
    lines = [_INDEX.replace("{scopes}", _scopes(groups))]
    for name, group in groups.items():
        page = _file(name)
        written[page] = _page(name, group)
        lines += [f"### [{name}]({page})", "", _linked(group["says"]), "", "| call | who may | what |", "|---|---|---|"]
        lines += [
            f"| [`{call['method']} {call['path']}`]({page}#{_anchor(call)}) | {_who(call)} | {_first(call['says'])} |"
            for call in group["calls"].values()
        ]
        lines.append("")
    written["README.md"] = "\n".join(lines).rstrip() + "\n"
    return written


def _scopes(groups: dict[str, Json]) -> str:
    """Which groups each scope opens."""
    lines = ["| scope | opens |", "|---|---|"]
    for scope in Scope:
        opened = [
            f"[{name}]({_file(name)})"
            for name, group in groups.items()
            if any(f"`{scope}`" in _who(call) for call in group["calls"].values())
        ]
        lines.append(f"| `{scope}` | {', '.join(opened) or 'all of these'} |")
    return "\n".join(lines)


def _file(group: str) -> str:
    return f"{group.lower().replace(' ', '-')}.md"


def _calls(document: Json) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                "method": method.upper(),
                "path": path,
                "tag": operation["tags"][0],
                "says": " ".join(operation.get("description", "").split()),
                "operation": operation,
                "document": document,
            }


def _page(name: str, group: Json) -> str:
    calls = list(group["calls"].values())
    shared = set.intersection(*(set(_faults(call)) for call in calls))
    shared = shared if len(calls) > 1 else set()
    lines = [f"# {name}", "", _linked(group["says"]), "", "[All calls](README.md), keys and errors."]
    if shared:
        lines += [
            "",
            "Every call of this page may answer:",
            "",
            "| status | means | answer |",
            "|---|---|---|",
            *sorted(shared),
        ]
    for call in calls:
        lines += ["", f"## {call['method']} {call['path']}", "", _linked(call["says"]), "", _terms(call)]
        lines += [*_parameters(call), *_body(call), *_answers(call, shared)]
    return "\n".join(lines) + "\n"


def _anchor(call: Json) -> str:
    return re.sub(r"[^\w\s-]", "", f"{call['method']} {call['path']}".lower()).replace(" ", "-")


def _linked(text: str) -> str:
    return _LINK.sub(r"[\1](../\1)", text)


def _first(text: str) -> str:
    return _linked(re.split(r"(?<=[.?!])\s", text)[0]).replace("|", "\\|")


def _who(call: Json) -> str:
    if OPEN in call["operation"]:
        return "open"
    scheme, scopes = next(iter(call["operation"]["security"][0].items()))
    return "SERVICE_KEY" if scheme == "service_key" else " or ".join(f"`{scope}`" for scope in scopes)


def _terms(call: Json) -> str:
    where = " and ".join(call["services"])
    if OPEN in call["operation"]:
        return f"*Open: {call['operation'][OPEN]}. Answered by {where}.*"
    if _who(call) == "SERVICE_KEY":
        return f"*Wants `SERVICE_KEY` as a bearer token. Answered by {where}.*"
    return f"*Wants a key with the scope {_who(call)}. Answered by {where}.*"


def _parameters(call: Json) -> list[str]:
    some = call["operation"].get("parameters", [])
    if not some:
        return []
    rows = []
    for one in some:
        says = _meaning(one, needed=one.get("required", False))
        rows.append(f"| `{one['name']}` | {one['in']} | {_kind(one['schema'])} | {says} |")
    return ["", "| parameter | in | type | |", "|---|---|---|---|", *rows]


def _body(call: Json) -> list[str]:
    lines = ["", "```sh", _curl(call), "```"]
    content = call["operation"].get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return lines
    schema = content["application/json"]["schema"]
    for name, fields in _tables(schema, call["document"]):
        lines += ["", f"{name}:" if name else "The body:", "", "| field | type | |", "|---|---|---|"]
        lines += fields
    return lines


def _tables(schema: Json, document: Json) -> Iterator[tuple[str, list[str]]]:
    """The fields of a body, and of what stands in it, each kind once."""
    waiting, seen = [("", schema)], []
    while waiting:
        name, one = waiting.pop(0)
        one = resolved(one, document)
        if one in seen:
            continue
        seen.append(one)
        inner = [part for part in one.get("anyOf", one.get("oneOf", [])) if part.get("type") != "null"]
        if "properties" in one:
            needed = one.get("required", [])
            yield (
                name,
                [
                    f"| `{field}` | {_kind(part)} | {_meaning(part, needed=field in needed)} |"
                    for field, part in one["properties"].items()
                ],
            )
            inner = [
                deeper
                for part in one["properties"].values()
                for deeper in (part, *part.get("anyOf", []), *part.get("oneOf", []))
            ]
        for part in inner:
            target = part.get("items", part) if part.get("type") == "array" else part
            full = resolved(target, document)
            if "properties" in full or ("anyOf" in full and "$ref" in target) or "oneOf" in full:
                waiting.append((f"`{full.get('title', '')}`" if full.get("title") else "", target))


def _meaning(one: Json, *, needed: bool) -> str:
    schema = one.get("schema", one)
    said = one.get("description") or schema.get("description") or ""
    default = schema.get("default")
    words = [
        "Needed."
        if needed
        else ""
        if default in (None, "", [])
        else f"Left out: `{json.dumps(default, ensure_ascii=False)}`."
    ]
    return " ".join(filter(None, [*words, " ".join(said.split()).replace("|", "\\|")]))


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"]) if len(schema["enum"]) < 12 else "a word"
    if "const" in schema:
        return f"`{schema['const']}`"
    for of in ("anyOf", "oneOf"):
        if of in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[of]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("title") and "properties" in schema:
        return f"`{schema['title']}`"
    kind = str(schema.get("format") or schema.get("type", "anything"))
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None and most < 10**6:
        return f"{kind}, {least:g} to {most:g}"
    longest = schema.get("maxLength")
    return f"{kind}, up to {longest} signs" if longest else kind


def _curl(call: Json) -> str:
    operation, document = call["operation"], call["document"]
    path, query = call["path"], []
    for one in operation.get("parameters", []):
        value = one["schema"].get("examples", [one["name"].upper() if one["schema"].get("type") == "string" else 1])[0]
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", str(value))
        elif one["in"] == "query" and one.get("required"):
            query.append(f"{one['name']}={value}")
    words = ["curl"]
    if call["method"] in ("PUT", "PATCH", "DELETE"):
        words.append(f"-X {call['method']}")
    words.append(shlex.quote(f"http://127.0.0.1:8000{path}" + (f"?{'&'.join(query)}" if query else "")))
    if OPEN not in operation:
        words.append(
            f'-H "Authorization: Bearer ${"SERVICE_KEY" if "service_key" in str(operation["security"]) else "KEY"}"'
        )
    example = example_of_body(operation, document)
    if example is not None:
        words.append(f"--json {shlex.quote(json.dumps(example, ensure_ascii=False))}")
    elif call["method"] == "POST":
        words.append("-X POST")
    return " ".join(words)


def _answers(call: Json, shared: set[str]) -> list[str]:
    lines, rows = [], []
    for status, answer in sorted(call["operation"]["responses"].items()):
        shown = example_of_answer(answer, call["document"])
        if not _is_fault(shown):
            rows.append(f"| {status} | {_says(answer)} | {'' if shown is None else 'as shown'} |")
        if shown is not None and not _is_fault(shown):
            text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, indent=2)
            lines += [
                "",
                f"Answer, {status}:",
                "",
                f"```{'text' if isinstance(shown, str) else 'json'}",
                text.rstrip(),
                "```",
            ]
    rows += [row for row in _faults(call) if row not in shared]
    return [*lines, "", "| status | means | answer |", "|---|---|---|", *rows]


def _faults(call: Json) -> list[str]:
    """The rows of what may go wrong."""
    return [
        f"| {status} | {_says(answer)} | `{json.dumps(shown, ensure_ascii=False)}` |"
        for status, answer in sorted(call["operation"]["responses"].items())
        if _is_fault(shown := example_of_answer(answer, call["document"]))
    ]


def _is_fault(shown: object) -> bool:
    return isinstance(shown, dict) and list(shown) == ["error"]


def _says(answer: Json) -> str:
    kinds = [kind for kind in answer.get("content", {}) if kind != "application/json"]
    said = "It is done." if answer["description"] == "Successful Response" else answer["description"]
    return f"{said} ({', '.join(f'`{kind}`' for kind in kinds)})" if kinds else said


def example_of_body(operation: Json, document: Json) -> Any:
    """What is posted, or None for a call without a body of ours."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else _example(content, document)


def example_of_answer(answer: Json, document: Json) -> Any:
    """What is answered: JSON, or a text; None where there is none to show."""
    for kind, content in answer.get("content", {}).items():
        if kind == "application/json" or "example" in content:
            return _example(content, document)
    return None


def _example(content: Json, document: Json) -> Any:
    return content["example"] if "example" in content else example(content.get("schema", {}), document)


def example(schema: Json, document: Json) -> Any:
    """What such a thing looks like: its own example, or one put together of those of its parts."""
    if "examples" in schema:
        return _in_order(schema["examples"][0], schema, document)
    schema = resolved(schema, document)
    if "examples" in schema:
        return _in_order(schema["examples"][0], schema, document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for of in ("anyOf", "oneOf"):
        if of in schema:
            return example(next((one for one in schema[of] if one.get("type") == "null"), schema[of][0]), document)
    match schema.get("type"):
        case "array":
            return [example(schema.get("items", {}), document)]
        case "object":
            return {name: example(part, document) for name, part in schema.get("properties", {}).items()}
        case "string":
            return "2026-03-11T07:00:00Z" if schema.get("format") == "date-time" else "…"
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return schema.get("default", True)
    return None


def _in_order(shown: Any, schema: Json, document: Json) -> Any:
    """The same with the fields in the order the schema has them: Pydantic sorts those of an example."""
    schema = resolved(schema, document)
    for of in ("anyOf", "oneOf"):
        whole = [one for one in schema.get(of, ()) if one.get("type") != "null" and set(one) - {"required"}]
        schema = resolved(whole[0], document) if len(whole) == 1 else schema
    if isinstance(shown, list):
        return [_in_order(one, schema.get("items", {}), document) for one in shown]
    if not isinstance(shown, dict):
        return shown
    parts = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    names = [*(name for name in parts if name in shown), *(name for name in shown if name not in parts)]
    return {
        name: _in_order(shown[name], parts.get(name, rest if isinstance(rest, dict) else {}), document)
        for name in names
    }


def resolved(schema: Json, document: Json) -> Json:
    """What the schema refers to, or itself."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
