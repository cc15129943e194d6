"""A car as faces: its shell, windows, lights, wheels and the gaps of its doors."""

import functools

from saudager.providers.images.offline import cabin
from saudager.providers.images.offline.bodies import Body
from saudager.providers.images.offline.geometry import (
    GAP,
    MAIN,
    Face,
    Flat,
    Paint,
    above,
    circle,
    dense,
    mirrored,
    moved,
    rounded,
    skin,
)
from saudager.providers.images.offline.shell import Shell, shell_of
from saudager.providers.images.offline.wheels import wheel

_GLASS = Paint((52, 62, 74), 0.25)
_SHEEN = Paint((92, 106, 121), 0.2)
_FRAME = Paint((28, 30, 34), 0.2)
_PLASTIC = Paint((44, 46, 50), 0.3)
_GRILLE = Paint((30, 32, 36), 0.2)
_CHROME = Paint((198, 203, 208), 0.4)
_LAMP = Paint((226, 233, 240), 0.3)
_LAMP_EDGE = Paint((110, 118, 128), 0.2)
_TAIL = Paint((204, 34, 44), 0.3)
_TAIL_EDGE = Paint((104, 16, 24), 0.2)
_SEAT = Paint((86, 72, 62), 0.4)
_OPEN_GLASS = Paint((112, 126, 140), 0.2)
_SEAT_CUTS = ((0.0, 0.1, 0.25), (0.1, 0.09, 0.24), (0.13, 0.05, 0.12), (0.16, 0.08, 0.15), (0.3, 0.05, 0.12))
"""Of a seat's back and headrest: height above the doors, half the depth and half the width there."""


@functools.lru_cache(maxsize=8)
def car(body: Body, from_left: int, *, is_opened: bool = False) -> tuple[Face, ...]:
    """The car standing on the ground, its middle over the origin, with its left front door open or not; seen from its
    left (1), its right (-1) or neither."""
    shell = shell_of(body)
    left = [*_side(shell), *_wheels(shell)]
    whole = [*shell.faces(_FRAME), *left, *mirrored(left), *_front(shell), *_rear(shell)]
    whole += _mirror(shell, layer=4 if from_left > 0 else 0)
    whole += mirrored(_mirror(shell, layer=4 if from_left < 0 else 0))
    if body.has_seats:
        whole += _seats(shell)
    if is_opened:
        whole += cabin.opened(shell)
    return tuple(moved(whole, (-body.length / 2, 0.0, 0.0)))


def _side(shell: Shell) -> list[Face]:
    body = shell.body
    faces = []
    sill = [(body.axles[0], body.floor), (body.axles[1], body.floor)]
    sill += [(body.axles[1], body.floor + 0.07), (body.axles[0], body.floor + 0.07)]
    faces.append(shell.on_side(sill, _PLASTIC))
    for axle in body.axles:
        arch = above(circle((axle, body.wheel), body.wheel * (1.24 if body.rugged else 1.12), 48), 0, 1, body.floor)
        faces.append(shell.on_side(arch, _PLASTIC if body.rugged else _FRAME))
        faces.append(shell.on_side(above(circle((axle, body.wheel), body.wheel * 1.08, 48), 0, 1, body.floor), _FRAME))
    for door in body.doors:
        faces.append(shell.on_side(_door_gap(shell, door), GAP, width=0.012))
    crease = [(body.axles[0] + 0.35, body.floor + 0.5), (body.length - 0.5, body.floor + 0.56)]
    faces.append(shell.on_side(crease, GAP, width=0.008))
    for door in body.doors[1:]:
        height = shell.body.belt[0][1] - 0.12
        handle = [(door - 0.28, height), (door - 0.09, height + 0.01), (door - 0.09, height + 0.04)]
        faces.append(shell.on_side([*handle, (door - 0.28, height + 0.03)], _CHROME))
    if body.panes:
        faces += _windows(shell)
    if body.rugged and not body.open_from:
        rail = [(body.windscreen[1] + 0.2, shell.top(body.windscreen[1] + 0.2) - 0.03)]
        rail.append((body.back_window[0] - 0.45, shell.top(body.back_window[0] - 0.45) - 0.03))
        faces.append(shell.on_side(rail, _PLASTIC, width=0.035))
    return faces


def _door_gap(shell: Shell, x: float) -> list[Flat]:
    low, body = shell.body.floor + 0.09, shell.body
    high = min(_belt(body, x), shell.top(x) - 0.05)
    if any(abs(x - axle) < body.wheel * 1.25 for axle in body.axles):
        low = body.wheel * 2.1
    return [(x, low), (x, high)]


