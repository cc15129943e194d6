"""Try a rule or a sequence on what has happened: what it would have seen and done; nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation import by_the_clock, conditions, facts, placeholders
from saudager.automation.conditions import Seen
from saudager.automation.definitions import (
    AnyStep,
    Definition,
    Every,
    Rule,
    SendLetter,
    SendMessage,
    names_spoken_of,
    texts_of,
)
from saudager.automation.describing import in_words
from saudager.automation.facts import TOLD_COLUMNS, Subject
from saudager.contracts import MAILBOX, MessageClass, is_mailbox
from saudager.db.statements import Statement
from saudager.events import Happened
from saudager.outreach import accounts, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Wanted
from saudager.settings import Settings

_LOOKED_THROUGH = 2000
NO_CONTACT, NO_CONVERSATION, NO_EMAIL, UNKNOWN_NAMES = "no_contact", "no_conversation", "no_email", "unknown_names"
"""Why a message would not go, besides what the door says."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step in words; ``may`` is what the door says to a message of it now: write, wait or refuse, with the reason;
    None: it is no message."""

    do: str
    says: str
    may: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Would:
    """One thing that has happened, and what would have come of it. Conditions are judged by what is known now: what
    was known then is not kept."""

    event_id: int | None
    """None: of a rule that goes by the clock, whom it would run for now."""
    kind: Happened
    about: str
    at: datetime
    contact_id: int | None
    who: str | None
    holds: bool
    seen: Sequence[Seen]
    steps: Sequence[Step]
    """All it would do, or of a sequence up to its first wait or fork; empty when the conditions do not hold."""


def try_out(
    session: Session, definition: Definition, *, since: datetime, limit: int, settings: Settings, now: datetime
) -> list[Would]:
    """What would have come of the newest events since the moment, newest first, up to ``limit`` of them. Run it with
    ``db.read``: nothing is stored."""
    states = _States(session, settings, now)
    found = _occasions(session, definition, since=since, limit=limit, now=now)
    return [_would(states, definition, subject, event_id, at) for subject, event_id, at in found]


class _States:
    """The day of each account of ours, counted once."""

    def __init__(self, session: Session, settings: Settings, now: datetime) -> None:
        self.session, self.settings, self.now = session, settings, now
        self._known: dict[str, AccountState] = {}

    def __getitem__(self, account: str) -> AccountState:
        if account not in self._known:
            self._known[account] = accounts.state(self.session, account, self.settings, self.now)
        return self._known[account]


def _occasions(
    session: Session, definition: Definition, *, since: datetime, limit: int, now: datetime
) -> Iterator[tuple[Subject, int | None, datetime]]:
    if isinstance(definition, Rule) and isinstance(definition.when, Every):
        abouts = by_the_clock.abouts(session, definition.when.each, after=0, limit=min(limit, _LOOKED_THROUGH))
        for _, about in abouts:
            yield facts.subject(session, about, event=Happened.SCHEDULED), None, now
        return
    if definition.occasion is None:
        return
    rows = _PAST(session, kind=definition.occasion, since=since, limit=min(limit, _LOOKED_THROUGH)).fetchall()
    for row in rows:
        event = facts.told_of(row)
        yield facts.subject_of(session, event), event.id, event.at


def _would(states: _States, definition: Definition, subject: Subject, event_id: int | None, at: datetime) -> Would:
    names = {*names_spoken_of(definition), "contact.name", "contact.email"}
    known = facts.values(states.session, subject, names, now=states.now, zone=states.settings.zone)
    holds, seen = conditions.judge(definition.conditions, known)
    steps = [_step(states, step, subject, known) for step in _reached(definition)] if holds else []
    kind = subject.event or Happened.SCHEDULED
    who = known.get("contact.name")
    return Would(event_id, kind, subject.about, at, subject.contact_id, who, holds, seen, steps)


def _reached(definition: Definition) -> Iterator[AnyStep]:
    """What is done at once."""
    for step in definition.then if isinstance(definition, Rule) else definition.steps:
        yield step
        if step.do in ("wait", "wait_until", "branch"):
            return


def _step(states: _States, step: AnyStep, subject: Subject, known: Mapping[str, Any]) -> Step:
    says = in_words(step, known)
    if not isinstance(step, SendMessage | SendLetter):
        return Step(step.do, says)
    may, reason = _at_the_door(states, step, subject, known)
    return Step(step.do, says, may, reason)


def _at_the_door(
    states: _States, step: SendMessage | SendLetter, subject: Subject, known: Mapping[str, Any]
) -> tuple[str, str | None]:
    """What the door says to it now, as far as it can be told without asking which numbers are connected."""
    if subject.contact_id is None:
        return "refuse", NO_CONTACT
    if any(placeholders.fill(text, known)[1] for _, text in texts_of(step)):
        return "refuse", UNKNOWN_NAMES
    by_mail = isinstance(step, SendLetter)
    email = known.get("contact.email") if by_mail else None
    if by_mail and email is None:
        return "refuse", NO_EMAIL
    rows = _ACCOUNTS(states.session, contact=subject.contact_id).fetchall()
    account = next((row[0] for row in rows if is_mailbox(row[0]) == by_mail), MAILBOX if by_mail else None)
    if account is None:
        return "refuse", NO_CONVERSATION
    wanted = Wanted(
        f"trial:{subject.about}",
        subject.contact_id,
        account,
        MessageClass(step.message_class),
        channel=policy.EMAIL if by_mail else "whatsapp",
        address=email,
    )
    verdict = policy.judge(states.session, wanted, states.settings, states.now, states[account])
    return verdict.may, verdict.reason


_PAST = Statement(f"""
    select {TOLD_COLUMNS} from events where kind = :kind and at >= :since order by id desc limit :limit""")  # noqa: S608
_ACCOUNTS = Statement("""
    select account from conversations where contact_id = :contact
    order by coalesce(last_message_at, created_at) desc, id desc""")
