"""Solids everyday things are made of: turned ones, slabs and boxes; the front looks to -x, the left to +z."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from saudager.providers.images.offline.geometry import MAIN, SHADE, Face, Flat, Paint, Point, dense, rounded, skin


class Paints(NamedTuple):
    """What a product is painted with: its colour, a shade of it, and what goes with every colour."""

    main: Paint = MAIN
    shade: Paint = SHADE
    dark: Paint = Paint((40, 43, 48), 0.4)
    light: Paint = Paint((238, 240, 242), 0.4)
    metal: Paint = Paint((172, 177, 183), 0.6)
    glass: Paint = Paint((172, 193, 208), 0.3)


def turned(profile: Sequence[Flat], paint: Paint, *, layer: int = 0, corners: int = 40) -> list[Face]:
    """What a lathe makes of a profile given as (radius, height) from below to above."""
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    rings = [[(r * math.cos(turn), y, r * math.sin(turn)) for turn in turns] for r, y in profile]
    ends = [Face(tuple(rings[0]), paint, layer), Face(tuple(reversed(rings[-1])), paint, layer)]
    return [*ends, *skin(rings, paint, layer=layer)]


def wrapped(radius: float, low: float, high: float, span: float, paint: Paint, *, rear: bool = False) -> list[Face]:
    """A label round the front or the rear of a turned thing, ``span`` degrees wide."""
    middle, half = 0.0 if rear else math.pi, math.radians(span) / 2
    turns = [middle + half * (step / 12 - 1) for step in range(25)]
    rings = [[(radius * math.cos(turn), y, radius * math.sin(turn)) for turn in turns] for y in (low, high)]
    return skin(rings, paint, layer=1, closed=False)


def slab(
    outline: Sequence[Flat], deep: float, paint: Paint, *, soft: float = 0.0, aside: bool = False, layer: int = 0
) -> list[Face]:
    """An outline (across, up), against the clock, ``deep`` metres thick, seen from the front or, ``aside``, from the
    left; ``soft`` rounds its edges by so many metres."""
    across, up = (sum(part) / len(outline) for part in zip(*outline, strict=True))
    reach = max(math.dist((across, up), corner) for corner in outline)
    steps = [(0.0, 1 - soft / reach), (0.3 * soft, 1 - 0.3 * soft / reach), (soft, 1.0)] if soft else [(0.0, 1.0)]
    cuts = steps + [(deep - at, size) for at, size in reversed(steps)]
    rings = []
    for at, size in cuts:
        ring = [((across + (u - across) * size), (up + (v - up) * size)) for u, v in outline]
        rings.append([_placed(u, v, at - deep / 2, aside) for u, v in ring])
    return [
        Face(tuple(rings[0]), paint, layer),
        Face(tuple(reversed(rings[-1])), paint, layer),
        *skin(rings, paint, layer=layer),
    ]


def block(low: Point, high: Point, paint: Paint, *, soft: float = 0.0, layer: int = 0) -> list[Face]:
    """A box from corner to corner."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    corners = [(z0, y0), (z1, y0), (z1, y1), (z0, y1)]
    outline = rounded(dense(corners, max(soft * 3, 0.02)), 1, closed=True) if soft else dense(corners, 0.3)
    faces = slab(outline, x1 - x0, paint, soft=soft, layer=layer)
    middle = (x0 + x1) / 2
    return [Face(tuple((x + middle, y, z) for x, y, z in face.points), face.paint, face.layer) for face in faces]


def mark(
    shape: Sequence[Flat], at: float, paint: Paint, *, side: str = "front", width: float = 0.0, layer: int = 1
) -> Face:
    """A flat mark, or with a ``width`` a line, on the ``front``, ``rear`` (across, up), the ``left`` (along, up) or the
    ``top`` (along, aside) of a thing, ``at`` metres from its middle."""
    points: tuple[Point, ...]
    if side in ("front", "rear"):
        points = tuple((-at if side == "front" else at, y, z) for z, y in shape)
        facing = (-1.0 if side == "front" else 1.0, 0.05, 0.0)
    elif side == "left":
        points, facing = tuple((x, y, at) for x, y in shape), (0.0, 0.05, 1.0)
    else:
        points, facing = tuple((x, at, z) for x, z in shape), (0.0, 1.0, 0.0)
    return Face(points, paint, layer, width, facing)


def _placed(u: float, v: float, at: float, aside: bool) -> Point:
    return (u, v, -at) if aside else (at, v, u)


def softened(outline: list[Flat], corner: float) -> list[Flat]:
    """With its corners cut off by about a quarter of ``corner``, twice."""
    return rounded(dense(outline, corner), 2, closed=True)


def rectangle(left: float, right: float, low: float, high: float, corner: float) -> list[Flat]:
    """With rounded corners."""
    middles = ((right - corner, low + corner), (right - corner, high - corner), (left + corner, high - corner))
    out: list[Flat] = []
    for start, (x, y) in zip((-90, 0, 90, 180), (*middles, (left + corner, low + corner)), strict=True):
        turns = (math.radians(start + step * 15) for step in range(7))
        out += [(x + corner * math.cos(turn), y + corner * math.sin(turn)) for turn in turns]
    return out
