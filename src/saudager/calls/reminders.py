"""Remind of a call before it begins, in the hours in which the customer may be written to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.calls.booking import REMIND
from saudager.calls.models import CallStatus
from saudager.contracts import MessageClass
from saudager.db.statements import Statement, moment
from saudager.languages import Language, language_of
from saudager.moments import spoken
from saudager.outreach import door, policy
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import tasks
from saudager.settings import Settings

_SAYS: dict[Language, str] = {
    "ru": "Напоминаем: {at} у нас с вами созвон. Если планы изменились, напишите — перенесём.",
    "kk": "Еске саламыз: {at} қоңырауымыз бар. Жоспарыңыз өзгерсе, жазыңыз — басқа уақытқа ауыстырамыз.",
    "en": "A reminder: we have a call {at}. If your plans have changed, write to us and we will move it.",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A call as it is written about: whose it is, when, how it stands, and the customer's language."""

    contact_id: int
    conversation_id: int
    account: str
    at: datetime
    status: str
    language: Language

    def spoken(self, settings: Settings) -> str:
        """When it is, in his language and the shop's time."""
        return spoken(self.at.astimezone(settings.zone), self.language)


def known(session: Session, call_id: int) -> Known:
    """What is known of a call that exists."""
    contact, conversation, account, scheduled_at, status, words = _CALL(session, id=call_id).fetchone()
    return Known(contact, conversation, account, _known(scheduled_at), status, language_of(words or ""))


async def remind(app: App, call_id: int, task_id: str) -> str | None:
    """Write the reminder, unless the call is off, moved or over; what came of it is the task's result."""
    return await app.db.run(_remind, call_id, app.settings, now=app.clock.now())


def ahead(
    session: Session, settings: Settings, *, now: datetime, until: datetime
) -> Iterator[tuple[datetime, int, Verdict]]:
    """Reminders due from now until the moment: when, for which contact, and whether they could go."""
    before = timedelta(minutes=settings.call_reminder_minutes)
    rows = _AHEAD(session, begins=now + before, ends=until + before).fetchall()
    for call, contact, account, scheduled_at in rows:
        at = _known(scheduled_at) - before
        yield at, contact, policy.judge(session, _wanted(call, contact, account), settings, at)


def _remind(session: Session, call_id: int, settings: Settings, *, now: datetime) -> str | None:
    call = known(session, call_id)
    if call.status != CallStatus.BOOKED or call.at <= now:
        return None
    said = _SAYS[call.language].format(at=call.spoken(settings))
    wanted = _wanted(call_id, call.contact_id, call.account)
    verdict = door.write(session, wanted, call.conversation_id, said, settings=settings, now=now)
    if verdict.may == "wait" and verdict.until is not None and verdict.until < call.at:
        task_id = f"{REMIND}:{call_id}:{verdict.until:%Y-%m-%dT%H:%MZ}"
        tasks.enqueue(session, REMIND, task_id=task_id, now=now, due=verdict.until, call_id=call_id)
    return verdict.may


def _wanted(call: int, contact: int, account: str) -> Wanted:
    return Wanted(f"call_reminder:{call}", contact, account, MessageClass.SERVICE)


def _known(stored: object) -> datetime:
    known = moment(stored)
    assert known is not None
    return known


_WORDS = """
    select s.contact_id, s.conversation_id, c.account, s.scheduled_at, s.status, (
        select string_agg(said.text, ' ') from (
            select m.text from messages m where m.conversation_id = c.id and m.author = 'customer'
            order by m.id desc limit 5) said)
    from scheduled_calls s join conversations c on c.id = s.conversation_id where s.id = :id"""
_CALL = Statement(_WORDS.replace("string_agg", "group_concat"), postgresql=_WORDS)
_AHEAD = Statement("""
    select s.id, s.contact_id, c.account, s.scheduled_at
    from scheduled_calls s join conversations c on c.id = s.conversation_id
    where s.status = 'booked' and s.scheduled_at > :begins and s.scheduled_at <= :ends order by s.scheduled_at""")
