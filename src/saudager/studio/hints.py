"""What the web is asked about a product, and what of its answers is of use: unproved hints, never instructions."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from saudager.providers.websearch import FoundPhoto, FoundText
from saudager.studio.subjects import Car, Thing

LONGEST_HINT = 300
_LONGEST_KEPT, _LONGEST_ADDRESS = 2000, 1000
_VIEWS = {
    "front": ("front view", "вид спереди"),
    "side": ("side view profile", "вид сбоку"),
    "rear": ("rear view from behind", "вид сзади"),
    "three_quarter": ("front three quarter view", "вид в три четверти"),
    "interior": ("interior inside", "внутри"),
    "detail": ("close up detail", "крупным планом деталь"),
}
_CABIN = ("interior dashboard seats", "салон торпедо")
_CYRILLIC = re.compile(r"[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]")
_SPEAKS_OF_LOGO = re.compile(r"\b(logo|emblem|badge|symbol|logotype|логотип|эмблем|значок|шильдик)\w*", re.IGNORECASE)
_OFFERS = re.compile(
    r"\b(download|free|vector|png|svg|eps|click|buy|price|subscribe|cookies?|скача\w+|бесплатн\w+|купить|цен[аыу])\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:\w+://|www\.)\S+|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|ru|kz|io|info)\b\S*", re.IGNORECASE
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]+")
_MARKUP = re.compile(r"<[^<>]*>|[<>{}\[\]|`*#_\\]+")
_PLACE = re.compile(r"(?<=[.!?…])\s+")
_NO_PHOTO = (".svg", ".svgz", ".gif", ".bmp", ".ico", ".tif", ".tiff", ".avif", ".heic")
_SHORTEST_SIDE = 600
_NARROWEST, _WIDEST = 0.7, 2.1


def query(subject: Car | Thing, view: str) -> str:
    """What is asked to find a photo from an angle, in the language the product is named in."""
    english, russian = _CABIN if isinstance(subject, Car) and view == "interior" else _VIEWS.get(view, (view, view))
    if _CYRILLIC.search(subject.searched):
        return f"{subject.searched} {russian} фото"
    return f"{subject.searched} {english} photo"


def logo_query(brand: str) -> str:
    """What is asked to learn what a brand's logo looks like."""
    return f"{brand} логотип описание" if _CYRILLIC.search(brand) else f"{brand} logo emblem description"


def of_logo(found: Iterable[FoundText], brand: str) -> str | None:
    """What is said of the brand's logo, in whole sentences and in one line of at most ``LONGEST_HINT`` characters,
    without addresses and markup; None when nobody says anything."""
    said: list[str] = []
    for text in found:
        named = brand.casefold() in f"{text.title} {text.text}".casefold()
        for sentence in _PLACE.split(_plain(text.text)) if named else ():
            is_of_use = _SPEAKS_OF_LOGO.search(sentence) and not _OFFERS.search(sentence) and len(sentence) >= 20
            if is_of_use and sentence not in said and len(" ".join([*said, sentence])) <= LONGEST_HINT:
                said.append(sentence)
    return " ".join(said) or None


def best(found: Iterable[FoundPhoto]) -> str | None:
    """The address of the photo to go by: among those over https that are photos at all, large and well-proportioned
    ones first, and else as the search had them."""
    usable = [photo for photo in found if _may_be_used(photo.image)]
    return min(usable, key=_faults).image if usable else None


def storable(text: str) -> str:
    """The text as it is kept."""
    return _UNSEEN.sub(" ", text)[:_LONGEST_KEPT]


def _faults(photo: FoundPhoto) -> int:
    if not (photo.width and photo.height):
        return 2
    is_small = min(photo.width, photo.height) < _SHORTEST_SIDE
    is_misshapen = not _NARROWEST <= photo.width / photo.height <= _WIDEST
    return 2 * is_small + 3 * is_misshapen


def _may_be_used(address: str) -> bool:
    if len(address) > _LONGEST_ADDRESS or _UNSEEN.search(address) or " " in address:
        return False
    try:
        parts = urlsplit(address)
        is_web = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    formats = {f".{one.lower()}" for name in ("format", "fm", "ext") for one in parse_qs(parts.query).get(name, [])}
    return is_web and not parts.path.lower().endswith(_NO_PHOTO) and formats.isdisjoint(_NO_PHOTO)


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", _ADDRESS.sub(" ", _UNSEEN.sub(" ", text))).split())
