"""Letters on pictures: a typeface of this machine that has Russian and Kazakh letters, and words without them else."""

import functools

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
_FACES = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "FreeSans.ttf",
    "Ubuntu-R.ttf",
    "Roboto-Regular.ttf",
    "Carlito-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "segoeui.ttf",
)
"""Files Pillow looks for where the system keeps its typefaces (Linux, macOS, Windows)."""
_ASKED = "Жщәғқңөұүһі"
_SPELLED = """
а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch
ы y э e ю yu я ya ә a ғ g қ q ң n ө o ұ u ү u һ h і i « " » " – - — - · - … ...
"""
_PAIRS = _SPELLED.split()
_LATIN = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)) | {"ъ": "", "ь": ""}


def write(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, *, size: float, colour: Colour, width: float
) -> None:
    """One line, its lower left at ``place``, cut to ``width`` points. Without a typeface that has the letters they are
    written in Latin ones, and signs it does not have are left out rather than drawn as boxes."""
    name = _typeface()
    typeface = _font(name, max(8, round(size)))
    plain = text if name else _in_latin(text)
    line = " ".join("".join(sign for sign in plain if sign == " " or _is_drawn(name, sign)).split())
    if draw.textlength(line, typeface) > width:
        while line and draw.textlength(f"{line}...", typeface) > width:
            line = line[:-1]
        line = f"{line.rstrip()}..."
    draw.text(place, line, fill=colour, font=typeface, anchor="ls")


def _in_latin(text: str) -> str:
    spelled = ((sign, _LATIN.get(sign.lower(), sign)) for sign in text)
    return "".join(latin.capitalize() if sign.isupper() else latin for sign, latin in spelled)


@functools.cache
def _typeface() -> str | None:
    """The first typeface here that has all our letters."""
    for name in _FACES:
        try:
            ImageFont.truetype(name, 16)
        except OSError:
            continue
        if all(_is_drawn(name, sign) for sign in _ASKED):
            return name
    return None


@functools.lru_cache(maxsize=64)
def _font(name: str | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)


@functools.lru_cache(maxsize=4096)
def _is_drawn(name: str | None, sign: str) -> bool:
    """Whether a typeface has a sign: what it lacks looks like what no typeface has."""
    return sign.isprintable() and _look(name, sign) not in (_look(name, "\U0010ffff"), _look(name, " "))


def _look(name: str | None, sign: str) -> bytes:
    image = Image.new("L", (32, 32))
    ImageDraw.Draw(image).text((4, 24), sign, fill=255, font=_font(name, 16), anchor="ls")
    return image.tobytes()
