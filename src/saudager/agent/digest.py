"""What came of it all, told to the merchant every evening and every Monday morning."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from saudager import alerts
from saudager.app import App
from saudager.db.statements import Statement
from saudager.engines import spend
from saudager.moments import spoken_day
from saudager.overview import day as of_day
from saudager.settings import Settings

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_TOUCHES_BACK = timedelta(days=60)
"""How old the follow-up may be that a customer comes back to."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a span of time; customers are counted once each, however often they wrote."""

    wrote: int
    answered: int
    followed_up: int
    came_back: int
    deals: int
    calls: int
    handed_over: int
    waiting: int
    """Cases nobody has come to, now."""
    opted_out: int
    money: Decimal
    """US dollars of hosted engines, by whole days of the shop."""

    @property
    def nothing(self) -> bool:
        return not any(getattr(self, name) for name in self.__slots__)


async def daily_digest(app: App, task_id: str) -> bool:
    """Tell of the last 24 hours; False when nobody was told."""
    return await app.db.run(_tell, "daily", _DAY, app.settings, now=app.clock.now())


async def weekly_digest(app: App, task_id: str) -> bool:
    """Tell of the last seven days; False when nobody was told."""
    return await app.db.run(_tell, "weekly", _WEEK, app.settings, now=app.clock.now())


def count(session: Session, since: datetime, until: datetime, *, days: tuple[date, date]) -> Figures:
    """What happened from ``since`` up to, not including, ``until``; money of the shop's ``days``, first and last."""
    span = {"since": since, "until": until}
    back_to = since - _TOUCHES_BACK
    spent = spend.by_day(session, days[0])
    return Figures(
        wrote=of_day.number(session, _WROTE, **span),
        answered=of_day.number(session, _ANSWERED, **span),
        followed_up=of_day.number(session, _FOLLOWED_UP, **span),
        came_back=of_day.number(session, _CAME_BACK, back_to=back_to, **span),
        deals=of_day.number(session, of_day.DEALS, **span),
        calls=of_day.number(session, of_day.CALLS, **span),
        handed_over=of_day.number(session, of_day.HANDED_OVER, **span),
        waiting=of_day.number(session, _WAITING),
        opted_out=of_day.number(session, of_day.OPTED_OUT, **span),
        money=sum((one.usd for day, one in spent.items() if day <= days[1]), Decimal(0)),
    )


def in_words(figures: Figures, heading: str) -> str:
    """The digest as it is sent; what did not happen is left out."""
    lines = [
        _line("Написали клиентов", figures.wrote, "из них ответили", figures.answered),
        _line("Напомнили о себе", figures.followed_up, "вернулись", figures.came_back),
        _line("Новых сделок", figures.deals),
        _line("Назначено звонков", figures.calls),
        _line("Передано людям", figures.handed_over, "ещё ждут", figures.waiting),
        _line("Попросили больше не писать", figures.opted_out),
        f"Потрачено на модели: {_dollars(figures.money)} $" if figures.money else "",
    ]
    return "\n".join([heading, *filter(None, lines)])


def _tell(session: Session, kind: str, span: timedelta, settings: Settings, *, now: datetime) -> bool:
    until = now.replace(second=0, microsecond=0)
    day = until.astimezone(settings.zone).date()
    account = _BUSIEST(session).fetchone()
    if account is None or not settings.alert_numbers:
        return False
    days = (day, day) if span == _DAY else (day - span, day - _DAY)
    figures = count(session, until - span, until, days=days)
    if figures.nothing:
        return False
    heading = f"Итоги за сутки, {spoken_day(day)}" if span == _DAY else f"Итоги недели, по {spoken_day(days[1])}"
    return alerts.tell(session, settings, account[0], in_words(figures, heading), about=f"digest:{kind}:{day}", now=now)


def _line(what: str, number: int, part: str = "", of_these: int = 0) -> str:
    if not number and not of_these:
        return ""
    return f"{what}: {number}, {part}: {of_these}" if part else f"{what}: {number}"


def _dollars(money: Decimal) -> str:
    return f"{money:.2f}" if money >= Decimal("0.01") else f"{money:.4f}"


_WROTE = Statement("""
    select count(distinct k.id) from messages m
    join conversations c on c.id = m.conversation_id join contacts k on k.id = c.contact_id
    where m.author = 'customer' and not m.history and k.is_client
        and m.received_at >= :since and m.received_at < :until""")
_ANSWERED = Statement("""
    select count(distinct k.id) from turns t
    join conversations c on c.id = t.conversation_id join contacts k on k.id = c.contact_id
    join messages m on m.turn_id = t.id and m.author = 'customer'
    where t.outcome in ('answered', 'withdrawn') and k.is_client
        and m.received_at >= :since and m.received_at < :until""")
_FOLLOWED_UP = Statement("""
    select count(*) from outreach_verdicts
    where verdict = 'write' and message_class = 'follow_up' and coalesce(fate, '') not in ('withdrawn', 'failed')
        and decided_at >= :since and decided_at < :until""")
_CAME_BACK = Statement("""
    select count(distinct v.contact_id) from outreach_verdicts v
    where v.verdict = 'write' and v.message_class = 'follow_up'
        and coalesce(v.fate, '') not in ('withdrawn', 'failed')
        and v.decided_at >= :back_to and v.decided_at < :until and (
            select min(m.received_at) from messages m join conversations c on c.id = m.conversation_id
            where c.contact_id = v.contact_id and m.author = 'customer' and not m.history
                and m.received_at > v.decided_at and m.received_at < :until) >= :since""")
_WAITING = Statement("select count(*) from cases where closed_at is null and owner is null")
_BUSIEST = Statement("""
    select account from conversations where account not like 'mail:%'
    group by account order by count(*) desc, account limit 1""")
