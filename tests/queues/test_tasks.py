"""A task can be asked for once, runs by its name, and tells how it fares."""

from typing import Any

import pytest

from saudager.errors import NotFound, Refused
from saudager.queues import table, tasks
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease
from saudager.queues.tasks import POLICY, QUEUE, Status
from saudager.queues.time_travel import settle, travel
from tests.queues.letters import Letters


@pytest.fixture
def desk(letters: Letters) -> "Desk":
    return Desk(letters)


class Desk:
    """Tasks asked for, looked after and run by hand or by a queue's worker."""

    def __init__(self, letters: Letters) -> None:
        self.letters, self.db, self.clock = letters, letters.db, letters.clock
        letters.ruled(queue=QUEUE, lease=60, max_attempts=3, backoff=5, batch=1)

    async def ask(self, name: str, *, task_id: str = "t1", after: float = 0, **arguments: Any) -> bool:
        now, due = self.clock.now(), self.letters.moment(after)
        return await self.db.run(tasks.enqueue, name, task_id=task_id, now=now, due=due, **arguments)

    async def status(self, task_id: str = "t1") -> Status:
        found = await self.db.read(tasks.status, task_id, now=self.clock.now())
        assert found is not None
        return found

    async def finish(self, lease: Lease, result: Any) -> None:
        await self.db.run(table.finish, lease, now=self.clock.now(), result=result)

    async def run(self, **known: tasks.Task) -> Queues:
        queues = Queues(self.db, self.clock)
        queues.consume(POLICY, tasks.runner(known, self.finish), concurrency=4)
        queues.start()
        await settle(queues, patience=5)
        return queues


async def test_a_task_tells_how_it_fares_from_beginning_to_end(desk: Desk):
    await desk.ask("count")
    assert (await desk.status()).state == "queued"
    lease = await desk.letters.take()
    await desk.db.run(tasks.report_progress, "t1", "3 из 7")
    assert ((await desk.status()).state, (await desk.status()).progress) == ("running", "3 из 7")
    await desk.letters.fail(lease, "rain")
    assert ((await desk.status()).state, (await desk.status()).error) == ("retrying", "rain")
    desk.letters.passes(5)
    await desk.finish(await desk.letters.take(), {"counted": 7})
    assert await desk.status() == Status("t1", "completed", "3 из 7", {"counted": 7}, None)


async def test_a_task_whose_worker_died_is_queued_again(desk: Desk):
    await desk.ask("count")
    await desk.letters.take()
    desk.letters.passes(60)
    assert (await desk.status()).state == "queued"


async def test_a_task_that_keeps_failing_has_failed_and_says_why(desk: Desk):
    async def fail(task_id: str) -> None:
        raise ValueError("no paper")

    await desk.ask("print")
    queues = await desk.run(print=fail)
    await travel(desk.clock, queues, desk.letters.moment(60))
    status = await desk.status()
    assert (status.state, status.error) == ("failed", "ValueError('no paper')")
    await queues.stop()


async def test_a_task_nobody_asked_for_has_no_status(desk: Desk):
    assert await desk.db.read(tasks.status, "t1", now=desk.clock.now()) is None


async def test_a_task_runs_once_by_its_name_with_its_arguments_and_its_result_is_kept(desk: Desk):
    ran: list[tuple[str, int]] = []

    async def add(task_id: str, first: int, second: int) -> int:
        ran.append((task_id, first))
        return first + second

    assert await desk.ask("add", first=2, second=3)
    assert not await desk.ask("add", first=9, second=9)
    queues = await desk.run(add=add)
    assert not await desk.ask("add", first=9, second=9)
    await settle(queues)
    assert ran == [("t1", 2)]
    assert (await desk.status()).result == 5
    await queues.stop()


async def test_a_task_nobody_knows_fails_with_the_names_that_are_known(desk: Desk):
    async def add(task_id: str) -> None:
        return None

    await desk.ask("subtract")
    queues = await desk.run(add=add)
    status = await desk.status()
    assert status.state == "retrying"
    assert "'subtract'; known: add" in (status.error or "")
    await queues.stop()


async def test_a_task_for_later_runs_then(desk: Desk):
    ran: list[float] = []

    async def note(task_id: str) -> None:
        ran.append((desk.clock.now() - began).total_seconds())

    began = desk.clock.now()
    await desk.ask("note", after=90)
    queues = await desk.run(note=note)
    await travel(desk.clock, queues, desk.letters.moment(100))
    assert ran == [90]
    await queues.stop()


async def test_a_result_that_cannot_be_kept_fails_the_task_and_not_the_queue(desk: Desk):
    async def odd(task_id: str) -> object:
        return object()

    async def even(task_id: str) -> int:
        return 2

    await desk.ask("odd")
    await desk.ask("even", task_id="t2")
    queues = await desk.run(odd=odd, even=even)
    assert ((await desk.status()).state, (await desk.status("t2")).result) == ("retrying", 2)
    await queues.stop()


async def cancel(desk: Desk, task_id: str = "t1") -> bool:
    return await desk.db.run(tasks.cancel, task_id, now=desk.clock.now())


async def test_a_task_cancelled_in_time_is_never_run(desk: Desk):
    ran: list[str] = []

    async def note(task_id: str) -> None:
        ran.append(task_id)

    await desk.ask("note")
    await desk.ask("note", task_id="t2")
    assert await cancel(desk)
    assert await cancel(desk)
    queues = await desk.run(note=note)
    assert ran == ["t2"]
    assert await desk.status() == Status("t1", "cancelled", None, None, None)
    assert not await desk.ask("note")
    await queues.stop()


@pytest.mark.parametrize("ends_well", [True, False])
async def test_of_a_running_task_that_is_cancelled_nothing_is_kept_and_it_is_not_tried_again(
    desk: Desk, ends_well: bool
):
    await desk.ask("count")
    lease = await desk.letters.take()
    assert await cancel(desk)
    assert await desk.db.read(tasks.is_cancelled, "t1")
    if ends_well:
        await desk.finish(lease, {"counted": 7})
    else:
        await desk.letters.fail(lease, "rain")
    desk.letters.passes(300)
    assert await desk.status() == Status("t1", "cancelled", None, None, None)
    queues = await desk.run()
    assert (await desk.status()).state == "cancelled"
    await queues.stop()


async def test_what_is_over_or_was_never_asked_for_cannot_be_cancelled(desk: Desk):
    await desk.ask("count")
    await desk.finish(await desk.letters.take(), 7)
    assert not await cancel(desk)
    assert (await desk.status()).result == 7
    with pytest.raises(NotFound):
        await cancel(desk, "t2")


async def test_what_is_refused_is_given_up_at_once_where_somebody_gives_up(desk: Desk):
    async def refuse(task_id: str) -> None:
        raise Refused("Так нельзя.")

    async def give_up(lease: Lease, reason: str) -> None:
        await desk.db.run(table.fail, POLICY, lease, reason, now=desk.clock.now(), final=True)

    await desk.ask("refuse")
    queues = Queues(desk.db, desk.clock)
    queues.consume(POLICY, tasks.runner({"refuse": refuse}, desk.finish, give_up))
    queues.start()
    await settle(queues, patience=5)
    assert await desk.status() == Status("t1", "failed", None, None, "Так нельзя.")
    await queues.stop()
