"""Orders: files of them, brought and taken in."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.orders import importing

UPLOADS = importing.UPLOADS
WATCHES = {"order_import": importing.mark}


def router(app: App) -> APIRouter:
    """The pages below ``/console/orders``."""
    routes = APIRouter(prefix="/console/orders")
    routes.include_router(importing.router(app))
    return routes
