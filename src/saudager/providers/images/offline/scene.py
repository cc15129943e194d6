"""A picture of faces: light from above left, painted from far to near, with smooth edges."""

import io
import math
import operator
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from saudager.providers.images.offline import backdrop
from saudager.providers.images.offline.backdrop import times
from saudager.providers.images.offline.camera import Camera, Close, Place, Seen, View
from saudager.providers.images.offline.geometry import Colour, Face, Flat, Paint, Point, normal

_LIGHT = (-0.32, 0.66, 0.68)
"""In the camera's axes: to the right, up, towards it."""
_FINE = 4
"""A point of the picture is made of so many by so many."""
_LARGEST_FINE = 1600
_ROUGH = 4


@dataclass(frozen=True, slots=True)
class _Visible:
    """A face that looks to the camera, with its corners and its area on the picture, in points."""

    face: Face
    corners: list[Flat]
    area: float
    far: float
    light: float


def picture(
    faces: Sequence[Face], view: View, colour: Colour, label: str, size: tuple[int, int], close: Close
) -> bytes:
    """A PNG of the faces, which stand on the ground about the origin."""
    width, height = size
    points = {point for face in faces for point in face.points}
    low, high = _extent(points)
    camera = Camera(view, (0.0, (low[1] + high[1]) / 2, 0.0), math.dist(low, high))
    seen = {point: camera.see(point) for point in points}
    left, right = min(one.x for one in seen.values()), max(one.x for one in seen.values())
    bottom, top = min(one.y for one in seen.values()), max(one.y for one in seen.values())
    scale = close.closer * min(width * 0.86 / (right - left), height * 0.62 / (top - bottom))
    focus = (left + (right - left) * close.x, bottom + (top - bottom) * close.y)
    place = Place(scale, focus, (width / 2, height * 0.48))
    canvas = backdrop.empty(size, colour)
    backdrop.cast_shadow(canvas, camera, place, low, high)
    _paint(canvas, faces, colour, camera, seen, place)
    backdrop.put_label(canvas, label, colour)
    out = io.BytesIO()
    canvas.save(out, "PNG", compress_level=2)
    return out.getvalue()


def _paint(
    canvas: Image.Image, faces: Sequence[Face], colour: Colour, camera: Camera, seen: dict[Point, Seen], place: Place
) -> None:
    """Draw much larger than the canvas, make it small again, which smooths the edges, and lay it over the canvas.

    The fourth band says where something was drawn: Pillow reduces it like the others, which it does not for RGBA."""
    spots = {point: place.of(one.x, one.y) for point, one in seen.items()}
    box = _frame(list(spots.values()), canvas.size)
    visible = (_visible(face, camera, seen, spots, box) for face in faces)
    painted = sorted((one for one in visible if one is not None), key=_turn)
    usual = _usual_light(painted, box)
    fine = _FINE if max(canvas.size) <= _LARGEST_FINE else 2
    large = Image.new("RGBX", ((box[2] - box[0]) * fine, (box[3] - box[1]) * fine))
    draw = ImageDraw.Draw(large)
    for one in painted:
        line = [((x - box[0]) * fine, (y - box[1]) * fine) for x, y in one.corners]
        if one.face.width:
            thick = max(1, round(one.face.width * place.scale * fine))
            draw.line(line, fill=(*_own(one.face.paint, colour), 255), width=thick, joint="curve")
        else:
            draw.polygon(line, fill=(*_lit(one, usual, colour), 255))
    *small, covered = large.reduce(fine).split()
    around = ImageChops.invert(covered)
    behind = ImageChops.multiply(canvas.crop(box), Image.merge("RGB", (around, around, around)))
    canvas.paste(ImageChops.add(Image.merge("RGB", small), behind), box[:2])


def _frame(spots: list[Flat], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the canvas the faces are on."""
    across, down, margin = [x for x, _ in spots], [y for _, y in spots], 4
    left, upper = max(0, math.floor(min(across)) - margin), max(0, math.floor(min(down)) - margin)
    right, lower = min(size[0], math.ceil(max(across)) + margin), min(size[1], math.ceil(max(down)) + margin)
    return left, upper, right, lower


def _turn(one: _Visible) -> tuple[int, float]:
    """When a face is painted: a product from far to near, what is marked on it in the order given."""
    return one.face.layer, -one.far if one.face.layer <= 0 else 0.0


def _visible(
    face: Face,
    camera: Camera,
    seen: dict[Point, Seen],
    spots: dict[Point, Flat],
    box: tuple[int, int, int, int],
) -> _Visible | None:
    """None for a face that looks the other way or lies beside the picture."""
    corners = [spots[point] for point in face.points]
    area = 0.0
    ax, ay = corners[-1]
    for bx, by in corners:
        area += ax * by - bx * ay
        ax, ay = bx, by
    if area >= 0 and face.facing is None:
        return None
    if all(x < box[0] for x, _ in corners) or all(x > box[2] for x, _ in corners):
        return None
    right, up, away = (sum(map(operator.mul, face.facing or normal(face.points), axis)) for axis in camera.axes)
    if face.facing is not None and away <= 0.02:
        return None
    far = sum(seen[point].far for point in face.points) / len(corners)
    return _Visible(face, corners, abs(area), far, right * _LIGHT[0] + up * _LIGHT[1] + away * _LIGHT[2])


def _usual_light(painted: Sequence[_Visible], box: tuple[int, int, int, int]) -> float:
    """The light on the middle of what is seen of the main colour: there it is shown as it was asked for."""
    rough = Image.new("L", ((box[2] - box[0]) // _ROUGH + 1, (box[3] - box[1]) // _ROUGH + 1))
    draw = ImageDraw.Draw(rough)
    for one in painted:
        if not one.face.width:
            step = 1 + round((one.light + 1) / 2 * 254) if one.face.paint.own == 1 else 0
            draw.polygon([((x - box[0]) / _ROUGH, (y - box[1]) / _ROUGH) for x, y in one.corners], fill=step)
    counted = rough.histogram()[1:]
    half, passed = sum(counted) / 2, 0
    for step, count in enumerate(counted):
        passed += count
        if passed >= half:
            return step / 254 * 2 - 1
    raise AssertionError("a histogram ends")


def _lit(one: _Visible, usual: float, own: Colour) -> Colour:
    paint = one.face.paint
    base = _own(paint, own)
    more = (one.light - (usual if paint.own else 0.5)) * paint.shine
    if more < 0:
        return times(base, max(0.5, 1 + 0.5 * more))
    red, green, blue = (round(part + (255 - part) * 0.18 * more) for part in times(base, 1 + 0.6 * more))
    return (red, green, blue)


def _own(paint: Paint, own: Colour) -> Colour:
    return times(own, paint.own) if paint.own else paint.colour


def _extent(points: Collection[Point]) -> tuple[Point, Point]:
    (x0, x1), (y0, y1), (z0, z1) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    return (x0, y0, z0), (x1, y1, z1)
