"""Letters and messages that go when a lead enters a stage: kept, checked, and asked for once a lead and stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.crm import placeholders
from saudager.crm.models import CrmConnection, CrmLead, CrmPipeline, CrmStage, CrmTemplate
from saudager.errors import NotFound, Refused
from saudager.queues import tasks
from saudager.settings import Settings

TASK = "crm_template"
EMAIL, CHAT = "email", "chat"
_LONGEST = {EMAIL: 20_000, CHAT: 4_000}
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as a person fills it in."""

    pipeline: int
    stage: int
    channel: str
    subject: str
    text: str


def listed(session: Session, connection_id: int) -> Sequence[CrmTemplate]:
    """The templates of a connection, in the order they were made."""
    query = select(CrmTemplate).where(CrmTemplate.connection_id == connection_id)
    return session.scalars(query.order_by(CrmTemplate.id)).all()


def add(session: Session, connection_id: int, draft: Draft, *, now: datetime) -> int:
    """Store it, switched on; its id. Raises Refused for what cannot be sent as it stands, with the reason."""
    _check(session, connection_id, draft)
    template = CrmTemplate(connection_id=connection_id, is_on=True, made_at=now)
    _put(template, draft)
    session.add(template)
    session.flush()
    return template.id


def change(session: Session, template_id: int, draft: Draft) -> None:
    """Raises as ``add`` does, and NotFound."""
    template = _one(session, template_id)
    _check(session, template.connection_id, draft)
    _put(template, draft)


def remove(session: Session, template_id: int) -> None:
    session.delete(_one(session, template_id))


def switch(session: Session, template_id: int, *, on: bool) -> None:
    _one(session, template_id).is_on = on


def stage_entered(
    session: Session, connection: CrmConnection, lead: CrmLead, *, settings: Settings, now: datetime
) -> None:
    """Have the templates of the stage sent that the lead stands in now, in the transaction that saw it come there."""
    if connection.disconnected_at is not None or lead.is_deleted:
        return
    session.flush()
    for template in session.scalars(
        select(CrmTemplate).where(
            CrmTemplate.connection_id == connection.id,
            CrmTemplate.pipeline_vendor_id == lead.pipeline_vendor_id,
            CrmTemplate.stage_vendor_id == lead.stage_vendor_id,
            CrmTemplate.is_on.is_(True),
        )
    ):
        ask(session, template.id, lead, lead.stage_since, now=now)


def ask(
    session: Session,
    template_id: int,
    lead: CrmLead,
    stage_since: datetime,
    *,
    now: datetime,
    due: datetime | None = None,
) -> None:
    """Have it sent when it is due; the same is sent once."""
    name = about(template_id, lead, stage_since)
    tasks.enqueue(
        session,
        TASK,
        task_id=name if due is None else f"{name}:{due.isoformat()}",
        now=now,
        due=due,
        template_id=template_id,
        lead_id=lead.id,
        stage_since=stage_since.isoformat(),
    )


def about(template_id: int, lead: CrmLead, stage_since: datetime) -> str:
    """What the ledger calls a template that is sent because the lead came to its stage then."""
    return f"{TASK}:{template_id}:lead:{lead.vendor_id}:{stage_since:%Y%m%dT%H%M%S}"


def _one(session: Session, template_id: int) -> CrmTemplate:
    template = session.get(CrmTemplate, template_id)
    if template is None:
        raise NotFound("Такого шаблона нет.")
    return template


def _put(template: CrmTemplate, draft: Draft) -> None:
    template.pipeline_vendor_id, template.stage_vendor_id = draft.pipeline, draft.stage
    template.channel, template.subject, template.text = draft.channel, draft.subject.strip(), draft.text.strip()


def _check(session: Session, connection_id: int, draft: Draft) -> None:
    if draft.channel not in (EMAIL, CHAT):
        raise Refused(f"Шаблон уходит письмом или сообщением в чат, а не «{draft.channel}».")
    if not draft.text.strip():
        raise Refused("Напишите текст шаблона.")
    if draft.channel == EMAIL and not draft.subject.strip():
        raise Refused("Напишите тему письма.")
    if len(draft.text) > _LONGEST[draft.channel] or len(draft.subject) > _LONGEST_SUBJECT:
        raise Refused("Текст или тема шаблона слишком длинные.")
    if any(sign in draft.subject for sign in "\r\n"):
        raise Refused("Тема письма — одна строка.")
    stage = session.scalar(
        select(CrmStage.id)
        .join(CrmPipeline, CrmPipeline.id == CrmStage.pipeline_id)
        .where(
            CrmPipeline.connection_id == connection_id,
            CrmPipeline.vendor_id == draft.pipeline,
            CrmStage.vendor_id == draft.stage,
        )
    )
    if stage is None:
        raise Refused("Такого этапа в воронке нет: выберите другой.")
    placeholders.check(session, connection_id, f"{draft.subject}\n{draft.text}")
