"""Companies: what they bought and who in them is written to."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.companies import one


def router(app: App) -> APIRouter:
    """What is left below ``/console/companies`` is a company's number."""
    routes = APIRouter()
    routes.include_router(one.router(app), prefix="/console/companies")
    return routes
