"""May this message nobody asked for go now: by its class, the customer's wish and hours, and what has gone before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from saudager.contracts import MessageClass
from saudager.db.statements import Statement, moment
from saudager.errors import NotFound
from saudager.outreach import accounts, consent
from saudager.outreach.accounts import AccountState
from saudager.outreach.hours import next_open
from saudager.settings import Settings

OPTED_OUT, UNKNOWN_ZONE, THREE_UNANSWERED = "opted_out", "unknown_zone", "three_unanswered"
QUIET_HOURS, COOLDOWN, DAILY_CAP, BREAKER = "quiet_hours", "cooldown", "daily_cap", "breaker"
FIRST_CONTACTS_TODAY, NO_FIRST_CONTACTS = "first_contacts_today", "no_first_contacts"
HELD_OUT = "held_out"
BOUNCED, COMPLAINED, NO_CONSENT = "bounced", "complained", "no_consent"
EMAIL = "email"

COOLDOWN_FOR = timedelta(hours=24)
MOST_UNANSWERED = 3
UNASKED = frozenset({MessageClass.SERVICE, MessageClass.FOLLOW_UP, MessageClass.MARKETING})
_NOT_AWAITED = UNASKED - {MessageClass.SERVICE}
"""What the customer has no reason to expect; a service message belongs to something he ordered or agreed."""
_STOPPED_BY = {consent.EVERYTHING: UNASKED, consent.OFFERS: _NOT_AWAITED}
_MAY_BEGIN = frozenset({MessageClass.SERVICE, MessageClass.MARKETING})
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message somebody wants to write: ``about`` is its own name for ever, such as ``follow_up:12:3``."""

    about: str
    contact_id: int
    account: str
    message_class: MessageClass
    channel: str = "whatsapp"
    address: str | None = None
    """Of a letter."""
    agreed: bool | None = None
    """Of a letter: whether he agreed to get offers by mail; None: nobody asked him, and a person has to approve it."""
    approved_alone: bool = False
    """Of a letter: a person has read this very one and wants it to go."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Write it; wait (``until``: the first moment it may go, or None when only a person ends the wait); or refuse."""

    may: Literal["write", "wait", "refuse"]
    reason: str | None = None
    until: datetime | None = None
    first_contact: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a contact that bears on writing to him unasked."""

    phone: str | None
    wish: str | None
    last_unasked_at: datetime | None
    wrote_here: bool
    unanswered: int
    """Messages he had no reason to expect, since his last line; what belongs to his order or call wants no answer."""
    met_today: bool
    """He, who never wrote to the account, was written to from it today."""
    is_written: bool
    """The very message was written before."""
    held_out: bool
    """He belongs to those who get no marketing, so that its effect can be measured."""
    suppressed: str | None = None
    """Why nothing is sent to the address any more: bounced or complained."""


def judge(
    session: Session, wanted: Wanted, settings: Settings, now: datetime, state: AccountState | None = None
) -> Verdict:
    """Whether the message may go now; nothing is stored. A batch in one transaction hands in ``accounts.state``."""
    state = state or accounts.state(session, wanted.account, settings, now)
    return decide(wanted, facts(session, wanted, state), state, settings, now)


def note(session: Session, wanted: Wanted, verdict: Verdict, now: datetime) -> bool:
    """Keep the verdict with its reason; False when it says the same as the last one on the message.

    A wait for the breaker keeps it on until a person lets go, who is asked to.
    """
    if verdict.reason == BREAKER:
        accounts.stop(session, wanted.account, now)
    kept = _NOTE(
        session,
        about=wanted.about,
        contact=wanted.contact_id,
        account=wanted.account,
        channel=wanted.channel,
        message_class=wanted.message_class,
        verdict=verdict.may,
        reason=verdict.reason,
        until=verdict.until,
        first_contact=verdict.first_contact,
        now=now,
        counted_at=now if verdict.may == "write" else None,
    )
    return kept.rowcount > 0


def facts(session: Session, wanted: Wanted, state: AccountState) -> Facts:
    """Everything about the contact, in one statement; raises NotFound when there is no such contact."""
    row = _FACTS(
        session,
        contact=wanted.contact_id,
        account=wanted.account,
        about=wanted.about,
        day=state.day,
        long_ago=_LONG_AGO,
        channel=wanted.channel,
        address=wanted.address,
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no contact {wanted.contact_id}")
    phone, wish, last_at, wrote_here, unanswered, met_today, is_written, held_out, suppressed = row
    return Facts(
        phone,
        wish,
        moment(last_at),
        bool(wrote_here),
        unanswered,
        met_today=bool(met_today),
        is_written=bool(is_written),
        held_out=bool(held_out),
        suppressed=suppressed,
    )


def decide(wanted: Wanted, known: Facts, state: AccountState, settings: Settings, now: datetime) -> Verdict:
    """The rules themselves. A refusal goes before a wait; of several waits the longest counts."""
    if wanted.message_class not in UNASKED:
        return Verdict("write")
    first_contact = not known.wrote_here and wanted.channel != EMAIL
    opens = next_open(known.phone, now, settings)
    if is_stopped(wanted.message_class, known.wish):
        return Verdict("refuse", OPTED_OUT, first_contact=first_contact)
    if known.suppressed is not None:
        return Verdict("refuse", known.suppressed)
    if opens is None:
        return Verdict("refuse", UNKNOWN_ZONE, first_contact=first_contact)
    if wanted.message_class is MessageClass.MARKETING:
        if known.held_out and settings.holdout_share > 0:
            return Verdict("refuse", HELD_OUT, first_contact=first_contact)
        if wanted.channel == EMAIL:
            if wanted.agreed is False or (wanted.agreed is None and not wanted.approved_alone):
                return Verdict("refuse", NO_CONSENT)
        elif known.unanswered >= MOST_UNANSWERED:
            return Verdict("refuse", THREE_UNANSWERED, first_contact=first_contact)
    waits = [*_waits(wanted, known, state, settings, now, begins=first_contact)]
    if opens > now:
        waits.append((QUIET_HOURS, opens))
    if not waits:
        return Verdict("write", first_contact=first_contact)
    reason, until = max(waits, key=lambda wait: wait[1] or datetime.max.replace(tzinfo=UTC))
    until = until and next_open(known.phone, until, settings)
    return Verdict("wait", reason, until, first_contact)


def within_the_day(wanted: Wanted, state: AccountState, settings: Settings) -> Verdict | None:
    """The wait a message judged before runs into meanwhile: its number has sent all it may today; None: it may go."""
    waits = list(_waits_of_account(wanted, state, settings))
    if not waits:
        return None
    reason, until = waits[0]
    return Verdict("wait", reason, until)


def is_stopped(message_class: MessageClass, wish: str | None) -> bool:
    """Whether the customer's newest wish forbids messages of this class."""
    return message_class in _STOPPED_BY.get(wish or "", ())


