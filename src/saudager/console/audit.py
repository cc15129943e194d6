"""The log: who did what in the console, and when."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Owner
from saudager.console.numbers import Number, number_in
from saudager.operators import accounts, audit
from saudager.operators.models import AuditEntry, Operator

_A_PAGE = 50
_Filter = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """``/console/audit``, filtered by ``operator``, ``action`` and ``about``; ``before`` is the next page's key."""
    routes = APIRouter()

    @routes.get("/console/audit")
    async def page(
        request: Request,
        visitor: Owner,
        operator: _Filter = "",
        action: _Filter = "",
        about: _Filter = "",
        before: Number | None = None,
    ) -> Response:
        operator_id = number_in(operator)
        entries, operators = await app.db.read(_look, operator_id, action.strip(), about.strip(), before)
        shown, more = entries[:_A_PAGE], len(entries) > _A_PAGE
        values = {"entries": shown, "operator": operator_id, "action": action, "about": about, "more": more}
        if before is not None:
            return screen.part(visitor, "audit_rows.html", **values)
        title = visitor.say("Журнал")
        return screen.page(request, visitor, "audit.html", title=title, operators=operators, **values)

    return routes


def _look(
    session: Session, operator_id: int | None, action: str, about: str, before: int | None
) -> tuple[list[AuditEntry], list[Operator]]:
    entries = audit.listed(
        session,
        operator_id=operator_id,
        action=action or None,
        about=about or None,
        before=before,
        limit=_A_PAGE + 1,
    )
    operators = [] if before else [entry.operator for entry in accounts.everyone(session)]
    return list(entries), operators
