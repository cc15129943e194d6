"""The contact sheet of a series: the pictures of all its angles as one, each with its title."""

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from saudager import lettering

_SIDE = 400
_GAP, _STRIP, _HEAD = 20, 38, 64
_PAPER, _INK, _FAINT, _FRAME, _EMPTY = (255, 255, 255), (32, 36, 42), (112, 119, 128), (214, 218, 223), (246, 247, 248)
_REASON_LINE = 40
_REASON_LINES = 4
_UNREADABLE = "картинка не читается"


def draw(pictures: Sequence[tuple[str, bytes | str]], *, title: str = "", kind: str = "JPEG") -> bytes:
    """A file of the ``kind`` (JPEG, PNG or WEBP) with a frame for each ``(title, picture as a file)``, and for each
    ``(title, why there is none)`` an empty one that says so. At least one is given."""
    columns = _columns(len(pictures))
    rows = math.ceil(len(pictures) / columns)
    head = _HEAD if title else _GAP
    width = columns * (_SIDE + _GAP) + _GAP
    page = Image.new("RGB", (width, head + rows * (_SIDE + _STRIP + _GAP)), _PAPER)
    pen = ImageDraw.Draw(page)
    lettering.write(pen, (_GAP, head * 0.68), title, size=26, colour=_INK, width=width - 2 * _GAP)
    for number, (name, picture) in enumerate(pictures):
        left = _GAP + number % columns * (_SIDE + _GAP)
        upper = head + number // columns * (_SIDE + _STRIP + _GAP)
        _frame(page, pen, picture, left, upper)
        lettering.write(pen, (left, upper + _SIDE + _STRIP * 0.68), name, size=19, colour=_INK, width=_SIDE)
    out = io.BytesIO()
    page.save(out, kind, **({} if kind == "PNG" else {"quality": 86}))
    return out.getvalue()


def _columns(count: int) -> int:
    """As many as make a page wider than it is high, without a row that is nearly empty."""
    return count if count <= 3 else 2 if count == 4 else 3 if count <= 9 else 4 if count <= 16 else 6


def _frame(page: Image.Image, pen: ImageDraw.ImageDraw, picture: bytes | str, left: int, upper: int) -> None:
    image = None if isinstance(picture, str) else _opened(picture)
    if image is not None:
        page.paste(image, (left, upper))
    else:
        pen.rectangle((left, upper, left + _SIDE - 1, upper + _SIDE - 1), _EMPTY)
        lines = _lines(picture if isinstance(picture, str) else _UNREADABLE)
        for row, line in enumerate(lines):
            place = (left + _GAP, upper + _SIDE / 2 + (row - len(lines) / 2 + 0.7) * 26)
            lettering.write(pen, place, line, size=17, colour=_FAINT, width=_SIDE - 2 * _GAP)
    pen.rectangle((left, upper, left + _SIDE - 1, upper + _SIDE - 1), outline=_FRAME)


def _opened(content: bytes) -> Image.Image | None:
    """The whole picture in a square of our size, on its own paper where it is not square; None when it is none."""
    try:
        image = Image.open(io.BytesIO(content))
        image.draft("RGB", (_SIDE, _SIDE))
        plain = image.convert("RGBA")
    except Exception:  # Pillow raises whatever a broken file leads it to
        return None
    paper = Image.new("RGB", (_SIDE, _SIDE), _EMPTY)
    fitted = ImageOps.contain(plain, (_SIDE, _SIDE), Image.Resampling.LANCZOS)
    paper.paste(fitted, ((_SIDE - fitted.width) // 2, (_SIDE - fitted.height) // 2), fitted)
    return paper


def _lines(reason: str) -> list[str]:
    lines = [""]
    for word in reason.split():
        if lines[-1] and len(lines[-1]) + len(word) >= _REASON_LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines if len(lines) <= _REASON_LINES else [*lines[: _REASON_LINES - 1], f"{lines[_REASON_LINES - 1]} …"]
