"""The colours a picture's file means, in those every screen shows: sRGB, without a profile."""

import io
from contextlib import suppress

from PIL import Image, ImageCms

_LARGEST = 4 * 1024 * 1024
"""Bytes of a colour profile; those of printing presses have up to about three million."""
_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""The mode a profile's colours are in, by the colour space in its header (ICC.1)."""
_WIDE = ("I", "I;16", "I;16B", "I;16L", "F")


def in_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shows through, and with no word about anything. A profile that cannot be read, or is
    one for other colours, is passed over."""
    alpha = None
    if image.has_transparency_data:
        alpha = image.convert("RGBA").getchannel("A")
    plain = _of_eight_bits(image)
    told = plain.info.get("icc_profile")
    converted = _by_profile(plain, told) if isinstance(told, bytes) and len(told) <= _LARGEST else None
    shown = converted or plain.convert("RGB")
    if alpha is not None:
        shown.putalpha(alpha)
    shown.info = {}
    return shown


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of sixteen bits as Pillow would not have it: it cuts off what is above 255."""
    return image.point(lambda value: value / 256).convert("L") if image.mode in _WIDE else image


def _by_profile(image: Image.Image, told: bytes) -> Image.Image | None:
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(told))
        mode = _MODES.get(profile.profile.xcolor_space)
        if mode is None or (mode == "CMYK") != (image.mode == "CMYK") or (mode == "L") != (image.mode in ("L", "LA")):
            return None
        meant = image if image.mode == mode else image.convert(mode)
        return ImageCms.profileToProfile(meant, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return None
