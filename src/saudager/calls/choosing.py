"""Which of the times in a line the customer wants: the first offered, none they refused, the last correction."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from saudager.calls.line import Line
from saudager.calls.mentions import Clock, Day, Mention

_ONLY_BEFORE = frozenset({"не", "вместо", "кроме", "except", "ne"})
_BETWEEN = re.compile(r"[vki~_]*")
_NOTHING_SAID = re.compile(r"[vki~_,u]*")


@dataclass(frozen=True, slots=True)
class Offer:
    """One time offered: what was said of its day and of its hour."""

    day: Day | None = None
    clock: Clock | None = None
    part: str | None = None
    moment: datetime | None = None
    bound: Clock | None = None
    refused: bool = False
    corrects: bool = False
    """It takes the place of those before it."""
    asked: bool = False
    """A wish stands by it: «давайте в 3», «в 3 удобно»."""
    instead: bool = False
    """It is another choice beside the one before it."""

    @property
    def is_exact(self) -> bool:
        return bool(self.moment or (self.clock and (self.day is None or self.day.is_one)))

    @property
    def has_hour(self) -> bool:
        return bool(self.is_exact or self.part or self.bound)


def wanted(mentions: Sequence[Mention], line: Line) -> Offer | None:
    """The offer to act on, its day and hour taken from those beside it where it does not say them; None for none."""
    standing: list[Offer] = []
    for offer in _completed(_offers(mentions, line)):
        if offer.corrects:
            standing = [one for one in standing if one.refused]
        standing.append(offer)
    meant = [offer for offer in standing if not offer.refused]
    past = [offer for offer in standing if offer.day and offer.day.is_past]
    present = [offer for offer in meant if offer not in past] or past
    exact = [offer for offer in present if offer.is_exact]
    return next((offer for offer in exact if offer.asked), next(iter([*exact, *present]), None))


def _offers(mentions: Sequence[Mention], line: Line) -> list[Offer]:
    refused = _refused(mentions, line)
    made: list[Offer] = []
    end = 0
    for at, mention in enumerate(mentions):
        said = _offer(mention, refused=at in refused)
        if said is None:
            continue
        gap = line.kinds[end : mention.start]
        end = mention.end
        corrects = bool(made) and bool(re.search(r"[w^]", gap))
        instead = "o" in gap or not _NOTHING_SAID.sub("", gap)
        joined = None if not made or corrects or "o" in gap else _joined(made[-1], said, gap)
        if joined:
            made[-1] = joined
        else:
            made.append(replace(said, corrects=corrects, instead=instead))
        if not made[-1].instead and _is_asked(mention, line.kinds):
            made[-1] = replace(made[-1], asked=True)
    return made


def _is_asked(mention: Mention, kinds: str) -> bool:
    before = re.split(r"[,;]", kinds[: mention.start])[-1]
    after = re.split(r"[,;w]", kinds[mention.end :])[0]
    return bool(re.search(r"\*(?!u)", before) or re.search(r"[#*]", after))


def _offer(mention: Mention, *, refused: bool) -> Offer | None:
    clock = mention.clock
    if not (clock or mention.day or mention.part or mention.moment):
        return None
    is_bound = clock is not None and clock.side != "at"
    return Offer(
        mention.day, None if is_bound else clock, mention.part, mention.moment, clock if is_bound else None, refused
    )


def _joined(one: Offer, other: Offer, gap: str) -> Offer | None:
    """Two things said of one time as one offer; None when they contradict each other."""
    if one.refused != other.refused or one.moment or other.moment:
        return None
    day = _same_day(one.day, other.day, gap)
    clashes = (
        (one.day and other.day and not day)
        or (one.clock and other.clock)
        or (one.bound and other.bound)
        or (one.part and other.part and one.part != other.part)
    )
    if clashes:
        return None
    return replace(
        one, day=day, clock=one.clock or other.clock, part=one.part or other.part, bound=one.bound or other.bound
    )


def _same_day(one: Day | None, other: Day | None, gap: str) -> Day | None:
    """«В среду, 18 марта» is the date; «на следующей неделе во вторник» the weekday of that week."""
    if one is None or other is None:
        return one or other
    if one.is_unclear or other.is_unclear:
        return other if one.is_unclear and other.is_one else one
    date = one.on or other.on
    weekday = one.weekday if one.weekday is not None else other.weekday
    weeks = one.week is not None or other.week is not None
    if weeks and weekday is not None and (one.weekday is None or other.weekday is None):
        return Day(weekday=weekday, week=one.week if one.week is not None else other.week)
    if (one.on is None) == (other.on is None) or date is None or weekday is None:
        return None
    return Day(date) if date.weekday() == weekday or not _NOTHING_SAID.sub("", gap) else None


def _completed(made: Sequence[Offer]) -> Iterator[Offer]:
    """A later offer keeps the day of the one before, a correction its hour; «завтра или в среду в 3» share the hour."""
    before: Offer | None = None
    for at, offer in enumerate(made):
        after = made[at + 1] if at + 1 < len(made) else None
        if after and after.instead and not after.refused and not offer.refused:
            if not offer.has_hour:
                offer = replace(offer, clock=after.clock, part=after.part, bound=after.bound)
            if not offer.day and not offer.moment and after.has_hour:
                offer = replace(offer, day=after.day)
        if before and not offer.moment:
            if not offer.day and before.day and not (before.refused and not before.has_hour):
                offer = replace(offer, day=before.day)
            if offer.corrects and not offer.has_hour and offer.day:
                offer = replace(offer, clock=before.clock, part=before.part, bound=before.bound)
        yield offer
        before = offer


def _refused(mentions: Sequence[Mention], line: Line) -> set[int]:
    """The numbers of the mentions a refusal is about: those before it in its clause, or else those right after it.

    What is told of the past («вы говорили в 3») is about both.
    """
    refused: set[int] = set()
    for at, kind in enumerate(line.kinds):
        if kind in "!§":
            before = [] if line.words[at].text in _ONLY_BEFORE else list(_before(at, mentions, line.kinds))
            refused.update(before)
            if kind == "§" or not before:
                refused.update(_after(at, mentions, line.kinds))
    return refused


def _before(at: int, mentions: Sequence[Mention], kinds: str) -> Iterator[int]:
    for number in reversed(range(len(mentions))):
        mention = mentions[number]
        if mention.end > at:
            continue
        gap = kinds[mention.end : at]
        if re.search(r"[,;!§*]", gap):
            return
        yield number


def _after(at: int, mentions: Sequence[Mention], kinds: str) -> Iterator[int]:
    end = at + 1
    for number, mention in enumerate(mentions):
        if mention.start < end:
            continue
        gap = kinds[end : mention.start]
        if re.search(r"[,;!§w*]", gap) or (end > at + 1 and not _BETWEEN.fullmatch(gap)):
            return
        yield number
        if mention[2:] == (None, None, None, None):
            return
        end = mention.end
