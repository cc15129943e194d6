"""Time stands still, runs or jumps, and whoever waits for a moment is woken at it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from saudager import clock as clocks
from saudager.clock import MovableClock, SystemClock, begin_errand

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def _all_that_can_happen() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOON)


async def test_a_standing_clock_wakes_sleepers_when_it_is_moved_and_in_the_order_of_their_moments(clock: MovableClock):
    woken = []

    async def sleep(minutes: int) -> None:
        await clock.sleep_until(NOON + timedelta(minutes=minutes))
        woken.append(minutes)

    sleepers = [asyncio.create_task(sleep(minutes)) for minutes in (30, 10, 20, 40)]
    await _all_that_can_happen()
    clock.move_to(NOON + timedelta(minutes=30))
    await _all_that_can_happen()
    assert woken == [10, 20, 30]
    clock.move_to(NOON + HOUR)
    await asyncio.gather(*sleepers)
    assert woken == [10, 20, 30, 40]
    assert clock.next_wake() is None


async def test_a_moment_that_has_come_is_not_waited_for(clock: MovableClock):
    await clock.sleep_until(NOON)
    await clock.sleep_until(NOON - HOUR)
    assert clock.next_wake() is None


async def test_a_clock_never_goes_back(clock: MovableClock):
    clock.move_to(NOON - HOUR)
    assert clock.now() == NOON


async def test_the_next_moment_is_that_of_a_sleeper_who_still_waits(clock: MovableClock):
    given_up = asyncio.create_task(clock.sleep_until(NOON + HOUR))
    patient = asyncio.create_task(clock.sleep_until(NOON + 2 * HOUR))
    await _all_that_can_happen()
    assert clock.next_wake() == NOON + HOUR
    given_up.cancel()
    assert clock.next_wake() == NOON + 2 * HOUR
    clock.move_to(NOON + 2 * HOUR)
    await patient
    assert given_up.cancelled()


async def test_a_task_is_asleep_from_when_it_waits_until_its_moment_and_not_longer(clock: MovableClock):
    task = asyncio.create_task(clock.sleep_until(NOON + HOUR))
    assert not clock.is_asleep(task)
    await _all_that_can_happen()
    assert clock.is_asleep(task)
    clock.move_to(NOON + HOUR)
    assert not clock.is_asleep(task)
    await task


async def test_a_running_clock_runs_and_wakes_by_itself():
    clock = MovableClock(NOON, running=True)
    began = time.monotonic()
    await clock.sleep_until(clock.now() + timedelta(milliseconds=20))
    assert 0.02 <= time.monotonic() - began < 2
    assert clock.now() > NOON


async def test_a_running_clock_that_was_moved_wakes_a_sleeper_at_the_moment_the_move_brought_near():
    clock = MovableClock(NOON, running=True)
    task = asyncio.create_task(clock.sleep_until(NOON + HOUR))
    await _all_that_can_happen()
    clock.move_to(NOON + HOUR - timedelta(milliseconds=20))
    async with asyncio.timeout(2):
        await task
    assert clock.now() >= NOON + HOUR


async def test_each_of_many_sleepers_of_a_running_clock_is_woken():
    clock = MovableClock(NOON, running=True)
    moments = [clock.now() + timedelta(milliseconds=(number * 7) % 40) for number in range(100)]
    first = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(milliseconds=1)))
    await _all_that_can_happen()
    first.cancel()
    async with asyncio.timeout(2):
        await asyncio.gather(*(clock.sleep_until(moment) for moment in moments))


async def test_the_systems_clock_returns_no_earlier_than_asked():
    clock = SystemClock()
    moment = clock.now() + timedelta(milliseconds=5)
    await clock.sleep_until(moment)
    assert clock.now() >= moment
    await clock.sleep_until(clock.now() - HOUR)


async def test_the_systems_clock_notices_a_jump_while_somebody_waits(monkeypatch: pytest.MonkeyPatch):
    class Laptop(SystemClock):
        suspended = timedelta(0)

        def now(self) -> datetime:
            return super().now() + self.suspended

    monkeypatch.setattr(clocks, "_NAP", 0.001)
    laptop = Laptop()
    waiting = asyncio.create_task(laptop.sleep_until(laptop.now() + HOUR))
    await _all_that_can_happen()
    laptop.suspended = 2 * HOUR
    async with asyncio.timeout(2):
        await waiting


async def test_whom_the_systems_clock_was_set_back_for_waits_no_longer_for_it(monkeypatch: pytest.MonkeyPatch):
    class Wrong(SystemClock):
        back = timedelta(0)

        def now(self) -> datetime:
            return super().now() - self.back

    monkeypatch.setattr(clocks, "_SET_BACK", 0.001)
    wrong = Wrong()
    waiting = asyncio.create_task(wrong.sleep_until(wrong.now() + timedelta(milliseconds=50)))
    await _all_that_can_happen()
    wrong.back = HOUR
    async with asyncio.timeout(20):
        await waiting


async def test_an_errand_is_asleep_when_what_it_began_waits(clock: MovableClock):
    async def errand() -> None:
        begin_errand()
        await asyncio.gather(clock.sleep_until(NOON + HOUR), clock.sleep_until(NOON + 2 * HOUR))

    task = asyncio.create_task(errand())
    await _all_that_can_happen()
    assert clock.is_asleep(task)
    clock.move_to(NOON + 2 * HOUR)
    assert not clock.is_asleep(task)
    await task
