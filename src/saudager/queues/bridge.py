"""Between the tables and the wire: rows out with the broker's confirm, messages in with a commit before the receipt."""

import json
import logging
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from saudager import contracts
from saudager.clock import Clock
from saudager.contracts import CONTRACT
from saudager.db.threads import Database
from saudager.errors import OutsideError, QueueFull, Refused, SaudagerError
from saudager.providers.wires import DEAD, Arrival, Parcel, Wire
from saudager.queues import table
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease, Message, Policy

_log = logging.getLogger(__name__)
_AT_ONCE = 100
_AGAIN_AFTER, _RECLAIM_EVERY = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in its queue's table: its lane, its rank, its lot."""

    lane: str
    rank: int = 0
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Inward:
    """How messages of a queue are put into the table: ``complete`` adds what a hand publisher left out (it may read
    the database), ``place`` says where the message stands."""

    place: Callable[[dict[str, Any]], Place]
    complete: Callable[[Session, dict[str, Any]], None] = lambda session, body: None


class Bridge:
    """One service's end of the wire."""

    def __init__(
        self,
        db: Database,
        queues: Queues,
        clock: Clock,
        wire: Wire,
        outward: Sequence[str],
        inward: Mapping[str, Inward],
        called: Mapping[str, str] | None = None,
    ) -> None:
        """``called``: what a queue's name is in the broker, where it has another one there."""
        self._db = db
        self._queues = queues
        self._clock = clock
        self._wire = wire
        self._outward = outward
        self._inward = inward
        self._called = called or {}

    async def open(self) -> None:
        """Make the broker's queues; returns once it answers."""
        ours = dict.fromkeys((*self._outward, *self._inward))
        await self._wire.open(contracts.in_broker(ours, self._called))

    def consume(self) -> None:
        """Work the rows that wait to go out."""
        for queue in self._outward:
            policy = Policy(table.out(queue), lease=15, batch=_AT_ONCE)
            self._queues.consume(policy, partial(self._carry_out, queue), concurrency=table.OUT_LANES)

    def receiving(self) -> Iterator[Coroutine[Any, Any, None]]:
        """The loops of every queue that comes in."""
        return (loop(queue) for loop in (self._keep_receiving, self._keep_reclaiming) for queue in self._inward)

    def _there(self, queue: str) -> str:
        return self._called.get(queue, queue)

    async def _keep_receiving(self, queue: str) -> None:
        """Take what comes, for ever, one batch after the other, so that a conversation's lines keep their order."""
        while True:
            try:
                arrivals = await self._wire.receive(self._there(queue), _AT_ONCE)
                await self._carry_in(queue, arrivals)
            except Exception as error:
                self._complain(queue, error)
                await self._clock.sleep_until(self._clock.now() + _AGAIN_AFTER)

    async def _keep_reclaiming(self, queue: str) -> None:
        """Take home what grew too old in the broker, so that whoever must know of it is told as of any dead letter."""
        while True:
            try:
                while late := await self._wire.expired(self._there(queue), _AT_ONCE):
                    await self._carry_in(queue, late, self._there(queue) + DEAD)
            except Exception as error:
                self._complain(queue, error)
            await self._clock.sleep_until(self._clock.now() + _RECLAIM_EVERY)

    def _complain(self, queue: str, error: Exception) -> None:
        unexpected = not isinstance(error, SaudagerError)
        _log.warning("%s, queue %s: %r", self._wire.name, queue, error, exc_info=unexpected)

    async def _carry_out(self, queue: str, lease: Lease) -> None:
        """Hand rows over, of many conversations at once; while the broker is away or full they wait, and no attempt
        is counted."""
        parcels = [
            Parcel(message.id, json.dumps(message.body, ensure_ascii=False), _good_until(queue, message))
            for message in lease.messages
        ]
        try:
            kept = await self._wire.send(self._there(queue), parcels)
            trouble = "is full"
        except OutsideError as error:
            kept, trouble = 0, str(error)
        if kept < len(parcels):
            _log.warning("%s, queue %s: %s", self._wire.name, queue, trouble)
        if kept:
            del lease.messages[kept:]
        else:
            await self._db.run(table.put_back, lease, until=self._clock.now() + _AGAIN_AFTER)

    async def _carry_in(self, queue: str, arrivals: Sequence[Arrival], lying_in: str | None = None) -> None:
        """Store a batch, then tell the broker; what does not fit into the table stays with the broker, in the queue or
        in ``lying_in``, until it does."""
        while arrivals:
            stored = await self._stored(queue, arrivals)
            for arrival in arrivals[: len(stored)]:
                if (reason := stored[arrival.receipt]) is not None:
                    _log.error("queue %s: a message cannot be read: %s", queue, reason)
                    await self._wire.bury(self._there(queue), arrival, reason)
            await self._wire.take(lying_in or self._there(queue), arrivals[: len(stored)])
            arrivals = arrivals[len(stored) :]

    async def _stored(self, queue: str, arrivals: Sequence[Arrival]) -> dict[Any, str | None]:
        """The first of them in one transaction, as many as fit, at least one; by receipt why one cannot be read."""
        while True:
            try:
                return await self._db.run(_store, queue, self._inward[queue], arrivals, now=self._clock.now())
            except (QueueFull, OutsideError) as error:
                _log.warning("queue %s: %s", queue, error)
                await self._clock.sleep_until(self._clock.now() + _AGAIN_AFTER)
            except Exception as error:  # something cannot even be stored: it shall not hold up the others
                if len(arrivals) == 1:
                    return {arrivals[0].receipt: repr(error)}
                arrivals = arrivals[:1]


