"""What is seen of a car's inside through its open front door."""

import math

from saudager.providers.images.offline.geometry import GAP, MAIN, Face, Flat, Paint, above, dense, rounded
from saudager.providers.images.offline.shell import Shell

_DARK = Paint((36, 38, 42), 0.1)
_CARPET = Paint((26, 27, 30), 0.1)
_LIGHT = Paint((176, 190, 202), 0.1)
_SEAT = Paint((96, 82, 70), 0.2)
_SEAM = Paint((124, 108, 94), 0.2)
_DASH = Paint((58, 61, 66), 0.2)
_TRIM = Paint((150, 155, 161), 0.3)


def opened(shell: Shell) -> list[Face]:
    """The door opening with what is behind it, and the door that stands open before the wing."""
    body = shell.body
    start, end, low = body.doors[0] + 0.04, body.doors[1] - 0.04, body.floor + 0.12
    belt = body.belt[0][1]
    wide, tall = end - start, belt - low

    def put(shape: list[Flat], paint: Paint, *, soft: int = 0, line: float = 0.0) -> Face:
        """In shares of the opening's width and of its height up to the belt."""
        placed = [(start + x * wide, low + y * tall) for x, y in shape]
        return shell.on_side(rounded(placed, soft, closed=True) if soft else placed, paint, width=line, layer=2)

    hole = _hole(shell, start, end, low)
    faces = [shell.on_side(rounded(hole, 1, closed=True), _DARK, layer=2)]
    beyond = above(above(above(hole, 0, 1, belt + 0.03), 1, 0, start + 0.16 * wide), -1, 0, -(end - 0.06 * wide))
    if len(beyond) > 2 and not body.has_seats:
        middle = sum(y for _, y in beyond) / len(beyond)
        far = [(x, y - 0.06 if y > middle else y) for x, y in beyond]
        faces.append(shell.on_side(rounded(far, 1, closed=True), _LIGHT, layer=2))
    faces.append(put([(0.0, 0.0), (1.0, 0.0), (1.0, 0.1), (0.0, 0.16)], _CARPET))
    faces.append(put([(0.0, 0.62), (0.26, 0.66), (0.36, 0.84), (0.30, 1.02), (0.0, 1.06)], _DASH, soft=1))
    faces.append(put([(0.02, 0.9), (0.30, 0.92)], _TRIM, line=0.012))
    faces.append(put([(0.30, 0.86), (0.44, 0.97)], _DASH, line=0.05))
    faces.append(put([(0.40, 0.10), (0.86, 0.06), (0.92, 0.34), (0.46, 0.42), (0.36, 0.3)], _SEAT, soft=2))
    back = [(0.74, 0.26), (0.93, 0.22), (1.0, 1.18), (0.90, 1.30), (0.82, 1.2)]
    faces.append(put(back, _SEAT, soft=2))
    faces.append(put([(0.82, 0.42), (0.90, 1.14)], _SEAM, line=0.014))
    faces.append(put([(0.46, 0.35), (0.84, 0.28)], _SEAM, line=0.014))
    if not body.has_seats:
        faces.append(put([(0.88, 1.30), (0.97, 1.28), (0.995, 1.46), (0.92, 1.52)], _SEAT, soft=1))
    rim = [
        (0.47 + 0.055 * math.cos(turn) - 0.075 * math.sin(turn), 0.97 + 0.27 * math.sin(turn) + 0.02 * math.cos(turn))
        for turn in (2 * math.pi * part / 28 for part in range(29))
    ]
    faces.append(put(rim, _CARPET, line=0.038))
    faces.append(put(rim[8:15], _TRIM, line=0.010))
    faces.append(put([(0.44, 0.97), (0.50, 0.98)], _DASH, line=0.05))
    faces.append(put([(0.02, -0.05), (0.98, -0.05), (0.98, -0.02), (0.02, -0.02)], _TRIM))
    return [*faces, *_door(shell, start, low, belt)]


def _hole(shell: Shell, start: float, end: float, low: float) -> list[Flat]:
    body = shell.body
    belt = body.belt[0][1]
    steps = [start + (end - start) * step / 24 for step in range(25)]
    upper = [(x, max(belt - 0.02, shell.top(x) - 0.10) if not body.has_seats else belt - 0.02) for x in steps]
    return [(start, low), (end, low), *reversed(upper)]


def _door(shell: Shell, hinge: float, low: float, belt: float) -> list[Face]:
    """It stands towards whoever looks, so it is narrow and a little taller at its free edge."""
    edge, out = hinge - 0.36, shell.body.half_width

    def place(share: float, y: float) -> tuple[float, float, float]:
        return (hinge + (edge - hinge) * share, y + share * 0.05 * (y - (low + belt) / 2), out + 0.01)

    def panel(left: float, right: float, bottom: float, top: float, paint: Paint) -> Face:
        corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
        shape = rounded(dense(corners, 0.16), 1, closed=True)
        return Face(tuple(place(share, y) for share, y in shape), paint, 3, facing=(0.0, 0.12, 0.99))

    return [
        panel(1.0, 0.0, low, belt, MAIN),
        panel(0.90, 0.08, low + 0.06, belt - 0.05, _DASH),
        panel(0.80, 0.22, low + 0.30, low + 0.36, _TRIM),
        panel(0.84, 0.16, low + 0.10, low + 0.20, _DARK),
        Face((place(1.0, low), place(1.0, belt)), GAP, 3, 0.014, facing=(0.0, 0.0, 1.0)),
    ]
