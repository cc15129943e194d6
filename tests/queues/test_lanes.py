"""Whatever is published is worked, once, however publishing, claiming, failing and stopping fall together."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.clock import MovableClock
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.queues import table
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease, Message
from saudager.queues.time_travel import settle, travel
from tests.queues.letters import LETTERS, Letters, ids

PATIENCE = 5.0


class Office:
    """The letters' one consumer, and what it was handed."""

    def __init__(self, letters: Letters) -> None:
        self.letters, self.db, self.clock = letters, letters.db, letters.clock
        self.queues = Queues(self.db, self.clock)
        self.worked: list[list[str]] = []
        self.at: list[float] = []
        self.now_working = self.most_at_once = 0
        self._opened = self.clock.now()

    def opens(self, then: Callable[[Lease], Awaitable[None]] | None = None, **how: Any) -> None:
        """Work the letters: ``then`` is what happens to each lease, besides being noted."""

        async def work(lease: Lease) -> None:
            self.worked.append(ids(lease))
            self.at.append((self.clock.now() - self._opened).total_seconds())
            self.now_working += 1
            self.most_at_once = max(self.most_at_once, self.now_working)
            try:
                if then is not None:
                    await then(lease)
            finally:
                self.now_working -= 1

        self.queues.consume(self.letters.policy, work, **how)
        self.queues.start()

    async def settles(self) -> None:
        await settle(self.queues, patience=PATIENCE)

    async def time_passes(self, seconds: float) -> None:
        async with asyncio.timeout(PATIENCE):
            await travel(self.clock, self.queues, self.letters.moment(seconds))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.001)


@pytest.fixture
async def office(letters: Letters) -> AsyncIterator[Office]:
    office = Office(letters)
    yield office
    await office.queues.stop(patience=0.01)


async def test_a_letter_is_worked_as_soon_as_it_is_posted_and_finished_when_the_errand_returns(
    office: Office, letters: Letters
):
    office.opens()
    await letters.post("a")
    await office.settles()
    assert office.worked == [["a"]]
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_what_was_posted_before_the_office_opened_is_worked(office: Office, letters: Letters):
    await letters.post("a")
    office.opens()
    await office.settles()
    assert office.worked == [["a"]]


async def test_a_letter_posted_between_the_claim_and_the_rest_is_not_overlooked(office: Office, letters: Letters):
    loop, looked = asyncio.get_running_loop(), 0

    def open_lots(session: Session, now: datetime) -> tuple[list[str], datetime | None]:
        """Run inside the claim: the second letter is asked for now and stored right behind the claim."""
        nonlocal looked
        looked += 1
        if looked == 2:
            asked = threading.Event()
            loop.call_soon_threadsafe(lambda: (posting.append(post_second()), asked.set()))
            asked.wait(PATIENCE)
        return ["north", "south"], None

    def post_second() -> asyncio.Task[None]:
        return asyncio.create_task(letters.post("b", to="b", lot="south"))

    posting: list[asyncio.Task[None]] = []
    office.opens(open_lots=open_lots)
    await office.settles()
    await letters.post("a", to="a", lot="north")
    await office.until(lambda: office.worked == [["a"], ["b"]])
    await posting[0]


async def test_letters_posted_at_any_moment_of_the_work_are_all_worked(office: Office, letters: Letters):
    async def work(lease: Lease) -> None:
        for _ in range(len(ids(lease)) % 3):
            await asyncio.sleep(0)

    office.opens(work, concurrency=3)
    for number in range(300):
        posting = asyncio.create_task(letters.post(str(number), to=str(number % 7)))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        if number % 3 == 0:
            await posting
    await office.settles()
    assert sorted(int(id) for worked in office.worked for id in worked) == list(range(300))
    assert await letters.lanes() == {}


async def test_a_letter_for_a_lane_at_work_is_worked_right_after_it(office: Office, letters: Letters):
    gate = asyncio.Event()
    office.opens(lambda lease: gate.wait())
    await letters.post("a")
    await office.until(lambda: office.now_working == 1)
    await letters.post("b")
    gate.set()
    await office.settles()
    assert office.worked == [["a"], ["b"]]
    assert office.most_at_once == 1