def _belt(body: Body, x: float) -> float:
    (ax, ay), (bx, by) = body.belt[:2]
    return ay + (by - ay) * min(1.0, max(0.0, (x - ax) / (bx - ax)))


def _windows(shell: Shell) -> list[Face]:
    """The dark frame of all side windows, and a pane in each of its parts."""
    body = shell.body
    start, end = body.panes[0][0], body.panes[-1][1]
    steps = [start + (end - start) * step / 40 for step in range(41)]
    upper = [(x, shell.top(x) - 0.085) for x in steps]
    lower = [(x, _belt(body, x) + 0.015) for x in steps]
    over = [(up, low) for up, low in zip(upper, lower, strict=True) if up[1] > low[1] + 0.01]
    outline = [low for _, low in over] + [up for up, _ in reversed(over)]
    faces = [shell.on_side(rounded(outline, 1, closed=True), _FRAME)]
    inner = [(x, y + 0.018) for x, y in (low for _, low in over)] + [
        (x, y - 0.022) for x, y in (up for up, _ in reversed(over))
    ]
    for left, right in body.panes:
        pane = above(above(inner, 1, 0, left + 0.02), -1, 0, -right + 0.02)
        if len(pane) > 2:
            faces.append(shell.on_side(pane, _GLASS))
            middle = left + (right - left) * 0.55
            gleam = above(above(pane, 1, 0.7, left + 0.85 + (middle - left) * 0.2), -1, -0.7, -(middle + 0.85))
            if len(gleam) > 2:
                faces.append(shell.on_side(gleam, _SHEEN))
    return faces


def _wheels(shell: Shell) -> list[Face]:
    body, faces = shell.body, []
    for axle in body.axles:
        tread, seen = wheel((axle, body.wheel), body.wheel, body.half_width - 0.035)
        faces += [*tread, *seen]
    return faces


def _mirror(shell: Shell, *, layer: int) -> list[Face]:
    """An outside mirror at the foot of the windscreen."""
    x = shell.body.windscreen[0] + 0.22
    y = _belt(shell.body, x) + 0.09
    z = shell.half_width(x, y - 0.08)
    rings = [
        [(x + ahead + dx * large, y + dy * large, z + out) for dx, dy in circle((0.0, 0.0), 1.0, 14)]
        for ahead, out, large in ((0, -0.02, 0.03), (0, 0.03, 0.075), (-0.01, 0.12, 0.085), (0.01, 0.19, 0.06))
    ]
    cap = Face(tuple(rings[-1]), MAIN, layer)
    return [*skin([ring[::-1] for ring in rings], MAIN, layer=layer), cap]


def _both(shell: Shell, shape: list[Flat], paint: Paint, *, rear: bool = False) -> list[Face]:
    left = shell.on_end(shape, paint, rear=rear)
    return [left, *mirrored([left])]


def _front(shell: Shell) -> list[Face]:
    body = shell.body
    nose, wide, low = body.roofline[1][1], body.half_width, body.floor
    tall = nose - low
    faces = []
    if body.windscreen[1] and not body.has_seats:
        faces.append(shell.across(body.windscreen, 0.035, _FRAME))
        faces.append(shell.across((body.windscreen[0] + 0.04, body.windscreen[1] - 0.03), 0.075, _GLASS, rim=0.002))
    for z in (0.62, -0.62):
        bonnet = [(x, z * (0.82 + 0.18 * x)) for x in (0.35, 0.6, 0.85, body.windscreen[0] - 0.15)]
        points = tuple((x, shell.top(x) - 0.012, aside * wide) for x, aside in bonnet)
        faces.append(Face(points, GAP, 1, 0.008, facing=(-0.3, 1.0, 0.0)))
    grille = [(-0.40, 0.62), (0.40, 0.62), (0.46, 0.86), (-0.46, 0.86)]
    faces.append(shell.on_end(_scaled(grille, wide, low, tall), _GRILLE))
    for height in (0.68, 0.74, 0.80):
        bar = _scaled([(-0.41, height), (0.41, height)], wide, low, tall)
        faces.append(shell.on_end(bar, _LAMP_EDGE, width=0.008))
    badge = circle((0.0, low + 0.74 * tall), 0.055, 20)
    faces.append(shell.on_end(badge, _CHROME))
    intake = [(-0.56, 0.14), (0.56, 0.14), (0.50, 0.40), (-0.50, 0.40)]
    faces.append(shell.on_end(rounded(_scaled(intake, wide, low, tall), 1, closed=True), _GRILLE))
    lip = [(-0.66, 0.0), (0.66, 0.0), (0.7, 0.09), (-0.7, 0.09)]
    faces.append(shell.on_end(_scaled(lip, wide, low, tall), _PLASTIC))
    fog = rounded(_scaled([(0.63, 0.2), (0.8, 0.24), (0.82, 0.44), (0.66, 0.40)], wide, low, tall), 1, closed=True)
    faces += _both(shell, fog, _PLASTIC)
    lamp = rounded(_scaled([(0.5, 0.72), (0.93, 0.82), (0.95, 1.03), (0.55, 0.95)], wide, low, tall), 2, closed=True)
    faces += _both(shell, lamp, _LAMP_EDGE)
    inner = rounded(_scaled([(0.54, 0.76), (0.91, 0.85), (0.92, 0.99), (0.58, 0.92)], wide, low, tall), 2, closed=True)
    faces += _both(shell, inner, _LAMP)
    faces += _both(shell, circle((0.69 * wide, low + 0.87 * tall), 0.042, 20), _LAMP_EDGE)
    return faces


