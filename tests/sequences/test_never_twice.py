"""No step is lost and none is taken twice, whatever dies between two of them and however many processes take them."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import by_hand, journeys, taking, versions
from saudager.automation.models import Journey, JourneyStep
from saudager.bootstrap import SIMULATOR, bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.conversations.models import Contact
from saudager.db.statements import Statement
from saudager.errors import DatabaseFault
from saudager.outreach.models import OutreachVerdict
from saudager.rehearsal import OPENING, rehearse
from saudager.settings import Settings
from tests.sequences.course import Course
from tests.sequences.mortal import KILLED

pytestmark = pytest.mark.slow

ALL_KINDS = """
sequence: all
title: Всего понемногу
steps:
  - send_message: {text: "Первое"}
  - when: [contact.is_client]
    then:
      - add_task: {text: "Дело"}
      - send_letter: {subject: "Письмо", text: "Третье"}
    else:
      - hand_over: {reason: "не туда"}
  - wait: 2d
  - send_message: {text: "Последнее"}
"""
ADDRESS = "aigul@mail.example"


@pytest.mark.parametrize("dies_at", range(1, 7))
async def test_whatever_step_it_dies_at_each_is_taken_once(
    course: Course, dies_at: int, monkeypatch: pytest.MonkeyPatch
):
    """The transaction of the step is lost, as with the machine's power."""
    shop = course.shop
    contact = await course.customer(email=ADDRESS)
    await course.run(_is_client, contact)
    await course.install(ALL_KINDS)
    took, counted = journeys.took, Counter[str]()

    def dies_once(session: Session, *args: Any, **kwargs: Any) -> None:
        took(session, *args, **kwargs)
        counted["steps"] += 1
        if counted["steps"] == dies_at:
            raise DatabaseFault("the power is gone")

    monkeypatch.setattr(journeys, "took", dies_once)
    await course.begins("all", f"contact:{contact}")
    await shop.time_passes(minutes=2)
    await course.later(days=2, hours=1)
    assert counted["steps"] > 6, "a transaction was lost"
    assert shop.answers() == ["Первое", "Последнее"]
    assert [letter.subject for letter in shop.letters(ADDRESS)] == ["Письмо"]
    assert await course.tasks() == ["Дело"]
    assert [path for path, _, _ in await course.steps()] == ["0", "1", "1.then.0", "1.then.1", "2", "3"]
    assert (await course.journey()).state == "finished"


async def test_a_shop_that_is_closed_and_opened_again_goes_on_where_it_was(settings: Callable[..., Settings]):
    clock = MovableClock(OPENING)
    async with rehearse(settings(), clock=clock) as shop:
        course = Course(shop)
        contact = await course.customer(email=ADDRESS)
        await course.run(_is_client, contact)
        await course.install(ALL_KINDS)
        await course.run(_begin_only, contact, now=clock.now())
    clock.move_to(OPENING + timedelta(days=1))
    async with rehearse(settings(), clock=clock) as shop:
        await shop.time_passes(minutes=5)
        assert [path for path, _, _ in await Course(shop).steps()] == ["0", "1", "1.then.0", "1.then.1", "2"]
    clock.move_to(OPENING + timedelta(days=8))
    async with rehearse(settings(), clock=clock) as shop:
        await shop.time_passes(minutes=5)
        assert (await Course(shop).journey()).state == "finished"
        assert (await Course(shop).steps())[-1] == ("3", "send_message", "done")


@pytest.mark.slow
async def test_a_process_that_is_killed_again_and_again_leaves_no_step_out_and_takes_none_twice(
    processes: Callable[[], Any], tmp_path: Path
):
    many, dice = 40, Random(20260311)
    app = await processes()
    await app.db.run(_crowd, app.settings, many, due=many, now=OPENING)
    await app.close()
    moment, kills = OPENING, Counter[int]()
    for days in (0, 9):
        moment += timedelta(days=days)
        for dies_at in [*(dice.randint(1, many) for _ in range(2)), 0]:
            kills[await _lives(tmp_path, moment, dies_at)] += 1
            moment += timedelta(minutes=11)
    assert kills == {KILLED: 4, 0: 2}
    again = await processes()
    taken = await again.db.read(_all_steps)
    assert taken == Counter({(path, "done" if path != "1" else "waited"): many for path in ("0", "1", "2")})
    assert await again.db.read(_taken_and_written) == (many, 2 * many, {"finished"})


