"""What is sent when a lead enters a stage: letters and messages with placeholders, kept, switched and removed."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.crm import connections, listing, templates
from saudager.crm.models import CrmConnection, CrmField, CrmPipeline, CrmStage, CrmTemplate
from saudager.crm.templates import Draft
from saudager.errors import Refused

HOME = "/console/crm/templates"


class _Form(BaseModel):
    """A template as the page sends it; ``stage`` is ``pipeline:stage``."""

    stage: Annotated[str, Field(pattern=r"^\d{1,18}:\d{1,18}$")]
    channel: Annotated[str, Field(pattern="^(email|chat)$")]
    text: Annotated[str, Field(max_length=20_000)] = ""
    subject: Annotated[str, Field(max_length=200)] = ""

    @property
    def draft(self) -> Draft:
        pipeline, stage = (int(part) for part in self.stage.split(":"))
        return Draft(pipeline, stage, self.channel, self.subject, self.text)


def router(app: App) -> APIRouter:
    """``/console/crm/templates`` of an account, with what is done to each."""
    routes = APIRouter(prefix=HOME)

    @routes.get("")
    async def everyone(request: Request, visitor: Viewer, account: Number) -> HTMLResponse:
        one, stages, kept, fields = await app.db.read(_shown, account)
        title = visitor.say("Письма по этапам")
        names = {(up.vendor_id, it.vendor_id): f"{up.name} · {it.name}" for up, below in stages for it in below}
        values = {"one": one, "board": stages, "names": names, "kept": kept, "fields": fields}
        return screen.page(request, visitor, "crm_templates.html", title=title, **values)

    @routes.post("")
    async def add(visitor: Manager, account: Number, form: Annotated[_Form, Form()]) -> Response:
        try:
            await deed(
                app,
                visitor,
                "crm_template.added",
                f"crm:{account}",
                templates.add,
                account,
                form.draft,
                now=app.clock.now(),
            )
        except Refused as error:
            return screen.part(visitor, "crm_wrong.html", wrong=str(error))
        return screen.told(visitor.say("Сохранено и включено."), then=f"{HOME}?account={account}")

    @routes.post("/{template}")
    async def change(visitor: Manager, template: Number, form: Annotated[_Form, Form()]) -> Response:
        try:
            await deed(
                app, visitor, "crm_template.changed", f"crm_template:{template}", templates.change, template, form.draft
            )
        except Refused as error:
            return screen.part(visitor, "crm_wrong.html", wrong=str(error))
        return screen.told(visitor.say("Сохранено."))

    @routes.post("/{template}/switch")
    async def switch(visitor: Manager, template: Number, account: Number, on: bool) -> Response:
        await deed(app, visitor, "crm_template.switched", f"crm_template:{template}", templates.switch, template, on=on)
        return screen.told("", then=f"{HOME}?account={account}")

    @routes.post("/{template}/remove")
    async def remove(visitor: Manager, template: Number, account: Number) -> Response:
        await deed(app, visitor, "crm_template.removed", f"crm_template:{template}", templates.remove, template)
        return screen.told(visitor.say("Убрано."), then=f"{HOME}?account={account}")

    return routes


def _shown(
    session: Session, account: int
) -> tuple[CrmConnection, Sequence[tuple[CrmPipeline, Sequence[CrmStage]]], Sequence[CrmTemplate], Sequence[str]]:
    one = connections.one(session, account)
    fields = select(CrmField.name).where(CrmField.connection_id == account).distinct().order_by(CrmField.name)
    return one, listing.pipelines(session, account), templates.listed(session, account), session.scalars(fields).all()
