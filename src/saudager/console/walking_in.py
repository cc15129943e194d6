"""The demo's way into the console: one press on its page instead of a password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import web
from saudager.app import App
from saudager.console import guests
from saudager.console.guests import AnyGuest
from saudager.operators import accounts, sessions
from saudager.operators.models import Operator
from saudager.operators.roles import Role
from saudager.operators.sign_in import Begun

_OWNER = "demo"


def router(app: App) -> APIRouter:
    """``POST /console/walk-in``: signs in as an owner whoever sits at this machine. For the demo only, which is served
    on loopback addresses and keeps a made-up shop."""
    routes = APIRouter(dependencies=[Depends(web.loopback_name), Depends(web.same_origin)])

    @routes.post("/console/walk-in")
    async def walk_in(request: Request, guest: AnyGuest, to: Annotated[str, Form()] = "") -> Response:
        def begin(session: Session) -> str:
            now = app.clock.now()
            owner = _an_owner(session) or accounts.create(
                session, _OWNER, "Гость демо", Role.OWNER, password_digest=None, now=now
            )
            return sessions.begin(session, owner.id, address=guest.at.address, browser=guest.at.browser, now=now)

        return guests.enter(request, Begun(await app.db.run(begin), awaits_code=False), then=to)

    return routes


def _an_owner(session: Session) -> Operator | None:
    owners = select(Operator).where(Operator.role == Role.OWNER, Operator.disabled_at.is_(None))
    return session.scalars(owners.order_by(Operator.id).limit(1)).one_or_none()
