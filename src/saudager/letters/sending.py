"""Approved letters go when they are due: whom they reach, in which conversation, and through the one door."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import MessageClass
from saudager.conversations import opening
from saudager.db.statements import Statement, document, moment
from saudager.errors import OutsideError, SaudagerError
from saudager.letters import reaching, rendering, staleness
from saudager.letters.models import LetterState
from saudager.letters.rendering import Rendered, Sender
from saudager.letters.unsubscribe import Links
from saudager.outreach import accounts, door, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import tasks
from saudager.sales.models import Consent
from saudager.settings import Settings

_log = logging.getLogger(__name__)
TASK = "send_letters"
SERVICE = "service"
"""The one purpose that offers nothing: nobody's consent is needed."""
NO_EMAIL, NO_MAILBOX = "no_email", "no_mailbox"
_NOT_SHOWN = "Письмо не удалось оформить. Исправьте его или напишите заново."
_BATCH = 50
_LOOKED_AGAIN_IN, _GATEWAY_AWAITED = timedelta(hours=1), timedelta(minutes=1)
_AGREED = {Consent.GIVEN: True, Consent.REFUSED: False}


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Our connected mailboxes: who writes from each, and which one letters leave from that name none."""

    senders: dict[str, Sender]
    default: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """An approved letter, whom it is to, and the mailbox its campaign writes from."""

    id: int
    version: int
    campaign_id: int | None
    account: str | None
    purpose: str
    subject: str
    body: str
    language: str
    year: Sequence[Sequence[str]] | None
    person_id: int
    name: str
    email: str | None
    consent: str | None
    approved_alone: bool
    contact_id: int | None
    company: str

    @property
    def about(self) -> str:
        return about(self.id)

    @property
    def message_class(self) -> MessageClass:
        return class_of(self.purpose)


def about(letter_id: int) -> str:
    """What the door's ledger calls a letter."""
    return f"letter:{letter_id}"


def class_of(purpose: str) -> MessageClass:
    """How unasked a letter of the purpose is."""
    return MessageClass.SERVICE if purpose == SERVICE else MessageClass.MARKETING


def next_due(session: Session) -> datetime | None:
    """When the next letter is due."""
    return moment(_NEXT_DUE(session).fetchone()[0])


def wake(session: Session, *, at: datetime, now: datetime) -> None:
    """Have what is due at the moment sent: now, or within a minute of it."""
    if at <= now:
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{now.isoformat()}", now=now)
        return
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    tasks.enqueue(session, TASK, task_id=f"{TASK}:{minute:%Y-%m-%dT%H:%MZ}", now=now, due=minute)


async def send_due(app: App, task_id: str) -> int:
    """Hand every letter that is due to the door, fifty at a time; how many it took.

    A letter is handed in once whatever dies meanwhile, in the transaction that marks it. While nobody tells which
    mailboxes are connected nothing is done.
    """
    sent = 0
    while due := await app.db.read(_due, now=app.clock.now()):
        try:
            ours = await mailboxes(app)
        except OutsideError as error:
            _log.warning("nobody tells which mailboxes are connected, so letters wait: %s", error)
            now = app.clock.now()
            await app.db.run(wake, at=now + _GATEWAY_AWAITED, now=now)
            break
        links = Links(app.vault, app.settings.public_url)
        handled, taken = await _handed_in(app, due, ours, links)
        sent += taken
        if not handled:  # another process has them
            break
    return sent


async def _handed_in(app: App, due: Sequence[Due], ours: Mailboxes, links: Links) -> tuple[int, int]:
    """How many were dealt with, and how many the door took; one that cannot be shown holds up no other."""
    try:
        shown = await asyncio.to_thread(_shown, due, ours, links)
        return await app.db.run(_hand_in, shown, ours, links, app.settings, now=app.clock.now())
    except SaudagerError:
        raise
    except Exception:
        if len(due) > 1:
            alone = [await _handed_in(app, [letter], ours, links) for letter in due]
            return sum(handled for handled, _ in alone), sum(taken for _, taken in alone)
        _log.exception("letter %d goes back to the desk", due[0].id)
        await app.db.run(_give_back, due[0], _NOT_SHOWN, now=app.clock.now())
        return 1, 0


