"""The colours of a picture's product, counted, and how much of one palette another one has."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from saudager.studio.lab import Floats

_STEP: Final = 4.0
"""Side of a bin, in ΔE of the space of comparison."""
_FIRST: Final = np.array([0.0, -56.0, -56.0], dtype=np.float32)
_BINS: Final = (13, 28, 28)
"""Lightness 0…50 and ±56 of each colour axis: all that a screen can show (its blue is the farthest, at 40)."""
_SPREAD: Final = 1.5
"""Bins by which a colour is blurred: 6 ΔE, what a change of light makes of it."""
_MORE: Final = 1.5
"""How many times as much of a colour may be seen from another angle."""
_HIDDEN: Final = 0.1
"""Share of a product that may be lost in a background of its own colour."""
_NOTABLE: Final = 0.3
"""Share of the commonest colour's count from which another one is a main colour too."""
_MAIN: Final = 8
"""Main colours at most."""
_REACH: Final = 12.0
"""ΔE within which pixels are of one main colour."""


@dataclass(frozen=True, slots=True)
class Palette:
    """``shares`` of the colours, a bin each, sum 1; ``smooth`` are they blurred, ``found`` with what the background may
    hide; ``mains`` are the commonest colours, the first before all, (n, 3)."""

    shares: Floats
    smooth: Floats
    found: Floats
    mains: Floats

    def missing_in(self, other: "Palette") -> float:
        """The share of these colours, 0…1, that the other has too little of."""
        wanted = self.shares > 0
        enough = _MORE * other.found[wanted] / np.maximum(self.smooth[wanted], 1e-9)
        return float((self.shares[wanted] * np.clip(1 - enough, 0, 1)).sum())

    def apart(self, other: "Palette") -> float:
        """ΔE from the main colour of either to the nearest main colour of the other, the larger of both."""
        return max(_nearest(self.mains[0], other.mains), _nearest(other.mains[0], self.mains))


def count(colours: Floats, weights: Floats, ground: Floats) -> Palette:
    """Of the product's pixels, in the space of comparison, and those of the background; (n, 3) each, n may be 0 for the
    background."""
    shares = _counted(colours, weights)
    smooth = _blurred(shares)
    found = smooth + _HIDDEN * _blurred(_counted(ground, None)) if len(ground) else smooth
    return Palette(shares, smooth, found, _mains(smooth, colours))


def _mains(smooth: Floats, colours: Floats) -> Floats:
    """The means of the pixels round the peaks, none of them twice."""
    mains: list[Floats] = []
    left, least = smooth.copy(), _NOTABLE * smooth.max()
    while len(mains) < _MAIN and left.max() >= least:
        peak = np.array(np.unravel_index(int(left.argmax()), _BINS), dtype=np.float32)
        left[np.linalg.norm(_PLACES - peak, axis=-1) < _REACH / _STEP] = 0
        centre = _FIRST + (peak + 0.5) * _STEP
        own = colours[np.linalg.norm(colours - centre, axis=-1) < _REACH]
        mains.append(own.mean(axis=0) if len(own) else centre)
    return np.stack(mains)


def _counted(colours: Floats, weights: Floats | None) -> Floats:
    bins = np.clip(((colours - _FIRST) / _STEP).astype(np.int32), 0, np.array(_BINS) - 1)
    flat = np.ravel_multi_index((bins[:, 0], bins[:, 1], bins[:, 2]), _BINS)
    counts = np.bincount(flat, weights, minlength=int(np.prod(_BINS)))
    shares: Floats = (counts / counts.sum()).reshape(_BINS).astype(np.float32)
    return shares


def _blurred(shares: Floats) -> Floats:
    for axis, kernel in enumerate(_KERNELS):
        shares = np.moveaxis(np.tensordot(kernel, shares, axes=(1, axis)), 0, axis)
    return shares


def _kernel(size: int) -> Floats:
    apart = np.subtract.outer(np.arange(size), np.arange(size))
    kernel = np.exp(-(apart**2) / (2 * _SPREAD**2))
    spread: Floats = (kernel / kernel.sum(axis=0)).astype(np.float32)
    return spread


_PLACES: Final = np.stack(np.meshgrid(*map(np.arange, _BINS), indexing="ij"), axis=-1).astype(np.float32)
_KERNELS: Final = [_kernel(size) for size in _BINS]


def _nearest(colour: Floats, others: Floats) -> float:
    return float(np.linalg.norm(others - colour, axis=-1).min())
