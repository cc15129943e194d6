"""Letters about an operator's own account: asked for with their reason, sent from the default mailbox, followed up.

What asks for one stores it in its own transaction. The task that sends it makes the link, if there is one in it, in the
transaction that hands the letter to the gateway: the link stands nowhere else, and its hash is all that is kept.
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import DeliveryReport, DeliveryState, MessageClass, OutgoingMail, lane_key
from saudager.errors import OutsideError
from saudager.operators import links, mail_words
from saudager.operators.links import Purpose
from saudager.operators.mail_words import Mail
from saudager.operators.models import Operator, SystemMail
from saudager.queues import table, tasks
from saudager.settings import Settings

_log = logging.getLogger(__name__)
TASK = "system_mail"
WAITING, SENT, DELIVERED, FAILED, NO_MAILBOX = "waiting", "sent", "delivered", "failed", "no_mailbox"
_QUEUE = "outgoing_mail"
_AGAIN_IN = timedelta(minutes=1)
_A_NOTICE_IS_OLD = timedelta(days=1)
_UNHEARD_OF = timedelta(hours=1)
"""How long after its end a letter may still be reported on."""
_STATES = {
    DeliveryState.SENT: SENT,
    DeliveryState.DELIVERED: DELIVERED,
    DeliveryState.READ: DELIVERED,
    DeliveryState.FAILED: FAILED,
    DeliveryState.WITHDRAWN: FAILED,
    DeliveryState.UNSETTLED: FAILED,
}
_PURPOSES = {
    Mail.CONFIRM_ADDRESS: Purpose.CONFIRM,
    Mail.RESET_PASSWORD: Purpose.FORGOTTEN,
    Mail.INVITATION: Purpose.INVITATION,
}
_TOO_LATE = "письмо не ушло вовремя"
_NOT_ARRIVED = "Письмо оператору «{name}» на {recipient} не дошло ({subject}): {reason}"


def ask(session: Session, operator: Operator, kind: Mail, *, now: datetime, to: str | None = None, **told: str) -> bool:
    """Have him written to, for the reason that is stored in this transaction; ``told`` is what the letter tells of it
    (``address``, ``browser``, ``by``, ``new``). ``to`` None: to the address he has confirmed; False when he has none.
    """
    recipient = to or operator.email
    if recipient is None:
        return False
    mail = SystemMail(operator_id=operator.id, kind=kind, recipient=recipient, state=WAITING, at=now)
    session.add(mail)
    session.flush()
    _send_at(session, mail.id, told, due=now, now=now)
    return True


async def send(app: App, task_id: str, mail_id: int, told: Mapping[str, str]) -> None:
    """Hand the letter to the gateway, once; while that does not answer, try again in a minute.

    Without a mailbox nothing is sent. Then a link is made only in development, and goes into the log.
    """
    now = app.clock.now()
    try:
        account = await mailbox(app)
    except OutsideError as error:
        _log.warning("nobody tells which mailboxes are connected, so a letter to an operator waits: %s", error)
        await app.db.run(_send_at, mail_id, told, due=now + _AGAIN_IN, now=now)
        return
    if account is None:
        shown = await app.db.run(_stays, mail_id, app.settings, now=now)
        if shown is not None:
            _log.warning("DEVELOPMENT: no mailbox is connected; the letter would hold %s", shown)
        return
    await app.db.run(_hand_over, mail_id, told, account, app.settings, now=now)


async def mailbox(app: App) -> str | None:
    """The mailbox such letters leave from, None when none is connected. Raises OutsideError while nobody tells."""
    return next((one.name for one in await app.gateway.mailboxes() if one.is_default), None)


def note_report(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """Bring a letter to the state the gateway reports; one that did not arrive goes to the desk."""
    state = _STATES.get(report.state)
    mail = session.scalars(select(SystemMail).where(SystemMail.outgoing_id == report.for_)).one_or_none()
    if mail is None or state is None or (mail.state, state) == (DELIVERED, SENT):
        return
    if state == FAILED:
        _fail(session, mail, report.reason or report.state, now=now)
        return
    mail.state, mail.reason = state, None
    attention.settle(session, Why.SYSTEM_MAIL, f"operator:{mail.operator_id}", now=now)


def give_up(session: Session, *, now: datetime) -> int:
    """Show to a person what was to be sent and was never heard of again; how many."""
    longest = max(_life_of(kind) for kind in Mail)
    waiting = select(SystemMail).where(SystemMail.state == WAITING, SystemMail.at > now - 2 * longest)
    late = [mail for mail in session.scalars(waiting) if mail.at + _life_of(mail.kind) + _UNHEARD_OF <= now]
    for mail in late:
        _fail(session, mail, _TOO_LATE, now=now)
    return len(late)


def _send_at(session: Session, mail_id: int, told: Mapping[str, str], *, due: datetime, now: datetime) -> None:
    task_id = f"{TASK}:{mail_id}:{due:%Y-%m-%dT%H:%M:%SZ}"
    tasks.enqueue(session, TASK, task_id=task_id, now=now, due=due, mail_id=mail_id, told=dict(told))


def _stays(session: Session, mail_id: int, settings: Settings, *, now: datetime) -> str | None:
    """There is no mailbox: note it; the link a developer is shown instead."""
    found = _to_send(session, mail_id, now=now)
    if found is None:
        return None
    mail, operator = found
    mail.state = NO_MAILBOX
    purpose = _PURPOSES.get(Mail(mail.kind))
    return _link(session, mail, operator, purpose, settings, now=now) if settings.development and purpose else None


def _hand_over(
    session: Session, mail_id: int, told: Mapping[str, str], account: str, settings: Settings, *, now: datetime
) -> None:
    found = _to_send(session, mail_id, now=now)
    if found is None:
        return
    mail, operator = found
    kind = Mail(mail.kind)
    purpose = _PURPOSES.get(kind)
    written = mail_words.write(
        kind,
        operator,
        told,
        link=None if purpose is None else _link(session, mail, operator, purpose, settings, now=now),
        console=settings.console_address,
        shop=settings.shop_name,
        at=mail.at.astimezone(settings.zone),
    )
    letter = OutgoingMail(
        id=f"{TASK}:{uuid.uuid4().hex}",
        created_at=now,
        account=account,
        recipient=mail.recipient,
        recipient_name="".join(sign for sign in operator.name if sign.isprintable()),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_class=MessageClass.ALERT,
        expires_at=now + (_A_NOTICE_IS_OLD if purpose is None else purpose.life),
        secret=purpose is not None,
    )
    mail.outgoing_id = letter.id
    table.publish(
        session,
        _QUEUE,
        letter.model_dump_json(by_alias=True, exclude_none=True),
        id=letter.id,
        key=lane_key(account, letter.recipient),
        now=now,
        rank=letter.rank,
        lot=account,
        expires=letter.expires_at,
    )


def _to_send(session: Session, mail_id: int, *, now: datetime) -> tuple[SystemMail, Operator] | None:
    """The letter and its operator, unless it is settled, handed over or too old, he is kept out, or a new
    password would be chosen by whoever has an address that is not his any more."""
    mail = session.get_one(SystemMail, mail_id, with_for_update=True)
    if mail.state != WAITING or mail.outgoing_id is not None or mail.operator_id is None:
        return None
    if mail.at + _life_of(mail.kind) <= now:
        _fail(session, mail, _TOO_LATE, now=now)
        return None
    operator = session.get_one(Operator, mail.operator_id)
    if operator.disabled_at is not None and mail.kind in _PURPOSES:
        mail.state, mail.reason = FAILED, "disabled"
        return None
    if mail.kind == Mail.RESET_PASSWORD and mail.recipient != operator.email:
        mail.state, mail.reason = FAILED, "not_his_address"
        return None
    return mail, operator


def _link(
    session: Session, mail: SystemMail, operator: Operator, purpose: Purpose, settings: Settings, *, now: datetime
) -> str:
    """A new link below the console's own address; whoever asks for a new password kills no link given him by hand."""
    forgotten = purpose is Purpose.FORGOTTEN
    secret = links.make(session, purpose, operator.id, now=now, email=mail.recipient, alone=not forgotten)
    page = "confirm-address" if purpose is Purpose.CONFIRM else "welcome"
    return f"{settings.console_address}console/{page}/{secret}"


def _life_of(kind: str) -> timedelta:
    purpose = _PURPOSES.get(Mail(kind))
    return _A_NOTICE_IS_OLD if purpose is None else purpose.life


def _fail(session: Session, mail: SystemMail, reason: str, *, now: datetime) -> None:
    mail.state, mail.reason = FAILED, reason
    operator = session.get_one(Operator, mail.operator_id)
    subject = mail_words.subject(Mail(mail.kind), "ru")
    says = _NOT_ARRIVED.format(name=operator.name, recipient=mail.recipient, subject=subject, reason=reason)
    attention.ask(session, Why.SYSTEM_MAIL, f"operator:{operator.id}", says, now=now)
