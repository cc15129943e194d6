"""What a page says when the marketplace it asks does not answer, or says no: the marketplace's own sentence."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from saudager.errors import OutsideError, Rejected

_REFUSED, _AWAY = 409, 502


class AskingMarketplace(APIRoute):
    """A deed the marketplace could not do, or would not, is told in a sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def asking(request: Request) -> Response:
            try:
                return await handle(request)
            except OutsideError as error:
                raise HTTPException(_REFUSED if isinstance(error, Rejected) else _AWAY, str(error)) from None

        return asking