def _good_until(queue: str, message: Message) -> float:
    """Until when the broker hands it out: the queue's time to live, or the message's own end before it."""
    lives_until = message.created_at + CONTRACT[queue].ttl
    ends: str | None = message.body.get("expires_at")
    return lives_until if ends is None else min(lives_until, datetime.fromisoformat(ends).timestamp())


def put(session: Session, queue: str, inward: Inward, message: bytes, *, now: datetime) -> str:
    """Put a hand-written message into the table and give back its id. Raises Refused for what cannot be read."""
    id = str(uuid.uuid4())
    if (reason := _store(session, queue, inward, [Arrival(id, message, id)], now=now)[id]) is not None:
        raise Refused(f"the message is not one of {queue}: {reason}")
    return str(json.loads(message).get("id", id))


def _store(
    session: Session, queue: str, inward: Inward, arrivals: Sequence[Arrival], *, now: datetime
) -> dict[Any, str | None]:
    """Put the first messages into the table, as many as it has room for, each once; by receipt why one cannot be read.
    Raises QueueFull when there is room for none."""
    stored: dict[Any, str | None] = {}
    for arrival in arrivals[: table.require_room(session, queue)]:
        try:
            body = _completed(session, queue, inward, arrival, now)
        except (ValueError, SaudagerError) as error:
            stored[arrival.receipt] = str(error)
            continue
        place = inward.place(body)
        table.accept(
            session,
            queue,
            body,
            id=body["id"],
            key=place.lane,
            now=now,
            expires=arrival.expires,
            rank=place.rank,
            lot=place.lot,
        )
        stored[arrival.receipt] = None
    return stored


def _completed(session: Session, queue: str, inward: Inward, arrival: Arrival, now: datetime) -> dict[str, Any]:
    """The message as the contract wants it. Raises ValueError when it cannot be read as one."""
    body = json.loads(arrival.body)
    if not isinstance(body, dict):
        raise ValueError("expected a JSON object")
    body.setdefault("id", arrival.id or sha256(arrival.body).hexdigest()[:32])
    body.setdefault("created_at", now.isoformat())
    inward.complete(session, body)
    try:
        message = CONTRACT[queue].message.model_validate(body)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError("; ".join(wrong)) from None
    read: dict[str, Any] = message.model_dump(mode="json", by_alias=True, exclude_none=True)
    return read
