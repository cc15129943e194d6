"""A lane keeps order, belongs to one worker at a time, and neither it nor a message is ever forgotten."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from saudager.db.threads import connect
from saudager.errors import LeaseLost, QueueFull
from saudager.queues import table
from saudager.queues.table import Message
from tests.queues.lane_model import Post
from tests.queues.letters import LETTERS, Letters, ids


async def test_a_letter_is_handed_out_once_and_leaves_no_lane_behind(letters: Letters):
    await letters.post("a")
    lease = await letters.take()
    assert ids(lease) == ["a"]
    assert lease.messages[0].body == {"id": "a", "to": "almaty"}
    assert await letters.claim() == []
    await letters.finish(lease)
    assert await letters.lanes() == {}
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_an_id_seen_before_is_ignored_whether_it_waits_was_handled_or_died(letters: Letters):
    await letters.post("a", "a")
    lease = await letters.take()
    assert ids(lease) == ["a"]
    await letters.finish(lease)
    await letters.post("a")
    assert await letters.lanes() == {}
    await letters.post("b")
    await letters.fail(await letters.take(), final=True)
    await letters.post("b")
    assert await letters.lanes() == {}


async def test_a_lane_keeps_the_order_of_posting_and_urgent_letters_go_first(letters: Letters):
    await letters.post("a", "b", rank=2)
    await letters.post("c", rank=1)
    await letters.post("d", rank=2)
    assert ids(await letters.take()) == ["c", "a", "b", "d"]


async def test_a_long_lane_is_worked_in_batches_without_losing_its_order(letters: Letters):
    letters.ruled(batch=2)
    await letters.post("a", "b", "c", "d", "e")
    seen = []
    for _ in range(3):
        lease = await letters.take()
        seen.append(ids(lease))
        await letters.finish(lease)
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    assert await letters.lanes() == {}


async def test_the_lane_with_the_most_urgent_letter_is_worked_first_and_only_while_it_has_it(letters: Letters):
    await letters.post("a1", to="a", rank=2)
    letters.passes(1)
    await letters.post("b1", to="b", rank=2)
    await letters.post("b2", to="b", rank=0)
    letters.ruled(batch=1)
    lease = await letters.take(limit=1)
    assert ids(lease) == ["b2"]
    await letters.finish(lease)
    assert ids(await letters.take(limit=1)) == ["a1"]


async def test_a_letter_posted_while_its_lane_is_worked_waits_and_is_not_lost(letters: Letters):
    await letters.post("a")
    lease = await letters.take()
    await letters.post("b")
    assert await letters.claim() == []
    await letters.finish(lease)
    assert ids(await letters.take()) == ["b"]


async def test_a_lane_whose_worker_died_is_worked_again_when_its_lease_has_run_out(letters: Letters):
    await letters.post("a")
    await letters.take()
    letters.passes(59.9)
    assert await letters.claim() == []
    letters.passes(0.1)
    assert ids(await letters.take()) == ["a"]


async def test_a_worker_back_from_the_dead_can_settle_nothing(letters: Letters):
    await letters.post("a")
    zombie = await letters.take()
    letters.passes(60)
    heir = await letters.take()
    for settle in (letters.finish, letters.fail, letters.put_back):
        with pytest.raises(LeaseLost):
            await settle(zombie)
    with pytest.raises(LeaseLost):
        await letters.fail(zombie, final=True)
    assert await letters.depth() == {"waiting": 1, "done": 0, "dead": 0}
    await letters.finish(heir)
    with pytest.raises(LeaseLost):
        await letters.finish(zombie)


async def test_what_a_zombie_wrote_beside_its_settling_is_rolled_back(letters: Letters):
    await letters.post("a")
    zombie = await letters.take()
    letters.passes(60)
    await letters.take()

    def answer(session: Session) -> None:
        table.publish(session, "answers", {}, id="to a", key="almaty", now=letters.clock.now())
        table.finish(session, zombie, now=letters.clock.now())

    with pytest.raises(LeaseLost):
        await letters.db.run(answer)
    assert await letters.depth("answers") == {"waiting": 0, "done": 0, "dead": 0}


async def test_a_slow_worker_may_still_finish_what_nobody_has_taken_over(letters: Letters):
    await letters.post("a")
    lease = await letters.take()
    letters.passes(3600)
    await letters.finish(lease)
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 0}


async def test_prolonging_helps_the_owner_only_and_does_not_bring_back_a_settled_lease(letters: Letters):
    await letters.post("a")
    zombie = await letters.take()
    letters.passes(50)
    await letters.prolong(zombie, 60)
    letters.passes(59)
    assert await letters.claim() == []
    letters.passes(1)
    lease = await letters.take()
    await letters.prolong(zombie, 86_400)
    await letters.post("b")
    await letters.finish(lease)
    await letters.prolong(lease, 86_400)
    assert ids(await letters.take()) == ["b"]


async def test_each_failure_waits_twice_as_long_until_a_limit_and_the_last_buries(letters: Letters):
    letters.ruled(max_attempts=6, backoff_max=15)
    await letters.post("a")
    waited = []
    while leases := await letters.claim():
        await letters.fail(leases[0])
        if (pause := await letters.waits()) is not None:
            waited.append(pause)
            letters.passes(pause)
    assert waited == [2, 4, 8, 15, 15]
    assert await letters.dead() == [("a", "rain")]
    assert await letters.lanes() == {}


async def test_giving_a_lane_back_neither_counts_nor_forgets_an_attempt(letters: Letters):
    letters.ruled(max_attempts=2)
    await letters.post("a")
    await letters.fail(await letters.take())
    for _ in range(3):
        letters.passes(2)
        await letters.put_back(await letters.take())
    assert await letters.dead() == []
    await letters.fail(await letters.take())
    assert await letters.dead() == [("a", "rain")]


async def test_a_success_starts_the_count_of_attempts_anew(letters: Letters):
    letters.ruled(max_attempts=2, batch=1)
    await letters.post("a", "b")
    await letters.fail(await letters.take())
    letters.passes(2)
    await letters.finish(await letters.take())
    await letters.fail(await letters.take())
    assert await letters.dead() == []


async def test_a_letter_nobody_can_handle_takes_no_other_with_it(letters: Letters):
    await letters.post("good", "poison", "fine")
    handled = []
    for _ in range(20):
        for lease in await letters.claim():
            if "poison" in ids(lease):
                await letters.fail(lease)
            else:
                handled += ids(lease)
                await letters.finish(lease)
        letters.passes(30)
    assert handled == ["good", "fine"]
    assert await letters.dead() == [("poison", "rain")]


async def test_a_lane_put_back_for_later_waits_whatever_comes_meanwhile(letters: Letters):
    await letters.post("a")
    await letters.put_back(await letters.take(), hold=100)
    letters.passes(50)
    await letters.post("b")
    assert await letters.waits() == 50
    letters.passes(50)
    assert ids(await letters.take()) == ["a", "b"]


async def test_a_lane_put_back_after_newer_lines_keeps_their_patience(letters: Letters):
    await letters.post("a", after=0, cap=20)
    lease = await letters.take()
    letters.passes(3)
    await letters.post("b", after=4, cap=20)
    await letters.put_back(lease)
    assert await letters.claim() == []
    assert await letters.waits() == 4
    letters.passes(4)
    assert ids(await letters.take()) == ["a", "b"]


async def test_each_line_of_a_burst_moves_its_moment_up_to_the_cap(letters: Letters):
    waits = []
    for line in ("a", "b", "c", "d"):
        await letters.post(line, after=4, cap=10)
        waits.append(await letters.waits())
        letters.passes(3)
    assert waits == [4, 4, 4, 1]


async def test_a_single_line_waits_no_longer_than_the_cap_either(letters: Letters):
    await letters.post("a", after=30, cap=10)
    assert await letters.waits() == 10


async def test_a_line_that_needs_less_patience_brings_the_moment_nearer(letters: Letters):
    await letters.post("a", after=4, cap=10)
    await letters.post("b", after=1.5, cap=10)
    assert await letters.waits() == 1.5


async def test_a_second_burst_counts_its_cap_from_its_own_first_line(letters: Letters):
    await letters.post("a", after=4, cap=10)
    letters.passes(4)
    lease = await letters.take()
    letters.passes(8)
    await letters.post("b", after=4, cap=10)
    letters.passes(1)
    await letters.post("c", after=4, cap=10)
    await letters.finish(lease)
    assert await letters.waits() == 4
    letters.passes(4)
    second = await letters.take()
    assert ids(second) == ["b", "c"]
    assert second.first_at == letters.clock.now().timestamp() - 5


async def test_a_second_burst_that_goes_on_and_on_is_capped_too(letters: Letters):
    await letters.post("a", after=0, cap=10)
    lease = await letters.take()
    await letters.post("b", after=4, cap=10)
    await letters.finish(lease)
    for line in ("c", "d", "e"):
        letters.passes(3)
        await letters.post(line, after=4, cap=10)
    assert await letters.waits() == 1


async def test_without_a_cap_a_later_letter_does_not_put_off_an_earlier_one(letters: Letters):
    await letters.post("a", after=5)
    await letters.post("b", after=50)
    assert await letters.waits() == 5


@pytest.mark.parametrize("batch", [1, 50])
async def test_letters_past_their_time_are_buried_and_the_others_of_the_lane_are_worked(letters: Letters, batch: int):
    letters.ruled(batch=batch, queue="outgoing_messages")
    await letters.post("a", "b")
    letters.passes(3599)
    await letters.post("c")
    letters.passes(1)
    assert ids(await letters.take()) == ["c"]
    assert await letters.dead() == [("a", "expired"), ("b", "expired")]


async def test_a_lane_with_nothing_but_expired_letters_goes_with_them(letters: Letters):
    letters.ruled(queue="outgoing_messages")
    await letters.post("a", "b")
    letters.passes(3600)
    assert await letters.claim() == []
    assert await letters.waits() is None


async def test_whoever_must_know_of_a_death_is_told_in_the_same_transaction(letters: Letters):
    def mourn(session: Session, message: Message, reason: str, now: datetime) -> None:
        table.publish(session, "notices", {"reason": reason}, id=f"about {message.id}", key="desk", now=now)

    letters.ruled(on_dead=mourn)
    await letters.post("a")
    lease = await letters.take()

    def die_and_stumble(session: Session) -> None:
        table.fail(session, letters.policy, lease, "rain", now=letters.clock.now(), final=True)
        raise ValueError("stumbled")

    with pytest.raises(ValueError, match="stumbled"):
        await letters.db.run(die_and_stumble)
    assert (await letters.dead(), (await letters.depth("notices"))["waiting"]) == ([], 0)
    await letters.fail(lease, final=True)
    assert (await letters.dead(), (await letters.depth("notices"))["waiting"]) == ([("a", "rain")], 1)


async def test_a_mourner_that_fails_does_not_hold_up_the_queue(letters: Letters, caplog: pytest.LogCaptureFixture):
    def stumble(session: Session, message: Message, reason: str, now: datetime) -> None:
        table.publish(session, "notices", {}, id=message.id, key="desk", now=now)
        raise KeyError(message.id)

    letters.ruled(on_dead=stumble, queue="outgoing_messages")
    await letters.post("a")
    letters.passes(3600)
    await letters.post("b", to="astana")
    assert ids(await letters.take()) == ["b"]
    assert await letters.dead() == [("a", "expired")]
    assert (await letters.depth("notices"))["waiting"] == 0
    assert "nobody could be told that message a died" in caplog.text


async def test_dead_letters_put_back_go_before_what_waits_now(letters: Letters):
    await letters.post("old")
    await letters.fail(await letters.take(), final=True)
    await letters.post("new")
    assert await letters.redrive() == 1
    assert ids(await letters.take()) == ["old", "new"]
    assert await letters.dead() == []


async def test_a_dead_letter_put_back_into_a_lane_at_work_is_worked_after_it(letters: Letters):
    await letters.post("old")
    await letters.fail(await letters.take(), final=True)
    await letters.post("new")
    lease = await letters.take()
    await letters.redrive()
    assert await letters.claim() == []
    await letters.finish(lease)
    assert ids(await letters.take()) == ["old"]


async def test_one_dead_letter_can_be_put_back_alone_and_only_while_it_is_dead(letters: Letters):
    await letters.post("a", "b")
    await letters.fail(await letters.take(), final=True)
    rows = {row["id"]: row["row"] for row in await letters.db.read(table.dead_letters)}
    assert await letters.redrive(row=rows["b"]) == 1
    assert await letters.redrive(row=rows["b"]) == 0
    assert ids(await letters.take()) == ["b"]
    assert await letters.dead() == [("a", "rain")]


async def test_an_expired_letter_put_back_lives_its_whole_time_again(letters: Letters):
    letters.ruled(queue="outgoing_messages")
    await letters.post("a")
    letters.passes(3600)
    assert await letters.claim() == []
    await letters.redrive()
    letters.passes(3599)
    assert ids(await letters.take()) == ["a"]


async def test_lanes_of_one_lot_are_worked_one_at_a_time(letters: Letters):
    await letters.post("a", to="a", lot="north")
    await letters.post("b", to="b", lot="north")
    await letters.post("c", to="c", lot="south")
    first, third = await letters.claim(lots=["north", "south"])
    assert (ids(first), ids(third)) == (["a"], ["c"])
    assert await letters.claim(lots=["north", "south"]) == []
    await letters.finish(third)
    assert await letters.claim(lots=["north", "south"]) == []
    await letters.finish(first)
    assert ids(await letters.take(lots=["north", "south"])) == ["b"]


async def test_a_lot_whose_worker_died_is_free_again_when_its_lease_has_run_out(letters: Letters):
    await letters.post("a", to="a", lot="north")
    await letters.post("b", to="b", lot="north")
    await letters.take(lots=["north"])
    letters.passes(60)
    assert len(await letters.claim(lots=["north"])) == 1


async def test_a_closed_lot_is_left_alone(letters: Letters):
    await letters.post("a", lot="north")
    assert await letters.claim(lots=[]) == []
    assert await letters.claim(lots=["south"]) == []
    assert ids(await letters.take(lots=["north"])) == ["a"]


async def test_a_lot_late_in_a_long_list_is_not_starved_by_idle_ones(letters: Letters):
    await letters.post("a", lot="lot 60")
    lease = await letters.take(limit=5, lots=[f"lot {number}" for number in range(100)])
    assert ids(lease) == ["a"]


async def test_no_more_lots_are_claimed_than_there_is_room_for(letters: Letters):
    for number in range(5):
        await letters.post(str(number), to=str(number), lot=str(number))
    assert len(await letters.claim(limit=3, lots=["0", "1", "2", "3", "4"])) == 3


async def test_an_expired_lane_does_not_stand_before_the_next_of_its_lot(letters: Letters):
    letters.ruled(queue="outgoing_messages")
    await letters.post("a", to="a", lot="north")
    letters.passes(3600)
    await letters.post("b", to="b", lot="north")
    assert ids(await letters.take(lots=["north"])) == ["b"]


async def test_a_dead_letter_put_back_returns_to_its_lot(letters: Letters):
    await letters.post("a", lot="north")
    await letters.fail(await letters.take(lots=["north"]), final=True)
    await letters.redrive(lot_of=lambda body: {"almaty": "north"}[body["to"]])
    assert ids(await letters.take(lots=["north"])) == ["a"]


async def test_a_lane_that_lost_its_lot_gets_it_back_with_the_next_letter(letters: Letters):
    await letters.post("a", lot="north")
    await letters.fail(await letters.take(lots=["north"]), final=True)
    await letters.redrive()
    assert await letters.claim(lots=["north"]) == []
    await letters.post("b", lot="north")
    assert ids(await letters.take(lots=["north"])) == ["a", "b"]


async def test_a_process_that_knows_the_others_are_dead_frees_their_lanes(letters: Letters):
    await letters.post("a")
    await letters.post("x", queue="parcels")
    zombie = await letters.take()
    await letters.db.run(table.release_leases, [LETTERS])
    heir = await letters.take()
    with pytest.raises(LeaseLost):
        await letters.finish(zombie)
    await letters.finish(heir)


async def test_a_full_queue_says_so_to_whoever_can_wait(letters: Letters):
    await letters.post("a", queue="voice_transcription")
    await letters.db.read(table.require_room, "voice_transcription", 999)
    with pytest.raises(QueueFull, match="holds 1 of at most 1000"):
        await letters.db.read(table.require_room, "voice_transcription", 1000)


async def test_handled_letters_are_forgotten_after_a_while_and_the_dead_are_not(letters: Letters):
    await letters.post("a")
    await letters.finish(await letters.take())
    await letters.post("b")
    await letters.fail(await letters.take(), final=True)
    letters.passes(100)
    await letters.post("c")
    await letters.finish(await letters.take())
    assert await letters.db.run(table.forget_done, limit=10, before=letters.clock.now() - timedelta(seconds=50)) == 1
    assert await letters.depth() == {"waiting": 0, "done": 1, "dead": 1}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
async def test_whatever_several_workers_do_nothing_is_lost_doubled_or_out_of_order(letters: Letters, seed: int):
    post = Post(letters, seed)
    for _ in range(1500):
        await post.something_happens()
    await post.everything_is_worked_off()


@pytest.mark.slow
async def test_two_processes_on_one_file_share_the_letters_and_keep_each_lane_in_order(url: str, letters: Letters):
    command = [sys.executable, "-m", "tests.queues.letter_carrier", url]
    folder = Path(__file__).parents[2]
    carriers = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=folder) for _ in range(2)]
    try:
        for carrier in carriers:
            assert carrier.stdout is not None
            assert await carrier.stdout.readline() == b"ready\n"
        posted = 0
        async with asyncio.timeout(60):
            while (
                posted < 600 or len({carrier for _, _, carrier in _delivered(url)}) < 2
            ):  # on a busy machine one is late
                for number in range(posted, posted + 600):
                    await letters.post(str(number), to=f"street {number % 23}")
                posted += 600
                while (await letters.depth())["done"] < posted:
                    await asyncio.sleep(0.01)
    finally:
        for carrier in carriers:
            assert carrier.stdin is not None
            carrier.stdin.close()
        ends = [await carrier.wait() for carrier in carriers]
    assert ends == [0, 0]
    delivered = _delivered(url)
    assert sorted(number for _, number, _ in delivered) == list(range(posted))
    assert len({carrier for _, _, carrier in delivered}) == 2
    streets: dict[str, list[int]] = defaultdict(list)
    for street, number, _ in delivered:
        streets[street].append(number)
    assert all(before < after for street in streets.values() for before, after in pairwise(street))
    assert await letters.lanes() == {}


def _delivered(url: str) -> list[tuple[str, int, str]]:
    """Street, letter and carrier, in the order of delivery."""
    query = "select body, key from queue_messages where queue = 'delivered' order by id"
    engine = connect(url)
    with engine.connect() as connection:
        rows = [(json.loads(body), key) for body, key in connection.exec_driver_sql(query)]
    engine.dispose()
    return [(body["to"], int(body["id"]), key) for body, key in rows]
