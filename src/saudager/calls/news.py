"""Tell a customer that a person of the shop booked, moved or cancelled his call, in the hours he may be written to."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.calls import reminders
from saudager.calls.models import CallStatus
from saudager.contracts import MessageClass
from saudager.languages import Language
from saudager.outreach import door
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import tasks
from saudager.settings import Settings

TELL = "tell_of_call"
What = Literal["booked", "moved", "cancelled"]

_SAYS: dict[What, dict[Language, str]] = {
    "booked": {
        "ru": "Записали вас на созвон {at}. Если планы изменятся, напишите — перенесём.",
        "kk": "Қоңырауға {at} жазылдыңыз. Жоспарыңыз өзгерсе, жазыңыз — басқа уақытқа ауыстырамыз.",
        "en": "You are booked for a call {at}. If your plans change, write to us and we will move it.",
    },
    "moved": {
        "ru": "Ваш созвон перенесён: он будет {at}. Если не подходит, напишите — подберём другое время.",
        "kk": "Қоңырауыңыз ауыстырылды: {at}. Ыңғайсыз болса, жазыңыз — басқа уақыт таңдаймыз.",
        "en": "Your call has been moved: it will be {at}. If it does not suit you, write to us.",
    },
    "cancelled": {
        "ru": "Созвон {at} отменён. Чтобы назначить другое время, напишите нам.",
        "kk": "{at} белгіленген қоңырау болмайды. Басқа уақыт белгілеу үшін бізге жазыңыз.",
        "en": "The call {at} is cancelled. To arrange another time, write to us.",
    },
}
_STANDS: dict[What, CallStatus] = {
    "booked": CallStatus.BOOKED,
    "moved": CallStatus.BOOKED,
    "cancelled": CallStatus.CANCELLED,
}


def tell(session: Session, call_id: int, what: What, settings: Settings, *, now: datetime) -> Verdict | None:
    """Write to the customer, or when he may not be disturbed now, at the first moment before the call he may be.

    The verdict tells which; None when there is nothing to tell any more: the call is over, or stands otherwise.
    """
    call = reminders.known(session, call_id)
    if call.status != _STANDS[what] or call.at <= now:
        return None
    wanted = Wanted(f"call_{what}:{call_id}", call.contact_id, call.account, MessageClass.SERVICE)
    said = _SAYS[what][call.language].format(at=call.spoken(settings))
    verdict = door.write(session, wanted, call.conversation_id, said, settings=settings, now=now)
    if verdict.may == "wait" and verdict.until is not None and verdict.until < call.at:
        task_id = f"{TELL}:{what}:{call_id}:{verdict.until:%Y-%m-%dT%H:%MZ}"
        tasks.enqueue(session, TELL, task_id=task_id, now=now, due=verdict.until, call_id=call_id, what=what)
    return verdict


async def tell_later(app: App, call_id: int, what: What, task_id: str) -> str | None:
    """Write what had to wait; what came of it is the task's result."""
    verdict = await app.db.run(tell, call_id, what, app.settings, now=app.clock.now())
    return None if verdict is None else verdict.may