def _rear(shell: Shell) -> list[Face]:
    body = shell.body
    wide, low = body.half_width, body.floor
    deck = body.belt[-1][1] if not body.open_from else shell.top(body.length - 0.4)
    tall = deck - low
    faces = []
    if body.back_window[1]:
        faces.append(shell.across(body.back_window, 0.05, _FRAME))
        start, end = body.back_window
        slack = (end - start) * 0.12
        faces.append(shell.across((start + slack, end - slack), 0.09, _GLASS, rim=0.002))
    lip = [(0.72, 0.0), (-0.72, 0.0), (-0.78, 0.2), (0.78, 0.2)]
    faces.append(shell.on_end(_scaled(lip, wide, low, tall), _PLASTIC, rear=True))
    plate = [(0.3, 0.46), (-0.3, 0.46), (-0.3, 0.62), (0.3, 0.62)]
    faces.append(shell.on_end(_scaled(plate, wide, low, tall), GAP, rear=True))
    lid = dense(_scaled([(0.6, 0.94), (0.6, 0.42), (-0.6, 0.42), (-0.6, 0.94)], wide, low, tall), 0.1, closed=False)
    faces.append(shell.on_end(lid, GAP, rear=True, width=0.01))
    lamp = rounded(_scaled([(0.5, 0.7), (0.97, 0.7), (0.97, 0.92), (0.54, 0.9)], wide, low, tall), 1, closed=True)
    faces += _both(shell, lamp[::-1], _TAIL_EDGE, rear=True)
    inner = rounded(_scaled([(0.54, 0.74), (0.95, 0.74), (0.95, 0.88), (0.57, 0.87)], wide, low, tall), 1, closed=True)
    faces += _both(shell, inner[::-1], _TAIL, rear=True)
    faces.append(shell.on_end(circle((0.0, low + 0.76 * tall), 0.045, 20)[::-1], _CHROME, rear=True))
    return faces


def _scaled(shape: list[Flat], wide: float, low: float, tall: float) -> list[Flat]:
    return [(z * wide, low + y * tall) for z, y in shape]


def _seats(shell: Shell) -> list[Face]:
    """The seats of an open car, and the windscreen before them."""
    body = shell.body
    assert body.open_from is not None
    start, end = body.open_from
    y, wide = shell.top((start + end) / 2), body.half_width * 0.78
    faces = [face for x in (start + 0.62, start + 1.25) for z in (0.38, -0.38) for face in _seat(x, y, z)]
    base, top = body.windscreen
    low, crown = shell.top(base), shell.top(base) + 0.36
    glass = ((base, low, wide), (top, crown, wide * 0.84), (top, crown, -wide * 0.84), (base, low, -wide))
    faces.append(Face(glass, _OPEN_GLASS, 2, facing=(-0.4, 0.3, 0.0)))
    faces.append(Face(glass[::-1], _OPEN_GLASS, 2, facing=(0.4, 0.02, 0.0)))
    for facing in ((-1.0, 0.3, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)):
        faces.append(Face((*glass, glass[0]), _FRAME, 2, 0.05, facing=facing))
    return faces


def _seat(x: float, y: float, z: float) -> list[Face]:
    """A seat's back with its headrest, as they show above the doors."""
    rings = []
    for height, long, wide in _SEAT_CUTS:
        outline = circle((0.0, 0.0), 1.0, 16)
        rings.append([(x + height * 0.25 + dx * long, y + height, z + dz * wide) for dx, dz in outline])
    lid = Face(tuple(reversed(rings[-1])), _SEAT, 2)
    return [*skin(rings, _SEAT, layer=2), lid]
