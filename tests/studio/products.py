"""Products drawn as shapes, and pictures taken of them: the light, the place, the angle and the file differ."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

COLOURS = {
    "white": "#f2f2f0",
    "silver": "#b9bdc2",
    "grey": "#7d8187",
    "black": "#17181b",
    "beige": "#d9c8a6",
    "red": "#b3202a",
    "wine": "#641b2b",
    "orange": "#e2762a",
    "yellow": "#e8c22d",
    "green": "#2f7d4f",
    "mint": "#9fd3b8",
    "sky": "#7fb2dd",
    "blue": "#1f4fa3",
    "navy": "#1b2547",
    "purple": "#6f3f8f",
    "pink": "#e39ab5",
    "brown": "#6d4a33",
}
KINDS = ("car", "mug", "bottle", "shoe", "bag", "box")
NEIGHBOURS = (
    ("white", "silver"),
    ("white", "beige"),
    ("silver", "grey"),
    ("silver", "beige"),
    ("black", "navy"),
    ("black", "grey"),
    ("navy", "blue"),
    ("sky", "mint"),
    ("red", "wine"),
    ("red", "orange"),
    ("brown", "wine"),
    ("yellow", "beige"),
    ("pink", "beige"),
    ("purple", "navy"),
)
_SIZE = 256
_GLASS, _TYRE, _CHROME, _TAIL = "#2a3038", "#1c1c1e", "#d8dadd", "#a3151c"


def _grid(side: int) -> np.ndarray:
    return np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j].astype(np.float32)


_ROWS, _COLUMNS = _grid(256)
_LIGHT = (1.1 - 0.3 * _ROWS + 0.06 * np.sin(7 * _COLUMNS))[..., None]
_GLOSS = (50 * np.exp(-(((_ROWS - 0.38) / 0.02) ** 2)) * (np.abs(_COLUMNS - 0.5) < 0.25))[..., None]


@dataclass(frozen=True)
class Item:
    """What it is and its colours; ``second`` is a roof, a lid, a sole or a band, ``accent`` a small mark."""

    kind: str
    main: str
    second: str | None = None
    accent: str | None = None


def items(chance: random.Random, many: int) -> list[Item]:
    """So many products, no two of them the same."""
    drawn: dict[Item, None] = {}
    while len(drawn) < many:
        main = chance.choice([*COLOURS])
        others = [name for name in COLOURS if name != main and not _is_near(name, main)]
        second = chance.choice(others) if chance.random() < 0.4 else None
        accent = chance.choice(others) if chance.random() < 0.25 else None
        drawn[Item(chance.choice(KINDS), main, second, accent)] = None
    return [*drawn]


def others(chance: random.Random, item: Item) -> Iterator[Item]:
    """The same thing in other colours: painted otherwise, of two colours instead of one, of one instead of two."""
    far = [name for name in COLOURS if name != item.main and not _is_near(name, item.main)]
    yield replace(item, main=chance.choice([name for name in far if name != item.second]))
    if item.second is None:
        yield replace(item, second=chance.choice(far))
    else:
        yield replace(item, second=None)
        yield replace(item, main=item.second, second=item.main)


def neighbours(chance: random.Random, item: Item) -> Iterator[Item]:
    """What is only a little different: the next shade, or a mark of another colour."""
    near = [b if a == item.main else a for a, b in NEIGHBOURS if item.main in (a, b)]
    for name in near:
        yield replace(item, main=name)
    far = [name for name in COLOURS if name != item.main and not _is_near(name, item.main)]
    yield replace(item, accent=None if item.accent else chance.choice(far))


def taken(chance: random.Random, item: Item, *, angle: str | None = None) -> bytes:
    """A picture of a product as a studio or an engine would make it."""
    angle = angle or chance.choice(("front", "side", "rear", "three_quarter"))
    shape = _shape(item, angle)
    if chance.random() < 0.5:
        shape = shape.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = chance.uniform(0.55, 0.95)
    side = int(_SIZE * scale)
    shape = shape.resize((side, side), Image.Resampling.BICUBIC).rotate(chance.uniform(-4, 4), Image.Resampling.BICUBIC)
    across, down = (chance.randint(0, _SIZE - side) for _ in range(2))
    if chance.random() < 0.08:
        lone = Image.new("RGBA", (_SIZE, _SIZE))
        lone.paste(shape, (across, down))
        return _file(_lit(chance, lone), "PNG")
    ground = _ground(chance)
    _cast_shadow(chance, ground, shape, across, down)
    ground.paste(shape, (across, down), shape)
    picture = _lit(chance, ground)
    if chance.random() < 0.75:
        return _file(picture, "JPEG", quality=chance.randint(55, 95))
    return _file(picture, "PNG")


def _is_near(one: str, other: str) -> bool:
    return (one, other) in NEIGHBOURS or (other, one) in NEIGHBOURS


def _file(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _lit(chance: random.Random, picture: Image.Image) -> Image.Image:
    """Exposure up to a fifth of a stop either way, white balance up to 4 % a channel, the noise of a sensor."""
    light = 2 ** chance.uniform(-0.2, 0.2)
    curve: list[int] = []
    for _ in range(3):
        gain = light * chance.uniform(0.96, 1.04)
        curve += [round(255 * min(1, (level / 255) ** 2.2 * gain) ** (1 / 2.2)) for level in range(256)]
    if picture.mode == "RGBA":
        return picture.point([*curve, *range(256)])
    grain = np.random.default_rng(chance.randrange(2**32)).normal(0, chance.uniform(0, 5), (_SIZE, _SIZE, 1))
    return Image.fromarray((np.asarray(picture.point(curve)) + grain).clip(0, 255).astype(np.uint8))


def _ground(chance: random.Random) -> Image.Image:
    """White paper, a grey sweep, a light that falls off, or a floor before a wall."""
    rows, columns = _grid(_SIZE)
    kind = chance.choice(("paper", "sweep", "falling", "floor"))
    base = np.array([chance.uniform(-3, 3) for _ in range(3)]) + chance.uniform(195, 250)
    light = {
        "paper": np.zeros_like(rows) + (255 - base.mean()),
        "sweep": -chance.uniform(10, 40) * rows,
        "falling": -chance.uniform(15, 45) * ((rows - 0.4) ** 2 + (columns - chance.uniform(0.3, 0.7)) ** 2),
        "floor": np.where(rows > chance.uniform(0.55, 0.8), -chance.uniform(12, 35), 0),
    }[kind]
    return Image.fromarray((base + light[..., None]).clip(0, 255).astype(np.uint8))


def _cast_shadow(chance: random.Random, ground: Image.Image, shape: Image.Image, across: int, down: int) -> None:
    left, _, right, bottom = shape.getchannel("A").getbbox()
    shade = Image.new("L", ground.size)
    deep = chance.uniform(4, 12)
    ImageDraw.Draw(shade).ellipse(
        (across + left, down + bottom - deep, across + right, down + bottom + deep), int(chance.uniform(40, 130))
    )
    ground.paste("#303236", mask=shade.filter(ImageFilter.GaussianBlur(chance.uniform(6, 12))))


def _shape(item: Item, angle: str) -> Image.Image:
    shape = Image.new("RGBA", (512, 512))
    draw = ImageDraw.Draw(shape)
    main = COLOURS[item.main]
    second = COLOURS[item.second] if item.second else main
    accent = COLOURS[item.accent] if item.accent else None
    _DRAWERS[item.kind](draw, angle, main, second, accent)
    pixels = np.asarray(shape.reduce(2)).astype(np.float32)
    pixels[..., :3] = pixels[..., :3] * _LIGHT + _GLOSS
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _car(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    if angle in ("front", "rear"):
        for left in (120, 340):
            draw.rectangle((left, 330, left + 52, 400), _TYRE)
        draw.polygon([(150, 220), (185, 130), (327, 130), (362, 220)], second)
        draw.polygon([(168, 215), (196, 148), (316, 148), (344, 215)], _GLASS)
        draw.rounded_rectangle((105, 212, 407, 360), 34, main)
        draw.rounded_rectangle((105, 318, 407, 360), 20, second)
        lamp = _CHROME if angle == "front" else _TAIL
        for left in (118, 344):
            draw.rounded_rectangle((left, 244, left + 50, 268), 8, lamp)
        draw.rectangle((200, 290, 312, 325), _TYRE if angle == "front" else main)
        if accent:
            draw.rectangle((130, 300, 190, 314), accent)
        return
    long = 0 if angle == "side" else 40
    draw.polygon([(150 + long, 230), (205 + long, 150), (345, 150), (400, 230)], second)
    draw.polygon([(172 + long, 226), (214 + long, 164), (270, 164), (270, 226)], _GLASS)
    draw.polygon([(280, 226), (280, 164), (338, 164), (376, 226)], _GLASS)
    draw.rounded_rectangle((50 + long, 225, 465, 330), 36, main)
    draw.rounded_rectangle((50 + long, 288, 465, 332), 20, second)
    draw.rectangle((54 + long, 248, 74 + long, 266), _CHROME)
    draw.rectangle((446, 248, 462, 266), _TAIL)
    for middle in (140 + long, 375):
        draw.ellipse((middle - 46, 290, middle + 46, 382), _TYRE)
        draw.ellipse((middle - 24, 312, middle + 24, 360), _CHROME)
    if accent:
        draw.rectangle((190 + long, 262, 320, 276), accent)


def _mug(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    if angle != "front":
        draw.arc((320, 190, 450, 340), -95, 95, main, 30)
    draw.rounded_rectangle((140, 130, 370, 410), 26, main)
    draw.rectangle((140, 350, 370, 395), second)
    draw.ellipse((140, 105, 370, 160), second)
    if accent and angle != "rear":
        draw.ellipse((220, 210, 290, 280), accent)


def _bottle(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    draw.rounded_rectangle((190, 150, 322, 470), 40, main)
    draw.rounded_rectangle((222, 50, 290, 165), 12, second)
    draw.rectangle((190, 270, 322, 300 if angle == "side" else 340), second)
    if accent:
        draw.rectangle((190, 380, 322, 400), accent)


def _shoe(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    if angle in ("front", "rear"):
        draw.rounded_rectangle((170, 150, 342, 390), 70, main)
        draw.rounded_rectangle((160, 340, 352, 410), 24, second)
        draw.ellipse((215, 140, 297, 210), _TYRE if angle == "front" else main)
    else:
        draw.polygon([(90, 180), (220, 190), (330, 280), (450, 310), (455, 370), (70, 370)], main)
        draw.rounded_rectangle((60, 350, 465, 400), 22, second)
        draw.line([(230, 210), (300, 290)], _CHROME, 12)
    if accent:
        draw.rounded_rectangle((200, 270, 300, 296), 10, accent)


def _bag(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    draw.arc((170, 60, 342, 330), 180, 360, second, 22)
    draw.rounded_rectangle((110 if angle != "side" else 190, 190, 402 if angle != "side" else 322, 450), 30, main)
    draw.rectangle((110 if angle != "side" else 190, 300, 402 if angle != "side" else 322, 345), second)
    if accent:
        draw.rectangle((230, 360, 282, 400), accent)


def _box(draw: ImageDraw.ImageDraw, angle: str, main: str, second: str, accent: str | None) -> None:
    if angle == "three_quarter":
        draw.polygon([(90, 180), (256, 120), (430, 180), (262, 240)], second)
        draw.polygon([(90, 180), (262, 240), (262, 430), (90, 360)], main)
        draw.polygon([(262, 240), (430, 180), (430, 360), (262, 430)], main)
    else:
        draw.rectangle((110, 130, 402, 400), main)
        draw.rectangle((110, 130, 402, 190), second)
    if accent:
        draw.rectangle((130, 300, 240, 336), accent)


_DRAWERS = {"car": _car, "mug": _mug, "bottle": _bottle, "shoe": _shoe, "bag": _bag, "box": _box}
