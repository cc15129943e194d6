"""The studio about a product: a seamless wall and floor, the shadow of what stands there, and a small line below."""

import math

from PIL import Image, ImageDraw, ImageFilter

from saudager import lettering
from saudager.providers.images.offline.camera import Camera, Place
from saudager.providers.images.offline.geometry import Colour, Point

_LIGHT_WALL, _DARK_WALL = (231, 234, 238), (137, 143, 151)
_FLOOR = 0.9
"""How much darker the floor is than the wall."""


def empty(size: tuple[int, int], colour: Colour) -> Image.Image:
    """An empty studio, light for dark products and darker for light ones."""
    width, height = size
    wall = wall_of(colour)
    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / max(1, height - 1)
        light = 1.0 if share < 0.45 else 1 - (1 - _FLOOR) * math.sin(min(1.0, (share - 0.45) / 0.3) * math.pi / 2)
        column.putpixel((0, y), times(wall, light))
    return column.resize((width, height), Image.Resampling.NEAREST)


def wall_of(colour: Colour) -> Colour:
    red, green, blue = colour
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return _DARK_WALL if light > 150 and max(colour) - min(colour) < 90 else _LIGHT_WALL


def put_label(canvas: Image.Image, label: str, colour: Colour) -> None:
    """A small line on a strip of the floor at the bottom."""
    width, height = canvas.size
    size = max(9.0, min(width, height) * 0.026)
    strip = (0, round(height - 3.1 * size), width, height)
    canvas.paste(times(wall_of(colour), _FLOOR), strip)
    ink = times(wall_of(colour), 0.42)
    place = (size * 1.6, height - size * 1.15)
    lettering.write(ImageDraw.Draw(canvas), place, label, size=size, colour=ink, width=width - 3.2 * size)


def cast_shadow(canvas: Image.Image, camera: Camera, place: Place, low: Point, high: Point) -> None:
    """What the product takes of the light around its foot: the wider and paler the further away."""
    small = 4
    mask = Image.new("L", (canvas.width // small + 1, canvas.height // small + 1))
    draw = ImageDraw.Draw(mask)
    reach = min(high[0] - low[0], high[2] - low[2])
    for grown, dark in ((1.10, 60), (1.0, 105)):
        outline = []
        for corner in range(40):
            turn = 2 * math.pi * corner / 40
            x = math.copysign(abs(math.cos(turn)) ** 0.55, math.cos(turn)) * (high[0] - low[0]) / 2
            z = math.copysign(abs(math.sin(turn)) ** 0.55, math.sin(turn)) * (high[2] - low[2]) / 2
            seen = camera.see((x + math.copysign(reach * (grown - 1), x), 0.0, z * grown))
            px, py = place.of(seen.x, seen.y)
            outline.append((px / small, py / small))
        draw.polygon(outline, fill=dark)
        flat = max(y for _, y in outline) - min(y for _, y in outline)
        draw.line([*outline, outline[0]], fill=dark, width=max(1, round(canvas.height / small * 0.012 - flat * 0.02)))
    mask = mask.filter(ImageFilter.GaussianBlur(max(1.0, canvas.height / small * 0.014)))
    canvas.paste((24, 27, 32), (0, 0), mask.resize(canvas.size, Image.Resampling.BILINEAR))


def times(colour: Colour, share: float) -> Colour:
    """A colour so many times as light."""
    red, green, blue = (min(255, round(part * share)) for part in colour)
    return (red, green, blue)
