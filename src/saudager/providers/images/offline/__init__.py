"""Plain pictures drawn on this machine, true to what was asked for: colour, body and angle; no key, no network."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from saudager import colours
from saudager.providers.images import Drawing, Drawn
from saudager.providers.images.offline import bodies, camera, cars, products
from saudager.providers.images.offline.camera import Close
from saudager.providers.images.offline.geometry import Face

_UNNAMED = "#8d9196"
_WHOLE = Close(1.0)
_CLOSE_TO_A_CAR = {"detail": Close(2.4, 0.34, 0.45), "interior": Close(1.75, 0.44, 0.55)}
_CLOSE_TO_A_PRODUCT = Close(1.75, 0.5, 0.6)


class OfflineImageModel:
    """The same drawing is the same file, whatever its seed; pictures it is to keep to are not looked at."""

    name = "offline"
    model_id = "plain"
    most_references = 0
    reads_prompts = False

    async def draw(self, asked: Drawing) -> Drawn:
        return Drawn(await asyncio.to_thread(drawn, asked), self.model_id)

    async def check(self) -> None:
        """It always draws."""

    async def close(self) -> None:
        """Nothing is held."""


def drawn(asked: Drawing) -> bytes:
    """A PNG."""
    from saudager.providers.images.offline import scene

    subject = asked.subject
    shade = colours.hex_of(subject.get("color", "")) or _UNNAMED
    colour = (int(shade[1:3], 16), int(shade[3:5], 16), int(shade[5:7], 16))
    view = camera.view_of(asked.angle)
    faces: Sequence[Face]
    if subject.get("kind") == "car":
        body = bodies.body_of(subject.get("body_type", ""))
        faces = cars.car(body, view.from_left, is_opened=view.kind == "interior")
        named = [subject.get(part, "") for part in ("brand", "model", "year")]
        close = _CLOSE_TO_A_CAR.get(view.kind, _WHOLE)
    else:
        if view.kind == "interior":
            view = replace(view, turn=28, rise=46)
        close = _CLOSE_TO_A_PRODUCT if view.kind == "detail" else _WHOLE
        faces = products.product(subject.get("name", ""))
        named = [subject.get("name", "")]
    label = " · ".join(filter(None, (" ".join(filter(None, named)), view.title)))
    return scene.picture(faces, view, colour, label, (asked.width, asked.height), close)