async def mailboxes(app: App) -> Mailboxes:
    """The connected mailboxes. Raises OutsideError while the gateway does not answer."""
    connected = await app.gateway.mailboxes()
    senders = {one.name: Sender(one.sender_name or app.settings.shop_name, one.address) for one in connected}
    return Mailboxes(senders, next((one.name for one in connected if one.is_default), None))


def _shown(due: Sequence[Due], ours: Mailboxes, links: Links) -> list[tuple[Due, Rendered | None]]:
    """Each letter as it will be seen; None without a mailbox to write from or an address to write to."""
    return [(letter, _rendered(letter, ours, links)) for letter in due]


def _rendered(letter: Due, ours: Mailboxes, links: Links) -> Rendered | None:
    sender = ours.senders.get(letter.account or ours.default or "")
    if sender is None or not letter.email:
        return None
    is_offer = letter.message_class is not MessageClass.SERVICE
    return rendering.render(letter, sender=sender, unsubscribe=links.of(letter.id), is_offer=is_offer)


def _hand_in(
    session: Session,
    shown: Sequence[tuple[Due, Rendered | None]],
    ours: Mailboxes,
    links: Links,
    settings: Settings,
    *,
    now: datetime,
) -> tuple[int, int]:
    """What of it still stands goes to the door; how many were dealt with, and how many it took."""
    standing = _standing(session, [letter for letter, _ in shown], now)
    stale = staleness.of(session, standing, today=now.astimezone(settings.zone).date())
    states: dict[str, AccountState] = {}
    waits = set[datetime]()
    handled = taken = 0
    for letter, rendered in shown:
        if standing.get(letter.id) != letter.version:
            continue
        handled += 1
        account = letter.account or ours.default
        if letter.id in stale:
            _give_back(session, letter, stale[letter.id], now=now)
        elif not letter.email:
            _end(session, letter, NO_EMAIL, now)
        elif account is None or rendered is None:
            waits.add(_put_off(session, letter, NO_MAILBOX, now + _LOOKED_AGAIN_IN, now))
        else:
            if account not in states:
                states[account] = accounts.state(session, account, settings, now, hold=True)
            conversation, verdict = _to_the_door(
                session, letter, letter.email, rendered, states[account], links, settings, now
            )
            if verdict.may == "write":
                _SENT(session, id=letter.id, conversation=conversation, now=now)
                taken += 1
            elif verdict.may == "wait":
                until = verdict.until or now + _LOOKED_AGAIN_IN
                waits.add(_put_off(session, letter, verdict.reason, until, now))
            else:
                _end(session, letter, verdict.reason, now)
    for campaign in {letter.campaign_id for letter, _ in shown if letter.campaign_id is not None}:
        _DONE(session, campaign=campaign, now=now)
    for until in waits:
        wake(session, at=until, now=now)
    return handled, taken


def _to_the_door(
    session: Session,
    letter: Due,
    email: str,
    rendered: Rendered,
    state: AccountState,
    links: Links,
    settings: Settings,
    now: datetime,
) -> tuple[int | None, Verdict]:
    reader = reaching.Reader(letter.person_id, letter.name, email, letter.contact_id, letter.company)
    contact = reaching.contact_of(session, reader, now=now)
    is_offer = letter.message_class is MessageClass.MARKETING
    if is_offer:
        reaching.draw_group(session, contact, settings.holdout_share, now=now)
    if reaching.wishes_nothing(session, reader, contact, letter.message_class):
        return None, Verdict("refuse", policy.OPTED_OUT)
    conversation = opening.opened(session, contact, state.account, email, now=now)
    wanted = Wanted(
        about=letter.about,
        contact_id=contact,
        account=state.account,
        message_class=letter.message_class,
        channel=policy.EMAIL,
        address=email,
        agreed=_AGREED.get(Consent(letter.consent)) if letter.consent else None,
        approved_alone=letter.approved_alone,
    )
    verdict = door.write(
        session,
        wanted,
        conversation,
        rendered.text,
        settings=settings,
        letter=door.Letter(
            letter.subject,
            rendered.html,
            rendered.pictures,
            links.of(letter.id) if is_offer else None,
            letter.name or None,
        ),
        state=state,
        now=now,
    )
    return conversation, verdict


