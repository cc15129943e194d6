"""Where in a picture the product is: what differs from the studio's background, its shadows aside."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from saudager.studio.lab import Floats

Mask = NDArray[np.bool_]

_LEAST_SIDE: Final = 12
_LEAST_PLAIN: Final = 0.7
"""Share of the picture's rim that a smooth background must explain; a product may touch the rest of it."""
_LEAST_SHARE: Final = 0.015
_HORIZON_GAIN: Final = 0.04
"""Share of the rim that a wall and a floor must explain better than one background does."""
_FLAT: Final = 3.0
"""Spread of L, a and b up to which a picture is of one colour."""
_LIMITS: Final = (30, 15, 8, 4)
"""ΔE beyond which a pixel of the rim is none of the background, step by step."""
_HALO: Final = 3
"""Pixels round a product that noise may keep from the background."""
BLENDS: Final = 0.2
_MOST_BLENDING: Final = 0.6
"""Share of a product from which it cannot be told from what is behind it."""
_TOLERANCE: Final = 2.5
"""ΔE from the background that is still background, at the least: a white cup on white paper differs by little more."""
_SHADOW: Final = 45.0
"""By how much of L a shadow is darker at the most."""
_SOFT: Final = 2.5
"""ΔE from a pixel to the next within a shadow; the edge of a product is harder."""


@dataclass(frozen=True, slots=True)
class Foreground:
    """How far a pixel counts as the product's: 0 outside it, 1 within, ``BLENDS`` where it is of the background's
    colours and may be none of it (seen through a handle, the rest of a shadow). ``ground`` is where the background is
    seen. ``doubt`` says in Russian why the product may be elsewhere."""

    weights: Floats
    ground: Mask
    doubt: str = ""


def find(lab: Floats, alpha: NDArray[np.uint8] | None = None) -> Foreground:
    """Of a picture of at most a few hundred pixels a side. Where it is see-through, that is the background; one of a
    single colour throughout is all product (cloth, close by)."""
    if min(lab.shape[:2]) < _LEAST_SIDE:
        return _all_of(lab, "картинка слишком мала")
    if alpha is not None and (alpha < 128).mean() > 0.005:
        return _checked(lab, alpha >= 128)
    if np.ptp(lab, axis=(0, 1)).max() < _FLAT:
        return _all_of(lab)
    grounds, plain, spread = _background(lab)
    if plain < _LEAST_PLAIN:
        return _all_of(lab, "пёстрый фон, товар не отделить")
    gaps = lab - grounds
    far = _length(gaps)
    gap = np.where((far[0] <= far[-1])[..., None], gaps[0], gaps[-1])
    limit = max(_TOLERANCE, 4 * spread)
    near = far.min(axis=0) < limit
    outside = _flooded(~_wider(~near), _rim(lab, 1))
    free = near | _shadowy(lab, gap, spread)
    outside = _flooded(free, outside, at_most=_HALO)
    outside = _flooded(outside | (free & ~near), outside)
    return _checked(lab, ~outside, far.min(axis=0) < 2 * limit, outside & near)


def _all_of(lab: Floats, doubt: str = "") -> Foreground:
    return Foreground(np.ones(lab.shape[:2], dtype=np.float32), np.zeros(lab.shape[:2], dtype=bool), doubt)


def _checked(lab: Floats, mask: Mask, blends: Mask | None = None, ground: Mask | None = None) -> Foreground:
    """Without the product's edge, whose pixels are mixed with the background's, if enough is left then."""
    if mask.mean() < _LEAST_SHARE:
        return _all_of(lab, "на картинке не видно товара")
    core = ~_wider(~mask)
    weights = (core if core.sum() > 0.4 * mask.sum() else mask).astype(np.float32)
    if blends is None or ground is None:
        return Foreground(weights, np.zeros_like(mask))
    lost = weights[blends].sum() > _MOST_BLENDING * weights.sum()
    weights[blends] *= BLENDS
    return Foreground(weights, ground, "товар сливается с фоном" if lost else "")


