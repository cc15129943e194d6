"""The words of one touch: a model writes them for its number, the guard looks, and nothing is said twice."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager import promises, prompts
from saudager.app import App
from saudager.errors import OutsideError
from saudager.followups import words
from saudager.followups.rules import Quiet, reason_of
from saudager.knowledge import search
from saudager.languages import language_of
from saudager.moments import spoken_now
from saudager.outreach.policy import Verdict
from saudager.prompts import Prompt
from saudager.providers.llm import Fact, Said, Task
from saudager.settings import Settings
from saudager.truth import guard
from saudager.words import normalise, stem

_ROUNDS = 2
_ALIKE = 0.8
"""Share of common words at which two lines are near-duplicates; a rival's measured choice."""
_PASSAGES = 10
_WORD = re.compile(r"[^\W\d_]{3,}")
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Draft:
    """A touch to write, and the conversation it continues."""

    quiet: Quiet
    touch: int
    judged: Verdict
    history: list[Said]


async def write_touch(app: App, draft: Draft, *, now: datetime) -> str | None:
    """The touch's words: a model's when one writes what may be said, else a line of our own; None when we have none
    left that this customer has not read."""
    prompt = await app.db.read(prompts.in_force, "follow_up", app.settings.prompts_dir)
    remarks: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        try:
            answered = await app.model.write(_task(app, draft, prompt, remarks, now=now))
        except OutsideError:
            break
        problems = await _problems(app, draft, answered.value, now=now)
        if not problems:
            return answered.value
        remarks = tuple(f"Так написать нельзя: {problem}" for problem in problems)
    lines = words.touches(draft.touch, language_of(draft.quiet.last_words))
    return next((line for line in lines if not is_near_duplicate(line, _ours(draft))), None)


def is_near_duplicate(text: str, earlier: Sequence[str]) -> bool:
    """Whether the text says nearly the same as one of the lines before."""
    mine = _bag(text)
    return any(mine and _likeness(mine, _bag(other)) >= _ALIKE for other in earlier)


def _task(app: App, draft: Draft, prompt: Prompt, remarks: tuple[str, ...], *, now: datetime) -> Task:
    quiet = draft.quiet
    since = quiet.last_touch_at or quiet.anchor_at
    return Task(
        instructions=prompt.fill(
            touch_number=str(draft.touch),
            conversation_history="(в сообщениях ниже)",
            last_bot_message=quiet.last_of_ours,
            last_client_message=quiet.last_words,
            follow_up_reason=_REASONS[reason_of(quiet)],
            hours_since_last_message=str(round((now - since).total_seconds() / 3600)),
            current_datetime=spoken_now(now.astimezone(app.settings.zone)),
        ),
        lines=draft.history,
        remarks=remarks,
        contact_id=quiet.contact_id,
        until=time.monotonic() + app.settings.engine_deadline,
    )


async def _problems(app: App, draft: Draft, text: str, *, now: datetime) -> list[str]:
    facts: list[Fact] = []
    if _FIGURE.search(text):
        facts = await app.db.read(_sources, f"{draft.quiet.last_words} {text}", app.settings, now=now)
    said = [line.text for line in draft.history]
    examined = guard.examine(text, facts=facts, earlier=said, now=now.astimezone(app.settings.zone))
    if is_near_duplicate(text, _ours(draft)):
        return [*examined.problems, "почти то же уже было сказано раньше."]
    return examined.problems


def _sources(session: Session, asked: str, settings: Settings, *, now: datetime) -> list[Fact]:
    promised = promises.facts(session, asked, today=now.astimezone(settings.zone).date(), currency=settings.currency)
    return [*search.search(session, asked, limit=_PASSAGES), *promised]


def _ours(draft: Draft) -> list[str]:
    return [line.text for line in draft.history if line.author == "us"]


def _bag(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(normalise(text)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


_REASONS = {"ignored": "не ответил на наше сообщение", "undecided": "не решил, ответил неопределённо"}
