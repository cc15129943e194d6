"""From where a product is seen: the known angles, and what people's own words for one say."""

import math
import re
from dataclasses import dataclass

from saudager.providers.images.offline.geometry import Point

_KNOWN: dict[str, tuple[float, float, str]] = {
    "front": (0, 3, "спереди"),
    "side": (90, 0, "сбоку"),
    "rear": (180, 3, "сзади"),
    "three_quarter": (36, 11, "в три четверти"),
    "interior": (90, 2, "внутри"),
    "detail": (52, 9, "деталь"),
}
_WORDS = {
    "top": r"сверху|верх|крыш|top|above|bird|roof|overhead|жоғары|үст",
    "bottom": r"снизу|below|bottom|underneath|асты",
    "front": r"спереди|передн|перед\b|анфас|front|face|алд",
    "rear": r"сзади|задн|зад\b|rear|back|behind|арт",
    "left": r"слева|лев\w+|left|сол\b|солдан",
    "right": r"справа|прав\w+|right|оң",
    "side": r"сбоку|бок|профил|side|profile|бүйір",
    "interior": r"внутри|салон|интерьер|interior|inside|cabin|cockpit|іші",
    "detail": r"детал|крупн|колес|фара|фары|close|detail|wheel|headlight|macro|logo|бөлшек",
}
_FAR = 4.6
"""Times the product's size the camera stands away."""


@dataclass(frozen=True, slots=True)
class Close:
    """How much closer than the whole, and which share of it from its left and from below is in the middle."""

    closer: float
    x: float = 0.5
    y: float = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """``turn`` is degrees about the product from its front by its left side; ``rise`` how high above it."""

    turn: float
    rise: float
    title: str
    kind: str = "whole"
    """``whole``, ``interior`` or ``detail``."""

    @property
    def from_left(self) -> int:
        """1 when the left side is seen, -1 when the right one is, 0 when neither."""
        aside = math.sin(math.radians(self.turn))
        return 0 if abs(aside) < 1e-6 else int(math.copysign(1, aside))

    def right(self) -> Point:
        turn = math.radians(self.turn)
        return (math.sin(turn), 0.0, math.cos(turn))

    def away(self) -> Point:
        """From the product to the camera."""
        turn, rise = math.radians(self.turn), math.radians(self.rise)
        return (-math.cos(turn) * math.cos(rise), math.sin(rise), math.sin(turn) * math.cos(rise))

    def up(self) -> Point:
        turn, rise = math.radians(self.turn), math.radians(self.rise)
        return (math.cos(turn) * math.sin(rise), math.cos(rise), -math.sin(turn) * math.sin(rise))


@dataclass(frozen=True, slots=True)
class Seen:
    """A point on the picture plane, in metres about the middle, and how far from the camera it lies."""

    x: float
    y: float
    far: float


class Camera:
    """A long lens looking at ``middle`` of something ``size`` metres large."""

    def __init__(self, view: View, middle: Point, size: float) -> None:
        self.view = view
        self._middle = middle
        self._distance = _FAR * size
        self.axes = (view.right(), view.up(), view.away())

    def see(self, point: Point) -> Seen:
        x, y, z = point[0] - self._middle[0], point[1] - self._middle[1], point[2] - self._middle[2]
        (rx, ry, rz), (ux, uy, uz), (ax, ay, az) = self.axes
        far = self._distance - (x * ax + y * ay + z * az)
        scale = self._distance / far
        return Seen((x * rx + y * ry + z * rz) * scale, (x * ux + y * uy + z * uz) * scale, far)


class Place:
    """Where points of the picture plane lie on the picture."""

    def __init__(self, scale: float, focus: tuple[float, float], centre: tuple[float, float]) -> None:
        self.scale, self._focus, self._centre = scale, focus, centre

    def of(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._centre[0] + (x - self._focus[0]) * self.scale,
            self._centre[1] - (y - self._focus[1]) * self.scale,
        )


def view_of(angle: str) -> View:
    """A known angle by its name; of other words what they say of left, right, top, front and back, else three
    quarters."""
    if angle in _KNOWN:
        turn, rise, title = _KNOWN[angle]
        return View(turn, rise, title, angle if angle in ("interior", "detail") else "whole")
    plain = angle.lower().replace("_", " ")
    said = {name for name, words in _WORDS.items() if re.search(words, plain)}
    title = " ".join(angle.split())
    kind = next((kind for kind in ("interior", "detail") if kind in said), "whole")
    if kind != "whole":
        turn, rise, _ = _KNOWN[kind]
    elif said & {"front", "rear", "left", "right", "side"}:
        turn, rise = _around(said)
    else:
        turn, rise, _ = _KNOWN["three_quarter"]
    if "top" in said and kind == "whole":
        turn, rise = (turn, 42) if said & {"front", "rear", "left", "right", "side"} else (90, 88)
    if "bottom" in said and kind == "whole":
        rise = -14
    return View(turn, rise, title, kind)


def _around(said: set[str]) -> tuple[float, float]:
    """Turn and rise of words like "rear left"."""
    turn: float
    if "rear" in said:
        turn = 180 - 38 * ("left" in said or "side" in said) + 38 * ("right" in said)
    elif "front" in said:
        turn = 36 * ("left" in said or "side" in said) - 36 * ("right" in said)
    else:
        return (-90 if "right" in said else 90), 0
    return turn, 3 if turn in (0, 180) else 11
