"""What one number of ours may still send unasked today, and the brake on it that only a person lets go."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.db.statements import Statement, insert_into, moment
from saudager.settings import Settings

LEAST_ALLOWANCE, TIMES_THE_BUSIEST = 100, 3
RESTRICTED_FOR = timedelta(days=7)
_BUSIEST_OF, _WEEK = timedelta(days=30), timedelta(days=7)
_STOPPED = (
    "С номера ушло втрое больше сообщений, о которых никто не просил, чем в самый занятой день месяца. "
    "Рассылки и напоминания с него ждут; продолжить: saudager outreach resume"
)


@dataclass
class AccountState:
    """A number's day, counted once for a batch of judgements in one transaction, and kept up by ``take``."""

    account: str
    day: datetime
    tomorrow: datetime
    written: int
    """Messages nobody asked for, today."""
    since_resumed: int
    """The same, since a person last let go the brake."""
    allowance: int
    """At so many the brake holds."""
    is_stopped: bool
    first_contacts: int
    first_contact_allowance: int
    no_first_contacts_until: datetime | None
    is_held: bool = False
    """Nobody else counts the day until our transaction ends."""
    met: set[int] = field(default_factory=set)
    """Contacts who were written to for the first time, by this batch."""

    def take(self, contact_id: int, *, first_contact: bool, met_today: bool) -> None:
        """One more message is written."""
        self.written += 1
        self.since_resumed += 1
        if first_contact and not met_today and contact_id not in self.met:
            self.first_contacts += 1
            self.met.add(contact_id)

    @property
    def brakes(self) -> bool:
        return self.is_stopped or self.since_resumed >= self.allowance


def state(session: Session, account: str, settings: Settings, now: datetime, *, hold: bool = False) -> AccountState:
    """The number's day as it stands. With ``hold`` nobody else counts it until the transaction ends, so that a cap is
    kept to the message by many who write at once."""
    if hold:
        _HOLD(session, account=account)
    local = now.astimezone(settings.zone)
    day, tomorrow = (
        datetime.combine(local.date() + timedelta(days=days), time(), settings.zone).astimezone(now.tzinfo)
        for days in (0, 1)
    )
    offset = local.utcoffset() or timedelta(0)
    stopped_at, refused_until, begun_at, written, first_contacts, left_over, since_resumed, busiest = _STATE(
        session,
        account=account,
        day=day,
        tomorrow=tomorrow,
        month=day - _BUSIEST_OF,
        zone=settings.timezone,
        offset=int(offset.total_seconds()),
    ).fetchone()
    begun = moment(begun_at) or _first_word(session, account, keep=hold)
    return AccountState(
        account=account,
        day=day,
        tomorrow=tomorrow,
        written=written + left_over,
        since_resumed=since_resumed,
        allowance=max(LEAST_ALLOWANCE, TIMES_THE_BUSIEST * (busiest or 0)),
        is_stopped=stopped_at is not None,
        first_contacts=first_contacts,
        first_contact_allowance=_warmed_up(settings.first_contacts_per_day, begun, now),
        no_first_contacts_until=moment(refused_until),
        is_held=hold,
    )


def hold(session: Session, state: AccountState) -> None:
    """Let nobody else count the day until the transaction ends."""
    _HOLD(session, account=state.account)
    state.is_held = True


def stop(session: Session, account: str, now: datetime, *, reason: str = _STOPPED) -> None:
    """Put the brake on, unless it is, and ask for a person; the ``reason`` ends in the command that lets it go."""
    if _STOP(session, account=account, stopped_at=now, stopped_reason=reason).rowcount > 0:
        attention.ask(session, Why.OUTREACH, f"account:{account}", f"{reason} {account}", now=now)


def everyone(session: Session) -> list[str]:
    """Every number and mailbox somebody was ever written to from."""
    return [name for (name,) in _EVERYONE(session).fetchall()]


def resume(session: Session, account: str, now: datetime) -> bool:
    """A person has looked: the number may write again, a whole allowance from now. False: it was not stopped."""
    attention.settle(session, Why.OUTREACH, f"account:{account}", now=now)
    return _RESUME(session, account=account, now=now).rowcount > 0


def refuse_first_contacts(session: Session, account: str, now: datetime) -> None:
    """The messenger lets this number begin no conversation; such a restriction lasts a week.

    (Seven days: https://github.com/devlikeapro/waha/issues/1904, read 2026-11.)
    """
    _REFUSE_FIRST_CONTACTS(session, account=account, no_first_contacts_until=now + RESTRICTED_FOR, now=now)


def _warmed_up(per_day: int, begun: datetime | None, now: datetime) -> int:
    """A quarter of the first contacts in the number's first week, half in its second, but never none."""
    weeks = 0 if begun is None else (now - begun) // _WEEK
    share = {0: 4, 1: 2}.get(weeks, 1)
    return min(per_day, max(1, per_day // share))


def _first_word(session: Session, account: str, *, keep: bool) -> datetime | None:
    row = _FIRST_WORD(session, account=account).fetchone()
    begun = None if row is None else moment(row[0])
    if keep and begun is not None:
        _BEGIN(session, account=account, begun_at=begun)
    return begun


_HOLD = insert_into("outreach_accounts", ("account",), "on conflict (account) do update set account = excluded.account")
_DAYS_OF = """
    (select max(written) from (
        select count(*) as written from outreach_verdicts
        where account = :account and counted_at is not null and counted_at >= :month and counted_at < :day
        group by {day_number}) days)"""
_STATE_SQL = """
    select a.stopped_at, a.no_first_contacts_until, a.begun_at, today.written, today.first_contacts,
        (select count(*) from outreach_verdicts
            where account = :account and fate is null and counted_at is not null and counted_at < :day),
        (select count(*) from outreach_verdicts
            where account = :account and counted_at is not null and counted_at < :tomorrow
                and counted_at >= greatest(:day, coalesce(a.resumed_at, :day))),
        {busiest}
    from (
        select count(*) as written, count(distinct case when first_contact then contact_id end) as first_contacts
        from outreach_verdicts
        where account = :account and counted_at is not null and counted_at >= :day and counted_at < :tomorrow) today
    left join outreach_accounts a on a.account = :account"""
_STATE = Statement(
    _STATE_SQL.format(
        busiest=_DAYS_OF.format(day_number="(cast(strftime('%s', counted_at) as integer) + :offset) / 86400")
    ),
    postgresql=_STATE_SQL.format(busiest=_DAYS_OF.format(day_number="cast(counted_at at time zone :zone as date)")),
)
_FIRST_WORD = Statement(
    "select received_at from messages where account = :account and author = 'bot' order by id limit 1"
)
_BEGIN = Statement("update outreach_accounts set begun_at = :begun_at where account = :account")
_EVERYONE = Statement("select account from conversations union select account from outreach_accounts order by 1")
_STOP = insert_into(
    "outreach_accounts",
    ("account", "stopped_at", "stopped_reason"),
    """on conflict (account) do update set stopped_at = excluded.stopped_at, stopped_reason = excluded.stopped_reason
    where outreach_accounts.stopped_at is null""",
)
_RESUME = Statement("""
    update outreach_accounts set stopped_at = null, stopped_reason = null, resumed_at = :now
    where account = :account and stopped_at is not null""")
_REFUSE_FIRST_CONTACTS = Statement("""
    insert into outreach_accounts (account, no_first_contacts_until) values (:account, :no_first_contacts_until)
    on conflict (account) do update set no_first_contacts_until = excluded.no_first_contacts_until
    where coalesce(outreach_accounts.no_first_contacts_until, :now) <= :now""")
