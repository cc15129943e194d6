"""The prompt of each angle: the same words for the product, the style and the colours, and only the view differs."""

from saudager import colours
from saudager.prompts import Prompt
from saudager.studio import angles
from saudager.studio.subjects import Car, Thing

STYLE = (
    "Photorealistic product photograph. Neutral light grey seamless studio background, soft even light from above "
    "left, no people, no text, no watermark. Same lens, same light and same background in every picture."
)
_HINT = "The web says of the logo, which nobody has checked: {}"
_KEPT_TO = (
    "The first attached picture shows the product itself: draw exactly this one, only from the view named above.",
    "The second attached picture shows another one and is there for the view only: take nothing else from it.",
)
_UNKNOWN_LOGO = "If the logo cannot be drawn exactly, leave its place plain."


def prompt(template: Prompt, subject: Car | Thing, angle: str, *, session_id: str, seed: int, logo: str | None) -> str:
    """The words for one angle."""
    return template.fill(
        subject=described(subject),
        view=angles.view(angle),
        palette=_palette(subject),
        style=STYLE,
        logo=_HINT.format(logo) if logo else _UNKNOWN_LOGO,
        consistency=_consistency(subject, session_id, seed),
    ).strip()


def with_references(words: str, count: int) -> str:
    """The words for an engine that gets so many pictures to keep to."""
    return "\n".join([words, *_KEPT_TO[:count]])


def described(subject: Car | Thing) -> str:
    """The product in a few words."""
    if isinstance(subject, Car):
        parts = [str(subject.year or ""), subject.color, subject.brand, subject.model, subject.body_type]
        return " ".join(filter(None, parts)) or subject.brand
    named = " ".join(filter(None, (subject.color, subject.brand, subject.name)))
    return f"{named}. {subject.details}" if subject.details else named


def _palette(subject: Car | Thing) -> str:
    shade = colours.hex_of(subject.color)
    return (
        ""
        if shade is None
        else f"The product's colour is {subject.color} ({shade}), exactly the same in every picture."
    )


def _consistency(subject: Car | Thing, session_id: str, seed: int) -> str:
    what = "vehicle" if isinstance(subject, Car) else "product"
    return f"Same {what} across all angles (Session: {session_id}, Seed: {seed})"
