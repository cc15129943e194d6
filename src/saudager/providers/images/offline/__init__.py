"""Plain pictures drawn on this machine, true to what was asked for: colour, body and angle; no key, no network."""

import asyncio
import io

from PIL import Image, ImageDraw

from saudager import colours
from saudager.providers.images import Drawing, Drawn

_UNNAMED = "#8d9196"


class OfflineImageModel:
    """The same drawing is the same file."""

    name = "offline"
    model_id = "plain"
    most_references = 0
    keeps_to_seeds = True

    async def draw(self, asked: Drawing) -> Drawn:
        return Drawn(await asyncio.to_thread(_drawn, asked), self.model_id)

    async def check(self) -> None:
        """It always draws."""

    async def close(self) -> None:
        """Nothing is held."""


def _drawn(asked: Drawing) -> bytes:
    image = Image.new("RGB", (asked.width, asked.height), "#e9ebee")
    draw = ImageDraw.Draw(image)
    shade = colours.hex_of(asked.subject.get("color", "")) or _UNNAMED
    draw.rounded_rectangle(
        (asked.width * 0.15, asked.height * 0.35, asked.width * 0.85, asked.height * 0.7), asked.width * 0.06, shade
    )
    draw.text((asked.width * 0.05, asked.height * 0.92), asked.angle, fill="#15161a")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
