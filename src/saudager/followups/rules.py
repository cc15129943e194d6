"""When a silent customer is written to again, and why he must not be: plain rules over what is known of him."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from saudager.followups.replies import Reply, read_reply

APART = timedelta(hours=24)
"""Never two touches nearer to each other."""


class Stop(StrEnum):
    """Why a chain ended, or never began."""

    RESPONDED = "client_responded"
    SAID_YES = "client_said_yes"
    SAID_NO = "client_said_no"
    OPTED_OUT = "opted_out"
    TAKEN_OVER = "taken_over"
    COMPLETED = "completed_5_touches"
    PURCHASED = "purchased"
    CALL_BOOKED = "call_booked"
    NOT_A_CLIENT = "not_a_client"
    NO_EXCHANGE = "no_exchange"
    NOT_DELIVERED = "not_delivered"
    MERGED = "merged"
    UNKNOWN_ZONE = "unknown_zone"
    NOTHING_NEW = "nothing_new_to_say"
    ERASED = "erased"
    BY_PERSON = "stopped_by_person"


@dataclass(frozen=True, slots=True)
class Quiet:
    """A conversation in which ours was the last word, as it stands now."""

    id: int
    contact_id: int
    conversation_id: int
    account: str
    chat: str
    touch_number: int
    anchor_at: datetime
    last_touch_at: datetime | None
    held_reason: str | None
    is_client: bool
    merged: bool
    purchased_at: datetime | None
    silent_until: datetime | None
    call_booked: bool
    spoke_since: bool
    """Whether the customer, or a person of the shop, has written since our last word before the chain."""
    person_spoke: bool
    """Whether a person's line is the last word."""
    exchanged: bool
    """Whether the customer has written words that we answered."""
    undelivered: bool
    """Whether our last word did not reach him."""
    last_words: str
    """The customer's last line."""
    offer: str
    """Our line before it, which it answers."""
    last_of_ours: str
    latest: int
    """The row of the conversation's last line."""
    last_line_id: str | None
    """The messenger's id of the customer's last line."""

    @property
    def has_begun(self) -> bool:
        return self.last_touch_at is not None


def why_not(quiet: Quiet, *, now: datetime) -> Stop | None:
    """Why this customer is not to be written to; None: he may be."""
    if quiet.merged:
        return Stop.MERGED
    if not quiet.is_client:
        return Stop.NOT_A_CLIENT
    if quiet.person_spoke or (quiet.silent_until is not None and quiet.silent_until > now):
        return Stop.TAKEN_OVER
    if quiet.spoke_since:
        return Stop.RESPONDED
    if quiet.purchased_at is not None and quiet.purchased_at >= quiet.anchor_at:
        return Stop.PURCHASED
    if quiet.call_booked:
        return Stop.CALL_BOOKED
    if quiet.undelivered and not quiet.has_begun:
        return Stop.NOT_DELIVERED
    if not quiet.exchanged:
        return Stop.NO_EXCHANGE
    return _said(quiet)


def _said(quiet: Quiet) -> Stop | None:
    """A customer who has said yes or no is left alone."""
    return answered_by(quiet.last_words, quiet.offer, otherwise=None)


def answered_by(words: str, offer: str, *, otherwise: Stop | None = Stop.RESPONDED) -> Stop | None:
    """What a customer's answer makes of a chain."""
    return _BY_REPLY.get(read_reply(words, offer), otherwise)


def stop_of(reply: Reply) -> Stop | None:
    """A yes and a no end a chain; an undecided customer and one who talked on are written to."""
    return _BY_REPLY.get(reply)


def reason_of(quiet: Quiet) -> str:
    """Why we write, as the prompt is told: ``ignored`` or ``undecided``."""
    return "undecided" if read_reply(quiet.last_words, quiet.offer) is Reply.UNDECIDED else "ignored"


def due_touch(quiet: Quiet, intervals: Sequence[float], *, now: datetime) -> int:
    """The touch to make now: after a time in which nobody worked the latest one that is due, never the backlog."""
    waited = (now - quiet.anchor_at) / timedelta(hours=1)
    passed = sum(hours <= waited for hours in intervals)
    return max(quiet.touch_number, passed)


def moment_of(touch: int, intervals: Sequence[float], *, anchor: datetime, last: datetime | None = None) -> datetime:
    """When the touch is due, counted from our last word before the chain."""
    due = anchor + timedelta(hours=intervals[touch - 1])
    return due if last is None else max(due, last + APART)


_BY_REPLY = {Reply.YES: Stop.SAID_YES, Reply.NO: Stop.SAID_NO}
