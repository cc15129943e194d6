"""The pace of a client: even, fair, and not upset by a clock that is set back."""

import asyncio
from datetime import UTC, datetime, timedelta

from saudager.clock import MovableClock
from saudager.providers.marketplace.pace import Pace

NOW = datetime(2026, 3, 22, 14, 0, tzinfo=UTC)


class SetBackClock(MovableClock):
    """Can be set back, as an administrator does."""

    def set_back(self, span: timedelta) -> None:
        self._base -= span


async def through(pace: Pace, clock: MovableClock, passed: list[float]) -> None:
    async with pace.turn():
        passed.append((clock.now() - NOW).total_seconds())


async def all_pass(clock: MovableClock, tasks: list[asyncio.Task[None]]) -> None:
    """Let time go from one wait to the next until everybody is through."""
    while not all(task.done() for task in tasks):
        for _ in range(3):
            await asyncio.sleep(0)
        if (moment := clock.next_wake()) is not None:
            clock.move_to(moment)
    await asyncio.gather(*tasks)


async def test_however_many_come_at_once_they_pass_evenly_and_none_earlier_than_it_may() -> None:
    clock, passed = MovableClock(NOW), list[float]()
    pace = Pace(4, clock)
    await all_pass(clock, [asyncio.ensure_future(through(pace, clock, passed)) for _ in range(6)])
    assert passed == [0, 0.25, 0.5, 0.75, 1, 1.25]
    clock.move_to(NOW + timedelta(minutes=1))
    await all_pass(clock, [asyncio.ensure_future(through(pace, clock, passed)) for _ in range(2)])
    assert (passed[6:], pace.requests) == ([60, 60.25], 8)


async def test_time_that_was_not_used_is_not_saved_up() -> None:
    clock, passed = MovableClock(NOW), list[float]()
    pace = Pace(1, clock)
    for second in (0, 10, 10.5):
        clock.move_to(NOW + timedelta(seconds=second))
        await all_pass(clock, [asyncio.ensure_future(through(pace, clock, passed))])
    assert passed == [0, 10, 11]


async def test_a_clock_that_is_set_back_an_hour_keeps_nobody_for_an_hour() -> None:
    clock, passed = SetBackClock(NOW), list[float]()
    pace = Pace(2, clock)
    await all_pass(clock, [asyncio.ensure_future(through(pace, clock, passed)) for _ in range(3)])
    clock.set_back(timedelta(hours=1))
    await all_pass(clock, [asyncio.ensure_future(through(pace, clock, passed)) for _ in range(2)])
    assert passed == [0, 0.5, 1, -3599 + 0.5, -3599 + 1]


async def test_who_gives_up_waiting_holds_nobody_up_for_ever() -> None:
    clock, passed = MovableClock(NOW), list[float]()
    pace = Pace(2, clock)
    tasks = [asyncio.ensure_future(through(pace, clock, passed)) for _ in range(4)]
    await asyncio.sleep(0)
    for task in tasks[1:3]:
        task.cancel()
    await asyncio.gather(*tasks[1:3], return_exceptions=True)
    await all_pass(clock, [tasks[0], tasks[3]])
    assert (passed, pace.requests) == ([0, 1.5], 2)
