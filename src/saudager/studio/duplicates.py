"""Pictures that came back twice: an engine that paid no heed to the angle."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from saudager.studio.lab import Floats

_FLATTEST: Final = 8.0
"""Grey levels between the lightest and the darkest of a hash's cells: below, there is nothing in it to know it by."""
_STEP: Final = 2
"""Grey levels by which a cell must be lighter than the one before it: less is the noise of a plain background."""
_BITS: Final = 4
"""Of 64 bits that a picture saved once more may differ in."""
_LEVELS: Final = 18.0
"""Of 255, the most that a cell of their small copies may differ in: a JPEG of quality 60 made 14 of it, and the least
by which front and rear of one product differed (a white shirt with and without its print) was 24."""
_SIDE: Final = 48


def hash_of(image: Image.Image) -> str | None:
    """The 64 bits of a difference hash in hexadecimal; None for a picture too flat to have one.

    It tells that two files show the same picture, and nothing of the product: the same one from another side has
    another hash, another one in its place has nearly the same.
    """
    cells = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    if np.ptp(cells) < _FLATTEST:
        return None
    return np.packbits(cells[:, 1:] > cells[:, :-1] + _STEP).tobytes().hex()


def find(contents: Sequence[bytes]) -> dict[int, int]:
    """Which of these files show the same picture as one before them, saved again perhaps: the place of each with the
    place of the first of its kind. Nothing is told of flat ones."""
    images = [Image.open(io.BytesIO(content)).convert("RGB") for content in contents]
    hashes = [hash_of(image) for image in images]
    same: dict[int, int] = {}
    for later, image in enumerate(images):
        for earlier in range(later):
            if earlier not in same and _is_near(hashes[earlier], hashes[later]) and _is_one(images[earlier], image):
                same[later] = earlier
                break
    return same


def _is_near(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and (int(one, 16) ^ int(other, 16)).bit_count() <= _BITS


def _is_one(one: Image.Image, other: Image.Image) -> bool:
    return float(np.abs(_small(one) - _small(other)).max()) < _LEVELS


def _small(image: Image.Image) -> Floats:
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float32)
