"""The one door for what nobody asked for: judged, kept in the ledger, and written when it may go."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.contracts import OutgoingMessage, lane_key
from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.outreach import accounts, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Verdict, Wanted
from saudager.queues import table
from saudager.settings import Settings

QUEUE = "outreach"


def write(
    session: Session,
    wanted: Wanted,
    conversation_id: int,
    text: str,
    *,
    settings: Settings,
    now: datetime,
    template: dict[str, Any] | None = None,
    state: AccountState | None = None,
) -> Verdict:
    """Write the message in this conversation of ``wanted.account`` if it may go now; its verdict is kept either way.

    What is ``about`` the same is written once, however often it is asked for: then the verdict is ``write`` again. A
    batch in one transaction hands in ``accounts.state``. Raises NotFound when the account has no such conversation.
    """
    assert wanted.message_class in policy.UNASKED, f"{wanted.message_class} does not go by this door"
    if state is None:
        state = accounts.state(session, wanted.account, settings, now, hold=True)
    elif not state.is_held:
        accounts.hold(session, state)
    known = policy.facts(session, wanted, state)
    if known.is_written:
        return Verdict("write")
    verdict = policy.decide(wanted, known, state, settings, now)
    policy.note(session, wanted, verdict, now)
    if verdict.may == "write":
        state.take(wanted.contact_id, first_contact=verdict.first_contact, met_today=known.met_today)
        _publish(session, wanted, conversation_id, text, template, now=now)
    return verdict


def withdraw(session: Session, about: str, reason: str, now: datetime) -> bool:
    """Take a written message back; False when there is none, or it was handed to the gateway already."""
    return _WITHDRAW(session, about=about, reason=reason, now=now).rowcount > 0


def _publish(
    session: Session,
    wanted: Wanted,
    conversation_id: int,
    text: str,
    template: dict[str, Any] | None,
    *,
    now: datetime,
) -> None:
    row = _ADDRESS(session, conversation=conversation_id, account=wanted.account).fetchone()
    if row is None:
        raise NotFound(f"{wanted.account} has no conversation {conversation_id}")
    chat, last_line = row
    outgoing = OutgoingMessage(
        id=wanted.about,
        created_at=now,
        account=wanted.account,
        chat=chat,
        message_text=text,
        template=template,
        message_class=wanted.message_class,
        based_on=last_line,
    )
    table.publish(
        session,
        QUEUE,
        {
            "conversation_id": conversation_id,
            "outgoing": outgoing.model_dump(mode="json", by_alias=True, exclude_none=True),
        },
        id=wanted.about,
        key=lane_key(wanted.account, chat),
        now=now,
        rank=wanted.message_class.rank,
        lot=wanted.account,
    )


_ADDRESS = Statement("""
    select chat, (
        select message_id from messages
        where conversation_id = k.id and message_id is not null and author = 'customer' order by id desc limit 1)
    from conversations k where id = :conversation and account = :account""")
_WITHDRAW = Statement("""
    update outreach_verdicts set fate = 'withdrawn', fate_at = :now, reason = :reason, counted_at = null
    where about = :about and verdict = 'write' and fate is null""")
