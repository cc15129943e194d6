"""Who draws a picture: the engines in their order, each at its pace and not while it rests; the first that can."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from saudager import attention, tracing
from saudager.app import App
from saudager.attention import Why
from saudager.engines import notices
from saudager.errors import (
    BadCredentials,
    DatabaseFault,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.images import Drawing, Drawn, ImageModel, NoPicture, Painter
from saudager.studio import money
from saudager.studio.money import MoneySpent

_log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSE = timedelta(seconds=5)
"""After a failure that may pass by itself."""
_TITLES = notices.TITLES | {"pollinations": "Pollinations", "offline": "Рисунок этой машины"}
_FAULTS: tuple[tuple[type[OutsideError], str], ...] = (
    (NoPicture, "не берётся это рисовать"),
    (BadCredentials, "ключ не принят или кончились деньги, проверьте ключ и счёт"),
    (Unanswered, "не ответил вовремя"),
    (Unreachable, "недоступен"),
    (UnrecognisedPayload, "ответил непонятно"),
    (Rejected, "отклонил запрос"),
)
_TELLING = (NoPicture, BadCredentials, Rejected)
"""Faults of which the vendor's own words help a merchant."""


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


async def paint(
    app: App,
    asked_of: Callable[[ImageModel], Awaitable[Drawing]],
    take: Callable[[bytes], Awaitable[T]],
    places: asyncio.Semaphore,
) -> Painted[T]:
    """Have it drawn in one of the ``places`` and taken in by ``take``, which raises Rejected for what is no picture.

    Raises CannotDraw, and what ``asked_of`` raises, which is asked when the engine is about to begin.
    """
    tries: list[dict[str, Any]] = []
    again: list[datetime] = []
    for painter in app.painters:
        engine = painter.engine
        try:
            async with places:
                if painter.stopped:
                    tries.append({"engine": engine.name, "fault": painter.stopped})
                    continue
                if painter.rests_until is not None and painter.rests(app.clock.now()):
                    again.append(painter.rests_until)
                    tries.append({"engine": engine.name, "fault": "просил подождать"})
                    continue
                drawn = await _draw(app, painter, await asked_of(engine))
        except DatabaseFault:  # ours: no other engine would fare better
            raise
        except MoneySpent as error:
            tries.append({"engine": engine.name, "fault": str(error)})
        except OutsideError as error:
            tries.append({"engine": engine.name, "fault": _fault(error), "said": notices.masked(str(error), None)})
            again += await _learn(app, painter, error)
        else:
            try:
                return Painted(drawn, engine.name, await take(drawn.content), tries)
            except Rejected as error:
                again.append(app.clock.now() + PAUSE)
                tries.append({"engine": engine.name, "fault": f"прислал не то. {str(error).rstrip('.')}"})
        _log.warning("picture not drawn by %s: %s", engine.name, tries[-1])
    said = "; ".join(f"{title_of(one['engine'])}: {one['fault']}" for one in tries)
    raise CannotDraw(
        f"{said}." if said else "Рисовать некому: проверьте IMAGE_ENGINES.", tries, min(again, default=None)
    )


async def _draw(app: App, painter: Painter, asked: Drawing) -> Drawn:
    async with painter.turn(app.clock, app.settings.images_per_minute), money.held(app, painter):
        now = app.clock.now()
        if painter.rests_until is not None and painter.rests(now):  # it asked for patience meanwhile
            raise RateLimited("rests", retry_after=(painter.rests_until - now).total_seconds())
        with tracing.span("picture", engine=painter.engine.name):
            drawn = await painter.engine.draw(asked)
        await money.count(app, painter, drawn)
    if painter.may_be_on_desk:
        painter.may_be_on_desk = False
        await app.db.run(attention.settle, Why.ENGINE, _about(painter), now=app.clock.now())
    return drawn


async def _learn(app: App, painter: Painter, error: OutsideError) -> list[datetime]:
    """Let the engine rest or stop as its failure asks for; when this picture may be asked of it again, if at all."""
    now = app.clock.now()
    if isinstance(error, RateLimited):
        painter.rests_until = now + timedelta(seconds=max(error.retry_after, 1))
        return [painter.rests_until]
    if isinstance(error, BadCredentials):
        painter.stopped, painter.may_be_on_desk = _fault(error), True
        title, said = title_of(painter.engine.name), notices.masked(str(error), None)
        reason = f"Картинки, {title}: {painter.stopped}, потом продолжите серию. Ответ сервиса: «{said}»"
        await app.db.run(attention.ask, Why.ENGINE, _about(painter), reason, now=now)
        return []
    return [] if isinstance(error, NoPicture | Rejected) else [now + PAUSE]


def _fault(error: OutsideError) -> str:
    """What went wrong, for a merchant."""
    if isinstance(error, RateLimited):
        return f"просит подождать {max(round(error.retry_after), 1)} с"
    fault = next((said for kind, said in _FAULTS if isinstance(error, kind)), "не смог")
    return f"{fault} («{notices.masked(str(error), None)}»)" if isinstance(error, _TELLING) and str(error) else fault


def title_of(engine: str) -> str:
    """What people call an engine."""
    return _TITLES.get(engine, engine)


def _about(painter: Painter) -> str:
    return notices.about(f"{painter.engine.name}:images")
