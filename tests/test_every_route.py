"""Every route of both services, as they are really served: its headers, its errors, and what its document promises."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from saudager import web
from saudager.cli import main
from saudager.keys import Scope

TRIES = int(os.environ.get("TRIES", "1"))
"""Calls of each operation with each key; ``TRIES=500 pytest tests/test_every_route.py`` for a long run."""
SERVICE_KEY = "s" * 40
ERRORS = {400, 401, 403, 404, 405, 409, 413, 421, 422, 424, 503}
"""What a route may answer besides what it was asked for."""
Walk = Callable[[FastAPI, str], None]
Serve = Callable[[str, Walk], None]

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Run a command of the product, and the walk over what it serves beside it."""
    for name, value in {"DATA_DIR": str(tmp_path), "SERVICE_KEY": SERVICE_KEY, "LOG_LEVEL": "ERROR"}.items():
        monkeypatch.setenv(name, value)
    really = web.serve

    def run(command: str, walk: Walk) -> None:
        async def serve(site: FastAPI, host: str, port: int, *, on_ready: Any) -> None:
            address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(really(site, "127.0.0.1", 0, on_ready=address.set_result))
            try:
                await asyncio.to_thread(walk, site, (await address).rstrip("/"))
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

        monkeypatch.setattr(web, "serve", serve)
        done = CliRunner().invoke(main, [command], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    return run


def new_key(*scopes: str) -> str:
    words = [word for scope in scopes for word in ("--scope", scope)]
    told = CliRunner().invoke(main, ["key", "create", f"{'-'.join(scopes)}", *words], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output.split()[-1]


def routes(site: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(site.routes):
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            yield method, str(route.path)


def filled(path: str) -> str:
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


def is_guarded(answer: httpx.Response) -> bool:
    """The headers every answer has, whoever asked for what and however it ended."""
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    cookies = headers.get_list("set-cookie")
    is_stylesheet = headers.get("content-type", "").startswith("text/css")  # says nothing of anybody
    return (
        headers.get("x-content-type-options") == "nosniff"
        and headers.get("x-frame-options") == "DENY"
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
        and "*" not in policy
        and (is_stylesheet or {"no-store", "no-cache"} & set(headers.get("cache-control", "").split(", ")))
        and headers.get("referrer-policy") in ("same-origin", "no-referrer")
        and not {"server", "x-powered-by", "access-control-allow-origin"} & headers.keys()
        and all("httponly" in cookie.lower() and "samesite=lax" in cookie.lower() for cookie in cookies)
    )


def test_every_answer_of_every_route_has_the_safe_headers_whatever_it_is(served: Serve) -> None:
    bare: list[Any] = []
    walked = Counter[int]()

    def walk(site: FastAPI, address: str) -> None:
        with httpx.Client(base_url=address, timeout=60) as http:

            def ask(method: str, path: str, **request: Any) -> None:
                with http.stream(method, path, **request) as answer:
                    walked[answer.status_code] += 1
                    if not is_guarded(answer):
                        bare.append((method, path, answer.status_code, dict(answer.headers)))

            for method, path in routes(site):
                ask(method, filled(path))
                ask(method, filled(path), headers={"accept": "text/html", "origin": "https://evil.example"})
                ask("TRACE", filled(path))
            for path in ("/none", "/console/none", "/console/static/none.js", "/console/static/", "/api/v1/none", "/"):
                ask("GET", path)
            ask("GET", "/console/static/console.css")

    served("up", walk)
    assert bare == []
    assert {200, 303, 401, 404, 405} <= walked.keys()
    assert sum(walked.values()) > 600


def judge(operation: Any, mode: GenerationMode, address: str, headers: dict[str, str], seen: Counter[int]) -> None:
    published = operation.path.startswith("/api/v1/")

    @given(case=operation.as_strategy(generation_mode=mode))
    @tries(
        max_examples=TRIES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def judged(case: Any) -> None:
        response = case.call(base_url=address, headers=headers, timeout=60, allow_redirects=False)
        seen[response.status_code] += 1
        assert response.status_code in ERRORS or response.status_code < 400, (operation.label, response.text[:500])
        if published:
            # a made-up Authorization beside our own good X-API-Key is let in, and rightly
            case.validate_response(response, headers=headers, excluded_checks=[ignored_auth])

    with suppress(*([Unsatisfiable] if mode is GenerationMode.NEGATIVE else [])):  # nothing about it can be wrong
        judged()


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # of what no published document lists
@pytest.mark.parametrize("command", ["gateway", "agent"])
def test_schemathesis_finds_nothing_in_any_operation_with_any_key(served: Serve, command: str) -> None:
    doors = {"nobody": {}, "service key": {"authorization": f"Bearer {SERVICE_KEY}"}}
    doors |= {str(scope): {"x-api-key": new_key(scope.value)} for scope in Scope}
    seen = Counter[int]()
    operations = 0

    def walk(site: FastAPI, address: str) -> None:
        nonlocal operations
        asked = [one for one in iter_route_contexts(site.routes) if not str(one.path).startswith("/console")]
        document = get_openapi(title="all", version="1", routes=asked)
        for one in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = one.ok()
            operations += 1
            for headers in doors.values():
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    judge(operation, mode, address, headers, seen)

    served(command, walk)
    print(f"\n{command}: {operations} operations, {sum(seen.values())} calls, {dict(seen)}")  # noqa: T201
    assert operations > 20
    assert 500 not in seen
