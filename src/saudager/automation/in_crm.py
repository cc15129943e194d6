"""What rules and sequences do in the CRM: tasks and moves of the lead they are about, where it is connected."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.automation import became
from saudager.automation.became import Became
from saudager.automation.definitions import MoveStage
from saudager.automation.facts import Subject
from saudager.crm import deeds
from saudager.crm.models import CrmConnection, CrmLead, CrmPipeline, CrmStage

NO_LEAD, NO_STAGE, THERE_ALREADY = "no_lead", "no_stage", "there_already"
_DUE_IN = timedelta(days=1)
"""When a task is due that names no time: the CRM wants one."""
_NO_STAGE = "В CRM нет этапа «{stage}» в воронке «{pipeline}»"


def lead_of(session: Session, subject: Subject) -> CrmLead | None:
    """Its lead, in a CRM that is connected."""
    if subject.lead_id is None:
        return None
    query = (
        select(CrmLead)
        .join(CrmConnection, CrmConnection.id == CrmLead.connection_id)
        .where(CrmLead.id == subject.lead_id, CrmLead.is_deleted.is_(False), CrmConnection.disconnected_at.is_(None))
    )
    return session.scalars(query).one_or_none()


def add_task(
    session: Session, text: str, subject: Subject, *, once: str, due: datetime, now: datetime
) -> Became | None:
    """None: there is no lead to add it to."""
    lead = lead_of(session, subject)
    if lead is None:
        return None
    deeds.add_task(session, lead, text, due=due if due > now else now + _DUE_IN, about=once, now=now)
    return became.done(text=text, where="crm", lead=lead.id)


def move_stage(session: Session, action: MoveStage, subject: Subject, *, once: str, now: datetime) -> Became:
    """By the names of the pipeline and its stage, whatever their letters' case."""
    lead = lead_of(session, subject)
    if lead is None:
        return became.skipped(NO_LEAD)
    place = _place(session, lead.connection_id, action.pipeline, action.stage)
    if place is None:
        says = _NO_STAGE.format(stage=action.stage, pipeline=action.pipeline)
        return became.failed(NO_STAGE, says, pipeline=action.pipeline, stage=action.stage)
    if place == (lead.pipeline_vendor_id, lead.stage_vendor_id):
        return became.skipped(THERE_ALREADY)
    deeds.move(session, lead, *place, about=once, now=now)
    return became.done(pipeline=action.pipeline, stage=action.stage, lead=lead.id)


def _place(session: Session, connection_id: int, pipeline: str, stage: str) -> tuple[int, int] | None:
    """The CRM's numbers of them."""
    rows = session.execute(
        select(CrmPipeline.vendor_id, CrmPipeline.name, CrmStage.vendor_id, CrmStage.name)
        .join(CrmStage, CrmStage.pipeline_id == CrmPipeline.id)
        .where(CrmPipeline.connection_id == connection_id, CrmPipeline.is_archived.is_(False))
        .order_by(CrmPipeline.sort, CrmStage.sort)
    ).all()
    wanted = pipeline.casefold().strip(), stage.casefold().strip()
    return next(
        (
            (in_pipeline, number)
            for in_pipeline, named, number, called in rows
            if (named.casefold().strip(), called.casefold().strip()) == wanted
        ),
        None,
    )
