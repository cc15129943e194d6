"""The customer's year as a picture: a bar for each month, refunds below the line, digits only."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Year = Sequence[tuple[str, Decimal]]
"""``("2026-01", 125000.00)``, oldest first."""

WIDTH, HEIGHT = 552, 190
"""As it is shown; it is drawn with twice as many points for sharp screens."""
_SCALE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 536, 34, 154
_WIDEST, _SHARE = 36, 0.66
"""The widest a bar gets, and how much of its month's room it takes."""
_PAPER, _LINE, _BAR, _REFUND = 0, 1, 2, 3
_INKS = 12
"""Shades between the paper and the ink of digits, from index 4 on."""
_COLOURS = ((250, 250, 247), (208, 212, 206), (38, 122, 98), (199, 103, 58))
_INK = (70, 78, 84)
_RUNS = 3
"""Of zlib: Z_RLE, which does for flat colours and takes half the time (https://zlib.net/manual.html, read 2026-11)."""


def draw(year: Year) -> bytes:
    """The picture as PNG, the same bytes for the same year; it has one to 60 months."""
    months = tuple(month[-2:] for month, _ in year)
    amounts = [float(amount) for _, amount in year]
    highest, lowest = max(0.0, *amounts), min(0.0, *amounts)
    span = (highest - lowest) or 1.0
    picture = _paper(months).copy()
    zero = _TOP + (_BOTTOM - _TOP) * (highest / span)
    for place, amount in enumerate(amounts):
        level = zero - (_BOTTOM - _TOP) * amount / span
        if abs(level - zero) >= 1 / _SCALE:
            left, right = _room(place, len(amounts))
            box = (left, min(zero, level), right, max(zero, level))
            picture.paste(_BAR if amount > 0 else _REFUND, _points(*box))
    picture.paste(_LINE, _points(_LEFT, zero, _RIGHT, zero + 1))
    if highest > 0:
        _write(picture, _grouped(highest), _middle(amounts.index(highest), len(amounts)), _TOP - 14, size=13)
    return _as_png(picture)


@lru_cache(maxsize=64)
def _paper(months: tuple[str, ...]) -> "Image":
    """What all years that begin in the same month have in common."""
    from PIL import Image

    picture = Image.new("P", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    shades = [
        tuple(
            round(paper + (ink - paper) * step / (_INKS - 1)) for paper, ink in zip(_COLOURS[_PAPER], _INK, strict=True)
        )
        for step in range(_INKS)
    ]
    picture.putpalette([part for colour in (*_COLOURS, *shades) for part in colour])
    every = -(-len(months) // 24)
    for place, month in enumerate(months):
        if place % every == 0:
            _write(picture, month, _middle(place, len(months)), HEIGHT - 18, size=13)
    return picture


def _write(picture: "Image", digits: str, middle: float, centre: float, *, size: int) -> None:
    word = _word(digits, size)
    across, down = word.size
    left = min(max(round(middle * _SCALE - across / 2), 0), WIDTH * _SCALE - across)
    picture.paste(word, (left, round(centre * _SCALE - down / 2)))


@lru_cache(maxsize=512)
def _word(digits: str, size: int) -> "Image":
    """The digits in shades of the palette."""
    from PIL import Image, ImageDraw

    font = _font(size * _SCALE)
    left, top, right, bottom = font.getbbox(digits)
    mask = Image.new("L", (round(right - left), round(bottom - top)), 0)
    ImageDraw.Draw(mask).text((-left, -top), digits, fill=255, font=font)
    return mask.point([len(_COLOURS) + level * (_INKS - 1) // 255 for level in range(256)])


@lru_cache
def _font(size: int) -> "FreeTypeFont":
    """The one Pillow brings, so that the picture is the same on every machine; it has digits."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _as_png(picture: "Image") -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", bits=4, compress_level=6, compress_type=_RUNS)
    return file.getvalue()


def _points(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    return round(left * _SCALE), round(top * _SCALE), round(right * _SCALE), round(bottom * _SCALE)


def _room(place: int, of: int) -> tuple[float, float]:
    half = min(_WIDEST, (_RIGHT - _LEFT) / of * _SHARE) / 2
    middle = _middle(place, of)
    return middle - half, middle + half


def _middle(place: int, of: int) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (place + 0.5) / of


def _grouped(amount: float) -> str:
    return f"{amount:,.0f}".replace(",", " ")
