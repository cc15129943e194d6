"""Each moment of a schedule is asked for once, in the shop's time zone, whoever and however many keep it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
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
from saudager.queues.schedule import Job, Rows, keep_due, keep_schedule
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

    async def begins(self, *jobs: Job, zone: ZoneInfo, keepers: int = 1, due: Sequence[Rows] = ()) -> None:
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
            self._keepers.append(asyncio.create_task(keep_due(self.db, self.clock, due)))
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


class Shelf:
    """Rows in memory that fall due, and whoever looks at them noted."""

    def __init__(self, day: Shift) -> None:
        self.due: list[datetime] = []
        self.looked: list[str] = []
        self._day = day

    def next_due(self, session: Session) -> datetime | None:
        self.looked.append(f"{self._day.clock.now().astimezone(ALMATY):%H:%M}")
        return min(self.due, default=None)

    def rows(self, task: str, every: timedelta) -> Rows:
        return Rows(task, self.next_due, lambda: every)


async def test_rows_that_fall_due_are_asked_for_at_their_moment_and_again_a_minute_later_while_they_stay(shift: Begin):
    start = datetime(2026, 3, 11, 12, 10, tzinfo=ALMATY)
    day = shift(start)
    shelf = Shelf(day)
    shelf.due = [start + timedelta(minutes=5, seconds=7)]
    await day.begins(Job("report", "0 0 1 1 *"), zone=ALMATY, due=[shelf.rows("report", timedelta(hours=1))], keepers=2)
    await day.until(start + timedelta(minutes=7))
    assert [f"{at:%M:%S}" for _, at in day.ran] == ["15:07", "16:07"]
    shelf.due = []
    await day.until(start + timedelta(hours=2))
    assert len(day.ran) == 2


async def test_all_who_wait_for_rows_look_at_the_same_moments(shift: Begin):
    day = shift(datetime(2026, 3, 11, 12, 10, 30, tzinfo=ALMATY))
    often, seldom = Shelf(day), Shelf(day)
    rows = [often.rows("often", timedelta(minutes=30)), seldom.rows("seldom", timedelta(hours=1))]
    await day.begins(Job("report", "0 0 1 1 *"), zone=ALMATY, due=rows)
    await day.until(datetime(2026, 3, 11, 14, 15, tzinfo=ALMATY))
    assert often.looked == ["12:10", "12:30", "13:00", "13:30", "14:00"]
    assert seldom.looked == ["12:10", "13:00", "14:00"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # where a missing table is an outage
async def test_what_fell_due_while_the_database_was_away_is_asked_for_once_it_is_back(shift: Begin, db: Database):
    start = datetime(2026, 3, 11, 12, 10, tzinfo=ALMATY)
    day = shift(start)
    shelf = Shelf(day)
    shelf.due = [start + timedelta(minutes=1)]
    await day.begins(Job("report", "0 0 1 1 *"), zone=ALMATY, due=[shelf.rows("report", timedelta(hours=1))])
    await db.run(_rename, "queue_messages", "elsewhere")
    await day.until(start + timedelta(minutes=2))
    await db.run(_rename, "elsewhere", "queue_messages")
    await day.until(start + timedelta(minutes=2, seconds=30))
    assert len(day.ran) == 1


def _rename(session: Session, old: str, new: str) -> None:
    Statement(f"alter table {old} rename to {new}")(session)
