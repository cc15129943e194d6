"""Whether each engine that draws would: asked in a way that costs nothing, and by what its vendor has announced."""

import asyncio
from collections.abc import Iterator
from datetime import date

from saudager.app import App
from saudager.engines import shutdowns
from saudager.errors import OutsideError
from saudager.providers.gateway import Finding
from saudager.providers.images import Painter

OFFLINE = "offline"
MODELS = {
    "openai": "OPENAI_IMAGE_MODEL",
    "gemini": "GEMINI_IMAGE_MODEL",
    "openrouter": "OPENROUTER_IMAGE_MODEL",
    "pollinations": "POLLINATIONS_MODEL",
    "compatible": "COMPATIBLE_IMAGE_MODEL",
}
"""Where the model of each engine is named."""


async def findings(app: App) -> list[Finding]:
    """Of every engine of IMAGE_ENGINES; all are asked at once."""
    drawing = {painter.engine.name for painter in app.painters}
    found = [
        Finding(True, f"картинки {name}", "нет ключа: не рисует")
        for name in app.settings.image_engines
        if name not in drawing
    ]
    today = app.clock.now().astimezone(app.settings.zone).date()
    checked = await asyncio.gather(*(_check(painter) for painter in app.painters))
    for painter, (failed, told_on) in zip(app.painters, checked, strict=True):
        found += _of(painter, failed, told_on, today)
    return found


async def _check(painter: Painter) -> tuple[str, date | None]:
    """Why it would not draw, "" when it would; and the day its vendor shuts the model down."""
    try:
        return painter.stopped, await painter.engine.check()
    except OutsideError as error:
        return str(error), None


def _of(painter: Painter, failed: str, told_on: date | None, today: date) -> Iterator[Finding]:
    engine = painter.engine
    about = f"картинки {engine.name} ({engine.model_id})"
    says = "рисует простые картинки на этой машине" if engine.name == OFFLINE else "рисует"
    yield Finding(not failed, about, failed or says)
    variable = MODELS.get(engine.name, "")
    if variable and (warning := shutdowns.warning(shutdowns.of(engine.model_id), variable, today, told_on=told_on)):
        yield Finding(False, about, warning)
