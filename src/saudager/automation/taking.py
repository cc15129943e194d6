"""Take the steps that are due: each with what it does and its row in one transaction, in batches, never twice."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention, events
from saudager.app import App
from saudager.attention import Why
from saudager.automation import actions, conditions, facts, journeys, paths, sequences, waits
from saudager.automation.became import Became, Outcome
from saudager.automation.definitions import Branch, Definition, Rule, Wait, WaitUntil, names_spoken_of
from saudager.automation.facts import Subject
from saudager.automation.journeys import Going, Taken
from saudager.automation.models import JourneyState
from saudager.automation.names import CAME
from saudager.automation.sending import Carriers, Post, carriers
from saudager.errors import DatabaseFault, OutsideError
from saudager.events import Cause
from saudager.settings import Settings

_log = logging.getLogger(__name__)
TOO_LATE, NOT_DONE = "too_late", "not_done"
STALE_AFTER = timedelta(days=7)
"""A message that could not go for so long is not sent any more: what it speaks of has passed."""
_BATCH = 100
_GATEWAY_AWAITED = timedelta(minutes=1)
_STUMBLED = "Сценарий «{title}» остановлен на шаге {step}: его не удалось выполнить, подробности в журнале"
_DID_NOT = "«{title}»: {says}"


async def take_steps(app: App, task_id: str) -> int:
    """Take every step that is due, a hundred journeys at a time; how many journeys moved.

    While the gateway does not answer, messages and letters wait a minute, and everything else goes on.
    """
    moved = 0
    while due := await app.db.read(journeys.due, limit=_BATCH, now=app.clock.now()):
        try:
            ours = await carriers(app)
        except OutsideError as error:
            _log.warning("nobody tells which numbers are connected, so messages of sequences wait: %s", error)
            ours = None
        taken = await _taken(app, due, ours)
        moved += taken
        if not taken:  # another process has them
            break
    return moved


async def _taken(app: App, due: Sequence[int], ours: Carriers | None) -> int:
    """How many moved; one that cannot is ended, and holds up no other."""
    try:
        return await app.db.run(take, due, ours, app.settings, now=app.clock.now())
    except DatabaseFault:
        raise
    except Exception:
        if len(due) > 1:
            return sum([await _taken(app, [one], ours) for one in due])
        _log.exception("journey %d is ended", due[0])
        await app.db.run(_give_up, due[0], now=app.clock.now())
        return 1


def take(session: Session, due: Sequence[int], ours: Carriers | None, settings: Settings, *, now: datetime) -> int:
    """Take the steps of those that are still due, in the caller's transaction; how many journeys moved."""
    held = journeys.hold(session, due, now=now)
    said = sequences.of_versions(session, {(one.automation_id, one.version) for one in held})
    post = None if ours is None else ours.post(session, settings, now)
    for going in held:
        _Walk(session, going, said[going.automation_id, going.version], post, settings, now).go()
    return len(held)


