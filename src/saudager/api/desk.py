"""What waits for a person of the shop, and giving it back; behind a key with the scope ``desk``."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from saudager.api.guard import needs
from saudager.app import App
from saudager.conversations import cases
from saudager.conversations.models import Case, Contact
from saudager.errors import NotFound
from saudager.keys import Scope


class Release(BaseModel):
    """What came of a case, in the person's own words; may be empty."""

    outcome: str = Field("", max_length=1000)


def router(app: App) -> APIRouter:
    """``GET /cases``: the open cases, oldest first, ``[{"id": 12, "conversation_id": 40, "name": "Айгерим",
    "phone_number": "77010000001", "reason": "просит человека", "summary": "…", "owner": null, "opened_at": "…",
    "alerts": 1}]``; ``owner`` is null while nobody has come.

    ``POST /cases/12/release`` with ``{"outcome": "вернули деньги"}`` or nothing gives the conversation back to the
    salesperson at once: ``{"id": 12, "closed_at": "…", "outcome": "…"}``; 404 when there is no such open case.
    """
    routes = APIRouter(dependencies=[needs(app, Scope.DESK)])

    @routes.get("/cases")
    async def listed() -> list[dict[str, Any]]:
        return [_shown(case, contact) for case, contact in await app.db.read(cases.waiting)]

    @routes.post("/cases/{case_id}/release")
    async def released(case_id: Annotated[int, Path(ge=1, lt=2**63)], told: Release | None = None) -> dict[str, Any]:
        outcome = told.outcome if told else ""
        try:
            case = await app.db.run(cases.release, case_id, app.clock.now(), outcome)
        except NotFound as error:
            raise HTTPException(404, str(error)) from None
        return {"id": case.id, "closed_at": case.closed_at, "outcome": case.outcome}

    return routes


def _shown(case: Case, contact: Contact) -> dict[str, Any]:
    return {
        "id": case.id,
        "conversation_id": case.conversation_id,
        "name": contact.full_name or contact.name,
        "phone_number": contact.phone_number,
        "reason": case.reason,
        "summary": case.summary,
        "owner": case.owner,
        "opened_at": case.opened_at,
        "alerts": case.alerts,
    }
