"""What is not well is told to the shop's people, once when it has lasted and once when it is over.

Each agent looks every minute. A trouble is a row for as long as any of them sees it, so that whatever number of them
runs, and however often they are started, people are told once; what comes and goes within minutes is one trouble.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import alerts, attention, machine
from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.attention import Attention, Why
from saudager.engines import notices
from saudager.engines.order import Engines
from saudager.errors import OutsideError, SaudagerError
from saudager.machine import Ailments
from saudager.operators import accounts, system_mail, trouble_words
from saudager.operators.mail_words import Mail
from saudager.operators.models import Operator, Trouble
from saudager.operators.roles import Role
from saudager.operators.trouble_words import RUNNING
from saudager.providers.gateway import Connection, LastWords
from saudager.queues import tasks
from saudager.settings import Settings

_log = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
LASTS = timedelta(minutes=3)
"""A trouble is told once it has lasted so long,"""
OVER = timedelta(minutes=5)
"""and is over when nobody has seen it for so long."""
_WAS_DOWN = timedelta(minutes=10)
"""A pause between two looks that is told of; a gateway of its own tells of the agent's silence after as long."""
_NEWS_FOR = timedelta(days=1)
"""A pause nobody could be told of for so long is not told any more."""
_ON_THE_DESK_ALREADY = (Ill.REFUSED, Ill.RESTRICTED, Ill.SHOP, Ill.CRM, Ill.ENGINE, Ill.BUDGET)
_BUDGET = notices.about("budget")


@dataclass(frozen=True, slots=True)
class Ways:
    """How people can be told now."""

    account: str | None
    """The number alerts leave from; None: none works."""
    by_mail: bool


async def keep_telling(app: App, *parts: Ailments, apart: bool) -> None:
    """Look every minute, for ever; ``parts`` say what is not well besides gateway and engines. ``apart``: the gateway
    runs in a process of its own, and is left what to say when this one does not."""
    while True:
        await app.clock.sleep_until(app.clock.now() + EVERY)
        try:
            await look(app, *parts, *([partial(machine.ailments, app)] if apart else ()))
            if apart:
                with suppress(OutsideError):  # a gateway that does not answer has just been seen
                    await app.gateway.hear(await app.db.read(last_words, app.settings))
        except SaudagerError as error:
            _log.warning("what is not well cannot be told: %s", error)
        except Exception:
            _log.exception("what is not well cannot be told")


async def look(app: App, *parts: Ailments) -> None:
    """See what is not well at this moment, and tell what is to be told. Raises DatabaseFault."""
    found = [*await _of_gateway(app), *await app.db.read(_of_engines), *_of_budget(app)]
    for part in parts:
        found += await part()
    seen = {one.about: one for one in found if one.ill is not Ill.STOPPED}
    ways = await _ways(app, seen)
    await app.db.run(note, list(seen.values()), ways, app.settings, now=app.clock.now())


def note(session: Session, seen: Sequence[Ailment], ways: Ways, settings: Settings, *, now: datetime) -> None:
    """Keep what was seen, and tell people what has lasted and what is over, all in one message; what cannot be told
    now is told when it can."""
    tasks.hold(session, "troubles")
    known = {trouble.about: trouble for trouble in session.scalars(select(Trouble))}
    for before in known.values():  # by a clock that may have been set back since
        before.since, before.seen_at = min(before.since, now), min(before.seen_at, now)
    pauses = list(_pauses(session, known, now=now))
    for one in seen:
        trouble = known.get(one.about)
        if trouble is None:
            trouble = known[one.about] = Trouble(about=one.about, ill=one.ill, name=one.name, since=now)
            session.add(trouble)
        trouble.reason, trouble.seen_at = one.reason, now
    lasted = [trouble for trouble in known.values() if trouble.seen_at - trouble.since >= LASTS]
    begun = [trouble for trouble in lasted if trouble.seen_at == now and trouble.told_at is None]
    over = [trouble for trouble in known.values() if now - trouble.seen_at >= OVER]
    ended = [*pauses, *(trouble for trouble in over if trouble in lasted)]
    for trouble in begun:
        _put_on_desk(session, trouble, settings, now=now)
    told = not (begun or ended) or _tell(session, begun, ended, ways, settings, now=now)
    for trouble in begun if told else ():
        trouble.told_at = now
    for pause in pauses if told else ():
        session.delete(pause)
    for trouble in over:
        attention.settle(session, Why.MACHINE, trouble.about, now=now)
        if told or trouble not in lasted:
            session.delete(trouble)


def last_words(session: Session, settings: Settings) -> list[LastWords]:
    """What is said to whom when no agent runs any more."""
    words = [LastWords(number, trouble_words.farewell("ru", settings)) for number in settings.alert_numbers]
    for operator in hearers(session):
        subject = trouble_words.farewell_subject(operator.language)
        words.append(LastWords(operator.email or "", trouble_words.farewell(operator.language, settings), subject))
    return words


