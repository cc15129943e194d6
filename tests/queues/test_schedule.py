"""Each moment of a schedule is asked for once, in the shop's time zone, whoever and however many keep it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from saudager.clock import MovableClock
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.queues import table, tasks
from saudager.queues.lanes import Queues
from saudager.queues.schedule import Job, keep_schedule
from saudager.queues.time_travel import settle, travel

ALMATY, BERLIN = ZoneInfo("Asia/Almaty"), ZoneInfo("Europe/Berlin")
HOURLY = Job("report", "0 * * * *")


class Shift:
    """Somebody who keeps the schedule, and somebody who runs what it asks for."""

    def __init__(self, db: Database, start: datetime) -> None:
        self.db = db
        self.clock = MovableClock(start.astimezone(UTC))
        self.ran: list[tuple[str, datetime]] = []
        self.queues = Queues(db, self.clock)
        self._keepers: list[asyncio.Task[None]] = []

    async def begins(self, *jobs: Job, zone: ZoneInfo, keepers: int = 1) -> None:
        async def finish(lease: table.Lease, result: None) -> None:
            await self.db.run(table.finish, lease, now=self.clock.now())

        def noting(name: str) -> tasks.Task:
            async def note(task_id: str) -> None:
                self.ran.append((name, self.clock.now()))

            return note

        self.queues.consume(tasks.POLICY, tasks.runner({job.task: noting(job.task) for job in jobs}, finish))
        self.queues.start()
        for _ in range(keepers):
            self._keepers.append(asyncio.create_task(keep_schedule(self.db, self.clock, list(jobs), zone)))
        await settle(self.queues, patience=5)

    async def until(self, moment: datetime) -> None:
        async with asyncio.timeout(10):
            await travel(self.clock, self.queues, moment.astimezone(UTC))

    def times(self, zone: ZoneInfo, task: str = "report") -> list[str]:
        return [f"{at.astimezone(zone):%d %H:%M %z}" for name, at in self.ran if name == task]

    async def ends(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await self.queues.stop()


@pytest.fixture
async def shift(db: Database) -> AsyncIterator[Callable[[datetime], Shift]]:
    shifts: list[Shift] = []

    def at(start: datetime) -> Shift:
        shifts.append(Shift(db, start))
        return shifts[-1]

    yield at
    for one in shifts:
        await one.ends()


Begin = Callable[[datetime], Shift]


async def test_a_job_runs_at_its_moments_in_the_shops_time_zone(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 0, tzinfo=ALMATY))
    await day.begins(Job("report", "17 3 * * *"), zone=ALMATY)
    await day.until(datetime(2026, 3, 13, 12, 0, tzinfo=ALMATY))
    assert day.times(ALMATY) == ["12 03:17 +0500", "13 03:17 +0500"]


async def test_two_jobs_of_one_moment_both_run(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 30, tzinfo=ALMATY))
    await day.begins(HOURLY, Job("sweep", "0 */2 * * *"), zone=ALMATY)
    await day.until(datetime(2026, 3, 11, 14, 30, tzinfo=ALMATY))
    assert day.times(ALMATY) == ["11 13:00 +0500", "11 14:00 +0500"]
    assert day.times(ALMATY, "sweep") == ["11 14:00 +0500"]


async def test_of_several_who_keep_the_schedule_one_wins_each_moment(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 30, tzinfo=ALMATY))
    await day.begins(HOURLY, zone=ALMATY, keepers=3)
    await day.until(datetime(2026, 3, 11, 15, 30, tzinfo=ALMATY))
    assert day.times(ALMATY) == ["11 13:00 +0500", "11 14:00 +0500", "11 15:00 +0500"]


async def test_moments_missed_while_nobody_ran_are_not_made_up_for(shift: Begin):
    start = datetime(2026, 3, 11, 12, 30, tzinfo=ALMATY)
    first = shift(start)
    await first.begins(HOURLY, zone=ALMATY)
    await first.until(start + timedelta(hours=1))
    await first.ends()
    second = shift(start + timedelta(days=2))
    await second.begins(HOURLY, zone=ALMATY)
    await second.until(start + timedelta(days=2, hours=1))
    assert (first.times(ALMATY), second.times(ALMATY)) == (["11 13:00 +0500"], ["13 13:00 +0500"])


async def test_a_start_exactly_at_a_moment_runs_it_next_time(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 0, tzinfo=ALMATY))
    await day.begins(HOURLY, zone=ALMATY)
    await day.until(datetime(2026, 3, 11, 13, 0, tzinfo=ALMATY))
    assert day.times(ALMATY) == ["11 13:00 +0500"]


async def test_a_process_that_overslept_several_moments_asks_for_one_of_them(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 30, tzinfo=ALMATY))
    await day.begins(HOURLY, zone=ALMATY)
    day.clock.move_to(datetime(2026, 3, 11, 16, 10, tzinfo=ALMATY).astimezone(UTC))
    await settle(day.queues)
    assert day.times(ALMATY) == ["11 16:10 +0500"]
    await day.until(datetime(2026, 3, 11, 17, 30, tzinfo=ALMATY))
    assert day.times(ALMATY)[1:] == ["11 17:00 +0500"]


async def test_the_hour_that_comes_twice_is_kept_twice_and_evenly(shift: Begin):
    day = shift(datetime(2026, 10, 25, 0, 5, tzinfo=BERLIN))
    await day.begins(Job("report", "*/30 * * * *"), Job("sweep", "15 * * * *"), zone=BERLIN)
    await day.until(datetime(2026, 10, 25, 4, 5, tzinfo=BERLIN))
    at = [moment for name, moment in day.ran if name == "report"]
    assert len(at) == 10
    assert {later - earlier for earlier, later in pairwise(at)} == {timedelta(minutes=30)}
    assert len(day.times(BERLIN, "sweep")) == 5
    assert [moment for _, moment in day.ran] == sorted(moment for _, moment in day.ran)


async def test_the_hour_that_does_not_come_neither_stops_nor_repeats_a_job(shift: Begin):
    day = shift(datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN))
    await day.begins(Job("report", "30 2 * * *"), Job("sweep", "*/30 * * * *"), zone=BERLIN)
    await day.until(datetime(2026, 3, 30, 12, 0, tzinfo=BERLIN))
    assert day.times(BERLIN)[-1] == "30 02:30 +0200"
    assert len(day.times(BERLIN)) <= 2
    sweeps = [at for name, at in day.ran if name == "sweep"]
    assert {later - earlier for earlier, later in pairwise(sweeps)} == {timedelta(minutes=30)}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # where a missing table is an outage
async def test_a_database_that_is_away_for_a_while_does_not_end_the_schedule(shift: Begin, db: Database):
    day = shift(datetime(2026, 3, 11, 12, 30, tzinfo=ALMATY))
    await day.begins(HOURLY, zone=ALMATY)
    await db.run(_rename, "queue_messages", "elsewhere")
    await day.until(datetime(2026, 3, 11, 13, 1, tzinfo=ALMATY))
    await db.run(_rename, "elsewhere", "queue_messages")
    await day.until(datetime(2026, 3, 11, 14, 30, tzinfo=ALMATY))
    assert day.times(ALMATY) == ["11 13:01 +0500", "11 14:00 +0500"]


def _rename(session: Session, old: str, new: str) -> None:
    Statement(f"alter table {old} rename to {new}")(session)
