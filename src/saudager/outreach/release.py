"""Hand written messages to the gateway, a few at a time, after a last look whether they are still welcome."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import (
    MAILBOX,
    DeliveryReport,
    DeliveryState,
    MessageClass,
    OutgoingMail,
    OutgoingMessage,
    is_mailbox,
)
from saudager.conversations import outbox
from saudager.db.statements import Statement, moment
from saudager.errors import QueueFull, SaudagerError
from saudager.outreach import accounts, consent, policy, suppressed
from saudager.outreach.door import QUEUE, outgoing_of, withdraw
from saudager.outreach.hours import next_open
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy
from saudager.settings import Settings

CLIENT_RESPONDED, TAKEN_OVER = "client_responded", "taken_over"
AT_ONCE = 20
"""Messages of one account that may be at the gateway without a report."""
_UNPACED_AT_ONCE = 60
"""The same of a mailbox whose letters leave without a pace, some dozens a second."""
_LOOKED_AT = 50
"""The most messages one transaction deals with, most of which may have to wait or be withdrawn."""
_A_MOMENT, _A_MINUTE, _AN_HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


async def hand_over(app: App, lease: Lease) -> None:
    """Hand over the leased message and whatever else of its account there is room for, in one transaction."""
    now = app.clock.now()
    try:
        await app.db.run(_hand_over, lease, settings=app.settings, now=now)
    except SaudagerError:
        raise
    except Exception:  # one of them cannot be handled: not necessarily the leased one, which is alone to blame now
        await app.db.run(_hand_over, lease, settings=app.settings, now=now, alone=True)


def accounts_with_room(session: Session, now: datetime, *, settings: Settings) -> tuple[list[str], datetime | None]:
    """Whose messages may be handed over now; a report makes room for others and wakes the queue. Letters, of which
    there are many, go when half of the room is free, so that one transaction serves many of them."""
    rooms = _rooms(session, settings)
    return [name for name, room, most in rooms if room > 0 and (not is_mailbox(name) or 2 * room >= most)], None


def is_welcome(session: Session, about: str, *, now: datetime) -> bool:
    """Whether a message the door has let go, for somebody else to send, may still go; one that may not is withdrawn."""
    row = _LET_GO(session, about=about, now=now).fetchone()
    if row is None:
        return False
    message_class, wish, wrote, taken = row
    reason = _unwelcome(MessageClass(message_class), (wish,), wrote=bool(wrote), taken=bool(taken))
    if reason is not None:
        withdraw(session, about, reason, now)
    return reason is None


def goes_now(session: Session, about: str, *, now: datetime) -> bool:
    """It is sent this very moment, and counts as handed over; False when it was withdrawn."""
    return _GOES(session, about=about, now=now).rowcount > 0


def note_report(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """What became of a message nobody asked for; any news of it makes room for the next one."""
    if report.state is DeliveryState.ATTENTION:
        if report.for_ == f"{report.account}:first_contacts":
            accounts.refuse_first_contacts(session, report.account, now)
        return
    if report.suppressed is not None:
        suppressed.note(session, report, now=now)
    if report.for_.startswith("reply:"):
        return
    reached = report.state not in (DeliveryState.FAILED, DeliveryState.WITHDRAWN)
    known = _REPORTED(
        session, about=report.for_, fate=report.state, reason=report.reason, reached=reached, now=now
    ).rowcount
    if known < 1:
        return
    if (
        not is_mailbox(report.account)
        or 2 * _RELEASED(session, account=report.account).fetchone()[0] <= _UNPACED_AT_ONCE
    ):
        _wake(session)
    if report.state is DeliveryState.FAILED and (report.reason or "").startswith(policy.NO_FIRST_CONTACTS):
        accounts.refuse_first_contacts(session, report.account, now)


def give_up(session: Session, *, before: datetime, letters_before: datetime, now: datetime) -> int:
    """Count no longer on reports of what was handed over before the moment (a letter: before its own), so that it makes
    room; how many."""
    given_up = _GIVE_UP(session, before=before, letters_before=letters_before, now=now).rowcount
    if given_up:
        _wake(session)
    return given_up


def _hand_over(session: Session, lease: Lease, *, settings: Settings, now: datetime, alone: bool = False) -> None:
    account = lease.messages[0].body["outgoing"]["account"]
    try:
        fits = table.require_room(session, "outgoing_mail" if is_mailbox(account) else "outgoing_messages")
    except QueueFull:
        table.put_back(session, lease, until=now + _A_MINUTE)
        return
    room = min(fits, sum(left for _, left, _ in _rooms(session, settings, account)))
    if room < 1:
        table.put_back(session, lease)
        return
    leases, unseen = [lease], _LOOKED_AT
    while leases:
        unseen -= len(leases)
        for one in leases:
            room -= _settle(session, one, settings, now)
        more = 0 if alone else min(room, unseen)
        leases = table.claim(session, POLICY, limit=more, now=now, open_lots=[account], abreast=more) if more else []


def _rooms(session: Session, settings: Settings, account: str | None = None) -> list[tuple[str, int, int]]:
    """Accounts, how many messages of each may be handed over now, and how many might if none were at the gateway."""
    letters = AT_ONCE if settings.mail_per_minute else _UNPACED_AT_ONCE
    return _ROOM(session, account=account, letters=letters).fetchall()


def _settle(session: Session, lease: Lease, settings: Settings, now: datetime) -> bool:
    """Release the message of the lease, withdraw it, or put it back; whether it was released."""
    (message,) = lease.messages
    outgoing = outgoing_of(message.body)
    conversation_id = message.body["conversation_id"]
    if _HOLD(session, conversation=conversation_id).fetchone() is None:  # somebody speaks in it this very moment
        table.put_back(session, lease, until=now + _A_MOMENT)
        return False
    row = _LOOK(
        session, conversation=conversation_id, about=outgoing.id, written=outgoing.created_at, now=now
    ).fetchone()
    if row is None:  # taken back meanwhile
        table.finish(session, lease, now=now)
        return False
    phone, wish, refuses_offers, wrote, is_silent, has_case, refused_until, first_contact = row
    opens = next_open(phone, now, settings)
    wishes = (wish, consent.OFFERS if refuses_offers else None)
    unwelcome = _unwelcome(outgoing.message_class, wishes, wrote=bool(wrote), taken=bool(is_silent or has_case))
    if reason := unwelcome or (policy.UNKNOWN_ZONE if opens is None else None):
        withdraw(session, outgoing.id, reason, now)
        table.finish(session, lease, now=now)
        return False
    if first_contact and (until := moment(refused_until)) is not None and until > now:
        _put_off(session, lease, outgoing, until=min(until, now + _AN_HOUR), now=now)
        return False
    if opens is not None and opens > now:
        _put_off(session, lease, outgoing, until=opens, now=now)
        return False
    if _RELEASE(session, about=outgoing.id, now=now).rowcount < 1:  # taken back this very moment
        table.finish(session, lease, now=now)
        return False
    outbox.write_first(session, conversation_id, outgoing, now=now)
    table.finish(session, lease, now=now)
    return True


def _unwelcome(message_class: MessageClass, wishes: Iterable[str | None], *, wrote: bool, taken: bool) -> str | None:
    """What happened since it was written that forbids it now. A service message is withheld by a stop alone."""
    if any(policy.is_stopped(message_class, wish) for wish in wishes):
        return policy.OPTED_OUT
    if message_class is MessageClass.SERVICE:
        return None
    if wrote:
        return CLIENT_RESPONDED
    return TAKEN_OVER if taken else None


def _put_off(
    session: Session, lease: Lease, outgoing: OutgoingMessage | OutgoingMail, *, until: datetime, now: datetime
) -> None:
    _PUT_OFF(session, about=outgoing.id, until=until)
    table.put_back(session, lease, until=until)


def _bury(session: Session, message: Message, reason: str, now: datetime) -> None:
    withdraw(session, message.id, reason, now)


def _wake(session: Session) -> None:
    session.info.setdefault("woken", set()).add(QUEUE)


POLICY = Policy(QUEUE, lease=15, batch=1, on_dead=_bury)
_ROOM = Statement(f"""
    select account, most - (
        select count(*) from outreach_verdicts v where v.account = rooms.account and v.fate = 'released'), most
    from (
        select a.account, case when exists (
            select 1 from attention
            where kind = 'account' and about = 'account:' || a.account and settled is null)
            then 1 when a.account like '{MAILBOX}%' then cast(:letters as integer) else {AT_ONCE} end as most
        from outreach_accounts a where cast(:account as text) is null or a.account = :account) rooms""")  # noqa: S608
"""While something is wrong with an account one message at a time tries it, so that few grow too old at the gateway."""
_RELEASED = Statement("select count(*) from outreach_verdicts where account = :account and fate = 'released'")
_HOLD = Statement("select id from conversations where id = :conversation for update skip locked")
_LOOK = Statement("""
    select c.phone_number,
        (select wish from consents where contact_id = c.id order by id desc limit 1),
        exists (
            select 1 from letters l join persons p on p.id = l.person_id
            where l.conversation_id = k.id and 'letter:' || l.id = :about and p.consent = 'refused'),
        exists (
            select 1 from conversations other join messages m on m.conversation_id = other.id
            where other.contact_id = c.id and m.author = 'customer' and not m.history and m.received_at > :written),
        k.silent_until is not null and k.silent_until > :now,
        exists (select 1 from cases where contact_id = c.id and closed_at is null),
        a.no_first_contacts_until,
        v.first_contact
    from conversations k
    join contacts c on c.id = k.contact_id
    join outreach_verdicts v on v.about = :about and v.verdict = 'write' and v.fate is null
    left join outreach_accounts a on a.account = k.account
    where k.id = :conversation""")
_LET_GO = Statement("""
    select v.message_class,
        (select wish from consents where contact_id = v.contact_id order by id desc limit 1),
        exists (
            select 1 from conversations k join messages m on m.conversation_id = k.id
            where k.contact_id = v.contact_id and m.author = 'customer' and not m.history
                and m.received_at > v.decided_at),
        exists (select 1 from conversations where contact_id = v.contact_id and silent_until > :now)
            or exists (select 1 from cases where contact_id = v.contact_id and closed_at is null)
    from outreach_verdicts v
    where v.about = :about and v.verdict = 'write' and (v.fate is null or v.fate = 'released')""")
_GOES = Statement("""
    update outreach_verdicts set fate = 'released', fate_at = :now
    where about = :about and verdict = 'write' and (fate is null or fate = 'released')""")
_RELEASE = Statement("""
    update outreach_verdicts set fate = 'released', fate_at = :now, counted_at = :now
    where about = :about and verdict = 'write' and fate is null""")
_PUT_OFF = Statement("update outreach_verdicts set counted_at = :until where about = :about and verdict = 'write'")
_REPORTED = Statement("""
    update outreach_verdicts set fate = :fate, fate_at = :now, reason = coalesce(:reason, reason),
        counted_at = case when :reached then counted_at end
    where about = :about and verdict = 'write' and (
        fate in ('released', 'unsettled')
        or (fate = 'sent' and :fate in ('delivered', 'read', 'failed'))
        or (fate = 'delivered' and :fate in ('read', 'failed')))""")
_GIVE_UP = Statement(f"""
    update outreach_verdicts set fate = 'unsettled', fate_at = :now
    where fate = 'released'
        and fate_at < case when account like '{MAILBOX}%' then :letters_before else :before end""")  # noqa: S608
