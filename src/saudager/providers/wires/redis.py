"""Redis streams through redis-py: one stream a queue, one group, one reader at a time under a name that stays."""

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from saudager.contracts import QueueContract
from saudager.errors import ConfigurationError, Unreachable
from saudager.providers.wires import DEAD, Arrival, Buried, Parcel, moment_in

_log = logging.getLogger(__name__)
_GROUP = _READER = "saudager"
"""The reader has the group's own name: who takes over finds what its predecessor read and did not take."""
_EXPIRED = "expired"
_AGAIN_AFTER, _READING_FOR, _BLOCK_MS = 1.0, 15, 2000
_GONE_AFTER_MS = 24 * 3600 * 1000
_LOST = (RedisError, OSError, asyncio.TimeoutError)
_ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', 'id', ARGV[2], 'expires', ARGV[3], 'data', ARGV[4])"""
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1"""
_TAKE = """
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))"""


class RedisWire:
    """An entry has the fields ``id``, ``expires`` (seconds since the epoch) and ``data`` (JSON); a third
    party needs ``data`` alone. A taken entry is deleted, so a stream's length is what waits."""

    name = "Redis"

    def __init__(self, url: str, *, allow_volatile: bool = False) -> None:
        pool = BlockingConnectionPool.from_url(url, max_connections=20, timeout=20, health_check_interval=15)
        self._redis = Redis(connection_pool=pool, socket_connect_timeout=5)
        self._allow_volatile = allow_volatile
        self._contracts: dict[str, QueueContract] = {}
        self._me = uuid.uuid4().hex
        self._began: set[str] = set()

    async def open(self, queues: Sequence[QueueContract]) -> None:
        self._contracts = {queue.name: queue for queue in queues}
        while True:
            try:
                await self._check_that_it_keeps()
                for queue in self._contracts:
                    await self._make(queue)
                return
            except AuthenticationError as error:
                raise ConfigurationError(f"REDIS_URL names a user Redis does not let in ({error})") from None
            except NoPermissionError as error:
                raise ConfigurationError(
                    f"REDIS_URL names a user without the rights it needs ({error}): allow it streams, scripts and "
                    "`info`, `ACL SETUSER name on >password ~* +@all`"
                ) from None
            except _LOST as error:
                _log.warning("Redis does not answer yet: %r", error)
                await asyncio.sleep(_AGAIN_AFTER)

    async def _check_that_it_keeps(self) -> None:
        told: dict[str, Any] = await self._redis.info("persistence")
        if told.get("aof_enabled") or self._allow_volatile:
            return
        try:
            snapshots = (await self._redis.config_get("save")).get("save", "")
        except ResponseError:  # a hosted Redis does not tell
            snapshots = ""
        lost = "what came since the last snapshot" if snapshots else "everything"
        raise ConfigurationError(
            f"REDIS_URL names a Redis that loses {lost} when it stops: set `appendonly yes` in its configuration, "
            "or ALLOW_VOLATILE_REDIS=1 to accept that"
        )

    async def _make(self, queue: str) -> None:
        try:
            await self._redis.xgroup_create(queue, _GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def send(self, queue: str, parcels: Sequence[Parcel]) -> int:
        limit = self._contracts[queue].max_length
        try:
            for kept, parcel in enumerate(parcels):
                values = (limit, parcel.id, f"{parcel.expires:.3f}", parcel.body)
                if not await self._redis.eval(_ADD, 1, queue, *values):
                    return kept
        except _LOST as error:
            raise Unreachable(f"Redis did not take a message: {error!r}") from None
        return len(parcels)

    async def receive(self, queue: str, limit: int) -> list[Arrival]:
        try:
            while True:
                if not await self._is_mine(queue):
                    await asyncio.sleep(_AGAIN_AFTER)
                    continue
                if living := await self._living(queue, await self._read(queue, limit)):
                    return living
        except _LOST as error:
            self._began.discard(queue)
            raise Unreachable(f"Redis does not hand out {queue}: {error!r}") from None

    async def _is_mine(self, queue: str) -> bool:
        """Whether this process is the one that reads the queue; whoever reads says so again before its time is over."""
        held = bool(await self._redis.eval(_HOLD, 1, f"{queue}.reader", self._me, _READING_FOR))
        if not held:
            self._began.discard(queue)
        return held

    async def _read(self, queue: str, limit: int) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """First what was read before and not taken, then what is new."""
        try:
            if queue not in self._began:
                left = await self._redis.xreadgroup(_GROUP, _READER, {queue: "0"}, count=limit)
                entries = _entries(left)
                if entries:
                    return entries
                self._began.add(queue)
            return _entries(await self._redis.xreadgroup(_GROUP, _READER, {queue: ">"}, count=limit, block=_BLOCK_MS))
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._make(queue)  # somebody emptied this Redis
            return []

    async def _living(self, queue: str, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> list[Arrival]:
        living: list[Arrival] = []
        for number, fields in entries:
            arrival = _arrival(number, fields)
            written = int(number.split(b"-")[0]) / 1000
            if (arrival.expires or written + self._contracts[queue].ttl) <= time.time():
                await self.bury(queue, arrival, _EXPIRED)
                await self.take(queue, [arrival])
            elif not fields:  # deleted while it was pending
                await self.take(queue, [arrival])
            else:
                living.append(arrival)
        return living

    async def take(self, queue: str, arrivals: Sequence[Arrival]) -> None:
        numbers = [arrival.receipt for arrival in arrivals]
        try:
            if numbers:
                await self._redis.eval(_TAKE, 1, queue, _GROUP, *numbers)
        except _LOST as error:  # it comes again, and is known by its id
            self._began.discard(queue)
            _log.info("Redis did not hear that messages of %s were stored: %r", queue, error)

    async def bury(self, queue: str, arrival: Arrival, reason: str) -> None:
        letter: dict[Any, Any] = {"id": arrival.id or "", "data": arrival.body, "reason": reason[:1000]}
        letter["expires"] = arrival.expires or ""
        try:
            await self._redis.xadd(queue + DEAD, letter)
        except _LOST as error:
            raise Unreachable(f"Redis did not take a dead letter: {error!r}") from None

    async def expired(self, queue: str, limit: int) -> list[Arrival]:
        late: list[Arrival] = []
        after = "-"
        try:
            while len(late) < limit:
                page: Any = await self._redis.xrange(queue + DEAD, min=after, count=100)
                if not page:
                    break
                late += [_arrival(*letter) for letter in page if letter[1].get(b"reason") == _EXPIRED.encode()]
                after = f"({page[-1][0].decode()}"
        except _LOST as error:
            raise Unreachable(f"Redis does not hand out {queue}{DEAD}: {error!r}") from None
        return [replace(one, expires=one.expires or 0.0) for one in late[:limit]]

    async def dead(self, limit: int) -> list[Buried]:
        found: list[Buried] = []
        try:
            for queue in self._contracts:
                letters: Any = await self._redis.xrange(queue + DEAD, count=limit)
                found += [_buried(queue, fields) for _, fields in letters]
        except _LOST as error:
            raise Unreachable(f"Redis does not show what is dead: {error!r}") from None
        return found

    async def revive(self, queue: str) -> int:
        contract, revived = self._contracts[queue], 0
        try:
            letters: Any = await self._redis.xrange(queue + DEAD)
            for number, fields in letters:
                id, expires = _text(fields.get(b"id")) or "", f"{time.time() + contract.ttl:.3f}"
                if not await self._redis.eval(
                    _ADD, 1, queue, contract.max_length, id, expires, fields.get(b"data", b"")
                ):
                    break
                await self._redis.xdel(queue + DEAD, number)
                revived += 1
        except _LOST as error:
            raise Unreachable(f"Redis does not let go of {queue}{DEAD}: {error!r}") from None
        return revived

    async def depth(self) -> dict[str, int]:
        try:
            names = [queue for name in self._contracts for queue in (name, name + DEAD)]
            return {queue: await self._redis.xlen(queue) for queue in names}
        except _LOST as error:
            raise Unreachable(f"Redis does not answer: {error!r}") from None

    async def tidy(self, older_than: timedelta) -> int:
        try:
            now, _ = await self._redis.time()
            oldest = f"{max(0, now - int(older_than.total_seconds())) * 1000}-0"
            forgotten = 0
            for queue in self._contracts:
                forgotten += await self._redis.xtrim(queue + DEAD, minid=oldest, approximate=False)
                await self._dismiss_readers(queue)
        except _LOST as error:
            raise Unreachable(f"Redis does not let go of old letters: {error!r}") from None
        return forgotten

    async def _dismiss_readers(self, queue: str) -> None:
        """Readers under another name, as an older program or a curious person leaves behind, unless they hold
        anything: deleting a reader deletes what it has read and not taken."""
        readers: Any = await self._redis.xinfo_consumers(queue, _GROUP)
        for reader in readers:
            if reader["name"] != _READER.encode() and not reader["pending"] and reader["idle"] > _GONE_AFTER_MS:
                await self._redis.xgroup_delconsumer(queue, _GROUP, reader["name"])

    async def close(self) -> None:
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()


def _entries(read: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    if not read:
        return []
    if isinstance(read, dict):  # RESP3
        return [(number, fields or {}) for lists in read.values() for entries in lists for number, fields in entries]
    return [(number, fields or {}) for _, entries in read for number, fields in entries]


def _arrival(number: bytes, fields: dict[bytes, bytes]) -> Arrival:
    return Arrival(
        number,
        fields.get(b"data", b""),
        _text(fields.get(b"id")),
        moment_in(fields.get(b"expires")),
    )


def _buried(queue: str, fields: dict[bytes, bytes]) -> Buried:
    body = fields.get(b"data", b"").decode(errors="replace")
    return Buried(queue, _text(fields.get(b"id")), body, _text(fields.get(b"reason")) or "")


def _text(value: bytes | None) -> str | None:
    return value.decode() if value else None
