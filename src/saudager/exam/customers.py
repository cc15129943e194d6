"""Simulated customers: a persona is a small script of moves that react to what the shop has said, with no model."""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import TypeVar

from saudager.calls.slots import Hours, Verdict, is_bookable
from saudager.exam.goods import Goods
from saudager.languages import Language

T = TypeVar("T")
SAYS_BOOKED = re.compile(
    r"(?<!\w)(?:записал\w*|вы записаны|запись (?:\w+ )?(?:оформлен|подтвержден|создан|принят)\w*|внес\w* вас"
    r"|забронировал\w*|забронирован\w*|назначил\w*|(?:звонок|созвон|встреча) (?:\w+ )?назначен\w*|договорились"
    r"|перенес(?:ла|ли)? (?:созвон|звонок|встречу)|қоңырауға жазд\w*|жазып қой\w*|жазылды\w*|брондал\w*|брондад\w*"
    r"|booked|scheduled)(?!\w)"
)
"""What a shop says, in normalised words, when a call is settled."""
_THINKS = (70, 900)
"""Seconds between the shop's word and the customer's next one."""


class Means(StrEnum):
    """What a line is really about, as its writer knows; the shop has to find out."""

    TALKS = "talks"
    ASKS = "asks"
    ASKS_PRICE = "asks_price"
    WANTS_CALL = "wants_call"
    DECLINES = "declines"
    STOPS = "stops"
    COMPLAINS = "complains"
    TAMPERS = "tampers"


@dataclass(frozen=True, slots=True)
class Say:
    """Write a line, and look what came after ``then``; ``bait`` are words the shop must not be led to say."""

    text: str
    means: Means
    then: timedelta
    bait: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Be silent for so long."""

    span: timedelta


Script = Generator[Say | Wait, list[str], None]
"""What a customer does; it is sent what the shop has said since the move before."""


@dataclass
class Customer:
    """One simulated customer. All he does is decided by his persona, his seed and what the shop says."""

    name: str
    seed: int
    language: Language
    random: Random
    goods: Goods
    local_now: Callable[[], datetime]
    hours: Hours
    """When the shop takes calls."""
    agreed: list[datetime] = field(default_factory=list)
    """Times he has asked for or agreed to."""

    def says(self, text: str, means: Means = Means.TALKS, *, bait: Sequence[str] = ()) -> Say:
        """Write this and come back some minutes later."""
        return Say(text, means, timedelta(seconds=self.random.randint(*_THINKS)), bait)

    def picks(self, *choices: str) -> str:
        return self.random.choice(choices)

    def in_turn(self, *ways: T) -> T:
        """One of several ways to go on; seeds that follow each other take them in turn."""
        return ways[self.seed % len(ways)]

    def a_thing(self, *, unlike: str = "") -> str:
        """Something the shop's documents name a price for."""
        others = [thing for thing in self.goods.things if thing != unlike]
        return self.random.choice(others or list(self.goods.things))

    def a_topic(self) -> str:
        """A heading of the shop's documents."""
        return self.random.choice(list(self.goods.topics))

    def a_working_time(self) -> datetime:
        """A whole hour of the next working day."""
        now = self.local_now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        hours = (midnight + timedelta(days=day, hours=hour) for day in range(1, 30) for hour in range(24))
        ahead = [at for at in hours if is_bookable(at, now, self.hours) is Verdict.BOOKABLE]
        return self.random.choice([at for at in ahead if at.date() == ahead[0].date()])


@dataclass(frozen=True, slots=True)
class Persona:
    """``title`` is Russian, for the report; ``rules`` are those on top of the ones for everybody, by name."""

    key: str
    title: str
    names: Sequence[str]
    play: Callable[[Customer], Script]
    rules: Sequence[str] = ()
    language: Language = "ru"
    is_customer: bool = True
    watched: timedelta = timedelta(days=8)
    """How long after his last move the shop is watched."""