async def test_no_more_lanes_are_worked_at_once_than_allowed_and_none_is_left_over(office: Office, letters: Letters):
    gate = asyncio.Event()
    office.opens(lambda lease: gate.wait(), concurrency=3)
    for number in range(10):
        await letters.post(str(number), to=str(number))
    await office.until(lambda: office.now_working == 3)
    gate.set()
    await office.settles()
    assert office.most_at_once == 3
    assert len(office.worked) == 10


async def test_an_errand_that_fails_is_tried_again_after_each_pause_and_buried_in_the_end(
    office: Office, letters: Letters
):
    async def fail(lease: Lease) -> None:
        raise ValueError("rain")

    office.opens(fail)
    await letters.post("a")
    await office.time_passes(60)
    assert office.at == [0, 2, 6, 14]
    assert await letters.dead() == [("a", "ValueError('rain')")]


async def test_an_errand_that_settled_its_lease_is_left_as_it_settled_it(office: Office, letters: Letters):
    async def settle_it(lease: Lease) -> None:
        if len(office.worked) == 1:
            await letters.put_back(lease, hold=5)
        else:
            await letters.finish(lease)

    office.opens(settle_it)
    await letters.post("a")
    await office.time_passes(60)
    assert office.at == [0, 5]
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_an_errand_that_fails_after_it_finished_changes_nothing(office: Office, letters: Letters):
    async def stumble(lease: Lease) -> None:
        await letters.finish(lease)
        raise ValueError

    office.opens(stumble)
    await letters.post("a")
    await office.time_passes(60)
    assert office.worked == [["a"]]
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_a_slow_errand_keeps_its_lane(office: Office, letters: Letters):
    office.opens(lambda lease: office.clock.sleep_until(letters.moment(3600)))
    await letters.post("a")
    await office.time_passes(4000)
    assert office.worked == [["a"]]
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_a_slow_errand_of_a_short_lease_keeps_its_lane_beside_one_of_a_long_lease(
    office: Office, letters: Letters
):
    async def sleep(lease: Lease) -> None:
        await office.clock.sleep_until(letters.moment(600))

    office.queues.consume(replace(letters.policy, queue="parcels", lease=60), sleep)
    letters.ruled(lease=15)
    office.opens(sleep)
    await letters.post("x", queue="parcels")
    await office.time_passes(1)
    await letters.post("a")
    await office.time_passes(1000)
    assert office.worked == [["a"]]


async def test_a_process_that_was_asleep_longer_than_its_leases_does_not_claim_its_own_lanes_again(
    office: Office, letters: Letters
):
    gate = asyncio.Event()
    office.opens(lambda lease: gate.wait())
    await letters.post("a")
    await office.until(lambda: office.now_working == 1)
    office.queues._keeper.cancel()  # type: ignore[union-attr]
    office.clock.move_to(letters.moment(3600))
    await letters.post("b", to="b")
    await office.until(lambda: len(office.worked) == 2)
    assert office.worked == [["a"], ["b"]]
    gate.set()
    await office.settles()
    assert await letters.depth() == {"waiting": 0, "done": 2, "dead": 0}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # one writer: what was asked for first is done first
async def test_a_lane_that_another_process_took_meanwhile_is_left_to_it(office: Office, letters: Letters):
    async def work(lease: Lease) -> None:
        letters.passes(100)
        heir = await letters.take()
        await letters.finish(heir)

    office.opens(work)
    await letters.post("a")
    await office.settles()
    assert office.worked == [["a"]]
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_a_fault_of_the_database_ends_neither_the_work_nor_the_keeping_of_leases(
    office: Office, letters: Letters, db: Database
):
    office.opens(lambda lease: office.clock.sleep_until(letters.moment(300)))
    await letters.post("a")
    await office.time_passes(30)
    await db.run(_rename, "queue_lanes", "elsewhere")
    await office.time_passes(25)
    await db.run(_rename, "elsewhere", "queue_lanes")
    await letters.post("b", to="b")
    await office.time_passes(1000)
    assert office.worked == [["a"], ["b"]]
    assert await letters.depth() == {"waiting": 0, "done": 2, "dead": 0}


async def test_stopping_lets_what_runs_end_and_takes_nothing_new(office: Office, letters: Letters):
    gate = asyncio.Event()
    office.opens(lambda lease: gate.wait())
    await letters.post("a")
    await office.until(lambda: office.now_working == 1)
    stopping = asyncio.create_task(office.queues.stop(patience=PATIENCE))
    await letters.post("b", to="b")
    gate.set()
    await stopping
    assert office.worked == [["a"]]
    assert await letters.lanes() == {"b": 0}


