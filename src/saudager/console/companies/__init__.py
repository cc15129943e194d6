"""Companies: what they bought and who in them is written to."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.companies import everyone, importing, one

UPLOADS = importing.UPLOADS
WATCHES = {"sales_import": importing.mark}


def router(app: App) -> APIRouter:
    """The list and the files come first: what is left below ``/console/companies`` is a company's number."""
    routes = APIRouter()
    for part in (everyone, importing, one):
        routes.include_router(part.router(app), prefix="/console/companies")
    return routes
