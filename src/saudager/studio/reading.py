"""What somebody wants pictures of, from his own words."""

import re

from saudager import colours, words
from saudager.errors import Refused
from saudager.studio import makes
from saudager.studio.makes import Named
from saudager.studio.subjects import Car, Thing

LONGEST = 200
_YEAR = re.compile(r"(?<![\w.,-])(19[2-9]\d|20[0-4]\d)(?:\s*(?:года?|гг?\.?|жылғы|жыл|г\.в\.?|year)(?!\w))?(?![\w-])")
_BODIES = {
    "sedan": r"седан\w*|sedan|saloon",
    "hatchback": r"хэтчбек\w*|хетчбек\w*|хэтчбэк\w*|лифтбек\w*|hatchback|hatch|liftback",
    "wagon": r"универсал\w*|wagon|estate|kombi|комби",
    "suv": r"внедорожник\w*|кроссовер\w*|паркетник\w*|джип\w*|suv|crossover|жол\s+талғамайтын",
    "coupe": r"купе|coupe|coupé",
    "pickup": r"пикап\w*|pick-?up",
    "van": r"минив[эе]н\w*|фургон\w*|микроавтобус\w*|minivan|van|mpv",
    "cabriolet": r"кабриолет\w*|родстер\w*|cabriolet|convertible|roadster|cabrio",
}
_BODY = re.compile(rf"(?<![\w-])(?:в\s+кузове\s+)?({'|'.join(_BODIES.values())})(?![\w-])")
_IN_RUSSIAN = {"hatchback": "хэтчбек", "wagon": "универсал", "suv": "внедорожник", "coupe": "купе", "pickup": "пикап"}
_IN_RUSSIAN |= {"sedan": "седан", "van": "минивэн", "cabriolet": "кабриолет"}
_FILLERS = re.compile(
    r"(?<![\w-])(?:авто|автомобил\w*|машин\w*|тачк\w*|көлік\w*|автокөлік\w*|car|cars|auto|vehicle|продаю|продам|продается"
    r"|продажа|сатылады|сатамын|нов\w{2,3}|жаңа|new|used|б/у|бу|подержанн\w*|цвет\w?|в|кузов\w?|with|the|a)(?![\w-])"
)
_PARTS = re.compile(
    r"(?<!\w)(?:запчаст|колодк|фильтр|масл|фар[аыу]\b|стекл|диск|шин[аыу]?\b|бампер|капот|аккумулятор|чехл|чехол|коврик|брелок"
    r"|игруш|модельк|антифриз|амортизатор|свеч|ремень|радиатор|генератор|кондиционер|телевизор|холодильник|мотоцикл"
    r"|велосипед|пылесос|ключ|зеркал|фонар|подвеск|двигател|мотор|крыл[оа]|part|filter|brake|tyre|tire|wheel|bumper|toys?\b"
    r"|engine|mirror|oil|motorcycle|generator|air\s+conditioner|hoodie|keychain|mat\b)"
)
_MOST_WORDS = 5
_LONGEST_PART = 120


def read(text: str) -> Car | Thing:
    """A car, when a make or a well-known model is named and nothing speaks against it; else a product with its colour.

    Raises Refused for no words and for more than 200 characters.
    """
    seen = "".join(sign if sign.isprintable() else " " for sign in words.storable(text))
    plain = " ".join(seen.split())
    if not re.search(r"\w", plain):
        raise Refused("Напишите, что нарисовать: например, «белая Toyota Camry 2021, седан».")
    if len(plain) > LONGEST:
        raise Refused(f"Название длиннее {LONGEST} знаков: напишите короче.")
    return _car(plain) or _thing(plain)


def _thing(text: str) -> Thing:
    colour = colours.found(text)
    if colour is None:
        return Thing(name=text)
    rest = " ".join(f"{text[: colour.start]} {text[colour.end :]}".split()).strip(" ,;-—")
    return Thing(name=rest if re.search(r"\w", rest) else text, color=colour.name[:_LONGEST_PART])


def _car(text: str) -> Car | None:
    """What stands for itself is blanked out one after the other; the model is what is left next to the make."""
    left = words.normalise(text)
    if _PARTS.search(left):
        return None
    make = makes.make_in(left)
    colour = colours.found(text)
    if colour is not None and (make is None or not make.start <= colour.start < make.end):
        left = _blank(left, colour.start, colour.end)
    else:
        colour = None
    body = _BODY.search(left)
    if body is not None:
        left = _blank(left, *body.span())
    year = _year(left, make)
    if year is not None:
        left = _blank(left, *year.span())
    for filler in list(_FILLERS.finditer(left)):
        if make is None or filler.end() <= make.start:
            left = _blank(left, *filler.span())
    model = makes.model_in(left)
    first = make or model
    if first is None:
        return None
    is_told = year is not None or body is not None or (make is None and colour is not None)
    has_number = re.match(r"\s*\d{3}", left[first.end :]) is not None
    if first.is_common and year is None and body is None and not has_number:
        return None
    before = left[: first.start]
    named = _words(text, left, first.end if make else first.start)
    if make is not None and model is not None and model.end <= make.start:
        before = _blank(before, model.start, model.end)
        named = named or text[model.start : model.end]
    rest = _blank(left, first.start, first.end)
    if re.search(r"\w", before) or (make is None and not is_told and re.search(r"\w", rest)):
        return None
    usual = model.body if model is not None and model.make == first.make else ""
    return Car(
        brand=first.make,
        model=named[:_LONGEST_PART],
        year=int(year.group(1)) if year is not None else None,
        color=colour.name[:_LONGEST_PART] if colour is not None else "",
        body_type=body.group(1) if body is not None else _in_words_of(text, usual),
    )


def _year(left: str, make: Named | None) -> re.Match[str] | None:
    """The last number that may be one; «Peugeot 2008» is a model."""
    years = list(_YEAR.finditer(left))
    if make is not None and make.make == "Peugeot" and years and years[0].group(1) == "2008":
        years = years[1:]
    return years[-1] if years else None


def _words(text: str, left: str, start: int) -> str:
    """What comes next and was not read as anything else, up to a comma or such."""
    found = re.match(rf"\s*((?:[^\s,;()«»\"!?]+\s?){{1,{_MOST_WORDS}}})", left[start:])
    if found is None:
        return ""
    begin, end = start + found.start(1), start + found.end(1)
    written = text[begin:end].strip(" .:-—")
    return written if re.search(r"\w", written) else ""


def _blank(text: str, start: int, end: int) -> str:
    """The text with a gap that no word runs across, everything else in its place."""
    return f"{text[:start]}{',' * (end - start)}{text[end:]}"


def _in_words_of(text: str, body: str) -> str:
    return _IN_RUSSIAN.get(body, body) if re.search(r"[а-яё]", text, re.IGNORECASE) else body