async def test_stopping_gives_back_what_does_not_end_without_counting_an_attempt(office: Office, letters: Letters):
    office.opens(lambda lease: asyncio.Event().wait())
    await letters.post("a")
    await office.until(lambda: office.now_working == 1)
    await office.queues.stop(patience=0.01)
    assert await letters.lanes() == {"almaty": 0}
    assert (await letters.take()).attempts == 0


async def test_a_claim_that_was_under_way_when_the_office_stopped_leaves_no_lane_behind_leased(
    office: Office, letters: Letters
):
    claiming, go = threading.Event(), threading.Event()

    def open_lots(session: Session, now: datetime) -> tuple[list[str], datetime | None]:
        claiming.set()
        go.wait(PATIENCE)
        return ["north"], None

    await letters.post("a", lot="north")
    office.opens(lambda lease: asyncio.Event().wait(), open_lots=open_lots)
    await office.until(claiming.is_set)
    stopping = asyncio.create_task(office.queues.stop(patience=0.2))
    await asyncio.sleep(0)
    go.set()
    await stopping
    await letters.db.run(lambda session: None)  # behind the claim
    assert await letters.lanes() == {"almaty": 0}


async def test_an_errand_stopped_while_it_settles_is_settled_once(office: Office, letters: Letters, db: Database):
    """Or, where a server runs two transactions at once and the stop's comes first, given back whole and settled by the
    next worker: settling it then finds the lease lost.
    """
    settling, go, tried = threading.Event(), threading.Event(), threading.Event()

    def finish_slowly(session: Session, lease: Lease) -> None:
        settling.set()
        go.wait(PATIENCE)
        try:
            table.finish(session, lease, now=letters.clock.now())
        finally:
            tried.set()

    async def work(lease: Lease) -> None:
        await db.run(finish_slowly, lease)

    office.opens(work)
    await office.settles()
    await letters.post("a")
    await office.until(settling.is_set)
    stopping = asyncio.create_task(office.queues.stop(patience=0.01))
    await office.until(lambda: office.now_working == 0)
    go.set()
    await stopping
    await office.until(tried.is_set)
    next_office = Office(letters)
    next_office.opens()
    await next_office.settles()
    async with asyncio.timeout(PATIENCE):
        while await letters.lanes():  # a server commits in its own time
            await asyncio.sleep(0.001)
    await next_office.queues.stop(patience=0.01)
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}
    assert not (db.in_order and next_office.worked)


class Gates:
    """Which lots are open, and when the next one will be."""

    def __init__(self, *lots: str, opens: datetime | None = None) -> None:
        self.lots, self.opens = list(lots), opens

    def __call__(self, session: Session, now: datetime) -> tuple[Sequence[str], datetime | None]:
        if self.opens is not None and now >= self.opens:
            return [*self.lots, "north"], None
        return self.lots, self.opens


async def test_lanes_of_a_lot_are_worked_one_after_the_other(office: Office, letters: Letters):
    office.opens(lambda lease: office.clock.sleep_until(letters.moment(10)), open_lots=Gates("north"))  # type: ignore[arg-type]
    for address in ("a", "b", "c"):
        await letters.post(address, to=address, lot="north")
    await office.time_passes(60)
    assert office.at == [0, 10, 20]
    assert office.most_at_once == 1


async def test_of_a_lot_as_many_lanes_are_worked_at_once_as_its_consumer_says(office: Office, letters: Letters):
    office.opens(
        lambda lease: office.clock.sleep_until(letters.moment(10)),  # type: ignore[arg-type]
        open_lots=Gates("north", "south"),
        abreast=lambda: 2,
    )
    for address in ("a", "b", "c", "d", "e"):
        await letters.post(address, to=address, lot="north")
    await letters.post("f", to="f", lot="south")
    await office.time_passes(60)
    assert office.at == [0, 0, 0, 10, 10, 20]
    assert office.most_at_once == 3


async def test_a_closed_lot_is_worked_when_it_opens(office: Office, letters: Letters):
    office.opens(open_lots=Gates(opens=letters.moment(30)))  # type: ignore[arg-type]
    await letters.post("a", lot="north")
    await office.time_passes(60)
    assert office.at == [30]


