"""The doctor on a page: every part is looked at, one after the other, and what is not well says what to do."""

import asyncio
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response

from saudager import doctor
from saudager.app import App
from saudager.console import screen
from saudager.console.door import Owner
from saudager.errors import SaudagerError
from saudager.providers.gateway import Finding


@dataclass
class _Round:
    """One examination, while it goes on and after it."""

    findings: list[Finding] = field(default_factory=list)
    problem: str = ""
    going: "asyncio.Task[None] | None" = None

    @property
    def is_going(self) -> bool:
        return self.going is not None and not self.going.done()

    def begin(self, app: App) -> None:
        if not self.is_going:
            self.findings, self.problem = [], ""
            self.going = asyncio.create_task(self._go(app))

    async def _go(self, app: App) -> None:
        try:
            async for finding in doctor.examine(app):
                self.findings.append(finding)
        except SaudagerError as error:
            self.problem = str(error)


def add_to(routes: APIRouter, app: App) -> None:
    """Owners only, as webhooks' secrets are told. The last examination is kept until the next, or the process ends."""
    last = _Round()

    @routes.get("/doctor")
    async def page(request: Request, visitor: Owner) -> Response:
        return screen.page(request, visitor, "connections_doctor.html", title=visitor.say("Проверка"), round=last)

    @routes.get("/doctor/findings")
    async def findings(visitor: Owner) -> Response:
        return screen.part(visitor, "connections_doctor_findings.html", round=last)

    @routes.post("/doctor")
    async def examine(visitor: Owner) -> Response:
        last.begin(app)
        return screen.part(visitor, "connections_doctor_findings.html", round=last)
