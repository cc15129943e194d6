"""How like the product a picture is, by its colours; what the eye sees beyond them is a person's to judge."""

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from saudager.studio import duplicates, foreground, palette
from saudager.studio.lab import lab_of, seen
from saudager.studio.palette import Palette

LEAST: Final = 0.82
"""Below this likeness a picture is drawn again."""
_SAME: Final = 6.0
"""ΔE of one product's main colour in different light, at the most."""
_OTHER: Final = 24.0
"""ΔE from which main colours have nothing in common."""
_SIDE: Final = 128
"""Pixels of the longer side at which pictures are compared."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared of a picture; ``doubt`` says in Russian why its product may not have been found."""

    palette: Palette
    hash: str | None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """``missing`` is the share of the product's colours that the picture has too little of, ``foreign`` the share of
    the picture's that the product has too little of, ``apart`` the ΔE (CIE94, lightness halved) of their main colours.
    ``doubt`` says why none of it is certain; ``hash`` is the picture's own, None for a flat one."""

    missing: float
    foreign: float
    apart: float
    doubt: str = ""
    hash: str | None = None

    @property
    def score(self) -> float:
        """1 for the same colours, 0 for none in common: the share they have in common, less the farther apart the main
        ones are."""
        near = min(1.0, max(0.0, (_OTHER - self.apart) / (_OTHER - _SAME)))
        return round((1 - max(self.missing, self.foreign)) * near, 4)

    @property
    def is_certain(self) -> bool:
        return not self.doubt

    @property
    def is_alike(self) -> bool:
        """What is not certain is not blamed."""
        return not self.is_certain or self.score >= LEAST

    def told(self) -> dict[str, Any]:
        """As it is kept with the picture."""
        return {
            "score": self.score,
            "threshold": LEAST,
            "alike": self.is_alike,
            "certain": self.is_certain,
            "doubt": self.doubt or None,
            "missing": round(self.missing, 4),
            "foreign": round(self.foreign, 4),
            "delta_e": round(self.apart, 1),
            "hash": self.hash,
        }


def look(content: bytes) -> Look:
    """At a picture as a file that was accepted."""
    opened = Image.open(io.BytesIO(content))
    opened.draft("RGB", (_SIDE, _SIDE))
    see_through = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
    image = opened.convert("RGBA" if see_through else "RGB")
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(image)
    lab = lab_of(pixels[..., :3])
    found = foreground.find(lab, pixels[..., 3] if see_through else None)
    there = found.weights > 0
    counted = palette.count(seen(lab[there]), found.weights[there], seen(lab[found.ground]))
    return Look(counted, duplicates.hash_of(image), found.doubt)


def compare(reference: Look, picture: Look, doubt: str = "") -> Likeness:
    """A picture with what it should show; ``doubt`` is a reason of the caller's why they may be unlike."""
    return Likeness(
        missing=reference.palette.missing_in(picture.palette),
        foreign=picture.palette.missing_in(reference.palette),
        apart=reference.palette.apart(picture.palette),
        doubt=doubt or picture.doubt or (f"на образце {reference.doubt}" if reference.doubt else ""),
        hash=picture.hash,
    )
