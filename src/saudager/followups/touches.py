"""Write to the silent whose time has come: claim what is due, judge each again, write, and hand it to the door."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import DeliveryReport, DeliveryState, MessageClass
from saudager.conversations import transcript
from saudager.followups import plan, rules
from saudager.followups.plan import WINDOW_CLOSED
from saudager.followups.rules import Quiet, Stop
from saudager.followups.understanding import understand
from saudager.followups.writing import Draft, write_touch
from saudager.outreach import accounts, door, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.door import Address
from saudager.outreach.policy import Wanted
from saudager.settings import Settings

_BATCH, _BATCHES_AT_ONCE = 100, 3
_WRITTEN_AT_ONCE = 20
_LOOKED_AT_AGAIN = timedelta(hours=24)
_ABOUT = "follow_up"


@dataclass
class _Taken:
    """What one claim came to: how many were due, and which of them are to be written."""

    due: int = 0
    drafts: list[Draft] = field(default_factory=list)


async def touch_the_silent(app: App, task_id: str) -> int:
    """Work everything that is due, several batches at once; how many touches were written."""
    return sum(await asyncio.gather(*(_work(app) for _ in range(_BATCHES_AT_ONCE))))


async def _work(app: App) -> int:
    written = 0
    while True:
        now = app.clock.now()
        taken = await app.db.run(_take, app.settings, now=now)
        if not taken.due:
            return written
        places = asyncio.Semaphore(_WRITTEN_AT_ONCE)

        async def in_words(draft: Draft, places: asyncio.Semaphore = places) -> tuple[Draft, str | Stop]:
            async with places:
                return draft, await _write(app, draft)

        texts = await asyncio.gather(*map(in_words, taken.drafts))
        if texts:
            written += await app.db.run(_hand_in, texts, app.settings, since=now, now=app.clock.now())


async def _write(app: App, draft: Draft) -> str | Stop:
    """The words of the touch, or why there is none after all."""
    quiet = draft.quiet
    reply = await understand(app, quiet.last_words, quiet.offer, contact_id=quiet.contact_id)
    if (stop := rules.stop_of(reply)) is not None:
        return stop
    return await write_touch(app, draft, now=app.clock.now()) or Stop.NOTHING_NEW


def judge(
    session: Session, quiet: Quiet, settings: Settings, *, state: AccountState | None = None, now: datetime
) -> Draft | None:
    """Whether this one is to be written to now; where he is not, the chain ends or waits, with the reason stored.

    A batch hands in the ``state`` of its account.
    """
    if (stop := rules.why_not(quiet, now=now)) is not None:
        plan.end(session, quiet.id, stop, now=now)
        return None
    if quiet.held_reason == WINDOW_CLOSED and not settings.follow_up_template:
        plan.hold(session, quiet.id, WINDOW_CLOSED, until=now + _LOOKED_AT_AGAIN)
        return None
    touch = rules.due_touch(quiet, settings.follow_up_intervals, now=now)
    verdict = policy.judge(session, wanted(quiet, touch, settings), settings, now, state)
    if verdict.may != "write":
        policy.note(session, wanted(quiet, touch, settings), verdict, now)
        _wait_or_end(session, quiet, verdict, now=now)
        return None
    return Draft(quiet, touch, verdict, [])


def foreseen(session: Session, chains: Mapping[int, datetime], settings: Settings) -> dict[int, str]:
    """Why the next touch of chains will not go at its moment, as things stand now, in the words of the preview; those
    whose will go, or only wait, are not in it. ``chains`` are their numbers with the moments."""
    found = {}
    for quiet in plan.situations(session, list(chains)):
        at = chains[quiet.id]
        if (stop := rules.why_not(quiet, now=at)) is not None:
            found[quiet.id] = str(stop)
            continue
        touch = rules.due_touch(quiet, settings.follow_up_intervals, now=at)
        verdict = policy.judge(session, wanted(quiet, touch, settings), settings, at)
        if verdict.may == "refuse":
            found[quiet.id] = verdict.reason or ""
    return found


def wanted(quiet: Quiet, touch: int, settings: Settings) -> Wanted:
    """The touch as the door knows it; by a template it is another message than the one the messenger did not take."""
    about = f"{_ABOUT}:{quiet.id}:{touch}" + (":template" if settings.follow_up_template else "")
    return Wanted(about, quiet.contact_id, quiet.account, MessageClass.FOLLOW_UP)


def note_report(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """A touch the messenger did not take, because the customer wrote too long ago, is held."""
    kind, *numbers = report.for_.split(":")
    if kind == _ABOUT and report.state is DeliveryState.FAILED and report.reason == WINDOW_CLOSED:
        plan.window_closed(session, int(numbers[0]), int(numbers[1]), until=now + _LOOKED_AT_AGAIN)


def _take(session: Session, settings: Settings, *, now: datetime) -> _Taken:
    claimed = plan.claim(session, limit=_BATCH, now=now)
    taken = _Taken(len(claimed))
    states = _States(session, settings, now, hold=False)
    for quiet in claimed:
        draft = judge(session, quiet, settings, state=states[quiet.account], now=now)
        if draft is not None:
            lines = transcript.recent(session, quiet.conversation_id, limit=settings.max_context_messages)
            taken.drafts.append(replace(draft, history=transcript.as_said(lines)))
    return taken


def _hand_in(
    session: Session, texts: list[tuple[Draft, str | Stop]], settings: Settings, *, since: datetime, now: datetime
) -> int:
    written = 0
    states = _States(session, settings, now, hold=True)
    standing = plan.still_standing(session, [draft.quiet for draft, _ in texts], since=since)
    for draft, text in texts:
        quiet = draft.quiet
        if quiet.id not in standing:
            continue
        if isinstance(text, Stop):
            plan.end(session, quiet.id, text, now=now)
            continue
        verdict = door.write(
            session,
            wanted(quiet, draft.touch, settings),
            quiet.conversation_id,
            text,
            settings=settings,
            template=_template(settings),
            state=states[quiet.account],
            judged=draft.judged,
            address=Address(quiet.chat, quiet.last_line_id),
            now=now,
        )
        if verdict.may == "write":
            plan.touched(session, quiet, draft.touch, settings.follow_up_intervals, now=now)
            written += 1
        else:
            _wait_or_end(session, quiet, verdict, now=now)
    return written


def _wait_or_end(session: Session, quiet: Quiet, verdict: policy.Verdict, *, now: datetime) -> None:
    if verdict.may == "refuse":
        plan.end(session, quiet.id, Stop(verdict.reason or Stop.OPTED_OUT), now=now)
    else:
        plan.hold(session, quiet.id, verdict.reason or "", until=verdict.until or now + _LOOKED_AT_AGAIN)


class _States(dict[str, AccountState]):
    """What each account of a batch may still send, read once; with ``hold`` nobody else counts meanwhile."""

    def __init__(self, session: Session, settings: Settings, now: datetime, *, hold: bool) -> None:
        super().__init__()
        self._session, self._settings, self._now, self._hold = session, settings, now, hold

    def __missing__(self, account: str) -> AccountState:
        self[account] = accounts.state(self._session, account, self._settings, self._now, hold=self._hold)
        return self[account]


def _template(settings: Settings) -> dict[str, str] | None:
    name, _, language = settings.follow_up_template.partition("/")
    return {"name": name, "language": language} if name else None
