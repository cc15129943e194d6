"""What waits for a person of the shop, and giving it back; behind a key with the scope ``desk``."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.app import App
from saudager.conversations import cases
from saudager.conversations.models import Case, Contact
from saudager.errors import NotFound
from saudager.keys import Scope


class Release(BaseModel):
    """What came of a case, in the person's own words; may be empty."""

    model_config = shown({"outcome": "Деньги вернули."})

    outcome: str = Field("", max_length=1000)


class Waiting(BaseModel):
    """A conversation that waits for a person, or is a person's."""

    model_config = shown(
        {
            "id": 12,
            "conversation_id": 40,
            "name": "Айгерим",
            "phone_number": "77010000001",
            "reason": "просит человека",
            "summary": "Клиент: «Позовите человека».",
            "owner": None,
            "opened_at": "2026-03-11T07:03:02Z",
            "alerts": 1,
        }
    )

    id: int
    conversation_id: int
    name: str | None
    phone_number: str | None
    reason: str
    summary: str
    owner: str | None = Field(description="Null while nobody has come.")
    opened_at: datetime
    alerts: int = Field(description="How often the shop was told of it.")


class Released(BaseModel):
    """A conversation that is the salesperson's again."""

    model_config = shown(
        {
            "id": 12,
            "closed_at": "2026-03-11T07:20:00Z",
            "outcome": "Деньги вернули. Человек в чате не писал.",
        }
    )

    id: int
    closed_at: datetime | None
    outcome: str | None = Field(description="What was told, and the last line the person wrote in the chat.")


def router(app: App) -> APIRouter:
    """``GET /cases``, and ``POST /cases/12/release`` with an outcome or nothing."""
    routes = APIRouter(**behind(app, Scope.DESK), tags=["Desk"])

    @routes.get("/cases")
    async def listed() -> list[Waiting]:
        """The open cases, oldest first."""
        return [_shown(case, contact) for case, contact in await app.db.read(cases.waiting)]

    @routes.post("/cases/{case_id}/release", responses=faults(404, 422))
    async def released(case_id: Annotated[int, Path(ge=1, lt=2**63)], told: Release | None = None) -> Released:
        """Give a conversation back to the salesperson at once; 404 when there is no such open case."""
        outcome = told.outcome if told else ""
        try:
            case = await app.db.run(cases.release, case_id, app.clock.now(), outcome)
        except NotFound as error:
            raise HTTPException(404, str(error)) from None
        return Released(id=case.id, closed_at=case.closed_at, outcome=case.outcome)

    return routes


def _shown(case: Case, contact: Contact) -> Waiting:
    return Waiting(
        id=case.id,
        conversation_id=case.conversation_id,
        name=contact.full_name or contact.name,
        phone_number=contact.phone_number,
        reason=case.reason,
        summary=case.summary,
        owner=case.owner,
        opened_at=case.opened_at,
        alerts=case.alerts,
    )
