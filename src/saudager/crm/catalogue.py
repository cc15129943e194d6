"""What an account's leads are described by, as it was read last: pipelines and their stages, fields, people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from saudager.crm.models import CrmConnection, CrmField, CrmPipeline, CrmStage, CrmUser
from saudager.providers.crm import Account, Crm, Field, Pipeline, StageKind, User
from saudager.words import storable


@dataclass(frozen=True, slots=True)
class Read:
    """Everything of it, in six requests."""

    account: Account
    pipelines: Sequence[Pipeline]
    fields: Sequence[Field]
    users: Sequence[User]


@dataclass(frozen=True, slots=True)
class Named:
    """Names of what a lead tells by number."""

    pipelines: Mapping[int, str]
    stages: Mapping[tuple[int, int], tuple[str, StageKind]]
    """By pipeline and stage."""
    users: Mapping[int, str]

    def pipeline(self, number: int) -> str:
        return self.pipelines.get(number, "")

    def stage(self, pipeline: int, number: int) -> str:
        return self.stages.get((pipeline, number), ("", "open"))[0]

    def kind(self, pipeline: int, number: int) -> StageKind:
        return self.stages.get((pipeline, number), ("", "open"))[1]


async def read(crm: Crm) -> Read:
    account = await crm.account()
    fields = [*await crm.fields("leads"), *await crm.fields("contacts")]
    return Read(account, await crm.pipelines(), fields, await crm.users())


def keep(session: Session, connection_id: int, told: Read, *, now: datetime) -> dict[str, int]:
    """Store it in place of what was told before; how much there is of each."""
    connection = session.get_one(CrmConnection, connection_id)
    connection.title, connection.currency = storable(told.account.name), told.account.currency
    connection.chats_id, connection.described_at = told.account.chats_id, now
    _pipelines(session, connection_id, told.pipelines)
    of = {"connection_id": connection_id}
    _take(session, CrmField, of, ("entity", "vendor_id"), [_field(one) for one in told.fields])
    _take(session, CrmUser, of, ("vendor_id",), [_user(one) for one in told.users])
    return {"pipelines": len(told.pipelines), "fields": len(told.fields), "users": len(told.users)}


def named(session: Session, connection_id: int) -> Named:
    pipelines = session.execute(
        select(CrmPipeline.id, CrmPipeline.vendor_id, CrmPipeline.name).where(
            CrmPipeline.connection_id == connection_id
        )
    ).all()
    numbers = {id: vendor_id for id, vendor_id, _ in pipelines}
    stages = session.execute(
        select(CrmStage.pipeline_id, CrmStage.vendor_id, CrmStage.name, CrmStage.kind).where(
            CrmStage.pipeline_id.in_(numbers)
        )
    )
    users = select(CrmUser.vendor_id, CrmUser.name).where(CrmUser.connection_id == connection_id)
    return Named(
        {vendor_id: name for _, vendor_id, name in pipelines},
        {(numbers[pipeline], stage): (name, cast(StageKind, kind)) for pipeline, stage, name, kind in stages},
        {number: name for number, name in session.execute(users)},  # noqa: C416
    )


def _pipelines(session: Session, connection_id: int, told: Sequence[Pipeline]) -> None:
    rows = [
        {
            "vendor_id": one.id,
            "name": storable(one.name),
            "sort": one.sort,
            "is_main": one.is_main,
            "is_archived": one.is_archived,
        }
        for one in told
    ]
    gone = select(CrmPipeline.id).where(
        CrmPipeline.connection_id == connection_id, CrmPipeline.vendor_id.not_in([one.id for one in told])
    )
    session.execute(delete(CrmStage).where(CrmStage.pipeline_id.in_(gone)))
    _take(session, CrmPipeline, {"connection_id": connection_id}, ("vendor_id",), rows)
    stored = select(CrmPipeline.vendor_id, CrmPipeline.id).where(CrmPipeline.connection_id == connection_id)
    ids = {vendor_id: id for vendor_id, id in session.execute(stored)}  # noqa: C416
    for pipeline in told:
        stages = [
            {"vendor_id": one.id, "name": storable(one.name), "sort": one.sort, "color": one.color, "kind": one.kind}
            for one in pipeline.stages
        ]
        _take(session, CrmStage, {"pipeline_id": ids[pipeline.id]}, ("vendor_id",), stages)


def _field(one: Field) -> dict[str, Any]:
    return {
        "entity": one.entity,
        "vendor_id": one.id,
        "name": storable(one.name),
        "kind": one.kind,
        "code": one.code,
        "choices": [{"id": id, "value": value} for id, value in one.choices],
    }


def _user(one: User) -> dict[str, Any]:
    return {"vendor_id": one.id, "name": storable(one.name), "email": one.email}


def _take(
    session: Session, table: Any, of: Mapping[str, Any], key: tuple[str, ...], told: Iterable[dict[str, Any]]
) -> None:
    """Make the rows of a table be those that are told, changing none that are so already."""
    stored = {
        tuple(getattr(row, name) for name in key): row for row in session.scalars(select(table).filter_by(**of)).all()
    }
    rows = {tuple(row[name] for name in key): row for row in told}
    if gone := [row.id for key_of, row in stored.items() if key_of not in rows]:
        session.execute(delete(table).where(table.id.in_(gone)))
    if new := [{**of, **row} for key_of, row in rows.items() if key_of not in stored]:
        session.execute(insert(table), new)
    changed = [
        {"id": stored[key_of].id, **row}
        for key_of, row in rows.items()
        if key_of in stored and any(getattr(stored[key_of], name) != value for name, value in row.items())
    ]
    if changed:
        session.execute(update(table), changed)
