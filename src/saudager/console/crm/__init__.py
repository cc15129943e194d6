"""The CRM in the console: where the merchant comes back to after he has said yes there."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from saudager.app import App
from saudager.console.deeds import note
from saudager.console.door import Owner
from saudager.crm import connecting, trouble
from saudager.errors import Refused

HOME = "/console/crm"


def router(app: App) -> APIRouter:
    routes = APIRouter()

    @routes.get(connecting.CALLBACK)
    async def connected(
        visitor: Owner, state: str = "", code: str = "", referer: str = "", error: str = ""
    ) -> Response:
        if error or not code:
            raise Refused(visitor.say("CRM не подключена: доступ не разрешили."))
        connection_id = await connecting.finish_oauth(app, state, code, referer, session_id=visitor.session_id)
        about, now = trouble.about(connection_id), app.clock.now()
        await app.db.run(note, visitor, "crm.connected", about, {}, now=now)
        return RedirectResponse(f"{HOME}/{connection_id}", 303)

    return routes
