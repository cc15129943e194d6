"""Whatever is to be done at some hour is really known to the service that does it, and is written down."""

import ast
import importlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from croniter import croniter

from saudager import duties
from saudager.app import Service
from saudager.console.connections import jobs
from saudager.console.connections.cron import in_words
from saudager.contracts import EMAIL_TASKS
from saudager.duties import duty, housekeeping
from saudager.letters import tasks as letter_tasks
from saudager.queues import tasks
from saudager.queues.schedule import Job
from saudager.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EVERY = duties.EVERY


def job_ids() -> list[str]:
    return [f"{one.task} of {one.queue}" for one in duties.everybodys_jobs(apart=True)]


@pytest.mark.parametrize("apart", [False, True], ids=["one database", "a database each"])
def test_every_job_asks_for_a_task_that_the_service_of_its_queue_knows(apart: bool):
    services: list[tuple[str, Service]] = [("gateway", "gateway" if apart else "both"), ("agent", "both")]
    known = {
        tasks.GATEWAY_QUEUE: {one.task for one in duties.of_gateway(services[0][1])},
        tasks.QUEUE: {one.task for one in duties.AGENT if one.queue == tasks.QUEUE},
    }
    scheduled = duties.everybodys_jobs(apart=apart)
    assert [job for job in scheduled if job.task not in known[job.queue]] == []
    left_out = {one.task for one in EVERY if one.cron} - {job.task for job in scheduled}
    assert left_out == (set() if apart else {"forget_secrets"})


@pytest.mark.parametrize("job", duties.everybodys_jobs(apart=True), ids=job_ids())
def test_every_job_has_an_hour_that_comes_and_words_that_say_when_and_what(job: Job):
    assert croniter.is_valid(job.cron)
    assert in_words(job.cron, lambda text, **values: text % values) != job.cron
    assert all(jobs.WORDS[job.task])


def test_no_words_are_left_of_a_job_that_is_gone():
    assert set(jobs.WORDS) == {one.task for one in EVERY if one.cron}


def test_every_task_has_one_name_a_sentence_and_somebody_who_asks_for_it():
    names = [one.task for one in EVERY]
    assert sorted(names) == sorted(set(names))
    assert [one.task for one in EVERY if not one.does.endswith(".")] == []
    assert [one.task for one in EVERY if not (one.cron or one.due or one.asked)] == []
    known = {name.upper() for name in Settings.model_fields}
    assert [name for name in chain.from_iterable(one.settings for one in EVERY) if name not in known] == []


def test_every_task_stands_in_the_documentation():
    page = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    assert [one.task for one in EVERY if page.count(f"| `{one.task}` |") != 1] == []


def asked_for_in_code() -> Iterator[tuple[str, str]]:
    """Modules and the names of tasks they ask for, where a name stands in the code; others are handed one."""
    for file in sorted((ROOT / "src" / "saudager").rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        if "tasks.enqueue(" not in source:
            continue
        module = importlib.import_module(".".join(file.relative_to(ROOT / "src").with_suffix("").parts))
        for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
            if (
                ast.unparse(call.func) == "tasks.enqueue"
                and (name := ast.unparse(call.args[1])).rpartition(".")[2].isupper()
            ):
                yield file.name, eval(name, vars(module))
            elif ast.unparse(call.func) == "tasks.enqueue" and isinstance(call.args[1], ast.Constant):
                yield file.name, str(call.args[1].value)


def test_every_task_the_code_asks_for_is_known():
    asked = list(asked_for_in_code())
    known = {one.task for one in EVERY}
    assert len(asked) > 15
    assert [one for one in asked if one[1] not in known] == []


def test_letters_are_worked_by_the_tasks_of_their_queue():
    assert {one.task for one in duties.AGENT if one.queue == EMAIL_TASKS} == set(letter_tasks.WORK)
    assert EMAIL_TASKS == letter_tasks.QUEUE


def test_a_gateway_with_a_database_of_its_own_keeps_it_in_order():
    own = {one.task for one in housekeeping.OF_GATEWAY_APART}
    assert own <= {job.task for job in duty.jobs(duties.of_gateway("gateway"))}
    assert not own & {job.task for job in duty.jobs(duties.of_gateway("both"))}
