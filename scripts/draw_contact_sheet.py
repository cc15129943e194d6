"""Draw the contact sheet of docs/pictures.md anew: every known angle and six in a merchant's own words.

``make pictures`` runs it; no key and no network is needed.
"""

from pathlib import Path

from saudager.providers.images import Drawing
from saudager.providers.images.offline import drawn
from saudager.studio import angles, reading, sheet

SHEET = Path(__file__).parents[1] / "docs" / "images" / "pictures-camry.webp"
ASKED = "Toyota Camry 2021 white sedan"
ANGLES = (
    "three_quarter",
    "front",
    "side",
    "rear",
    "interior",
    "detail",
    "справа",
    "сверху",
    "сзади слева",
    "сзади справа",
    "спереди справа",
    "сверху спереди",
)


def contact_sheet() -> bytes:
    """A WebP file."""
    subject = reading.read(ASKED)
    told = {name: str(value) for name, value in subject.model_dump().items() if value}
    pictures: list[tuple[str, bytes | str]] = [
        (angles.title(angle), drawn(Drawing(prompt="", seed=0, angle=angle, subject=told, width=400, height=400)))
        for angle in ANGLES
    ]
    return sheet.draw(pictures, title=subject.title, kind="WEBP")


if __name__ == "__main__":
    SHEET.write_bytes(contact_sheet())
    print(f"{SHEET.name}: {SHEET.stat().st_size} bytes")
