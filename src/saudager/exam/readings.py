"""Whether the salesperson reads customers aright: what they answer an offer, whether they want no more messages, and
which time they mean."""

from collections.abc import Sequence
from typing import Any

from saudager.calls.hours import working_hours
from saudager.calls.wishes import slot_of
from saudager.exam.cases import CallSlotCase, IntentCase, OptOutCase
from saudager.exam.report import Report
from saudager.exam.shop import Shop
from saudager.followups.replies import read_reply
from saudager.outreach.wishes import Wish, read_wish


async def intent(shop: Shop, cases: Sequence[IntentCase]) -> Report:
    """Whether a yes, a no and an undecided answer are read as such."""
    report = Report("intent")
    for case in cases:
        got = str(read_reply(case.text, case.offer))
        report.note(_written(case), None if got == case.expect else {"got": got})
    return report


async def optout(shop: Shop, cases: Sequence[OptOutCase]) -> Report:
    """Whether a wish that we stop writing is heard; ``wrongly_blocked`` counts the customers silenced without one."""
    report = Report("optout", counts={"wrongly_blocked": 0})
    for case in cases:
        wish = read_wish(case.text)
        got = wish is not None and wish is not Wish.RESUME
        report.note(_written(case), None if got == case.expect else {"got": got, "wish": wish and str(wish)})
        report.counts["wrongly_blocked"] += got and not case.expect
    return report


async def callslot(shop: Shop, cases: Sequence[CallSlotCase]) -> Report:
    """Whether the time of a call is understood, and whether it can be booked; ``expect_at`` null leaves it open."""
    report = Report("callslot")
    for case in cases:
        hours = working_hours(shop.app.settings, case.now)
        at, verdict = slot_of(case.text, case.now.astimezone(hours.zone), hours)
        is_right = verdict == case.expect and (case.expect_at is None or at == case.expect_at)
        got = {"got": verdict, "got_at": at.isoformat() if at else None}
        report.note(_written(case), None if is_right else got)
    return report


def _written(case: IntentCase | OptOutCase | CallSlotCase) -> dict[str, Any]:
    return case.model_dump(mode="json", exclude_defaults=True)