def _waits(
    wanted: Wanted, known: Facts, state: AccountState, settings: Settings, now: datetime, *, begins: bool
) -> Iterator[tuple[str, datetime | None]]:
    """What has to pass first, and when it will have; None: when a person says so."""
    yield from _waits_of_account(wanted, state, settings)
    rested = known.last_unasked_at is None or known.last_unasked_at + COOLDOWN_FOR <= now
    if wanted.message_class in _NOT_AWAITED and known.last_unasked_at is not None and not rested:
        yield COOLDOWN, known.last_unasked_at + COOLDOWN_FOR
    if begins and wanted.message_class in _MAY_BEGIN:
        if state.no_first_contacts_until is not None and state.no_first_contacts_until > now:
            yield NO_FIRST_CONTACTS, state.no_first_contacts_until
        is_met = known.met_today or wanted.contact_id in state.met
        if not is_met and state.first_contacts >= state.first_contact_allowance:
            yield FIRST_CONTACTS_TODAY, state.tomorrow


def _waits_of_account(wanted: Wanted, state: AccountState, settings: Settings) -> Iterator[tuple[str, datetime | None]]:
    by_mail = wanted.channel == EMAIL
    if wanted.message_class in _NOT_AWAITED and (state.is_stopped if by_mail else state.brakes):
        yield BREAKER, None
    if state.written >= (settings.mail_per_day if by_mail else settings.outreach_per_day):
        yield DAILY_CAP, state.tomorrow


_FACTS = Statement("""
    with talks as (
        select k.account as account,
            (select m.sent_at from messages m
                where m.conversation_id = k.id and m.author = 'customer' and not m.history
                order by m.id desc limit 1) as wrote_at,
            exists (select 1 from messages m where m.conversation_id = k.id and m.author = 'customer') as wrote
        from conversations k where k.contact_id = :contact)
    select c.phone_number,
        (select wish from consents where contact_id = :contact order by id desc limit 1),
        ours.last_at,
        exists (select 1 from talks where wrote and account = :account),
        ours.unanswered,
        ours.met_today,
        exists (select 1 from outreach_verdicts where about = :about and verdict = 'write'),
        exists (select 1 from holdout where contact_id = :contact and is_held_out),
        (select reason from suppressed_addresses where address = :address)
    from contacts c, (
        select max(counted_at) as last_at,
            count(case when counted_at > coalesce((select max(wrote_at) from talks), :long_ago)
                and message_class <> 'service' and channel = :channel then 1 end) as unanswered,
            count(case when account = :account and first_contact and counted_at >= :day then 1 end) as met_today
        from outreach_verdicts where contact_id = :contact and counted_at is not null) ours
    where c.id = :contact""")
_NOTE = Statement("""
    insert into outreach_verdicts (about, contact_id, account, channel, message_class, verdict, reason, until,
        first_contact, decided_at, counted_at)
    select :about, :contact, :account, :channel, :message_class, :verdict, :reason, :until, :first_contact, :now,
        :counted_at
    where not exists (
        select 1 from outreach_verdicts
        where about = :about and verdict = :verdict and coalesce(reason, '') = coalesce(:reason, '')
            and id = (select max(id) from outreach_verdicts where about = :about))
    on conflict (about) where verdict = 'write' do nothing""")