def _background(lab: Floats) -> tuple[Floats, float, float]:
    """What the background may be everywhere (one, or a wall and a floor), the share of the rim that is explained by it,
    and how far the rim strays from it."""
    high, wide = lab.shape[:2]
    rows, columns = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    terms = np.stack((np.ones_like(rows), columns, rows, columns**2, rows**2, rows * columns), axis=-1)
    rim = _rim(lab, max(2, min(high, wide) // 24)) & _every_third(lab)
    shapes, plain, spread = _fitted(terms, lab, [rim])
    if plain < 1 - _HORIZON_GAIN:
        flat = terms[..., :3]
        for row in np.linspace(-0.6, 0.8, 15):
            other = _fitted(flat, lab, [rim & (rows <= row), rim & (rows > row)])
            if other[1] > plain + _HORIZON_GAIN:
                shapes, plain, spread = other
    return np.stack([terms[..., : len(shape)] @ shape for shape in shapes]), plain, spread


def _fitted(terms: Floats, lab: Floats, parts: list[Mask]) -> tuple[list[Floats], float, float]:
    """Each part of the rim by a surface of its own; what strays from it is left out step by step."""
    shapes, strays = [], []
    for part in parts:
        known, target = terms[part], lab[part]
        shape = np.zeros((terms.shape[-1], 3), dtype=np.float32)
        shape[0] = np.median(target, axis=0)
        for limit in _LIMITS:
            kept = _length(target - known @ shape) < limit
            if np.count_nonzero(kept) > 4 * len(shape):
                shape = _least_squares(known[kept], target[kept])
        shapes.append(shape)
        strays.append(_length(target - known @ shape))
    far = np.concatenate(strays)
    return shapes, float((far < _LIMITS[-1]).mean()), float(np.median(far))


def _least_squares(known: Floats, target: Floats) -> Floats:
    """By the normal equations: an SVD's threads cost more here than all the rest of a comparison."""
    square = np.einsum("ij,ik->jk", known, known) + 1e-3 * np.eye(known.shape[1], dtype=np.float32)
    solved: Floats = np.linalg.solve(square, np.einsum("ij,ik->jk", known, target)).astype(np.float32)
    return solved


def _length(vectors: Floats) -> Floats:
    lengths: Floats = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
    return lengths


def _every_third(lab: Floats) -> Mask:
    """Of the pixels, by diagonals: as good as all of them, and cheaper."""
    high, wide = lab.shape[:2]
    thinned: Mask = np.add.outer(np.arange(high), np.arange(wide)) % 3 == 0
    return thinned


def _rim(lab: Floats, width: int) -> Mask:
    rim = np.ones(lab.shape[:2], dtype=bool)
    rim[width:-width, width:-width] = False
    return rim


def _shadowy(lab: Floats, gap: Floats, spread: float) -> Mask:
    """Darker than the background, of its hue, and without a hard edge."""
    down, right = np.abs(np.diff(lab[..., 0], axis=0)), np.abs(np.diff(lab[..., 0], axis=1))
    steps = np.zeros(lab.shape[:2], dtype=np.float32)
    for here, step in ((np.s_[1:], down), (np.s_[:-1], down), (np.s_[:, 1:], right), (np.s_[:, :-1], right)):
        steps[here] = np.maximum(steps[here], step)
    darker, tinted = -gap[..., 0], np.hypot(gap[..., 1], gap[..., 2])
    return (darker > 0) & (darker < _SHADOW) & (tinted < 4 + darker / 10) & (steps < max(_SOFT, 3 * spread))


def _wider(mask: Mask) -> Mask:
    """By one pixel to every side."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _flooded(free: Mask, start: Mask, *, at_most: int | None = None) -> Mask:
    """What of ``free`` can be reached from ``start``, in so many steps."""
    reached, before = free & start, -1
    steps = 0
    while steps != at_most:
        reached = _wider(reached) & free
        steps += 1
        if steps % 8 == 0:
            count = int(np.count_nonzero(reached))
            if count == before:
                break
            before = count
    return reached
