"""Wheels of a car."""

import math

from saudager.providers.images.offline.geometry import Face, Flat, Paint, circle

TYRE = Paint((34, 36, 40), 0.25)
_TREAD = Paint((26, 28, 31), 0.2)
_RIM = Paint((176, 181, 187), 0.35)
_GAP = Paint((58, 61, 66), 0.2)
_HUB = Paint((150, 155, 161), 0.3)
_SPOKES = 5


def wheel(centre: Flat, radius: float, z: float, width: float = 0.22) -> tuple[list[Face], list[Face]]:
    """The tread, which lies behind the body, and what is seen of it from the left, which lies before."""
    outer = circle(centre, radius, 48)
    tread = []
    for (ax, ay), (bx, by) in zip(outer, [*outer[1:], outer[0]], strict=True):
        corners = ((ax, ay, z), (ax, ay, z - width), (bx, by, z - width), (bx, by, z))
        tread.append(Face(corners, _TREAD, -2))
    back = Face(tuple((x, y, z - width) for x, y in reversed(outer)), _TREAD, -2)
    seen = [_disc(centre, radius, z, TYRE), _disc(centre, radius * 0.94, z + 0.003, Paint((44, 47, 52), 0.2))]
    seen.append(_disc(centre, radius * 0.70, z + 0.006, _RIM))
    seen.append(_disc(centre, radius * 0.655, z + 0.008, _GAP))
    for spoke in range(_SPOKES):
        for twin in (-0.17, 0.17):
            turn = math.pi / 2 + 2 * math.pi * spoke / _SPOKES
            seen.append(_spoke(centre, radius, turn, twin, z + 0.012))
    seen.append(_disc(centre, radius * 0.17, z + 0.016, _HUB))
    seen.append(_disc(centre, radius * 0.09, z + 0.018, _GAP))
    return [*tread, back], seen


def _disc(centre: Flat, radius: float, z: float, paint: Paint) -> Face:
    return Face(tuple((x, y, z) for x, y in circle(centre, radius, 48)), paint, 3)


def _spoke(centre: Flat, radius: float, turn: float, twin: float, z: float) -> Face:
    def corner(away: float, aside: float) -> tuple[float, float, float]:
        x = centre[0] + radius * (away * math.cos(turn) - aside * math.sin(turn))
        return (x, centre[1] + radius * (away * math.sin(turn) + aside * math.cos(turn)), z)

    wide = 0.045
    corners = (corner(0.08, twin * 0.4 - wide), corner(0.68, twin - wide), corner(0.68, twin + wide))
    return Face((*corners, corner(0.08, twin * 0.4 + wide)), _RIM, 3)
