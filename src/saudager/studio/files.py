"""Pictures from anywhere, before they are kept: what their bytes are, not too large, and telling nothing else."""

import io
import re
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from saudager.errors import Rejected
from saudager.providers.images import LARGEST, Photo

if TYPE_CHECKING:
    from PIL import Image, ImageFile

FOLDER = "pictures/"
"""Where they lie, each as ``pictures/<32 random characters>.<ending>``, with its thumbnail as ``….small.webp``."""
MOST_PIXELS = 25_000_000
"""Some 430 MB while a WebP of so many is taken in, less for the other kinds."""
_LARGE = 8_000_000
_ONE_BY_ONE = Lock()
"""Large ones are taken in one after the other, so that several at once do not take several times the memory."""
LONGEST_SIDE = 4096
"""Of what is kept: whatever is longer is made smaller."""
THUMBNAIL = 360
_FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
ENDINGS = tuple(ending for _, ending in _FORMATS.values())
_WRITTEN = {"PNG": {"compress_level": 3}}
"""A third of the time that Pillow's usual 6 takes, and no larger for a photo."""
_NAME = re.compile(rf"[\w-]{{32}}\.(?:{'|'.join(ENDINGS)}|small\.webp)", re.ASCII)
_MOST_SCANS = 64
"""Of a JPEG, which has about ten. Each is a walk over all of its pixels, and 20 MB hold hundreds of thousands of them:
https://bugzilla.redhat.com/show_bug.cgi?id=1344214 (read 2026-11)."""
_SCAN = b"\xff\xda"
_MOST_SEGMENTS = 2000
"""Of a JPEG, scans too: a profile or a second picture takes up to 255, and Pillow keeps each as an object of its
own before it reads a single pixel."""
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""What a segment begins with, its length behind it; a scan's pixels hold none (ISO 10918-1, B.1.1)."""
_END = b"\xff\xd9"
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What makes a picture upright, by the orientation its EXIF names (CIPA DC-008)."""
_NO_PICTURE = "Это не картинка JPEG, PNG или WebP, или файл повреждён."
_TOO_LARGE = f"Файл больше {LARGEST // 1024 // 1024} МБ."
_TOO_MANY = f"В картинке {{}} точек, а можно не больше {MOST_PIXELS // 1_000_000} миллионов: уменьшите её."
_MOVES = "Это движущаяся картинка, а нужна неподвижная."
_TOO_SLOW = "Этот JPEG устроен так, что его слишком долго читать: сохраните его заново."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A picture that may be kept, with its thumbnail; nothing but its pixels is left of the file that came."""

    photo: Photo
    thumbnail: Photo
    width: int
    height: int

    @property
    def ending(self) -> str:
        return next(ending for kind, ending in _FORMATS.values() if kind == self.photo.mime_type)


def mime_type_of(name: str) -> str | None:
    """Of a picture or a thumbnail, by its name below ``pictures/``; None for what is no name of one."""
    if not _NAME.fullmatch(name):
        return None
    return next(kind for kind, ending in _FORMATS.values() if name.endswith(ending))


def accept(content: bytes) -> Accepted:
    """The picture upright, in sRGB, no side longer than 4096, in the kind of file it came in.

    Raises Rejected, in Russian, for what is no picture of ours by its bytes, broken or cut off, moving, too large as a
    file, and too large once it is unpacked, which is seen before it is.
    """
    if not content:
        raise Rejected("Пришёл пустой файл.")
    if len(content) > LARGEST:
        raise Rejected(_TOO_LARGE)
    image, kind = _opened(content)
    with _ONE_BY_ONE if image.width * image.height > _LARGE else nullcontext():
        return _taken_in(image, kind)


def _taken_in(image: "ImageFile.ImageFile", kind: str) -> Accepted:
    from saudager.studio import profiles

    try:
        image.load()
        shown = profiles.in_srgb(_upright(_within(image, LONGEST_SIDE)))
    except Exception as error:  # Pillow raises whatever a broken file leads it to
        raise Rejected(_NO_PICTURE) from error
    bare = _bare(shown, kind)
    if len(bare) > LARGEST:
        raise Rejected(_TOO_LARGE)
    return Accepted(
        Photo(bare, _FORMATS[kind][0]),
        Photo(_bare(_within(shown, THUMBNAIL), "WEBP"), "image/webp"),
        shown.width,
        shown.height,
    )


def _opened(content: bytes) -> "tuple[ImageFile.ImageFile, str]":
    """The picture with no pixel read yet, and which of our kinds it is."""
    from PIL import Image

    if content.startswith(b"\xff\xd8") and _is_slow(content):
        raise Rejected(_TOO_SLOW)
    try:
        image = Image.open(io.BytesIO(content), formats=list(_FORMATS))
        # what phones and cameras call MPO: a JPEG, with more behind it
        kind = "JPEG" if image.format == "MPO" else image.format or ""
        moves = kind != "JPEG" and getattr(image, "n_frames", 1) > 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Rejected(_TOO_MANY.format("слишком много")) from None
    except Exception as error:
        raise Rejected(_NO_PICTURE) from error
    if image.width * image.height > MOST_PIXELS:
        raise Rejected(_TOO_MANY.format(f"{image.width}×{image.height}"))
    if moves:
        raise Rejected(_MOVES)
    return image, kind


def _is_slow(content: bytes) -> bool:
    """Whether a JPEG has too many scans or segments up to its end; phones put a film behind it, which nobody reads."""
    scans, place = 0, 2
    for _ in range(_MOST_SEGMENTS):
        marker = _MARKER.search(content, place)
        if marker is None or marker[0] == _END:
            return False
        scans += marker[0] == _SCAN
        if scans > _MOST_SCANS:
            return True
        length = int.from_bytes(content[marker.end() : marker.end() + 2])
        place = marker.end() + max(2, length)
    return True


def _upright(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a broken EXIF says nothing
        return image
    return image if turn is None else image.transpose(Image.Transpose[turn])


def _within(image: "Image.Image", side: int) -> "Image.Image":
    from PIL import Image

    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if image.mode in ("1", "P"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _bare(image: "Image.Image", kind: str) -> bytes:
    """The pixels alone, in a file of the kind; ``image`` is RGB or RGBA and tells nothing else."""
    out = io.BytesIO()
    (image.convert("RGB") if kind == "JPEG" else image).save(out, kind, **_WRITTEN.get(kind, {"quality": 90}))
    return out.getvalue()
