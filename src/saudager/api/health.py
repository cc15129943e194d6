"""Whether the service is well: open to everybody, because load balancers have no key and it tells no secrets."""

from fastapi import APIRouter, Response

from saudager.app import App
from saudager.errors import SaudagerError
from saudager.queues import table


def router(app: App) -> APIRouter:
    """``GET /health``: 200 and ``healthy``, or 503 and ``unhealthy`` with the reason."""
    routes = APIRouter()

    @routes.get("/health")
    async def health(response: Response) -> dict[str, str]:
        try:
            await app.db.read(table.depth)
        except SaudagerError as error:
            response.status_code = 503
            return {"status": "unhealthy", "reason": str(error)}
        return {"status": "healthy"}

    return routes
