"""Garments, as they hang."""

from saudager.providers.images.offline.geometry import Face
from saudager.providers.images.offline.solids import Paints, mark, rectangle, slab, softened


def shirt(paints: Paints) -> list[Face]:
    half = [(0.23, 0.0), (0.24, 0.42), (0.38, 0.36), (0.44, 0.48), (0.24, 0.66), (0.1, 0.7)]
    neck = [(0.05, 0.66), (-0.05, 0.66)]
    outline = [*half, *neck, *((-z, y) for z, y in reversed(half))]
    faces = slab(softened(outline, 0.07), 0.12, paints.main, soft=0.03)
    for side in ("front", "rear"):
        faces.append(
            mark(
                [(0.11, 0.685), (0.05, 0.645), (-0.05, 0.645), (-0.11, 0.685)],
                0.055,
                paints.shade,
                side=side,
                width=0.016,
            )
        )
        for way in (-1, 1):
            faces.append(mark([(way * 0.225, 0.42), (way * 0.235, 0.6)], 0.0605, paints.shade, side=side, width=0.005))
    faces.append(mark(rectangle(-0.08, 0.08, 0.36, 0.52, 0.02), 0.061, paints.light))
    return faces


def dress(paints: Paints) -> list[Face]:
    half = [(0.38, 0.0), (0.17, 0.62), (0.21, 0.88), (0.17, 1.06), (0.11, 1.08)]
    outline = [*half, (0.0, 0.93), *((-z, y) for z, y in reversed(half))]
    faces = slab(softened(outline, 0.08), 0.16, paints.main, soft=0.05)
    for side in ("front", "rear"):
        faces.append(mark([(-0.165, 0.62), (0.165, 0.62)], 0.0805, paints.shade, side=side, width=0.03))
        for z in (-0.14, 0.0, 0.14):
            faces.append(mark([(z * 0.5, 0.56), (z * 1.4, 0.06)], 0.0805, paints.shade, side=side, width=0.005))
    faces.append(mark(rectangle(-0.025, 0.025, 0.6, 0.64, 0.008), 0.082, paints.metal))
    return faces


def trousers(paints: Paints) -> list[Face]:
    half = [(0.05, 0.0), (0.17, 0.0), (0.21, 0.7), (0.19, 1.0)]
    outline = [(0.02, 0.66), *half, *((-z, y) for z, y in reversed(half)), (-0.02, 0.66)]
    faces = slab(outline, 0.14, paints.main, soft=0.03)
    for side in ("front", "rear"):
        faces.append(mark([(-0.185, 0.95), (0.185, 0.95)], 0.0705, paints.shade, side=side, width=0.008))
        faces.append(mark([(0.0, 0.95), (0.0, 0.7)], 0.0705, paints.shade, side=side, width=0.006))
        for way in (-1, 1):
            faces.append(mark([(way * 0.18, 0.84), (way * 0.1, 0.93)], 0.0705, paints.shade, side=side, width=0.007))
    for way in (-1, 1):
        patch = rectangle(way * 0.1 - 0.05, way * 0.1 + 0.05, 0.76, 0.88, 0.01)
        faces.append(mark(patch, 0.0715, paints.shade, side="rear", width=0.006))
    return faces
