"""What the OpenAPI document allows or forbids, the routes do: good, bad and repeated input, made by schemathesis."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from schemathesis import GenerationMode

from saudager import keys
from saudager.api.openapi import describe
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.keys import Scope
from saudager.letters import desk
from saudager.letters.tasks import generate_personalized_letter
from saudager.letters.writing import Commission
from saudager.rehearsal import OPENING
from saudager.settings import Settings
from tests.letters.tasks.conftest import site
from tests.letters.tasks.pen import people

DOCUMENT = "/api/v1/openapi.json"
GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TASK = "spring-offer"
TRIES = tries(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
async def app(settings: Callable[..., Settings], pen: Any) -> Any:
    """The product with nothing running, some letters on its desk."""
    opened = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)
    await opened.db.run(people)
    for person in (1, 2, 3):
        await opened.db.run(desk.begin, Commission(person), now=OPENING)
    written = await pen.write(opened, Commission(1), now=OPENING)
    for letter in (1, 2):
        await opened.db.run(desk.store, letter, written, now=OPENING)
    await opened.db.run(generate_personalized_letter.enqueue, recipient_id=5, task_id=TASK, now=OPENING)
    yield opened
    await opened.close()


@pytest.fixture
async def key(app: App) -> str:
    made = keys.new()
    await app.db.run(keys.keep, made, "program", [Scope.LETTERS], now=OPENING)
    return made


async def test_the_document_is_behind_the_key_and_lists_every_call_below_api_v1(app, key):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(app)), base_url="http://shop") as http:
        assert (await http.get(DOCUMENT)).status_code == 401
        document = (await http.get(DOCUMENT, headers={"x-api-key": key})).json()
    paths = set(document["paths"])
    assert {
        "/api/v1/email_marketing/emails/generate_sales_insights/",
        "/api/v1/email_marketing/emails/generate_personalized/",
        "/api/v1/email_marketing/emails/{id}/regenerate_personalized/",
        "/api/v1/email_marketing/emails/task_status/{task_id}/",
    } <= paths
    assert all(path.startswith("/api/v1/") for path in paths)


def operations(web: Any) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(describe(web.routes))
    schema.app = web
    for one in schema.get_all_operations():
        yield one.ok()


def of_what_is_there(case: Any) -> None:
    """The same call about a letter, a task and people that are there."""
    known = {"id": 2, "task_id": TASK}
    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict):
        known = {"company_id": 1, "person_id": 1, "recipient_id": 1, "products": []}
        case.body |= {name: value for name, value in known.items() if name in case.body}


def judge(operation: Any, mode: GenerationMode, headers: dict[str, str], change: Callable[[Any], None]) -> set[int]:
    """Call it with what the document allows or forbids, each call twice; the statuses of the answers."""
    statuses = set[int]()

    @given(case=operation.as_strategy(generation_mode=mode))
    @TRIES
    def judged(case: Any) -> None:
        change(case)
        for _ in range(2):
            response = case.call(headers=headers)
            case.validate_response(response, headers=headers)
            statuses.add(response.status_code)

    judged()
    return statuses


@pytest.mark.slow
def test_schemathesis_finds_nothing(app, key):
    """Sales data are told whatever comes in ``tests/sales``; here only of what is there."""
    headers = {"authorization": f"Bearer {key}"}
    seen: dict[str, set[int]] = {}
    for operation in operations(site(app)):
        seen[operation.label] = judge(operation, GOOD, headers, of_what_is_there)
        if "/sales/" not in operation.path:
            seen[operation.label] |= judge(operation, GOOD, headers, lambda case: None)
            judge(operation, BAD, headers, lambda case: None)
    assert len(seen) >= 11
    assert [label for label, statuses in seen.items() if not statuses & {200, 202, 409}] == []
