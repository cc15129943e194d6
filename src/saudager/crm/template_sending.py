"""Send what the template of a stage says, once, when it may go; what cannot be said goes to a person."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import MessageClass
from saudager.conversations import handover
from saudager.conversations.models import Contact
from saudager.crm import correspondence, leads, placeholders, templates
from saudager.crm.models import CrmLead, CrmTemplate
from saudager.errors import OutsideError
from saudager.orders import opening
from saudager.orders.opening import Numbers
from saudager.outreach import door
from saudager.outreach.policy import Verdict, Wanted
from saudager.settings import Settings

_log = logging.getLogger(__name__)
NO_CHAT, NO_WORDS, WITH_PERSON = "no_chat", "no_free_text", "with_person"
_LOOKED_AT_AGAIN_IN, _GATEWAY_AWAITED = timedelta(hours=1), timedelta(minutes=1)
_SAYS = {
    correspondence.NO_EMAIL: "нет адреса почты",
    NO_CHAT: "с клиентом ещё нет переписки в чате",
    NO_WORDS: "клиент давно не писал, и свободный текст ему сейчас отправить нельзя",
}


async def send_template(app: App, task_id: str, template_id: int, lead_id: int, stage_since: str) -> str:
    """What came of it: write, wait, refuse, or gone when there is nothing to send any more. While nobody tells what is
    connected it waits."""
    since = datetime.fromisoformat(stage_since)
    try:
        ours = opening.numbers(await app.gateway.accounts())
        mailbox = await default_mailbox(app)
    except OutsideError as error:
        _log.warning("nobody tells which accounts are connected, so templates wait: %s", error)
        await app.db.run(_wait_for_gateway, template_id, lead_id, since, now=app.clock.now())
        return "wait"
    return await app.db.run(
        _send, template_id, lead_id, since, ours, mailbox, settings=app.settings, now=app.clock.now()
    )


async def default_mailbox(app: App) -> str | None:
    """The mailbox letters leave from that name none. Raises OutsideError while the gateway does not answer."""
    return next((one.name for one in await app.gateway.mailboxes() if one.is_default), None)


def _wait_for_gateway(session: Session, template_id: int, lead_id: int, since: datetime, *, now: datetime) -> None:
    lead = session.get_one(CrmLead, lead_id)
    templates.ask(session, template_id, lead, since, now=now, due=now + _GATEWAY_AWAITED)


def _send(
    session: Session,
    template_id: int,
    lead_id: int,
    since: datetime,
    ours: Numbers,
    mailbox: str | None,
    *,
    settings: Settings,
    now: datetime,
) -> str:
    template, lead = session.get(CrmTemplate, template_id), session.get_one(CrmLead, lead_id)
    if template is None or not template.is_on or not _stands_there(lead, template, since):
        return "gone"
    name = templates.about(template.id, lead, since)
    try:
        fill = placeholders.filler(session, lead, settings)
        subject, text = fill(template.subject), fill(template.text)
    except placeholders.Empty as empty:
        _ask_a_person(session, lead, f"нечего поставить на место {empty}", now)
        return "refuse"
    if template.channel == templates.EMAIL:
        verdict = correspondence.send_letter(
            session,
            lead,
            subject,
            text,
            about=name,
            message_class=MessageClass.SERVICE,
            settings=settings,
            now=now,
            mailbox=mailbox,
        )
    else:
        verdict = _in_the_chat(session, lead, text, name, ours, settings, now)
    if verdict.may == "wait":
        until = verdict.until or now + _LOOKED_AT_AGAIN_IN
        templates.ask(session, template.id, lead, since, now=now, due=until)
    elif verdict.may == "refuse" and verdict.reason in _SAYS:
        _ask_a_person(session, lead, _SAYS[verdict.reason], now)
    return verdict.may


def _stands_there(lead: CrmLead, template: CrmTemplate, since: datetime) -> bool:
    """Whether the lead is where it was when the template was asked for, and never left meanwhile."""
    return (
        not lead.is_deleted
        and (lead.pipeline_vendor_id, lead.stage_vendor_id) == (template.pipeline_vendor_id, template.stage_vendor_id)
        and lead.stage_since == since
    )


def _in_the_chat(
    session: Session, lead: CrmLead, text: str, name: str, ours: Numbers, settings: Settings, now: datetime
) -> Verdict:
    known = leads.main_contact(session, lead)
    if known is None or known.contact_id is None:
        return Verdict("refuse", NO_CHAT)
    contact = session.get_one(Contact, known.contact_id)
    place = opening.find(session, contact.id, contact.phone_number or "", ours, preferred=None)
    if place is None or place.conversation_id is None or contact.erased_at is not None:
        return Verdict("refuse", NO_CHAT)
    if not opening.takes_free_text(place, ours, now=now):
        return Verdict("refuse", NO_WORDS)
    if (until := handover.silent_until(session, place.conversation_id, now=now)) is not None:
        return Verdict("wait", WITH_PERSON, until)
    wanted = Wanted(name, contact.id, place.account, MessageClass.SERVICE)
    return door.write(session, wanted, place.conversation_id, text, settings=settings, now=now)


def _ask_a_person(session: Session, lead: CrmLead, why: str, now: datetime) -> None:
    says = f"Шаблон этапа не отправлен по сделке «{lead.name}»: {why}."
    attention.ask(session, Why.CRM, leads.about(lead.id), says, now=now)
