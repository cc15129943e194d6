"""Numbers from outside: whatever stands in an address or a form, the console says no in a sentence."""

import re
from collections.abc import Iterator
from enum import EnumType
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.console.conftest import OpenConsole

pytestmark = pytest.mark.slow

BEYOND = (2**63, -1, 0, "9" * 5000)
NOWHERE = ("abc", "|abc", f"|{2**63}", "2026-03-09T05:00:00+00:00|", "0001-01-01T00:00:00+14:00|1")
_ENDLESS = "/console/events"


@pytest.mark.parametrize("value", BEYOND, ids=lambda value: str(value)[:20])
async def test_no_number_from_outside_breaks_a_page(open_console: OpenConsole, value: object) -> None:
    console = await open_console()
    console.http._transport.raise_app_exceptions = False
    routes = list(_routes(console.site))
    assert len(routes) > 90
    broken = []
    for method, path, asked, form in routes:
        address = re.sub(r"{\w+}", str(value), path)
        for query in (_filled(asked, value), {}):
            if method == "GET":
                answer = await console.get(address, params=query)
            else:
                answer = await console.post(address, _filled(form, value), params=query)
            if answer.status_code == 500:
                broken.append((method, path, sorted(query), answer.text[:60]))
    assert broken == []


@pytest.mark.parametrize("after", NOWHERE)
async def test_a_list_that_cannot_go_on_from_there_says_so(open_console: OpenConsole, after: str) -> None:
    console = await open_console()
    answer = await console.get("/console/contacts/list", params={"after": after})
    assert (answer.status_code, "Откройте список сначала" in answer.text) == (404, True)


def _routes(site: FastAPI) -> Iterator[tuple[str, str, list[Any], list[Any]]]:
    """Every page and deed of the console with the fields of its query and its form."""
    for route in iter_route_contexts(site.routes):
        if route.endpoint is None or not hasattr(route, "dependant") or route.path == _ENDLESS:
            continue
        takes = list(_with_its_own(route.dependant))
        query, form = (
            [field for one in takes for field in getattr(one, f"{kind}_params")] for kind in ("query", "body")
        )
        for method in route.methods:
            yield method, route.path, query, form


def _with_its_own(dependant: Any) -> Iterator[Any]:
    yield dependant
    for one in dependant.dependencies:
        yield from _with_its_own(one)


def _filled(fields: list[Any], value: object) -> dict[str, str]:
    return {field.alias: _passing(field.field_info.annotation) or str(value) for field in fields}


def _passing(annotation: Any) -> str | None:
    """A word that is taken where no number may stand, so that the numbers beside it are looked at."""
    if annotation is bool:
        return "1"
    if isinstance(annotation, EnumType):
        return str(next(iter(annotation)))
    return next((one for one in get_args(annotation) if isinstance(one, str)), None)
