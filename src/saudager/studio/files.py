"""Pictures from anywhere, before they are kept: what they say they are, not too large, and telling nothing else."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from saudager.errors import Rejected
from saudager.providers.images import LARGEST, Photo

MOST_PIXELS = 40_000_000
THUMBNAIL = 360
_FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}


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


def accept(content: bytes) -> Accepted:
    """Raises Rejected, in Russian, for what is no picture of ours, too large, or packs more pixels than it should."""
    if not content:
        raise Rejected("Пришёл пустой файл.")
    if len(content) > LARGEST:
        raise Rejected(f"Файл больше {LARGEST // 1024 // 1024} МБ.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=list(_FORMATS))
        if image.width * image.height > MOST_PIXELS:
            raise Rejected(f"В картинке {image.width}×{image.height} точек: это слишком много.")
        kind = image.format or ""
        image.load()
    except Rejected:
        raise
    except Exception as error:  # Pillow raises whatever a broken file leads it to
        raise Rejected("Это не картинка JPEG, PNG или WebP, или файл повреждён.") from error
    upright = ImageOps.exif_transpose(image)
    mime_type, _ = _FORMATS[kind]
    small = upright.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Accepted(
        Photo(_bare(upright, kind), mime_type), Photo(_bare(small, "WEBP"), "image/webp"), upright.width, upright.height
    )


def _bare(image: Image.Image, kind: str) -> bytes:
    """The pixels alone, in a file of the kind."""
    mode = "RGBA" if kind != "JPEG" and "A" in image.getbands() else "RGB"
    plain = Image.new(mode, image.size)
    plain.paste(image.convert(mode))
    out = io.BytesIO()
    plain.save(out, kind, **({"quality": 90} if kind != "PNG" else {}))
    return out.getvalue()
