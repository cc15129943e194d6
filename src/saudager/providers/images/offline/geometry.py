"""Points, faces and the few ways solids are made of them: metres, x to the right of a side view, y up, z to the viewer.

The front of every product looks to -x, so its left side is the one with z above zero.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Point = tuple[float, float, float]
Flat = tuple[float, float]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Paint:
    """``shine``: how much light and shade show, 0 to 1. ``own``: it is the product's own colour so many times as light,
    and 1 is kept true; ``colour`` goes for all else."""

    colour: Colour = (0, 0, 0)
    shine: float = 0.5
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Face:
    """Corners against the clock as seen from outside; with a ``width`` (metres) it is a line along them.

    Higher layers are painted later, whatever lies nearer; within a layer the far comes first. ``facing`` is given
    where the corners do not tell.
    """

    points: tuple[Point, ...]
    paint: Paint
    layer: int = 0
    width: float = 0.0
    facing: Point | None = None


MAIN = Paint(shine=1.0, own=1.0)
SHADE = Paint(shine=0.6, own=0.72)
GAP = Paint(shine=0.2, own=0.55)
"""The product's own colour, a shade of it, and what parts its panels."""


def normal(points: Sequence[Point]) -> Point:
    """The direction a face looks to, of length 1 (Newell's method); all zeros when it has no area."""
    x = y = z = 0.0
    for (ax, ay, az), (bx, by, bz) in zip(points, (*points[1:], points[0]), strict=True):
        x += (ay - by) * (az + bz)
        y += (az - bz) * (ax + bx)
        z += (ax - bx) * (ay + by)
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length) if length > 1e-12 else (0.0, 0.0, 0.0)


def mirrored(faces: Iterable[Face]) -> list[Face]:
    """The same on the other side of the product."""
    return [
        replace(
            face,
            points=tuple((x, y, -z) for x, y, z in reversed(face.points)),
            facing=face.facing and (face.facing[0], face.facing[1], -face.facing[2]),
        )
        for face in faces
    ]


def moved(faces: Iterable[Face], by: Point) -> list[Face]:
    dx, dy, dz = by
    return [replace(face, points=tuple((x + dx, y + dy, z + dz) for x, y, z in face.points)) for face in faces]


def _sides(line: Sequence[Flat], closed: bool) -> list[tuple[Flat, Flat]]:
    return list(itertools.pairwise([*line, line[0]] if closed else line))


def rounded(line: Sequence[Flat], times: int = 2, *, closed: bool = False) -> list[Flat]:
    """A line with its corners cut (Chaikin); the ends of an open one stay."""
    for _ in range(times):
        cut: list[Flat] = []
        for (ax, ay), (bx, by) in _sides(line, closed):
            cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        line = cut if closed else [line[0], *cut, line[-1]]
    return list(line)


def dense(line: Sequence[Flat], step: float, *, closed: bool = True) -> list[Flat]:
    """The same line with a corner at least every ``step``."""
    out: list[Flat] = []
    for (ax, ay), (bx, by) in _sides(line, closed):
        parts = max(1, math.ceil(math.hypot(bx - ax, by - ay) / step))
        out += [(ax + (bx - ax) * part / parts, ay + (by - ay) * part / parts) for part in range(parts)]
    return out if closed else [*out, line[-1]]


def circle(centre: Flat, radius: float, corners: int = 40) -> list[Flat]:
    turns = (2 * math.pi * corner / corners for corner in range(corners))
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]


def above(shape: Sequence[Flat], a: float, b: float, c: float) -> list[Flat]:
    """The part of a shape where ``a*x + b*y >= c``."""
    out: list[Flat] = []
    for first, second in zip(shape, [*shape[1:], *shape[:1]], strict=True):
        here, there = a * first[0] + b * first[1] - c, a * second[0] + b * second[1] - c
        if here >= 0:
            out.append(first)
        if (here >= 0) != (there >= 0):
            share = here / (here - there)
            out.append((first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share))
    return out


def at(line: Sequence[Flat], x: float) -> float:
    """The height of a line at ``x``; beyond its ends it stays level."""
    if x <= line[0][0]:
        return line[0][1]
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        if x <= bx:
            return by if bx == ax else ay + (by - ay) * (x - ax) / (bx - ax)
    return line[-1][1]


def skin(rings: Sequence[Sequence[Point]], paint: Paint, *, layer: int = 0, closed: bool = True) -> list[Face]:
    """The surface through rings of equally many points, each ring against the clock seen from where they come from."""
    faces = []
    for one, two in itertools.pairwise(rings):
        count = len(one)
        for corner in range(count if closed else count - 1):
            other = (corner + 1) % count
            faces.append(Face((one[corner], two[corner], two[other], one[other]), paint, layer))
    return faces
