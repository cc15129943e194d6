"""The turn's part about calls: the customer wants one, names a time, chooses, moves or cancels; code books and says so.

What is said here is written from the row, so "booked" is never said without one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.agent import agreement, call_words, courtesy
from saudager.agent.briefing import OpenTurn
from saudager.calls import booking
from saudager.calls.booking import Booked, NotBooked
from saudager.calls.phrases import Meant, read_time
from saudager.followups.replies import Reply, read_reply
from saudager.languages import Language
from saudager.moments import spoken
from saudager.settings import Settings

_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered about a call, and the row it rests on."""

    reply: str
    trace: dict[str, Any] = field(default_factory=dict)


def take_call_matters(session: Session, turn: OpenTurn, settings: Settings, *, now: datetime) -> Said | None:
    """Do what the new lines want of a call and say what came of it; None when they are about something else."""
    text = " ".join(turn.new_words)
    language = courtesy.of_lines(turn.new_words)
    local = now.astimezone(settings.zone)
    desk = _Desk(session, turn, settings, language, now, text)
    call = booking.standing(session, turn.contact.id, now=now)
    slots = booking.offered(session, turn.conversation.id, now=now)
    if call_words.cancels(text) and not call_words.moves(text):
        off = call or booking.cancelled_since(session, turn.contact.id, turn.lines[0].received_at)
        if off is not None:
            booking.cancel(session, off, settings=settings, now=now)
            return Said(call_words.CANCELLED[language].format(at=desk.spoken(off.scheduled_at)), {"cancelled": off.id})
    meant = read_time(text, local, asked=bool(slots))
    asks = call_words.asks_for_a_call(text) or (call is not None and call_words.moves(text))
    if not (asks or slots or (call is None and _agrees_to_a_call(session, turn, text))):
        return None
    if meant is not None and meant.at is not None:
        return desk.book(meant.at)
    place = call_words.chosen(text, len(slots)) if slots else None
    if place is not None:
        return desk.book(slots[place])
    agreed = read_reply(text, "" if turn.last_of_ours is None else turn.last_of_ours.text or "") is Reply.YES
    if len(slots) == 1 and agreed:
        return desk.book(slots[0])
    if not (asks or agreed or meant is not None):
        return None
    return desk.offer(booking.free(session, settings, now=now, near=_near(meant, local), limit=_OFFERED))


def is_settled(sentence: str, now: datetime) -> bool:
    """Whether a sentence of such a turn was about the call."""
    return call_words.asks_for_a_call(sentence) or call_words.moves(sentence) or read_time(sentence, now) is not None


@dataclass(frozen=True, slots=True)
class _Desk:
    session: Session
    turn: OpenTurn
    settings: Settings
    language: Language
    now: datetime
    text: str

    def book(self, at: datetime) -> Said:
        done = booking.book(
            self.session,
            self.turn.contact.id,
            self.turn.conversation.id,
            at,
            settings=self.settings,
            notes=self.text[:500],
            now=self.now,
        )
        if isinstance(done, Booked):
            says = call_words.BOOKED if done.moved_from is None else call_words.MOVED
            return Said(says[self.language].format(at=self.spoken(done.at)), {"booked": done.call_id})
        return self._instead(done)

    def offer(self, slots: list[datetime]) -> Said:
        if not slots:
            return Said(call_words.NO_TIMES[self.language], {"offered": []})
        booking.offer(self.session, self.turn.conversation.id, slots, now=self.now)
        reply = call_words.OFFER[self.language].format(slots=self._listed(slots))
        return Said(reply, {"offered": [slot.isoformat() for slot in slots]})

    def spoken(self, at: datetime) -> str:
        return spoken(at.astimezone(self.settings.zone), self.language)

    def _instead(self, refused: NotBooked) -> Said:
        if not refused.instead:
            return Said(call_words.NO_TIMES[self.language], {"offered": []})
        booking.offer(self.session, self.turn.conversation.id, refused.instead, now=self.now)
        says = call_words.TAKEN if refused.taken else call_words.PAST if refused.past else call_words.OUT_OF_HOURS
        hours = call_words.HOURS[self.language].format(
            begin=self.settings.working_hours_start, end=self.settings.working_hours_end
        )
        reply = says[self.language].format(slots=self._listed(refused.instead), hours=hours)
        return Said(reply, {"offered": [slot.isoformat() for slot in refused.instead]})

    def _listed(self, slots: list[datetime]) -> str:
        return "; ".join(self.spoken(slot) for slot in slots)


def _agrees_to_a_call(session: Session, turn: OpenTurn, text: str) -> bool:
    """A yes to our line that spoke of a call, or to a follow-up."""
    ours = turn.last_of_ours
    if ours is None or read_reply(text, ours.text or "") is not Reply.YES:
        return False
    line = ours.text or ""
    return ("?" in line and call_words.is_about_a_call(line)) or agreement.is_touch(session, ours.id)


def _near(meant: Meant | None, local: datetime) -> datetime | None:
    """A moment in the part of the day that was named vaguely."""
    if meant is None:
        return None
    if meant.after or meant.before:
        return meant.after or meant.before
    if meant.day is None and meant.part is None:
        return None
    hour = {"morning": 10, "afternoon": 14, "evening": 17}.get(meant.part or "", 10)
    day = meant.day or local.date()
    near = datetime(day.year, day.month, day.day, hour, tzinfo=local.tzinfo)
    return max(near, local)
