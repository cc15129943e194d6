"""Who draws a picture: the engines in their order, each at its pace and not while it rests; the first that can."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from saudager import tracing
from saudager.app import App
from saudager.errors import BadCredentials, OutsideError, RateLimited
from saudager.providers.images import Drawing, Drawn

_log = logging.getLogger(__name__)
T = TypeVar("T")


class CannotDraw(OutsideError):
    """No engine drew it; ``tries`` are those that were asked. ``again_at`` is when one of them may be asked again, None
    when it would be no use."""

    def __init__(self, message: str, tries: list[dict[str, Any]], again_at: datetime | None) -> None:
        super().__init__(message)
        self.tries = tries
        self.again_at = again_at


@dataclass(frozen=True, slots=True)
class Painted(Generic[T]):
    """A picture an engine drew, as it was taken in; ``tries`` are the engines that failed before."""

    drawn: Drawn
    engine: str
    taken: T
    tries: list[dict[str, Any]] = field(default_factory=list)


async def paint(app: App, asked: Drawing, take: Callable[[bytes], Awaitable[T]]) -> Painted[T]:
    """Have it drawn and taken in by ``take``, which raises Rejected for what is no picture; raises CannotDraw."""
    tries: list[dict[str, Any]] = []
    again_at: datetime | None = None
    for painter in app.painters:
        if painter.stopped or painter.rests(app.clock.now()):
            tries.append({"engine": painter.engine.name, "fault": painter.stopped or "отдыхает после отказа"})
            again_at = again_at or painter.rests_until
            continue
        try:
            async with painter.turn(app.clock, app.settings.images_per_minute):
                with tracing.span("picture", engine=painter.engine.name):
                    drawn = await painter.engine.draw(asked)
            taken = await take(drawn.content)
        except RateLimited as error:
            painter.rests_until = app.clock.now() + timedelta(seconds=error.retry_after)
            again_at = min(again_at or painter.rests_until, painter.rests_until)
            tries.append({"engine": painter.engine.name, "fault": str(error)})
        except BadCredentials as error:
            painter.stopped = str(error)
            tries.append({"engine": painter.engine.name, "fault": str(error)})
        except OutsideError as error:
            again_at = again_at or app.clock.now()
            tries.append({"engine": painter.engine.name, "fault": str(error)})
        else:
            return Painted(drawn, painter.engine.name, taken, tries)
        _log.warning("picture not drawn by %s: %s", painter.engine.name, tries[-1]["fault"])
    said = "; ".join(f"{one['engine']}: {one['fault']}" for one in tries)
    raise CannotDraw(said or "рисовать некому", tries, again_at)
