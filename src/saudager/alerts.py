"""What the merchant is told at once, on his own phone."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.contracts import MAILBOX, MessageClass, OutgoingMessage, is_mailbox, lane_key
from saudager.db.statements import Statement
from saudager.queues import table
from saudager.settings import Settings

_QUEUE = "outgoing_messages"
_BUSIEST = Statement(f"""
    select account from conversations where account not like '{MAILBOX}%'
    group by account order by count(*) desc, account limit 1""")  # noqa: S608


def tell(session: Session, settings: Settings, account: str, text: str, *, about: str, now: datetime) -> bool:
    """Send the text to ALERT_NUMBERS from the account, once for each ``about`` (``case:12``, ``call:5:booked``).

    What is about a letter comes from the number most is said by. False when there is no number to tell or to tell from,
    so that nobody was told.
    """
    if is_mailbox(account):
        busiest = _BUSIEST(session).fetchone()
        if busiest is None:
            return False
        account = busiest[0]
    for number in settings.alert_numbers:
        chat = f"{number}@c.us"
        alert = OutgoingMessage(
            id=f"alert:{about}:{number}",
            created_at=now,
            account=account,
            chat=chat,
            message_text=text,
            message_class=MessageClass.ALERT,
        )
        table.publish(
            session,
            _QUEUE,
            alert.model_dump_json(by_alias=True, exclude_none=True),
            id=alert.id,
            key=lane_key(account, chat),
            now=now,
            rank=alert.message_class.rank,
            lot=account,
        )
    return bool(settings.alert_numbers)
