"""Picture files made for tests: of every kind, with colour profiles, and such as nobody should have to read."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48), colour: Any = RED) -> Image.Image:
    return Image.new(mode, size, colour)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def corners() -> Image.Image:
    """Red above left, green above right, blue below left, white below right; wider than high."""
    image = Image.new("RGB", (96, 64), WHITE)
    for place, colour in (((0, 0), RED), ((48, 0), GREEN), ((0, 32), BLUE)):
        image.paste(colour, (*place, place[0] + 48, place[1] + 32))
    return image


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    chunk = struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return png[:33] + chunk + png[33:]


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says how large it is."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return with_chunk(b"\x89PNG\r\n\x1a\n", b"IHDR", header) + saved(picture(), "PNG")[33:]


def jpeg_that_says(width: int, height: int) -> bytes:
    content = bytearray(saved(picture(), "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp_that_says(width: int, height: int) -> bytes:
    content = bytearray(saved(picture(), "WEBP", lossless=True))
    at = content.index(b"VP8L") + 9
    (bits,) = struct.unpack_from("<I", content, at)
    struct.pack_into("<I", content, at, (bits & ~0x0FFFFFFF) | (width - 1) | ((height - 1) << 14))
    return bytes(content)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times."""
    content = saved(Image.effect_noise((64, 64), 40).convert("RGB"), "JPEG", progressive=True)
    last, end = content.rindex(b"\xff\xda"), content.rindex(b"\xff\xd9")
    return content[:last] + content[last:end] * scans + content[end:]


def moving(kind: str, frames: int = 3) -> bytes:
    rest = [picture(colour=(number, 0, 0)) for number in range(1, frames)]
    return saved(picture(), kind, save_all=True, append_images=rest, duration=100)


def _profile(space: bytes, kind: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2 (ICC.1:2001-04)."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78), **tags}
    place, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", place + len(data), len(content))
        data += content
    white = struct.pack(">iii", 0xF6D6, 0x10000, 0xD32D)
    head = struct.pack(">I4sI4s4s4s", place + len(data), bytes(4), 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def profile_with_red_and_green_exchanged() -> bytes:
    """Colours like those of sRGB, but that the first number is green and the second red."""
    red, green, blue = (0x6FA2, 0x38F5, 0x0390), (0x6299, 0xB785, 0x18DA), (0x24A0, 0x0F84, 0xB6CF)
    tags = {
        name: b"XYZ " + bytes(4) + struct.pack(">iii", *value)
        for name, value in ((b"rXYZ", green), (b"gXYZ", red), (b"bXYZ", blue), (b"wtpt", (0xF6D6, 0x10000, 0xD32D)))
    }
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233)
    return _profile(b"RGB ", b"mntr", b"XYZ ", {**tags, b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma})


def profile_of_odd_ink() -> bytes:
    """Of a press whose cyan ink is green: what is printed with it alone is (L, a, b) = (60, -60, 50), anything else is
    white without ink and black with other ink."""
    same = bytes(range(256))
    table = bytearray()
    for cell in range(16):  # cyan goes slowest
        lab = {0: (255, 128, 128), 8: (153, 68, 178)}.get(cell, (0, 128, 128))
        table += bytes(lab)
    unit = struct.pack(">9i", *(0x10000 if number % 4 == 0 else 0 for number in range(9)))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + unit + same * 4 + bytes(table) + same * 3
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 0xF6D6, 0x10000, 0xD32D)
    return _profile(b"CMYK", b"prtr", b"Lab ", {b"wtpt": white, b"A2B0": lut})