async def _lives(folder: Path, moment: Any, dies_at: int) -> int:
    """How a process of the shop ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sequences.mortal", str(folder), moment.isoformat(), str(dies_at)
    )
    return await process.wait()


@pytest.fixture
async def processes(settings: Callable[..., Settings]) -> AsyncIterator[Callable[[], Any]]:
    """Processes on one database, nothing running in them."""
    async with AsyncExitStack() as stack:

        async def start() -> App:
            given = settings(outreach_per_day=10_000, first_contacts_per_day=1000)
            app = bootstrap(given, clock=MovableClock(OPENING), hosted=False, poll=None)
            stack.push_async_callback(app.close)
            await connect_accounts(app, simulator=True)
            return app

        yield start


@pytest.mark.both_kinds
async def test_two_processes_on_one_database_take_each_step_once(processes: Callable[[], Any]):
    first, second = await processes(), await processes()
    many = 250
    await first.db.run(_crowd, first.settings, many, due=many, now=OPENING)
    moved = await asyncio.gather(*(taking.take_steps(app, "t") for app in (first, second) for _ in range(2)))
    assert sum(moved) == many
    assert await first.db.read(_taken_and_written) == (many, many, {"going"})


async def test_what_a_batch_costs_grows_with_what_is_due_and_not_with_who_is_on_the_way(processes: Callable[[], Any]):
    app = await processes()
    await app.db.run(_crowd, app.settings, 10_000, due=100, now=OPENING)
    ours = await taking.carriers(app)
    due = await app.db.read(journeys.due, limit=1000, now=OPENING)
    assert len(due) == 100
    of_one = await app.db.run(_counted, due[:1], ours, app.settings)
    of_fifty = await app.db.run(_counted, due[1:51], ours, app.settings)
    each = (of_fifty - of_one) / 49
    assert each <= 22
    assert of_one - each <= 20
    plan = await app.db.read(_plans)
    assert not any("SCAN j" in line.upper() for line in plan), plan


def _is_client(session: Session, contact: int) -> None:
    session.get_one(Contact, contact).is_client = True


def _begin_only(session: Session, contact: int, *, now: Any) -> None:
    by_hand.begin(session, "all", f"contact:{contact}", by="Дана", now=now)


def _crowd(session: Session, settings: Settings, many: int, *, due: int, now: Any) -> None:
    """So many contacts with chats on their way, the first ``due`` of them at their next step now."""
    source = "{sequence: crowd, title: Толпа, steps: [send_message: {text: 'Здравствуйте, {contact.name}'}, wait: 9d, "
    source += "send_message: {text: Ещё раз}]}"
    automation = versions.save(session, source, by="Дана", zone=settings.zone, now=now)
    versions.switch(session, automation.id, on=True, zone=settings.zone, now=now)
    session.flush()
    for insert in (_PEOPLE, _CHATS):
        insert(session, many=many, now=now, account=SIMULATOR)
    _WAYS(session, many=many, due=due, now=now, later=now + timedelta(days=9), automation=automation.id)


def _taken_and_written(session: Session) -> tuple[int, int, set[str]]:
    steps = session.scalar(select(func.count()).select_from(JourneyStep).where(JourneyStep.path == "0"))
    written = session.scalar(
        select(func.count(OutreachVerdict.about.distinct())).where(OutreachVerdict.verdict == "write")
    )
    return steps or 0, written or 0, set(session.scalars(select(Journey.state)))


def _all_steps(session: Session) -> Counter[tuple[str, str]]:
    return Counter((path, outcome) for path, outcome in session.execute(select(JourneyStep.path, JourneyStep.outcome)))


def _counted(session: Session, due: list[int], ours: Any, settings: Settings) -> int:
    """How many statements it takes."""
    said: list[str] = []
    driver: Any = session.connection().connection.driver_connection
    driver.set_trace_callback(said.append)
    try:
        assert taking.take(session, due, ours, settings, now=OPENING) == len(due)
    finally:
        driver.set_trace_callback(None)
    return len(said)


def _plans(session: Session) -> list[str]:
    driver: Any = session.connection().connection.driver_connection
    asked = (
        "select j.id from journeys j join automations a on a.id = j.automation_id and a.is_on "
        "where j.state = 'going' and j.due_at <= '2026' order by j.due_at, j.id limit 100"
    )
    return [str(row[3]) for row in driver.execute(f"explain query plan {asked}")]


_UP_TO = "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < :many)"
_PEOPLE = Statement(f"""
    insert into contacts (id, name, phone_number, created_at, updated_at) {_UP_TO}
    select n, 'Клиент ' || n, cast(77010000000 + n as text), :now, :now from numbers""")
_CHATS = Statement(f"""
    insert into conversations (contact_id, account, chat, unread, created_at) {_UP_TO}
    select n, :account, cast(77010000000 + n as text) || '@c.us', 0, :now from numbers""")
_WAYS = Statement(f"""
    insert into journeys (automation_id, version, contact_id, about, key, is_single, facts, state, step, due_at,
        due_since, depth, begun_at) {_UP_TO}
    select :automation, 1, n, 'contact:' || n, 'contact:' || n, false, '{{}}', 'going', '0',
        case when n <= :due then :now else :later end, :now, 0, :now from numbers""")
