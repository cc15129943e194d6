"""Drafts: send one as it stands, send it edited, or reject it."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from saudager.agent import drafting
from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager
from saudager.console.inbox.talk import Number

_Text = Annotated[str, Form()]
_Reason = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``POST /console/drafts/5/approve`` with ``text``, ``POST /console/drafts/5/reject`` with ``reason`` or nothing;
    409 when somebody else was first."""
    routes = APIRouter(prefix="/console/drafts/{draft_id}")

    @routes.post("/approve")
    async def approve(visitor: Manager, draft_id: Number, text: _Text = "") -> Response:
        now = app.clock.now()
        await deed(
            app,
            visitor,
            "draft.approved",
            f"draft:{draft_id}",
            drafting.approve,
            draft_id,
            text,
            app.settings,
            by=visitor.name,
            now=now,
        )
        return screen.told(visitor.say("Отправлено."))

    @routes.post("/reject")
    async def reject(visitor: Manager, draft_id: Number, reason: _Reason = "") -> Response:
        about, now = f"draft:{draft_id}", app.clock.now()
        await deed(
            app,
            visitor,
            "draft.rejected",
            about,
            drafting.reject,
            draft_id,
            reason,
            by=visitor.name,
            now=now,
        )
        return screen.told(visitor.say("Черновик отклонён. Клиент пока ничего не получил: ответьте ему сами."))

    return routes