def hearers(session: Session) -> Sequence[Operator]:
    """Who is written to: whoever asked for it and has confirmed an address, and owners who have not said."""
    able = select(Operator).where(Operator.email.is_not(None), Operator.disabled_at.is_(None)).order_by(Operator.id)
    return [one for one in session.scalars(able) if hears(one)]


def hears(operator: Operator) -> bool:
    """Whether he wants to be written to."""
    said = operator.hears_of_troubles
    return operator.role == Role.OWNER if said is None else said


def hear(session: Session, operator_id: int, wants: bool) -> None:
    """He has said whether he wants to be."""
    accounts.by_id(session, operator_id).hears_of_troubles = wants


async def missing(app: App) -> list[Ailment]:
    """That the gateway did not answer the last looks, for whoever asks between two of them."""
    return await app.db.read(_is_missing, now=app.clock.now())


def _is_missing(session: Session, *, now: datetime) -> list[Ailment]:
    trouble = session.get(Trouble, f"{Ill.GATEWAY}:")
    if trouble is None or now - trouble.seen_at > 2 * EVERY or trouble.seen_at - trouble.since < EVERY:
        return []
    return [Ailment(Ill.GATEWAY, f"the gateway does not answer since {trouble.since:%H:%M} UTC: {trouble.reason}")]


async def _of_gateway(app: App) -> list[Ailment]:
    try:
        return list(await app.gateway.ailments())
    except OutsideError as error:
        return [Ailment(Ill.GATEWAY, f"the gateway does not answer: {error}", reason=str(error))]


def _of_engines(session: Session) -> list[Ailment]:
    """Engines a person was asked to look at: whichever process asked them knows."""
    entries = session.scalars(select(Attention).where(Attention.kind == Why.ENGINE, Attention.settled.is_(None)))
    return [
        Ailment(Ill.ENGINE, entry.reason, notices.title(entry.about), entry.reason)
        for entry in entries
        if entry.about != _BUDGET
    ]


def _of_budget(app: App) -> Iterator[Ailment]:
    if not isinstance(app.model, Engines) or (budget := app.model.books.budget) is None:
        return
    if budget.day == app.model.books.today() and budget.spent >= budget.cap:
        yield Ailment(Ill.BUDGET, f"DAILY_BUDGET is spent: {budget.as_money()} of {budget.written}")


async def _ways(app: App, seen: dict[str, Ailment]) -> Ways:
    try:
        numbers, mailboxes = await app.gateway.accounts(), await app.gateway.mailboxes()
    except OutsideError:
        return Ways(None, by_mail=False)
    now, ailing = app.clock.now(), {one.name for one in seen.values() if one.ill is Ill.SILENT}

    def least_fit(one: Connection) -> tuple[bool, bool, bool]:
        is_restricted = one.no_first_contacts_until is not None and one.no_first_contacts_until > now
        return one.window is not None, is_restricted, not one.is_default

    working = [
        one
        for one in numbers
        if one.paused_reason is None and one.name not in ailing and not app.messengers[one.vendor].is_in_crm
    ]
    best = min(working, key=least_fit, default=None)
    by_mail = any(one.is_default and one.paused_reason is None for one in mailboxes)
    return Ways(None if best is None else best.name, by_mail)


def _pauses(session: Session, known: dict[str, Trouble], *, now: datetime) -> Iterator[Trouble]:
    """When nobody looked for long, as far as it was not told yet; these and ``running`` are taken out of ``known``."""
    running = known.pop(RUNNING, None)
    if running is None:
        session.add(Trouble(about=RUNNING, ill="", name="", reason="", since=now, seen_at=now))
    else:
        if now - running.seen_at >= _WAS_DOWN:
            about = f"{RUNNING}:{now.isoformat()}"
            known[about] = Trouble(about=about, ill="", name="", reason="", since=running.seen_at, seen_at=now)
            session.add(known[about])
            session.flush()
        running.seen_at = now
    for about in [about for about in known if about.startswith(RUNNING)]:
        pause = known.pop(about)
        if now - pause.seen_at > _NEWS_FOR:
            session.delete(pause)
        else:
            yield pause


def _put_on_desk(session: Session, trouble: Trouble, settings: Settings, *, now: datetime) -> None:
    if trouble.ill not in _ON_THE_DESK_ALREADY:
        says = trouble_words.began(trouble, "ru", settings.zone)
        attention.ask(session, Why.MACHINE, trouble.about, says, now=now)


def _tell(
    session: Session,
    begun: Sequence[Trouble],
    ended: Sequence[Trouble],
    ways: Ways,
    settings: Settings,
    *,
    now: datetime,
) -> bool:
    """Tell everybody who is to know; False when there is no way to."""
    told = False
    if ways.account is not None:
        says = trouble_words.message(begun, ended, settings)
        told = alerts.tell(session, settings, ways.account, says, about=f"troubles:{now.isoformat()}", now=now)
    for operator in hearers(session) if ways.by_mail else ():
        says = "\n".join(trouble_words.lines(begun, ended, operator.language, settings.zone))
        kind = Mail.TROUBLE if begun else Mail.TROUBLE_OVER
        told |= system_mail.ask(session, operator, kind, now=now, says=says)
    return told
