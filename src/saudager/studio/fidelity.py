"""How like the product a picture is, by its colours; what the eye sees beyond them is a person's to judge."""

import io
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEAST = 0.6
"""Below this likeness a picture is drawn again."""
_SIDE = 128


@dataclass(frozen=True, slots=True)
class Likeness:
    """``score`` is 1 for the same colours and 0 for none in common."""

    score: float

    @property
    def is_alike(self) -> bool:
        return self.score >= LEAST

    def told(self) -> dict[str, Any]:
        return asdict(self) | {"alike": self.is_alike}


def compare(reference: bytes, picture: bytes) -> Likeness:
    """Two pictures as files."""
    ours, theirs = _histogram(reference), _histogram(picture)
    return Likeness(round(float(np.sqrt(ours * theirs).sum()), 4))


def _histogram(content: bytes) -> NDArray[np.float64]:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    pixels = np.asarray(image.convert("LAB"), dtype=np.float64).reshape(-1, 3)
    counted, _, _ = np.histogram2d(pixels[:, 1], pixels[:, 2], bins=16, range=[[0, 256], [0, 256]])
    shares: NDArray[np.float64] = counted / counted.sum()
    return shares
