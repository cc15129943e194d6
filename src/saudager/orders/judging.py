"""May this message about an order be written now, where, and in which class: by the order, the shop and the door."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.contracts import MessageClass
from saudager.orders import opening, templates, triggers, waiting, writing
from saudager.orders.models import Trigger, TriggerState
from saudager.orders.opening import Numbers, Place
from saudager.orders.templates import Template
from saudager.orders.waiting import Due
from saudager.orders.writing import Subject
from saudager.outreach import accounts, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Verdict, Wanted
from saudager.settings import Settings

NO_ACCOUNT, NEEDS_TEMPLATE, NOTHING_TO_OFFER = "no_account", "needs_template", "nothing_to_offer"
ENOUGH_TODAY, MOST_A_DAY = "enough_today", 3
"""The most messages about orders, of whatever class, that one buyer gets in a day."""
LOOKED_AT_AGAIN = timedelta(hours=24)
_SOON = timedelta(hours=1)
_OFFERS = frozenset({Trigger.REVIEW_REQUEST, Trigger.CROSS_SELL, Trigger.REPLENISHMENT})


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that may be written, and where it goes. A ``template`` has its words already; else they are to be found
    for the ``subject``."""

    due: Due
    phone: str
    place: Place
    message_class: MessageClass
    first_contact: bool
    template: Template | None = None
    subject: Subject | None = None


class States(dict[str, AccountState]):
    """What each of our numbers may still send, read once; with ``hold`` nobody else counts meanwhile."""

    def __init__(self, session: Session, settings: Settings, now: datetime, *, hold: bool) -> None:
        super().__init__()
        self._session, self._settings, self._now, self._hold = session, settings, now, hold
        self.told: Counter[int] = Counter()
        """Messages these judgements have let go, by buyer."""

    def take(self, state: AccountState, contact_id: int, verdict: Verdict, *, met_today: bool) -> None:
        """One more message goes."""
        state.take(contact_id, first_contact=verdict.first_contact, met_today=met_today)
        self.told[contact_id] += 1

    def __missing__(self, account: str) -> AccountState:
        self[account] = accounts.state(self._session, account, self._settings, self._now, hold=self._hold)
        return self[account]


def stop_of(due: Due, settings: Settings, *, now: datetime) -> str | None:
    """Why the message is not written any more; None: it still is."""
    if due.stage in triggers.ENDED:
        return due.stage
    if triggers.is_overtaken(due.trigger, due.stage):
        return triggers.OVERTAKEN
    if not settings.ai_seller_enabled or due.trigger not in settings.ai_seller_triggers:
        return triggers.OFF
    if not due.shop_writes:
        return triggers.SHOP_PAUSED
    return triggers.TOO_LATE if due.late_at is not None and now >= due.late_at else None


def judge(
    session: Session, due: Due, ours: Numbers, settings: Settings, states: States, *, now: datetime
) -> Draft | None:
    """Whether it is to be written now; where it is not, it ends or waits, with the reason stored. What may be counts in
    ``states``, so that nobody looks for words that will not go today.

    Thanks that could carry an offer go without one to whoever may not be offered anything now.
    """
    if (stop := stop_of(due, settings, now=now)) is not None:
        waiting.end(session, due, TriggerState.STOPPED, stop, now=now)
        return None
    if due.contact_id is None or due.phone is None:
        waiting.end(session, due, TriggerState.REFUSED, triggers.NO_PHONE, now=now)
        return None
    place = opening.find(session, due.contact_id, due.phone, ours, preferred=due.account)
    if place is None:
        waiting.put_off(session, due, NO_ACCOUNT, until=now + _SOON, now=now)
        return None
    template = None
    if not opening.takes_free_text(place, ours, now=now):
        template = templates.of(due.trigger, settings.ai_seller_templates)
        if template is None:
            waiting.put_off(session, due, NEEDS_TEMPLATE, until=now + LOOKED_AT_AGAIN, now=now)
            return None
    message_class = MessageClass.MARKETING if due.trigger in _OFFERS else MessageClass.SERVICE
    asked, state = wanted(due, due.contact_id, place.account, message_class), states[place.account]
    known = policy.facts(session, asked, state)
    verdict = policy.decide(asked, known, state, settings, now)
    if verdict.may != "write":
        not_now(session, due, asked, verdict, now=now)
        return None
    if has_enough(session, due.contact_id, state, told=states.told):
        waiting.put_off(session, due, ENOUGH_TODAY, until=state.tomorrow, now=now)
        return None
    draft = Draft(due, due.phone, place, message_class, verdict.first_contact, template)
    if template is None:
        subject = writing.subject(
            session, due.order_id, due.trigger, first_contact=verdict.first_contact, settings=settings, now=now
        )
        if subject.is_pointless:
            waiting.end(session, due, TriggerState.STOPPED, NOTHING_TO_OFFER, now=now)
            return None
        offering = replace(asked, message_class=subject.message_class)
        if policy.decide(offering, known, state, settings, now).may != "write":
            subject = subject.without_offer()
        draft = replace(draft, subject=subject, message_class=subject.message_class)
    states.take(state, due.contact_id, verdict, met_today=known.met_today)
    return draft


def has_enough(session: Session, contact_id: int, state: AccountState, *, told: Mapping[int, int]) -> bool:
    """Whether the buyer has got as many messages about orders today as anybody gets, ``told`` those about to go."""
    return waiting.written_since(session, contact_id, state.day) + told.get(contact_id, 0) >= MOST_A_DAY


def foresee(session: Session, due: Due, ours: Numbers, settings: Settings, states: States, *, now: datetime) -> Verdict:
    """What would be said of it at the moment as things stand; nothing is stored."""
    if (stop := stop_of(due, settings, now=now)) is not None:
        return Verdict("refuse", stop)
    if due.contact_id is None or due.phone is None:
        return Verdict("refuse", triggers.NO_PHONE)
    place = opening.find(session, due.contact_id, due.phone, ours, preferred=due.account)
    if place is None:
        return Verdict("wait", NO_ACCOUNT)
    is_free = opening.takes_free_text(place, ours, now=now)
    if not is_free and templates.of(due.trigger, settings.ai_seller_templates) is None:
        return Verdict("wait", NEEDS_TEMPLATE)
    message_class = MessageClass.MARKETING if due.trigger in _OFFERS else MessageClass.SERVICE
    asked, state = wanted(due, due.contact_id, place.account, message_class), states[place.account]
    verdict = policy.judge(session, asked, settings, now, state)
    if verdict.may != "write":
        return verdict
    if has_enough(session, due.contact_id, state, told=states.told):
        return Verdict("wait", ENOUGH_TODAY, state.tomorrow)
    states.take(state, due.contact_id, verdict, met_today=False)
    return verdict


def wanted(due: Due, contact_id: int, account: str, message_class: MessageClass) -> Wanted:
    """The message as the door knows it."""
    return Wanted(due.about, contact_id, account, message_class)


def not_now(session: Session, due: Due, asked: Wanted, verdict: Verdict, *, now: datetime) -> None:
    """The door said no, or not yet: its ledger and the row keep why."""
    policy.note(session, asked, verdict, now)
    if verdict.may == "refuse":
        waiting.end(session, due, TriggerState.REFUSED, verdict.reason or "", now=now)
    else:
        waiting.put_off(session, due, verdict.reason or "", until=verdict.until or now + LOOKED_AT_AGAIN, now=now)
