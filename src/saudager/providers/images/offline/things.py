"""What fits into a hand, or nearly."""

import math

from saudager.providers.images.offline.geometry import Face, Paint, circle, mirrored, moved, normal, rounded
from saudager.providers.images.offline.solids import Paints, block, mark, rectangle, slab, softened, turned, wrapped


def bottle(paints: Paints) -> list[Face]:
    body = [(0.036, 0.0), (0.04, 0.006), (0.04, 0.15)]
    shoulder = rounded([(0.04, 0.15), (0.04, 0.19), (0.016, 0.21), (0.014, 0.25)], 2)
    label = wrapped(0.0405, 0.05, 0.12, 150, paints.light) + wrapped(0.041, 0.09, 0.105, 70, paints.shade)
    label += wrapped(0.0405, 0.06, 0.085, 50, paints.light, rear=True)
    cap = turned([(0.017, 0.238), (0.017, 0.268), (0.015, 0.27)], paints.dark)
    return [*turned([*body, *shoulder[1:]], paints.main), *label, *cap]


def jar(paints: Paints) -> list[Face]:
    body = rounded([(0.03, 0.0), (0.045, 0.0), (0.045, 0.08), (0.04, 0.09)], 2)
    return [
        *turned(body, paints.main),
        *wrapped(0.0457, 0.024, 0.056, 110, paints.light),
        *wrapped(0.046, 0.038, 0.05, 70, paints.shade),
        *wrapped(0.0457, 0.03, 0.05, 40, paints.light, rear=True),
        *turned([(0.044, 0.09), (0.044, 0.11), (0.042, 0.112)], paints.shade),
    ]


def cup(paints: Paints) -> list[Face]:
    body = turned([*rounded([(0.028, 0.0), (0.038, 0.0), (0.041, 0.05), (0.042, 0.095)], 1)], paints.main)
    picture = wrapped(0.0418, 0.035, 0.065, 60, paints.light)
    inside = mark(circle((0.0, 0.0), 0.038), 0.0955, paints.shade, side="top")
    ring = circle((0.0, 0.0), 1.0, 24)
    handle = []
    for small, large in ((0.014, 0.024),):
        outline = [(0.04 + large * x, 0.052 + large * 1.15 * y) for x, y in ring]
        hole = [(0.04 + small * x, 0.052 + small * 1.15 * y) for x, y in ring]
        for (ou, ho), (ov, hv) in zip(
            zip(outline, hole, strict=True),
            [*zip(outline[1:], hole[1:], strict=True), (outline[0], hole[0])],
            strict=True,
        ):
            corners = [ou, ov, hv, ho]
            if all(x > 0.038 for x, _ in corners):
                handle += slab(corners, 0.012, paints.main, aside=True)
    return [*body, *handle, *picture, inside]


def phone(paints: Paints) -> list[Face]:
    half, tall = 0.037, 0.155
    outline = rectangle(-half, half, 0.0, tall, 0.012)
    screen = rectangle(-half + 0.003, half - 0.003, 0.003, tall - 0.003, 0.01)
    picture = rectangle(-half + 0.005, half - 0.005, 0.006, tall - 0.006, 0.008)
    faces = slab(outline, 0.009, paints.main, soft=0.001)
    faces += [mark(screen, 0.0047, paints.dark), mark(picture, 0.0049, paints.main)]
    for row in range(4):
        for column in range(3):
            left, low = -0.022 + column * 0.017, 0.09 - row * 0.02
            faces.append(mark(rectangle(left, left + 0.011, low, low + 0.011, 0.003), 0.005, paints.light))
    faces.append(mark(circle((0.0, tall - 0.011), 0.0022, 16), 0.0051, paints.dark))
    island = rectangle(0.004, 0.033, tall - 0.036, tall - 0.006, 0.007)
    faces.append(mark(island, 0.0047, paints.shade, side="rear"))
    for y in (tall - 0.013, tall - 0.028):
        faces.append(mark(circle((0.012, y), 0.0055, 20), 0.005, paints.dark, side="rear"))
    faces.append(mark(circle((0.026, tall - 0.02), 0.003, 16), 0.005, paints.light, side="rear"))
    return faces


