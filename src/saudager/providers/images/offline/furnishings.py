"""What stands in a home: furniture, appliances, windows and doors."""

from saudager.providers.images.offline.geometry import Face, Paint, circle
from saudager.providers.images.offline.solids import Paints, block, mark, rectangle, slab, turned, wrapped


def sofa(paints: Paints, wide: float = 1.0) -> list[Face]:
    faces = block((-0.42, 0.1, -wide + 0.15), (0.42, 0.32, wide - 0.15), paints.shade, soft=0.03)
    faces += block((0.2, 0.3, -wide + 0.1), (0.44, 0.85, wide - 0.1), paints.main, soft=0.06)
    seats = max(1, round(wide * 2))
    broad = (2 * wide - 0.36) / seats
    for seat in range(seats):
        start = -wide + 0.18 + seat * broad
        faces += block((-0.45, 0.3, start + 0.005), (0.24, 0.48, start + broad - 0.005), paints.main, soft=0.05)
    for z in (-wide, wide - 0.18):
        faces += block((-0.43, 0.1, z), (0.43, 0.62, z + 0.18), paints.main, soft=0.05)
    return faces + _legs(0.36, wide - 0.1, 0.1, 0.025, paints.dark)


def armchair(paints: Paints) -> list[Face]:
    return sofa(paints, 0.45)


def table(paints: Paints) -> list[Face]:
    top = block((-0.4, 0.71, -0.7), (0.4, 0.75, 0.7), paints.main, soft=0.01)
    apron = block((-0.34, 0.63, -0.64), (0.34, 0.71, 0.64), paints.shade)
    drawer = [mark(rectangle(-0.3, 0.3, 0.645, 0.7, 0.005), 0.3405, paints.main)]
    drawer.append(mark([(-0.05, 0.672), (0.05, 0.672)], 0.341, paints.metal, width=0.012))
    return _legs(0.35, 0.65, 0.71, 0.03, paints.main) + apron + drawer + top


def chair(paints: Paints) -> list[Face]:
    seat = block((-0.22, 0.43, -0.22), (0.22, 0.48, 0.22), paints.main, soft=0.015)
    back = block((0.19, 0.56, -0.21), (0.23, 0.92, 0.21), paints.main, soft=0.012)
    posts = [face for z in (-0.19, 0.17) for face in block((0.195, 0.46, z), (0.225, 0.6, z + 0.02), paints.shade)]
    return _legs(0.19, 0.19, 0.43, 0.018, paints.shade) + seat + posts + back


def cabinet(paints: Paints) -> list[Face]:
    faces = block((-0.3, 0.06, -0.5), (0.3, 1.9, 0.5), paints.main, soft=0.008)
    faces += block((-0.27, 0.0, -0.47), (0.27, 0.07, 0.47), paints.dark)
    faces.append(mark([(0.0, 0.09), (0.0, 1.87)], 0.301, paints.shade, width=0.012))
    for z in (-0.05, 0.05):
        faces.append(mark([(z, 0.85), (z, 1.15)], 0.302, paints.metal, width=0.02))
    return faces


def fridge(paints: Paints) -> list[Face]:
    faces = block((-0.32, 0.02, -0.3), (0.32, 1.9, 0.3), paints.main, soft=0.015)
    faces.append(mark([(-0.29, 0.72), (0.29, 0.72)], 0.321, paints.shade, width=0.014))
    for low, high in ((0.45, 0.68), (0.78, 1.25)):
        faces.append(mark([(-0.24, low), (-0.24, high)], 0.322, paints.metal, width=0.025))
    return faces


def washer(paints: Paints) -> list[Face]:
    faces = block((-0.28, 0.01, -0.3), (0.28, 0.85, 0.3), paints.main, soft=0.012)
    faces.append(mark(circle((0.0, 0.4), 0.2), 0.281, paints.metal))
    faces.append(mark(circle((0.0, 0.4), 0.155), 0.282, paints.dark))
    faces.append(mark([(-0.28, 0.7), (0.28, 0.7)], 0.281, paints.shade, width=0.008))
    faces.append(mark(circle((0.18, 0.77), 0.035), 0.282, paints.metal))
    faces.append(mark(rectangle(-0.24, -0.06, 0.745, 0.80, 0.01), 0.282, paints.dark))
    return faces


def screen(paints: Paints) -> list[Face]:
    panel = rectangle(-0.45, 0.45, 0.1, 0.64, 0.015)
    faces = slab(panel, 0.04, paints.main, soft=0.004)
    faces.append(mark(rectangle(-0.44, 0.44, 0.115, 0.63, 0.01), 0.021, paints.dark))
    faces.append(mark([(-0.43, 0.125), (0.43, 0.125), (0.43, 0.62), (-0.43, 0.62)], 0.022, paints.main))
    faces.append(mark([(-0.43, 0.3), (-0.1, 0.62), (-0.43, 0.62)], 0.023, paints.shade))
    faces += block((-0.02, 0.0, -0.05), (0.02, 0.12, 0.05), paints.dark)
    return faces + block((-0.1, 0.0, -0.2), (0.1, 0.012, 0.2), paints.dark)


def lamp(paints: Paints) -> list[Face]:
    base = turned([(0.1, 0.0), (0.1, 0.015), (0.02, 0.03)], paints.dark)
    pole = turned([(0.012, 0.03), (0.012, 0.3)], paints.metal)
    switch = wrapped(0.0125, 0.12, 0.16, 160, paints.dark)
    return [*base, *pole, *switch, *turned([(0.17, 0.3), (0.13, 0.41), (0.09, 0.52)], paints.main)]


def window(paints: Paints) -> list[Face]:
    faces = block((-0.04, 0.0, -0.7), (0.04, 1.4, 0.7), paints.main, soft=0.005)
    for side in ("front", "rear"):
        for left, right in ((-0.58, -0.09), (0.09, 0.58)):
            pane = [(left, 0.14), (right, 0.14), (right, 1.26), (left, 1.26)]
            gleam = [(left, 0.7), (right - 0.1, 1.26), (left + 0.1, 1.26), (left, 1.1)]
            faces.append(mark(pane, 0.041, paints.glass, side=side))
            faces.append(mark(gleam, 0.042, Paint((198, 214, 226), 0.2), side=side))
        faces.append(mark([(0.0, 0.04), (0.0, 1.36)], 0.041, paints.shade, side=side, width=0.01))
    faces.append(mark([(0.045, 0.62), (0.045, 0.74)], 0.043, paints.metal, width=0.025))
    return faces


def door(paints: Paints) -> list[Face]:
    faces = block((-0.03, 0.0, -0.42), (0.03, 2.05, 0.42), paints.main, soft=0.006)
    for side in ("front", "rear"):
        for low, high in ((0.15, 0.9), (1.05, 1.9)):
            panel = [(-0.28, low), (0.28, low), (0.28, high), (-0.28, high), (-0.28, low)]
            faces.append(mark(panel, 0.031, paints.shade, side=side, width=0.014))
        faces.append(mark([(0.36, 0.98), (0.26, 0.98)], 0.04, paints.metal, side=side, width=0.03))
    return faces


def _legs(x: float, z: float, tall: float, half: float, paint: Paint) -> list[Face]:
    return [
        face
        for lx in (-x, x)
        for lz in (-z, z)
        for face in block((lx - half, 0.0, lz - half), (lx + half, tall, lz + half), paint)
    ]
