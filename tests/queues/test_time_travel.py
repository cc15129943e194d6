"""A clock that is moved stops wherever somebody waits, and goes on when all that could be done there is done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from saudager.clock import MovableClock
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease
from saudager.queues.time_travel import settle, travel
from tests.queues.letters import Letters, ids


class Journey:
    """The queue of letters worked by errands that take their time, and when each was begun and done."""

    def __init__(self, letters: Letters) -> None:
        self.letters, self.clock = letters, letters.clock
        self.queues = Queues(letters.db, letters.clock)
        self.begun: list[tuple[str, float]] = []
        self.done: list[tuple[str, float]] = []
        self.taking: dict[str, float] = {}
        self.failing: set[str] = set()
        self.gate: asyncio.Event | None = None
        self._began = letters.clock.now()

    def seconds(self) -> float:
        return (self.clock.now() - self._began).total_seconds()

    async def work(self, lease: Lease) -> None:
        (id, *_) = ids(lease)
        self.begun.append((id, self.seconds()))
        if self.gate is not None:
            await self.gate.wait()
        await self.clock.sleep_until(self.letters.moment(self.taking.get(id, 0)))
        if id in self.failing:
            raise ValueError(id)
        self.done.append((id, self.seconds()))

    def begins(self) -> None:
        self.queues.consume(self.letters.policy, self.work)
        self.queues.start()

    async def goes_on(self, seconds: float) -> None:
        async with asyncio.timeout(10):
            await travel(self.clock, self.queues, self.letters.moment(seconds))


@pytest.fixture
async def journey(letters: Letters) -> AsyncIterator[Journey]:
    journey = Journey(letters)
    yield journey
    await journey.queues.stop(patience=0.01)


async def test_every_due_moment_on_the_way_is_stopped_at_in_order(journey: Journey, letters: Letters):
    journey.begins()
    for after in (300, 5, 60, 59.999, 3600):
        await letters.post(f"after {after}", to=f"street {after}", after=after)
    await journey.goes_on(3600)
    assert [at for _, at in journey.begun] == [5, 59.999, 60, 300, 3600]
    assert journey.seconds() == 3600


async def test_a_moment_behind_the_end_of_the_journey_is_not_reached(journey: Journey, letters: Letters):
    journey.begins()
    await letters.post("a", after=100)
    await journey.goes_on(99.999)
    assert journey.begun == []
    await journey.goes_on(0.001)
    assert journey.begun == [("a", 100)]


async def test_what_an_errand_does_later_is_stopped_at_too(journey: Journey, letters: Letters):
    journey.begins()
    journey.taking = {"a": 30, "b": 7200}
    journey.failing = {"c"}
    await letters.post("a", to="a", after=10)
    await letters.post("b", to="b")
    await letters.post("c", to="c", after=1)
    await journey.goes_on(86_400)
    assert journey.done == [("a", 40), ("b", 7200)]
    assert [at for id, at in journey.begun if id == "c"] == [1, 3, 7, 15]


async def test_a_jump_over_many_leases_runs_no_slow_errand_twice(journey: Journey, letters: Letters):
    letters.ruled(lease=15)
    journey.begins()
    journey.taking = {str(number): 300 + number for number in range(20)}
    for number in range(20):
        await letters.post(str(number), to=str(number))
    await journey.goes_on(3600)
    assert len(journey.begun) == len(journey.done) == 20


async def test_an_errand_asleep_does_not_keep_a_journey_from_beginning(journey: Journey, letters: Letters):
    journey.begins()
    journey.taking = {"a": 1000}
    await letters.post("a")
    await settle(journey.queues, patience=5)
    assert journey.begun == [("a", 0)]
    assert journey.done == []


async def test_the_clock_waits_for_an_errand_that_waits_for_something_else(journey: Journey, letters: Letters):
    journey.begins()
    journey.gate = asyncio.Event()
    await letters.post("a")
    going = asyncio.create_task(journey.goes_on(100))
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert not going.done()
    assert journey.seconds() == 0
    journey.gate.set()
    await going
    assert journey.done == [("a", 0)]


async def test_waiting_for_an_errand_that_never_ends_is_given_up(journey: Journey, letters: Letters):
    journey.begins()
    journey.gate = asyncio.Event()
    await letters.post("a")
    with pytest.raises(TimeoutError):
        await settle(journey.queues, patience=0.05)


async def test_what_is_settled_is_settled_for_a_chain_of_queues_as_well(letters: Letters):
    queues = Queues(letters.db, letters.clock)
    handed_on: list[int] = []

    def hand_on(number: int) -> None:
        async def work(lease: Lease) -> None:
            handed_on.append(number)
            if number < 9:
                await letters.post("parcel", queue=f"hand {number + 1}")

        queues.consume(letters.ruled(queue=f"hand {number}"), work)

    for number in range(10):
        hand_on(number)
    queues.start()
    await letters.post("parcel", queue="hand 0")
    await settle(queues, patience=5)
    assert handed_on == list(range(10))
    await queues.stop()


async def test_nothing_is_settled_before_the_office_has_looked_for_work(journey: Journey, letters: Letters):
    await letters.post("a")
    journey.begins()
    assert not journey.queues.settled()
    await settle(journey.queues, patience=5)
    assert journey.done == [("a", 0)]


async def test_nothing_is_settled_once_the_clock_has_reached_what_somebody_waits_for(
    journey: Journey, letters: Letters
):
    journey.begins()
    await letters.post("a", after=10)
    await settle(journey.queues, patience=5)
    assert journey.queues.settled()
    journey.clock.move_to(letters.moment(10))
    assert not journey.queues.settled()
    await settle(journey.queues, patience=5)
    assert journey.begun == [("a", 10)]


async def test_a_running_clock_can_be_moved_as_well(letters: Letters):
    start = letters.clock.now()
    letters.clock = MovableClock(start, running=True)
    journey = Journey(letters)
    journey.begins()
    await letters.post("a", after=600)
    await letters.post("b", to="b", after=3600.02)
    await travel(letters.clock, journey.queues, _hour_after(start))
    assert [id for id, _ in journey.done] == ["a"]
    async with asyncio.timeout(5):
        while len(journey.done) < 2:
            await asyncio.sleep(0.001)
    assert letters.clock.now().timestamp() >= start.timestamp() + 3600
    await journey.queues.stop()


def _hour_after(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() + 3600, moment.tzinfo)
