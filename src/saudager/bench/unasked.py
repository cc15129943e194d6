"""Follow-ups judged by what the customer meant, which his script knows: the product's, and those of a plain rule."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from saudager.bench import shares
from saudager.exam.customers import Means
from saudager.exam.seen import Seen
from saudager.providers.channels import Line
from saudager.words import normalise

_DAY = timedelta(hours=24)
_AGREED = frozenset({"да", "согласен", "готов", "давайте", "хорошо", "ок"})
_REFUSED = frozenset({"нет", "не надо", "не интересно", "не сейчас", "откажусь"})
Row = dict[str, Any]
Written = Callable[[Seen], Iterator[datetime]]
"""When somebody is written to unasked in a conversation."""


def judged(talks: Sequence[Seen], written: Written) -> Row:
    """How many were wrong: to somebody who is no customer, has declined, asked for silence, complained or agreed on a
    call before, or within a day of the one before. ``undecided`` are those who only think it over."""
    all_of = [(seen, list(written(seen))) for seen in talks]
    faults: dict[str, int] = defaultdict(int)
    count = 0
    for seen, moments in all_of:
        for before, at in zip([None, *moments], moments, strict=False):
            count += 1
            if why := _fault(seen, before, at):
                faults[why] += 1
    thinking = [(seen, moments) for seen, moments in all_of if _thinks_it_over(seen)]
    return {
        "conversations": len(talks),
        **shares.share("wrong", sum(faults.values()), count),
        **{f"wrong_{why}": some for why, some in sorted(faults.items())},
        "undecided": len(thinking),
        "undecided_reached": sum(bool(moments) for _, moments in thinking),
    }


def _fault(seen: Seen, before: datetime | None, at: datetime) -> str | None:
    if not seen.persona.is_customer:
        return "not_a_customer"
    for means, why in (
        (Means.STOPS, "told_to_stop"),
        (Means.DECLINES, "declined"),
        (Means.COMPLAINS, "complains"),
        (Means.WANTS_CALL, "call_agreed"),
    ):
        if (since := seen.first(means)) is not None and since < at:
            return why
    if before is not None and at - before < _DAY:
        return "too_often"
    return None


def _thinks_it_over(seen: Seen) -> bool:
    meant = {line.means for line in seen.spoken}
    never = {Means.STOPS, Means.DECLINES, Means.COMPLAINS, Means.WANTS_CALL, Means.TAMPERS}
    return seen.persona.is_customer and not meant & never


def ours(seen: Seen) -> Iterator[datetime]:
    """Lines nobody asked for, but for the reminders of a booked call."""
    for line in seen.unasked:
        if not _is_reminder(line, seen):
            yield line.sent_at


def _is_reminder(line: Line, seen: Seen) -> bool:
    ahead = timedelta(minutes=seen.house.settings.call_reminder_minutes + 5)
    calls = seen.rows.calls if seen.rows else ()
    return any(call.scheduled_at - ahead <= line.sent_at <= call.scheduled_at for call in calls)


def by_rule(seen: Seen) -> Iterator[datetime]:
    """As the project's documents have it: a customer by our own verdict, our line the last, and he has not answered
    one of the listed words of yes or no for 24 hours; then at the intervals until he writes."""
    if seen.rows is None or not seen.rows.contact.is_client:
        return
    asked = {id(line) for line in seen.unasked}
    lines = [line for line in seen.phone if id(line) not in asked]
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        theirs = [one for one in lines if not one.from_us and one.sent_at <= line.sent_at]
        if not line.from_us or not theirs or normalise(theirs[-1].text or "") in _AGREED | _REFUSED:
            continue
        until = following.sent_at if following else seen.until
        for hours in seen.house.settings.follow_up_intervals:
            if (at := line.sent_at + timedelta(hours=hours)) < until:
                yield at