def bag(paints: Paints) -> list[Face]:
    outline = softened([(-0.2, 0.0), (0.2, 0.0), (0.165, 0.27), (-0.165, 0.27)], 0.09)
    faces = slab(outline, 0.14, paints.main, soft=0.03)
    for side in ("front", "rear"):
        strap = [
            (0.09 * math.cos(turn), 0.25 + 0.15 * math.sin(turn))
            for turn in (math.pi * step / 20 for step in range(21))
        ]
        faces.append(mark(strap, 0.045, paints.shade, side=side, width=0.014))
        faces.append(mark([(-0.17, 0.2), (0.17, 0.2)], 0.0705, paints.shade, side=side, width=0.006))
    faces.append(mark(rectangle(-0.02, 0.02, 0.175, 0.215, 0.008), 0.0715, paints.metal))
    return faces


def shoe(paints: Paints) -> list[Face]:
    upper = rounded(
        [
            (-0.15, 0.0),
            (0.15, 0.0),
            (0.15, 0.1),
            (0.12, 0.115),
            (0.05, 0.1),
            (-0.02, 0.095),
            (-0.09, 0.06),
            (-0.145, 0.05),
        ],
        2,
        closed=True,
    )
    sole = rounded(
        [(-0.155, 0.004), (-0.12, 0.0), (0.15, 0.0), (0.15, 0.03), (0.0, 0.026), (-0.15, 0.026)], 1, closed=True
    )
    faces = slab(upper, 0.092, paints.main, soft=0.03, aside=True)
    below = slab(sole, 0.1, paints.light, soft=0.008, aside=True, layer=1)
    faces += [face for face in below if normal(face.points)[1] < 0.5]
    left = [
        mark(
            [(-0.045 + step * 0.02, 0.072 + step * 0.006), (-0.03 + step * 0.02, 0.06 + step * 0.004)],
            0.047,
            paints.light,
            side="left",
            width=0.004,
        )
        for step in range(4)
    ]
    left.append(mark([(0.1, 0.03), (0.06, 0.05), (0.02, 0.03)], 0.047, paints.shade, side="left", width=0.008))
    left.append(mark([(0.045, 0.095), (0.135, 0.1)], 0.046, paints.shade, side="left", width=0.008))
    return [*faces, *left, *mirrored(left)]


def cake(paints: Paints) -> list[Face]:
    plate = turned([(0.16, 0.0), (0.18, 0.008)], paints.light)
    tiers = turned([(0.135, 0.01), (0.14, 0.02), (0.14, 0.105), (0.132, 0.115)], paints.main)
    cream = wrapped(0.141, 0.05, 0.065, 190, paints.light) + wrapped(0.1412, 0.05, 0.065, 172, paints.light, rear=True)
    cream += wrapped(0.1415, 0.045, 0.085, 34, paints.shade)
    berries = []
    for corner in range(8):
        turn = 2 * math.pi * corner / 8
        ball = turned(
            [(0.002, 0.112), (0.014, 0.12), (0.014, 0.13), (0.002, 0.138)], Paint((186, 36, 52), 0.7), corners=12
        )
        berries += moved(ball, (0.1 * math.cos(turn), 0.0, 0.1 * math.sin(turn)))
    return [*plate, *tiers, *cream, *berries]


def book(paints: Paints) -> list[Face]:
    faces = block((-0.02, 0.0, -0.075), (0.02, 0.22, 0.075), paints.main, soft=0.002)
    faces.append(mark([(-0.05, 0.15), (0.05, 0.15)], 0.0205, paints.light, width=0.012))
    faces.append(mark([(-0.03, 0.125), (0.03, 0.125)], 0.0205, paints.light, width=0.006))
    return faces


def box(paints: Paints) -> list[Face]:
    faces = block((-0.15, 0.0, -0.2), (0.15, 0.26, 0.2), paints.main, soft=0.004)
    for side in ("front", "rear"):
        faces.append(
            mark([(-0.03, 0.17), (0.03, 0.17), (0.03, 0.258), (-0.03, 0.258)], 0.1505, paints.shade, side=side)
        )
    faces.append(
        mark([(-0.149, 0.03), (0.149, 0.03), (0.149, -0.03), (-0.149, -0.03)], 0.2605, paints.shade, side="top")
    )
    faces.append(mark(rectangle(0.06, 0.16, 0.03, 0.09, 0.004), 0.151, paints.light))
    return faces
