"""The booked calls as a calendar that phones and calendar programs subscribe to (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from saudager.calls.models import CallStatus
from saudager.db.statements import Statement, moment

_OCTETS = 75
_LOOKS_BACK = timedelta(days=7)


def as_calendar(session: Session, *, shop: str, now: datetime, call_id: int | None = None) -> str:
    """One event a booked call of the last week and all to come, with the customer's name and number in it; or that of
    one call, whatever became of it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Saudager//Calls//RU", f"X-WR-CALNAME:{_text(shop)}"]
    if call_id is None:
        rows = _BOOKED(session, status=CallStatus.BOOKED, since=now - _LOOKS_BACK).fetchall()
    else:
        rows = _ONE(session, id=call_id).fetchall()
    for row in rows:
        lines += _event(*row, now=now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(
    call: int, at: object, minutes: int, notes: str | None, name: str | None, phone: str | None, *, now: datetime
) -> Iterable[str]:
    begins = moment(at)
    assert begins is not None
    who = " ".join(part for part in (name, f"+{phone}" if phone else None) if part) or "клиент"
    return (
        "BEGIN:VEVENT",
        f"UID:call-{call}@saudager",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(begins)}",
        f"DTEND:{_stamp(begins + timedelta(minutes=minutes))}",
        f"SUMMARY:{_text(f'Созвон: {who}')}",
        f"DESCRIPTION:{_text(notes or '')}",
        "END:VEVENT",
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(written: str) -> str:
    escaped = written.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; a continuation begins with a space, and no character is torn."""
    part = ""
    for character in line:
        if len((part + character).encode()) > _OCTETS:
            yield part
            part = " "
        part += character
    yield part


_EVENTS = """
    select s.id, s.scheduled_at, s.minutes, s.notes, coalesce(k.name, k.full_name), k.phone_number
    from scheduled_calls s join contacts k on k.id = s.contact_id"""
_BOOKED = Statement(f"{_EVENTS} where s.status = :status and s.scheduled_at >= :since order by s.scheduled_at")
_ONE = Statement(f"{_EVENTS} where s.id = :id")