@pytest.mark.parametrize("reopens", [None, 500])
async def test_a_closed_lot_does_not_hold_up_another_ones_second_attempt(
    office: Office, letters: Letters, reopens: int | None
):
    async def fail_once(lease: Lease) -> None:
        if len(office.worked) == 1:
            raise ValueError("rain")

    gates = Gates("south", opens=None if reopens is None else letters.moment(reopens))
    office.opens(fail_once, open_lots=gates)  # type: ignore[arg-type]
    await letters.post("closed", to="closed", lot="north")
    await letters.post("open", to="open", lot="south")
    await office.time_passes(60)
    assert office.worked == [["open"], ["open"]]
    assert office.at == [0, 2]


async def test_a_moment_that_no_clock_can_show_exactly_does_not_keep_the_office_busy(letters: Letters):
    """Seconds as floats fall between a datetime's microseconds: the wait must end behind the moment, not before it."""
    start, cap = next(
        (start, cap)
        for micros in range(1000)
        for cap in (0.1, 0.3, 0.7)
        if (start := datetime(2026, 3, 11, 7, 0, 0, micros, UTC))
        and (at := start.timestamp() + cap) > datetime.fromtimestamp(at, UTC).timestamp()
    )
    letters.clock = MovableClock(start)
    office = Office(letters)
    office.opens()
    await letters.post("a", after=4, cap=cap)
    await office.time_passes(1)
    assert office.worked == [["a"]]
    await office.queues.stop()


async def _plain(office: Office, handle: Callable[[Session, Message], None]) -> None:
    office.queues.consume_plain(office.letters.policy, handle)
    office.queues.start()
    await office.settles()


async def test_plain_handlers_work_many_lanes_in_order_of_each(office: Office, letters: Letters):
    seen: list[str] = []
    for number in range(130):
        await letters.post(str(number), to=str(number % 60))
    await _plain(office, lambda session, message: seen.append(message.id))
    assert sorted(map(int, seen)) == list(range(130))
    assert [seen.index(str(number)) < seen.index(str(number + 60)) for number in range(70)] == [True] * 70
    assert await letters.lanes() == {}


async def test_a_lane_longer_than_a_plain_handlers_batch_is_worked_off_at_once(office: Office, letters: Letters):
    seen: list[str] = []
    letters.ruled(batch=2)
    await letters.post("a", "b", "c", "d", "e")
    await _plain(office, lambda session, message: seen.append(message.id))
    assert seen == ["a", "b", "c", "d", "e"]


async def test_a_plain_handler_that_cannot_take_one_message_takes_all_the_others_once(office: Office, letters: Letters):
    def handle(session: Session, message: Message) -> None:
        table.publish(session, "handled", {}, id=message.id, key=message.id, now=letters.clock.now())
        if message.id == "poison":
            raise ValueError("unreadable")

    for address in ("a", "b", "poison", "c"):
        await letters.post(address, to=address)
    await letters.post("behind the poison", to="poison")
    await _plain(office, handle)
    await office.time_passes(600)
    assert await letters.depth("handled") == {"waiting": 4, "done": 0, "dead": 0}
    assert await letters.dead() == [("poison", "ValueError('unreadable')")]
    assert await letters.lanes() == {}


async def test_what_a_plain_handler_publishes_while_it_is_claimed_is_not_overlooked(office: Office, letters: Letters):
    seen: list[str] = []

    def handle(session: Session, message: Message) -> None:
        seen.append(message.id)
        if len(seen) < 20:
            next_one = str(len(seen))
            table.publish(session, LETTERS, {}, id=next_one, key=next_one, now=letters.clock.now())

    await letters.post("0")
    await _plain(office, handle)
    assert seen == [str(number) for number in range(20)]


async def test_another_process_s_letters_are_found_by_looking(letters: Letters, url: str):
    office = Office(letters)
    office.queues = Queues(office.db, office.clock, poll=0.01)
    office.opens()
    await office.settles()
    neighbour = Database(url)
    await Letters(neighbour, letters.clock).post("a")
    await neighbour.close()
    await office.until(lambda: office.worked == [["a"]])
    await office.queues.stop()


def _rename(session: Session, old: str, new: str) -> None:
    Statement(f"alter table {old} rename to {new}")(session)
