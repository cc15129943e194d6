"""Colours as the eye measures them: CIELAB of a screen's sRGB, and a space in which a distance is what a shopper sees.

Pillow's own ``LAB`` is not used: it goes through an ICC profile for paper (white D50), keeps whole numbers only, and
shifts the neutral axis by what that white is yellower than a screen's.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Linear sRGB to XYZ under D65, IEC 61966-2-1."""
_WHITE: Final = _TO_XYZ.sum(axis=1)
_MATRIX: Final = (_TO_XYZ / _WHITE[:, None]).astype(np.float32)
_STEPS: Final = np.arange(256) / 255
_LINEAR: Final = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_EPSILON: Final = (6 / 29) ** 3


def lab_of(rgb: NDArray[np.uint8]) -> Floats:
    """L 0…100, a and b of sRGB bytes, in an array of the same shape; white is D65."""
    ratios = _LINEAR[rgb] @ _MATRIX.T
    roots = np.where(ratios > _EPSILON, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    lightness = 116 * roots[..., 1] - 16
    red_green, yellow_blue = 500 * (roots[..., 0] - roots[..., 1]), 200 * (roots[..., 1] - roots[..., 2])
    return np.stack((lightness, red_green, yellow_blue), axis=-1).astype(np.float32)


def seen(lab: Floats) -> Floats:
    """The space of comparison. A Euclidean distance in it is about CIE94's ΔE with kL = 2: lightness counts half, as it
    is what light and shade change first, and strong colours lie closer together than weak ones."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    shrunk = np.log1p(0.045 * chroma) / 0.045 / np.maximum(chroma, 1e-6)
    return np.stack((lab[..., 0] / 2, lab[..., 1] * shrunk, lab[..., 2] * shrunk), axis=-1).astype(np.float32)
