"""What a page says when the gateway it asks does not answer, or says no."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import deeds
from saudager.console.door import Visitor
from saudager.errors import BadCredentials, OutsideError, Unanswered, Unreachable

AWAY = "Шлюз не отвечает. Проверьте, запущен ли он (saudager gateway) и верен ли GATEWAY_URL."
LOCKED = "Шлюз не узнаёт нас: задайте ему и продавцу один SERVICE_KEY или одну папку DATA_DIR."


def trouble(error: OutsideError) -> str:
    """What to do about an error of the gateway."""
    if isinstance(error, Unreachable | Unanswered):
        return f"{AWAY} ({error})"
    return f"{LOCKED} ({error})" if isinstance(error, BadCredentials) else str(error)


class AskingGateway(APIRoute):
    """A deed the gateway could not do is told in a sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def asking(request: Request) -> Response:
            try:
                return await handle(request)
            except OutsideError as error:
                raise HTTPException(502, trouble(error)) from None

        return asking


async def note(app: App, visitor: Visitor, action: str, about: str, **details: Any) -> None:
    """Keep in the audit log what the gateway has done: its tables are not ours, so it cannot be one transaction."""
    await deeds.detailed(app, visitor, action, about, details, _nothing)


def _nothing(session: Session) -> None:
    """The gateway has done it."""
