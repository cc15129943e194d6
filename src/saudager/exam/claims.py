"""What the shop claims in a dialogue, and whether documents and rows bear it out."""

import re
from collections.abc import Sequence
from datetime import datetime

from saudager.calls.hours import working_hours
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.calls.slots import Verdict, is_bookable
from saudager.exam.customers import SAYS_BOOKED
from saudager.exam.seen import Seen
from saudager.providers.channels import Line
from saudager.providers.llm import Fact
from saudager.truth import guard
from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.known import Known
from saudager.truth.language import wrong_language
from saudager.truth.named import NamedFact
from saudager.truth.style import complaints
from saudager.words import normalise, sentences

_DENIES = re.compile(r"(?<!\w)(?:не|нет|нельзя|емес|жоқ|not|cannot|n't)(?!\w)|алма[йд]")
_PARTS = re.compile(r"[^.!?;\n]+(?:[.!?;\n]+|$)")
_OUR_PEOPLE = re.compile(r"созвон|звон|сотрудник|отвеча|қоңырау|қызметкер|жауап|call|staff|answer")


def unproved(seen: Seen) -> str | None:
    """The first line with a figure or a promise that neither the documents nor the customer's rows hold."""
    facts: list[Fact | NamedFact] = [*seen.house.passages, *_deeds(seen)]
    for line in seen.ours:
        text = line.text or ""
        now = line.sent_at.astimezone(seen.house.settings.zone)
        rest = _without_moments(text, _moments(seen, line), seen)
        examined = guard.examine(rest, facts=facts, earlier=seen.before(line.sent_at), now=now)
        manners = {*complaints(rest), *wrong_language(rest, seen.before(line.sent_at), Known([], now.date()))}
        if problems := [problem for problem in examined.problems if problem not in manners]:
            return f"«{text}»: {'; '.join(problems)}"
    return None


def _deeds(seen: Seen) -> list[NamedFact]:
    """What was done, as the rows show it."""
    if seen.rows is None:
        return []
    asked = any(action["done"] for turn in seen.rows.turns.values() for action in turn.trace.get("actions", ()))
    facts = {"call_booked": seen.rows.calls, "call_cancelled": seen.rows.calls, "handed_over": seen.rows.cases or asked}
    return [NamedFact(name, "true") for name, is_done in facts.items() if is_done]


def _moments(seen: Seen, line: Line) -> list[datetime]:
    """The times of his calls, and those the line's turn offered at which one can be booked."""
    zone, hours = seen.house.settings.zone, working_hours(seen.house.settings, line.sent_at)
    if seen.rows is None:
        return []
    turns = [seen.rows.turns.get(said.turn_id or 0) for said in seen.rows.ours if said.text == line.text]
    offered = [
        datetime.fromisoformat(slot) for turn in turns if turn for slot in turn.trace.get("call", {}).get("offered", ())
    ]
    free = [at for at in offered if is_bookable(at, line.sent_at, hours) is Verdict.BOOKABLE]
    return [at.astimezone(zone) for at in (*(call.scheduled_at for call in seen.rows.calls), *free)]


def _without_moments(text: str, moments: Sequence[datetime], seen: Seen) -> str:
    """The text without its parts that tell only one of the moments, or the hours of our people."""
    hours = (seen.house.settings.working_hours_start, seen.house.settings.working_hours_end)
    kept = []
    for part in _PARTS.findall(text):
        said = figures(part)
        only_moments = bool(said) and all(figure.kind in (FigureKind.TIME, FigureKind.DATE) for figure in said)
        is_told = any(all(_is_part_of(figure, at) for figure in said) for at in moments)
        is_told |= all(figure.value in hours for figure in said) and bool(_OUR_PEOPLE.search(part.lower()))
        kept.append("" if only_moments and is_told else part)
    return "".join(kept)


def not_booked(seen: Seen) -> str | None:
    """The first line that says a call is settled for a time at which none stood."""
    for line in seen.ours:
        for sentence in sentences(line.text or ""):
            plain = normalise(sentence)
            if not SAYS_BOOKED.search(plain) or plain.endswith("?") or _DENIES.search(plain):
                continue
            calls = [call for call in seen.rows.calls if _stood(call, line.sent_at)] if seen.rows else []
            if not any(_is_at(call, sentence, seen) for call in calls):
                return f"«{sentence}», а записи на это время нет"
    return None


def _stood(call: ScheduledCall, moment: datetime) -> bool:
    return call.created_at <= moment and (call.status == CallStatus.BOOKED or call.updated_at > moment)


def _is_at(call: ScheduledCall, sentence: str, seen: Seen) -> bool:
    """Whether the times and dates of a sentence are the call's; one that names none speaks of any."""
    at = call.scheduled_at.astimezone(seen.house.settings.zone)
    return all(_is_part_of(figure, at) for figure in figures(sentence))


def _is_part_of(figure: Figure, at: datetime) -> bool:
    """Whether a date or a time is that of the moment; other figures say nothing of it."""
    if figure.kind is FigureKind.DATE:
        day, month = (int(part) for part in figure.parts[:2])
        return day == at.day and month in (0, at.month)
    if figure.kind is FigureKind.TIME:
        hour, minute = (int(part) for part in figure.parts[:2])
        return minute == at.minute and (hour == at.hour or (figure.unit == "12h" and hour % 12 == at.hour % 12))
    return True
