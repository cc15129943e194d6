"""The turn's part about calls: the customer wants one, names a time, chooses, moves or cancels; code books and says so.

What is said here is written from the row, so "booked" is never said without one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.agent import agreement, call_lines, call_words, courtesy
from saudager.agent.briefing import OpenTurn
from saudager.calls import booking
from saudager.calls.booking import Booked, NotBooked, Refusal
from saudager.calls.models import ScheduledCall
from saudager.calls.phrases import Meant, read_time
from saudager.followups.replies import Reply, read_reply
from saudager.languages import Language, language_of
from saudager.moments import spoken
from saudager.settings import Settings
from saudager.words import sentences

_OFFERED = 3
_REFUSALS = {
    Refusal.TAKEN: call_lines.TAKEN,
    Refusal.PAST: call_lines.PAST,
    Refusal.TOO_FAR: call_lines.TOO_FAR,
    Refusal.OUT_OF_HOURS: call_lines.OUT_OF_HOURS,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered about a call, and the row it rests on."""

    reply: str
    trace: dict[str, Any] = field(default_factory=dict)


def take_call_matters(session: Session, turn: OpenTurn, settings: Settings, *, now: datetime) -> Said | None:
    """Do what the new lines want of a call and say what came of it; None when they are about something else."""
    call = booking.standing(session, turn.contact.id, now=now)
    slots = booking.offered(session, turn.conversation.id, now=now)
    text = _about_the_call(turn, agreed_upon=call is not None or bool(slots))
    desk = _Desk(session, turn, settings, _language(turn), now, text)
    if call_words.cancels(text) and not call_words.moves(text):
        off = call or booking.cancelled_since(session, turn.contact.id, turn.lines[0].received_at)
        if off is not None:
            return desk.cancel(off)
    local = now.astimezone(settings.zone)
    meant = read_time(text, local, asked=bool(slots)) if text else None
    if meant is not None and meant.at is not None:
        return desk.book(_on_its_day(meant, call, settings, now=now))
    place = call_words.chosen(text, len(slots)) if slots else None
    if place is not None:
        return desk.book(slots[place])
    agrees = read_reply(" ".join(turn.new_words), _last_words(turn)) is Reply.YES
    if slots and agrees and text:
        return desk.book(slots[0]) if len(slots) == 1 else desk.ask_which(slots)
    if call is None and agrees and _offers_a_call(session, turn):
        return desk.offer(booking.free(session, settings, now=now, limit=_OFFERED))
    if not (call_words.asks_for_a_call(text) or (call is not None and call_words.moves(text)) or meant is not None):
        return None
    return desk.offer(booking.free(session, settings, now=now, near=_near(meant, local), limit=_OFFERED))


def call_off(session: Session, turn: OpenTurn, settings: Settings, *, now: datetime) -> None:
    """Cancel the customer's call while a person has the conversation, so that nobody is reminded of it; what is said to
    it waits."""
    call = booking.standing(session, turn.contact.id, now=now)
    text = _about_the_call(turn, agreed_upon=True)
    if call is not None and call_words.cancels(text) and not call_words.moves(text):
        booking.cancel(session, call, settings=settings, now=now)


def is_settled(sentence: str) -> bool:
    """Whether a sentence of such a turn was about the call."""
    return call_words.is_about_the_call(sentence)


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
            says = call_lines.BOOKED if done.moved_from is None else call_lines.MOVED
            return Said(says[self.language].format(at=self.spoken(done.at)), {"booked": done.call_id})
        return self._instead(done)

    def cancel(self, call: ScheduledCall) -> Said:
        booking.cancel(self.session, call, settings=self.settings, now=self.now)
        reply = call_lines.CANCELLED[self.language].format(at=self.spoken(call.scheduled_at))
        return Said(reply, {"cancelled": call.id})

    def ask_which(self, slots: list[datetime]) -> Said:
        reply = call_lines.WHICH[self.language].format(slots=self._listed(slots))
        return Said(reply, {"offered": [slot.isoformat() for slot in slots]})

    def offer(self, slots: list[datetime]) -> Said:
        if not slots:
            return Said(call_lines.NO_TIMES[self.language], {"offered": []})
        booking.offer(self.session, self.turn.conversation.id, slots, now=self.now)
        reply = call_lines.OFFER[self.language].format(slots=self._listed(slots))
        return Said(reply, {"offered": [slot.isoformat() for slot in slots]})

    def spoken(self, at: datetime) -> str:
        return spoken(at.astimezone(self.settings.zone), self.language)

    def _instead(self, refused: NotBooked) -> Said:
        if not refused.instead:
            return Said(call_lines.NO_TIMES[self.language], {"offered": []})
        booking.offer(self.session, self.turn.conversation.id, refused.instead, now=self.now)
        says = _REFUSALS[refused.why]
        hours = call_lines.HOURS[self.language].format(
            begin=self.settings.working_hours_start, end=self.settings.working_hours_end
        )
        reply = says[self.language].format(slots=self._listed(refused.instead), hours=hours)
        return Said(reply, {"offered": [slot.isoformat() for slot in refused.instead]})

    def _listed(self, slots: list[datetime]) -> str:
        return "; ".join(self.spoken(slot) for slot in slots)


def _about_the_call(turn: OpenTurn, *, agreed_upon: bool) -> str:
    """The new lines' sentences about a call; while none was spoken of, one of them must ask for it."""
    said = [sentence for line in turn.new_words for sentence in sentences(line)]
    if not (agreed_upon or any(map(call_words.asks_for_a_call, said))):
        return ""
    return " ".join(filter(call_words.is_about_the_call, said))


def _offers_a_call(session: Session, turn: OpenTurn) -> bool:
    """Whether our last line asked for a call, or was a follow-up that offered to go on."""
    ours = turn.last_of_ours
    if ours is None or "?" not in (ours.text or ""):
        return False
    line = ours.text or ""
    return call_words.is_about_a_call(line) or (
        agreement.is_touch(session, ours.id) and not call_words.offers_to_tell(line)
    )


def _last_words(turn: OpenTurn) -> str:
    return "" if turn.last_of_ours is None else turn.last_of_ours.text or ""


def _language(turn: OpenTurn) -> Language:
    """Of the new lines; of those before where a bare time or sign tells nothing."""
    before = courtesy.of_lines([said.text for said in turn.history if said.author == "customer"])
    return language_of(" ".join(turn.new_words), before)


def _on_its_day(meant: Meant, call: ScheduledCall | None, settings: Settings, *, now: datetime) -> datetime:
    """The moment that was meant: an hour alone moves a call on its own day."""
    assert meant.at is not None
    if call is None or meant.day_said:
        return meant.at
    day = call.scheduled_at.astimezone(settings.zone).date()
    moved = datetime.combine(day, meant.at.timetz())
    return moved if moved > now else meant.at


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
