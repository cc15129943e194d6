"""What the queue tables promise, written down again plainly, and a post office that tries to break it."""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from saudager.errors import LeaseLost
from saudager.queues import table
from saudager.queues.table import DEAD, DONE, WAITING, Lease
from tests.queues.letters import Letters, ids

_TTL = 3600.0
_STREETS = 10


@dataclass
class _Letter:
    id: str
    street: str
    rank: int
    number: int
    due: float
    posted: float
    expires: float
    state: int = WAITING


@dataclass
class _Lane:
    ready: float
    first: float
    cap: float | None
    rank: int
    lot: str | None
    held: Lease | None = None
    lease_until: float = 0
    not_before: float = 0
    attempts: int = 0


@dataclass
class Post:
    """Several workers at random: they post, claim, settle, crash, oversleep, are restarted and dig up the dead."""

    letters: Letters
    seed: int
    book: dict[str, _Letter] = field(default_factory=dict)
    lanes: dict[str, _Lane] = field(default_factory=dict)
    hands: list[Lease] = field(default_factory=list)
    handled: dict[str, list[_Letter]] = field(default_factory=lambda: defaultdict(list))
    unearthed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.by_lots = self.seed % 2 == 0
        self.letters.ruled(queue="outgoing_messages", batch=3, max_attempts=3)
        self.steps = 0

    @property
    def now(self) -> float:
        return self.letters.clock.now().timestamp()

    async def something_happens(self) -> None:
        doings = {
            self._post: 30,
            self._claim: 30,
            self._finish: 16,
            self._fail: 8,
            self._put_back: 6,
            self._prolong: 4,
            self._crash: 3,
            self._oversleep: 3,
            self._bury: 1,
            self._redrive: 1,
            self._restart: 0.5,
        }
        self.letters.passes(self.random.choice((0.001, 0.1, 1, 3)))
        (doing,) = self.random.choices(list(doings), list(doings.values()))
        await doing()
        self.steps += 1
        if self.steps % 10 == 0:
            await self._compare()

    async def everything_is_worked_off(self) -> None:
        """The workers still holding something die; one diligent worker does the rest."""
        self.hands.clear()
        while (waits := await self.letters.waits()) is not None:
            self.letters.passes(max(waits, 5))
            await self._claim()
            while self.hands:
                await self._settle(self.hands[0], "finish")
        await self._compare()
        assert not self.lanes
        assert {letter.state for letter in self.book.values()} <= {DONE, DEAD}
        everything = [letter.id for letters in self.handled.values() for letter in letters]
        assert len(everything) == len(set(everything)) == sum(one.state == DONE for one in self.book.values())
        for letters in self.handled.values():
            for rank in range(3):
                numbers = [one.number for one in letters if one.rank == rank and one.id not in self.unearthed]
                assert numbers == sorted(numbers)

    async def _post(self) -> None:
        if self.book and self.random.random() < 0.05:
            known = self.random.choice(list(self.book.values()))
            await self.letters.post(known.id, to=known.street, after=0, cap=None, rank=0, lot="nowhere")
            return
        at, street = self.now, f"street {self.random.randrange(_STREETS)}"
        lot = f"lot {int(street[7:]) % 3}" if self.by_lots else None
        cap = 3.7 if street[7:] in "02468" else None
        rank, after = self.random.randrange(3), self.random.choice((0, 0, 0.5, 2, 4))
        number = len(self.book)
        await self.letters.post(str(number), to=street, after=after, cap=cap, rank=rank, lot=lot)
        due = self._after(after) if cap is None else min(self._after(after), at + cap)
        self.book[str(number)] = _Letter(str(number), street, rank, number, due, at, at + _TTL)
        self._push(street, due, cap, rank, lot)

    def _push(self, street: str, due: float, cap: float | None, rank: int, lot: str | None) -> None:
        lane = self.lanes.get(street)
        if lane is None:
            self.lanes[street] = _Lane(due, self.now, cap, rank, lot)
            return
        lane.ready = min(lane.ready, due) if cap is None else min(due, lane.first + cap)
        lane.cap, lane.rank, lane.lot = cap, min(lane.rank, rank), lane.lot or lot

    async def _claim(self) -> None:
        at, limit = self.now, self.random.randrange(1, 5)
        lots = self.random.sample(["lot 0", "lot 1", "lot 2", "lot 3"], self.random.randrange(1, 5))
        due = {street for street, lane in self.lanes.items() if self._is_due(lane)}
        busy = {lane.lot for lane in self.lanes.values() if lane.lease_until > at}
        leases = await self.letters.claim(limit=limit, lots=lots if self.by_lots else None)
        left = await self.letters.lanes()
        gone = {street for street in self.lanes if street not in left}
        got = {lease.key for lease in leases} | gone
        assert len({lease.key for lease in leases}) == len(leases) <= limit
        assert got <= due
        if self.by_lots:
            mine = [self.lanes[lease.key].lot for lease in leases]
            assert len(mine) == len(set(mine))
            assert set(mine) <= set(lots) - busy
            unserved = {self.lanes[street].lot for street in due - got} & set(lots) - busy - set(mine)
            assert not unserved or len(leases) == limit
        else:
            assert len(got) == min(limit, len(due))
        if len(got) < len(due) and not self.by_lots:
            urgency = {street: (self.lanes[street].rank, self.lanes[street].ready) for street in due}
            assert max(urgency[street] for street in got) <= min(urgency[street] for street in due - got)
        for street in gone:
            assert self._living(street, self.lanes[street]) == []
            del self.lanes[street]
        for lease in leases:
            lane = self.lanes[lease.key]
            assert lease.attempts == lane.attempts
            assert ids(lease) == [letter.id for letter in self._living(lease.key, lane)]
            lane.held, lane.lease_until = lease, at + self.letters.policy.lease
            self.hands.append(lease)

    def _is_due(self, lane: _Lane) -> bool:
        return max(lane.ready, lane.not_before, lane.lease_until) <= self.now

    def _living(self, street: str, lane: _Lane) -> list[_Letter]:
        """What a claim hands out, having buried what it met on the way."""
        size = 1 if lane.attempts else self.letters.policy.batch
        while batch := self._waiting(street)[:size]:
            for letter in batch:
                if letter.expires <= self.now:
                    letter.state = DEAD
            if living := [letter for letter in batch if letter.state == WAITING]:
                return living
        return []

    def _waiting(self, street: str) -> list[_Letter]:
        waiting = [letter for letter in self.book.values() if letter.street == street and letter.state == WAITING]
        return sorted(waiting, key=lambda letter: (letter.rank, letter.number))

    async def _finish(self) -> None:
        if self.hands:
            await self._settle(self.random.choice(self.hands), "finish")

    async def _fail(self) -> None:
        if self.hands:
            await self._settle(self.random.choice(self.hands), "fail")

    async def _put_back(self) -> None:
        if self.hands:
            await self._settle(self.random.choice(self.hands), "put back")

    async def _bury(self) -> None:
        if self.hands:
            await self._settle(self.random.choice(self.hands), "bury")

    async def _settle(self, lease: Lease, how: str) -> None:
        self.hands.remove(lease)
        lane = self.lanes.get(lease.key)
        owned = lane is not None and lane.held is lease
        hold = self.random.choice((None, 5.0))
        calls = {
            "finish": lambda: self.letters.finish(lease),
            "fail": lambda: self.letters.fail(lease),
            "bury": lambda: self.letters.fail(lease, final=True),
            "put back": lambda: self.letters.put_back(lease, hold=hold),
        }
        try:
            await calls[how]()
        except LeaseLost:
            assert not owned
            return
        assert owned
        assert lane is not None
        lane.held, lane.lease_until = None, 0
        if how == "put back":
            lane.not_before = 0 if hold is None else self._after(hold)
        elif how == "fail" and lane.attempts + 1 < self.letters.policy.max_attempts:
            lane.attempts += 1
            lane.not_before = self.now + self.letters.policy.backoff * 2 ** (lane.attempts - 1)
        else:
            self._close(lease, lane, DONE if how == "finish" else DEAD)

    def _close(self, lease: Lease, lane: _Lane, state: int) -> None:
        for id in ids(lease):
            assert self.book[id].state == WAITING
            self.book[id].state = state
            if state == DONE:
                self.handled[lease.key].append(self.book[id])
        rest = self._waiting(lease.key)
        if not rest:
            del self.lanes[lease.key]
            return
        lane.attempts = lane.not_before = 0
        lane.first, lane.rank = min(letter.posted for letter in rest), min(letter.rank for letter in rest)
        dues = [letter.due for letter in rest]
        lane.ready = min(dues) if lane.cap is None else min(max(dues), lane.first + lane.cap)

    async def _prolong(self) -> None:
        if self.hands:
            lease = self.random.choice(self.hands)
            until = self._after(60)
            await self.letters.prolong(lease, 60)
            lane = self.lanes.get(lease.key)
            if lane is not None and lane.held is lease:
                lane.lease_until = until

    async def _crash(self) -> None:
        if self.hands:
            self.hands.remove(self.random.choice(self.hands))

    async def _oversleep(self) -> None:
        self.letters.passes(self.random.choice((10, 30, 61, 61, 2000)))

    async def _redrive(self) -> None:
        lot_of = (lambda body: f"lot {int(body['to'][7:]) % 3}") if self.by_lots else None
        await self.letters.redrive(lot_of=lot_of)
        for letter in self.book.values():
            if letter.state == DEAD:
                letter.state, letter.posted = WAITING, self.now
                letter.due, letter.expires = self.now, self.now + _TTL
                self.unearthed.add(letter.id)
                lot = f"lot {int(letter.street[7:]) % 3}" if self.by_lots else None
                self._push(letter.street, self.now, None, letter.rank, lot)

    async def _restart(self) -> None:
        await self.letters.db.run(table.release_leases, [self.letters.policy.queue])
        for lane in self.lanes.values():
            lane.held, lane.lease_until = None, 0

    async def _compare(self) -> None:
        assert await self.letters.states() == {letter.id: letter.state for letter in self.book.values()}
        rows = await self.letters.lane_rows()
        assert rows == {
            street: (
                lane.lease_until,
                lane.ready,
                lane.first,
                lane.not_before,
                lane.attempts,
                lane.rank,
                lane.lot,
            )
            for street, lane in self.lanes.items()
        }
        with_letters = {letter.street for letter in self.book.values() if letter.state == WAITING}
        assert with_letters == set(rows)

    def _after(self, seconds: float) -> float:
        return self.letters.moment(seconds).timestamp()