def _due(session: Session, *, now: datetime) -> list[Due]:
    return [_as_due(row) for row in _DUE(session, now=now, limit=_BATCH).fetchall()]


def _as_due(row: Any) -> Due:
    (
        id, version, campaign_id, account, purpose, subject, body, language, year, person_id, name, email, consent,
        approved_alone, contact_id, company,
    ) = row  # fmt: skip
    return Due(
        id=id,
        version=version,
        campaign_id=campaign_id,
        account=account,
        purpose=purpose,
        subject=subject,
        body=body,
        language=language,
        year=document(year),
        person_id=person_id,
        name=name,
        email=email,
        consent=consent,
        approved_alone=bool(approved_alone),
        contact_id=contact_id,
        company=company,
    )


def _standing(session: Session, due: Sequence[Due], now: datetime) -> dict[int, int]:
    """The versions of those that are still to go; until the transaction ends nobody else sends them."""
    rows = _STANDING(session, ids=json.dumps([letter.id for letter in due]), now=now).fetchall()
    return {id: version for id, version in rows}  # noqa: C416


def _put_off(session: Session, letter: Due, reason: str | None, until: datetime, now: datetime) -> datetime:
    _PUT_OFF(session, id=letter.id, reason=reason, until=until, now=now)
    return until


def _end(session: Session, letter: Due, reason: str | None, now: datetime) -> None:
    _END(session, id=letter.id, state=LetterState.REFUSED, reason=reason, now=now)


def _give_back(session: Session, letter: Due, reason: str, *, now: datetime) -> None:
    """Put it on the desk again, where a person reads why."""
    _GIVE_BACK(session, id=letter.id, version=letter.version, reason=reason, now=now)


def give_back_all(session: Session, reason: str, *, now: datetime) -> int:
    """Put every approved letter on the desk again; how many."""
    return _GIVE_BACK_ALL(session, reason=reason, now=now).rowcount


_NEXT_DUE = Statement("select min(due_at) from letters where state = 'approved'")
_DUE = Statement("""
    select l.id, l.version, l.campaign_id, c.account, l.purpose, l.subject, l.body, l.language, l.year, p.id, p.name,
        p.email, p.consent, l.approved_alone, p.contact_id, o.name
    from letters l
    join persons p on p.id = l.person_id
    join companies o on o.id = l.company_id
    left join campaigns c on c.id = l.campaign_id
    where l.state = 'approved' and l.due_at <= :now order by l.id limit :limit""")
_STANDING_SQL = """
    select id, version from letters where id in ({ids}) and state = 'approved' and due_at <= :now
    order by id for update skip locked"""
_STANDING = Statement(
    _STANDING_SQL.format(ids="select value from json_each(:ids)"),
    postgresql=_STANDING_SQL.format(ids="select value::bigint from json_array_elements_text(cast(:ids as json))"),
)
_SENT = Statement("""
    update letters set state = 'sent', reason = null, conversation_id = :conversation, sent_at = :now,
        updated_at = :now where id = :id""")
_PUT_OFF = Statement("update letters set reason = :reason, due_at = :until, updated_at = :now where id = :id")
_END = Statement("update letters set state = :state, reason = :reason, due_at = null, updated_at = :now where id = :id")
_GIVE_BACK_SQL = """
    update letters set state = 'draft', reason = :reason, due_at = null, approved_by = null, approved_at = null,
        approved_alone = false, updated_at = :now
    where state = 'approved'"""
_GIVE_BACK = Statement(f"{_GIVE_BACK_SQL} and id = :id and version = :version")
_GIVE_BACK_ALL = Statement(_GIVE_BACK_SQL)
_DONE = Statement("""
    update campaigns set state = 'done', ended_at = :now
    where id = :campaign and state = 'sending' and not exists (
        select 1 from letters where campaign_id = :campaign and state in ('writing', 'draft', 'approved'))""")
