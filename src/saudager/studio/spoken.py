"""A subject out of one line, as people write it: «Toyota Camry 2021 белый седан», «Диван угловой серый»."""

import re

from saudager import colours
from saudager.studio.subjects import Car, Thing

_CARS = """
    acura alfa audi bentley bmw byd cadillac changan chery chevrolet chrysler citroen daewoo datsun dodge
    dongfeng exeed faw ferrari fiat ford foton gac gaz geely genesis gmc haval honda hongqi hummer hyundai
    infiniti isuzu jac jaecoo jaguar jeep jetour kia lada lamborghini lexus lifan lixiang lincoln lotus maserati
    mazda mercedes mercedes-benz mitsubishi nissan omoda opel peugeot porsche ravon renault rolls-royce
    rover saab skoda ssangyong subaru suzuki tesla toyota uaz volkswagen volvo voyah vw zeekr
    ауди бмв джили лада лексус киа мазда мерседес мицубиси ниссан рено тесла тойота уаз фольксваген форд
    хавал хендай хонда хундай чанган чери шевроле шкода
"""
_SHAPES = """
    sedan hatchback wagon crossover suv coupe minivan van pickup cabriolet convertible liftback roadster седан
    хэтчбек хетчбек универсал кроссовер внедорожник купе минивэн минивен фургон пикап кабриолет лифтбек родстер
    хэтчбэк джип
"""
_BRANDS, _BODIES = frozenset(_CARS.split()), frozenset(_SHAPES.split())
_BEFORE = ("alfa romeo", "aston martin", "great wall", "land rover", "li auto")
"""Brands of two words."""
_YEAR = re.compile(r"(?:18|19|20)\d\d")


def subject(line: str) -> Car | Thing:
    """A car when a brand of cars is named, else any other product; nothing of the line is lost."""
    words = line.split()
    brand, rest = _brand(words)
    color = " ".join(word for word in words if colours.hex_of(word))
    if brand is None:
        return Thing(name=" ".join(words)[:200], color=color)
    year = next((word for word in rest if _YEAR.fullmatch(word)), None)
    bodies = [word for word in rest if word.lower() in _BODIES]
    model = [word for word in rest if word != year and word not in bodies and not colours.hex_of(word)]
    return Car(
        brand=brand,
        model=" ".join(model)[:120],
        year=None if year is None else int(year),
        color=color,
        body_type=" ".join(bodies),
    )


def _brand(words: list[str]) -> tuple[str | None, list[str]]:
    """The brand and the other words."""
    plain = [word.lower() for word in words]
    for place in range(len(words)):
        if " ".join(plain[place : place + 2]) in _BEFORE:
            return " ".join(words[place : place + 2]), words[:place] + words[place + 2 :]
        if plain[place] in _BRANDS:
            return words[place], words[:place] + words[place + 1 :]
    return None, words
