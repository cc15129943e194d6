"""What follows from an answer that was said: a person is called, a deal is opened, or the customer is waited for."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import alerts
from saudager.agent import agreement
from saudager.agent.briefing import OpenTurn
from saudager.agent.escalation import Reason
from saudager.agent.summary import summarise
from saudager.contracts import is_mailbox
from saudager.conversations import cases
from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.sales import deals
from saudager.settings import Settings

_AGREED = "Клиент согласился!\n{summary}"
_AGREED_AGAIN = "Клиент снова согласился.\n{summary}"


def follow(
    session: Session, turn: OpenTurn, escalated: Reason | None, settings: Settings, *, is_client: bool, now: datetime
) -> None:
    """Store what follows, in the transaction of the answer. Who is silent by mail is not written to again."""
    contact_id, conversation = turn.contact.id, turn.conversation
    if escalated is not None:
        cases.open_case(session, conversation, escalated, summarise(turn), settings, now)
        plan.stop(session, contact_id, Stop.TAKEN_OVER, now=now)
    elif is_client and not is_mailbox(conversation.account) and not cases.is_open(session, conversation.id):
        plan.watch(session, contact_id, conversation.id, settings.follow_up_intervals, now=now)
    if is_client and (offer := agreement.agreed_to(session, turn)) is not None:
        _note_deal(session, turn, offer, settings, now=now)


def _note_deal(session: Session, turn: OpenTurn, offer: str, settings: Settings, *, now: datetime) -> None:
    """The merchant hears of a yes at once, and of each further one once a day while the deal is open."""
    conversation = turn.conversation
    summary = summarise(turn, agreed=offer)
    opened = deals.open_deal(session, turn.contact.id, conversation.id, summary, now)
    if opened is not None:
        said, about = _AGREED.format(summary=summary), f"deal:{opened.id}"
    else:
        deal = deals.renew(session, turn.contact.id, summary)
        today = now.astimezone(settings.zone).date()
        if deal.opened_at.astimezone(settings.zone).date() == today:
            return
        said, about = _AGREED_AGAIN.format(summary=summary), f"deal:{deal.id}:{today}"
    alerts.tell(session, settings, conversation.account, said, about=about, now=now)
