"""The merchant's numbers and mailboxes: connected once, paused when something is wrong, opened for the next send when
it is due."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import DeliveryReport, DeliveryState, is_mailbox
from saudager.db.statements import Statement, moment
from saudager.errors import BadCredentials, NotFound, Refused, Rejected
from saudager.gateway.models import Account
from saudager.providers.channels import Channel, ChannelStatus
from saudager.providers.mail import Mailbox
from saudager.queues import table

MAIL = "mail"
"""The vendor of every mailbox, whoever carries its letters."""
_NOT_ACCEPTED = "Мессенджер не принимает ключ или сессию: "
_MAIL_NOT_ACCEPTED = "Почта не принимает ключ или пароль: "
_NOT_OPENED = "Сохранённые данные для входа не открываются: vault.key другой. Введите их заново"
_BEFORE_ASKING_AGAIN = timedelta(minutes=1)
_NO_FIRST_CONTACTS = "Мессенджер не даёт писать первым тем, кто ещё не писал нам; кто писал, тем отвечаем. До "
_RESTRICTED_FOR = timedelta(days=7)
_LONGEST_HOLD = timedelta(hours=1)
"""What is held for longer was held by a clock that has been set back since."""

_WORKING = Statement(
    "select name, next_send_at from accounts where paused_reason is null and (vendor = 'mail') = :mail"
)
_PAUSED = Statement("select 1 from accounts where name = :account and paused_reason is not null")
_HOLD = Statement("""
    update accounts set next_send_at = case
        when next_send_at > :longest then :until else greatest(next_send_at, :until) end
    where name = :account""")

_FIRST_CONTACTS = Statement("select no_first_contacts_until from accounts where name = :account")


def connect(
    session: Session, name: str, *, vendor: str, sealed_config: str, writes_first: bool = True, now: datetime
) -> Account:
    """Connect an account, or again one that was disconnected; raises Refused for one that is connected.

    The first number that may begin conversations is the default of chat messages, the first mailbox that of letters.
    What was written before is history: it is never answered.
    """
    account = session.get(Account, name)
    if account is not None and account.disconnected_at is None:
        raise Refused(f"«{name}» уже подключён. Чтобы сменить ключ, откройте его настройки")
    is_first = not any(one.is_default for one in _connected(session, mail=vendor == MAIL))
    if account is None:
        account = Account(name=name)
        session.add(account)
    account.vendor, account.config = vendor, sealed_config
    account.is_default = is_first and writes_first
    account.connected_at = now.replace(microsecond=0)  # messengers tell whole seconds
    account.next_send_at = now
    account.paused_reason = account.no_first_contacts_until = account.disconnected_at = None
    session.flush()
    return account


def disconnect(session: Session, name: str, *, only_answer: Collection[str] = (), now: datetime) -> None:
    """Forget an account's credentials; what waits to be sent by it is given up, the log stays. ``only_answer``: vendors
    whose accounts take its place as the default never."""
    account = one(session, name)
    account.config, account.disconnected_at, account.paused_reason = "", now, None
    if account.is_default:
        account.is_default = False
        others = [one for one in _connected(session, mail=account.vendor == MAIL) if one.vendor not in only_answer]
        if others:
            others[0].is_default = True
    _wake_sending(session, name)


def change(session: Session, name: str, *, sealed_config: str, works: bool) -> None:
    """Give an account new credentials; one that only the old ones stopped goes on when they work."""
    one(session, name).config = sealed_config
    if works:
        accepted(session, name)


def make_default(session: Session, name: str) -> None:
    """Let messages that name no account go out by this one, of a mailbox: letters."""
    chosen = one(session, name)
    session.execute(update(Account).where(_is_mailbox(chosen.vendor == MAIL)).values(is_default=False))
    chosen.is_default = True


def one(session: Session, name: str) -> Account:
    """Raises NotFound when there is no such account, or it is disconnected."""
    account = session.get(Account, name)
    if account is None or account.disconnected_at is not None:
        raise NotFound(f"{_kind(name)} «{name}» не подключён")
    return account


def _kind(name: str) -> str:
    return "почтовый ящик" if is_mailbox(name) else "канал"


def channel_of(app: App, name: str) -> Channel:
    """Raises Rejected when the account is not connected: whatever was asked of it, it is useless to ask again."""
    if name not in app.channels:
        raise Rejected(f"канал «{name}» не подключён")
    return app.channels[name]


def mailbox_of(app: App, name: str) -> Mailbox:
    """Raises Rejected when no such mailbox is connected."""
    if name not in app.mailboxes:
        raise Rejected(f"почтовый ящик «{name}» не подключён")
    return app.mailboxes[name]


def everyone(session: Session) -> Sequence[Account]:
    """The connected numbers by name; mailboxes are no such."""
    return _connected(session, mail=False)


def mailboxes(session: Session) -> Sequence[Account]:
    """The connected mailboxes by name."""
    return _connected(session, mail=True)


def _connected(session: Session, *, mail: bool) -> Sequence[Account]:
    connected = select(Account).where(_is_mailbox(mail), Account.disconnected_at.is_(None))
    return session.scalars(connected.order_by(Account.name)).all()


def _is_mailbox(mail: bool) -> ColumnElement[bool]:
    return Account.vendor == MAIL if mail else Account.vendor != MAIL


def default(session: Session) -> Account:
    """The account a message without one goes out by; raises NotFound when nothing is connected."""
    account = session.scalar(select(Account).where(Account.is_default, _is_mailbox(False)))
    if account is None:
        raise NotFound("no account is connected: `saudager doctor` says how to connect one, or try `saudager demo`")
    return account


def default_mailbox(session: Session) -> Account:
    """The mailbox a letter without one leaves from; raises NotFound when none is connected."""
    account = session.scalar(select(Account).where(Account.is_default, _is_mailbox(True)))
    if account is None:
        raise NotFound("no mailbox is connected: connect one in the console, or set FROM_EMAIL with who carries mail")
    return account


def complete(session: Session, body: dict[str, Any]) -> None:
    """Give a message published by hand its account; raises NotFound when nothing is connected."""
    if not body.get("account"):
        body["account"] = default(session).name


def open_to_send(session: Session, now: datetime) -> tuple[list[str], datetime | None]:
    """The numbers that may send now, and the moment the next of the others may."""
    return _open(session, now, mail=False)


def open_to_mail(session: Session, now: datetime) -> tuple[list[str], datetime | None]:
    """The same of mailboxes."""
    return _open(session, now, mail=True)


def _open(session: Session, now: datetime, *, mail: bool) -> tuple[list[str], datetime | None]:
    working = [(name, moment(at) or now) for name, at in _WORKING(session, mail=mail).fetchall()]
    held = {name: at for name, at in working if now < at <= now + _LONGEST_HOLD}
    return [name for name, _ in working if name not in held], min(held.values(), default=None)


def hold_sends(session: Session, name: str, *, until: datetime) -> None:
    """Send nothing from this account before the moment, which is an hour away at most."""
    _HOLD(session, account=name, until=until, longest=until + _LONGEST_HOLD)


def pause(session: Session, name: str, reason: str, *, now: datetime) -> None:
    """Stop an account until a person has looked, and ask for one."""
    account = session.get_one(Account, name)
    if account.paused_reason is None:
        account.paused_reason = reason
        ask_for_a_person(session, name, reason, now=now)


def hold(session: Session, name: str, reason: str) -> None:
    """Pause an account because a person wants it so, who need not be told."""
    one(session, name).paused_reason = reason


def resume(session: Session, name: str) -> None:
    """Let a paused account send again, what waited meanwhile first of all."""
    one(session, name).paused_reason = None
    _wake_sending(session, name)


def _wake_sending(session: Session, name: str) -> None:
    session.info.setdefault("woken", set()).add("outgoing_mail" if is_mailbox(name) else "outgoing_messages")


def not_accepted(session: Session, name: str, error: BadCredentials, *, now: datetime) -> None:
    """Pause an account whose key or session is refused, until ``accepted``, and for a minute at least."""
    pause(session, name, f"{_MAIL_NOT_ACCEPTED if is_mailbox(name) else _NOT_ACCEPTED}{error}", now=now)
    hold_sends(session, name, until=now + _BEFORE_ASKING_AGAIN)


def not_opened(session: Session, name: str, *, now: datetime) -> None:
    """Pause an account whose credentials the vault does not open, until new ones are entered or the key is back."""
    pause(session, name, _NOT_OPENED, now=now)


def not_resumed(session: Session, name: str, *, now: datetime) -> None:
    """A person would let it send again whose credentials do not open: what waits for it must not be given up."""
    one(session, name).paused_reason = None
    not_opened(session, name, now=now)


def opened_again(session: Session, name: str) -> None:
    if session.get_one(Account, name).paused_reason == _NOT_OPENED:
        resume(session, name)


def is_paused(session: Session, name: str) -> bool:
    return _PAUSED(session, account=name).fetchone() is not None


def is_refused(account: Account) -> bool:
    """Whether its key or session is refused, and no person has paused it."""
    return account.paused_reason is not None and account.paused_reason.startswith(
        (_NOT_ACCEPTED, _MAIL_NOT_ACCEPTED, _NOT_OPENED)
    )


def accepted(session: Session, name: str) -> None:
    """Resume an account that was paused only because its key or session was refused."""
    if is_refused(session.get_one(Account, name)):
        resume(session, name)


def refuse_first_contacts(session: Session, name: str, *, until: datetime | None, now: datetime) -> None:
    """Begin no conversation from this account until the moment, or for the week such a restriction lasts, and tell a
    person. (Seven days: https://github.com/devlikeapro/waha/issues/1904, read 2026-11.)"""
    account = session.get_one(Account, name)
    until = until or now + _RESTRICTED_FOR
    if account.no_first_contacts_until is None or account.no_first_contacts_until < until:
        account.no_first_contacts_until = until
        reason = f"{_NO_FIRST_CONTACTS}{until:%d.%m.%Y %H:%M} UTC"
        ask_for_a_person(session, name, reason, about=f"{name}:first_contacts", now=now)


def first_contacts_refused(session: Session, name: str, *, now: datetime) -> bool:
    until = moment(_FIRST_CONTACTS(session, account=name).fetchone()[0])
    return until is not None and until > now


def note_status(session: Session, name: str, status: ChannelStatus, *, now: datetime) -> None:
    """What the messenger tells of the account by itself: back again, in need of a person, or restricted."""
    if status.ready:
        accepted(session, name)
    elif status.reason is not None:
        pause(session, name, f"{_NOT_ACCEPTED}{status.reason}", now=now)
    if status.no_first_contacts_until is not None:
        refuse_first_contacts(session, name, until=status.no_first_contacts_until, now=now)


def ask_for_a_person(session: Session, name: str, reason: str, *, about: str | None = None, now: datetime) -> None:
    """Tell the agent, who keeps the desk, that this account needs somebody. What is ``about`` the account itself is
    settled by its next message that goes out."""
    report = DeliveryReport(
        id=f"attention:{uuid4()}",
        created_at=now,
        account=name,
        for_=about or name,
        state=DeliveryState.ATTENTION,
        reason=reason,
    )
    body = report.model_dump_json(by_alias=True, exclude_none=True)
    table.publish(session, "delivery_reports", body, id=report.id, key=name, now=now)
