"""The customer's year as a picture: a bar for each month, refunds below the line, digits only."""

import struct
import zlib
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
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
_SHADES = tuple(
    tuple(round(paper + (ink - paper) * step / (_INKS - 1)) for paper, ink in zip(_COLOURS[_PAPER], _INK, strict=True))
    for step in range(_INKS)
)
_DIGITS = 13
"""Their size."""
_AS_ABOVE = b"\2" + bytes(WIDTH * _SCALE // 2)


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
        _write(picture, _grouped(highest), _middle(amounts.index(highest), len(amounts)), _TOP - 14)
    return _as_png(picture)


@lru_cache(maxsize=64)
def _paper(months: tuple[str, ...]) -> "Image":
    """What all years that begin in the same month have in common."""
    from PIL import Image

    picture = Image.new("P", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    every = -(-len(months) // 24)
    for place, month in enumerate(months):
        if place % every == 0:
            _write(picture, month, _middle(place, len(months)), HEIGHT - 18)
    return picture


def _write(picture: "Image", digits: str, middle: float, centre: float) -> None:
    signs = [_sign(digit) for digit in digits]
    across = sum(sign.width for sign in signs)
    left = min(max(round(middle * _SCALE - across / 2), 0), WIDTH * _SCALE - across)
    for sign in signs:
        picture.paste(sign, (left, round(centre * _SCALE - sign.height / 2)))
        left += sign.width


@lru_cache
def _sign(digit: str) -> "Image":
    """A digit in shades of the palette, as wide as the pen moves."""
    from PIL import Image, ImageDraw

    font = _font(_DIGITS * _SCALE)
    top, bottom = font.getbbox("0")[1], font.getbbox("0")[3]
    mask = Image.new("L", (round(font.getlength(digit)), round(bottom - top)), 0)
    ImageDraw.Draw(mask).text((0, -top), digit, fill=255, font=font)
    return mask.point([len(_COLOURS) + level * (_INKS - 1) // 255 for level in range(256)])


@lru_cache
def _font(size: int) -> "FreeTypeFont":
    """The one Pillow brings, so that the picture is the same on every machine; it has digits."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _as_png(picture: "Image") -> bytes:
    """Written here because most rows repeat the one above: told so (filter 2) they take half of Pillow's time.

    Format: https://www.w3.org/TR/png-3/ (read 2026-11).
    """
    rows, width = picture.tobytes("raw", "P;4"), WIDTH * _SCALE // 2
    filtered, above = [], b""
    for begin in range(0, len(rows), width):
        row = rows[begin : begin + width]
        filtered.append(_AS_ABOVE if row == above else b"\0" + row)
        above = row
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    data = packer.compress(b"".join(filtered)) + packer.flush()
    header = struct.pack(">IIBBBBB", WIDTH * _SCALE, HEIGHT * _SCALE, 4, 3, 0, 0, 0)
    palette = bytes(part for colour in (*_COLOURS, *_SHADES) for part in colour)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, part) for name, part in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


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
