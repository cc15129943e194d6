"""A car's shell: its surface between the roofline, the belt and the floor, and where on it a mark lies."""

import bisect
import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from saudager.providers.images.offline.bodies import Body
from saudager.providers.images.offline.geometry import MAIN, Face, Flat, Paint, at, dense, rounded, skin

_TAPER = 0.75
"""Over how many metres the ends grow narrower."""
_NARROWEST = 0.80
_BOW = 0.16
_SMOOTH = 0.05


class Shell:
    """The surface of a body; ``x`` is counted from its front bumper."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.roofline = _thinned(rounded(body.roofline, 3))
        self._stations = [x for x, _ in self.roofline]
        self._sections = [self._section(x, top) for x, top in self.roofline]

    def faces(self, inside: Paint) -> list[Face]:
        """``inside`` is what is seen where the body is open above."""
        rings = []
        for (x, _), half in zip(self.roofline, self._sections, strict=True):
            half = rounded(half, 1)
            ring = [*half, *((-z, y) for z, y in reversed(half[1:-1]))]
            rings.append([(x + self._bow(x, z), y, z) for z, y in ring])
        front = Face(tuple(rings[0]), MAIN)
        rear = Face(tuple(reversed(rings[-1])), MAIN)
        return [front, rear, *(self._opened(face, inside) for face in skin(rings, MAIN))]

    def _opened(self, face: Face, inside: Paint) -> Face:
        if self.body.open_from is None:
            return face
        start, end = self.body.open_from
        is_open = all(
            start <= x <= end and abs(z) < 0.84 * self.body.half_width and y > self.top(x) - 0.2
            for x, y, z in face.points
        )
        return replace(face, paint=inside) if is_open else face

    def top(self, x: float) -> float:
        return at(self.roofline, x)

    def on_side(self, shape: Sequence[Flat], paint: Paint, *, width: float = 0.0, layer: int = 1) -> Face:
        """A mark on the left side, given as in a side view, against the clock."""
        line = dense(shape, 0.12, closed=not width)
        points = tuple((x + self._bow(x, z), y, z) for x, y in line for z in (self.half_width(x, y) + 0.004,))
        return Face(points, paint, layer, width, facing=(0.0, 0.12, 0.99))

    def on_end(self, shape: Sequence[Flat], paint: Paint, *, rear: bool = False, width: float = 0.0) -> Face:
        """A mark on the front or the rear, given as (z, y); it runs round the corner where it is wide."""
        line = dense(shape, 0.07, closed=not width)
        points = tuple((self._end(abs(z), y, rear) + (0.004 if rear else -0.004), y, z) for z, y in line)
        turned = sum(z for z, _ in line) / len(line) / self.body.half_width
        aside = turned * 0.9 if abs(turned) > 0.45 else 0.0
        return Face(points, paint, 1, width, facing=(1.0 if rear else -1.0, 0.1, aside))

    def across(self, span: Flat, inset: float, paint: Paint, *, rim: float = 0.0) -> Face:
        """A pane over the whole width along the roofline from x to x, ``inset`` metres from the sides."""
        start, end = span
        steps = [start + (end - start) * step / 10 for step in range(11)]
        left = [(x, self._crown(x, self._edge(x) - inset), self._edge(x) - inset) for x in steps]
        middle = [(steps[-1], self._crown(steps[-1], z), z) for z in _between(left[-1][2], -left[-1][2])]
        first = [(steps[0], self._crown(steps[0], z), z) for z in _between(-left[0][2], left[0][2])]
        right = [(x, y, -z) for x, y, z in reversed(left)]
        points = tuple((x, y + 0.006 + rim, z) for x, y, z in [*left, *middle, *right, *first])
        slope = (self.top(end) - self.top(start)) / max(end - start, 1e-6)
        return Face(points, paint, 1, facing=(-slope, 1.0, 0.0))

    def half_width(self, x: float, y: float) -> float:
        """How far from the middle the side stands at a height."""
        section = self._sections[self._station(x)]
        outer = section[2:]
        if y <= outer[0][1]:
            return outer[0][0]
        for (az, ay), (bz, by) in itertools.pairwise(outer):
            if y <= by:
                return bz if by == ay else az + (bz - az) * (y - ay) / (by - ay)
        return 0.0

    def _end(self, z: float, y: float, rear: bool) -> float:
        """Where the front or the rear stands at a height and a distance from the middle."""
        last = len(self.roofline) - 1
        order = range(last, -1, -1) if rear else range(last + 1)
        before = None
        for station in order:
            x, top = self.roofline[station]
            reach = self.half_width(x, y) if y <= top else 0.0
            if reach >= z and y <= top:
                if before is not None and reach > before[1]:
                    x = before[0] + (x - before[0]) * max(0.0, z - before[1]) / (reach - before[1])
                return x + self._bow(x, z)
            before = (x, reach)
        return self.body.length / 2

    def _station(self, x: float) -> int:
        return min(bisect.bisect_left(self._stations, x), len(self._stations) - 1)

    def _edge(self, x: float) -> float:
        """Half the width of the roof where it turns down."""
        return self._sections[self._station(x)][-4][0]

    def _crown(self, x: float, z: float) -> float:
        section = self._sections[self._station(x)][-4:]
        return at([(one, y) for one, y in reversed(section)], abs(z)) + self.top(x) - section[-1][1]

    def _bow(self, x: float, z: float) -> float:
        front, rear = max(0.0, 1 - x / 1.1), max(0.0, 1 - (self.body.length - x) / 1.1)
        return float(_BOW * (z / self.body.half_width) ** 2 * (front - 0.7 * rear))

    def _section(self, x: float, top: float) -> list[Flat]:
        """Half a cut across the body as (z, y), from under the floor to the middle of the roof."""
        body = self.body
        end = min(x, body.length - x)
        share = 1 - min(1.0, end / _TAPER)
        wide = body.half_width * (_NARROWEST + (1 - _NARROWEST) * (1 - share**2.4))
        low = body.floor + 0.05 * max(0.0, 1 - end / 0.5)
        belt = min(at(body.belt, x), top - _SMOOTH)
        rise, high = belt - low, top - belt
        edge = 0.955 * wide - 0.03 - body.tumble * max(0.0, high - _SMOOTH)
        curve = min(high, 0.24)
        return [
            (0.0, low),
            (0.86 * wide, low),
            (0.955 * wide, low + 0.06 * rise),
            (0.99 * wide, low + 0.3 * rise),
            (wide, low + 0.6 * rise),
            (0.99 * wide, low + 0.86 * rise),
            (0.955 * wide, belt),
            (0.955 * wide - (0.955 * wide - edge) * 0.55, belt + 0.5 * (high - 0.3 * curve)),
            (edge, top - 0.34 * curve),
            (0.93 * edge, top - 0.13 * curve),
            (0.6 * edge, top - 0.03 * curve),
            (0.0, top),
        ]


def _thinned(line: Sequence[Flat]) -> list[Flat]:
    """Without corners that are hardly away from the one before."""
    kept = [line[0]]
    for point in line[1:-1]:
        if math.dist(point, kept[-1]) > 0.045:
            kept.append(point)
    return [*kept, line[-1]]


def _between(start: float, end: float) -> list[float]:
    return [start + (end - start) * step / 8 for step in range(1, 8)]


@functools.lru_cache(maxsize=16)
def shell_of(body: Body) -> Shell:
    return Shell(body)