class _Walk:
    """One journey, from the step that is due to its next wait or its end."""

    def __init__(
        self,
        session: Session,
        going: Going,
        definition: Definition,
        post: Post | None,
        settings: Settings,
        now: datetime,
    ) -> None:
        self._session, self._going, self._definition = session, going, definition
        self._post, self._settings, self._now = post, settings, now
        self._steps = paths.steps_of(definition)
        self._has_come = going.has_come
        self._since = going.due_since

    def go(self) -> None:
        going = self._going
        if going.is_erased:
            self._end(JourneyState.STOPPED, journeys.ERASED)
            return
        if going.waits_for is not None:
            self._has_come = False
        with events.caused_by(self._session, self._cause()):
            path = going.step
            while path != paths.END:
                following = self._take(path)
                if following is None:
                    return
                path, self._since = following, self._now
        self._end(JourneyState.FINISHED, None)

    def _take(self, path: str) -> str | None:
        """Take one step; the path of the next, or None when it goes on later or never."""
        step = paths.at(self._steps, path)
        if isinstance(step, Wait | WaitUntil):
            self._wait(path, step)
            return None
        subject = self._subject()
        values = self._values(subject)
        if isinstance(step, Branch):
            holds, seen = conditions.judge(step.when, values)
            self._took(path, "branch", "done", holds=holds, seen=[one.told() for one in seen])
            return paths.into(self._steps, path, holds=holds)
        became = actions.attempt(
            self._session,
            step,
            subject,
            values,
            once=self._going.once(path),
            settings=self._settings,
            now=self._now,
            post=self._post,
            is_due=self._going.is_single,
        )
        return self._after(path, step.do, became)

    def _wait(self, path: str, step: Wait | WaitUntil) -> None:
        until = waits.over_at(step, self._now, self._settings.zone)
        kind = step.event if isinstance(step, WaitUntil) else None
        self._took(path, step.do, "waited", until=until, **({} if kind is None else {"event": kind.value}))
        journeys.move_on(
            self._session,
            self._going,
            paths.after(self._steps, path),
            due_at=until,
            due_since=until or self._now,
            waits_for=kind,
            has_come=None if kind is not None else self._has_come,
        )
        if until is not None:
            journeys.wake(self._session, at=until, name=self._going.once(path), now=self._now)

    def _after(self, path: str, kind: str, became: Became) -> str | None:
        going, says = self._going, dict(became.told())
        outcome = says.pop("became")
        if became.asks:
            asks = _DID_NOT.format(title=going.title, says=became.asks)
            attention.ask(self._session, Why.AUTOMATION, f"automation:{going.automation_id}", asks, now=self._now)
        if became.outcome is Outcome.WAITS:
            if self._now - self._since < STALE_AFTER:
                self._put_off(path, became)
                return None
            outcome, says = Outcome.SKIPPED.value, {"says": TOO_LATE, "waited_for": became.says}
        elif became.until is not None:
            self._keep(path, became.until)
        self._took(path, kind, outcome, **says)
        if became.outcome is Outcome.FAILED:
            self._end(JourneyState.FAILED, became.says)
            return None
        if became.is_last:
            self._end(JourneyState.STOPPED, became.says)
            return None
        return paths.END if going.is_single else paths.after(self._steps, path)

    def _put_off(self, path: str, became: Became) -> None:
        assert became.until is not None
        soonest = self._now + _GATEWAY_AWAITED
        until = max(became.until, soonest)
        journeys.put_off(
            self._session,
            self._going,
            path,
            since=self._since,
            until=until,
            reason=became.says,
            has_come=self._has_come,
        )
        journeys.wake(self._session, at=until, name=self._going.once(path), now=self._now)

    def _keep(self, path: str, until: datetime) -> None:
        going = self._going
        journeys.keep(
            self._session,
            going.automation_id,
            going.version,
            path,
            once=going.once(path),
            contact_id=going.contact_id,
            conversation_id=going.conversation_id,
            about=going.about,
            facts=going.facts,
            depth=going.depth + 1,
            until=until,
            now=self._now,
        )

    def _took(self, path: str, kind: str, outcome: str, **detail: Any) -> None:
        journeys.took(self._session, Taken(self._going.id, path, kind, outcome, detail), now=self._now)

    def _end(self, state: JourneyState, reason: str | None) -> None:
        journeys.end(self._session, self._going.id, state, reason, now=self._now)

    def _cause(self) -> Cause:
        going = self._going
        kind = "rule" if isinstance(self._definition, Rule) else "sequence"
        return Cause(f"{kind}:{going.automation_id}", going.depth + (0 if going.is_single else 1))

    def _subject(self) -> Subject:
        """As of now: he may have written elsewhere, or have been merged, since the last step."""
        going = self._going
        return facts.subject(
            self._session,
            going.about,
            contact_id=going.contact_id,
            conversation_id=going.conversation_id,
            event=self._definition.occasion,
            facts=going.facts,
        )

    def _values(self, subject: Subject) -> dict[str, Any]:
        names = names_spoken_of(self._definition)
        known = facts.values(self._session, subject, names, now=self._now, zone=self._settings.zone)
        return known | {CAME: self._has_come}


def _give_up(session: Session, journey: int, *, now: datetime) -> None:
    for going in journeys.hold(session, [journey], now=now):
        asks = _STUMBLED.format(title=going.title, step=going.step)
        attention.ask(session, Why.AUTOMATION, f"automation:{going.automation_id}", asks, now=now)
        journeys.took(session, Taken(going.id, going.step, "", "failed", {"says": NOT_DONE}), now=now)
        journeys.end(session, going.id, JourneyState.FAILED, NOT_DONE, now=now)
