"""Leads by pipeline and stage, found by words."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.crm import connections, listing
from saudager.crm.models import CrmConnection, CrmPipeline

HOME = "/console/crm"
_AT_ONCE = 50
Board = Sequence[tuple[CrmPipeline, Sequence[listing.Stage]]]
_Words = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """``/console/crm`` with ``/console/crm/list``, the rows that follow."""
    routes = APIRouter(prefix=HOME)

    @routes.get("")
    async def board(
        request: Request,
        visitor: Viewer,
        account: NumberOrNothing = "",
        pipeline: NumberOrNothing = "",
        stage: NumberOrNothing = "",
        q: _Words = "",
    ) -> HTMLResponse:
        chosen: dict[str, Any] = {"pipeline": number_in(pipeline), "stage": number_in(stage), "search": q}
        accounts, one = await app.db.read(_account, number_in(account))
        stages = [] if one is None else await app.db.read(listing.board, one.id)
        rows, following = ([], None) if one is None else await app.db.read(_listed, one.id, chosen)
        return screen.page(
            request,
            visitor,
            "crm.html",
            title=visitor.say("Сделки"),
            accounts=accounts,
            one=one,
            board=stages,
            rows=rows,
            following=following,
            q=q,
            pipeline=chosen["pipeline"],
            stage=chosen["stage"],
            chosen=_chosen(stages, chosen["pipeline"], chosen["stage"]),
        )

    @routes.get("/list")
    async def more(
        visitor: Viewer,
        account: Number,
        before: Number,
        pipeline: NumberOrNothing = "",
        stage: NumberOrNothing = "",
        q: _Words = "",
    ) -> HTMLResponse:
        chosen: dict[str, Any] = {"pipeline": number_in(pipeline), "stage": number_in(stage), "search": q}
        one = await app.db.read(connections.one, account)
        rows, following = await app.db.read(_listed, account, {**chosen, "before": before})
        values = {"one": one, "rows": rows, "following": following, "q": q}
        return screen.part(visitor, "crm_rows.html", pipeline=chosen["pipeline"], stage=chosen["stage"], **values)

    return routes


def _account(session: Session, wanted: int | None) -> tuple[list[CrmConnection], CrmConnection | None]:
    """All accounts, and the one looked at: the first when none was chosen."""
    accounts = list(connections.everyone(session))
    return accounts, next((one for one in accounts if wanted in (None, one.id)), None)


def _chosen(board: Board, pipeline: int | None, stage: int | None) -> str:
    """What the pipeline or the stage that is looked at is called."""
    for funnel, stages in board:
        if funnel.vendor_id == pipeline:
            names = [one.stage.name for one in stages if one.stage.vendor_id == stage]
            return " · ".join([funnel.name, *names])
    return ""


def _listed(session: Session, connection: int, chosen: dict[str, Any]) -> tuple[list[listing.Row], int | None]:
    return listing.listed(session, connection, limit=_AT_ONCE, **chosen)
